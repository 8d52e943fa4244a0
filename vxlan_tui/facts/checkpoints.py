"""NetworkManager's checkpoints, over D-Bus (NetworkManager D-Bus API, org.freedesktop.NetworkManager.Checkpoint)."""

import json
import time
from dataclasses import dataclass

from vxlan_tui.reach import CommandFailed, Reach

BUS = "org.freedesktop.NetworkManager"
PATH = "/org/freedesktop/NetworkManager"
_CALL = ("busctl", "--json=short", "--auto-start=no")


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that exists: when it was made, in seconds since the boot, and seconds until it rolls back."""

    path: str
    created: float = 0.0
    timeout: float = 0.0

    @property
    def left(self) -> float:
        """Seconds until NetworkManager rolls back by itself; 0 where it never does."""
        return max(0.0, self.created + self.timeout - since_boot()) if self.timeout else 0.0


def since_boot() -> float:
    """Give the seconds since the machine was started, by the clock that checkpoints are dated by."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id(reach: Reach) -> str:
    """Give what names this boot of the host (random(4)); what is remembered of checkpoints holds for it alone."""
    return (reach.read_file("/proc/sys/kernel/random/boot_id") or "").strip()


def read_checkpoints(reach: Reach) -> tuple[Checkpoint, ...]:
    """Give the checkpoints that exist; raises CommandFailed, also where NetworkManager knows none (before 1.4)."""
    paths = json.loads(reach.read(*_CALL, "get-property", BUS, PATH, BUS, "Checkpoints"))["data"]
    return tuple(found for path in paths if (found := _read(reach, path)) is not None)


def _read(reach: Reach, path: str) -> Checkpoint | None:
    asked = ("org.freedesktop.DBus.Properties", "GetAll", "s", f"{BUS}.Checkpoint")
    try:
        return parse(path, reach.read(*_CALL, "call", BUS, path, *asked))
    except CommandFailed:
        return None  # it has ended meanwhile


def parse(path: str, output: str) -> Checkpoint:
    """Read the properties of a checkpoint as busctl gives them in JSON."""
    row = json.loads(output)["data"][0]
    return Checkpoint(path, row["Created"]["data"] / 1000, float(row["RollbackTimeout"]["data"]))

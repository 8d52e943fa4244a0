"""NetworkManager's checkpoints, over D-Bus (NetworkManager D-Bus API, org.freedesktop.NetworkManager.Checkpoint)."""

import json
from dataclasses import dataclass

from vxlan_tui.reach import CommandFailed, Reach

BUS = "org.freedesktop.NetworkManager"
PATH = "/org/freedesktop/NetworkManager"
_CALL = ("busctl", "--json=short", "--auto-start=no")


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that exists: when it was made, in seconds since the boot, and seconds until it rolls back.

    `left` is how many of these were left at the look; 0 where it never does.
    """

    path: str
    created: float = 0.0
    timeout: float = 0.0
    left: float = 0.0


def since_boot(reach: Reach) -> float:
    """Give the seconds since the host was started, by the clock that checkpoints are dated by (proc(5), uptime)."""
    return float((reach.read_file("/proc/uptime") or "0").split()[0])


def boot_id(reach: Reach) -> str:
    """Give what names this boot of the host (random(4)); what is remembered of checkpoints holds for it alone."""
    return (reach.read_file("/proc/sys/kernel/random/boot_id") or "").strip()


def read_checkpoints(reach: Reach) -> tuple[Checkpoint, ...]:
    """Give the checkpoints that exist; raises CommandFailed, also where NetworkManager knows none (before 1.4)."""
    paths = json.loads(reach.read(*_CALL, "get-property", BUS, PATH, BUS, "Checkpoints"))["data"]
    now = since_boot(reach) if paths else 0.0
    return tuple(found for path in paths if (found := _read(reach, path, now)) is not None)


def _read(reach: Reach, path: str, now: float) -> Checkpoint | None:
    asked = ("org.freedesktop.DBus.Properties", "GetAll", "s", f"{BUS}.Checkpoint")
    try:
        return parse(path, reach.read(*_CALL, "call", BUS, path, *asked), now)
    except CommandFailed:
        return None  # it has ended meanwhile


def parse(path: str, output: str, now: float) -> Checkpoint:
    """Read the properties of a checkpoint as busctl gives them in JSON."""
    row = json.loads(output)["data"][0]
    created, timeout = row["Created"]["data"] / 1000, float(row["RollbackTimeout"]["data"])
    return Checkpoint(path, created, timeout, max(0.0, created + timeout - now) if timeout else 0.0)

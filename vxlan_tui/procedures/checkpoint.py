"""The commands around a change that can cut a connection, and those that take such a change back.

A NetworkManager checkpoint (NetworkManager D-Bus API, CheckpointCreate) remembers how all devices are
configured. Unless it is destroyed in time, NetworkManager goes back to that by itself, whoever still lives.
"""

import re
from collections.abc import Iterable

from vxlan_tui.before import Record
from vxlan_tui.command import Command, command
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures.back import profiles
from vxlan_tui.state import HostState
from vxlan_tui.steps import Step

UNIT = "vxlan-tui-take-back"
"""The systemd timer that stands in for a checkpoint."""

_MAX_PEERS = 3

_CALL = (
    *("busctl", "call", "org.freedesktop.NetworkManager", "/org/freedesktop/NetworkManager"),
    "org.freedesktop.NetworkManager",
)
_ALL_DEVICES = "0"
_ALSO_NEW = "6"
"""Flags: a rollback also deletes new profiles (2) and disconnects new devices (4)."""


def create(seconds: int) -> Command:
    """Have NetworkManager take back what follows, after so many seconds."""
    return command(*_CALL, "CheckpointCreate", "aouu", _ALL_DEVICES, str(seconds), _ALSO_NEW)


def destroy(path: str) -> Command:
    """Keep what was changed since the checkpoint."""
    return command(*_CALL, "CheckpointDestroy", "o", path)


def again(path: str, seconds: int) -> Command:
    """Count the seconds anew."""
    return command(*_CALL, "CheckpointAdjustRollbackTimeout", "ou", path, str(seconds))


def roll_back(path: str) -> Command:
    """Take back what was changed since the checkpoint, now."""
    return command(*_CALL, "CheckpointRollback", "o", path)


def path_of(output: str) -> str:
    """Give the checkpoint's path from the output of `create`; empty where it is none."""
    found = re.search(r'^o "(/[\w/]+)"', output, re.MULTILINE)
    return found.group(1) if found else ""


def delayed(seconds: int, program: Iterable[str]) -> Command:
    """Have systemd run a program after so many seconds (systemd-run(1))."""
    return command("systemd-run", f"--on-active={seconds}", f"--unit={UNIT}", "--collect", *program)


def not_delayed() -> Command:
    """Have systemd not run it."""
    return command("systemctl", "stop", f"{UNIT}.timer")


def peers(plan: Plan, host: Host) -> tuple[str, ...]:
    """Give the addresses of other hosts that are asked for an answer, of many only some."""
    return tuple(str(other.vtep) for other in plan.hosts if other is not host)[:_MAX_PEERS]


def take_back(stands: Iterable[Record], state: HostState) -> list[Step]:
    """Give the steps that bring profiles back to how they stood, from these records alone.

    They are for what NetworkManager has not taken back: it knows the profiles that were active, and no others.
    """
    records = list(stands)
    found = [record for record in records if record.kind == "profile"]
    underlays = [record for record in records if record.kind == "underlay"]
    left = [
        *profiles.virtual_steps(found, state, []),
        *(profiles.underlay_step(record, found, state) for record in underlays),
    ]
    return [step for step in left if step.commands]

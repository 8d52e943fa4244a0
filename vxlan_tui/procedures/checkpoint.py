"""The commands around a change that can cut a connection.

A NetworkManager checkpoint (NetworkManager D-Bus API, CheckpointCreate) remembers how all devices are
configured. Unless it is destroyed in time, NetworkManager goes back to that by itself, whoever still lives.
"""

import re
from itertools import islice

from vxlan_tui.command import Command, command
from vxlan_tui.plan import Host, Plan

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


def peers(plan: Plan, host: Host) -> tuple[str, ...]:
    """Give the addresses of other hosts that are asked for an answer, of many only some."""
    return tuple(str(other.vtep) for other in islice(plan.peers(host), _MAX_PEERS))

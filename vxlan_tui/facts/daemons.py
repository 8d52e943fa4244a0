"""Whether a daemon runs, on its own evidence: who has its name on D-Bus, and what its process does."""

import json
from dataclasses import dataclass
from enum import StrEnum

from vxlan_tui.reach import Output, Reach

NAMES = {"net": "NetworkManager", "firewall": "firewalld", "virt": "libvirt"}
"""Which daemon is behind a part of the facts."""

_ON_DBUS = {"net": "org.freedesktop.NetworkManager", "firewall": "org.fedoraproject.FirewallD1"}
_OF_LIBVIRT = "libvirtd,virtqemud"

_ASK = (
    *("busctl", "--json=short", "--auto-start=no", "call"),
    *("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"),
)


class State(StrEnum):
    """What a daemon does. STOPPED is a process that was told to stand still (SIGSTOP): it never answers."""

    RUNS = "runs"
    STOPPED = "stopped"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Daemon:
    """A daemon's state, and the words for what shows it."""

    state: State = State.UNKNOWN
    words: str = ""


def read_daemon(reach: Reach, part: str, timeout: float) -> Daemon:
    """Return what shows whether the daemon behind a part of the facts runs; asking does not start it.

    A bus that does not answer leaves it unknown.
    """
    name = _ON_DBUS.get(part)
    if name is None:
        (listed,) = reach.read_all([("ps", "-o", "pid=,stat=", "-C", _OF_LIBVIRT)], timeout)
        return by_process(listed)
    owned, process = reach.read_all(
        [(*_ASK, "NameHasOwner", "s", name), (*_ASK, "GetConnectionUnixProcessID", "s", name)], timeout
    )
    if not owned.ok:
        return Daemon(State.UNKNOWN, owned.errors.strip())
    if not _answer(owned) or not process.ok:
        return Daemon(State.ABSENT, f"nobody has the D-Bus name {name}")
    (listed,) = reach.read_all([("ps", "-o", "pid=,stat=", "-p", str(_answer(process)))], timeout)
    return by_process(listed)


def _answer(output: Output) -> object:
    return json.loads(output.text)["data"][0]


def by_process(listed: Output) -> Daemon:
    """Return a daemon's state by what `ps -o pid=,stat=` lists of it (ps(1), process state codes)."""
    if listed.errors.strip():
        return Daemon(State.UNKNOWN, listed.errors.strip())
    rows = [line.split() for line in listed.text.splitlines()]
    alive = [row for row in rows if len(row) == 2 and row[1][0] not in "ZX"]
    if not alive:
        return Daemon(State.ABSENT, "there is no such process")
    standing = [process for process, code in alive if code[0] in "Tt"]
    if len(standing) == len(alive):
        return Daemon(State.STOPPED, f"process {', '.join(standing)} is stopped (ps: T)")
    return Daemon(State.RUNS, f"process {', '.join(process for process, _ in alive)} runs")

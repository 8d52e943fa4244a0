"""One run at a time on a host.

The lock is the kernel's (flock(2)) on the host itself, so it goes with its last holder. Commands inherit it: when a
run is killed, or its console cut off, the lock stays until the command that it had started has ended.
"""

import getpass
import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from vxlan_tui.reach import Lock, Reach

ORPHAN_PATIENCE = 60.0
"""Seconds to wait for a command of a run that was killed."""


class Locked(Exception):  # noqa: N818 (it is what is so)
    """Another run holds the lock; the message says who."""


class NoLock(Exception):  # noqa: N818 (it is what is so)
    """The lock's file cannot be made or written; the message says why."""


@contextmanager
def held(reach: Reach, path: str, doing: str, say: Callable[[str], None]) -> Iterator[None]:
    """Hold a host's lock; raises Locked, NoLock, Unreachable.

    A holder that lives is named at once. A command that a killed run left behind is waited for.
    """
    try:
        lock = reach.lock(path)
    except OSError as error:
        raise NoLock(str(error)) from error
    try:
        _take(lock, reach, path, say)
        try:
            lock.sign(json.dumps(_signature(reach, lock, doing)))
        except OSError as error:
            raise NoLock(str(error)) from error
        yield
    finally:
        lock.close()


def _take(lock: Lock, reach: Reach, path: str, say: Callable[[str], None]) -> None:
    waited_until = time.monotonic() + ORPHAN_PATIENCE
    told = False
    while not lock.take():
        holder = _holder(reach, path)
        if _lives(reach, holder) or time.monotonic() > waited_until:
            raise Locked(_words(holder))
        if not told:
            say(f"Waiting for a command of {_words(holder)}, which was cut off.")
            told = True
        reach.interrupts.check()
        time.sleep(0.1)


def _signature(reach: Reach, lock: Lock, doing: str) -> Mapping[str, object]:
    console = "" if reach.is_local else f"{getpass.getuser()}@{socket.gethostname()}"
    started = _started(reach, lock.process)
    return {
        "pid": lock.process,
        "started": started,
        "doing": doing,
        "since": time.strftime("%H:%M:%S"),
        "from": console,
    }


def _holder(reach: Reach, path: str) -> Mapping[str, object]:
    try:
        row = json.loads(reach.read_file(path) or "")
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def _lives(reach: Reach, holder: Mapping[str, object]) -> bool:
    """Whether the process that signed still is: same number, same start. Unsigned: it is just starting."""
    pid = holder.get("pid")
    return not isinstance(pid, int) or _started(reach, pid) == holder.get("started")


def _started(reach: Reach, pid: int) -> str:
    """When a process started, in the kernel's ticks (proc(5), stat, field 22); empty where there is none."""
    try:
        return (reach.read_file(f"/proc/{pid}/stat") or "").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _words(holder: Mapping[str, object]) -> str:
    if not holder:
        return "another run of vxlan-tui"
    console = f", from {holder['from']}" if holder.get("from") else ""
    return f"`{holder.get('doing')}` (process {holder.get('pid')}, since {holder.get('since')}{console})"

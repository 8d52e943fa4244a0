"""One run at a time on a host.

The lock is the kernel's (flock(2)), so it goes with its last holder. Commands inherit it: when a run is
killed, its lock stays until the command that it had started has ended.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vxlan_tui.files import open_private

ORPHAN_PATIENCE = 60.0
"""Seconds to wait for a command of a run that was killed."""


class Locked(Exception):  # noqa: N818 (it is what is so)
    """Another run holds the lock; the message says who."""


class NoLock(Exception):  # noqa: N818 (it is what is so)
    """The lock's file cannot be made or written; the message says why."""


@contextmanager
def held(path: Path, doing: str, say: Callable[[str], None]) -> Iterator[int]:
    """Hold the lock, and give its file descriptor; raises Locked, NoLock.

    A holder that lives is named at once. A command that a killed run left behind is waited for.
    """
    try:
        descriptor = open_private(path, os.O_RDWR)
    except OSError as error:
        raise NoLock(str(error)) from error
    try:
        _take(descriptor, say)
        try:
            _sign(descriptor, doing)
        except OSError as error:
            raise NoLock(str(error)) from error
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int, say: Callable[[str], None]) -> None:
    waited_until = time.monotonic() + ORPHAN_PATIENCE
    told = False
    while not _try(descriptor):
        holder = _holder(descriptor)
        if _lives(holder) or time.monotonic() > waited_until:
            raise Locked(_words(holder))
        if not told:
            say(f"Waiting for a command of {_words(holder)}, which was cut off.")
            told = True
        time.sleep(0.1)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(descriptor: int, doing: str) -> None:
    row = {"pid": os.getpid(), "started": _started(os.getpid()), "doing": doing, "since": time.strftime("%H:%M:%S")}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(row).encode(), 0)


def _holder(descriptor: int) -> dict[str, object]:
    try:
        row = json.loads(os.pread(descriptor, 4096, 0))
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def _lives(holder: dict[str, object]) -> bool:
    """Whether the process that signed still is: same number, same start. Unsigned: it is just starting."""
    pid = holder.get("pid")
    return not isinstance(pid, int) or _started(pid) == holder.get("started")


def _started(pid: int) -> str:
    """When a process started, in the kernel's ticks (proc(5), stat, field 22); empty where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _words(holder: dict[str, object]) -> str:
    if not holder:
        return "another run of vxlan-tui"
    return f"`{holder.get('doing')}` (process {holder.get('pid')}, since {holder.get('since')})"

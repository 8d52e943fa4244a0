"""Reading that takes no longer than it may: side by side, and each given up by itself.

Threads that a stopped daemon keeps waiting are left behind: they change nothing, and do not hold the end up.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import replace
from functools import partial
from typing import TypeVar

from vxlan_tui.checks.evidence import Facts, Gone
from vxlan_tui.facts import system
from vxlan_tui.facts.daemons import NAMES, Daemon, State, read_daemon
from vxlan_tui.facts.libvirt import LibvirtUnavailable
from vxlan_tui.reach import CommandFailed, Reach, Unreachable

T = TypeVar("T")

Part = Callable[[Facts], Facts]
"""What was read of a part, as a function that adds it to what is known."""

LIMIT = 6.5
"""Seconds for a daemon to answer, which on a busy machine takes long."""

KERNEL_LIMIT = 60.0
"""Seconds for what the kernel itself tells: no daemon is behind it that could hang, so only a busy machine is slow."""

GLANCE, LOOK_LIMIT = 2.0, 1.5
"""Seconds after which a daemon that has not answered is looked at itself, and that this may take."""

STRANGE = (ValueError, LookupError, TypeError, AttributeError)
"""What reading an answer of a form that is not known ends in."""


def start(work: Callable[[], T]) -> "Future[T]":
    """Do some work in a thread of its own, which nobody has to wait for."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def read(part: str, work: Callable[[], Part], reach: Reach) -> Part:
    """Read a part, or say why that could not be. One whose daemon stands still is not waited for to the end."""
    began = time.monotonic()
    reading = start(work)
    wait([reading], GLANCE)
    daemon = None if reading.done() else _daemon(reach, part)
    if daemon is not None and daemon.state not in (State.ABSENT, State.STOPPED):
        wait([reading], began + LIMIT - time.monotonic())
    try:
        if not reading.done():
            return _without(part, _late(began, daemon), reach)
        return partial(_after, part, time.monotonic() - began, reading.result())
    except CommandFailed as failure:
        if failure.outcome.timed_out:
            return _without(part, _late(began, daemon), reach)
        why = failure.outcome.words.strip() or str(failure)
    except (LibvirtUnavailable, Unreachable) as failure:
        why = str(failure)
    except STRANGE as strange:
        why = f"what it said was not understood ({strange})"
    return _without(part, Gone(why, daemon or _daemon(reach, part)), reach)


def _late(began: float, daemon: Daemon | None) -> Gone:
    return Gone(f"it has not answered for {time.monotonic() - began:.0f} s", daemon or Daemon(), late=True)


def _after(part: str, seconds: float, found: Part, known: Facts) -> Facts:
    return replace(found(known), seconds={**known.seconds, part: seconds})


def _without(part: str, gone: Gone, reach: Reach) -> Part:
    start = system.daemon(part, "", reach).fix if part in NAMES else ""
    return lambda known: replace(known, gone={**known.gone, part: replace(gone, start=start)})


def _daemon(reach: Reach, part: str) -> Daemon:
    """Look at a part's daemon itself, which may take long as well."""
    if part not in NAMES:
        return Daemon()
    try:
        return start(partial(read_daemon, reach, part, LOOK_LIMIT)).result(LOOK_LIMIT)
    except (TookTooLong, CommandFailed, Unreachable, *STRANGE):
        return Daemon(State.UNKNOWN, "whether it runs cannot be seen in time")

"""The same on several hosts at once: what each gave, or what stopped it there."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from vxlan_tui.exits import CannotStart
from vxlan_tui.facts.libvirt import LibvirtUnavailable
from vxlan_tui.reach import CommandFailed, Interrupted, Unreachable
from vxlan_tui.session import NotReady

A = TypeVar("A")
B = TypeVar("B")

STOPS = (CannotStart, NotReady, Unreachable, Interrupted, CommandFailed, LibvirtUnavailable, OSError)
"""What can stop the work on a host, and not on the others."""


def side_by_side(work: Callable[[A], B], on: Mapping[str, A]) -> tuple[dict[str, B], dict[str, Exception]]:
    """Return what the work gave on each host by its name, and what stopped it on others; one host needs no thread."""
    alone = len(on) <= 1
    told = {name: _outcome(work, each) for name, each in on.items()} if alone else _in_threads(work, on)
    given = {name: each for name, (each, stop) in told.items() if stop is None}
    return given, {name: stop for name, (_, stop) in told.items() if stop is not None}  # type: ignore[return-value]


def _in_threads(work: Callable[[A], B], on: Mapping[str, A]) -> "dict[str, tuple[B | None, Exception | None]]":
    pool = ThreadPoolExecutor(len(on), thread_name_prefix="host")
    try:
        futures = {name: pool.submit(_outcome, work, each) for name, each in on.items()}
        wait(futures.values())
        return {name: future.result() for name, future in futures.items()}
    finally:
        pool.shutdown(wait=False)  # after an interrupt: whoever closes the connections ends what is left


def _outcome(work: Callable[[A], B], each: A) -> "tuple[B | None, Exception | None]":
    try:
        return work(each), None
    except STOPS as stop:
        return None, stop

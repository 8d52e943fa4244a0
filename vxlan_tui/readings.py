"""Reads what shows how things stand: many commands at once, on any host."""

import re
from collections.abc import Iterable

from vxlan_tui.command import Command
from vxlan_tui.judge import Outputs
from vxlan_tui.reach import CommandFailed, Outcome, Output, Reach
from vxlan_tui.reach.base import READ_TIMEOUT
from vxlan_tui.reach.outcome import TIMED_OUT
from vxlan_tui.things import ABSENT


def read(reach: Reach, commands: Iterable[tuple[str, ...]]) -> Outputs:
    """Return what these commands show, empty for what is not there.

    Raise CommandFailed where one could not tell, and Unreachable.
    """
    return {argv: _text(argv, output) for argv, output in _all(reach, commands, READ_TIMEOUT)}


def read_what_answers(reach: Reach, commands: Iterable[tuple[str, ...]], timeout: float = READ_TIMEOUT) -> Outputs:
    """Return the same, without those that could not tell in so many seconds; raise Unreachable."""
    said = _all(reach, commands, timeout)
    return {argv: output.text if output.ok else "" for argv, output in said if _tells(argv, output)}


def _all(reach: Reach, commands: Iterable[tuple[str, ...]], timeout: float) -> Iterable[tuple[tuple[str, ...], Output]]:
    asked = tuple(dict.fromkeys(commands))
    return zip(asked, reach.read_all(asked, timeout), strict=True)


def _tells(argv: tuple[str, ...], output: Output) -> bool:
    """Return whether a command told how something stands: some tell `no` by their exit status alone.

    One that was stopped, as it took too long or by a signal, has no words either, and tells nothing.
    """
    if output.ok:
        return True
    if not output.errors.strip():
        return output.status < TIMED_OUT[0]
    return re.search(ABSENT, f"{argv[0]}: {output.errors}", re.DOTALL) is not None


def _text(argv: tuple[str, ...], output: Output) -> str:
    if not _tells(argv, output):
        asked = Command(argv, timeout=READ_TIMEOUT)
        raise CommandFailed(Outcome(asked, output.status, 0.0, output.errors, output.timed_out))
    return output.text if output.ok else ""

"""Exit statuses, and the exceptions that lead to them."""

from collections.abc import Iterable

DONE = 0
FAILED = 1
USAGE = 2
NOT_STARTED = 3
ROLLED_BACK = 4
INTERRUPTED = 130

_WORSE = (DONE, NOT_STARTED, ROLLED_BACK, FAILED, INTERRUPTED)
"""By what is left to do for a person: most of all where something was stopped half-way."""


def worst(statuses: Iterable[int]) -> int:
    """Return the exit status of several hosts: that of the worst."""
    return max(statuses, key=_WORSE.index, default=DONE)


class Refused(Exception):  # noqa: N818 (it is what happened)
    """Wrong usage: the message says what is allowed."""


class CannotStart(Exception):  # noqa: N818 (it is what happened)
    """The host, or another run, does not let this run start: the message says what mends it."""

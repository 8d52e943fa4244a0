"""Exit statuses, and the exceptions that lead to them."""

DONE = 0
FAILED = 1
USAGE = 2
NOT_STARTED = 3
ROLLED_BACK = 4
INTERRUPTED = 130


class Refused(Exception):  # noqa: N818 (it is what happened)
    """Wrong usage: the message says what is allowed."""


class CannotStart(Exception):  # noqa: N818 (it is what happened)
    """The host, or another run, does not let this run start: the message says what mends it."""

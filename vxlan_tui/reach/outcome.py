"""How commands end, and what can come in between."""

from dataclasses import dataclass

from vxlan_tui.command import Command

TIMED_OUT = (124, 137)
"""The exit statuses of timeout(1) for a command that took too long: ended, or killed because it did not end."""


@dataclass(frozen=True)
class Output:
    """What a command that only reads gave: its exit status, 127 where there is no such program, and its words.

    A command that took too long has the exit status of timeout(1).
    """

    status: int
    text: str
    errors: str

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.status == 0

    @property
    def timed_out(self) -> bool:
        """Whether it was stopped because it took too long."""
        return self.status in TIMED_OUT


@dataclass(frozen=True)
class Outcome:
    """How a command ended: `status` as a shell gives it (128 + N for signal N), the time it took, its words."""

    command: Command
    status: int
    seconds: float
    words: str
    timed_out: bool = False

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.status == 0 and not self.timed_out

    @property
    def error(self) -> str:
        """The failed command, its exit status and its own words; and what that means where it is known."""
        if self.timed_out:
            ended = f"did not end within {self.command.timeout:g} s and was stopped"
        else:
            ended = f"ended with exit status {self.status}"
        meaning = dict(self.command.on_failure).get(self.status, "")
        return "\n".join(part for part in (f"`{self.command.text}` {ended}", self.words.strip(), meaning) if part)


class CommandFailed(Exception):  # noqa: N818 (it is what happened)
    """A command that was to succeed and did not."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.error)


class ProgramMissing(CommandFailed):
    """A program that is not on this host."""


class Unreachable(Exception):  # noqa: N818 (it is what is so)
    """A host cannot be reached, or the connection to it broke: neither failed nor done is known of what ran there.

    `why` says what is so, `fix` what mends it, `broken` whether there was a connection before.
    """

    def __init__(self, where: str, why: str, fix: str = "", broken: bool = False) -> None:
        self.where = where
        self.why = why
        self.fix = fix
        self.broken = broken
        what = f"the connection to {where} broke" if broken else f"{where} cannot be reached"
        super().__init__(f"{what}: {why.rstrip('.')}." + (f"\n    To mend it: {fix}" if fix else ""))

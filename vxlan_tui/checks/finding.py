"""What a check says: whether it is well, what shows it, and where not, why and how to mend it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from vxlan_tui.command import Command
from vxlan_tui.record import Record

FOLLOWS = "follows from"
"""How the evidence of a check begins that another one's failure alone makes fail."""


class Status(StrEnum):
    """How a check ended.

    SKIP is for one that only follows from another's failure, or whose subject cannot be known from here: its
    evidence says which. Something that is merely not ready yet (STP's first 30 s) is a WARN with `wait`.
    """

    PASS = "pass"  # noqa: S105 (no password)
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True)
class Finding:
    """One check's result.

    `id` and `subject` together name the check; `command` is what a person would type to look for themselves.
    `title` says what is so, `cause` is a word for it (causes.py), and empty on a pass. `fix` is the exact text to type,
    or words where no command mends it; `commands` holds the same as commands, for this host or for `on_host`. `before`
    are the records to keep before they run, so that `undo` knows what stood there. `read_on` is the other host whose
    own check says so. `wait` says in how many seconds it is worth looking again.
    """

    id: str
    section: str
    subject: str
    title: str
    status: Status
    command: str
    evidence: str
    cause: str = ""
    fix: str = ""
    commands: tuple[Command, ...] = ()
    before: tuple[Record, ...] = ()
    on_host: str = ""
    read_on: str = ""
    wait: float = 0.0

    @property
    def remedy(self) -> tuple[Command, ...]:
        """The commands that mend it and can run on this host."""
        return () if self.on_host else self.commands

    @property
    def following(self) -> "Finding":
        """The same where the other host's own finding stands beside it: then it only follows from that."""
        shows = f"{FOLLOWS} what is so on {self.read_on}: {self.evidence}"
        return replace(self, status=Status.SKIP, evidence=shows, cause="", fix="", commands=())

    @property
    def key(self) -> tuple[str, str]:
        """The check's name: its id and what it is about."""
        return self.id, self.subject


def healthy(findings: list[Finding]) -> bool:
    """Whether nothing failed: warnings and what is not known do not count."""
    return all(finding.status is not Status.FAIL for finding in findings)

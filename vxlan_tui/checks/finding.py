"""What a check says: whether it is well, what shows it, and where not, why and how to mend it."""

from dataclasses import dataclass
from enum import StrEnum

from vxlan_tui.command import Command
from vxlan_tui.record import Record


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
    `cause` is one of the contract's words, and empty on a pass. `fix` is the exact text to type, or words where
    no command mends it. `remedy` holds the same as commands that can run on this host, in their order; it is
    empty where `fix` is words or is for `on_host`, another host. `before` are the records to keep before the
    remedy runs, so that `undo` knows what stood there. `wait` says in how many seconds it is worth looking again.
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
    remedy: tuple[Command, ...] = ()
    before: tuple[Record, ...] = ()
    on_host: str = ""
    wait: float = 0.0

    @property
    def key(self) -> tuple[str, str]:
        """The check's name: its id and what it is about."""
        return self.id, self.subject


def healthy(findings: list[Finding]) -> bool:
    """Whether nothing failed: warnings and what is not known do not count."""
    return all(finding.status is not Status.FAIL for finding in findings)

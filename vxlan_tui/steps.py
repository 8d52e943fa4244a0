"""A step: one thing that a procedure brings about, with the commands that it takes from the host's state."""

from dataclasses import dataclass
from enum import StrEnum

from vxlan_tui.before import Record
from vxlan_tui.command import Command


class Need(StrEnum):
    """What a step has before it, judged from the host's state."""

    DONE = "done"
    RUN = "run"
    CHANGE = "change"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class Change:
    """A value that exists and differs from the plan."""

    what: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.what}: {self.old or 'nothing'} -> {self.new or 'nothing'}"


@dataclass(frozen=True)
class Step:
    """One step. No commands and no conflict: it is done.

    `before` is recorded before the first command; `restored` names the records that are spent once it is done
    (a step of undo). A kill between two of them leaves none that no undo would look at: their order sees to that.
    `cuts` says why the step can cut the connection that the admin came in by; `stands` then is how the things that
    it changes stand now, for a rollback.
    """

    id: str
    section: str
    subject: str
    title: str
    why: str = ""
    commands: tuple[Command, ...] = ()
    changes: tuple[Change, ...] = ()
    conflict: str = ""
    before: tuple[Record, ...] = ()
    restored: tuple[str, ...] = ()
    note: str = ""
    cuts: str = ""
    stands: tuple[Record, ...] = ()

    @property
    def need(self) -> Need:
        """What is to be done about it."""
        if self.conflict:
            return Need.CONFLICT
        if not self.commands:
            return Need.DONE
        return Need.CHANGE if self.changes else Need.RUN

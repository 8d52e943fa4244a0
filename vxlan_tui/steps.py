"""A step: one thing of a plan, judged by what the host shows, with the commands that it takes."""

from dataclasses import dataclass
from enum import StrEnum

from vxlan_tui.command import Command
from vxlan_tui.record import Record
from vxlan_tui.things import Thing


class Need(StrEnum):
    """What a step has before it, judged from what the host shows."""

    DONE = "done"
    RUN = "run"
    CHANGE = "change"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class Change:
    """A value that exists and differs from what is wanted."""

    what: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.what}: {self.old or 'nothing'} -> {self.new or 'nothing'}"


@dataclass(frozen=True)
class Step:
    """One step. No commands and no conflict: it is done.

    `thing` is what it brings about, or back to the record `restored`; `before` are the records of a step without a
    thing. `cuts` says why it can cut the connection that the admin came in by; a step that `confirms` runs once such a
    change has been confirmed. One that runs `again` does so though its thing shows what it has to: another step made it
    necessary.
    """

    id: str
    section: str
    subject: str
    title: str
    why: str = ""
    commands: tuple[Command, ...] = ()
    changes: tuple[Change, ...] = ()
    conflict: str = ""
    note: str = ""
    cuts: str = ""
    confirms: bool = False
    again: bool = False
    thing: Thing | None = None
    restored: str = ""
    before: tuple[Record, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What names it among the steps of one run."""
        return (self.id, self.subject)

    @property
    def with_next(self) -> bool:
        """Whether its second look may be that of the next step of the same subject."""
        return self.thing is not None and self.thing.with_next and not self.restored

    @property
    def need(self) -> Need:
        """What is to be done about it."""
        if self.conflict:
            return Need.CONFLICT
        if not self.commands:
            return Need.DONE
        return Need.CHANGE if self.changes else Need.RUN

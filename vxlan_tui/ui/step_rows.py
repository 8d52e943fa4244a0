"""A section's steps on several hosts, each once: which hosts have it, and how it stands on each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vxlan_tui.ui import matrix
from vxlan_tui.ui.render import Line, role_of

if TYPE_CHECKING:
    from vxlan_tui.steps import Step
    from vxlan_tui.ui.host_work import HostWork

NOT_HERE = "-"
"""The state of a step on a host that has none like it."""


@dataclass
class StepRow:
    """A step, with what it is on each host that has it."""

    key: tuple[str, str]
    title: str
    steps: "dict[str, Step]" = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)


def rows_of(works: "Sequence[HostWork]", section: str) -> list[StepRow]:
    """Return the steps of a section, in an order that is each host's own as well."""
    rows: list[StepRow] = []
    unreached = {work.name: "unreached" for work in works if work.unreached}
    for work in works:
        place = 0
        for step in work.steps.get(section, ()):
            key = (step.id, step.subject)
            places = [number for number, row in enumerate(rows) if row.key == key]
            if not places:
                rows.insert(place, StepRow(key, step.title, states=dict(unreached)))
                places = [place]
            row = rows[places[0]]
            row.steps[work.name], row.states[work.name] = step, work.status(section, step)
            place = places[0] + 1
    return rows


@dataclass(frozen=True)
class Columns:
    """A column a host, where there is room for that; `widths` is empty where there is none."""

    hosts: tuple[str, ...]
    widths: tuple[int, ...]
    room: int

    def head(self, marked: str) -> str:
        """Return the line above the columns; without them, which host is marked."""
        if self.widths:
            return matrix.head(self.hosts, self.widths, self.room, marked)
        return f"Shown below: {marked}, one of {len(self.hosts)} hosts"

    def told(self, row: StepRow) -> str:
        """Return in words how a step stands on the hosts that have it."""
        return matrix.exceptions(row.states, [host for host in self.hosts if host in row.states])

    def line(self, row: StepRow) -> Line:
        """Return a step, and how it stands on each host; without columns, the exceptions."""
        states = {host: row.states.get(host, NOT_HERE) for host in self.hosts}
        if not self.widths:
            told = self.told(row)
            title = matrix.cut(row.title, min(len(row.title), max(self.room // 2, self.room - len(told) - 2)))
            return ((f"{title}: ", ""), (told, _role_of_all(states)))
        left = self.room - sum(self.widths) - matrix.GAP * len(self.widths)
        parts = [(matrix.cut(row.title, left), "")]
        for host, width in zip(self.hosts, self.widths, strict=True):
            parts += [(" " * matrix.GAP, ""), (f"{states[host]:<{width}}", role_of(states[host]))]
        return tuple(parts)


def columns(rows: Sequence[StepRow], hosts: Sequence[str], room: int) -> Columns:
    """Return the columns of these hosts for so many characters."""
    widths = matrix.column_widths([row.states for row in rows], hosts, room)
    return Columns(tuple(hosts), widths, room)


def _role_of_all(states: dict[str, str]) -> str:
    roles = {role_of(state) for state in states.values()}
    return next((role for role in ("bad", "caution", "next", "good") if role in roles), "")

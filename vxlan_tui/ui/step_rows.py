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
        place, steps = 0, work.steps.get(section, [])
        for number, step in enumerate(steps):
            keys = [row.key for row in rows]
            if _key(step) not in keys:
                shared = [keys.index(_key(later)) for later in steps[number:] if _key(later) in keys]
                place = max(place, min(shared, default=len(rows)))
                rows.insert(place, StepRow(_key(step), step.title, states=dict(unreached)))
            else:
                place = keys.index(_key(step))
            row = rows[place]
            row.steps[work.name], row.states[work.name] = step, work.status(section, step)
            place += 1
    return rows


def _key(step: "Step") -> tuple[str, str]:
    return (step.id, step.subject)


@dataclass(frozen=True)
class Columns:
    """A column a host, where there is room for that; `widths` is empty where there is none."""

    hosts: tuple[str, ...]
    widths: tuple[int, ...]
    room: int
    titles: dict[tuple[str, str], str] = field(default_factory=dict)
    """Each row's title as it fits beside the columns."""

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
        parts = [(self.titles[row.key], "")]
        for host, width in zip(self.hosts, self.widths, strict=True):
            parts += [(" " * matrix.GAP, ""), (f"{states[host]:<{width}}", role_of(states[host]))]
        return tuple(parts)


def columns(rows: Sequence[StepRow], hosts: Sequence[str], room: int) -> Columns:
    """Return the columns of these hosts for so many characters."""
    widths = matrix.column_widths([row.states for row in rows], hosts, room)
    left = room - sum(widths) - matrix.GAP * len(widths)
    titles = matrix.cut_apart([row.title for row in rows], left)
    return Columns(tuple(hosts), widths, room, {row.key: title for row, title in zip(rows, titles, strict=True)})


def _role_of_all(states: dict[str, str]) -> str:
    roles = {role_of(state) for state in states.values()}
    return next((role for role in ("bad", "caution", "next", "good") if role in roles), "")

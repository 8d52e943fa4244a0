"""All hosts at a glance: how the checks ended on each, who reaches whom, and how far each section is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vxlan_tui.ui import matrix
from vxlan_tui.ui.picture import Mark, Marks, drawn, of_findings, of_steps
from vxlan_tui.ui.render import Line, role_of

if TYPE_CHECKING:
    from vxlan_tui.ui.host_work import HostWork
    from vxlan_tui.ui.model import Model

REACHES = ("peer.reach", "peer.mtu")
"""The checks that tell whether a host reaches another one, at full size."""

FEW = 2
"""Up to so many hosts the drawing tells who reaches whom."""


def picture(model: "Model", room: int) -> list[Line]:
    """Draw the segments as the marked host sees them: lit by what the checks found, before that by what is done."""
    if model.plan is None or model.host is None:
        return []
    return drawn(model.plan, model.host, lambda name: _marks(model.work_of(name)), room)


def _marks(work: "HostWork") -> Marks:
    by_steps = of_steps(
        step if work.is_open(section, step) else replace(step, commands=())
        for section, steps in work.steps.items()
        for step in steps
    )
    if not work.verified or not work.findings:
        return by_steps
    found = of_findings(finding for finding in work.findings if finding.key not in work.pending)
    return {**by_steps, **{name: max(mark, by_steps.get(name, Mark.UP)) for name, mark in found.items()}}


def verdicts(works: "Sequence[HostWork]", marked: str, room: int) -> str:
    """Return in a line how the checks ended on each host, with the marked one in brackets; short of room, in words."""
    states = {work.name: "unreached" if work.unreached else work.verified or "-" for work in works}
    told = "  ".join(f"{f'[{name}]' if name == marked else name} {state}" for name, state in states.items())
    return told if len(told) <= room else f"[{marked}] {matrix.exceptions(states, list(states))}"


def who_reaches_whom(works: "Sequence[HostWork]", room: int) -> list[Line]:
    """Return the table of who reaches whom at full size, as the checks found it; none for few hosts.

    Where there is no room for words, signs stand for them.
    """
    if len(works) <= FEW or not any(work.findings for work in works):
        return []
    names = [work.name for work in works]
    cells: dict[tuple[str, str], str] = {}
    for work in works:
        for finding in work.findings:
            if finding.id in REACHES and finding.key not in work.pending:
                at = (work.name, finding.subject)
                cells[at] = _worse(cells.get(at, "PASS"), finding.status.upper())
    width = min(WORD, (room - max(map(len, names)) - 3) // len(names) - 1)
    words = _WORDS if width == WORD else _SIGNS
    table = matrix.who_reaches_whom(names, {at: words[cell] for at, cell in cells.items()}, max(2, width))
    legend = [] if width == WORD else [(("+ reached   ~ with a warning   X not   ? not known", "dim"),)]
    return [*(((line, ""),) for line in table), *legend]


_WORDS = {"PASS": "ok", "WARN": "warn", "SKIP": "?", "FAIL": "FAIL"}
_SIGNS = {"PASS": "+", "WARN": "~", "SKIP": "?", "FAIL": "X"}
WORD = 4


def _worse(one: str, other: str) -> str:
    return max(one, other, key=list(_WORDS).index)


def sections_of(model: "Model", sections: "dict[str, str]", room: int) -> list[Line]:
    """Return how each section stands on each host, as a table; with more hosts than there is room for, in words."""
    hosts = [work.name for work in model.works]
    states = {name: {work.name: _state(work, name) for work in model.works} for name in sections}
    widths = matrix.column_widths(list(states.values()), hosts, room)
    lines: list[Line] = [((matrix.head(hosts, widths, room, model.work.name), "dim"),)] if widths else []
    for name, title in sections.items():
        if not widths:
            lines.append(((f"{title:<12}", ""), (matrix.exceptions(states[name], hosts), "")))
            continue
        left = room - sum(widths) - matrix.GAP * len(widths)
        cells = [
            (f"{'':{matrix.GAP}}{states[name][host]:<{width}}", role_of(states[name][host]))
            for host, width in zip(hosts, widths, strict=True)
        ]
        lines.append(((matrix.cut(title, left), ""), *cells))
    return lines


def _state(work: "HostWork", section: str) -> str:
    if section == "verify":
        return "unreached" if work.unreached else work.verified or "to do"
    return work.state(section) or "-"

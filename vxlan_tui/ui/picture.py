"""The segment as a drawing that lights up: `vma --- bridge0 --- vxlan10 === host-b --- vmb`.

What is not there yet stands in parentheses, what is wrong behind a `!`, what cannot be seen from here before a `?`:
colour only says it again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from vxlan_tui.checks.finding import Finding
    from vxlan_tui.plan import Host, Plan, Segment
    from vxlan_tui.steps import Step

MOST = 6
"""So many VMs, and so many other hosts, are drawn; the rest is counted."""


class Mark(IntEnum):
    """How something stands; the greater one tells more of what is made of both."""

    UP = 0
    UNKNOWN = 1
    OPEN = 2
    WRONG = 3


Marks = dict[str, Mark]
"""How things stand, by their names."""

_FORMS = {Mark.UP: "{}", Mark.OPEN: "({})", Mark.WRONG: "!{}", Mark.UNKNOWN: "{}?"}
_STYLES = {Mark.UP: "bold green", Mark.OPEN: "", Mark.WRONG: "bold red", Mark.UNKNOWN: "yellow"}
_LEGEND = {
    Mark.OPEN: "(in parentheses): not made yet",
    Mark.WRONG: "!: not as it should be",
    Mark.UNKNOWN: "?: not known from here",
}


def of_steps(steps: Iterable["Step"]) -> Marks:
    """Return how things stand by the steps that make them: up when none of a thing's steps is left."""
    marks: Marks = {}
    for step in steps:
        mark = Mark.WRONG if step.conflict else Mark.OPEN if step.commands else Mark.UP
        marks[step.subject] = max(mark, marks.get(step.subject, Mark.UP))
    return marks


def of_findings(findings: Iterable["Finding"]) -> Marks:
    """Return how things stand by what the checks found."""
    marks: Marks = {}
    for finding in findings:
        mark = _FOUND.get(str(finding.status), Mark.UP)
        marks[finding.subject] = max(mark, marks.get(finding.subject, Mark.UP))
    return marks


_FOUND = {"fail": Mark.WRONG, "skip": Mark.UNKNOWN}


@dataclass(frozen=True)
class _Part:
    words: str
    mark: Mark

    @property
    def shown(self) -> str:
        return _FORMS[self.mark].format(self.words)


def drawn(plan: "Plan", host: "Host", marks: Callable[[str], Marks]) -> Text:
    """Draw every segment as this host has a part in it; `marks` gives how things stand on a host, by its name."""
    text = Text(no_wrap=True, overflow="ellipsis")
    used: set[Mark] = set()
    for segment in plan.segments:
        _segment(text, plan, host, segment, marks, used)
    for mark in sorted(used - {Mark.UP}):
        text.append(f"{_LEGEND[mark]}   ", _STYLES[mark])
    text.rstrip()
    return text


def _segment(
    text: Text, plan: "Plan", host: "Host", segment: "Segment", marks: Callable[[str], Marks], used: set[Mark]
) -> None:
    here = marks(host.name)
    vms = [_Part(vm.name, here.get(vm.name, Mark.OPEN)) for vm in plan.vms_of(host) if vm.network == segment.network]
    bridge = _Part(segment.bridge, _worst(here, (segment.bridge,)))
    vxlan = _Part(segment.vxlan, _worst(here, (segment.vxlan, f"{segment.port}/udp")))
    peers = [_peer(plan, peer, segment, here, marks(peer.name)) for peer in plan.peers(host)]
    used |= {part.mark for part in (*vms, bridge, vxlan, *(part for parts in peers for part in parts))}
    middle = f"{bridge.shown} {_link(bridge, vxlan)} {vxlan.shown}"
    left, right = _limited([[vm] for vm in vms]), _limited(peers)
    width = max((len(parts[0].shown) for parts in left), default=0)
    for row in range(max(len(left), len(right), 1)):
        parts = left[row] if row < len(left) else []
        _append_row(text, parts, width, [bridge, vxlan] if row == 0 else [], len(middle), len(left) > 1)
        _append_peer(text, vxlan, right[row] if row < len(right) else [], first=row == 0)
        text.append("\n")


def _limited(rows: Sequence[list[_Part]]) -> list[list[_Part]]:
    if len(rows) <= MOST:
        return list(rows)
    rest = rows[MOST - 1 :]
    return [*rows[: MOST - 1], [_Part(f"{len(rest)} more", max(part.mark for parts in rest for part in parts))]]


def _worst(marks: Marks, names: Iterable[str]) -> Mark:
    return max((marks[name] for name in names if name in marks), default=Mark.OPEN)


def _peer(plan: "Plan", peer: "Host", segment: "Segment", here: Marks, there: Marks) -> list[_Part]:
    """Return another host, and its VMs: as they are there where it was looked at, else as they answer here."""
    told = [mark for name, mark in here.items() if name == peer.name or name.startswith(f"{peer.name}:")]
    seen = [there[name] for name in (segment.bridge, segment.vxlan) if name in there]
    mark = max([*told, *seen], default=Mark.UNKNOWN)
    vms = [vm for vm in plan.vms_of(peer) if vm.network == segment.network]
    parts = [_Part(vm.name, there.get(vm.name, max(mark, Mark.UNKNOWN) if not told else mark)) for vm in vms]
    return [_Part(peer.name, mark), *parts]


def _link(one: _Part, other: _Part) -> str:
    return "---" if max(one.mark, other.mark) is Mark.UP else "..."


def _append_row(text: Text, vm: list[_Part], width: int, middle: list[_Part], length: int, several: bool) -> None:
    """Append a VM, and on the first line what all VMs are connected to."""
    shown = vm[0].shown if vm else ""
    text.append(shown, _STYLES[vm[0].mark] if vm else "").append(" " * (width - len(shown)))
    if not middle:
        text.append(" -+" if vm else " " * 3).append(" " * (length + 2))
        return
    bridge, vxlan = middle
    link = _link(vm[0], bridge) if vm else "   "
    text.append(f" {link[0]}+{link[2]} " if several else f" {link} ")
    text.append(bridge.shown, _STYLES[bridge.mark]).append(f" {_link(bridge, vxlan)} ")
    text.append(vxlan.shown, _STYLES[vxlan.mark])


def _append_peer(text: Text, vxlan: _Part, parts: list[_Part], first: bool) -> None:
    """Append the tunnel, and where it leads."""
    if not parts:
        return
    peer = parts[0]
    wrong = Mark.WRONG in (vxlan.mark, peer.mark)
    tunnel = "===" if max(vxlan.mark, peer.mark) is Mark.UP else "=x=" if wrong else "..."
    text.append(f" {tunnel} " if first else f" +{tunnel[1:]} ")
    for place, part in enumerate(parts):
        if place:
            text.append(f" {_link(peer, part)} " if place == 1 else ", ")
        text.append(part.shown, _STYLES[part.mark])

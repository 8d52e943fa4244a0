"""The segment as a drawing that lights up: `vma --- bridge0 --- vxlan10 === host-b --- vmb`.

What is not there yet stands in parentheses, what is wrong behind a `!`, what cannot be seen from here before a `?`:
colour only says it again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import zip_longest
from typing import TYPE_CHECKING

from vxlan_tui.ui.render import Block, Line, Part, wrapped

if TYPE_CHECKING:
    from vxlan_tui.checks.finding import Finding
    from vxlan_tui.plan import Host, Plan, Segment
    from vxlan_tui.steps import Step

WIDE = 500
"""As many columns as no drawing needs."""

BELOW = 4
"""So far the other hosts are indented, where they stand below this one."""

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
_ROLES = {Mark.UP: "good", Mark.OPEN: "dim", Mark.WRONG: "bad", Mark.UNKNOWN: "caution"}
_LEGEND = {
    Mark.OPEN: "(..): not made yet",
    Mark.WRONG: "!: not right",
    Mark.UNKNOWN: "?: not known",
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
        if finding.id == _INSIDE and mark is Mark.UNKNOWN:
            continue
        marks[finding.subject] = max(mark, marks.get(finding.subject, Mark.UP))
    return marks


_INSIDE = "vm.inside"
"""The check that only a guest agent can do: a VM without one is none the less known."""

_FOUND = {"fail": Mark.WRONG, "skip": Mark.UNKNOWN}


@dataclass(frozen=True)
class _Part:
    words: str
    mark: Mark

    @property
    def shown(self) -> str:
        return _FORMS[self.mark].format(self.words)


def drawn(plan: "Plan", host: "Host", marks: Callable[[str], Marks], room: int = WIDE) -> list[Line]:
    """Draw every segment as this host has a part in it; `marks` gives how things stand on a host, by its name.

    Where there is no room for this host and the others side by side, the others stand below it.
    """
    lines: list[Line] = []
    used: set[Mark] = set()
    for segment in plan.segments:
        lines += _segment(plan, host, segment, marks, used, room)
    told = sorted(used - {Mark.UP})
    legend = tuple((f"{_LEGEND[mark]}{'' if mark is told[-1] else '   '}", _ROLES[mark]) for mark in told)
    return [*lines, *wrapped([Block(legend)], room)] if legend else lines


def text_of(lines: Iterable[Line]) -> str:
    """Return what was drawn as text."""
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)


def _segment(
    plan: "Plan", host: "Host", segment: "Segment", marks: Callable[[str], Marks], used: set[Mark], room: int
) -> list[Line]:
    here = marks(host.name)
    vms = [_Part(vm.name, here.get(vm.name, Mark.OPEN)) for vm in plan.vms_of(host) if vm.network == segment.network]
    bridge = _Part(segment.bridge, _worst(here, (segment.bridge,)))
    vxlan = _Part(segment.vxlan, _worst(here, (segment.vxlan, f"{segment.port}/udp")))
    peers = [_peer(plan, peer, segment, here, marks(peer.name)) for peer in plan.peers(host)]
    used |= {part.mark for part in (*vms, bridge, vxlan, *(part for parts in peers for part in parts))}
    left, right = _limited([[vm] for vm in vms]), _limited(peers)
    count = max(len(left), len(right), 1)
    nears = [_near(left[row][0] if row < len(left) else None, left, bridge, vxlan, row == 0) for row in range(count)]
    fars = [_far(vxlan, parts, row == 0) for row, parts in enumerate(right)]
    lines = [(*near, *far) for near, far in zip_longest(nears, fars, fillvalue=())]
    if all(len(line.rstrip()) <= room for line in text_of(lines).splitlines()):
        return lines
    return wrapped(
        [*(Block(near) for near in nears[: max(len(left), 1)]), *(Block(far, BELOW, 6) for far in fars)], room
    )


def _limited(rows: Sequence[list[_Part]]) -> list[list[_Part]]:
    if len(rows) <= MOST:
        return list(rows)
    rest = rows[MOST - 1 :]
    return [*rows[: MOST - 1], [_Part(f"{len(rest)} more", max(part.mark for parts in rest for part in parts))]]


def _worst(marks: Marks, names: Iterable[str]) -> Mark:
    return max((marks[name] for name in names if name in marks), default=Mark.OPEN)


def _peer(plan: "Plan", peer: "Host", segment: "Segment", here: Marks, there: Marks) -> list[_Part]:
    """Return another host, and its VMs: as they are there where it was looked at, else as they answer here."""
    vms = list(dict.fromkeys(vm.name for vm in plan.vms_of(peer) if vm.network == segment.network))
    told = {name.removeprefix(f"{peer.name}:"): here[name] for name in here if name.partition(":")[0] == peer.name}
    asked = {vm: [told.pop(name) for name in list(told) if name.split(" ")[0] == vm] for vm in vms}
    seen = [there[name] for name in (segment.bridge, segment.vxlan) if name in there]
    mark = max([*told.values(), *seen], default=Mark.UNKNOWN)
    unseen = mark if told else max(mark, Mark.UNKNOWN)
    return [_Part(peer.name, mark), *(_Part(vm, max([there.get(vm, unseen), *asked[vm]])) for vm in vms)]


def _link(one: _Part, other: _Part) -> str:
    return "---" if max(one.mark, other.mark) is Mark.UP else "..."


def _near(vm: _Part | None, vms: list[list[_Part]], bridge: _Part, vxlan: _Part, first: bool) -> Line:
    """Return a VM of this host, and on the first line what all its VMs are connected to."""
    width = max((len(parts[0].shown) for parts in vms), default=0)
    shown = (f"{vm.shown if vm else '':<{width}}", _ROLES[vm.mark] if vm else "")
    middle = f"{bridge.shown} {_link(bridge, vxlan)} {vxlan.shown}"
    if not first:
        return (shown, (f"{' -+' if vm else '':<3}{'':{len(middle) + 2}}", ""))
    link = _link(vm, bridge) if vm else "   "
    link = f"{link[0]}+{link[2]}" if len(vms) > 1 else link
    to_vxlan = (f" {_link(bridge, vxlan)} ", "")
    return (shown, (f" {link} ", ""), _shown(bridge), to_vxlan, _shown(vxlan))


def _far(vxlan: _Part, parts: list[_Part], first: bool) -> Line:
    """Return the tunnel, and where it leads."""
    peer = parts[0]
    wrong = Mark.WRONG in (vxlan.mark, peer.mark)
    tunnel = "===" if max(vxlan.mark, peer.mark) is Mark.UP else "=x=" if wrong else "..."
    drawing: list[Part] = [(f" {tunnel} " if first else f" +{tunnel[1:]} ", "")]
    for place, part in enumerate(parts):
        if place:
            drawing.append((f" {_link(peer, part)} " if place == 1 else ", ", ""))
        drawing.append(_shown(part))
    return tuple(drawing)


def _shown(part: _Part) -> Part:
    return (part.shown, _ROLES[part.mark])

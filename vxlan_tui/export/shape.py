"""Segments, and VMs, that differ in their names alone: a script says once what is done to each, as a function.

The rows are those of a plan whose names are marks, so nothing is decided here either.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from vxlan_tui.export.words import quoted, wrapped
from vxlan_tui.plan import Host, Plan, Segment, Vm
from vxlan_tui.procedures import Section, things
from vxlan_tui.things import Thing

Write = Callable[[list[Thing]], Iterable[str]]

_PLAIN = re.compile(r"[\w.@:-]+", re.ASCII)
"""Names that stand for themselves in a regular expression, but for a dot, and in XML."""

_SEGMENT = ("bridge", "vxlan", "vni", "network")
_VM = ("name", "network")


def functions(plan: Plan, host: Host, section: Section, write: Write) -> Iterator[str]:
    """Return a section's function and its calls; nothing where its things are few, or not all of one shape."""
    vms = plan.vms_of(host)
    many = vms if section.name == "vms" else plan.segments if section.name in ("bridge", "network") else ()
    alike = (
        not plan.encrypted
        and len(many) > 1
        and _alike(plan.segments, _SEGMENT)
        and plan.flood(plan.segments[0]) in ("remote", "group")
    )
    if not alike:
        return
    marked = plan.model_copy(update={"segments": (_marked_segment(plan.segments[0]),)})
    if many is plan.segments:
        rows = [row for row in things(marked, host, None, [section.name]) if not _is_firewall(row)]
        calls = [[str(getattr(each, name)) for name in _SEGMENT] for each in plan.segments]
        yield from _function(f"{section.name}_of", _SEGMENT, write(rows), calls)
        yield from write([row for row in things(plan, host, None, [section.name]) if _is_firewall(row)])
    elif _alike(vms, _VM):
        vm = vms[0].model_copy(update={"name": "\0name\0", "network": "\0network\0"})
        rows = things(marked.model_copy(update={"vms": (vm,)}), host, None, [section.name])
        calls = [[each.name, each.network, plan.segment_of(each.network).bridge] for each in vms]
        yield from _function("vm_of", (*_VM, "bridge"), write(rows), calls)


def _is_firewall(row: Thing) -> bool:
    return row.id.startswith("bridge.firewall")


def _alike(rows: Iterable[Segment] | Iterable[Vm], names: tuple[str, ...]) -> bool:
    """Return whether the names of these are plain, and they differ in nothing else that is carried out."""
    found = list(rows)
    told = {each.model_dump_json(exclude={*names, "address"}) for each in found}
    plain = all(_PLAIN.fullmatch(str(getattr(each, name))) for each in found for name in names)
    apart = len({getattr(each, names[0]) for each in found}) == len(found)
    return len(told) == 1 and plain and apart


def _marked_segment(segment: Segment) -> Segment:
    return segment.model_copy(update={name: f"\0{name}\0" for name in _SEGMENT})


def _function(name: str, words: tuple[str, ...], body: Iterable[str], calls: list[list[str]]) -> Iterator[str]:
    lines = list(body)
    used = [word for word in words if f"${word}" in "\n".join(lines)]
    places = [words.index(word) for word in used]
    yield f"{name}() {{ # {' '.join(word.upper() for word in used)}"
    yield "local " + " ".join(f"{word}=${place}" for place, word in enumerate(used, 1))
    yield from lines
    yield "}"
    yield from (wrapped([name, *(quoted(call[place]) for place in places)]) for call in calls)

"""What the tools show of a host that is as its plan wants it, for tests that have no host."""

import re
from collections.abc import Iterable, Iterator

from vxlan_tui.judge import Outputs
from vxlan_tui.things import Ours, Reading, Thing

Argv = tuple[str, ...]


def outputs(things: Iterable[Thing]) -> Outputs:
    """Return what all readings of these things print where each is as it is wanted, and nothing is in the way."""
    printed: dict[Argv, list[str]] = {}
    for thing in things:
        for reading, text in _shown(thing):
            lines = printed.setdefault(reading.argv, [])
            lines += [line for line in text.splitlines() if line not in lines]
    return {argv: "".join(f"{line}\n" for line in lines) for argv, lines in printed.items()}


def _shown(thing: Thing) -> Iterator[tuple[Reading, str]]:
    yield thing.reading, thing.wants
    yield thing.before, thing.wants if thing.before.argv == thing.reading.argv else f"the {thing.record} of before"
    for each in (*thing.clear, *thing.back_clear):
        yield each.reading, each.text if isinstance(each, Ours) else ""


def gone(shown: Outputs, of: str) -> Outputs:
    """Return outputs in which the commands that match a regular expression, of which there must be, find nothing."""
    return {**shown, **dict.fromkeys(_matching(shown, of), "")}


def instead(shown: Outputs, of: str, old: str, new: str) -> Outputs:
    """Return outputs in which a text that the commands that match show, one of them at least, is another one."""
    found = {argv: shown[argv].replace(old, new) for argv in _matching(shown, of) if old in shown[argv]}
    assert found, f"nothing that matches {of} shows {old}"
    return {**shown, **found}


def _matching(shown: Outputs, of: str) -> list[Argv]:
    found = [argv for argv in shown if re.search(of, " ".join(argv))]
    assert found, f"nothing reads {of}"
    return found

"""Several hosts beside each other: a column a host while there is room, with more of them the exceptions."""

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.cells import cell_len, set_cell_size

GAP = 2
"""Blanks between two columns."""

LEAST = 20
"""So many characters at least are left for what a line is about."""

QUIET = ("done", "OK", "PASS", "ok")
"""States that need no look."""


def column_widths(states: Sequence[Mapping[str, str]], hosts: Sequence[str], room: int) -> tuple[int, ...]:
    """Return the width of each host's column, or none where not all have room beside what the lines are about.

    A host's name has room for the brackets that mark it.
    """
    found = tuple(max(cell_len(host) + 2, *(cell_len(state.get(host, "")) for state in states), 1) for host in hosts)
    return found if sum(found) + GAP * len(found) <= room - LEAST else ()


def head(hosts: Sequence[str], widths: Sequence[int], room: int, marked: str = "") -> str:
    """Return the line above the columns, with the marked host in brackets where they have room."""
    if not widths:
        return ""
    wide = {name: len(name) + 2 <= width for name, width in zip(hosts, widths, strict=True)}
    return line("", [f"[{name}]" if name == marked and wide[name] else name for name in hosts], widths, room)


def line(title: str, cells: Sequence[str], widths: Sequence[int], room: int) -> str:
    """Return a line: what it is about, and a cell a host at its right."""
    columns = "".join(" " * GAP + set_cell_size(cell, width) for cell, width in zip(cells, widths, strict=True))
    left = room - cell_len(columns)
    return f"{cut(title, left)}{columns}"


def exceptions(state: Mapping[str, str], hosts: Sequence[str]) -> str:
    """Return in words how the hosts stand: what most are, counted, and by name those that are otherwise.

    `done on 10; host-c FAILED, host-d will run`.
    """
    counted = Counter(state.get(host, "") for host in hosts)
    if len(counted) == 1:
        return next(iter(counted)) or ""
    usual = _usual(counted)
    unusual = [host for host in hosts if state.get(host, "") != usual]
    unusual.sort(key=lambda host: state.get(host, "") in QUIET)
    others = ", ".join(f"{host} {state.get(host, '')}".strip() for host in unusual)
    return f"{usual} on {counted[usual]}; {others}" if usual else others


def _usual(counted: "Counter[str]") -> str:
    """Return the state that is counted: that of the most, and of two a quiet one."""
    most = max(counted, key=lambda state: (counted[state], state in QUIET))
    return most if counted[most] > 1 else ""


def who_reaches_whom(hosts: Sequence[str], cells: Mapping[tuple[str, str], str], width: int = 4) -> list[str]:
    """Return a table host by host: a row is who asks, a column, by its number, who is asked."""
    digits = len(str(len(hosts)))
    names = max(map(cell_len, hosts), default=0)
    lead = digits + 1 + names
    lines = [" " * lead + "".join(f"{number:>{width + 1}}" for number in range(1, len(hosts) + 1))]
    for number, asks in enumerate(hosts, 1):
        row = "".join(f" {_cell(asks, asked, cells):>{width}}" for asked in hosts)
        lines.append(f"{number:>{digits}} {set_cell_size(asks, names)}{row}")
    return lines


def _cell(asks: str, asked: str, cells: Mapping[tuple[str, str], str]) -> str:
    return "-" if asks == asked else cells.get((asks, asked), "?")


def cut_apart(texts: Sequence[str], width: int) -> list[str]:
    """Return texts in exactly this width; those that would be the same when their ends are cut keep both ends."""
    short = [cut(text, width) for text in texts]
    alike = {each for each, count in Counter(short).items() if count > 1}
    return [_ends(text, width) if each in alike else each for text, each in zip(texts, short, strict=True)]


def _ends(text: str, width: int) -> str:
    room = max(0, width - 2)
    tail = room // 2
    return cut(text if cell_len(text) <= width else f"{text[: room - tail]}..{text[len(text) - tail :]}", width)


def cut(text: str, width: int) -> str:
    """Return a text in exactly this width, its end cut and signed where it is too long."""
    return set_cell_size(text if cell_len(text) <= width else f"{text[: max(0, width - 2)]}..", width)

"""How wide a table's columns are, and how a value too long for its column is cut: with a sign that says so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size


@dataclass(frozen=True)
class Column:
    """A column; widths are in characters. Where room is missing it shrinks to `least`; one without goes as a whole.

    `usual` is its width where there are too many rows to look at each.
    """

    title: str
    usual: int
    least: int = 0


def contents(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> list[int]:
    """Give the width that each column needs to show these rows' cells whole."""
    widest = [max(cell_len(column.title), column.least) for column in columns]
    for cells in rows:
        widest = [max(width, cell_len(cell)) for width, cell in zip(widest, cells, strict=True)]
    return widest


def widths(columns: Sequence[Column], wanted: Sequence[int], room: int) -> tuple[int, ...]:
    """Give each column's width, 0 where it has no place; what is missing is taken from the last columns first."""
    found = list(wanted)
    for place in reversed(range(len(found))):
        missing = line_width(found) - room
        if missing > 0:
            found[place] = max(columns[place].least, found[place] - missing) if columns[place].least else 0
    return tuple(found)


def line_width(found: Sequence[int]) -> int:
    """Give the width of a line of columns, with a space between two."""
    shown = [width for width in found if width]
    return sum(shown) + max(0, len(shown) - 1)


def line(cells: Sequence[str], found: Sequence[int], sign: str) -> str:
    """Give a line of cells; `sign` ends a cell that was cut."""
    return " ".join(fit(cell, width, sign) for cell, width in zip(cells, found, strict=True) if width)


def fit(text: str, width: int, sign: str) -> str:
    """Give a text in exactly this width, its end cut and signed where it is too long."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return (set_cell_size(text, max(0, width - len(sign))) + sign)[:width]

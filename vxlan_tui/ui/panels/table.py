"""A table that draws the lines in sight and no others: 100,000 rows cost what 20 do."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

Row = TypeVar("Row")


@dataclass(frozen=True)
class Column:
    """A column's heading and width in characters."""

    title: str
    width: int


class Table(ScrollView, Generic[Row], can_focus=True):
    """Rows by key. The cursor stays on its row, and that row on its line, while others come and go."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "cursor(-1)", show=False),
        Binding("down", "cursor(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "cursor(-1000000000)", show=False),
        Binding("end", "cursor(1000000000)", show=False),
    ]

    def __init__(
        self,
        columns: Sequence[Column],
        key_of: Callable[[Row], Hashable],
        cells_of: Callable[[Row], tuple[str, ...]],
        is_marked: Callable[[Row], bool] = lambda row: False,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self._key_of = key_of
        self._cells_of = cells_of
        self._is_marked = is_marked
        self.rows: tuple[Row, ...] = ()
        self._place = 0
        self._key: Hashable = None

    @property
    def heading(self) -> str:
        """The columns' titles, each over its column."""
        return " ".join(column.title.ljust(column.width) for column in self.columns)

    @property
    def cursor(self) -> Row | None:
        """The row that the cursor is on."""
        return self.rows[self._place] if self._place < len(self.rows) else None

    def put(self, rows: tuple[Row, ...]) -> None:
        """Show these rows."""
        top = int(self.scroll_offset.y)
        anchor = self._key_of(self.rows[top]) if top < len(self.rows) and top else None
        self.rows = rows
        self._place = self._find(self._key, self._place)
        new_top = self._find(anchor, top) if anchor is not None else top
        size = Size(len(self.heading), len(rows))
        if size != self.virtual_size:
            self.virtual_size = size
        if new_top != top:
            self.scroll_to(y=new_top, animate=False, force=True)
        self.refresh()

    def _find(self, key: Hashable, near: int) -> int:
        """Give the place of a key: near where it was, else anywhere; where it has gone, the same place."""
        last = max(0, len(self.rows) - 1)
        if key is None or not self.rows:
            return min(near, last)
        if near <= last and self._key_of(self.rows[near]) == key:
            return near
        places = (place for place, row in enumerate(self.rows) if self._key_of(row) == key)
        return next(places, min(near, last))

    def render_line(self, y: int) -> Strip:
        """Draw one line in sight."""
        left, top = self.scroll_offset
        place, width = top + y, self.size.width
        base = self.rich_style
        if place >= len(self.rows):
            return Strip.blank(width, base)
        row = self.rows[place]
        style = base + Style(bold=True) if self._is_marked(row) else base
        if place == self._place and self.has_focus:
            style = style + Style(reverse=True)
        text = self._text(row)
        return Strip([Segment(text, style)]).crop_extend(left, left + width, style)

    def _text(self, row: Row) -> str:
        cells = zip(self._cells_of(row), self.columns, strict=True)
        return " ".join(_fit(cell, column.width) for cell, column in cells)

    def action_cursor(self, by: int) -> None:
        """Move the cursor."""
        self._place = max(0, min(len(self.rows) - 1, self._place + by))
        row = self.cursor
        self._key = self._key_of(row) if row is not None else None
        top, height = int(self.scroll_offset.y), self.size.height
        if self._place < top:
            self.scroll_to(y=self._place, animate=False, force=True)
        elif self._place >= top + height:
            self.scroll_to(y=self._place - height + 1, animate=False, force=True)
        self.refresh()

    def action_page(self, by: int) -> None:
        """Move the cursor by what is in sight."""
        self.action_cursor(by * max(1, self.size.height - 1))

    def on_click(self, event: Click) -> None:
        """Put the cursor under the mouse."""
        self.action_cursor(int(self.scroll_offset.y) + event.y - self._place)

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()


def _fit(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else f"{text[: width - 1]}~"

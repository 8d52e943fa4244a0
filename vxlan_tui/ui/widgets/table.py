"""A table that draws the lines in sight and no others: 100,000 rows cost what 20 do."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from vxlan_tui.plan import printable
from vxlan_tui.ui.terminal_style import TerminalStyle
from vxlan_tui.ui.widgets.columns import Column, contents, line, widths
from vxlan_tui.ui.widgets.lines import Lines
from vxlan_tui.ui.widgets.words import has

Row = TypeVar("Row")

MEASURED = 2000
"""Up to so many rows are looked at for the widths of the columns; with more, the columns have their usual ones."""


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
        style: TerminalStyle = TerminalStyle(),  # noqa: B008 (it is frozen)
    ) -> None:
        super().__init__()
        self.terminal = style
        self.columns = tuple(columns)
        self.head = Lines("panel-head")
        self.rows: tuple[Row, ...] = ()
        """What is shown: all, or what was looked for."""
        self.needle = ""
        self._all: tuple[Row, ...] = ()
        self._key_of = key_of
        self._cells_of = cells_of
        self._is_marked = is_marked
        self._widths: tuple[int, ...] = ()
        self._place = 0
        self._key: Hashable = None
        self._drawn: dict[int, tuple[str, Style]] = {}

    @property
    def cursor(self) -> Row | None:
        """The row that the cursor is on."""
        return self.rows[self._place] if self._place < len(self.rows) else None

    def put(self, rows: tuple[Row, ...], holds: Callable[[Hashable], bool] = lambda key: True) -> None:
        """Show these rows; `holds` says at once whether one of a key is among them, which saves looking for it."""
        self._all = rows
        if self.needle:
            rows, holds = tuple(filter(self._is_looked_for, rows)), lambda key: True
        top, height = int(self.scroll_offset.y), self.size.height
        watched = self._place if top <= self._place < top + height and self._key is not None else top
        anchor = self._key_of(self.rows[watched]) if watched < len(self.rows) else None
        self.rows = rows
        moved = self._find(anchor, watched, holds) - watched if top or self._key is not None else 0
        self._place = self._find(self._key, self._place, holds)
        row = self.cursor
        self._key = self._key_of(row) if self._key is not None and row is not None else self._key
        self._fit()
        self._grow(len(rows))
        new_top = max(0, min(top + moved, self.max_scroll_y))
        if new_top != top:
            self.scroll_to(y=new_top, animate=False, force=True)
        self._show_changes()

    def narrow(self, words: str) -> None:
        """Show the rows alone that have these words in them; all for none."""
        self.needle = words.strip()
        self.put(self._all)

    def step(self, by: int) -> None:
        """Move the cursor."""
        self.action_cursor(by)

    def _is_looked_for(self, row: Row) -> bool:
        return has(self.needle, " ".join(self._cells_of(row)))

    def _find(self, key: Hashable, near: int, holds: Callable[[Hashable], bool]) -> int:
        """Give the place of a key, looked for outward from where it was; where it has gone, the same place."""
        last = max(0, len(self.rows) - 1)
        if key is not None and self.rows and holds(key):
            for place in _outward(min(near, last), last):
                if self._key_of(self.rows[place]) == key:
                    return place
        return min(near, last)

    def _grow(self, count: int) -> None:
        """Take so many lines. The screen is laid out anew only where the scroll bar comes or goes by it."""
        size = Size(1, count)  # nothing scrolls sideways
        if size == self.virtual_size:
            return
        height = self.container_size.height
        if (count > height) != self.show_vertical_scrollbar:
            self.virtual_size = size
            return
        self.set_reactive(Widget.virtual_size, size)
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.window_virtual_size = count

    def _fit(self) -> None:
        """Give the columns their widths, and the titles their places above them."""
        usual = [column.usual for column in self.columns]
        few = len(self.rows) <= MEASURED
        wanted = contents(self.columns, map(self._cells, self.rows)) if few else usual
        found = widths(self.columns, wanted, self.size.width)
        if found != self._widths:
            self._widths = found
            titles = [column.title for column in self.columns]
            self.head.put(Text(line(titles, found, self.terminal.cut), no_wrap=True, overflow="crop"))

    def on_resize(self) -> None:
        """Fit the columns to the new width."""
        self._fit()
        self._show_changes()

    def render_line(self, y: int) -> Strip:
        """Draw one line in sight."""
        text, style = self._drawn[y] = self._line(y, self.rich_style)
        return Strip([Segment(text, style)]).adjust_cell_length(self.size.width, style)

    def _line(self, y: int, base: Style) -> tuple[str, Style]:
        place = int(self.scroll_offset.y) + y
        if place >= len(self.rows):
            return "", base
        row = self.rows[place]
        style = base + Style(bold=True) if self._is_marked(row) else base
        if place == self._place and self.has_focus:
            style = style + Style(reverse=True)
        return line(self._cells(row), self._widths, self.terminal.cut), style

    def _cells(self, row: Row) -> tuple[str, ...]:
        cells = tuple(cell if cell.isprintable() else printable(cell) for cell in self._cells_of(row))
        return tuple(map(self.terminal.shown, cells)) if self.terminal.ascii else cells

    def _show_changes(self) -> None:
        """Draw the lines in sight that are not what they were."""
        top, base = int(self.scroll_offset.y), self.rich_style
        for y in range(self.size.height):
            if self._drawn.get(y) != self._line(y, base):
                self.refresh_line(top + y)

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
        self._show_changes()

    def action_page(self, by: int) -> None:
        """Move the cursor by what is in sight."""
        self.action_cursor(by * max(1, self.size.height - 1))

    def on_click(self, event: Click) -> None:
        """Put the cursor under the mouse."""
        self.action_cursor(int(self.scroll_offset.y) + event.y - self._place)

    def on_focus(self) -> None:
        """Show the cursor."""
        self._show_changes()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self._show_changes()


def _outward(start: int, last: int) -> Iterator[int]:
    yield start
    for distance in range(1, last + 1):
        if start - distance >= 0:
            yield start - distance
        if start + distance <= last:
            yield start + distance

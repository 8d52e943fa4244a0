"""A list to choose several rows from."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from vxlan_tui.ui.panels.columns import Column
from vxlan_tui.ui.panels.table import Table

Row = tuple[str, str]


class Pick(ModalScreen[set[str] | None]):
    """Rows to choose from, by key; the chosen keys are given back, None where it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", show=False),
        Binding("space", "mark", show=False),
        Binding("enter", "take", show=False),
    ]

    def __init__(self, title: str, rows: list[Row], chosen: set[str]) -> None:
        super().__init__()
        self._title = title if rows else f"{title}: this host has none"
        self._rows = tuple(rows)
        self._chosen = set(chosen)

    def compose(self) -> ComposeResult:
        """Give the rows under their title."""
        with Vertical(classes="box tall"):
            yield Static(self._title, classes="heading", markup=False)
            yield Table([Column("", 3, 3), Column("", 120, 20)], lambda row: row[0], self._cells)
            yield Static("Up, Down: go   Space: choose or not   Enter: done   Esc: back", classes="foot", markup=False)

    def on_mount(self) -> None:
        """Begin at the first row."""
        self.query_one(Table).put(self._rows)
        self.query_one(Table).focus()

    def _cells(self, row: Row) -> tuple[str, ...]:
        return ("[x]" if row[0] in self._chosen else "[ ]", row[1])

    def action_mark(self) -> None:
        """Choose the row at the cursor, or not."""
        table = self.query_one(Table)
        if table.cursor is not None:
            self._chosen ^= {table.cursor[0]}
            table.action_cursor(1)

    def action_take(self) -> None:
        """Give back what was chosen; with nothing chosen, the row at the cursor is meant."""
        self.dismiss(self._chosen)

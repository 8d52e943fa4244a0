"""A list to choose several rows from."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from vxlan_tui.ui.widgets.finder import Finder
from vxlan_tui.ui.widgets.folds import Folds, Item

Row = tuple[str, str]


class Pick(ModalScreen[set[str] | None]):
    """Rows to choose from, by key; the chosen keys are given back, None where it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", show=False),
        Binding("space", "choose", show=False),
        Binding("slash", "find", show=False),
        Binding("enter", "take", show=False),
    ]

    def __init__(self, title: str, rows: Sequence[Row], chosen: set[str]) -> None:
        super().__init__()
        self._title = title if rows else f"{title}: there are none"
        self._rows = tuple(rows)
        self._chosen = set(chosen)

    def compose(self) -> ComposeResult:
        """Give the rows under their title."""
        with Vertical(classes="box tall"):
            yield Static(self._title, classes="heading", markup=False)
            folds = Folds()
            yield folds
            yield Finder(folds)
            words = "Up, Down: go  Space: choose or not  /: filter  Enter: done  Esc: back"
            yield Static(words, classes="foot", markup=False)

    def on_mount(self) -> None:
        """Begin at the first row."""
        self._draw()
        self.query_one(Folds).focus()

    def _draw(self) -> None:
        items = [Item(key, ((self._box(key), "next"), (words, ""))) for key, words in self._rows]
        self.query_one(Folds).put(items)

    def _box(self, key: str) -> str:
        return "[x] " if key in self._chosen else "[ ] "

    def action_choose(self) -> None:
        """Choose the marked row, or not."""
        folds = self.query_one(Folds)
        if isinstance(folds.key, str):
            self._chosen ^= {folds.key}
            self._draw()
            folds.action_mark(1)

    def action_find(self) -> None:
        """Look for a part of a row."""
        self.query_one(Finder).begin()

    def action_take(self) -> None:
        """Give back what was chosen."""
        self.dismiss(self._chosen)

"""A live panel: a source's rows under a title that says what shows the same, and how fresh they are."""

import textwrap
import time
from collections.abc import Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from vxlan_tui.live.source import Snapshot, Source
from vxlan_tui.plan import printable
from vxlan_tui.ui.widgets.finder import Finder
from vxlan_tui.ui.widgets.lines import Lines
from vxlan_tui.ui.widgets.table import Table

BETWEEN = 0.04
"""Seconds between two drawings, however often the source changes."""

COVERS = "covers"
"""The class of a screen that leaves nothing in sight of what is below it."""

MOST = 4
"""So many lines at most tell how fresh the rows are, or why they are not."""


class LivePanel(Vertical):
    """One source on screen. `news_of` names the sources whose changes it shows, `freshness` says how old it is."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("slash", "find", show=False)]

    def __init__(self, title: str, source: Source[Any], table: Table[Any], news_of: Sequence[str]) -> None:
        super().__init__(classes="panel")
        self.title = title
        self.source = source
        self.table = table
        self.news_of = news_of
        self._title = Lines("panel-title")
        self.freshness = ""
        self._due = False
        self._drawn = 0.0

    def compose(self) -> ComposeResult:
        """Give the title, the columns' heads and the rows."""
        yield self._title
        yield self.table.head
        yield self.table
        yield Finder(self.table)

    def action_find(self) -> None:
        """Look for a part of a row."""
        self.query_one(Finder).begin()

    def on_finder_sought(self) -> None:
        """Tell how many rows there are of all."""
        self._show_title(self.source.snapshot())

    def on_mount(self) -> None:
        """Show what there is."""
        self.draw()

    def on_descendant_focus(self) -> None:
        """Read again what the system sends no event about."""
        self.source.refresh()

    def on_resize(self) -> None:
        """Fit the title to the new width."""
        self.draw()

    def news(self, name: str) -> None:
        """A source has changed: draw at once, or once for all that changes in the moment after a drawing."""
        if self._due or name not in self.news_of or not self.is_attached or self._is_covered():
            return
        wait = self._drawn + BETWEEN - time.monotonic()
        if wait <= 0:
            self.draw()
        else:
            self._due = True
            self.set_timer(wait, self.draw)

    def _is_covered(self) -> bool:
        top = self.app.screen
        return top is not self.screen and top.has_class(COVERS)

    def draw(self) -> None:
        """Show the source's rows as they are now."""
        self._due = False
        self._drawn = time.monotonic()
        snapshot = self.source.snapshot()
        self.table.put(snapshot.rows, self.source.holds)
        self._show_title(snapshot)

    def _show_title(self, snapshot: Snapshot[Any]) -> None:
        style, width = self.table.terminal, max(1, self.size.width)
        self.freshness = style.shown(printable(_freshness(snapshot, len(self.table.rows))))
        words = textwrap.wrap(self.freshness, width)[:MOST]
        if self._title.styles.height is None or self._title.styles.height.value != 1 + len(words):
            self._title.styles.height = 1 + len(words)
        text = Text(f"{self.title} ", "bold", no_wrap=True, overflow="crop")
        text.append(f"# {self.source.shown_by}", "not bold cyan")
        if text.cell_len > width:
            text.truncate(width - len(style.cut))
            text.append(style.cut)
        text.append("\n" + "\n".join(words), "bold red" if snapshot.gone else "not bold")
        self._title.put(text)


def _freshness(snapshot: Snapshot[Any], shown: int) -> str:
    if snapshot.gone:
        return f"GONE since {_clock(snapshot.gone_since)}: {snapshot.gone}"
    if not snapshot.read:
        return "reading ..."
    changed = f"last changed {_clock(snapshot.changed)}" if snapshot.changed else "no change since it was opened"
    back = f", source back at {_clock(snapshot.back)}" if snapshot.back else ""
    of = f"{shown} of " if shown != len(snapshot.rows) else ""
    return f"{of}{len(snapshot.rows)} rows, {changed}{back}"


def _clock(moment: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(moment))

"""A live panel: a source's rows under a title that says what shows the same, and how fresh they are."""

import time
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from vxlan_tui.live.source import Snapshot, Source
from vxlan_tui.ui.panels.table import Column, Table

BETWEEN = 0.04
"""Seconds between two drawings, however often the source changes."""


class LivePanel(Vertical):
    """One source on screen."""

    def __init__(
        self,
        title: str,
        source: Source[Any],
        columns: Sequence[Column],
        key_of: Callable[[Any], Hashable],
        cells_of: Callable[[Any], tuple[str, ...]],
        is_marked: Callable[[Any], bool],
    ) -> None:
        super().__init__(classes="panel")
        self.title = title
        self.source = source
        self._table: Table[Any] = Table(columns, key_of, cells_of, is_marked)
        self._title = Static(classes="panel-title", markup=False)
        self._head = Static(classes="panel-head", markup=False)
        self._due = False
        self._drawn = 0.0

    def compose(self) -> ComposeResult:
        """Give the title, the columns' heads and the rows."""
        yield self._title
        yield self._head
        yield self._table

    def on_mount(self) -> None:
        """Show what there is."""
        self._head.update(Text(self._table.heading, no_wrap=True, overflow="crop"))
        self.draw()

    @property
    def table(self) -> Table[Any]:
        """The rows."""
        return self._table

    def news(self) -> None:
        """The source has changed: draw at once, or once for all that changes in the moment after a drawing."""
        if self._due or not self.is_attached:
            return
        wait = self._drawn + BETWEEN - time.monotonic()
        if wait <= 0:
            self.draw()
        else:
            self._due = True
            self.set_timer(wait, self.draw)

    def draw(self) -> None:
        """Show the source's rows as they are now."""
        self._due = False
        self._drawn = time.monotonic()
        snapshot = self.source.snapshot()
        self._table.put(snapshot.rows)
        self._title.update(_title(self.title, self.source.shown_by, snapshot))


def _title(name: str, command: str, snapshot: Snapshot[Any]) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{name} ", "bold").append(f"# {command}\n", "cyan")
    if snapshot.gone:
        return text.append(f"GONE since {_clock(snapshot.gone_since)}: {snapshot.gone}", "bold red")
    if not snapshot.read:
        return text.append("reading ...")
    count = f"{len(snapshot.rows)} rows"
    changed = f"last changed {_clock(snapshot.changed)}" if snapshot.changed else "no change since it was opened"
    back = f", source back at {_clock(snapshot.back)}" if snapshot.back else ""
    return text.append(f"{count}, {changed}{back}")


def _clock(moment: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(moment))

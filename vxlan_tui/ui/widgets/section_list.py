"""The list of sections, always in sight: a line each, with its state in a word."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from vxlan_tui.ui.render import Line
from vxlan_tui.ui.widgets.ink import content

Row = tuple[str, str, str]
"""A section's title, its state, and the role of that."""


class SectionList(Widget, can_focus=True):
    """Up and Down choose, Enter opens. Below stand lines that tell of all sections."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("enter,right", "open", show=False),
    ]

    class Chosen(Message):
        """A section was chosen, by its number from 0."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self) -> None:
        super().__init__(id="sections")
        self._rows: tuple[Row, ...] = ()
        self._foot: tuple[Line, ...] = ()
        self._current = self._cursor = 0

    def put(self, rows: Sequence[Row], current: int, foot: Sequence[Line] = ()) -> None:
        """Show these sections, with the one that is open marked, and lines below."""
        new = (tuple(rows), current, tuple(foot))
        if new != (self._rows, self._current, self._foot):
            self._cursor = current if current != self._current else self._cursor
            self._rows, self._current, self._foot = new
            self.refresh()

    def render(self) -> Content:
        """Give the lines."""
        lines = [content(*([()] if self._foot else []), *self._foot)]
        return Content("\n").join([*(self._row(place, *row) for place, row in enumerate(self._rows)), *lines])

    def _row(self, place: int, title: str, state: str, role: str) -> Content:
        width = self.content_size.width
        mark = ">" if place == self._current else " "
        name = f"{mark}{place + 1} {title}"
        state = state[: max(0, width - len(name) - 1)]  # a line a section, whatever its state is called
        room = max(1, width - len(name) - len(state) - 1)
        if self.has_focus and place == self._cursor:
            return Content.styled(f"{name}{' ' * room}{state} ", "reverse")
        return content(((name, "title" if mark == ">" else ""), (" " * room, ""), (state, role)))

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def on_click(self, event: Click) -> None:
        """Open the section under the mouse."""
        if 0 <= event.y < len(self._rows):
            self.post_message(self.Chosen(event.y))

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._cursor = (self._cursor + by) % max(1, len(self._rows))
        self.refresh()

    def action_open(self) -> None:
        """Open the section at the cursor."""
        self.post_message(self.Chosen(self._cursor))

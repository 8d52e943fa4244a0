"""The list of sections, always in sight: what each is, and in words how it stands."""

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from vxlan_tui.ui.work import SECTIONS, Work


class SectionList(Widget, can_focus=True):
    """Two lines a section. Up and Down choose, Enter opens."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("enter,right", "open", show=False),
    ]

    class Chosen(Message):
        """A section was chosen."""

        def __init__(self, section: str) -> None:
            super().__init__()
            self.section = section

    def __init__(self, work: Work) -> None:
        super().__init__(id="sections")
        self._work = work
        self.current = "host"
        self._cursor = 0

    def show(self, current: str) -> None:
        """Mark the section that is open, and show how each stands now."""
        if current != self.current:
            self._cursor = list(SECTIONS).index(current)
        self.current = current
        self.refresh()

    def render(self) -> Text:
        """Give the lines."""
        text = Text(no_wrap=True)
        for number, (section, title) in enumerate(SECTIONS.items(), 1):
            mark = ">" if section == self.current else " "
            chosen = self.has_focus and number - 1 == self._cursor
            name = f"{mark}{number} {title}"
            text.append(name, "reverse" if chosen else "bold" if section == self.current else "")
            state = self._work.state(section)
            text.append(f"\n    {state}\n", _style(state))
        return text

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def on_click(self, event: Click) -> None:
        """Open the section under the mouse."""
        if 0 <= event.y // 2 < len(SECTIONS):
            self.post_message(self.Chosen(list(SECTIONS)[event.y // 2]))

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._cursor = (self._cursor + by) % len(SECTIONS)
        self.refresh()

    def action_open(self) -> None:
        """Open the section at the cursor."""
        self.post_message(self.Chosen(list(SECTIONS)[self._cursor]))


def _style(state: str) -> str:
    if state in ("done", "ready", "OK", "saved"):
        return "green"
    return "bold red" if any(word in state for word in ("conflict", "failed", "missing", "mend")) else "yellow"

"""Filter by `/`, as in lazygit: what is typed narrows a list at once, Enter goes back to it, Esc shows all again."""

from typing import ClassVar, Protocol

from textual.binding import Binding, BindingType
from textual.events import Key
from textual.message import Message
from textual.widgets import Input

from vxlan_tui.ui.widgets.line import Line


class Narrowed(Protocol):
    """A list that a finder narrows."""

    def narrow(self, words: str) -> None:
        """Show what has these words in it; all for none."""

    def step(self, by: int) -> None:
        """Move the mark."""

    def focus(self) -> object:
        """Take the focus."""


class Finder(Line):
    """The line that is typed in; not on screen while nothing is looked for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "show_all", show=False),
        Binding("up", "step(-1)", show=False),
        Binding("down", "step(1)", show=False),
    ]

    class Sought(Message):
        """Something else is looked for."""

    def __init__(self, of: Narrowed) -> None:
        super().__init__("", "type a part of what you look for")
        self.add_class("finder")
        self.display = False
        self._of = of

    def begin(self) -> None:
        """Begin to type."""
        self.display = True
        self.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        event.stop()
        self._of.narrow(event.value)
        self.post_message(self.Sought())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go back to the list, which stays narrow."""
        event.stop()
        self.display = bool(self.value)
        self._of.focus()

    def action_show_all(self) -> None:
        """Go back to the whole list."""
        self.value = ""
        self.display = False
        self._of.focus()

    def action_step(self, by: int) -> None:
        """Move the mark of the list while typing."""
        self._of.step(by)

    async def _on_key(self, event: Key) -> None:
        """Take back a line that is empty with one more Backspace."""
        if event.key == "backspace" and not self.value:
            event.stop()
            self.action_show_all()
        else:
            await super()._on_key(event)

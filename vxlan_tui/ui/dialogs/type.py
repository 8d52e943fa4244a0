"""A line to type."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from vxlan_tui.ui.widgets.line import Line


class Type(ModalScreen[str | None]):
    """A line to type; given back with Enter, None where it is left. `refuse` says in words why a line is not taken."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(self, question: str, value: str, refuse: Callable[[str], str] = lambda line: "") -> None:
        super().__init__()
        self._question = question
        self._value = value
        self._refuse = refuse

    def compose(self) -> ComposeResult:
        """Give the question above the line."""
        with Vertical(classes="box"):
            yield Static(self._question, markup=False)
            yield Line(self._value, "")
            yield Static(id="refused", classes="fault", markup=False)
            yield Static("Enter: take it   Esc: back", classes="foot", markup=False)

    def on_mount(self) -> None:
        """Begin to type."""
        self.query_one("#refused").display = False
        self.set_focus(self.query_one(Line))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the line back."""
        event.stop()
        line = event.value.strip()
        words = self._refuse(line) if line else ""
        refused = self.query_one("#refused", Static)
        refused.update(words)
        refused.display = bool(words)
        if self.is_current and line and not words:
            self.dismiss(line)

"""Words over everything while something is found out, so that no key goes to what lies beneath."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static


class _Words(Static, can_focus=True):
    """Words that take the focus, so that keys are taken here."""


class Wait(ModalScreen[None]):
    """What is waited for; it goes by itself, or is left with Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words

    def compose(self) -> ComposeResult:
        """Give the words."""
        with Vertical(classes="box"):
            yield _Words(self._words, markup=False)
            yield Static("Esc: back", classes="foot", markup=False)

    def on_mount(self) -> None:
        """Take the keys."""
        self.query_one(_Words).focus()

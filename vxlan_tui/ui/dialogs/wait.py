"""Words over everything while something is found out, so that no key goes to what lies beneath."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from vxlan_tui.ui.render import duration


class _Words(Static, can_focus=True):
    """Words that take the focus, so that keys are taken here."""


class Wait(ModalScreen[None]):
    """What is waited for; it goes by itself, or is left with Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words
        self._seconds = 0

    def compose(self) -> ComposeResult:
        """Give the words."""
        with Vertical(classes="box"):
            yield _Words(self._words, markup=False)
            yield Static("Esc: back", classes="foot", markup=False)

    def on_mount(self) -> None:
        """Take the keys, and count the seconds."""
        self.query_one(_Words).focus()
        self.set_interval(1, self._second)

    def _second(self) -> None:
        self._seconds += 1
        self.query_one(_Words).update(f"{self._words} {duration(self._seconds)}")

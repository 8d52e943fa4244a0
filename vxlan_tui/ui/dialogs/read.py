"""A text to read, scroll and copy."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from vxlan_tui.ui.render import Block
from vxlan_tui.ui.widgets.text import Text


class Read(ModalScreen[str | None]):
    """Shows a text, or `blocks` of it. What is given back is the text where it is to be copied."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1,question_mark,f9", "dismiss(None)", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self, title: str, text: str, blocks: Sequence[Block] = ()) -> None:
        super().__init__()
        self._blocks = blocks
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """Give the text under its title."""
        with Vertical(classes="box tall"):
            yield Static(self._title, classes="heading", markup=False)
            with VerticalScroll():
                yield Text(self._blocks) if self._blocks else Static(self._text, markup=False)
            yield Static("Up, Down, PgUp, PgDn: scroll   y: copy   Esc: back", classes="foot", markup=False)

    def on_mount(self) -> None:
        """Let the keys scroll."""
        self.set_focus(self.query_one(VerticalScroll))

    def action_copy(self) -> None:
        """Copy the text."""
        self.dismiss(self._text)

"""A question with its answers."""

from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from vxlan_tui.ui.render import Block, block
from vxlan_tui.ui.widgets.folds import Folds, Item
from vxlan_tui.ui.widgets.text import Text

Answer = TypeVar("Answer")


class Ask(ModalScreen[Answer | None], Generic[Answer]):
    """A question and its answers, one of which is given back; None where it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", show=False),
        Binding("enter", "take", show=False),
        # Not the list's: a page down there would choose another answer.
        Binding("pageup", "read(-1)", show=False, priority=True),
        Binding("pagedown", "read(1)", show=False, priority=True),
    ]

    def __init__(self, question: str | Sequence[Block], answers: Sequence[tuple[Answer, str]]) -> None:
        super().__init__()
        self._question = [block(question)] if isinstance(question, str) else list(question)
        self._answers = list(answers)
        self._folds = Folds(classes="answers")

    def compose(self) -> ComposeResult:
        """Give the question above its answers."""
        with Vertical(classes="box"):
            with VerticalScroll(classes="question"):
                yield Text(self._question)
            self._folds.styles.height = min(8, len(self._answers))
            yield self._folds
            yield Static(
                "Up, Down: choose   Enter: take it   PgUp, PgDn: read   Esc: back", classes="foot", markup=False
            )

    def on_mount(self) -> None:
        """Begin at the first answer."""
        items = [Item(number, ((words, ""),)) for number, (_, words) in enumerate(self._answers)]
        self._folds.put(items)
        self._folds.focus()

    def action_read(self, by: int) -> None:
        """Scroll the question by a page."""
        question = self.query_one(".question")
        (question.scroll_page_down if by > 0 else question.scroll_page_up)(animate=False)

    def action_take(self) -> None:
        """Give the marked answer back."""
        place = self._folds.key
        if isinstance(place, int) and self.is_current:  # a second Enter can follow at once
            self.dismiss(self._answers[place][0])

    def on_folds_clicked(self) -> None:
        """Take the answer under the mouse."""
        self.action_take()

"""The question whether to keep what can have cut somebody off, and the time that is left to answer it."""

import time
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from vxlan_tui.guard import Question

UNSEEN = 0.5
"""Seconds in which a key cannot have been meant as an answer."""


class Keep(ModalScreen[bool]):
    """Asks. Only the one key is a yes; leaving it in any way is a no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "keep", show=False),
        Binding("t,n,escape", "take_back", show=False),
    ]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question
        self._since = time.monotonic()

    def compose(self) -> ComposeResult:
        """Give who answers now, the question, and the keys."""
        with Vertical(classes="box"):
            with VerticalScroll(classes="question"):
                yield Static("\n".join(self._question.news), markup=False)
            yield Static(self._asked(), id="asked", classes="heading", markup=False)
            yield Static(
                "k: keep it   t: take it back   No answer in time takes it back.", classes="foot", markup=False
            )

    def on_mount(self) -> None:
        """Count down."""
        self.set_interval(0.25, self._count)

    def _asked(self) -> str:
        return f"Keep this configuration? {max(0, int(self._question.left()))} s"

    def _count(self) -> None:
        self.query_one("#asked", Static).update(self._asked())
        if self.is_active and (self._question.left() <= 0 or self._question.stopped()):
            self.dismiss(False)

    def action_keep(self) -> None:
        """Say yes, where it was in sight long enough to be one."""
        if time.monotonic() - self._since > UNSEEN:
            self.dismiss(True)

    def action_take_back(self) -> None:
        """Say no."""
        self.dismiss(False)

"""The question whether to keep what can have cut somebody off, and the time that is left to answer it."""

import time
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from vxlan_tui.guard import Question
from vxlan_tui.ui.render import Block, block
from vxlan_tui.ui.widgets.ink import content
from vxlan_tui.ui.widgets.text import Text

UNSEEN = 0.5
"""Seconds in which a key cannot have been meant as an answer."""


class Keep(ModalScreen[bool]):
    """Asks, over the whole terminal. Only the one key is a yes; leaving it in any way is a no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "keep", show=False),
        Binding("t,n,escape", "take_back", show=False),
    ]

    def __init__(self, question: Question, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._question = question
        self._clock = clock
        self._since = clock()
        self._whole = max(1.0, question.left())

    def compose(self) -> ComposeResult:
        """Give the question, who answers now, what happens without an answer, and the keys."""
        with Vertical(classes="keep"):
            yield Static(id="asked", markup=False)
            yield Static(id="clock", markup=False)
            with VerticalScroll(classes="question"):
                yield Text(_told(self._question))
            yield Static(
                content((("  k  Keep it  ", "bar"), ("      ", ""), ("  t  Take it back  ", "bar"))), id="answers"
            )

    def on_mount(self) -> None:
        """Count down."""
        self._draw()
        self.call_after_refresh(self._seen)
        self.set_interval(0.25, self._count)

    def _seen(self) -> None:
        self._since = self._clock()

    def _draw(self) -> None:
        left = max(0, int(self._question.left()))
        self.query_one("#asked", Static).update(f"Keep this configuration? {left} s")
        room = 40
        filled = round(room * max(0.0, min(1.0, self._question.left() / self._whole)))
        self.query_one("#clock", Static).update("#" * filled + "." * (room - filled))

    def _count(self) -> None:
        self._draw()
        if self.is_active and (self._question.left() <= 0 or self._question.stopped()):
            self.dismiss(False)

    def action_keep(self) -> None:
        """Say yes, where it was in sight long enough to be one."""
        if self._clock() - self._since > UNSEEN:
            self.dismiss(True)

    def action_take_back(self) -> None:
        """Say no."""
        self.dismiss(False)


def _told(question: Question) -> list[Block]:
    bad = [words for words in question.news if "does not" in words or "Nobody" in words]
    return [
        block(f"What was changed: {question.subject} ({question.why})"),
        block(""),
        *(block(words, "bad" if words in bad else "good", hang=2) for words in question.news),
        block(""),
        block("No answer in time, or t, takes it back: everything is as it was before this change.", "caution"),
        *(
            [block("That you read this does not prove that a new connection gets in: try one.", "dim")]
            * question.over_ssh
        ),
    ]

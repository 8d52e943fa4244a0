"""Who confirms in the wizard: a screen that opens over everything, from the thread of the run."""

from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING

from vxlan_tui.guard import Question
from vxlan_tui.ui.screens.keep import Keep

if TYPE_CHECKING:
    from textual.screen import ModalScreen

    from vxlan_tui.ui.app import Wizard

PATIENCE = 120.0
"""Seconds to choose how to go on without a checkpoint."""


class Modal:
    """Asks by a screen. It never waits for the screen to be drawn: a terminal may be dead without our knowing."""

    proof = False

    def __init__(self, app: "Wizard") -> None:
        self._app = app

    def keep(self, question: Question) -> bool:
        """Ask whether to keep the change, for as long as there is time."""
        return self._ask(Keep(question), lambda: question.left() <= 0 or question.stopped()) is True

    def _ask(self, screen: "ModalScreen[bool] | ModalScreen[str | None]", over: Callable[[], bool]) -> object:
        """Show a screen until it is answered or it is over, and give the answer, or None."""
        given: list[object] = []
        answered = Event()

        def take(answer: object) -> None:
            given.append(answer)
            answered.set()

        self._app.call_later(self._app.push_screen, screen, take)
        while not answered.wait(0.1):
            if over():
                self._app.call_later(_leave, screen)
                return None
        return given[0]


def _leave(screen: "ModalScreen[bool] | ModalScreen[str | None]") -> None:
    if screen.is_active:
        screen.dismiss()

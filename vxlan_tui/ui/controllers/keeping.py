"""Who confirms in the wizard: a dialog that opens over everything, from the thread of the run."""

from collections.abc import Callable
from threading import Event
from typing import Any, TypeVar

from textual.screen import ModalScreen

from vxlan_tui.guard import Question
from vxlan_tui.ui.controllers.shell import Shell
from vxlan_tui.ui.dialogs.keep import Keep

Answer = TypeVar("Answer")


class ByDialog:
    """Asks by a dialog. It never waits for it to be drawn: a terminal may be dead without our knowing."""

    proof = False

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def keep(self, question: Question) -> bool:
        """Ask whether to keep the change, for as long as there is time."""
        return self._ask(Keep(question), lambda: question.left() <= 0 or question.stopped()) is True

    def _ask(self, dialog: ModalScreen[Answer], over: Callable[[], bool]) -> Answer | None:
        """Show a dialog until it is answered or it is over, and return the answer, or None."""
        given: list[Answer | None] = []
        answered = Event()

        async def asking() -> None:
            answer = await self._shell.ask(dialog)
            given.append(answer)
            answered.set()

        self._shell.from_thread(lambda: self._shell.begin(asking()))
        while not answered.wait(0.1):
            if over():
                self._shell.from_thread(_leave, dialog)
                return None
        return given[0]


def _leave(dialog: ModalScreen[Any]) -> None:
    if dialog.is_active:
        dialog.dismiss()

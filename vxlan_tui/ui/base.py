"""What of the application controllers know: to ask, to tell, to work in a thread, and to end."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from textual.screen import ModalScreen

from vxlan_tui.ui.widgets.keys import InOrder
from vxlan_tui.ui.widgets.news import News

Answer = TypeVar("Answer")


class Base(InOrder):
    """The application's part that has nothing of this wizard."""

    async def ask(self, dialog: ModalScreen[Answer]) -> Answer | None:
        """Open a dialog over everything, and return its answer."""
        answered: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()

        def take(answer: Answer | None) -> None:
            if not answered.done():
                answered.set_result(answer)

        self.push_screen(dialog, take)
        return await answered

    async def meanwhile(self, dialog: ModalScreen[None], work: Coroutine[Any, Any, Answer]) -> Answer | None:
        """Show a dialog until something is done, and return that; None where the dialog is left before."""
        task = asyncio.ensure_future(work)
        left = asyncio.ensure_future(self.ask(dialog))
        try:
            await asyncio.wait((task, left), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                return None
            while not (left.done() or dialog.is_current):
                await asyncio.sleep(0.05)  # a question lies on top of it
            if not left.done():
                dialog.dismiss(None)
                await left
            return task.result()
        finally:
            task.cancel()
            left.cancel()

    async def in_thread(self, work: Callable[[], Answer]) -> Answer:
        """Return what takes long, done in a thread."""
        return await asyncio.to_thread(work)

    def from_thread(self, call: Callable[..., object], *arguments: object) -> None:
        """Have something called in the application's own thread; does not wait for it."""
        if self.is_running:
            self.call_later(call, *arguments)

    def begin(self, work: Coroutine[Any, Any, object]) -> None:
        """Begin what goes on by itself; what it raises ends the application."""
        self.run_worker(work, group="work")

    def tell(self, words: str, severity: str = "information", seconds: float = 12.0) -> None:
        """Tell the person something, as soon as there is a line for it: it comes after the first frame."""
        lines = self.screen_stack[0].query(News)
        if lines:
            lines.first().tell(words, severity, seconds)
        else:
            self.call_after_refresh(self.tell, words, severity, seconds)

    def copy(self, text: str) -> None:
        """Copy a text to the terminal's clipboard."""
        if text:
            self.copy_to_clipboard(text)
            self.tell("Sent to your terminal's clipboard (OSC 52). Not every terminal takes it.")

    def leave(self, status: int) -> None:
        """End the application."""
        self.exit(status)

"""What a controller needs of the application that it works in."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from textual.screen import ModalScreen

Answer = TypeVar("Answer")


class Shell(Protocol):
    """The application, as far as controllers know it. All but `from_thread` is for its own thread."""

    async def ask(self, dialog: ModalScreen[Answer]) -> Answer | None:
        """Open a dialog over everything, and return its answer."""

    async def meanwhile(self, dialog: ModalScreen[None], work: Coroutine[Any, Any, Answer]) -> Answer | None:
        """Show a dialog until something is done, and return that; None where the dialog is left before."""

    async def in_thread(self, work: Callable[[], Answer]) -> Answer:
        """Return what takes long, done in a thread."""

    def from_thread(self, call: Callable[..., object], *arguments: object) -> None:
        """Have something called in the application's own thread; does not wait for it."""

    def begin(self, work: Coroutine[Any, Any, object]) -> None:
        """Begin what goes on by itself; what it raises ends the application."""

    def tell(self, words: str, severity: str = "information", seconds: float = 12.0) -> None:
        """Tell the person something."""

    def show(self) -> None:
        """Draw what the model holds now."""

    def settled(self, section: str) -> None:
        """Mark what comes next in a section, where it is the one on screen."""

    async def go(self, section: str) -> None:
        """Open a section."""

    def copy(self, text: str) -> None:
        """Copy a text to the terminal's clipboard."""

    def refresh_panels(self) -> None:
        """Have the live panels follow the model, and read again what the system sends no event about."""

    def leave(self, status: int) -> None:
        """End the application."""

"""Keys are taken in the order in which they were typed, also where a slow line brings many at once."""

import asyncio
from functools import cache

from textual.app import App
from textual.binding import Binding
from textual.events import Event, Key
from textual.screen import ModalScreen
from textual.widget import Widget

PATIENCE = 3.0
"""Seconds that a key waits for what has just opened, and is about to take the focus: a busy machine takes some."""


class InOrder(App[int]):
    """Does at once what a key is bound to.

    Textual hands a key to the widget in focus, and looks for a binding when the key has come back from there:
    text that was typed after an arrow or Ctrl-U would overtake it, and stand in the wrong field.
    """

    async def on_event(self, event: Event) -> None:
        """Do what a key is bound to; what is typed goes to its line, as everything else does."""
        if isinstance(event, Key) and not event.is_forwarded:
            if not await self._is_drawn():
                return
            # Textual's own search, which it begins only when the key has come back.
            if await self._check_bindings(event.key, priority=True) or (
                not is_typed(event, self.focused) and await self._check_bindings(event.key)
            ):
                await asyncio.sleep(0)  # what it has begun opens its dialog before the next key is looked at
                return
        await super().on_event(event)

    async def _is_drawn(self) -> bool:
        """Wait for a dialog that has just opened to take the focus, as each does; return whether it has."""
        for _ in range(int(PATIENCE / 0.01)):
            if self.focused is not None or not isinstance(self.screen, ModalScreen):
                return True
            await asyncio.sleep(0.01)
        return False


@cache
def line_keys() -> dict[str, str]:
    """Return what the keys do that a line to type in has by itself."""
    from textual.widgets import Input  # noqa: PLC0415 (comes after the first frame)

    bound = [each for each in Input.BINDINGS if isinstance(each, Binding)]
    return {key: each.action for each in bound for key in each.key.split(",")}


def is_typed(event: Key, focused: Widget | None) -> bool:
    """Whether a key is for the line that has the focus: a character, or one of a line's own keys."""
    from textual.widgets import Input  # noqa: PLC0415 (comes after the first frame)

    if not isinstance(focused, Input):
        return False
    own = line_keys().get(event.key)
    return event.is_printable or (own is not None and focused.check_action(own, ()) is not False)

"""A line to type in."""

from textual.containers import Horizontal
from textual.events import Key
from textual.widgets import Input

from vxlan_tui.ui.widgets.keys import is_typed, line_keys


class Line(Input):
    """A line to type in. The cursor does not blink: a screen at rest sends nothing."""

    def __init__(self, value: str, default: str) -> None:
        super().__init__(value, select_on_focus=False)
        self.cursor_blink = False
        self.tell_default(default)

    def tell_default(self, default: str) -> None:
        """Show what holds where nothing is typed."""
        self.placeholder = f"({default})" if default else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Enter to the form, where this is one of its lines."""
        del parameters
        return not (action == "submit" and isinstance(self.parent, Horizontal))

    async def _on_key(self, event: Key) -> None:
        """Take the line's own keys as they come, in turn with what is typed."""
        if not event.is_printable and is_typed(event, self):
            event.stop()
            event.prevent_default()
            await self.run_action(line_keys()[event.key])
        else:
            await super()._on_key(event)

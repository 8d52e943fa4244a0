"""One of several values."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from vxlan_tui.ui.render import fitted
from vxlan_tui.ui.widgets.one_line import OneLine


class Choice(OneLine, can_focus=True):
    """One of several values: Left and Right step through them, Enter asks for the list of them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", show=False),
        Binding("right,space", "step(1)", show=False),
        Binding("enter", "list", show=False),
    ]

    class Changed(Message):
        """Another value was chosen."""

        def __init__(self, choice: "Choice") -> None:
            super().__init__()
            self.choice = choice

    class ListRequested(Message):
        """The values are to be listed."""

        def __init__(self, choice: "Choice") -> None:
            super().__init__()
            self.choice = choice

    def __init__(self, values: Sequence[tuple[str, str]], value: str) -> None:
        super().__init__()
        self.value = value
        self.offer(values)

    def offer(self, values: Sequence[tuple[str, str]]) -> None:
        """Offer these values beside the one that it has."""
        self.values = list(values)
        if self.value not in [known for known, _ in self.values]:
            self.values.append((self.value, f"{self.value} (not found there)" if self.value else "choose"))
        self._draw()

    def _draw(self) -> None:
        words = dict(self.values).get(self.value, self.value)
        room = self.content_size.width - len("<  >")
        self.put(f"< {fitted(words, room) if room > 0 else words} >")

    def on_resize(self) -> None:
        """Fit what is chosen into the new width."""
        self._draw()

    def choose(self, value: str) -> None:
        """Take a value."""
        if value != self.value:
            self.value = value
            self._draw()
            self.post_message(self.Changed(self))

    def action_step(self, by: int) -> None:
        """Take the next value, or the one before."""
        known = [value for value, _ in self.values]
        self.choose(known[(known.index(self.value) + by) % len(known)])

    def action_list(self) -> None:
        """Ask for the list."""
        self.post_message(self.ListRequested(self))

    def on_click(self) -> None:
        """Ask for the list with the mouse."""
        self.action_list()

"""The keys, always in sight: those of the section, and those that hold everywhere."""

from collections.abc import Sequence

from textual.widgets import Static

EVERYWHERE = (
    ("F1", "Help", "help"),
    ("F8", "Next", "next"),
    ("F2", "Devices", "panel('devices')"),
    ("F3", "FDB", "panel('fdb')"),
    ("F4", "Networks", "panel('networks')"),
    ("F5", "Picture", "picture"),
    ("F9", "Log", "log"),
    ("^P", "More", "command_palette"),
    ("^Q", "Quit", "quit"),
)

Key = tuple[str, str, str]

STOP: tuple[Key, ...] = (("x", "Stop after this command", "stop"),)
"""The keys of a section in which something runs."""


class KeyBar(Static):
    """Two lines, each with the keys that fit on it. A click does what the key does."""

    def __init__(self) -> None:
        super().__init__(f"\n{_line(EVERYWHERE, 500)}", id="keys")
        self._own: tuple[Key, ...] = ()

    def show(self, own: tuple[Key, ...]) -> None:
        """Show the section's own keys above those that hold everywhere."""
        self._own = own
        self._draw()

    def on_resize(self) -> None:
        """Show as many as fit now."""
        self._draw()

    def _draw(self) -> None:
        room = self.size.width or 80
        self.update(f"{_line(self._own, room)}\n{_line(EVERYWHERE, room)}")


def _line(keys: Sequence[Key], room: int) -> str:
    shown: list[str] = []
    for key, words, action in keys:
        room -= len(key) + len(words) + 2
        if room < -1:
            break
        shown.append(f"[@click=app.{action}][b]{key}[/b] {_escaped(words)}[/]")
    return " ".join(shown)


def _escaped(words: str) -> str:
    return words.replace("[", "\\[")

"""The keys, always in sight: those of the section, and those that hold everywhere."""

from collections.abc import Sequence

from textual.widget import Widget

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


class KeyBar(Widget):
    """Two lines, each with the keys that fit on it. A click does what the key does."""

    def __init__(self) -> None:
        super().__init__(id="keys")
        self._own: tuple[Key, ...] = ()

    def show(self, own: tuple[Key, ...]) -> None:
        """Show the section's own keys above those that hold everywhere."""
        if own != self._own:
            self._own = own
            self.refresh()

    def render(self) -> str:
        """Give as many as fit, as markup."""
        room = self.size.width
        return f"{_line(self._own, room)}\n{_line(_everywhere(room), room)}"


def _everywhere(room: int) -> Sequence[Key]:
    """Return the keys that hold everywhere; short of room without some of the panels', which the palette has."""
    keys = list(EVERYWHERE)
    while len(keys) > _FEWEST and sum(len(key) + len(words) + 2 for key, words, _ in keys) > room + 1:
        del keys[2]
    return keys


_FEWEST = 4
"""Help, Next, More and Quit are always in sight."""


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

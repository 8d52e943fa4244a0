"""The keys, always in sight: those of the section, and those that hold everywhere."""

from textual.widgets import Static

EVERYWHERE = (
    ("F1", "Help", "help"),
    ("F7", "Back", "back"),
    ("F8", "Next", "next"),
    ("F2", "Devices", "panel('devices')"),
    ("F3", "FDB", "panel('fdb')"),
    ("F4", "Networks", "panel('networks')"),
    ("F9", "Log", "log"),
    ("^P", "Palette", "command_palette"),
    ("^Q", "Quit", "quit"),
)

Key = tuple[str, str, str]

STOP: tuple[Key, ...] = (("x", "Stop after this command", "stop"),)
"""The keys of a section in which something runs."""


class KeyBar(Static):
    """Two lines. A click does what the key does."""

    def __init__(self) -> None:
        super().__init__(_markup("", EVERYWHERE), id="keys")

    def show(self, own: tuple[Key, ...]) -> None:
        """Show the section's own keys above those that hold everywhere."""
        self.update(f"{_line(own)}\n{_line(EVERYWHERE)}")


def _markup(first: str, second: tuple[Key, ...]) -> str:
    return f"{first}\n{_line(second)}"


def _line(keys: tuple[Key, ...]) -> str:
    return " ".join(f"[@click=app.{action}][b]{key}[/b] {words}[/]" for key, words, action in keys)

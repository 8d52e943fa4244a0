"""Every action by its name, for the command palette."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.app import SystemCommand

from vxlan_tui.ui.work import SECTIONS

if TYPE_CHECKING:
    from vxlan_tui.ui.app import Wizard


def commands(app: "Wizard") -> Iterator[SystemCommand]:
    """Give the section's own actions first, then the way, the panels and the rest."""
    for key, words, action in (own for own in app.pane.own_keys() if own[0] not in _MOVES):
        yield _command(app, f"{words}", f"in this section, key {key}", action)
    for number, (section, title) in enumerate(SECTIONS.items(), 1):
        yield _command(app, f"Go to {title}", f"section {number}", f"go('{section}')")
    for words, help_text, action in _REST:
        yield _command(app, words, help_text, action)


def _command(app: "Wizard", words: str, help_text: str, action: str) -> SystemCommand:
    return SystemCommand(words, help_text, lambda: app.call_later(app.run_action, action))


_MOVES = ("Up Down", "Left Right")
"""Keys that only go somewhere: nothing to look up in a palette."""

_REST = (
    ("Next section", "F8", "next"),
    ("Section before", "F7", "back"),
    ("Devices", "nmcli device status, live (F2)", "panel('devices')"),
    ("FDB", "bridge fdb show, live (F3)", "panel('fdb')"),
    ("Networks", "virsh net-list, live (F4)", "panel('networks')"),
    ("Command log", "what ran on this host (F9)", "log"),
    ("Look at the host again", "reads everything afresh", "look_again"),
    ("Undo everything", "on this host; shows its commands first", "undo_everything"),
    ("Save the plan", "^S", "save"),
    ("Open a plan file", "^O", "open_file"),
    ("Stop", "after the command that runs now (x)", "stop"),
    ("Help", "F1", "help"),
    ("Quit", "^Q", "quit"),
)

"""Every action by its name, for the command palette."""

from collections.abc import Iterator

from vxlan_tui.ui.model import FINISH, SECTIONS
from vxlan_tui.ui.widgets.key_bar import Key

Entry = tuple[str, str, str]
"""The words, what they are about, and the application's action."""


def entries(own: tuple[Key, ...]) -> Iterator[Entry]:
    """Give the section's own actions first, then the way, the panels and the rest; each once, by its best words."""
    best = {action: (words, about, action) for words, about, action in _REST}
    told: set[str] = set()
    for entry in (*_own(own), *_sections(), *_REST):
        words, _, action = entry
        if action not in told and words not in told:
            told |= {action, words}
            yield best.get(action, entry)


def _own(keys: tuple[Key, ...]) -> Iterator[Entry]:
    for key, words, action in keys:
        if key not in ("Up Down", "Left Right"):  # keys that only go somewhere: nothing to look up
            yield words, f"in this section, key {key}", action


def _sections() -> Iterator[Entry]:
    for number, (section, title) in enumerate(SECTIONS.items(), 1):
        yield f"Go to {title}{_ALSO.get(section, '')}", f"section {number}", f"go('{section}')"


_ALSO = {FINISH: ": export scripts", "plan": ": edit it"}


_REST = (
    ("Apply: run everything that is left", "in all sections, then verify (A)", "run_everything"),
    ("Undo everything", "on this host; shows its commands first", "undo_everything"),
    ("Verify: run all checks", "section 7", "verify"),
    ("Next section", "F8", "next"),
    ("Section before", "F7", "back"),
    ("Devices", "nmcli device status, live (F2)", "panel('devices')"),
    ("FDB", "bridge fdb show, live (F3)", "panel('fdb')"),
    ("Networks", "virsh net-list, live (F4)", "panel('networks')"),
    ("Picture of the segments", "what stands, as a drawing (F5)", "picture"),
    ("Command log", "what ran on this host (F9)", "log"),
    ("Look at the host again", "reads everything afresh", "look_again"),
    ("Save the plan", "^S", "save"),
    ("Open a plan file", "^O", "open_file"),
    ("Copy the plan", "to the terminal's clipboard", "copy_plan"),
    ("Stop", "after the command that runs now (x)", "stop"),
    ("Help", "F1", "help"),
    ("Quit", "^Q", "quit"),
)

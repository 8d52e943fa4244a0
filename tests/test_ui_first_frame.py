"""The first frame needs no more than Textual: tests/bench/first_frame.py measures what that is worth."""

import subprocess
import sys

TO_THE_FIRST_FRAME = """
import sys
from vxlan_tui.ui import app
from vxlan_tui.ui.terminal_style import TerminalStyle

app.Wizard._begin = lambda self: self.exit(0)  # what it does after the first frame
app.wizard(None, None, TerminalStyle()).run(headless=True)
print(*sys.modules)
"""


def test_the_first_frame_waits_for_no_library_but_textual() -> None:
    said = subprocess.run([sys.executable, "-c", TO_THE_FIRST_FRAME], capture_output=True, text=True, check=True).stdout
    loaded = set(said.split())
    assert {"textual", "vxlan_tui.ui.screens.hosts"} < loaded
    later = {"pydantic", "jinja2", "libvirt", "sh", "tomlkit", "vxlan_tui.plan", "vxlan_tui.checks", "vxlan_tui.reach"}
    assert not later & loaded

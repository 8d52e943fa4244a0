"""The bare invocation: opens the wizard on this terminal."""

import os
import sys
from pathlib import Path

from vxlan_tui.exits import Refused
from vxlan_tui.ui.app import wizard
from vxlan_tui.ui.summary import of_leaving
from vxlan_tui.ui.terminal import Terminal
from vxlan_tui.ui.terminal_style import chosen


def open_wizard(path: Path | None, host: str | None, ascii_only: bool) -> int:
    """Run the wizard until it is left, and give the exit status; raises Refused where there is no terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused("the wizard needs a terminal; `vxlan-tui --help` names the verbs that do without")
    app = wizard(path, host, chosen(os.environ, ascii_only))
    app.driver_class = Terminal
    status = app.run()
    for line in of_leaving(app.model):
        print(line)  # noqa: T201 (the terminal is the person's again)
    return status if status is not None else 1

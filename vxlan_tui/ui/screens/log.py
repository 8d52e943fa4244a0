"""The command log: what was done on this host, and under it the exact commands, ready to paste."""

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from vxlan_tui import journal
from vxlan_tui.journal import Ran
from vxlan_tui.paths import STATE_DIRECTORY
from vxlan_tui.reach import Local
from vxlan_tui.ui.screens.ask import Read

if TYPE_CHECKING:
    from vxlan_tui.ui.app import Wizard


def show_log(app: "Wizard") -> None:
    """Show the journal's commands."""
    if any(isinstance(screen, Read) for screen in app.screen_stack):
        return
    try:
        text = as_text(journal.ran(Local(), Path(STATE_DIRECTORY) / "journal"))
    except OSError as error:
        text = f"The journal cannot be read: {error}"
    app.push_screen(Read("Commands that ran on this host, oldest first", text))


def as_text(rows: list[Ran]) -> str:
    """Give the commands as a root shell takes them, with what they were for and how they ended as comments."""
    if not rows:
        return "Nothing has run on this host yet."
    parts = []
    for step, group in groupby(rows, key=lambda row: row.step):
        parts.append(f"\n# {step}")
        parts += [f"{row.text}\n#   {_end(row)}" for row in group]
    return "\n".join(parts).strip("\n")


def _end(row: Ran) -> str:
    if row.status is None:
        return f"{row.time}: cut off, or still running"
    return f"{row.time}: exit status {row.status}, {row.seconds or 0.0:.1f} s"

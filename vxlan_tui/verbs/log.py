"""`log`: the commands that ran on this host."""

import dataclasses
import json
import sys
from pathlib import Path

from vxlan_tui import journal
from vxlan_tui.exits import DONE, CannotStart
from vxlan_tui.journal import Ran
from vxlan_tui.paths import STATE_DIRECTORY
from vxlan_tui.reach import Local


def log(as_json: bool) -> int:
    """Print the journal's commands, oldest first, and give the exit status."""
    reach = Local()
    try:
        path = Path(STATE_DIRECTORY) / "journal"
        rows, changes = journal.ran(reach, path), journal.guarded(journal.events(reach, path))
    except OSError as error:
        raise CannotStart(f"the journal cannot be read: {error}. It is root's: use sudo") from error
    for row in rows:
        sys.stdout.write(f"{json.dumps(dataclasses.asdict(row)) if as_json else _shown(row)}\n")
    for change in changes if not as_json else ():
        sys.stdout.write(f"{change.story}\n")
    if not rows and not as_json:
        sys.stdout.write("Nothing has run on this host yet.\n")
    return DONE


def _shown(row: Ran) -> str:
    if row.status is None:
        end = "cut off, or still running"
    else:
        end = (
            f"exit status {row.status}, {row.seconds:.1f} s" if row.seconds is not None else f"exit status {row.status}"
        )
    return f"{row.time}  {row.step}  {end}\n# {row.text}"

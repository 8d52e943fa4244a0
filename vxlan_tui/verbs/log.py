"""`log`: the commands that ran on a host."""

import dataclasses
import json
import sys
from pathlib import Path

from vxlan_tui import journal, plan
from vxlan_tui.exits import DONE, CannotStart, Refused
from vxlan_tui.journal import Ran
from vxlan_tui.paths import STATE_DIRECTORY
from vxlan_tui.reach import Local, Reach, Unreachable
from vxlan_tui.verbs.common import choose_host
from vxlan_tui.verbs.reaches import Reaches


def log(path: Path | None, host: str | None, as_json: bool) -> int:
    """Print the commands in the journal of a plan's host, or of this machine, oldest first; give the exit status."""
    if path is None:
        if host is not None:
            raise Refused("--host: name the plan that the host is in as well")
        return _log(Local(), as_json)
    loaded = plan.load(path)
    with Reaches(loaded) as reaches:
        return _log(reaches.to_one(choose_host(loaded, host, Local())), as_json)


def _log(reach: Reach, as_json: bool) -> int:
    try:
        path = Path(STATE_DIRECTORY) / "journal"
        rows, changes = journal.ran(reach, path), journal.guarded(journal.events(reach, path))
    except Unreachable as error:
        raise CannotStart(str(error)) from error
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

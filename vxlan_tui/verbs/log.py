"""`log`: the commands that ran on a host."""

import dataclasses
import json
import sys
from pathlib import Path

from vxlan_tui import journal, plan, runs
from vxlan_tui.exits import DONE, CannotStart, Refused
from vxlan_tui.paths import JOURNAL
from vxlan_tui.reach import Local, Reach, Unreachable
from vxlan_tui.verbs.common import choose_host
from vxlan_tui.verbs.reaches import Reaches


def log(path: Path | None, host: str | None, as_json: bool) -> int:
    """Print what the journal of a plan's host, or of this machine, holds, run by run; give the exit status."""
    if path is None:
        if host is not None:
            raise Refused("--host: name the plan that the host is in as well")
        return _log(Local(), as_json)
    loaded = plan.load(path)
    with Reaches(loaded) as reaches:
        return _log(reaches.to_one(choose_host(loaded, host, Local())), as_json)


def _log(reach: Reach, as_json: bool) -> int:
    try:
        events = list(journal.events(reach, JOURNAL))
    except Unreachable as error:
        raise CannotStart(str(error)) from error
    except OSError as error:
        raise CannotStart(f"the journal cannot be read: {error}. It is root's: use sudo") from error
    if as_json:
        for ran in journal.commands(events):
            sys.stdout.write(f"{json.dumps(dataclasses.asdict(ran))}\n")
    else:
        sys.stdout.write(f"{runs.as_text(runs.runs(events))}\n")
    return DONE

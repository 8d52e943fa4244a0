"""Where the last run on this host stopped: read from the journal, for whoever goes on from there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from vxlan_tui import journal
from vxlan_tui.reach import Reach


@dataclass(frozen=True)
class LastRun:
    """The last run: its plan and host, the last step that it began, and what was cut off, if anything.

    `command` is the command without an end in the journal: whether it took effect, only the host can tell.
    `guarded` tells of a change that could cut the connection and was not kept, or not yet.
    """

    plan: Path
    host: str
    step: str = ""
    cut_off: bool = False
    command: str = ""
    failed: str = ""
    guarded: str = ""

    @property
    def words(self) -> str:
        """What a person should know before going on; empty where the last run ended by itself."""
        if self.guarded:
            return self.guarded
        if self.command:
            return f"The last run was cut off while this ran: {self.command}"
        if self.cut_off:
            return "The last run was cut off between two commands."
        return f"The last run stopped at a failure: {self.failed}" if self.failed else ""


def last(reach: Reach, path: str | PurePath) -> LastRun | None:
    """Give the last run of a journal, or None; raises OSError, Unreachable."""
    return last_of(journal.events(reach, path))


def last_of(events: Iterable[Mapping[str, Any]]) -> LastRun | None:
    """Give the last run of these events, or None."""
    rows: list[Mapping[str, Any]] = []
    for event in events:
        if event.get("event") == "run" and event.get("plan"):
            rows = []
        rows.append(event)
    if not rows or rows[0].get("event") != "run" or "plan" not in rows[0]:
        return None
    kinds = [row.get("event") for row in rows]
    steps = [row for row in rows if row.get("event") == "step"]
    cut_off = [ran.text for ran in journal.commands(rows) if ran.status is None]
    failures = [row for row in rows if row.get("event") == "step-ended" and row.get("state") == "failed"]
    return LastRun(
        plan=Path(str(rows[0]["plan"])),
        host=str(rows[0].get("host", "")),
        step=str(steps[-1].get("step", "")) if steps else "",
        cut_off="run-ended" not in kinds,
        command=cut_off[-1] if cut_off else "",
        guarded=_guarded(rows),
        failed=str(failures[-1].get("detail", "")).split("\n")[0] if failures else "",
    )


def _guarded(rows: Iterable[Mapping[str, Any]]) -> str:
    """Tell how the last guarded change of these events ended, where it was not kept."""
    last = next(iter(reversed(journal.guarded(rows))), None)
    return "" if last is None or last.how in ("kept", "not-begun") else last.story

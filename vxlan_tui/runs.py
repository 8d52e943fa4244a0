"""What a host's journal holds, run by run: who did what for which plan, how it ended, and the commands."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vxlan_tui import journal
from vxlan_tui.exits import DONE, FAILED, INTERRUPTED, NOT_STARTED, ROLLED_BACK
from vxlan_tui.journal import Guarded, Ran

_ENDS = {
    DONE: "done",
    FAILED: "failed",
    NOT_STARTED: "not started",
    ROLLED_BACK: "taken back",
    INTERRUPTED: "stopped",
}


@dataclass(frozen=True)
class Run:
    """One run. `user` is empty in what an earlier version wrote."""

    time: str
    verb: str
    user: str
    host: str
    plan: str
    result: str
    commands: tuple[Ran, ...] = ()
    changes: tuple[Guarded, ...] = ()

    @property
    def told(self) -> str:
        """The run in a line, without its time."""
        by = f", by {self.user}" if self.user else ""
        on = f", on {self.host}" if self.host else ""
        of = f", for {self.plan}" if self.plan else ""
        return f"{self.verb}{by}{on}{of}: {self.result}"


def runs(events: Iterable[Mapping[str, Any]]) -> list[Run]:
    """Return the runs of a journal's events in which a command ran, oldest first."""
    every = list(events)
    changes = journal.guarded(every)  # of all: a run that was cut off is finished by a later one
    found = [_run(rows, changes) for rows in _grouped(every)]
    return [run for run in found if run.commands]


def _grouped(events: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    rows: list[Mapping[str, Any]] = []
    for event in events:
        if event.get("event") == "run" and rows:
            yield rows
            rows = []
        rows.append(event)
    if rows:
        yield rows


def _run(rows: list[Mapping[str, Any]], changes: Iterable[Guarded]) -> Run:
    first, numbers = rows[0], {row.get("n") for row in rows}
    time, verb, user, host, plan = (str(first.get(key, "")) for key in ("time", "verb", "user", "host", "plan"))
    mine = tuple(change for change in changes if change.number in numbers)
    return Run(time, verb or "run", user, host, plan, _result(rows), tuple(journal.commands(rows)), mine)


def _result(rows: list[Mapping[str, Any]]) -> str:
    """Return how a run ended, in words; the wizard writes no exit status, so its steps tell."""
    end = next((row for row in reversed(rows) if row.get("event") == "run-ended"), None)
    if end is None:
        return "cut off, or under way"
    if "status" in end:
        return _ENDS.get(end["status"], f"exit status {end['status']}")
    states = {row.get("state") for row in rows if row.get("event") == "step-ended"}
    taken_back = any(row.get("how") == "taken-back" for row in rows if row.get("event") == "guard-ended")
    return "taken back" if taken_back else "failed" if "failed" in states else "done"


def end_of(ran: Ran) -> str:
    """Return how a command ended, in words."""
    if ran.status is None:
        return "cut off, or under way"
    took = f", {ran.seconds:.1f} s" if ran.seconds is not None else ""
    return f"exit status {ran.status}{took}"


NOTHING = "vxlan-tui has run nothing on this host yet. What its scripts ran: journalctl -t vxlan-tui"


def as_text(found: Iterable[Run]) -> str:
    """Return runs as text: the commands as a root shell takes them behind `# `, below what they were for."""
    return "\n\n".join("\n".join(_lines(run)) for run in found) or NOTHING


def _lines(run: Run) -> Iterator[str]:
    yield f"{run.time}  {run.told}"
    for ran in run.commands:
        yield f"  {ran.time}  {ran.step}  {end_of(ran)}"
        yield f"# {ran.text}"
    yield from (f"  {change.story}" for change in run.changes)

"""The record of what ran: a JSON line per event, written before and after each command.

It lies on the host that it is about. A line is written in one piece and brought to the disk before the command that
it announces. A crash can cut the last line off at any byte; the next run closes it, and readers pass over what is not
a whole line.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from vxlan_tui.audit import person
from vxlan_tui.reach import Outcome, Reach

MAX_WORDS = 4000
"""Characters of a command's output that a line keeps."""


@dataclass(frozen=True)
class Ran:
    """A command of the journal. `status` is None where no end was written: it was cut off, or runs now."""

    time: str
    step: str
    text: str
    status: int | None
    seconds: float | None


@dataclass(frozen=True)
class Guarded:
    """A change that was to be confirmed, as the journal has it; `row` is its beginning.

    `checkpoint` is NetworkManager's, where there was one. `keeping` is whether it was confirmed. `how` is kept,
    taken-back, left (to whoever has changed it since) or not-begun, and empty where the run was cut off before that.
    """

    row: Mapping[str, Any]
    checkpoint: str = ""
    keeping: bool = False
    how: str = ""
    words: str = ""

    @property
    def number(self) -> int:
        """The number of its first event."""
        return int(self.row.get("n", 0))

    @property
    def time(self) -> str:
        """When it began."""
        return str(self.row.get("time", ""))

    @property
    def subject(self) -> str:
        """What it changed."""
        return str(self.row.get("subject", ""))

    @property
    def story(self) -> str:
        """What became of it, in words."""
        began = f"The change of {self.subject} begun {self.time}"
        if self.how:
            return f"{began}: {self.words}"
        if self.keeping:
            return f"{began} was confirmed; the run was cut off before it had written that down."
        return (
            f"{began} is not confirmed: it is under way, or was cut off, and then NetworkManager takes it back by "
            f"itself {self.row.get('seconds', 60)} s after it began. The next apply, undo or step of the wizard "
            f"looks, and finishes that."
        )


class Journal:
    """A host's journal, open for one run."""

    def __init__(self, reach: Reach, path: str | PurePath) -> None:
        self.path = str(path)
        self._reach = reach
        self.number = sum(1 for _ in events(reach, path))
        """The number of the last event."""
        text = reach.read_file(self.path) or ""
        reach.append(self.path, "\n" if text and not text.endswith("\n") else "")

    def write(self, event: str, **details: object) -> int:
        """Append an event, and give its number; raises OSError where the disk is full or fails, Unreachable."""
        self.number += 1
        who = {"user": person().seen_from(self._reach)} if event == "run" else {}
        row = {"event": event, "n": self.number, "time": _now(), **who, **details}
        self._reach.append(self.path, f"{json.dumps(row, ensure_ascii=True)}\n")
        return self.number

    def ended(self, number: int, outcome: Outcome) -> None:
        """Record how the command of that number ended."""
        words = "" if outcome.ok else outcome.words[-MAX_WORDS:]
        self.write("ended", command=number, status=outcome.status, seconds=round(outcome.seconds, 3), words=words)

    def not_begun(self, number: int) -> None:
        """Record that the command of that number did not start: a stop was asked for as it was announced."""
        self.write("not-begun", command=number)


class Unwritten(Journal):
    """The journal of a run that changes nothing: none is kept."""

    def __init__(self) -> None:
        self.path = ""
        self.number = 0

    def write(self, event: str, **details: object) -> int:
        """Write nothing."""
        del event, details
        return 0


def events(reach: Reach, path: str | PurePath) -> Iterator[dict[str, Any]]:
    """Give the whole lines of a journal, in their order; nothing where there is none. Raises OSError, Unreachable."""
    *whole, _ = (reach.read_file(str(path)) or "").split("\n")
    for line in whole:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            yield row


def ran(reach: Reach, path: str | PurePath) -> list[Ran]:
    """Give the commands that ran on a host, in their order; raises OSError, Unreachable."""
    return commands(list(events(reach, path)))


def commands(rows: Sequence[Mapping[str, Any]]) -> list[Ran]:
    """Give the commands of these events that began, in their order."""
    ends = {row["command"]: row for row in rows if row.get("event") == "ended" and "command" in row}
    never = {row.get("command") for row in rows if row.get("event") == "not-begun"}
    begun = [row for row in rows if row.get("event") == "command" and row.get("n") not in never]
    return [_ran(row, ends.get(row.get("n"), {})) for row in begun]


def guarded(rows: Iterable[Mapping[str, Any]]) -> list[Guarded]:
    """Give the guarded changes of these events, in their order."""
    found: dict[int, Guarded] = {}
    for row in rows:
        kind, number = row.get("event"), int(row.get("guard", 0))
        if kind == "guard":
            found[int(row.get("n", 0))] = Guarded(row)
        elif number in found and kind == "guard-checkpoint":
            found[number] = replace(found[number], checkpoint=str(row.get("path", "")))
        elif number in found and kind == "guard-keeping":
            found[number] = replace(found[number], keeping=True)
        elif number in found and kind == "guard-ended":
            found[number] = replace(found[number], how=str(row.get("how", "")), words=str(row.get("words", "")))
    return list(found.values())


def _ran(row: Mapping[str, Any], end: Mapping[str, Any]) -> Ran:
    return Ran(str(row.get("time")), str(row.get("step")), str(row.get("text")), end.get("status"), end.get("seconds"))


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")

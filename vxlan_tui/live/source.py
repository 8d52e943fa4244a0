"""A source of rows that follows the system in a thread of its own, and gives frozen snapshots of them."""

import gc
import threading
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")

RETRY = 1.0
"""Seconds until a source that is gone is asked for again."""

MANY = 10_000
"""From so many rows on, Python's garbage collector no longer walks through them: a walk stops everything for 0.1 s."""


@dataclass(frozen=True)
class Snapshot(Generic[Row]):
    """The rows at one moment. Times are seconds since the epoch; `gone` says in words why rows may be old."""

    rows: tuple[Row, ...] = ()
    changed: float = 0.0
    gone: str = ""
    gone_since: float = 0.0
    back: float = 0.0
    read: bool = False


class Source(Generic[Row]):
    """Rows by key. `on_change` is called in the source's thread, at most once until the next `snapshot`."""

    shown_by = ""
    """The command that shows the same."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._rows: dict[Hashable, Row] = {}
        self._changed = self._gone_since = self._back = 0.0
        self._gone = ""
        self._read = False
        self._told = False
        self._on_change: Callable[[], None] = lambda: None

    def start(self, on_change: Callable[[], None]) -> None:
        """Begin to follow."""
        self._on_change = on_change
        threading.Thread(target=self._follow, name=type(self).__name__, daemon=True).start()

    def stop(self) -> None:
        """End; the thread goes by itself."""
        self.stopped.set()

    def refresh(self) -> None:
        """Read again: for what the system sends no event about."""

    def snapshot(self) -> Snapshot[Row]:
        """Give the rows as they are now."""
        with self._lock:
            self._told = False
            rows = tuple(self._rows.values())
            return Snapshot(rows, self._changed, self._gone, self._gone_since, self._back, self._read)

    def holds(self, key: Hashable) -> bool:
        """Say whether there is a row of this key now."""
        return key in self._rows

    def _follow(self) -> None:
        raise NotImplementedError

    def _replace(self, rows: Iterable[tuple[Hashable, Row]]) -> None:
        """Take these rows for all that there is; what stays keeps its place."""
        new = dict(rows)
        with self._lock:
            kept = {key: new[key] for key in self._rows if key in new}
            merged = kept | new
            same = self._read and not self._gone and merged == self._rows
            self._rows = merged
            self._touch(not same)
        if len(merged) > MANY:
            gc.freeze()
        self._tell(not same)

    def _patch(self, changes: Iterable[tuple[Hashable, Row | None]]) -> None:
        """Set rows, or take them away where the row is None."""
        with self._lock:
            changed = False
            for key, row in changes:
                changed |= self._rows.get(key) != row
                if row is None:
                    self._rows.pop(key, None)
                else:
                    self._rows[key] = row
            self._touch(changed)
        self._tell(changed)

    def _touch(self, changed: bool) -> None:
        now = time.time()
        self._changed = now if changed and self._read else self._changed
        self._back = now if self._gone else self._back
        self._gone, self._read = "", True

    def _lose(self, why: str) -> None:
        """Say that the rows no longer follow the system, and why."""
        with self._lock:
            new = why != self._gone
            self._gone_since = self._gone_since if self._gone else time.time()
            self._gone, self._read = why, True
        self._tell(new)

    def _tell(self, changed: bool) -> None:
        with self._lock:
            tell = changed and not self._told
            self._told = self._told or tell
        if tell:
            self._on_change()

"""What stood before: what a tool printed of a thing before the first change to it, whole, in a file of its own.

`undo` restores from these records, and so does an exported undo script: program and script keep the same files. A
record is written once (the first state counts) and removed when its thing is as it was. Beside it lies the plan that
it was made for.
"""

from collections.abc import Collection, Iterable

from vxlan_tui.exits import CannotStart
from vxlan_tui.paths import PLANS_DIRECTORY, RECORDS_DIRECTORY
from vxlan_tui.reach import Reach
from vxlan_tui.record import Record

OLD_FORM = "plan /"
"""How a record of version 0.1 begins."""


class Records:
    """The records on a host. One that exists is never written again."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def read(self, without: Collection[str] = ()) -> tuple[Record, ...]:
        """Return all records but these; raise OSError, CannotStart where one has the form of an earlier version."""
        there = self._reach.names(RECORDS_DIRECTORY)
        names = [name for name in there if not name.startswith(".") and name not in without]
        found = tuple(
            Record(name, self._text(RECORDS_DIRECTORY, name), self._text(PLANS_DIRECTORY, name).rstrip("\n"))
            for name in names
        )
        if old := [record.name for record in found if record.text.startswith(OLD_FORM)]:
            raise CannotStart(old_words(old))
        return found

    def _text(self, directory: str, name: str) -> str:
        return self._reach.read_file(f"{directory}/{name}") or ""

    def keep(self, wanted: Iterable[Record]) -> None:
        """Write records that do not exist yet; raises OSError."""
        missing = [record for record in wanted if self._reach.read_file(f"{RECORDS_DIRECTORY}/{record.name}") is None]
        if missing:
            for directory in (RECORDS_DIRECTORY, PLANS_DIRECTORY):
                self._reach.private_directory(directory)
        for record in missing:
            self._reach.write_file(f"{PLANS_DIRECTORY}/{record.name}", f"{record.plan}\n")
            self._reach.write_file(f"{RECORDS_DIRECTORY}/{record.name}", record.text)

    def forget(self, names: Iterable[str]) -> None:
        """Remove records, where they exist; raises OSError."""
        for name in names:
            self._reach.remove(f"{RECORDS_DIRECTORY}/{name}")
            self._reach.remove(f"{PLANS_DIRECTORY}/{name}")


def old_words(names: Iterable[str]) -> str:
    """Return what to say of records that an earlier version wrote."""
    return (
        f"the records in {RECORDS_DIRECTORY} are those of vxlan-tui 0.1 ({', '.join(names)}), which this version does "
        f"not read. Nothing was changed. Take back what they are about with that version, "
        f"or keep it as it is and have them forgotten: rm -r {RECORDS_DIRECTORY}"
    )

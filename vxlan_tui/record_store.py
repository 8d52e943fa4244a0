"""The records of what stood before, on disk: a file each."""

from collections.abc import Iterable
from pathlib import Path

from vxlan_tui.before import Record
from vxlan_tui.files import private_directory, write_whole


class RecordStore:
    """The directory of records. A record that exists is never written again: the first state counts."""

    def __init__(self, state_directory: Path) -> None:
        self.directory = state_directory / "before"

    def read(self) -> tuple[Record, ...]:
        """Give all records; raises OSError."""
        if not self.directory.is_dir():
            return ()
        files = sorted(path for path in self.directory.iterdir() if not path.name.startswith("."))
        return tuple(Record(path.name, path.read_text(errors="surrogateescape")) for path in files)

    def keep(self, records: Iterable[Record]) -> None:
        """Write the records that are not there yet; raises OSError."""
        new = [record for record in records if not (self.directory / record.name).exists()]
        if new:
            private_directory(self.directory)
        for record in new:
            write_whole(self.directory / record.name, record.text)

    def forget(self, names: Iterable[str]) -> None:
        """Remove records that are spent; raises OSError."""
        for name in names:
            (self.directory / name).unlink(missing_ok=True)

"""A record: what a tool printed of a thing before the first change to it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    """A record: its file's name, what the thing showed (empty: it was not there), and the plan it was made for."""

    name: str
    text: str
    plan: str = ""

    @property
    def kind(self) -> str:
        """What it is about, as profile, device, network or nic."""
        return self.name.partition(".")[0]

    @property
    def subject(self) -> str:
        """The thing's own name."""
        return self.name.partition(".")[2]


def by_name(records: Iterable[Record]) -> dict[str, Record]:
    """Return records by their names."""
    return {record.name: record for record in records}

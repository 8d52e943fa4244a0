"""A host that is no more than files and the commands that ran on it. What its commands show and do, a test says."""

from collections.abc import Sequence
from typing import Any

from vxlan_tui import journal
from vxlan_tui.command import Command
from vxlan_tui.reach import CommandFailed, Interrupts, Outcome, Output

JOURNAL = "journal"
"""The file of its journal."""


class FakeHost:
    """Such a host."""

    is_local = True

    def __init__(self) -> None:
        self.interrupts = Interrupts()
        self.files: dict[str, str] = {}
        self.ran: list[str] = []

    def shows(self, argv: tuple[str, ...]) -> str:
        """Return what a command prints that only reads."""
        del argv
        return ""

    def does(self, asked: Command) -> Outcome:
        """Return how a command ended that changes something."""
        return Outcome(asked, 0, 0.0, "")

    # What is asked of a host

    def uninterrupted(self) -> "FakeHost":
        return self

    def read_file(self, path: str) -> str | None:
        return self.files.get(str(path))

    def append(self, path: str, text: str) -> None:
        self.files[path] = self.files.get(path, "") + text

    def write_file(self, path: str, text: str, mode: int = 0o600) -> None:
        self.files[path] = text

    def remove(self, path: str) -> None:
        self.files.pop(path, None)

    def names(self, directory: str) -> tuple[str, ...]:
        start = f"{directory}/"
        return tuple(path.removeprefix(start) for path in self.files if path.startswith(start))

    def private_directory(self, path: str) -> None:
        return

    def read(self, *argv: str) -> str:
        raise CommandFailed(Outcome(Command(argv), 1, 0.0, "nobody answers"))

    def read_all(self, commands: Sequence[tuple[str, ...]], timeout: float = 0) -> list[Output]:
        return [Output(0, self.shows(argv), "") for argv in commands]

    def run(self, asked: Command, on_line: object = None) -> Outcome:
        self.interrupts.check()
        self.ran.append(" ".join(asked.argv))
        return self.does(asked)

    def rows(self) -> list[dict[str, Any]]:
        """Return its journal's lines."""
        found: Any = self
        return list(journal.events(found, JOURNAL))


class Silent:
    """Tells nobody."""

    def __getattr__(self, name: str) -> Any:
        return lambda *told: None

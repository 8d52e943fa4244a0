"""What can be done on a host, however it is reached."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from vxlan_tui.command import Command
from vxlan_tui.reach.interrupts import Interrupts
from vxlan_tui.reach.login import Login
from vxlan_tui.reach.outcome import CommandFailed, Outcome, Output, ProgramMissing

READ_TIMEOUT = 30.0
"""Seconds that a command which only reads may take."""

NO_SUCH_PROGRAM = 127
"""The exit status of a program that is not there, as shells give it."""

SYSTEM_PATH = ("/usr/local/sbin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Searched before anything else: another python3 than the system's must not be what virt-xml starts.

What an admin put into /usr/local/sbin is meant to stand in for the system's tool, so it comes first here too.
"""

LAST_PATH = ("/usr/local/bin",)
"""Searched last: a plain user's PATH may lack it."""

OnLine = Callable[[str], None]


class Stream(ABC):
    """The output of a command that goes on until it is closed; a context manager that closes it."""

    @abstractmethod
    def lines(self) -> Iterator[list[str]]:
        """Give its lines as they come, as many at once as are there; ends with the command."""

    @abstractmethod
    def close(self) -> None:
        """End the command. Fit to be called from another thread than the one that reads."""

    @property
    @abstractmethod
    def status(self) -> int | None:
        """The exit status once it has ended by itself, None as long as it runs or where it was closed."""

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Lock(ABC):
    """A host's lock: the kernel's own (flock(2)) on a file there, open for one run."""

    process: int
    """The process on that host that holds it."""

    @abstractmethod
    def take(self) -> bool:
        """Take the lock if nobody holds it. Each command that may change the host then holds it as well."""

    @abstractmethod
    def sign(self, text: str) -> None:
        """Write who holds it; raises OSError."""

    @abstractmethod
    def close(self) -> None:
        """Let the lock go."""


class Reach(ABC):
    """A host, and what runs on it."""

    interrupts: Interrupts
    where: str
    """The host's name, for words."""
    is_local: bool
    is_root: bool
    """Whether what runs there is root's."""

    @property
    @abstractmethod
    def libvirt_uri(self) -> str:
        """What libvirt's own library opens to reach this host's libvirt; raises Unreachable."""

    def read(self, *argv: str, timeout: float = READ_TIMEOUT) -> str:
        """Give the standard output of a command that changes nothing.

        Raises CommandFailed, ProgramMissing, Unreachable.
        """
        outcome, text = self._read(argv, timeout)
        if outcome.ok:
            return text
        kind = ProgramMissing if outcome.status == NO_SUCH_PROGRAM else CommandFailed
        raise kind(outcome if outcome.words else replace(outcome, words=text))

    @abstractmethod
    def _read(self, argv: tuple[str, ...], timeout: float) -> tuple[Outcome, str]:
        """Give how a command ended, with the words of its standard error, and its standard output."""

    @abstractmethod
    def read_all(self, commands: Sequence[tuple[str, ...]], timeout: float = READ_TIMEOUT) -> list[Output]:
        """Run commands that change nothing side by side, and give what each gave, in their order.

        Raises Unreachable; an exit status is no error here.
        """

    @abstractmethod
    def run(self, asked: Command, on_line: OnLine = lambda line: None) -> Outcome:
        """Run a command that may change the host, and give each line of its output as it comes.

        Raises Interrupted before it starts if a stop was asked for, ProgramMissing, and Unreachable where it is not
        known how it ended.
        """

    @abstractmethod
    def stream(self, *argv: str) -> Stream:
        """Start a command that tells of events; raises OSError, Unreachable."""

    @abstractmethod
    def uninterrupted(self) -> "Reach":
        """Give the same host by the same lock, for what no interrupt must keep from running."""

    @abstractmethod
    def login(self) -> Login:
        """Tell how the person who works on the host is logged in there; raises Unreachable."""

    def answers_anew(self, seconds: float) -> None:
        """Hold the host to letting a new login in; raises Unreachable. There is none to this machine."""
        del seconds

    @abstractmethod
    def lock(self, path: str) -> Lock:
        """Open the lock's file on the host, made if it is missing; raises OSError, Unreachable."""

    @abstractmethod
    def find(self, programs: Sequence[str]) -> dict[str, str]:
        """Give the paths of those of these programs that are on the host; raises Unreachable."""

    @abstractmethod
    def read_file(self, path: str) -> str | None:
        """Give a file's text, None where there is none; raises OSError."""

    @abstractmethod
    def names(self, directory: str) -> tuple[str, ...]:
        """Give the names in a directory, sorted; none where there is no such directory. Raises OSError."""

    @abstractmethod
    def private_directory(self, path: str) -> None:
        """Make a directory that root alone can enter, if it is missing; raises OSError where it is not such a one."""

    @abstractmethod
    def write_file(self, path: str, text: str, mode: int = 0o600) -> None:
        """Write a file whole or not at all, never through a link; raises OSError."""

    @abstractmethod
    def append(self, path: str, text: str) -> None:
        """Add to the end of a file that its owner alone can read, and bring that to the disk; raises OSError."""

    @abstractmethod
    def remove(self, path: str) -> None:
        """Remove a file if it is there; raises OSError."""

    def close(self) -> None:
        """Let go of the host; nothing of the connection to it is left behind."""
        return

    def __enter__(self) -> "Reach":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

"""Another host, over one shared SSH connection."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import quote

from vxlan_tui.command import Command
from vxlan_tui.reach.base import NO_SUCH_PROGRAM, READ_TIMEOUT, Lock, OnLine, Reach, Stream
from vxlan_tui.reach.connection import LOGIN_TIMEOUT, Connection
from vxlan_tui.reach.interrupts import Interrupts
from vxlan_tui.reach.lines import Lines, grouped
from vxlan_tui.reach.login import Login
from vxlan_tui.reach.outcome import TIMED_OUT, Outcome, Output, ProgramMissing, Unreachable
from vxlan_tui.reach.refusals import host_of
from vxlan_tui.reach.shell import Shell, call

BEAT = 10.0
"""Seconds between two signs of life to the bash that holds a lock."""

GONE = 40.0
"""Seconds without one, after which it lets the lock go, once the command that runs has ended."""

FILE_TIMEOUT = 30.0
"""Seconds that reading or writing a small file may take."""

_NO_FILE = 44


class Ssh(Reach):
    """A host by its OpenSSH destination: user@host, an alias of ssh_config, or ssh://user@host:port.

    `name` is the host's name for words, and `ask` lets ssh ask on the terminal as it logs in. It logs in with
    `connect`, or when it is first needed. A user other than root has everything done through sudo.
    """

    is_local = False
    is_root = True

    def __init__(
        self, destination: str, name: str = "", interrupts: Interrupts | None = None, ask: bool = False
    ) -> None:
        self.interrupts = interrupts or Interrupts()
        self.destination = destination
        self.where = name or host_of(destination)
        self._link = _Link(destination, self.where, ask)

    def connect(self) -> None:
        """Log in, unless that is done; raises Unreachable."""
        self._link.opened(self.interrupts)

    @property
    def _connection(self) -> Connection:
        return self._link.opened(self.interrupts)

    @property
    def libvirt_uri(self) -> str:
        """What libvirt's own library opens to reach this host's libvirt; raises Unreachable."""
        program = quote(str(self._connection.libvirt_program()))
        return f"qemu+ssh://{quote(self.where, safe='')}/system?command={program}"

    def _read(self, argv: tuple[str, ...], timeout: float) -> tuple[Outcome, str]:
        began = time.monotonic()
        (output,) = self.read_all([argv], timeout)
        seconds = time.monotonic() - began
        words = f"{argv[0]}: no such program on {self.where}" if output.status == NO_SUCH_PROGRAM else output.errors
        outcome = Outcome(Command(argv, timeout=timeout), output.status, seconds, words)
        return replace(outcome, timed_out=_timed_out(outcome)), output.text

    def read_all(self, commands: Sequence[tuple[str, ...]], timeout: float = READ_TIMEOUT) -> list[Output]:
        """Run commands that change nothing side by side in one round trip; raises Unreachable."""
        if not commands:
            return []
        limited = [call("answer", "timeout", "-k", "2", timeout, *argv) for argv in commands]
        parts = self._parts(limited[0] if len(limited) == 1 else call("together", *limited), timeout + 2)
        if len(parts) != 3 * len(commands) + 1:
            raise Unreachable(self.where, "what it answered was not understood", broken=True)
        rows = zip(*[iter(parts)] * 3, strict=False)
        return [Output(int(status), _text(text), _text(errors)) for text, status, errors in rows]

    def run(self, asked: Command, on_line: OnLine = lambda line: None) -> Outcome:
        """Run a command that may change the host, and give each line of its output as it comes.

        Raises Interrupted before it starts if a stop was asked for, ProgramMissing, and Unreachable where it is not
        known how it ended.
        """
        self.interrupts.check()
        lines = Lines(on_line)
        with self._shell_for(asked) as shell:
            self.interrupts.check()  # to get one can take a while, in which a stop was asked for
            began = time.monotonic()
            if asked.waits:
                request = call("until_cut_off", "timeout", "-k", "2", asked.timeout, *asked.argv)
                cut_off: Callable[[], None] = shell.end_input
            else:
                request = call("change", asked.timeout, asked.stdin, *asked.argv)
                cut_off = _not_at_all
            with self.interrupts.cutting_off(cut_off):
                for group in grouped(shell.printed(request, asked.timeout + 2)):
                    for line in group:
                        lines.take(f"{line}\n")
        outcome = Outcome(asked, shell.status, time.monotonic() - began, lines.last)
        if outcome.status == NO_SUCH_PROGRAM and asked.argv[0] not in self.find([asked.argv[0]]):
            words = f"{asked.argv[0]}: no such program on {self.where}"
            raise ProgramMissing(replace(outcome, words=words))
        return replace(outcome, timed_out=_timed_out(outcome))

    @contextmanager
    def _shell_for(self, asked: Command) -> Iterator[Shell]:
        """Give the bash that holds the lock to what changes the host: the lock stays as long as that runs."""
        holder = None if asked.waits else self._link.holder
        if holder is not None:
            yield holder
            return
        with self._connection.borrowed(cut_off=asked.waits) as shell:
            yield shell

    def stream(self, *argv: str) -> Stream:
        """Start a command that tells of events; raises Unreachable."""
        return SshStream(self._connection.shell(), call("until_cut_off", *argv))

    def uninterrupted(self) -> "Ssh":
        """Give the same host by the same connection and lock, for what no interrupt must keep from running."""
        twin = Ssh(self.destination, self.where)
        twin._link = self._link
        return twin

    def find(self, programs: Sequence[str]) -> dict[str, str]:
        """Give the paths of those of these programs that are on the host; raises Unreachable."""
        paths = _text(self._request(call("type", "-P", "--", *programs), FILE_TIMEOUT)).splitlines()
        found = {path.rpartition("/")[2]: path for path in paths}
        return {
            program: found[program.rpartition("/")[2]] for program in programs if program.rpartition("/")[2] in found
        }

    def login(self) -> Login:
        """Tell how the person is logged in there: by this connection; raises Unreachable."""
        connection = self._connection
        return Login(bool(connection.server), connection.server, connection.client)

    def read_file(self, path: str) -> str | None:
        """Give a file's text, None where there is none; raises OSError, Unreachable."""
        status, text = self._file("read_file", path)
        return None if status == _NO_FILE else text

    def names(self, directory: str) -> tuple[str, ...]:
        """Give the names in a directory, sorted; none where there is no such directory. Raises OSError, Unreachable."""
        return tuple(sorted(self._file("names", directory)[1].splitlines()))

    def private_directory(self, path: str) -> None:
        """Make a directory that root alone can enter, if it is missing; raises OSError where it is not such a one."""
        self._file("private_directory", path)

    def write_file(self, path: str, text: str, mode: int = 0o600) -> None:
        """Write a file whole or not at all, never through a link; raises OSError, Unreachable."""
        self._file("write_file", path, f"{mode:o}", text)

    def append(self, path: str, text: str) -> None:
        """Add to the end of a file that its owner alone can read, and bring that to the disk; raises OSError."""
        self._file("append", path, text)

    def remove(self, path: str) -> None:
        """Remove a file if it is there; raises OSError, Unreachable."""
        self._file("rm", "-f", "--", path)

    def _file(self, *words: str) -> tuple[int, str]:
        text, ended, errors, _ = self._parts(call("answer", *words), FILE_TIMEOUT)
        status, said = int(ended), _text(errors).strip()
        if status not in (0, _NO_FILE):
            raise OSError(f"on {self.where}: {said or f'{words[0]} ended with exit status {status}'}")
        return status, text.decode(errors="surrogateescape")

    def _parts(self, line: str, limit: float) -> list[bytes]:
        with self._connection.borrowed() as shell:
            return shell.request(line, limit)[1].split(shell.parting)

    def _request(self, line: str, limit: float) -> bytes:
        with self._connection.borrowed() as shell:
            return shell.request(line, limit)[1]

    def lock(self, path: str) -> Lock:
        """Open the lock's file on the host, made if it is missing; raises OSError, Unreachable."""
        connection = self._connection
        return _SshLock(self._link, connection.shell(GONE), path, self.where, connection.process)

    def answers_anew(self, seconds: float = LOGIN_TIMEOUT) -> None:
        """Log in once more over a connection of its own; raises Unreachable where that does not go in these seconds."""
        self._connection.answers_anew(seconds)

    def close(self) -> None:
        """End the connection; nothing of it is left behind."""
        self._link.close()


class _Link:
    """The connection of a host, opened when it is first needed, and the bash that holds the host's lock.

    One that broke is opened anew as soon as it is needed again, but never under a lock that it held.
    """

    def __init__(self, destination: str, where: str, ask: bool) -> None:
        self._made_of = (destination, where, ask)
        self._opening = threading.Lock()
        self._connection: Connection | None = None
        self.holder: Shell | None = None

    def opened(self, interrupts: Interrupts) -> Connection:
        with self._opening:
            if self._connection is not None and self._connection.broken and self.holder is None:
                self._connection.close()
                self._connection = None
            if self._connection is None:
                interrupts.check()
                made = Connection(*self._made_of)
                try:
                    with interrupts.cutting_off(made.give_up):
                        made.open()
                except Unreachable:
                    interrupts.check()
                    raise
                self._connection = made
            return self._connection

    def close(self) -> None:
        with self._opening:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class _SshLock(Lock):
    """The lock, held by a bash on the host that lives as long as we send signs of life."""

    def __init__(self, link: _Link, shell: Shell, path: str, where: str, process: int) -> None:
        self._link = link
        self._shell = shell
        self._where = where
        # Not that of the bash with the lock, which is busy for as long as a command runs that it has to see to its end.
        self.process = process
        self._ended = threading.Event()
        try:
            self._ask("lock_open", path)
        except BaseException:
            shell.close()
            raise
        threading.Thread(target=self._beat, name="signs of life", daemon=True).start()

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            try:
                self._shell.send("")
            except Unreachable:
                return

    def _ask(self, *words: str) -> str:
        status, printed = self._shell.request(f"{call(*words)} 2>&1", FILE_TIMEOUT)
        if status:
            raise OSError(f"on {self._where}: {_text(printed).strip()}")
        return _text(printed)

    def take(self) -> bool:
        """Take the lock if nobody holds it."""
        status, _ = self._shell.request(call("lock_take"), FILE_TIMEOUT)
        if status == 0:
            self._link.holder = self._shell
        return status == 0

    def sign(self, text: str) -> None:
        """Write who holds it; raises OSError."""
        self._ask("lock_sign", text)

    def close(self) -> None:
        """Let the lock go."""
        self._ended.set()
        if self._link.holder is self._shell:
            self._link.holder = None
        self._shell.close()


class SshStream(Stream):
    """A command on the host that ends when it is closed, and with the connection."""

    def __init__(self, shell: Shell, request: str) -> None:
        self._shell = shell
        self._request = request
        self._status: int | None = None
        self._closed = self._read = False

    def lines(self) -> Iterator[list[str]]:
        """Give its lines as they come, as many at once as are there; ends with the command, and raises Unreachable."""
        self._read = True
        try:
            yield from grouped(self._shell.printed(self._request, None))
            self._status = self._shell.status
        except (Unreachable, OSError, ValueError):
            if not self._closed:
                raise
        finally:
            self._shell.close()

    def close(self) -> None:
        """End the command."""
        self._closed = True
        self._shell.end_input()
        if not self._read:
            self._shell.close()

    @property
    def status(self) -> int | None:
        """The exit status once it has ended by itself, None as long as it runs or where it was closed."""
        return None if self._closed else self._status


def _not_at_all() -> None:
    return


def _text(printed: bytes) -> str:
    return printed.decode(errors="replace")


def _timed_out(outcome: Outcome) -> bool:
    return outcome.status in TIMED_OUT and outcome.seconds >= outcome.command.timeout

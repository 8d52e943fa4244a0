"""The machine that the program runs on: commands through sh, their output line by line.

Children get the C locale (in UTF-8), nothing of our terminal, and a session of their own: a Ctrl-C reaches
us, and we decide what becomes of them. What only reads is given whole, and there are many such: each takes subprocess a
fifth of the time that it takes sh.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from vxlan_tui import files
from vxlan_tui.command import Command
from vxlan_tui.reach.base import LAST_PATH, NO_SUCH_PROGRAM, READ_TIMEOUT, SYSTEM_PATH, Lock, OnLine, Reach, Stream
from vxlan_tui.reach.interrupts import Interrupts
from vxlan_tui.reach.lines import Lines, grouped
from vxlan_tui.reach.login import Login, login
from vxlan_tui.reach.outcome import TIMED_OUT, Outcome, Output, ProgramMissing

_SIDE_BY_SIDE = 8
"""So many commands that only read run at once."""

_CHUNK = 1 << 16


class Local(Reach):
    """The machine that the program itself runs on."""

    is_local = True

    def __init__(self, interrupts: Interrupts | None = None) -> None:
        self.interrupts = interrupts or Interrupts()
        self._held: list[int] = []
        """File descriptors of locks, which every changing command keeps open."""
        self.is_root = os.geteuid() == 0
        self.where = socket.gethostname().partition(".")[0]

    @property
    def libvirt_uri(self) -> str:
        """What libvirt's own library opens to reach this machine's libvirt."""
        return "qemu:///system"

    def _read(self, argv: tuple[str, ...], timeout: float) -> tuple[Outcome, str]:
        asked, started = Command(argv, timeout=timeout), time.monotonic()
        try:
            child = _reading(asked)
        except ProgramMissing as missing:
            return missing.outcome, ""
        output, errors, timed_out = _communicated(child, timeout)
        seconds = time.monotonic() - started
        return Outcome(asked, _status(child.returncode), seconds, _text(errors), timed_out), _text(output)

    def read_all(self, commands: Sequence[tuple[str, ...]], timeout: float = READ_TIMEOUT) -> list[Output]:
        """Run commands that change nothing side by side, and give what each gave, in their order."""

        def one(argv: tuple[str, ...]) -> Output:
            outcome, text = self._read(argv, timeout)
            return Output(TIMED_OUT[0] if outcome.timed_out else outcome.status, text, outcome.words)

        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            return list(pool.map(one, commands))

    def run(self, asked: Command, on_line: OnLine = lambda line: None) -> Outcome:
        """Run a command that may change the host, and give each line of its output as it comes.

        Raises Interrupted before it starts if a stop was asked for, and ProgramMissing.
        """
        self.interrupts.check()
        lines = Lines(on_line)
        held = () if asked.waits else tuple(self._held)
        process = _Process(asked, lines.take, lines.take, held)
        with self.interrupts.cutting_off(process.terminate if asked.waits else lambda: None):
            outcome = process.wait()
        return replace(outcome, words=lines.last)

    def stream(self, *argv: str) -> Stream:
        """Start a command that tells of events; raises OSError."""
        return LocalStream(argv)

    def uninterrupted(self) -> "Local":
        """Give this machine by the same lock, for what no interrupt must keep from running."""
        twin = Local()
        twin._held = self._held
        return twin

    def login(self) -> Login:
        """Tell how the person who runs this came in."""
        return login()

    def find(self, programs: Sequence[str]) -> dict[str, str]:
        """Give the paths of those of these programs that are here."""
        return {program: path for program in programs if (path := find(program)) is not None}

    def read_file(self, path: str) -> str | None:
        """Give a file's text, None where there is none; raises OSError."""
        try:
            return Path(path).read_text(encoding="utf-8", errors="surrogateescape")
        except FileNotFoundError:
            return None

    def names(self, directory: str) -> tuple[str, ...]:
        """Give the names in a directory, sorted; none where there is no such directory. Raises OSError."""
        try:
            return tuple(sorted(os.listdir(directory)))  # noqa: PTH208 (names are what is asked for)
        except (FileNotFoundError, NotADirectoryError):
            return ()

    def private_directory(self, path: str) -> None:
        """Make a directory that root alone can enter, if it is missing; raises OSError where it is not such a one."""
        files.private_directory(Path(path))

    def write_file(self, path: str, text: str, mode: int = 0o600) -> None:
        """Write a file whole or not at all, never through a link; raises OSError."""
        files.write_whole(Path(path), text, mode)

    def append(self, path: str, text: str) -> None:
        """Add to the end of a file that its owner alone can read, and bring that to the disk; raises OSError."""
        files.append(Path(path), text)

    def remove(self, path: str) -> None:
        """Remove a file if it is there; raises OSError."""
        Path(path).unlink(missing_ok=True)

    def lock(self, path: str) -> Lock:
        """Open the lock's file, made if it is missing; raises OSError."""
        return _LocalLock(self._held, files.open_private(Path(path), os.O_RDWR))


class _LocalLock(Lock):
    """The lock: the kernel's, so it goes with its last holder."""

    def __init__(self, held: list[int], descriptor: int) -> None:
        self._held = held
        self._descriptor = descriptor
        self.process = os.getpid()

    def take(self) -> bool:
        """Take the lock if nobody holds it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        os.set_inheritable(self._descriptor, True)
        self._held.append(self._descriptor)
        return True

    def sign(self, text: str) -> None:
        """Write who holds it; raises OSError."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def close(self) -> None:
        """Let the lock go."""
        if self._descriptor in self._held:
            self._held.remove(self._descriptor)
        os.close(self._descriptor)


def _text(output: bytes) -> str:
    return output.decode(errors="replace")


def _status(code: int) -> int:
    """Give an exit status as a shell does, of one as Python gives it."""
    return code if code >= 0 else 128 - code


def _path(asked: Command) -> str:
    """Give the path of a command's program; raises ProgramMissing."""
    path = find(asked.argv[0])
    if path is None:
        words = f"{asked.argv[0]}: no such program on this host"
        raise ProgramMissing(Outcome(asked, NO_SUCH_PROGRAM, 0.0, words))
    return path


def _reading(asked: Command) -> "subprocess.Popen[bytes]":
    """Start a command that only reads; raises ProgramMissing."""
    return subprocess.Popen(
        (_path(asked), *asked.argv[1:]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        cwd="/",
        env=environment(os.environ),
    )


def _communicated(child: "subprocess.Popen[bytes]", timeout: float) -> tuple[bytes, bytes, bool]:
    """Give the output and the errors of a child that only reads, and whether it took too long and was ended."""
    try:
        return *child.communicate(timeout=timeout), False
    except subprocess.TimeoutExpired:
        _signal_group(child.pid, signal.SIGTERM)
    try:
        return *child.communicate(timeout=_GRACE), True
    except subprocess.TimeoutExpired:
        _signal_group(child.pid, signal.SIGKILL)
    return *child.communicate(), True


def _signal_group(process: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process, number)


class _Process:
    """A started child. The timer stands in for sh's own time-out, which adds 0.1 s to each command."""

    def __init__(self, asked: Command, output: Any, errors: Any, inherited: tuple[int, ...]) -> None:
        self.asked = asked
        self.timed_out = False
        self.started = time.monotonic()
        import sh  # noqa: PLC0415 (a tenth of the time until anything is read, and what only reads needs none of it)

        path = _path(asked)
        options = {**_OPTIONS, "_env": environment(os.environ), "_pass_fds": inherited}
        self.running = sh.Command(path)(*asked.argv[1:], _in=asked.stdin.encode(), _out=output, _err=errors, **options)

    def wait(self) -> Outcome:
        timer = threading.Timer(self.asked.timeout, self._time_out)
        timer.daemon = True
        timer.start()
        try:
            self.running.wait()
        finally:
            timer.cancel()
        seconds = time.monotonic() - self.started
        return Outcome(self.asked, _status(self.running.exit_code), seconds, "", self.timed_out)

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def _time_out(self) -> None:
        self.timed_out = True
        self._signal(signal.SIGTERM)
        time.sleep(_GRACE)
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            self.running.signal_group(number)


_GRACE = 2.0
"""Seconds between asking a child that takes too long to end, and ending it."""


def _outlive_the_reader() -> None:
    """Let a command that changes the host end whole where this program is killed: its words find no reader then."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


_OPTIONS: Mapping[str, Any] = {
    "_bg": True,
    "_bg_exc": False,
    "_return_cmd": True,
    "_ok_code": range(-64, 256),
    "_tty_out": False,
    "_new_session": True,
    "_preexec_fn": _outlive_the_reader,
    "_cwd": "/",
    "_decode_errors": "replace",
    "_truncate_exc": False,
}


class LocalStream(Stream):
    """A child that ends when it is closed, and with the thread that started it."""

    def __init__(self, argv: tuple[str, ...]) -> None:
        setpriv = find("setpriv")
        tied = (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()
        self._child = subprocess.Popen(
            (*tied, *argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment(os.environ),
        )
        self._closed = False

    def lines(self) -> Iterator[list[str]]:
        """Give its lines as they come, as many at once as are there; ends with the command."""
        assert self._child.stdout is not None  # noqa: S101 (a pipe was asked for)
        yield from grouped(_chunks(self._child.stdout.fileno()))
        self._child.wait()

    def close(self) -> None:
        """End the command."""
        self._closed = self._closed or self._child.poll() is None
        self._child.kill()
        self._child.wait()

    @property
    def status(self) -> int | None:
        """The exit status once it has ended by itself, None as long as it runs or where it was closed."""
        return None if self._closed else self._child.poll()


def _chunks(descriptor: int) -> Iterator[bytes]:
    while chunk := os.read(descriptor, _CHUNK):
        yield chunk


def find(program: str) -> str | None:
    """Give the path of a program of this machine, or None."""
    return shutil.which(program, path=search_path(os.environ))


def search_path(given: Mapping[str, str]) -> str:
    """Give the directories that programs are looked for in: the system's own, then those of PATH."""
    return ":".join(dict.fromkeys([*SYSTEM_PATH, *filter(None, given.get("PATH", "").split(":")), *LAST_PATH]))


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Give a child's environment: untranslated output (the C locale, in UTF-8 so that names stay themselves)."""
    kept = {key: value for key, value in given.items() if not key.startswith("LC_") and key not in DROPPED}
    return {**kept, "LC_ALL": "C.UTF-8", "PATH": search_path(given)}


DROPPED = ("LANGUAGE", "LIBVIRT_DEFAULT_URI", "VIRSH_DEFAULT_CONNECT_URI")
"""Variables that would translate output, or send virsh to another libvirt than the one that is read."""

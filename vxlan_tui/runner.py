"""The one place that executes: a Command through sh, its output line by line.

Children get the C locale (in UTF-8), nothing of our terminal, and a session of their own: a Ctrl-C reaches
us, and we decide what becomes of them.
"""

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from types import FrameType
from typing import Any

import sh

from vxlan_tui.command import Command

READ_TIMEOUT = 30.0
"""Seconds that a command which only reads may take."""

KEPT_LINES = 200
"""So many last lines of a command's output are kept for the error that may follow."""

OnLine = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """How a command ended: `status` as a shell gives it (128 + N for signal N), the time it took, its words."""

    command: Command
    status: int
    seconds: float
    words: str
    timed_out: bool = False

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.status == 0 and not self.timed_out

    @property
    def error(self) -> str:
        """The failed command, its exit status and its own words; and what that means where it is known."""
        if self.timed_out:
            ended = f"did not end within {self.command.timeout:g} s and was stopped"
        else:
            ended = f"ended with exit status {self.status}"
        meaning = dict(self.command.on_failure).get(self.status, "")
        return "\n".join(part for part in (f"`{self.command.text}` {ended}", self.words.strip(), meaning) if part)


class CommandFailed(Exception):  # noqa: N818 (it is what happened)
    """A command that was to succeed and did not."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.error)


class ProgramMissing(CommandFailed):
    """A program that is not on this host."""


class Interrupted(Exception):  # noqa: N818 (it is what happened)
    """The person, or the end of their session, asked to stop. Raised between commands."""


@dataclass
class Interrupts:
    """Whether to stop: signals set it, the runner asks it between commands.

    A command that only waits is cut off at once; any other one is let end, because half of it may have
    happened.
    """

    asked: int = 0
    _cut_off: Callable[[], None] | None = field(default=None, repr=False)

    def stop(self, number: int = signal.SIGINT, frame: FrameType | None = None) -> None:
        """Ask to stop; fit to be a signal handler."""
        del frame
        self.asked = number
        if self._cut_off is not None:
            self._cut_off()

    def check(self) -> None:
        """Raise Interrupted if a stop was asked for."""
        if self.asked:
            raise Interrupted(f"stopped by {signal.Signals(self.asked).name}")

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Let SIGINT, SIGTERM and SIGHUP ask to stop, as long as this is open."""
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self.stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def cutting_off(self, cut_off: Callable[[], None]) -> Iterator[None]:
        """Call `cut_off` when a stop is asked for, as long as this is open."""
        self._cut_off = cut_off
        try:
            if self.asked:
                cut_off()
            yield
        finally:
            self._cut_off = None


class Runner:
    """Runs commands. `inherited` are file descriptors that every changing command keeps open: the run's lock."""

    def __init__(self, interrupts: Interrupts | None = None, inherited: tuple[int, ...] = ()) -> None:
        self.interrupts = interrupts or Interrupts()
        self.inherited = inherited

    def read(self, *argv: str, timeout: float = READ_TIMEOUT) -> str:
        """Give the standard output of a command that changes nothing; raises CommandFailed, ProgramMissing."""
        output, errors = BytesIO(), BytesIO()
        process = _Process(Command(argv, timeout=timeout), output, errors, ())
        outcome = process.wait()
        if not outcome.ok:
            words = errors.getvalue() or output.getvalue()
            raise CommandFailed(replace(outcome, words=words.decode(errors="replace")))
        return output.getvalue().decode(errors="replace")

    def run(self, asked: Command, on_line: OnLine = lambda line: None) -> Outcome:
        """Run a command that may change the host, and give each line of its output as it comes.

        Raises Interrupted before it starts if a stop was asked for, and ProgramMissing.
        """
        self.interrupts.check()
        lines = _Lines(on_line)
        process = _Process(asked, lines.take, lines.take, self.inherited)
        with self.interrupts.cutting_off(process.terminate if asked.waits else lambda: None):
            outcome = process.wait()
        return replace(outcome, words="".join(lines.last))


class _Process:
    """A started child. The timer stands in for sh's own time-out, which adds 0.1 s to each command."""

    def __init__(self, asked: Command, output: Any, errors: Any, inherited: tuple[int, ...]) -> None:
        self.asked = asked
        self.timed_out = False
        self.started = time.monotonic()
        try:
            program = sh.Command(asked.argv[0])
        except sh.CommandNotFound:
            words = f"{asked.argv[0]}: no such program on this host"
            raise ProgramMissing(Outcome(asked, 127, 0.0, words)) from None
        options = {**_OPTIONS, "_env": c_locale(os.environ), "_pass_fds": inherited}
        self.running = program(*asked.argv[1:], _in=asked.stdin.encode(), _out=output, _err=errors, **options)

    def wait(self) -> Outcome:
        timer = threading.Timer(self.asked.timeout, self._time_out)
        timer.daemon = True
        timer.start()
        try:
            self.running.wait()
        finally:
            timer.cancel()
        code = self.running.exit_code
        seconds = time.monotonic() - self.started
        return Outcome(self.asked, code if code >= 0 else 128 - code, seconds, "", self.timed_out)

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

_OPTIONS: Mapping[str, Any] = {
    "_bg": True,
    "_bg_exc": False,
    "_return_cmd": True,
    "_ok_code": range(-64, 256),
    "_tty_out": False,
    "_new_session": True,
    "_cwd": "/",
    "_decode_errors": "replace",
    "_truncate_exc": False,
}


def c_locale(environment: Mapping[str, str]) -> dict[str, str]:
    """Give the environment with untranslated output: the C locale, in UTF-8 so that names stay themselves."""
    kept = {key: value for key, value in environment.items() if not key.startswith("LC_") and key not in _DROPPED}
    return {**kept, "LC_ALL": "C.UTF-8"}


_DROPPED = ("LANGUAGE", "LIBVIRT_DEFAULT_URI", "VIRSH_DEFAULT_CONNECT_URI")
"""Variables that would translate output, or send virsh to another libvirt than the one that is read."""


class _Lines:
    """Passes lines on as they come, from both of sh's reader threads, and keeps the last."""

    def __init__(self, on_line: OnLine) -> None:
        self.on_line = on_line
        self.last: deque[str] = deque(maxlen=KEPT_LINES)
        self.lock = threading.Lock()

    def take(self, line: str) -> None:
        with self.lock:
            self.last.append(line)
            self.on_line(line.rstrip("\n"))

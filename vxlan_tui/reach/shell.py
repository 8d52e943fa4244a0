"""A bash on another host that runs one request after the other; it ends with its standard input."""

import os
import re
import select
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from vxlan_tui.reach.outcome import Unreachable

_CHUNK = 1 << 16

_MARGIN = 15.0
"""Seconds beyond a request's own limit, after which the connection counts as broken."""

_HEARD = 2000
"""So many bytes are kept of what it prints before it is ready."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

FUNCTIONS = Path(__file__).with_name("remote.bash").read_text(encoding="utf-8")


def quoted(word: str) -> str:
    """Quote a word for bash, on one line whatever it holds."""
    if _CONTROL.search(word):
        escaped = word.replace("\\", "\\\\").replace("'", "\\'")
        return "$'" + _CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", escaped) + "'"
    return "'" + word.replace("'", "'\\''") + "'"


def call(*words: str | float) -> str:
    """Give a request: a function or a program, and its arguments."""
    return " ".join(quoted(word if isinstance(word, str) else f"{word:g}") for word in words)


class Shell:
    """The near end. `lost` makes the error for a connection that broke, from what ssh said."""

    def __init__(
        self, child: subprocess.Popen[bytes], nonce: str, errors: IO[bytes], lost: Callable[[str], Unreachable]
    ) -> None:
        assert child.stdin is not None and child.stdout is not None  # noqa: S101 (pipes were asked for)
        self._child = child
        self._input, self._output = child.stdin, child.stdout
        self._mark = f"\0{nonce} ".encode()
        self.parting = f"\0{nonce}:".encode()
        """What stands behind each part of an answer."""
        self._errors = errors
        self._lost = lost
        self._busy = threading.Lock()
        self._writing = threading.Lock()
        self._pending = b""
        self._heard = b""
        self.status = 0
        self.process = 0
        """Its process on the other side, once it is ready."""

    @property
    def usable(self) -> bool:
        """Whether it can take another request."""
        return not self._input.closed and self._child.poll() is None

    def request(self, line: str, limit: float) -> tuple[int, bytes]:
        """Run a request that takes at most so many seconds, and give its exit status and what it printed."""
        printed = b"".join(self.printed(line, limit))
        return self.status, printed

    def printed(self, line: str, limit: float | None) -> Iterator[bytes]:
        """Run a request, and give what it prints as that comes; `status` is its exit status then."""
        with self._busy:
            self.send(line)
            yield from self.until_mark(None if limit is None else time.monotonic() + limit + _MARGIN)
            self.status = int(self._line())

    def send(self, line: str) -> None:
        """Send a line; an empty one is a sign of life."""
        try:
            with self._writing:
                data = f"{line}\n".encode(errors="surrogateescape")
                while data:
                    data = data[self._input.write(data) or 0 :]
        except (OSError, ValueError):
            raise self.gone() from None

    def until_mark(self, deadline: float | None) -> Iterator[bytes]:
        """Give what comes until our mark does; raises Unreachable where the end comes before it."""
        while True:
            place = self._pending.find(b"\0")
            while place >= 0 and not self._mark.startswith(self._pending[place : place + len(self._mark)]):
                place = self._pending.find(b"\0", place + 1)
            ready, held = (self._pending, b"") if place < 0 else (self._pending[:place], self._pending[place:])
            self._pending = held
            if ready:
                yield ready
            if held.startswith(self._mark):
                self._pending = held[len(self._mark) :]
                return
            self._more(deadline)

    def begin(self, deadline: float) -> None:
        """Wait until it is ready for requests, whatever it prints before."""
        for _ in self.until_mark(deadline):
            continue
        self.process = int(self._line(deadline))
        self._heard = b""

    def ended(self, patience: float) -> bool:
        """Say whether it has ended, or does so within these seconds."""
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(patience)
        return self._child.poll() is not None

    def line(self, deadline: float) -> str:
        """Give the rest of the line that our mark began."""
        return self._line(deadline)

    def _line(self, deadline: float | None = None) -> str:
        while b"\n" not in self._pending:
            self._more(deadline)
        line, _, self._pending = self._pending.partition(b"\n")
        return line.decode(errors="replace")

    def _more(self, deadline: float | None) -> None:
        if deadline is not None:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._output], [], [], left)[0]:
                self.kill()
                raise self._lost("no answer came in time")
        chunk = os.read(self._output.fileno(), _CHUNK)
        if not chunk:
            raise self.gone()
        self._pending += chunk
        self._heard = (self._heard + chunk)[-_HEARD:] if not self.process else b""

    def gone(self) -> Unreachable:
        """Give the error for an end that came too early."""
        self.ended(2.0)
        self._errors.seek(0)
        said = self._errors.read() or self._heard  # a login shell that lets nobody in says so on its standard output
        return self._lost(said.decode(errors="replace"))

    def end_input(self) -> None:
        """Let it know that nothing more comes: it ends, and so does what runs and is to be cut off."""
        with suppress(OSError):
            self._input.close()

    def close(self, patience: float = 2.0) -> None:
        """End it."""
        self.end_input()
        self.ended(patience)
        self.kill()
        self._child.wait()
        self._output.close()
        self._errors.close()

    def kill(self) -> None:
        """End it at once, on this side."""
        with suppress(OSError):
            self._child.kill()

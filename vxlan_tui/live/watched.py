"""A source behind a command that prints a line for each event, as `nmcli monitor` and `bridge monitor` do."""

import os
import shutil
import subprocess
from collections.abc import Hashable, Iterable, Iterator
from typing import TypeVar

from vxlan_tui.live.source import RETRY, Source
from vxlan_tui.reach.local import environment

Row = TypeVar("Row")

_CHUNK = 1 << 16


class Watched(Source[Row]):
    """Reads all rows once, then follows the command's lines; begins anew when the command ends."""

    watches: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self._child: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """End, and with it the command."""
        super().stop()
        if self._child is not None:
            self._child.kill()

    def _follow(self) -> None:
        while not self.stopped.is_set():
            try:
                self._watch()
            except OSError as error:
                self._lose(f"`{' '.join(self.watches)}` cannot be run: {error.strerror}")
                self.stopped.wait(RETRY)

    def _watch(self) -> None:
        with started(self.watches) as child:
            self._child = child
            try:
                self._take_all()
                self._take_lines(child)
            finally:
                child.kill()
        if child.returncode > 0 and not self.stopped.is_set():
            self._lose(f"`{' '.join(self.watches)}` ended with exit status {child.returncode}")
            self.stopped.wait(RETRY)

    def _take_lines(self, child: subprocess.Popen[bytes]) -> None:
        for lines in chunks(child):
            if self.stopped.is_set():
                return
            self._lines(lines)

    def _take_all(self) -> None:
        """Read everything; raises OSError."""
        try:
            self._replace(self._read_all())
        except subprocess.SubprocessError as error:
            self._lose(words(error))

    def _read_all(self) -> Iterable[tuple[Hashable, Row]]:
        raise NotImplementedError

    def _lines(self, lines: list[str]) -> None:
        raise NotImplementedError


def started(argv: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """Start a command that ends with this thread; raises OSError."""
    setpriv = shutil.which("setpriv")
    tied = (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()
    return subprocess.Popen(
        (*tied, *argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env=environment(os.environ),
    )


def chunks(child: subprocess.Popen[bytes]) -> Iterator[list[str]]:
    """Give the lines of a command's output, as many at once as are there."""
    assert child.stdout is not None  # noqa: S101 (a pipe was asked for)
    rest = b""
    while chunk := os.read(child.stdout.fileno(), _CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            yield [line.decode(errors="replace") for line in lines]


def output_of(*argv: str) -> str:
    """Give what a command that only reads says; raises OSError, SubprocessError."""
    done = subprocess.run(
        argv, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, env=environment(os.environ)
    )
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, argv, stderr=done.stderr.decode(errors="replace"))
    return done.stdout.decode(errors="replace")


def words(error: subprocess.SubprocessError) -> str:
    """Say in one line why a command failed."""
    said = getattr(error, "stderr", None) or str(error)
    return str(said).strip().split("\n")[0]

"""A source behind a command that prints a line for each event, as `nmcli monitor` and `bridge monitor` do."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

from vxlan_tui.live.source import RETRY, Source
from vxlan_tui.reach import CommandFailed, Local, Reach, Stream, Unreachable

Row = TypeVar("Row")


class Watched(Source[Row]):
    """Reads all rows once, then follows the command's lines; begins anew when the command ends."""

    watches: tuple[str, ...] = ()

    def __init__(self, reach: Reach | None = None) -> None:
        super().__init__()
        self.reach = reach or Local()
        self._stream: Stream | None = None

    def stop(self) -> None:
        """End, and with it the command."""
        super().stop()
        if self._stream is not None:
            self._stream.close()

    def _follow(self) -> None:
        while not self.stopped.is_set():
            try:
                self._watch()
            except OSError as error:
                self._lose_for_now(f"`{' '.join(self.watches)}` cannot be run: {error.strerror or error}")
            except Unreachable as error:
                self._lose_for_now(str(error).split("\n")[0])
            except CommandFailed as failure:  # a daemon that starts may say so before it answers: ask again
                self._lose_for_now((failure.outcome.words.strip() or str(failure)).split("\n")[0])

    def _watch(self) -> None:
        with self.reach.stream(*self.watches) as stream:
            self._stream = stream
            self._take_all()
            for lines in stream.lines():
                if self.stopped.is_set():
                    return
                self._lines(lines)
            status = stream.status
        if status and not self.stopped.is_set():
            self._lose_for_now(f"`{' '.join(self.watches)}` ended with exit status {status}")

    def _lose_for_now(self, why: str) -> None:
        """Say that the rows no longer follow the system, and wait until it is time to ask again."""
        self._lose(why)
        self.stopped.wait(RETRY)

    def _take_all(self) -> None:
        """Read everything; raises OSError, Unreachable, CommandFailed."""
        self._replace(self._read_all())

    def _read_all(self) -> Iterable[tuple[Hashable, Row]]:
        raise NotImplementedError

    def _lines(self, lines: list[str]) -> None:
        raise NotImplementedError

"""Output, line by line."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator

KEPT = 200
"""So many last lines of a command's output are kept for the error that may follow."""


class Lines:
    """Passes lines on as they come, from whichever thread, and keeps the last."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._last: deque[str] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    @property
    def last(self) -> str:
        """The last lines, as one text."""
        return "".join(self._last)

    def take(self, line: str) -> None:
        """Pass a line on."""
        with self._lock:
            self._last.append(line)
            self._on_line(line.rstrip("\n"))


def grouped(chunks: Iterable[bytes]) -> Iterator[list[str]]:
    """Give the lines of what comes in pieces, as many at once as are whole; at the end a last one without its end."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            yield [line.decode(errors="replace") for line in lines]
    if rest:
        yield [rest.decode(errors="replace")]

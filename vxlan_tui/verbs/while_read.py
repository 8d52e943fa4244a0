"""Standard output of a verb that changes nothing, whose reader may go before its end, as `head` does."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class WhileRead(io.TextIOWrapper):
    """Writes to nowhere once the reader has gone: the verb goes on to the exit status that it would have had."""

    def write(self, text: str) -> int:
        """Write, as long as somebody reads."""
        try:
            return super().write(text)
        except BrokenPipeError:
            self._to_nowhere()
            return len(text)

    def flush(self) -> None:
        """Flush, as long as somebody reads."""
        try:
            super().flush()
        except BrokenPipeError:
            self._to_nowhere()

    def _to_nowhere(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


@contextmanager
def while_read() -> Iterator[None]:
    """Have standard output be of that kind."""
    out = sys.stdout
    if not isinstance(out, io.TextIOWrapper):
        yield
        return
    out.flush()
    mine = WhileRead(out.buffer, out.encoding, out.errors, line_buffering=out.line_buffering)
    sys.stdout = mine
    try:
        yield
    finally:
        mine.flush()
        mine.detach()
        sys.stdout = out

"""The terminal that the wizard draws on, which may go away at any moment."""

import sys
from typing import Any

from textual.drivers.linux_driver import LinuxDriver


class Terminal(LinuxDriver):
    """Draws on a terminal as long as it is there.

    Textual's own thread for output ends at the first error, and whoever draws after that waits for ever: a
    wizard whose terminal has gone could neither finish nor end.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file: Any = _Tolerant(sys.__stderr__)


class _Tolerant:
    """A file that takes what it cannot write as written."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write, where that is possible."""
        try:
            self._file.write(text)
        except (OSError, ValueError):
            return

    def flush(self) -> None:
        """Flush, where that is possible."""
        try:
            self._file.flush()
        except (OSError, ValueError):
            return

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

"""Whether to stop: what the person, or the end of their session, asks for while commands run."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType


class Interrupted(Exception):  # noqa: N818 (it is what happened)
    """The person, or the end of their session, asked to stop. Raised between commands."""


@dataclass
class Interrupts:
    """Whether to stop: signals set it, and it is asked between commands.

    A command that only waits is cut off at once; any other one is let end, because half of it may have
    happened. Several hosts can be worked on at once, each with its own commands to cut off.
    """

    asked: int = 0
    _cut_off: list[Callable[[], None]] = field(default_factory=list, repr=False)

    def stop(self, number: int = signal.SIGINT, frame: FrameType | None = None) -> None:
        """Ask to stop; fit to be a signal handler."""
        del frame
        self.asked = number
        for cut_off in tuple(self._cut_off):
            cut_off()

    def check(self) -> None:
        """Raise Interrupted if a stop was asked for."""
        if self.asked:
            raise Interrupted(f"stopped by {signal.Signals(self.asked).name}")

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Let SIGINT, SIGTERM and SIGHUP ask to stop, as long as this is open.

        One that this program was started to ignore, as by nohup(1), stays ignored.
        """
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        heeded = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self.stop) for number in heeded}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def cutting_off(self, cut_off: Callable[[], None]) -> Iterator[None]:
        """Call `cut_off` when a stop is asked for, as long as this is open."""
        self._cut_off.append(cut_off)
        try:
            if self.asked:
                cut_off()
            yield
        finally:
            self._cut_off.remove(cut_off)

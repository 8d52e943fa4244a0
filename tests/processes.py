"""The processes that tests start: signals reach them, and none of them outlives its test."""

import signal
import subprocess
from types import FrameType
from typing import TypeVar

Child = TypeVar("Child", bound="subprocess.Popen[str] | subprocess.Popen[bytes]")

_held: list["subprocess.Popen[str] | subprocess.Popen[bytes]"] = []


def held(child: Child) -> Child:
    """Have a child killed at the end of the test that starts it, however that ends; return the child."""
    _held.append(child)
    return child


def end_held() -> None:
    """Kill what is held and still runs."""
    while _held:
        child = _held.pop()
        if child.poll() is None:
            child.kill()
        child.wait()


def let_signals_reach_children() -> None:
    """Give the processes that are started from here the default dispositions of signals.

    What a shell starts in the background or under nohup ignores SIGINT or SIGHUP, and so does all that it starts in
    turn: it could not even trap them. A handler is not inherited. So this process goes on ignoring them, by itself.
    """
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, _ignore)


def _ignore(number: int, frame: FrameType | None) -> None:
    """Do nothing."""

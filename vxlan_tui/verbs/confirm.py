"""Who confirms a change that can cut the connection: the person at the terminal, or, with --yes, an answer."""

import os
import select
import sys
import termios
from contextlib import suppress

from vxlan_tui.guard import Question
from vxlan_tui.report import Text

TICK = 0.2
"""Seconds between two looks at the clock."""

YES = ("y", "yes")


class ByProof:
    """Confirms where somebody answers over the new configuration. With nobody to ask, an SSH session is a no."""

    proof = True

    def __init__(self, report: Text) -> None:
        self._report = report

    def keep(self, question: Question) -> bool:
        """Say whether to keep the change."""
        for line in question.news:
            self._report.say(f"      {line}")
        if question.proven is None:
            self._report.say("      There is no gateway to ask.")
            return not question.over_ssh
        return question.proven


class AtTerminal:
    """Asks on the terminal. No answer, another answer, the end of the terminal: all are no."""

    proof = False

    def __init__(self, report: Text) -> None:
        self._report = report

    def keep(self, question: Question) -> bool:
        """Ask whether to keep the change, for as long as there is time."""
        self._report.say()
        for line in question.news:
            self._report.say(line)
        self._report.say("Type yes to keep it. Anything else, or no answer in time, takes it back.")
        with suppress(termios.error):  # what was typed before the question is no answer to it
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
        self._report.prompt(_asked(question.left()))
        answer = self._answer(question)
        self._report.say("" if answer else "\nNo answer.")
        return answer.strip().lower() in YES

    def _answer(self, question: Question) -> str:
        shown = int(question.left())
        while (left := question.left()) > 0 and not question.stopped():
            if (answer := typed(min(TICK, left))) is not None:
                return answer
            if int(left) != shown:
                shown = int(left)
                self._report.renew(_asked(left))
        return ""


def _asked(left: float) -> str:
    return f"Keep this configuration? {max(0, int(left)):3d} s: "


def typed(seconds: float = TICK) -> str | None:
    """Return the line that was typed, empty at the terminal's end; None where there is none in so many seconds.

    A signal is heeded between two waits; a read would be gone on with behind it.
    """
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    if not ready:
        return None
    try:
        return os.read(sys.stdin.fileno(), 1024).decode(errors="replace")
    except OSError:
        return ""

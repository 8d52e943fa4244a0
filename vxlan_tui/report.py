"""What a person, or a program, reads of a run: each command before it runs, its output, how each step ended."""

import json
import os
import sys
from collections.abc import Callable
from threading import Lock
from typing import TextIO

from vxlan_tui.command import Command
from vxlan_tui.plan import printable
from vxlan_tui.reach import Outcome
from vxlan_tui.session import Result
from vxlan_tui.steps import Need, Step

_WORDS = {Need.DONE: "done already", Need.RUN: "to run", Need.CHANGE: "to change", Need.CONFLICT: "in conflict"}


_WRITING = Lock()
"""Hosts are told of from a thread each: what one says at once stands together."""


class Text:
    """For people. A terminal that has gone must not stop the run in the middle: `gone` is called instead.

    With `host`, each line bears its name.
    """

    def __init__(self, out: TextIO, gone: Callable[[], None], host: str = "") -> None:
        self._out = out
        self._gone = gone
        self._host = host

    def say(self, text: str = "") -> None:
        """Write lines at once."""
        lines = (f"{self._host}: {line}".rstrip() if self._host else line for line in text.split("\n"))
        self._raw("".join(f"{line}\n" for line in lines))

    def prompt(self, text: str) -> None:
        """Write the beginning of a line that is then typed on."""
        self._raw(text)

    def renew(self, text: str) -> None:
        """Write it anew, with the cursor and what was typed left where they are (ECMA-48, DECSC)."""
        if os.environ.get("TERM", "dumb") != "dumb":
            self._raw(f"\x1b7\r{text}\x1b8")

    def _raw(self, text: str) -> None:
        try:
            with _WRITING:
                self._out.write(text)
                self._out.flush()
        except (OSError, ValueError):
            self._gone()

    def preview(self, steps: list[Step]) -> None:
        """List the steps, what each changes, and its commands."""
        for step in steps:
            self.say(f"{step.section}  {step.title}: {_WORDS[step.need]}")
            for change in step.changes:
                self.say(f"      {printable(str(change))}")
            if step.conflict:
                self.say(f"      {printable(step.conflict)}")
            if step.cuts:
                self.say(f"      This can cut you off: {printable(step.cuts)}.")
            for command in step.commands if not step.conflict else ():
                self.say(command.printed)

    def would(self, steps: list[Step]) -> None:
        """Say what would run, and that nothing did."""
        self.preview(steps)
        left = sum(len(step.commands) for step in steps)
        self.say(f"\nNothing was changed. {f'{left} commands would run.' if left else 'The host is already so.'}")

    def step(self, step: Step) -> None:
        """Name the step that begins."""
        self.say(f"\n{step.section}  {printable(step.title)}")
        if step.cuts:
            self.say(f"      This can cut you off: {printable(step.cuts)}.")
        for change in step.changes:
            self.say(f"      {printable(str(change))}")

    def command(self, command: Command) -> None:
        """Print the command before it runs."""
        self.say(command.printed)

    def line(self, text: str) -> None:
        """Pass a line of output on, without what could drive the terminal."""
        self.say("".join(char if char.isprintable() or char == "\t" else repr(char)[1:-1] for char in text))

    def ended(self, outcome: Outcome) -> None:
        """Say how a command that failed ended."""
        if not outcome.ok:
            self.say(f"      exit status {outcome.status} after {outcome.seconds:.1f} s")

    def result(self, step: Step, result: Result) -> None:
        """Say how the step ended, in words."""
        if result.state == "done":
            self.say(f"{step.section}  {printable(step.title)}: done already")
        elif result.state != "changed":
            self.say(f"{step.section}  {printable(step.title)}: {result.state.upper()}")
        for line in result.detail.splitlines():
            self.say(f"      {printable(line)}")

    def end(self, result: str, words: str = "") -> None:
        """Say how the whole run ended, in other words where that takes them."""
        usual = {
            "unchanged": "Nothing was changed: the host is already so.",
            "changed": "Done: every step has taken effect.",
            "rolled-back": "Stopped, and taken back: the host's own connection is as it was before.",
            "failed": "Stopped. What had been done before stays; run the same again after mending, or undo.",
            "unreachable": "Not known: what ran as the connection broke may have ended or not. Run the same again.",
        }
        self.say(f"\n{words or usual[result]}")


class Json(Text):
    """For programs: JSON lines on standard output, everything for people on standard error."""

    def __init__(self, out: TextIO, gone: Callable[[], None], host: str = "") -> None:
        super().__init__(sys.stderr, gone, host)
        self._rows = Text(out, gone)

    def result(self, step: Step, result: Result) -> None:
        """Write the step's line."""
        super().result(step, result)
        state = _AS_ROW.get(result.state, result.state)
        ran = [command.text for command in step.commands] if state in ("changed", "failed") else []
        self._row(
            step=step.id,
            section=step.section,
            subject=step.subject,
            state=state,
            commands=[] if step.conflict else ran,
            detail=result.detail,
        )

    def would(self, steps: list[Step]) -> None:
        """Write a line for each step: one that would run is skipped, with its commands."""
        super().would(steps)
        states = {Need.DONE: "done", Need.CONFLICT: "failed"}
        for step in steps:
            commands = [command.text for command in step.commands]
            state = states.get(step.need, "skipped")
            detail = step.conflict or "; ".join(map(str, step.changes))
            self._row(
                step=step.id, section=step.section, subject=step.subject, state=state, commands=commands, detail=detail
            )
        self._row(result="failed" if any(step.conflict for step in steps) else "unchanged")

    def end(self, result: str, words: str = "") -> None:
        """Write the last line."""
        super().end(result, words)
        self._row(result=result)

    def _row(self, **row: object) -> None:
        self._rows.say(json.dumps({"host": self._host, **row} if self._host else row))


_AS_ROW = {"stopped": "failed", "taken back": "failed"}
"""What a step's line says of states that are told apart for people."""

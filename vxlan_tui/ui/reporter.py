"""Carries what a run tells from its thread to the screen: into the work, and a word that there is news."""

from collections.abc import Callable
from dataclasses import replace

from vxlan_tui.command import Command
from vxlan_tui.plan import printable
from vxlan_tui.reach import Outcome
from vxlan_tui.session import Result
from vxlan_tui.steps import Step
from vxlan_tui.ui.work import Shown, StepRun, Work, key_of


class ScreenReporter:
    """A session's Reporter. `news` is called in the run's thread; it must not wait for the screen."""

    def __init__(self, work: Work, section: str, news: Callable[[], None]) -> None:
        self._work = work
        self._section = section
        self._news = news
        self._run = StepRun()
        self.doing = ""

    def step(self, step: Step) -> None:
        """Begin a step anew: what an earlier try has shown goes."""
        if step.id == "guard.end":  # it is told below what it ends, which is on screen
            step = replace(step, id="guard.begin")
            self._run = self._work.runs.get(key_of(self._section, step)) or StepRun()
            self._news()
            return
        self._run = StepRun(step.title)
        self._work.runs[key_of(self._section, step)] = self._run
        self._work.skipped.discard(key_of(self._section, step))
        self._news()

    def command(self, command: Command) -> None:
        """Show the command before it runs."""
        self._run.commands.append(Shown(command.text))
        self.doing = command.text
        self._news()

    def line(self, text: str) -> None:
        """Show a line of its output, without what could drive the terminal."""
        self._run.commands[-1].add(printable(text.replace("\t", "    ")))
        self._news()

    def ended(self, outcome: Outcome) -> None:
        """Show how it ended."""
        self._run.commands[-1].outcome = outcome
        self.doing = ""
        self._news()

    def result(self, step: Step, result: Result) -> None:
        """Show how the step ended."""
        step = replace(step, id="guard.begin") if step.id == "guard.end" else step
        run = self._work.runs.setdefault(key_of(self._section, step), StepRun())
        run.result = result
        self._news()

"""Carries what a run tells from its thread to the model, with a word to the screen that there is news."""

from collections.abc import Callable
from dataclasses import replace

from vxlan_tui.command import Command
from vxlan_tui.plan import printable
from vxlan_tui.reach import Outcome
from vxlan_tui.session import Result
from vxlan_tui.steps import Step
from vxlan_tui.ui.host_work import CommandOutput, HostWork, StepOutput, key_of
from vxlan_tui.ui.model import Run


class ModelReporter:
    """A session's Reporter for one host. `news` is called in the run's thread; it must not wait for the screen."""

    def __init__(self, work: HostWork, section_of: Callable[[Step], str], run: Run, news: Callable[[], None]) -> None:
        self._work = work
        self._section_of = section_of
        self._run = run
        self._news = news
        self._output = StepOutput()

    def step(self, step: Step) -> None:
        """Begin a step anew: what an earlier try has shown goes."""
        step = _shown_as(step)
        key = key_of(self._section_of(step), step)
        if step.id == "guard.begin" and key in self._work.outputs:
            self._output = self._work.outputs[key]  # it is told below what it ends, which is on screen
        else:
            self._output = StepOutput(step.title)
            self._work.put(key, self._output)
        self._work.skipped.discard(key)
        self._news()

    def command(self, command: Command) -> None:
        """Show the command before it runs."""
        self._output.commands.append(CommandOutput(command.text))
        self._run.command = command.text
        self._work.ran += 1
        self._news()

    def line(self, text: str) -> None:
        """Show a line of its output, without what could drive the terminal."""
        self._output.commands[-1].add(printable(text.replace("\t", "    ")))
        self._news()

    def ended(self, outcome: Outcome) -> None:
        """Show how it ended."""
        self._output.commands[-1].outcome = outcome
        self._run.command = ""
        self._news()

    def result(self, step: Step, result: Result) -> None:
        """Show how the step ended."""
        shown = _shown_as(step)
        key = key_of(self._section_of(shown), shown)
        if key not in self._work.outputs:
            self._work.put(key, StepOutput(step.title))
        self._work.outputs[key].result = result
        self._run.done += step.id != "guard.end"
        self._news()


def _shown_as(step: Step) -> Step:
    """Return the step on screen that a step is told of: what ends a guarded change is told with what began it."""
    return replace(step, id="guard.begin") if step.id == "guard.end" else step

"""What the wizard knows of one host of the plan, and what was run on it from here."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vxlan_tui.checks.finding import Finding
    from vxlan_tui.reach import Outcome
    from vxlan_tui.session import Result
    from vxlan_tui.steps import Step

KEPT_LINES = 500
"""So many last lines of a command's output stay on screen."""

Key = tuple[str, str, str]


def undo_of(section: str) -> str:
    """Return the name that a section's way back goes by: its steps are others than those of the way there."""
    return f"undo {section}"


def key_of(section: str, step: "Step") -> Key:
    """Return what makes a step this one, from one look to the next."""
    return (section, step.id, step.subject)


@dataclass
class CommandOutput:
    """A command that ran from here: its text, its output so far, and how it ended."""

    text: str
    lines: list[str] = field(default_factory=list)
    outcome: "Outcome | None" = None
    started: float = field(default_factory=time.monotonic)

    def add(self, line: str) -> None:
        """Add a line of output; of a long output the last lines are kept."""
        self.lines.append(line)
        if len(self.lines) > 2 * KEPT_LINES:
            del self.lines[:KEPT_LINES]


@dataclass
class StepOutput:
    """What running a step has shown so far; `title` is what it was called when it began."""

    title: str = ""
    commands: list[CommandOutput] = field(default_factory=list)
    result: "Result | None" = None

    @property
    def state(self) -> str:
        """How it ended: changed, failed and so on; `running` as long as it has not."""
        return self.result.state if self.result is not None else "running"


@dataclass
class HostWork:
    """One host. `not_ready` says in words what a look at a section was refused for."""

    name: str = ""
    steps: dict[str, list["Step"]] = field(default_factory=dict)
    not_ready: dict[str, str] = field(default_factory=dict)
    outputs: dict[Key, StepOutput] = field(default_factory=dict)
    undone: dict[str, tuple["Step", ...]] = field(default_factory=dict)
    skipped: set[Key] = field(default_factory=set)
    stopped: dict[str, str] = field(default_factory=dict)
    findings: list["Finding"] = field(default_factory=list)
    pending: set[tuple[str, str]] = field(default_factory=set)
    verified: str = ""
    ran: int = 0
    """So many commands ran on it from here."""
    unchecked: str = ""
    """Why the checks could not be run."""
    unreached: str = ""
    """Why the host cannot be reached."""

    def output(self, section: str, step: "Step") -> StepOutput | None:
        """Return what running a step has shown, None where it did not run."""
        return self.outputs.get(key_of(section, step))

    def put(self, key: Key, output: StepOutput) -> None:
        """Take what running a step shows, from the thread of a run: who reads meanwhile keeps what was there."""
        self.outputs = {**self.outputs, key: output}

    def runs_in(self, section: str) -> bool:
        """Return whether a step of a section runs now."""
        return any(key[0] == section and output.state == "running" for key, output in self.outputs.items())

    def status(self, section: str, step: "Step") -> str:
        """Return in a word how a step stands: what the host shows counts, then what happened here."""
        output = self.output(section, step)
        if output is not None and output.state == "running":
            return "running"
        if step.conflict:
            return "conflict"
        if not self.is_open(section, step):
            return "done"
        if output is not None and output.state in _ENDS:
            return _ENDS[output.state]
        if key_of(section, step) in self.skipped:
            return "skipped"
        return "to change" if step.changes else "to do"

    def is_open(self, section: str, step: "Step") -> bool:
        """Return whether a step is to be done: it has commands, and none of its runs has gone well since the look."""
        output = self.output(section, step)
        return bool(step.commands) and (output is None or output.state not in _WENT_WELL)

    def left(self, section: str) -> list["Step"]:
        """Return the steps that would run with a section: what is not done and not skipped."""
        steps = self.steps.get(section, [])
        return [step for step in steps if self.is_open(section, step) and key_of(section, step) not in self.skipped]

    def counts(self, section: str) -> tuple[int, int]:
        """Return how many of a section's steps are done or skipped, and how many there are."""
        steps = self.steps.get(section, [])
        settled = [step for step in steps if self.status(section, step) in ("done", "skipped")]
        return len(settled), len(steps)

    def state(self, section: str) -> str:
        """Return in a word or two how a section stands; empty where it was not looked at."""
        if self.unreached or section in self.not_ready:
            return "unreached" if self.unreached else "not ready"
        if section not in self.steps:
            return ""
        statuses = [self.status(section, step) for step in self.steps[section]]
        worst = next((word for word in ("running", "conflict", "failed", "taken back") if word in statuses), "")
        if worst:
            return worst
        done, count = self.counts(section)
        if not count:
            return "as it is" if section == "ethernet" else "none"
        if done < count:
            return f"{done}/{count}"
        return "skipped" if "skipped" in statuses else "done"

    def is_done(self, section: str) -> bool:
        """Return whether nothing of a section's steps is left to do, but for what is skipped."""
        return self.state(section) in ("done", "skipped", "as it is", "none")

    def all_undone(self, section: str) -> bool:
        """Return whether an undo that was asked for in a section has gone well to its end."""
        outputs = [self.output(undo_of(section), step) for step in self.undone.get(section, ()) if step.commands]
        return bool(outputs) and all(output is not None and output.state in _WENT_WELL for output in outputs)

    def take(self, found: "Mapping[str, list[Step] | str]") -> None:
        """Take what a look has found: each section's steps, or in words why it cannot be looked at."""
        self.steps = {section: value for section, value in found.items() if not isinstance(value, str)}
        self.not_ready = {section: value for section, value in found.items() if isinstance(value, str)}
        self.forget_stale_outputs()

    def forget_stale_outputs(self) -> None:
        """Drop what steps have shown that went well then, and are to be done again now."""
        for section, steps in self.steps.items():
            for key in [key_of(section, step) for step in steps if step.commands]:
                if key in self.outputs and self.outputs[key].state in _WENT_WELL:
                    del self.outputs[key]


_WENT_WELL = ("changed", "done")

_ENDS = {"failed": "failed", "stopped": "stopped", "taken back": "taken back"}
"""How a step that is still to be done ended when it ran."""


WORST = ("running", "conflict", "failed", "taken back", "not ready")
"""States of a section that one host has for all, the first one found."""


def state_of_all(works: list[HostWork], section: str) -> str:
    """Return in a word or two how a section stands on all hosts; empty where none was looked at."""
    states = [work.state(section) for work in works if not work.unreached]
    if works and not states:
        return "unreached"
    alone = len(set(states)) == 1 and len(states) == len(works)
    worst = next((word for word in WORST if word in states), states[0] if alone else "")
    if worst or not any(states):
        return worst
    counts = [work.counts(section) for work in works if section in work.steps]
    done, count = sum(done for done, _ in counts), sum(count for _, count in counts)
    if done < count:
        return f"{done}/{count}"
    return "unreached" if len(states) < len(works) else "done"


def verdict_of_all(works: list[HostWork]) -> str:
    """Return in a word or two how the checks ended on all hosts; empty where they did not run."""
    verdicts = [work.verified for work in works if not work.unreached]
    if len(set(verdicts)) <= 1 and not any(word.endswith(("failed", "warn")) for word in verdicts):
        verdict = next(iter(verdicts), "")
        return "unreached" if verdict == "OK" and len(verdicts) < len(works) else verdict
    for word in ("checking", "not ready", "wait"):
        if found := next((verdict for verdict in verdicts if verdict.startswith(word)), ""):
            return found
    failed, warned = (sum(_number(verdict, word) for verdict in verdicts) for word in ("failed", "warn"))
    if failed:
        return f"{failed} failed"
    if not all(verdicts):
        return ""
    return f"OK, {warned} warn" if warned else "OK"


def _number(verdict: str, word: str) -> int:
    """Return the number before a word of a verdict."""
    words = verdict.split()
    return int(words[words.index(word) - 1]) if word in words else 0

"""What the wizard holds beside its widgets: the draft, the looks at the host, and what has run."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vxlan_tui.ui.draft import Draft

if TYPE_CHECKING:
    from vxlan_tui.facts.survey import Survey
    from vxlan_tui.plan import Host, Plan
    from vxlan_tui.reach import Outcome
    from vxlan_tui.session import Result
    from vxlan_tui.steps import Step

SECTIONS = {
    "host": "This host",
    "plan": "Plan",
    "ethernet": "Ethernet",
    "bridge": "Bridge and VXLAN",
    "network": "Libvirt network",
    "vms": "VMs",
    "verify": "Verify",
    "finish": "Finish",
}
SECTION_NUMBERS = {"ethernet": "10.2", "bridge": "10.3", "network": "10.4", "vms": "10.5"}
"""The chapter's numbers of what is done in steps."""

STEP_SECTIONS = tuple(SECTION_NUMBERS)

KEPT_LINES = 500
"""So many last lines of a command's output stay on screen."""

Key = tuple[str, str, str]


def undo_of(section: str) -> str:
    """Give the name that a section's way back goes by: its steps are others than those of the way there."""
    return f"undo {section}"


def key_of(section: str, step: "Step") -> Key:
    """Give what makes a step this one, from one look to the next."""
    return (section, step.id, step.subject)


@dataclass
class Shown:
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
class StepRun:
    """What running a step has shown so far; `title` is what it was called when it began."""

    title: str = ""
    commands: list[Shown] = field(default_factory=list)
    result: "Result | None" = None


@dataclass
class Work:
    """One wizard's work.

    `not_ready` says in words what a look at a section was refused for. `advance` is the section in which the mark
    goes on to the next open step, once the look after a run has told which that is.
    """

    draft: Draft
    asked_host: str | None = None
    survey: "Survey | None" = None
    plan: "Plan | None" = None
    steps: dict[str, list["Step"]] = field(default_factory=dict)
    not_ready: dict[str, str] = field(default_factory=dict)
    runs: dict[Key, StepRun] = field(default_factory=dict)
    undone: dict[str, tuple["Step", ...]] = field(default_factory=dict)
    skipped: set[Key] = field(default_factory=set)
    running: str = ""
    looking: bool = False
    advance: str = ""
    verified: str = ""
    finished: str = ""
    plan_faults: int = 0
    opened: bool = False
    stopped: dict[str, str] = field(default_factory=dict)
    edited: bool = False

    @property
    def host(self) -> "Host | None":
        """The host of the plan that this machine is."""
        hosts = self.plan.hosts if self.plan else ()
        return hosts[self.draft.here] if self.draft.here < len(hosts) else None

    def state(self, section: str) -> str:
        """Say in a word or two how a section stands."""
        if section == self.running:
            return "running"
        if section == "host":
            return _host_state(self.survey)
        if section == "plan":
            return self._plan_state()
        if section in STEP_SECTIONS:
            return self._steps_state(section)
        if section == "verify":
            return self.verified or "to do"
        return self.finished or ("done" if self.all_done and self.verified.startswith("OK") else "to do")

    @property
    def all_done(self) -> bool:
        """Whether every step of the plan is done on this host, or skipped."""
        return all(map(self.is_done, STEP_SECTIONS))

    def is_done(self, section: str) -> bool:
        """Whether nothing of a section's steps is left to do, but for what is skipped."""
        return self.state(section) in ("done", "skipped")

    def all_undone(self, section: str) -> bool:
        """Whether an undo that was asked for in a section has gone well to its end."""
        runs = [self.runs.get(key_of(undo_of(section), step)) for step in self.undone.get(section, ()) if step.commands]
        return bool(runs) and all(run and run.result and run.result.state == "changed" for run in runs)

    def _plan_state(self) -> str:
        if self.plan is None:
            return f"{self.plan_faults} to mend" if self.plan_faults and self.opened else "to do"
        return "done" if self.draft.is_saved else "not saved"

    def _steps_state(self, section: str) -> str:
        if section in self.not_ready:
            return "not ready"
        steps = self.steps.get(section)
        if steps is None:
            return "to do" if self.plan else "needs a plan"
        left = [step for step in steps if step.commands or step.conflict]
        if any(step.conflict for step in left):
            return "conflict"
        if any(self._failed(section, step) for step in left):
            return "failed"
        open_steps = [step for step in left if key_of(section, step) not in self.skipped]
        if open_steps:
            return f"{len(open_steps)} to do"
        return "skipped" if left else "done"

    def _failed(self, section: str, step: "Step") -> bool:
        run = self.runs.get(key_of(section, step))
        return run is not None and run.result is not None and run.result.state == "failed"

    def forget_looks(self) -> None:
        """Drop what was derived from a plan that has changed since."""
        self.steps.clear()
        self.not_ready.clear()
        self.verified = ""

    def forget_stale_runs(self) -> None:
        """Drop what steps have shown that went well then, and are to be done again now."""
        for section, steps in self.steps.items():
            for key in [key_of(section, step) for step in steps if step.commands]:
                run = self.runs.get(key)
                if run is not None and run.result is not None and run.result.state == "changed":
                    del self.runs[key]

    def next_open(self, sections: Iterable[str] = SECTIONS) -> str:
        """Give the first section that is not done."""
        done = ("done", "ready", "skipped", "OK", "saved")
        return next((name for name in sections if self.state(name) not in done), "finish")


def _host_state(survey: "Survey | None") -> str:
    if survey is None:
        return "looking"
    return f"{len(survey.missing)} missing" if survey.missing else "ready"

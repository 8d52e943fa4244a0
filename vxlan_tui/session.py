"""One plan on one host: look, next step, run, look again. All that a verb or a screen holds.

What is shown is what runs: steps are computed once, from a fresh look, and their commands run as they are.
Success is a second look: after a step its procedure is asked again and must yield nothing.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vxlan_tui.before import Record
from vxlan_tui.command import Command
from vxlan_tui.facts import host as facts
from vxlan_tui.facts import system
from vxlan_tui.facts.libvirt import LibvirtUnavailable
from vxlan_tui.facts.system import Missing
from vxlan_tui.files import private_directory
from vxlan_tui.journal import Journal
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures import SECTIONS, back, steps
from vxlan_tui.reach import CommandFailed, Interrupted, Outcome, Reach
from vxlan_tui.record_store import RecordStore
from vxlan_tui.state import HostState
from vxlan_tui.steps import Need, Step

SETTLE = 20.0
"""Seconds that a step's effect may take to show after its last command has ended."""

_PARTS = {"ethernet": ("net",), "bridge": ("net", "firewall"), "network": ("virt",), "vms": ("virt",)}


class NotReady(Exception):  # noqa: N818 (it is what is so)
    """What this host lacks, all at once."""

    def __init__(self, missing: Iterable[Missing]) -> None:
        self.missing = tuple(missing)
        super().__init__("\n".join(str(each) for each in self.missing))


class Reporter(Protocol):
    """Who is told what happens, as it happens."""

    def step(self, step: Step) -> None:
        """A step with commands begins."""

    def command(self, command: Command) -> None:
        """A command is about to run."""

    def line(self, text: str) -> None:
        """A line of its output."""

    def ended(self, outcome: Outcome) -> None:
        """It has ended."""

    def result(self, step: Step, result: "Result") -> None:
        """The step has ended, or was passed over."""


@dataclass(frozen=True)
class Result:
    """How a step ended: done (it was so already), changed, failed or skipped; and why, in words."""

    state: str
    detail: str = ""


class Session:
    """A plan on a host, and what may be done with it."""

    def __init__(self, plan: Plan, host: Host, reach: Reach, state_directory: Path) -> None:
        self.plan = plan
        self.host = host
        self.reach = reach
        self.journal = Journal(private_directory(state_directory) / "journal")
        self.records = RecordStore(state_directory)

    def look(self, sections: Iterable[str] = SECTIONS, records: Iterable[Record] = ()) -> HostState:
        """Give the host's state as far as these sections need it; raises NotReady with all that is missing."""
        asked = tuple(sections)
        vms = self.plan.vms_of(self.host)
        needed = system.programs(asked, any(vm.install is not None for vm in vms) and "vms" in asked)
        missing = system.not_root() + system.missing_programs(needed)
        state = HostState()
        for part in dict.fromkeys(part for section in asked for part in _PARTS[section]):
            try:
                state = self.read((part,), state, records)
            except CommandFailed as failure:
                missing += [] if failure.outcome.status == 127 else [system.daemon(part, failure.outcome.words)]
            except LibvirtUnavailable as failure:
                missing.append(system.daemon(part, str(failure)))
        if missing:
            raise NotReady(missing)
        return state

    def read(self, parts: Iterable[str], known: HostState, records: Iterable[Record] = ()) -> HostState:
        """Read parts of the host's state anew; raises CommandFailed, LibvirtUnavailable."""
        return facts.read(self.plan, self.host, self.reach, parts, known, records)

    def execute(self, step: Step, command: Command, reporter: Reporter, reach: Reach | None = None) -> Outcome:
        """Run a step's command, told and in the journal; another `reach` is one that no interrupt reaches.

        Raises Interrupted before it starts, and OSError where the journal cannot be written.
        """
        reach = reach or self.reach
        reach.interrupts.check()
        reporter.command(command)
        number = self.journal.write("command", step=step.id, subject=step.subject, text=command.text)
        try:
            outcome = reach.run(command, reporter.line)
        except CommandFailed as failure:
            outcome = failure.outcome
        self.journal.ended(number, outcome)
        reporter.ended(outcome)
        return outcome

    def forward(self, sections: Iterable[str] = SECTIONS) -> "Course":
        """Give the way there: the plan's steps of these sections, from a fresh look."""
        asked = tuple(sections)
        return Course(self, self.look(asked), lambda state: steps(self.plan, self.host, state, asked))

    def backward(self) -> "Course":
        """Give the way back: the steps that restore what stood before."""
        records = self.records.read()
        kinds = {record.kind for record in records}
        sections = [s for s, of in _RECORDED.items() if of & kinds]
        return Course(
            self,
            self.look(sections, records),
            lambda state: back.steps(self.plan, self.host, records, state),
            records,
        )


_RECORDED = {
    "ethernet": {"underlay", "profile"},
    "bridge": {"profile", "port"},
    "network": {"network"},
    "vms": {"vm", "nic", "profile", "network"},
}


@dataclass
class Course:
    """Steps in their order, and the running of them one by one."""

    session: Session
    state: HostState
    judge: Callable[[HostState], list[Step]]
    records: tuple[Record, ...] = ()

    def __post_init__(self) -> None:
        self.steps = self.judge(self.state)

    @property
    def conflicts(self) -> list[Step]:
        """The steps that something of somebody else's stands in the way of."""
        return [step for step in self.steps if step.need is Need.CONFLICT]

    @property
    def commands(self) -> list[Command]:
        """All commands that would run."""
        return [command for step in self.steps for command in step.commands]

    def run(self, step: Step, reporter: Reporter, spend: bool = True) -> Result:
        """Run one step, and look whether it worked; raises Interrupted, OSError (the journal).

        `spend` is whether the records that the step restores are spent at once.
        """
        journal = self.session.journal
        if not step.commands:
            self.session.records.forget(step.restored)
            return Result("done", step.note)
        journal.write("step", step=step.id, subject=step.subject)
        self.session.records.keep(step.before)
        reporter.step(step)
        try:
            result = self._run_commands(step, reporter)
        except Interrupted as interrupted:
            journal.write("step-ended", step=step.id, subject=step.subject, state="failed", detail=str(interrupted))
            raise
        journal.write("step-ended", step=step.id, subject=step.subject, state=result.state, detail=result.detail)
        if result.state == "changed" and spend:
            self.session.records.forget(step.restored)
        return result

    def _run_commands(self, step: Step, reporter: Reporter) -> Result:
        for command in step.commands:
            outcome = self.session.execute(step, command, reporter)
            if not outcome.ok:
                self.session.reach.interrupts.check()
                return Result("failed", outcome.error)
        return self._second_look(step)

    def _second_look(self, step: Step) -> Result:
        """Ask the procedure again until it yields nothing; what takes effect a moment later is waited for.

        So is a daemon that does not answer, because it is being restarted.
        """
        give_up = time.monotonic() + SETTLE
        while True:
            try:
                left = self._left(step)
                words = _not_in_effect(left) if left is not None else ""
            except (CommandFailed, LibvirtUnavailable) as failure:
                words = f"The commands succeeded; whether they took effect could not be seen:\n{failure}"
            if not words:
                return Result("changed", step.note)
            if time.monotonic() > give_up:
                return Result("failed", words)
            self.session.reach.interrupts.check()
            time.sleep(0.1)

    def _left(self, step: Step) -> Step | None:
        """Give what the step would still do, or None."""
        self.state = self.session.read(_parts_of(step), self.state, self.records)
        again = next((s for s in self.judge(self.state) if (s.id, s.subject) == (step.id, step.subject)), None)
        return again if again is not None and again.need is not Need.DONE else None


def _parts_of(step: Step) -> tuple[str, ...]:
    if step.id == "bridge.firewall":
        return ("firewall",)
    return ("virt",) if step.section in ("10.4", "10.5") else ("net",)


def _not_in_effect(left: Step) -> str:
    if left.conflict:
        return left.conflict
    waiting = "\n".join(command.text for command in left.commands)
    return (
        f"The commands succeeded, but the host is not as planned after {SETTLE:g} s. This is still needed:\n{waiting}"
    )

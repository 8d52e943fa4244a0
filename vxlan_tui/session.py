"""One plan on one host: look, next step, run, look again. All that a verb or a screen holds.

What is shown is what runs: steps are judged once, from a fresh look, and their commands run as they are.
Success is a second look: after a step its thing is judged again and must take nothing more.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from vxlan_tui import audit, judge, readings
from vxlan_tui.command import Command
from vxlan_tui.facts import host as facts
from vxlan_tui.facts import system
from vxlan_tui.facts.libvirt import LibvirtUnavailable
from vxlan_tui.facts.system import Missing
from vxlan_tui.journal import Journal
from vxlan_tui.judge import Outputs
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures import BY_NAME, BY_NUMBER, SECTIONS, back, bridge, former, lockout, things
from vxlan_tui.reach import CommandFailed, Interrupted, Outcome, Reach
from vxlan_tui.record import Record, by_name
from vxlan_tui.records import Records
from vxlan_tui.state import HostState
from vxlan_tui.steps import Need, Step
from vxlan_tui.things import Thing

SETTLE = 20.0
"""Seconds that a step's effect may take to show after its last command has ended."""


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
    """How a step ended: done (it was so already), changed, failed, stopped, taken back or skipped; and why."""

    state: str
    detail: str = ""


class Session:
    """A plan on a host, and what may be done with it. `underlay_mtu`: the least of all hosts in bytes, if known.

    `keys` are the other hosts' public keys as those hosts told them, empty for one whose key pair is to be made.
    """

    def __init__(self, plan: Plan, host: Host, reach: Reach, journal: Journal, underlay_mtu: int = 0) -> None:
        self.plan = plan
        self.host = host
        self.reach = reach
        self.journal = journal
        self.underlay_mtu = underlay_mtu
        self.keys: Mapping[str, str] = {}
        self.records = Records(reach)

    def look(self, sections: Iterable[str] = SECTIONS) -> HostState:
        """Return the host's state as far as these sections need it; raise NotReady with all that is missing."""
        asked = tuple(sections)
        vms = self.plan.vms_of(self.host)
        programs = system.programs(asked, any(vm.install is not None for vm in vms) and "vms" in asked)
        needed = (*programs, *(bridge.programs(self.plan) if "bridge" in asked else ()))
        missing = system.not_root(self.reach) + system.missing_programs(self.reach, needed)
        parts = dict.fromkeys(part for section in asked for part in BY_NAME[section].parts)
        state, failures = facts.read(self.plan, self.host, self.reach, parts)
        for part, failure in failures.items():
            if isinstance(failure, LibvirtUnavailable):
                missing.append(system.daemon(part, str(failure), self.reach))
            elif failure.outcome.status != 127:  # a program that is not there is named already
                missing.append(system.daemon(part, failure.outcome.words, self.reach))
        if missing:
            raise NotReady(missing)
        keys = {**state.keys, **self.keys}  # what a host tells itself goes before what this one knew of it
        return replace(state, keys=keys, underlay_mtu=self.underlay_mtu or state.underlay_mtu)

    def read(self, commands: Iterable[tuple[str, ...]]) -> Outputs:
        """Return what these commands show, empty for what is not there; raise CommandFailed, Unreachable."""
        return readings.read(self.reach, commands)

    def execute(self, step: Step, command: Command, reporter: Reporter, reach: Reach | None = None) -> Outcome:
        """Run a step's command, told and in the journal; another `reach` is one that no interrupt keeps from running.

        Raise Interrupted before it starts, and OSError where the journal cannot be written.
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
        audit.tell(reach, self.plan.path, command, outcome.status)
        reporter.ended(outcome)
        return outcome

    def forward(self, sections: Iterable[str] = SECTIONS) -> "StepRun":
        """Return the way there: the plan's steps of these sections, and what takes back that it no longer names."""
        asked = tuple(sections)
        state = self.look(asked)
        records = self.records.read(without=former.named(self.plan, self.host, state))
        left = former.find(self.plan, self.host, records, state, asked)
        rows = things(self.plan, self.host, left.without(state), asked)
        outputs = self.read((*judge.readings(rows), *back.readings(left.all)))
        unseen = left.unseen(outputs)
        ahead = judge.forward(rows, unseen)
        steps = [*former.steps(left.first, outputs), *ahead, *former.steps(left.last, outputs)]
        restored = by_name(record for _, record in left.all)
        return StepRun(self, state, list(lockout.marked(steps, state)), unseen, restored)

    def backward(self) -> "StepRun":
        """Return the way back: the steps that restore what stood before."""
        records = self.records.read()
        found = back.recorded(self.plan, self.host, records, None)
        if not found:
            return StepRun(self, HostState(), [], {}, is_back=True)
        sections = {BY_NUMBER[thing.section].name for thing, _ in found}
        state = self.look([name for name in SECTIONS if name in sections])
        found = back.recorded(self.plan, self.host, records, state)
        outputs = self.read(back.readings(found))
        steps = list(lockout.marked(back.steps(found, outputs), state))
        return StepRun(self, state, steps, outputs, by_name(records), is_back=True)


@dataclass
class StepRun:
    """Steps in their order, and the running of them one by one. `records` has those that steps restore."""

    session: Session
    state: HostState
    steps: list[Step]
    outputs: Outputs
    records: dict[str, Record] = field(default_factory=dict)
    is_back: bool = False

    @property
    def conflicts(self) -> list[Step]:
        """The steps that something of somebody else's stands in the way of."""
        return [step for step in self.steps if step.need is Need.CONFLICT]

    @property
    def commands(self) -> list[Command]:
        """All commands that would run."""
        return [command for step in self.steps for command in step.commands]

    def run(self, step: Step, reporter: Reporter, spend: bool = True) -> Result:
        """Run one step, and look whether it worked; raise Interrupted, OSError (the journal).

        `spend` is whether the record that the step restores is spent at once.
        """
        journal, spent = self.session.journal, self._spent(step)
        if not step.commands or (step.restored and not step.again and self.is_done(step)):
            self.session.records.forget(spent)
            return Result("done", step.note)
        journal.write("step", step=step.id, subject=step.subject)
        self._keep(step)
        reporter.step(step)
        try:
            result = self._run_commands(step, reporter)
        except Interrupted as interrupted:
            journal.write("step-ended", step=step.id, subject=step.subject, state="failed", detail=str(interrupted))
            raise
        journal.write("step-ended", step=step.id, subject=step.subject, state=result.state, detail=result.detail)
        if result.state == "changed" and spend:
            self.session.records.forget(spent)
        return result

    def _spent(self, step: Step) -> list[str]:
        """Return the record that is spent once a step is done: with the last of the steps that restore it."""
        last = next((each for each in reversed(self.steps) if each.restored == step.restored), None)
        return [step.restored] if step.restored and last is not None and last.key == step.key else []

    def record_of(self, thing: Thing) -> Record:
        """Return how a thing stood at the last look, as a record."""
        return Record(thing.record, self.outputs.get(thing.before.argv, ""), str(self.session.plan.path))

    def _keep(self, step: Step) -> None:
        """Record what the rest of the section's steps change, before the first of them can change it on its own."""
        if step.restored:
            return
        ahead = [each for each in self.steps if each.section == step.section and each.commands and not each.restored]
        rows = [each.thing for each in ahead if each.thing]
        self.session.records.keep([*step.before, *(self.record_of(thing) for thing in rows if thing.record)])

    def _run_commands(self, step: Step, reporter: Reporter) -> Result:
        for command in step.commands:
            outcome = self.session.execute(step, command, reporter)
            if not outcome.ok:
                self.session.reach.interrupts.check()
                return Result("failed", outcome.error)
        return self._second_look(step)

    def _second_look(self, step: Step) -> Result:
        """Judge the thing again until it takes nothing; what takes effect a moment later is waited for.

        So is a daemon that does not answer, because it is being restarted.
        """
        give_up = time.monotonic() + SETTLE
        while True:
            try:
                left = self.again(step)
                words = _not_in_effect(left) if left.need is not Need.DONE else ""
            except (CommandFailed, LibvirtUnavailable) as failure:
                words = f"The commands succeeded; whether they took effect could not be seen:\n{failure}"
            if not words:
                return Result("changed", step.note)
            if time.monotonic() > give_up:
                return Result("failed", words)
            self.session.reach.interrupts.check()
            time.sleep(0.1)

    def is_done(self, step: Step) -> bool:
        """Return whether a step takes nothing any more, by a fresh look."""
        return self.again(step).need is Need.DONE

    def again(self, step: Step) -> Step:
        """Return the step as it is judged now, by a fresh look at its thing alone; raise CommandFailed."""
        if step.thing is None:
            return step
        self.outputs = {**self.outputs, **self.session.read(reading.argv for reading in step.thing.readings)}
        if step.restored:
            record = self.records[step.restored]
            return judge.back(step.thing, record.text, self.outputs, back.file_of(record))
        return judge.forward([step.thing], self.outputs)[0]


def _not_in_effect(left: Step) -> str:
    if left.conflict:
        return left.conflict
    waiting = "\n".join(command.text for command in left.commands)
    return (
        f"The commands succeeded, but the host is not as planned after {SETTLE:g} s. This is still needed:\n{waiting}"
    )

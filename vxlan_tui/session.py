"""One plan on one host: look, next step, run, look again. All that a verb or a screen holds.

What is shown is what runs: steps are judged once, from a fresh look, and their commands run as they are.
Success is a second look: after a step its thing is judged again and must take nothing more. Steps that do no harm where
the one before did not take effect are looked at with it, once.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from vxlan_tui.paths import CONFIGURATION, LOCK
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures import BY_NAME, BY_NUMBER, SECTIONS, back, bridge, former, lockout, things, whose
from vxlan_tui.reach import CommandFailed, Interrupted, Outcome, Reach
from vxlan_tui.reach.outcome import TIMED_OUT
from vxlan_tui.record import Record, by_name
from vxlan_tui.records import Records
from vxlan_tui.state import HostState
from vxlan_tui.steps import Need, Step
from vxlan_tui.things import Thing

SETTLE = 20.0
"""Seconds that a step's effect may take to show after its last command has ended."""


TO_DISK = ("find", *CONFIGURATION, "!", "-type", "l", "-newer", LOCK, "-exec", "sync", "{}", "+")
"""Brings to the disk what the daemons have written since this run took the lock: they leave that to the kernel, and a
power cut within half a minute would take back what was told to be done, or bring back what was undone."""


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


STOPPED = Result("stopped", "interrupted; run the same again to go on")
"""The result of a step that an interrupt came in."""


class Session:
    """A plan on a host, and what may be done with it.

    `keys` are the other hosts' public keys as those hosts told them, empty for one whose key pair is to be made.
    """

    def __init__(self, plan: Plan, host: Host, reach: Reach, journal: Journal) -> None:
        self.plan = plan
        self.host = host
        self.reach = reach
        self.journal = journal
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
                missing.append(system.daemon(part, _why(failure.outcome), self.reach))
        if missing:
            raise NotReady(missing)
        keys = {**state.keys, **self.keys}  # what a host tells itself goes before what this one knew of it
        return replace(state, keys=keys)

    def read(self, commands: Iterable[tuple[str, ...]]) -> Outputs:
        """Return what these commands show, empty for what is not there; raise CommandFailed, Unreachable."""
        return readings.read(self.reach, commands)

    def execute(self, step: Step, command: Command, reporter: Reporter, reach: Reach | None = None) -> Outcome:
        """Run a step's command, told and in the journal; another `reach` is one that no interrupt keeps from running.

        Raise Interrupted before it starts, which the journal tells too, and OSError where that cannot be written.
        """
        reach = reach or self.reach
        reach.interrupts.check()
        reporter.command(command)
        number = self.journal.write("command", step=step.id, subject=step.subject, text=command.text)
        try:
            outcome = reach.run(command, reporter.line)
        except CommandFailed as failure:
            outcome = failure.outcome
        except Interrupted:
            self.journal.not_begun(number)
            raise
        self.journal.ended(number, outcome)
        audit.tell(reach, self.plan.path, command, outcome.status)
        reporter.ended(outcome)
        return outcome

    def forward(self, sections: Iterable[str] = SECTIONS) -> "StepRun":
        """Return the way there: the plan's steps of these sections, and what takes back that it no longer names."""
        asked = tuple(sections)
        state = self.look(asked)
        named = former.named(self.plan, self.host, state)
        records = self.records.read(without=whose.not_asked(named))
        left = former.find(self.plan, self.host, records, state, asked)
        others = whose.others(self.plan, records, named, state)
        planned = things(self.plan, self.host, left.without(state), asked)
        rows = whose.with_what_stays(planned, records, others)
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
        ((_, result),) = self.run_together([step], reporter, spend)
        return result

    def run_together(
        self, steps: Iterable[Step], reporter: Reporter, spend: bool = True
    ) -> Iterator[tuple[Step, Result]]:
        """Run steps up to one that fails, then look once whether they worked, and give how each ended.

        What they made is on the disk by then.

        Each is taken from `steps` as it begins. Raise Interrupted once that is told, and OSError (the journal).
        """
        begun: list[tuple[Step, Result | None]] = []
        stop: Interrupted | None = None
        for step in steps:
            try:
                result = self._without_look(step, reporter)
            except Interrupted as interrupted:
                stop, result = interrupted, STOPPED
            begun.append((step, result))
            if result is not None and result.state != "done":
                break
        ran = [step for step, result in begun if result is None]
        try:
            seen = self._second_look(ran)
        except Interrupted as interrupted:
            stop, seen = interrupted, {step.key: STOPPED for step in ran}
        if any(result.state == "changed" for result in seen.values()):
            self.session.reach.read_all([TO_DISK])
        for step, result in begun:
            yield step, self._ended(step, result or seen[step.key], spend)
        if stop is not None:
            raise stop

    def _without_look(self, step: Step, reporter: Reporter) -> Result | None:
        """Run a step's commands; return how it ended where that takes no second look. Raise Interrupted, OSError."""
        if not step.commands or (step.restored and not step.again and self.is_done(step)):
            self.session.records.forget(self._spent(step))
            return Result("done", step.note)
        self.session.journal.write("step", step=step.id, subject=step.subject)
        self._keep(step)
        reporter.step(step)
        for command in step.commands:
            outcome = self.session.execute(step, command, reporter)
            if not outcome.ok:
                self.session.reach.interrupts.check()
                return Result("failed", outcome.error)
        return None

    def _ended(self, step: Step, result: Result, spend: bool) -> Result:
        """Write down how a step ended that had something to run."""
        if result.state != "done":
            state = "failed" if result is STOPPED else result.state
            self.session.journal.write(
                "step-ended", step=step.id, subject=step.subject, state=state, detail=result.detail
            )
        if result.state == "changed" and spend:
            self.session.records.forget(self._spent(step))
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

    def _second_look(self, steps: Sequence[Step]) -> dict[tuple[str, str], Result]:
        """Judge things again until they take nothing, and give how each step ended, by its key; raise Interrupted.

        What takes effect a moment later is waited for. So is a daemon that does not answer, because it is being
        restarted.
        """
        give_up = time.monotonic() + SETTLE
        while steps:
            try:
                left = self.again(steps)
                words = [_not_in_effect(each) if each.need is not Need.DONE else "" for each in left]
            except (CommandFailed, LibvirtUnavailable) as failure:
                unseen = f"The commands succeeded; whether they took effect could not be seen:\n{failure}"
                words = [unseen] * len(steps)
            if not any(words) or time.monotonic() > give_up:
                return {step.key: _seen(step, why) for step, why in zip(steps, words, strict=True)}
            self.session.reach.interrupts.check()
            time.sleep(0.1)
        return {}

    def is_done(self, step: Step) -> bool:
        """Return whether a step takes nothing any more, by a fresh look."""
        return self.again([step])[0].need is Need.DONE

    def again(self, steps: Sequence[Step]) -> list[Step]:
        """Return steps as they are judged now, by a fresh look at their things alone; raise CommandFailed."""
        rows = [step.thing for step in steps if step.thing is not None]
        self.outputs = {**self.outputs, **self.session.read(judge.readings(rows))}
        return [self._judged(step) for step in steps]

    def _judged(self, step: Step) -> Step:
        if step.thing is None:
            return step
        if step.restored:
            record = self.records[step.restored]
            return judge.back(step.thing, record.text, self.outputs, back.file_of(record))
        return judge.forward([step.thing], self.outputs)[0]


def _seen(step: Step, why: str) -> Result:
    return Result("failed", why) if why else Result("changed", step.note)


def _not_in_effect(left: Step) -> str:
    if left.conflict:
        return left.conflict
    waiting = "\n".join(command.text for command in left.commands)
    return (
        f"The commands succeeded, but the host is not as planned after {SETTLE:g} s. This is still needed:\n{waiting}"
    )


def _why(outcome: Outcome) -> str:
    """Return a failed reading's own words, or how it ended: one that was stopped says nothing."""
    if outcome.status in TIMED_OUT and not outcome.words.strip():
        return f"`{outcome.command.text}` took too long; where the host is only busy, run the same again"
    return outcome.words.strip() or outcome.error

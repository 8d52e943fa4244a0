"""What an order runs on each host of a fleet: what no longer is what was shown does not run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from vxlan_tui import fleet, guard
from vxlan_tui.command import Command
from vxlan_tui.exits import CannotStart
from vxlan_tui.facts import host as facts
from vxlan_tui.facts.survey import survey
from vxlan_tui.fleet import Member
from vxlan_tui.guard import Keeper
from vxlan_tui.procedures import lockout, wireguard
from vxlan_tui.reach import Interrupted, Outcome, Reach, Unreachable
from vxlan_tui.session import Reporter, Result, Session, StepRun
from vxlan_tui.state import HostState
from vxlan_tui.steps import Step
from vxlan_tui.ui import remedies
from vxlan_tui.ui.controllers.engine import Order
from vxlan_tui.ui.controllers.matching import matched
from vxlan_tui.ui.model import SECTION_NUMBERS


@dataclass
class Mending(StepRun):
    """A course of steps that mend a host. `lacking` looks again; without it, the checks are the second look."""

    lacking: Callable[[], Iterable[Step]] = list

    def again(self, steps: Sequence[Step]) -> list[Step]:
        """Return the steps as they are now: without commands where they are not lacking any more."""
        left = {step.subject: step for step in self.lacking()}
        return [left.get(step.subject) or replace(step, commands=()) for step in steps]


def preview(session: Session, order: Order) -> list[Step]:
    """Return the steps that an order would find now, with those that guard them; raise NotReady."""
    return _guarded(_step_run(session, order).steps)


def _step_run(session: Session, order: Order) -> StepRun:
    name = session.host.name
    if order.way == "remedy":
        return _remedy(session, order.steps.get(name, ()))
    if order.way == "mend":
        found = list(order.steps.get(name, ()))
        return Mending(session, HostState(), found, {}, lacking=lambda: _lacking(session.reach))
    if order.way == "forward":
        return session.forward(order.sections)
    course = session.backward()
    numbers = {SECTION_NUMBERS[section] for section in order.sections}
    course.steps = [step for step in course.steps if step.section in numbers]
    return course


def _remedy(session: Session, steps: Iterable[Step]) -> StepRun:
    """Return steps that mend what a check has found, those marked that can cut the admin off."""
    found, state = list(steps), HostState()
    if any(lockout.is_put_in_force(command) for step in found for command in step.commands):
        state, _ = facts.read(session.plan, session.host, session.reach, ["net"])
        underlay = session.host.interface
        found = [replace(step, cuts=lockout.of_commands(step.commands, underlay, state)) for step in found]
    return Mending(session, state, found, {})


def _lacking(reach: Reach) -> list[Step]:
    return remedies.of_missing(survey(reach, encrypted=True).missing)


def _guarded(steps: Iterable[Step]) -> list[Step]:
    """Give steps with those that guard them."""
    return [step for region in guard.regions(steps) for step in guard.preview(region, guard.seconds())]


class Told:
    """A fleet's report on one host, to a reporter; what belongs to no command goes to `say`."""

    def __init__(self, reporter: Reporter, say: Callable[[str], None]) -> None:
        self._reporter = reporter
        self._say = say
        self._began = False

    def step(self, step: Step) -> None:
        """Tell of a step that begins."""
        self._began = False
        self._reporter.step(step)

    def command(self, command: Command) -> None:
        """Tell of a command that is about to run."""
        self._began = True
        self._reporter.command(command)

    def line(self, text: str) -> None:
        """Tell a line of its output."""
        self._reporter.line(text)

    def ended(self, outcome: Outcome) -> None:
        """Tell that it has ended."""
        self._reporter.ended(outcome)

    def result(self, step: Step, result: Result) -> None:
        """Tell how a step has ended; one that was not come to stays as it is on screen."""
        if result.state != "skipped":
            self._reporter.result(step, result)

    def say(self, text: str = "") -> None:
        """Tell words beneath what runs, or by themselves."""
        if self._began:
            self._reporter.line(text.strip())
        else:
            self._say(text.strip())


def run_steps(
    order: Order, members: Sequence[Member], keeper: Keeper, others: Mapping[str, Reach] | None = None
) -> str:
    """Run an order's steps on hosts until one fails, and return in a word how it ended, or in a sentence.

    Its key pairs are made first, so that the hosts, and `others`, can tell each other their public keys: where nothing
    else is in the way than that a host does not know another's yet.
    Raise Interrupted, Unreachable, OSError, CannotStart.
    """
    look = partial(fleet.look, members, lambda session: _step_run(session, order), others)
    look()
    refused = _take(order, members)
    if order.way == "forward" and fleet.keys.are_lacking(members) and _are_only_unknown(refused, members):
        fleet.keys.make(members)
        look(makes_keys=False)
        refused = _take(order, members)
    for member in members:
        for step, words in refused[member.name]:
            member.report.result(step, Result("failed", words))
    if any(refused.values()):
        return "failed"
    fleet.run(members, keeper)
    for member in members:
        member.status = member.ended
    _raise_error(members)
    if refused_by := next((member.refused for member in members if member.refused), ""):
        return refused_by
    return "failed" if any(member.stopped for member in members) else "done"


Refused = Mapping[str, list[tuple[Step, str]]]
"""The steps that do not run, each with why, by host."""


def _take(order: Order, members: Sequence[Member]) -> Refused:
    """Have the hosts take the order's steps as they were found, and return those that are not what was shown."""
    refused = {}
    for member in members:
        todo, refused[member.name] = matched(order.steps[member.name], _guarded(member.course.steps))
        member.take(member.course, [step for step in todo if step.id != "guard.begin"])
    return refused


def _are_only_unknown(refused: Refused, members: Sequence[Member]) -> bool:
    """Return whether no step is refused but for another host's public key that is not known."""
    return all(
        words == wireguard.not_known(member.session.plan, member.session.host, member.course.state)
        for member in members
        for _, words in refused[member.name]
    )


def _raise_error(members: Sequence[Member]) -> None:
    """Raise what stopped the run, a person's interrupt before anything else."""
    stops = [(member.where, member.error) for member in members if member.error is not None]
    for _, error in stops:
        if isinstance(error, Interrupted):
            raise error
    for where, error in stops:
        if len(members) == 1 and isinstance(error, CannotStart | Unreachable | OSError):
            raise error
        raise CannotStart(str(error) if isinstance(error, Unreachable) else f"{where}: {error}") from error

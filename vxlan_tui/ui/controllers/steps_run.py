"""The running of an order's steps in a session: what no longer is what was shown does not run."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from vxlan_tui import guard
from vxlan_tui.facts.survey import survey
from vxlan_tui.guard import Guard, Keeper
from vxlan_tui.reach import Interrupted, Reach
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

    def again(self, step: Step) -> Step:
        """Return the step as it is now: without commands where it is not lacking any more."""
        left = next((left for left in self.lacking() if left.subject == step.subject), None)
        return left or replace(step, commands=())


def preview(session: Session, order: Order) -> list[Step]:
    """Return the steps that an order would find now, with those that guard them; raise NotReady."""
    return _guarded(_step_run(session, order).steps)


def _step_run(session: Session, order: Order) -> StepRun:
    name = session.host.name
    if order.way in ("mend", "remedy"):
        found = list(order.steps.get(name, ()))

        def lacking() -> list[Step]:
            return _lacking(session.reach)

        return Mending(session, HostState(), found, {}, lacking=lacking if order.way == "mend" else list)
    if order.way == "forward":
        return session.forward(order.sections)
    course = session.backward()
    numbers = {SECTION_NUMBERS[section] for section in order.sections}
    course.steps = [step for step in course.steps if step.section in numbers]
    return course


def _lacking(reach: Reach) -> list[Step]:
    return remedies.of_missing(survey(reach).missing)


def _guarded(steps: Iterable[Step]) -> list[Step]:
    """Give steps with those that guard them."""
    return [step for region in guard.regions(steps) for step in guard.preview(region, guard.seconds())]


def run_steps(order: Order, session: Session, reporter: Reporter, keeper: Keeper) -> str:
    """Run an order's steps on the session's host until one fails, and return in a word how it ended."""
    name = session.host.name
    course = _step_run(session, order)
    guard.check_foreign(session, course.steps)
    todo, refused = matched(order.steps[name], _guarded(course.steps))
    for step, words in refused:
        reporter.result(step, Result("failed", words))
    if refused:
        return "failed"
    for region in guard.regions(step for step in todo if step.id != "guard.begin"):
        if not (_run_guarded if guard.is_guarded(region) else _run_one)(course, region, reporter, keeper):
            return "failed"
    return "done"


def _run_one(course: StepRun, region: tuple[Step, ...], reporter: Reporter, keeper: Keeper) -> bool:
    del keeper
    (step,) = region
    try:
        result = course.run(step, reporter)
    except Interrupted:
        reporter.result(step, Result("stopped", "You stopped this here. Run it again to go on."))
        raise
    reporter.result(step, result)
    return result.state != "failed"


def _run_guarded(course: StepRun, region: tuple[Step, ...], reporter: Reporter, keeper: Keeper) -> bool:
    ended = Guard(course.session, reporter, keeper).run(course, region)
    for step, result in ended.results:
        reporter.result(step, _as_shown(result) if ended.how == "taken-back" else result)
    if ended.error is not None:
        raise ended.error
    return ended.how == "kept"


def _as_shown(result: Result) -> Result:
    """Tell what was taken back from what failed."""
    not_kept = result.state == "failed" and result.detail.startswith("It was done, but not kept.")
    return Result("taken back", result.detail) if not_kept else result

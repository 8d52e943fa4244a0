"""Running steps for the wizard: in a thread, under the host's lock, exactly what was shown.

The lock is held while something runs, and not for the wizard's life: a wizard left open keeps nobody from
`vxlan-tui apply`. So each run looks afresh first, and what no longer is what was shown does not run.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from vxlan_tui.exits import CannotStart
from vxlan_tui.facts.survey import survey
from vxlan_tui.files import UnsafePath
from vxlan_tui.paths import STATE_DIRECTORY
from vxlan_tui.plan import Host, Plan
from vxlan_tui.runner import Interrupted, Interrupts, Runner
from vxlan_tui.session import Course, NotReady, Reporter, Result, Session
from vxlan_tui.steps import Step
from vxlan_tui.ui import mend
from vxlan_tui.verbs.common import one_run

CHANGED_SINCE = "The host is no longer as it was when this was shown. Nothing was run; look at the steps again."

SECTION_NUMBERS = {"ethernet": "10.2", "bridge": "10.3", "network": "10.4", "vms": "10.5"}


@dataclass(frozen=True)
class Order:
    """What is to run: `way` is forward, back, mend or remedy; `steps` are as they were shown."""

    way: str
    section: str
    steps: tuple[Step, ...]
    plan: Plan | None = None
    host: Host | None = None


def look(plan: Plan, host: Host) -> dict[str, list[Step] | str]:
    """Give every section's steps from a fresh look, or in words why it cannot be looked at."""
    found: dict[str, list[Step] | str] = {}
    for section in SECTION_NUMBERS:
        try:
            found[section] = preview(Order("forward", section, (), plan, host))
        except (NotReady, CannotStart) as error:
            found[section] = str(error)
    return found


def preview(order: Order) -> list[Step]:
    """Give the steps that an order would find now; raises NotReady, CannotStart."""
    session = _session(order, Runner())
    with closing(session.journal):
        return _course(session, order).steps


def _session(order: Order, runner: Runner) -> Session:
    plan = order.plan or Plan(hosts=(), segments=())
    host = order.host or Host.model_construct(name="")
    try:
        return Session(plan, host, runner, Path(STATE_DIRECTORY))
    except (OSError, UnsafePath) as error:
        raise CannotStart(f"the state directory cannot be used: {error}") from error


def _course(session: Session, order: Order) -> Course:
    if order.way == "mend":
        return mend.course(session, order.steps, _lacking)
    if order.way == "remedy":
        return mend.course(session, order.steps, list)
    if order.way == "forward":
        return session.forward([order.section])
    course = session.backward()
    course.steps = [step for step in course.steps if step.section == SECTION_NUMBERS[order.section]]
    return course


def _lacking() -> list[Step]:
    return mend.of_missing(survey(Runner()).missing)


def run(order: Order, reporter: Reporter, interrupts: Interrupts, say: Callable[[str], None]) -> str:
    """Run the order's steps until one fails, and give in a word how it ended; raises CannotStart, Interrupted."""
    with one_run(Path(STATE_DIRECTORY), "vxlan-tui (the wizard)", say) as descriptor:
        session = _session(order, Runner(interrupts, inherited=(descriptor,)))
        with closing(session.journal) as journal:
            path, name = (str(order.plan.path), session.host.name) if order.plan else ("", "")
            journal.write("run", verb=f"wizard {order.way}", plan=path, host=name)
            status = "interrupted"
            try:
                status = _run_steps(order, session, reporter)
            except NotReady as error:
                raise CannotStart(f"this host is not ready:\n{error}") from error
            finally:
                journal.write("run-ended", verb="wizard", status=status)
            return status


def _run_steps(order: Order, session: Session, reporter: Reporter) -> str:
    course = _course(session, order)
    for shown, fresh in zip(order.steps, _matching(order.steps, course), strict=True):
        if fresh is None or (fresh.commands and fresh.commands != shown.commands) or fresh.conflict:
            reporter.result(shown, Result("failed", (fresh and fresh.conflict) or CHANGED_SINCE))
            return "failed"
        try:
            result = course.run(fresh, reporter)
        except Interrupted:
            reporter.result(shown, Result("failed", "You stopped this here. Run it again to go on."))
            raise
        reporter.result(fresh, result)
        if result.state == "failed":
            return "failed"
    return "done"


def _matching(steps: Iterable[Step], course: Course) -> Iterator[Step | None]:
    found = {(step.id, step.subject): step for step in course.steps}
    return (found.get((step.id, step.subject)) for step in steps)

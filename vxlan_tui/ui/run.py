"""Running steps for the wizard: in a thread, under the host's lock, exactly what was shown.

The lock is held while something runs, and not for the wizard's life: a wizard left open keeps nobody from
`vxlan-tui apply`. So each run looks afresh first, and what no longer is what was shown does not run.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from vxlan_tui import guard, journal
from vxlan_tui.exits import CannotStart
from vxlan_tui.facts.survey import survey
from vxlan_tui.files import UnsafePath
from vxlan_tui.guard import NOBODY, Guard, Keeper
from vxlan_tui.journal import Journal
from vxlan_tui.paths import STATE_DIRECTORY
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import Interrupted, Interrupts, Local, Reach
from vxlan_tui.session import NotReady, Reporter, Result, Session, StepRun
from vxlan_tui.steps import Step
from vxlan_tui.ui import mend
from vxlan_tui.ui.work import SECTION_NUMBERS
from vxlan_tui.verbs.common import one_run

CHANGED_SINCE = "The host is no longer as it was when this was shown. Nothing was run; look at the steps again."


@dataclass(frozen=True)
class Order:
    """What is to run: `way` is forward, back, mend or remedy; `steps` are as they were shown.

    `taken_back` names the sections that a way back takes back.
    """

    way: str
    section: str
    steps: tuple[Step, ...]
    plan: Plan | None = None
    host: Host | None = None
    taken_back: tuple[str, ...] = ()


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
    return _guarded(_course(_session(order, Local()), order).steps)


def _session(order: Order, reach: Reach) -> Session:
    plan = order.plan or Plan(hosts=(), segments=())
    host = order.host or Host.model_construct(name="")
    try:
        reach.private_directory(STATE_DIRECTORY)
        return Session(plan, host, reach, Journal(reach, f"{STATE_DIRECTORY}/journal"))
    except (OSError, UnsafePath) as error:
        raise CannotStart(f"the state directory cannot be used: {error}") from error


def _course(session: Session, order: Order) -> StepRun:
    if order.way == "mend":
        return mend.run_of(session, order.steps, _lacking)
    if order.way == "remedy":
        return mend.run_of(session, order.steps, list)
    if order.way == "forward":
        return session.forward([order.section])
    course = session.backward()
    numbers = {SECTION_NUMBERS[section] for section in order.taken_back}
    course.steps = [step for step in course.steps if step.section in numbers]
    return course


def _lacking() -> list[Step]:
    return mend.of_missing(survey(Local()).missing)


def run(
    order: Order, reporter: Reporter, interrupts: Interrupts, say: Callable[[str], None], keeper: Keeper = NOBODY
) -> str:
    """Run the order's steps until one fails, and give in a word how it ended; raises CannotStart, Interrupted.

    `keeper` is who confirms what can cut the connection.
    """
    with _journalled(order, f"wizard {order.way}", interrupts, say) as session:
        told = guard.recover(session, reporter)
        if told is not None:
            say(told.story)
        return _run_steps(order, session, reporter, keeper)


def recover(reporter: Reporter) -> str:
    """Finish what a run that was cut off left unconfirmed, and tell how; empty where there is nothing.

    Raises CannotStart, also where another run is at work: then there is nothing to finish.
    """
    rows = journal.guarded(journal.events(Local(), f"{STATE_DIRECTORY}/journal"))
    if all(row.how for row in rows):
        return ""
    with _journalled(Order("look", "", ()), "wizard start", Interrupts(), lambda _: None) as session:
        told = guard.recover(session, reporter)
        return told.story if told is not None else ""


@contextmanager
def _journalled(order: Order, verb: str, interrupts: Interrupts, say: Callable[[str], None]) -> Iterator[Session]:
    """Hold the lock, and frame what runs in the journal."""
    reach = Local(interrupts)
    with one_run(reach, "vxlan-tui (the wizard)", say):
        session = _session(order, reach)
        written = session.journal
        path, name = (str(order.plan.path), session.host.name) if order.plan else ("", "")
        written.write("run", verb=verb, plan=path, host=name)
        try:
            yield session
        except NotReady as error:
            raise CannotStart(f"this host is not ready:\n{error}") from error
        finally:
            with suppress(OSError):  # a full disk: the next start sees that no end was written
                written.write("run-ended", verb="wizard")


def _run_steps(order: Order, session: Session, reporter: Reporter, keeper: Keeper) -> str:
    course = _course(session, order)
    guard.check_foreign(session, course.steps)
    fresh = [_as_shown(shown, found) for shown, found in zip(order.steps, _matching(order.steps, course), strict=True)]
    for shown, found in zip(order.steps, fresh, strict=True):
        if isinstance(found, str):
            reporter.result(shown, Result("failed", found))
            return "failed"
    todo = [step for step in fresh if isinstance(step, Step) and step.id != "guard.begin"]
    for region in guard.regions(todo):
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
        reporter.result(step, result)
    if ended.error is not None:
        raise ended.error
    return ended.how == "kept"


def _as_shown(shown: Step, fresh: Step | None) -> Step | str:
    """Give the step where it is still what was shown, else in words why it does not run."""
    if fresh is None or (fresh.commands and fresh.commands != shown.commands):
        return CHANGED_SINCE
    return fresh.conflict or fresh


def _guarded(steps: Iterable[Step]) -> list[Step]:
    """Give steps with those that guard them."""
    return [step for region in guard.regions(steps) for step in guard.preview(region, guard.seconds())]


def _matching(steps: Iterable[Step], course: StepRun) -> Iterator[Step | None]:
    found = {(step.id, step.subject): step for step in _guarded(course.steps)}
    return (found.get((step.id, step.subject)) for step in steps)

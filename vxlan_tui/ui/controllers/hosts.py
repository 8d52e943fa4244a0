"""The engine of the program: sessions on hosts, under the hosts' locks, and exactly what was shown.

A lock is held while something runs, and not for the wizard's life: a wizard left open keeps nobody from
`vxlan-tui apply`. So each run looks afresh first, and what no longer is what was shown does not run.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from vxlan_tui import checks, guard, journal, last_run
from vxlan_tui.checks.finding import Finding
from vxlan_tui.exits import CannotStart
from vxlan_tui.facts import system
from vxlan_tui.facts.survey import Survey, survey
from vxlan_tui.files import UnsafePath
from vxlan_tui.guard import Guard, Keeper
from vxlan_tui.journal import Journal
from vxlan_tui.last_run import LastRun
from vxlan_tui.live.source import Source
from vxlan_tui.paths import STATE_DIRECTORY
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import Interrupted, Interrupts, Local, Reach
from vxlan_tui.session import NotReady, Reporter, Result, Session, StepRun
from vxlan_tui.state import HostState
from vxlan_tui.steps import Step
from vxlan_tui.ui import remedies
from vxlan_tui.ui.controllers import log
from vxlan_tui.ui.controllers.engine import Look, Order, Telling
from vxlan_tui.ui.controllers.matching import matched
from vxlan_tui.ui.model import SECTION_NUMBERS
from vxlan_tui.verbs.common import choose_host, one_run

JOURNAL = f"{STATE_DIRECTORY}/journal"


class Hosts:
    """The engine; see the protocol for what each method is for."""

    def survey(self, destination: str) -> Survey:
        """Look at a host without a plan."""
        del destination
        return survey(Local())

    def this_host(self, plan: Plan) -> str:
        """Name the host of the plan that this machine is."""
        return choose_host(plan, None, Local()).name

    def last(self) -> LastRun | None:
        """Give the last run."""
        try:
            return last_run.last(Local(), JOURNAL)
        except OSError:
            return None

    def recover(self, reporter: Reporter) -> str:
        """Finish what was left unconfirmed."""
        if system.not_root(Local()):
            return ""
        try:
            rows = journal.guarded(journal.events(Local(), JOURNAL))
            if all(row.how for row in rows):
                return ""
            with self._journalled(Order("look", ""), None, "wizard start", Interrupts(), lambda _: None) as session:
                told = guard.recover(session, reporter)
                return told.story if told is not None else ""
        except (CannotStart, OSError):
            return ""  # another run is at work, or nobody can tell

    def look(self, plan: Plan, host: Host) -> Look:
        """Look at a host of the plan."""
        if system.not_root(Local()):
            return dict.fromkeys(SECTION_NUMBERS, "This changes the host, and you are not root: use sudo.")
        found: dict[str, list[Step] | str] = {}
        for section in SECTION_NUMBERS:
            try:
                found[section] = self._preview(Order("forward", section, {}, plan, (section,)), host)
            except (NotReady, CannotStart) as error:
                found[section] = str(error)
        return found

    def way_back(self, plan: Plan, host: Host, sections: tuple[str, ...]) -> list[Step]:
        """Give the steps of a way back."""
        return self._preview(Order("back", "", {}, plan, sections), host)

    def _preview(self, order: Order, host: Host) -> list[Step]:
        return _guarded(_course(self._session(order, host, Local()), order, host).steps)

    @staticmethod
    def _session(order: Order, host: Host | None, reach: Reach) -> Session:
        plan = order.plan or Plan(hosts=(), segments=())
        try:
            reach.private_directory(STATE_DIRECTORY)
            opened = Journal(reach, JOURNAL)
        except (OSError, UnsafePath) as error:
            raise CannotStart(f"the state directory cannot be used: {error}") from error
        return Session(plan, host or Host.model_construct(name=""), reach, opened)

    def run(self, order: Order, telling: Telling) -> str:
        """Run an order, host after host."""
        ended = "done"
        for name in order.steps:
            host = order.plan.host(name) if order.plan is not None and name else None
            with self._journalled(order, host, f"wizard {order.way}", telling.interrupts, telling.say) as session:
                reporter = telling.reporter(name)
                told = guard.recover(session, reporter)
                if told is not None:
                    telling.say(told.story)
                ended = _run_steps(order, session, reporter, telling.keeper)
            if ended != "done":
                break
        return ended

    @contextmanager
    def _journalled(
        self, order: Order, host: Host | None, verb: str, interrupts: Interrupts, say: Callable[[str], None]
    ) -> Iterator[Session]:
        """Hold the lock, and frame what runs in the journal."""
        reach = Local(interrupts)
        with one_run(reach, "vxlan-tui (the wizard)", say):
            session = self._session(order, host, reach)
            written = session.journal
            written.write("run", verb=verb, plan=str(order.plan.path) if order.plan else "", host=session.host.name)
            try:
                yield session
            except NotReady as error:
                raise CannotStart(f"this host is not ready:\n{error}") from error
            finally:
                with suppress(OSError):  # a full disk: the next start sees that no end was written
                    written.write("run-ended", verb="wizard")

    def unchecked(self, plan: Plan, host: Host) -> str:
        """Say why a host cannot be checked."""
        return "\n".join(str(each) for each in checks.missing(plan, host))

    def planned(self, plan: Plan, host: Host) -> list[Finding]:
        """Give the checks to come."""
        return checks.planned(plan, host)

    def check(self, plan: Plan, host: Host, tell: Callable[[Finding], None]) -> list[Finding]:
        """Run the checks."""
        return checks.run(plan, host, Local(Interrupts()), tell)

    def log(self) -> str:
        """Give what ran on this machine."""
        return log.as_text(journal.ran(Local(), JOURNAL))

    def script(self, plan: Plan, host: Host, undo: bool) -> str:
        """Give a host's script."""
        from vxlan_tui import export  # noqa: PLC0415 (jinja2 comes when it is asked for)

        return (export.undo_script if undo else export.script)(plan, host)

    def source(self, name: str, bridges: tuple[str, ...], vxlans: tuple[str, ...]) -> Source[Any]:
        """Give the source of a live panel."""
        from vxlan_tui.live.devices import Devices  # noqa: PLC0415
        from vxlan_tui.live.fdb import Fdb  # noqa: PLC0415
        from vxlan_tui.live.networks import Networks  # noqa: PLC0415

        makers: dict[str, Callable[[], Source[Any]]] = {"devices": Devices, "networks": Networks}
        return makers[name]() if name in makers else Fdb(bridges, vxlans)


@dataclass
class Mending(StepRun):
    """A course of steps that mend a host. `lacking` looks again; without it, the checks are the second look."""

    lacking: Callable[[], Iterable[Step]] = list

    def again(self, step: Step) -> Step:
        """Return the step as it is now: without commands where it is not lacking any more."""
        left = next((left for left in self.lacking() if left.subject == step.subject), None)
        return left or replace(step, commands=())


def _course(session: Session, order: Order, host: Host | None) -> StepRun:
    name = host.name if host is not None else ""
    if order.way in ("mend", "remedy"):
        found = list(order.steps.get(name, ()))
        return Mending(session, HostState(), found, {}, {}, _lacking if order.way == "mend" else list)
    if order.way == "forward":
        return session.forward(order.sections)
    course = session.backward()
    numbers = {SECTION_NUMBERS[section] for section in order.sections}
    course.steps = [step for step in course.steps if step.section in numbers]
    return course


def _lacking() -> list[Step]:
    return remedies.of_missing(survey(Local()).missing)


def _guarded(steps: Iterable[Step]) -> list[Step]:
    """Give steps with those that guard them."""
    return [step for region in guard.regions(steps) for step in guard.preview(region, guard.seconds())]


def _run_steps(order: Order, session: Session, reporter: Reporter, keeper: Keeper) -> str:
    name = session.host.name
    course = _course(session, order, session.host if name else None)
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

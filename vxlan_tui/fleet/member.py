"""A host in a run: the way to it, its lock, its journal, and its session on the plan."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

from vxlan_tui import exits, guard, journal, last_run, lock
from vxlan_tui.exits import CannotStart
from vxlan_tui.facts import system
from vxlan_tui.fleet.side_by_side import side_by_side
from vxlan_tui.journal import Journal
from vxlan_tui.paths import JOURNAL, LOCK, STATE_DIRECTORY
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import Interrupted, Reach, Unreachable
from vxlan_tui.session import NotReady, Reporter, Session, StepRun
from vxlan_tui.steps import Step


class Report(Reporter, Protocol):
    """Who is told what happens on one host."""

    def say(self, text: str = "") -> None:
        """Words for the person."""


@dataclass(frozen=True)
class Run:
    """What is begun: by which verb, for whose lock it is `doing`, and for which plan; `named` is whether it has one."""

    plan: Plan
    verb: str
    doing: str
    named: bool = True


@dataclass(frozen=True)
class Wanted:
    """A host to work on, the way to it, and who is told."""

    host: Host
    reach: Reach
    report: Report


@dataclass
class Member:
    """A host at work. `told` is what became of the last run's guarded change; `left` are the steps still to run.

    `hows` are the ways in which steps have ended, `error` what stopped it, `status` the exit status that it has earned,
    `begun` the number of its run in its journal, `early` the steps that ran before the look, which tell no second time.
    `refused` says in words why nothing that can cut hosts off was kept on any of them; empty where a person said so.
    """

    session: Session
    report: Report
    told: str = ""
    begun: int = 0
    ahead: StepRun | None = None
    left: list[tuple[Step, ...]] = field(default_factory=list)
    hows: set[str] = field(default_factory=set)
    error: Exception | None = None
    refused: str = ""
    status: int = exits.INTERRUPTED
    early: set[tuple[str, str]] = field(default_factory=set)
    _held: ExitStack = field(default_factory=ExitStack)

    @property
    def name(self) -> str:
        """The host's name in the plan; empty for this machine without one."""
        return self.session.host.name

    @property
    def where(self) -> str:
        """What the host is called in words."""
        return self.name or "this host"

    @property
    def course(self) -> StepRun:
        """The steps that it was looked at for."""
        if self.ahead is None:
            raise CannotStart(f"{self.where} was not looked at")
        return self.ahead

    @property
    def stopped(self) -> bool:
        """Whether something went wrong on it."""
        return self.error is not None or bool(self.hows & STOPPED)

    @property
    def word(self) -> str:
        """How the run has ended on it, in a word."""
        if isinstance(self.error, Unreachable):
            return "unreachable"
        if not isinstance(self.error, CannotStart | Interrupted | None):
            return "failed"
        if "taken-back" in self.hows:
            return "rolled-back"
        if self.hows & {"failed", "stuck"} or isinstance(self.error, Interrupted):
            return "failed"
        if self.hows & {"changed", "kept"}:
            return "failed" if "skipped" in self.hows else "changed"
        return "unchanged"

    @property
    def ended(self) -> int:
        """How the run has ended on it, as an exit status."""
        if isinstance(self.error, CannotStart):
            return exits.NOT_STARTED
        return exits.INTERRUPTED if isinstance(self.error, Interrupted) else _STATUS.get(self.word, exits.DONE)

    @property
    def conflict(self) -> str:
        """The first thing that stands in the way of what is left; empty where nothing does."""
        return next((step.conflict for region in self.left for step in region if step.conflict), "")

    def take(self, ahead: StepRun, steps: Sequence[Step] | None = None) -> None:
        """Take what is to run: these steps of the course, all of them by default."""
        self.ahead = ahead
        asked = ahead.steps if steps is None else steps
        self.left = list(guard.regions(step for step in asked if step.commands or step.key not in self.early))

    def open(self, doing: str) -> None:
        """Take the host's lock, and open its journal; raise CannotStart, Unreachable."""
        reach = self.session.reach
        with ExitStack() as held:
            held.enter_context(one_run(reach, doing, self.report.say))
            try:
                self.session.journal = Journal(reach, JOURNAL)
            except OSError as error:
                raise CannotStart(f"the journal in {STATE_DIRECTORY} cannot be written: {error}") from error
            self._held = held.pop_all()

    def begin(self, run: Run) -> None:
        """Write down that a run begins; raise CannotStart."""
        written = self.session.journal
        path = str(run.plan.path) if run.named else ""
        try:
            before = last_run.last(self.session.reach, written.path)
            self.begun = written.write("run", verb=run.verb, plan=path, host=self.name)
        except OSError as error:
            raise CannotStart(f"the journal in {STATE_DIRECTORY} cannot be written: {error}") from error
        self.told = before.guarded if before is not None else ""

    def end(self, run: Run) -> None:
        """Write down how it ended, and let the lock go."""
        if not isinstance(self.error, Unreachable):
            with suppress(OSError, Unreachable):  # a full disk: the next run sees that this one wrote no end
                self.session.journal.write("run-ended", verb=run.verb, status=self.status)
        self.close()

    def close(self) -> None:
        """Let the lock go."""
        self._held.close()


_STATUS = {"failed": exits.FAILED, "rolled-back": exits.ROLLED_BACK, "unreachable": exits.FAILED}

STOPPED = frozenset({"failed", "taken-back", "stuck"})


class NotStarted(CannotStart):
    """What keeps hosts from being worked on, by their names. Nothing was changed on any, or nothing else (`begun`)."""

    def __init__(self, errors: Mapping[str, Exception], of: int, begun: bool = False) -> None:
        self.errors = dict(errors)
        if of == 1:
            super().__init__(next(_words(error, name or "this host") for name, error in errors.items()))
            return
        lines = [f"{name}: {line}" for name, error in errors.items() for line in _words(error, "it").splitlines()]
        nothing = "nothing else" if begun else "nothing"
        super().__init__("\n".join([f"{nothing} was changed on any host.", *lines]))


def _words(error: Exception, where: str) -> str:
    return f"{where} is not ready:\n{error}" if isinstance(error, NotReady) else str(error)


def is_begun(members: Sequence[Member]) -> bool:
    """Return whether a step has run on one of them before all else."""
    return any(member.early for member in members)


def all_or_none(errors: Mapping[str, Exception], of: int, begun: bool = False) -> None:
    """Raise what stopped hosts: Interrupted where a person did, NotStarted for all else."""
    for error in errors.values():
        if isinstance(error, Interrupted):
            raise error
    if errors:
        raise NotStarted(errors, of, begun)


@contextmanager
def opened(run: Run, wanted: Sequence[Wanted]) -> Iterator[list[Member]]:
    """Give the hosts, each under its lock and with its journal open; raise NotStarted, Interrupted.

    They are locked one after the other in the plan's order, so that of two runs over the same hosts one has them all.
    """
    place = {host.name: number for number, host in enumerate(run.plan.hosts)}
    members = [
        Member(Session(run.plan, each.host, each.reach, journal.Unwritten()), each.report)
        for each in sorted(wanted, key=lambda each: place.get(each.host.name, 0))
    ]
    by_name = {member.name: member for member in members}
    all_or_none(side_by_side(_reached, by_name)[1], len(members))
    begun: dict[str, Member] = {}
    try:
        for name, member in by_name.items():
            all_or_none(side_by_side(lambda each: each.open(run.doing), {name: member})[1], len(members))
            begun[name] = member
        all_or_none(side_by_side(lambda each: each.begin(run), begun)[1], len(members))
        yield members
    except CannotStart:
        for member in members:
            member.status = exits.NOT_STARTED
        raise
    finally:
        side_by_side(lambda each: each.end(run) if each.begun else each.close(), begun)


def _reached(member: Member) -> None:
    """Log in, and see whether it is as root; raise Unreachable, CannotStart."""
    reach = member.session.reach
    reach.find(("sh",))
    if missing := system.not_root(reach):
        raise CannotStart(str(missing[0]))


@contextmanager
def one_run(reach: Reach, doing: str, say: Callable[[str], None]) -> Iterator[None]:
    """Hold a host's lock; raise CannotStart with who holds it, Unreachable."""
    try:
        reach.private_directory(STATE_DIRECTORY)
    except OSError as error:
        raise CannotStart(f"the state directory cannot be used: {error}") from error
    try:
        with lock.held(reach, LOCK, doing, say):
            yield
    except lock.Locked as locked:
        raise CannotStart(f"this host is being changed by {locked}; try again when it has ended") from locked
    except lock.NoLock as error:
        raise CannotStart(f"the state directory cannot be used: {error}") from error

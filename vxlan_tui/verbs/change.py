"""`apply` and `undo`: show, ask, run step by step."""

import shlex
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vxlan_tui import exits, guard, journal, last_run, plan
from vxlan_tui.exits import CannotStart, Refused
from vxlan_tui.facts import system
from vxlan_tui.facts.libvirt import LibvirtUnavailable
from vxlan_tui.files import UnsafePath
from vxlan_tui.guard import Ended, Guard
from vxlan_tui.paths import STATE_DIRECTORY
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import CommandFailed, Interrupted, Interrupts, Local, Reach, Unreachable
from vxlan_tui.report import Json, Text
from vxlan_tui.session import NotReady, Result, Session, StepRun
from vxlan_tui.steps import Step
from vxlan_tui.verbs.common import choose_host, one_run
from vxlan_tui.verbs.confirm import AtTerminal, ByProof
from vxlan_tui.verbs.reaches import Reaches


@dataclass(frozen=True)
class Manner:
    """How a change is made: without asking, and told in JSON."""

    yes: bool = False
    json: bool = False
    unconfirmed: bool = False
    """Take back no more than what a run that was cut off had not confirmed (undo)."""
    check: bool = False
    """Say what would run, and change nothing (apply)."""


def apply(path: Path, host: str | None, sections: Iterable[str], manner: Manner) -> int:
    """Carry out what is missing on this host, and give the exit status."""
    asked = tuple(sections)
    if manner.check:
        return _check(path, host, asked, manner)
    return _change("apply", path, host, manner, lambda session: session.forward(asked))


def _check(path: Path, name: str | None, sections: tuple[str, ...], manner: Manner) -> int:
    """Say what `apply` would run on this host; it takes no lock and writes no journal."""
    loaded = plan.load(path)
    chosen = choose_host(loaded, name, Local())
    report = (Json if manner.json else Text)(sys.stdout, lambda: None)
    with Reaches(loaded) as reaches:
        try:
            ahead = Session(loaded, chosen, reaches.to_one(chosen), journal.Unwritten()).forward(sections)
        except NotReady as error:
            raise CannotStart(f"{chosen.name} is not ready:\n{error}") from error
        except Unreachable as error:
            raise CannotStart(str(error)) from error
    report.would(ahead.steps)
    return exits.FAILED if ahead.conflicts or ahead.commands else exits.DONE


def undo(path: Path, host: str | None, manner: Manner) -> int:
    """Take back what was done on this host for this plan, and give the exit status."""
    return _change("undo", path, host, manner, lambda session: session.backward())


def _change(verb: str, path: Path, name: str | None, manner: Manner, course: Callable[[Session], StepRun]) -> int:
    loaded = plan.load(path)
    if not (manner.yes or sys.stdin.isatty()):
        raise Refused("there is no terminal to ask on: look at the plan's commands with `export`, and add --yes")
    interrupts = Interrupts()
    report = (Json if manner.json else Text)(sys.stdout, lambda: interrupts.stop(signal.SIGHUP))
    chosen = choose_host(loaded, name, Local())
    doing = f"vxlan-tui {verb} {shlex.quote(str(path))}"
    with Reaches(loaded, interrupts) as reaches, interrupts.handled():
        reach = reaches.to_one(chosen)
        if missing := system.not_root(reach):
            raise CannotStart(str(missing[0]))
        try:
            with one_run(reach, doing, report.say):
                session, told = _opened(loaded, chosen, reach, verb)
                return _journalled(session, verb, lambda: _go(session, course, report, manner, told), report)
        except Unreachable as error:
            raise CannotStart(str(error)) from error


def _opened(loaded: Plan, chosen: Host, reach: Reach, verb: str) -> tuple[Session, str]:
    """Begin a run in a host's journal; give its session, and what became of the last run's guarded change."""
    path = f"{STATE_DIRECTORY}/journal"
    try:
        session = Session(loaded, chosen, reach, journal.Journal(reach, path))
        before = last_run.last(reach, path)
        session.journal.write("run", verb=verb, plan=str(loaded.path), host=chosen.name)
    except (OSError, UnsafePath) as error:
        raise CannotStart(f"the journal in {STATE_DIRECTORY} cannot be written: {error}") from error
    return session, before.guarded if before is not None else ""


def _journalled(session: Session, verb: str, work: Callable[[], int], report: Text) -> int:
    status = exits.INTERRUPTED
    try:
        status = work()
    except NotReady as error:
        status = exits.NOT_STARTED
        raise CannotStart(f"{session.host.name} is not ready:\n{error}") from error
    except CannotStart:
        status = exits.NOT_STARTED
        raise
    except (OSError, CommandFailed, LibvirtUnavailable, Unreachable) as error:
        status = exits.FAILED
        report.say(f"\nStopped: {error}. What had run before is recorded. Mend that, and run the same again.")
        report.end("failed")
    finally:
        with suppress(OSError, Unreachable):  # a full disk: the next run sees that this one wrote no end
            session.journal.write("run-ended", verb=verb, status=status)
    return status


def _go(session: Session, course: Callable[[Session], StepRun], report: Text, manner: Manner, told: str) -> int:
    recovered = guard.recover(session, report)
    if words := told if recovered is None else recovered.story:
        report.say(f"The last run: {words}\n")
    if manner.unconfirmed:
        report.end("unchanged" if recovered is None else "rolled-back")
        return exits.DONE if recovered is None else exits.ROLLED_BACK
    ahead = course(session)
    guard.check_foreign(session, ahead.steps)
    if not ahead.conflicts and ahead.commands and not manner.yes:
        ahead = _agree(session, course, ahead, report)
    keeper = ByProof(report) if manner.yes else AtTerminal(report)
    return _run(ahead, report, Guard(session, report, keeper))


def _agree(session: Session, course: Callable[[Session], StepRun], ahead: StepRun, report: Text) -> StepRun:
    """Show and ask; what was agreed to is what runs, so where the host has changed meanwhile, ask again."""
    after = guard.seconds()
    while True:
        report.preview([step for region in guard.regions(ahead.steps) for step in guard.preview(region, after)])
        report.say(f"\nRun these {len(ahead.commands)} commands on this host ({session.host.name})? Type yes:")
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            session.reach.interrupts.check()
            raise CannotStart("nothing was changed")
        again = course(session)
        if again.commands == ahead.commands and not again.conflicts:
            return again
        report.say("\nThe host has changed in the meantime. It now takes this:\n")
        ahead = again


def _run(ahead: StepRun, report: Text, guarded: Guard) -> int:
    hows: set[str] = set()
    for region in guard.regions(ahead.steps):
        if ahead.conflicts or hows & _STOPPED:
            ended = Ended("", [(step, _conflict(step, ahead)) for step in region])
        elif guard.is_guarded(region):
            ended = guarded.run(ahead, region)
        else:
            result = _run_one(ahead, region[0], report)
            ended = Ended(result.state, [(region[0], result)])
        hows |= {ended.how or result.state for _, result in ended.results}
        for step, result in ended.results:
            report.result(step, result)
        if ended.error is not None:
            report.end(_word(hows))
            raise ended.error
    report.end(_word(hows))
    return _STATUS.get(_word(hows), exits.DONE)


_STOPPED = {"failed", "taken-back", "stuck"}
_STATUS = {"failed": exits.FAILED, "rolled-back": exits.ROLLED_BACK}


def _word(hows: set[str]) -> str:
    """Give the word for the whole run."""
    if "taken-back" in hows:
        return "rolled-back"
    if hows & _STOPPED:
        return "failed"
    return "changed" if hows & {"changed", "kept"} else "unchanged"


def _conflict(step: Step, ahead: StepRun) -> Result:
    """Give the result of a step that does not run, because it or another one is in conflict or has failed."""
    if step.conflict:
        return Result("failed", step.conflict)
    if not step.commands:
        return Result("done")
    return Result("skipped", "another step is in conflict" if ahead.conflicts else "the run stopped before it")


def _run_one(ahead: StepRun, step: Step, report: Text) -> Result:
    try:
        return ahead.run(step, report)
    except Interrupted:
        report.result(step, Result("failed", "interrupted; run the same again to go on"))
        report.end("failed")
        raise

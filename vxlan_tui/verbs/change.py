"""`apply` and `undo`: show, ask, run step by step."""

import shlex
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from vxlan_tui import exits, plan
from vxlan_tui.exits import CannotStart, Refused
from vxlan_tui.facts import system
from vxlan_tui.paths import STATE_DIRECTORY
from vxlan_tui.report import Json, Text
from vxlan_tui.runner import Interrupted, Interrupts, Runner
from vxlan_tui.session import Course, NotReady, Result, Session
from vxlan_tui.steps import Step
from vxlan_tui.verbs.common import choose_host, one_run


@dataclass(frozen=True)
class Manner:
    """How a change is made: without asking, and told in JSON."""

    yes: bool = False
    json: bool = False


def apply(path: Path, host: str | None, sections: Iterable[str], manner: Manner) -> int:
    """Carry out what is missing on this host, and give the exit status."""
    asked = tuple(sections)
    return _change("apply", path, host, manner, lambda session: session.forward(asked))


def undo(path: Path, host: str | None, manner: Manner) -> int:
    """Take back what was done on this host for this plan, and give the exit status."""
    return _change("undo", path, host, manner, lambda session: session.backward())


def _change(verb: str, path: Path, name: str | None, manner: Manner, course: Callable[[Session], Course]) -> int:
    loaded = plan.load(path)
    if not (manner.yes or sys.stdin.isatty()):
        raise Refused("there is no terminal to ask on: look at the plan's commands with `export`, and add --yes")
    interrupts = Interrupts()
    report = (Json if manner.json else Text)(sys.stdout, lambda: interrupts.stop(signal.SIGHUP))
    chosen = choose_host(loaded, name, Runner())
    if missing := system.not_root():
        raise CannotStart(str(missing[0]))
    directory = Path(STATE_DIRECTORY)
    doing = f"vxlan-tui {verb} {shlex.quote(str(path))}"
    with interrupts.handled(), one_run(directory, doing, report.say) as descriptor:
        runner = Runner(interrupts, inherited=(descriptor,))
        session = Session(loaded, chosen, runner, directory)
        session.journal.write("run", verb=verb, plan=str(loaded.path), host=chosen.name)
        status = exits.INTERRUPTED
        try:
            status = _go(session, course, report, manner)
        except NotReady as error:
            raise CannotStart(f"this host is not ready:\n{error}") from error
        finally:
            session.journal.write("run-ended", verb=verb, status=status)
        return status


def _go(session: Session, course: Callable[[Session], Course], report: Text, manner: Manner) -> int:
    ahead = course(session)
    if not ahead.conflicts and ahead.commands and not manner.yes:
        ahead = _agree(session, course, ahead, report)
    return _run(ahead, report)


def _agree(session: Session, course: Callable[[Session], Course], ahead: Course, report: Text) -> Course:
    """Show and ask; what was agreed to is what runs, so where the host has changed meanwhile, ask again."""
    while True:
        report.preview(ahead.steps)
        report.say(f"\nRun these {len(ahead.commands)} commands on this host ({session.host.name})? Type yes:")
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            session.runner.interrupts.check()
            raise CannotStart("nothing was changed")
        again = course(session)
        if again.commands == ahead.commands and not again.conflicts:
            return again
        report.say("\nThe host has changed in the meantime. It now takes this:\n")
        ahead = again


def _run(ahead: Course, report: Text) -> int:
    stopped = False
    changed = False
    for step in ahead.steps:
        result = _conflict(step, ahead) if ahead.conflicts or stopped else _run_one(ahead, step, report)
        stopped = stopped or result.state == "failed"
        changed = changed or result.state == "changed"
        report.result(step, result)
    report.end("failed" if stopped else "changed" if changed else "unchanged")
    return exits.FAILED if stopped else exits.DONE


def _conflict(step: Step, ahead: Course) -> Result:
    """Give the result of a step that does not run, because it or another one is in conflict or has failed."""
    if step.conflict:
        return Result("failed", step.conflict)
    if not step.commands:
        return Result("done")
    return Result("skipped", "another step is in conflict" if ahead.conflicts else "an earlier step failed")


def _run_one(ahead: Course, step: Step, report: Text) -> Result:
    try:
        return ahead.run(step, report)
    except Interrupted:
        report.result(step, Result("failed", "interrupted; run the same again to go on"))
        report.end("failed")
        raise

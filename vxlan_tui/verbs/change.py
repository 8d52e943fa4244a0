"""`apply` and `undo`: show, ask, run step by step, on one host or on several in step."""

import shlex
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vxlan_tui import exits, fleet, guard, journal, plan
from vxlan_tui.command import Command
from vxlan_tui.exits import CannotStart, Refused
from vxlan_tui.fleet import Member, Run, Wanted, is_begun
from vxlan_tui.guard import Ended
from vxlan_tui.plan import Plan
from vxlan_tui.reach import Interrupted, Interrupts, Reach, Unreachable
from vxlan_tui.report import Json, Text
from vxlan_tui.session import Session, StepRun
from vxlan_tui.steps import Step
from vxlan_tui.verbs.common import Which, ways
from vxlan_tui.verbs.confirm import YES, AtTerminal, ByProof, typed
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


Course = Callable[[Session], StepRun]


def apply(path: Path, which: Which, sections: Iterable[str], manner: Manner) -> int:
    """Carry out what is missing on these hosts, and give the exit status."""
    asked = tuple(sections)
    if manner.check:
        return _check(path, which, asked, manner)
    return _change("apply", path, which, manner, lambda session: session.forward(asked))


def undo(path: Path, which: Which, manner: Manner) -> int:
    """Take back what was done on these hosts for this plan, and give the exit status."""
    return _change("undo", path, which, manner, lambda session: session.backward())


def _check(path: Path, which: Which, sections: tuple[str, ...], manner: Manner) -> int:
    """Say what `apply` would run on these hosts; it takes no lock and writes no journal."""
    loaded = plan.load(path)
    with Reaches(loaded) as reaches:
        wanted, reports = _wanted(loaded, which, reaches, manner, lambda: None)
        members = [Member(Session(loaded, each.host, each.reach, journal.Unwritten()), each.report) for each in wanted]
        fleet.look(members, lambda session: session.forward(sections), _others(loaded, members, reaches))
    for member in members:
        reports[member.name].would(member.course.steps)
    return exits.FAILED if any(m.course.conflicts or m.course.commands for m in members) else exits.DONE


def _others(loaded: Plan, members: Iterable[Member], reaches: Reaches) -> dict[str, Reach]:
    """Give the ways to the hosts that are not worked on, where they are to tell those that are something."""
    return fleet.keys.others(loaded, [member.name for member in members], reaches.to)


def _wanted(
    loaded: Plan, which: Which, reaches: Reaches, manner: Manner, gone: Callable[[], None]
) -> tuple[list[Wanted], dict[str, Text]]:
    """Give the hosts to work on, and what each is told of by: with its name in each line where there are several."""
    hosts = ways(loaded, which, reaches)
    kind = Json if manner.json else Text
    reports = {host.name: kind(sys.stdout, gone, host.name if len(hosts) > 1 else "") for host, _ in hosts}
    return [Wanted(host, reach, reports[host.name]) for host, reach in hosts], reports


def _change(verb: str, path: Path, which: Which, manner: Manner, course: Course) -> int:
    loaded = plan.load(path)
    if not (manner.yes or sys.stdin.isatty()):
        raise Refused("there is no terminal to ask on: look at the plan's commands with `export`, and add --yes")
    interrupts = Interrupts()

    def gone() -> None:
        interrupts.stop(signal.SIGHUP)

    run = Run(loaded, verb, f"vxlan-tui {verb} {shlex.quote(str(path))}")
    with Reaches(loaded, interrupts) as reaches, interrupts.handled():
        wanted, reports = _wanted(loaded, which, reaches, manner, gone)
        everybody = Text(sys.stderr if manner.json else sys.stdout, gone)
        with fleet.opened(run, wanted) as members:
            found = _recover(members)
            if manner.unconfirmed:
                return recovered(members, found, reports)
            fleet.hold_to_recovered(found)
            others = _others(loaded, members, reaches) if verb == "apply" else {}
            look = partial(fleet.look, members, course, others)
            look()
            if not manner.yes:
                agree(members, look, reports, everybody)
            elif fleet.keys.make(members):
                look()
            fleet.run(members, ByProof(everybody) if manner.yes else AtTerminal(everybody))
            return told(members, reports)


def _recover(members: Sequence[Member]) -> dict[str, Ended | None]:
    """Finish what was cut off, and tell what became of it on each host."""
    found = fleet.recover(members)
    for member in members:
        ended = found[member.name]
        if words := member.told if ended is None else ended.story:
            member.report.say(f"The last run: {words}\n")
    return found


def recovered(members: Sequence[Member], found: dict[str, Ended | None], reports: dict[str, Text]) -> int:
    """Tell what became of what was unconfirmed on each host, and return the exit status."""
    for member in members:
        ended = found[member.name]
        word, member.status = _RECOVERED.get(ended.how if ended is not None else "", ("unchanged", exits.DONE))
        reports[member.name].end(word)
    return exits.worst(member.status for member in members)


_RECOVERED = {"taken-back": ("rolled-back", exits.ROLLED_BACK), "stuck": ("failed", exits.FAILED)}
"""How a host is told to have ended, and the exit status, by what became of what nobody had confirmed there."""


def agree(members: Sequence[Member], look: Callable[[], None], reports: dict[str, Text], everybody: Text) -> None:
    """Show and ask; what was agreed to is what runs, so where a host has changed meanwhile, ask again."""
    interrupts = members[0].session.reach.interrupts
    shown = _to_show(members)
    while count := sum(len(_commands(steps)) for steps in shown.values()):
        interrupts.check()
        for member in members:
            reports[member.name].preview(_shown(shown[member.name]))
        these = "this command" if count == 1 else f"these {count} commands"
        everybody.say(f"\nRun {these} on {_named(members)}? Type yes:")
        if _answer(interrupts).strip().lower() not in YES:
            interrupts.check()
            more = " else" if is_begun(members) else ""
            raise CannotStart(f"nothing{more} was changed")
        fleet.keys.make(members)
        look()
        before, shown = shown, _to_show(members)
        if all(_is_as_shown(member, shown[member.name], before[member.name]) for member in members):
            return
        if any(map(_commands, shown.values())):
            everybody.say("\nWhat was shown is not so any more. It now takes this:\n")


def _answer(interrupts: Interrupts) -> str:
    """Return what was typed; raise Interrupted."""
    while (answer := typed()) is None:
        interrupts.check()
    return answer


def _to_show(members: Sequence[Member]) -> dict[str, list[Step]]:
    """Return the steps to be agreed to on each host: where something is in conflict, no more than a key pair."""
    if not any(member.conflict for member in members):
        return {member.name: member.course.steps for member in members}
    alone = fleet.keys.to_make(members)
    return {member.name: [alone[member.name]] if member.name in alone else [] for member in members}


def _is_as_shown(member: Member, now: Iterable[Step], shown: Iterable[Step]) -> bool:
    made = [step for step in shown if step.key not in member.early]
    return fleet.keys.as_shown(_commands(now), _commands(made))


def _commands(steps: Iterable[Step]) -> list[Command]:
    return [command for step in steps for command in step.commands]


def _shown(steps: Iterable[Step]) -> list[Step]:
    after = guard.seconds()
    return [step for region in guard.regions(steps) for step in guard.preview(region, after)]


def _named(members: Sequence[Member]) -> str:
    if len(members) == 1:
        (member,) = members
        return f"this host ({member.name})" if member.session.reach.is_local else member.name
    return f"{len(members)} hosts ({', '.join(member.name for member in members)})"


_OTHERS = "Nothing was changed on it, because of the others."


def told(members: Sequence[Member], reports: dict[str, Text]) -> int:
    """Say how it ended on each host, and give the exit status; raise Interrupted, and CannotStart of one host alone."""
    for member in members:
        error, report, word = member.error, reports[member.name], member.word
        member.status = member.ended
        if isinstance(error, CannotStart):
            if len(members) == 1:
                raise error
            report.say(f"Not done here: {error}")
        elif isinstance(error, Unreachable):
            report.say(f"\n{error}")
        elif not isinstance(error, Interrupted | None):
            report.say(f"\nStopped: {error}. What had run before is recorded. Mend that, and run the same again.")
        report.end(word, _OTHERS if word == "unchanged" and "skipped" in member.hows else "")
    for member in members:
        if isinstance(member.error, Interrupted):
            raise member.error
        if isinstance(member.error, Unreachable):  # a person may have had enough of waiting for it
            member.session.reach.interrupts.check()
    return exits.worst(member.status for member in members)

"""The run: what can cut a host off on all at once, the rest side by side."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from vxlan_tui import guard, journal
from vxlan_tui.exits import CannotStart
from vxlan_tui.fleet import keys
from vxlan_tui.fleet.member import Member, all_or_none, is_begun
from vxlan_tui.fleet.side_by_side import STOPS, side_by_side
from vxlan_tui.fleet.together import Proof, Together
from vxlan_tui.guard import Ended, Guard, Keeper, Question
from vxlan_tui.guard.regions import is_guarded
from vxlan_tui.procedures import bridge
from vxlan_tui.reach import Reach, Unreachable
from vxlan_tui.sections import BRIDGE, VMS
from vxlan_tui.session import Result, Session, StepRun
from vxlan_tui.steps import Step

RETURN = 60.0
"""Seconds that a host gets to answer again, from when NetworkManager has taken back what nobody confirmed."""


def recover(members: Sequence[Member]) -> dict[str, Ended | None]:
    """Finish on every host what a run that was cut off left unconfirmed, and give how; raise NotStarted."""
    found, errors = side_by_side(lambda member: guard.recover(member.session, member.report), _by_name(members))
    all_or_none(errors, len(members))
    return found


def hold_to_recovered(recovered: Mapping[str, Ended | None]) -> None:
    """Raise NotStarted where that was not possible: a run would begin on a host that is neither here nor there."""
    stuck = [name for name, ended in recovered.items() if ended is not None and ended.how == "stuck"]
    all_or_none({name: CannotStart(_STUCK) for name in stuck}, len(recovered))


_STUCK = (
    "a run that was cut off has left what could not all be taken back: run by hand what is still needed, or set up by "
    "hand what it is about, and then run the same again"
)


def look(
    members: Sequence[Member],
    course: Callable[[Session], StepRun],
    others: Mapping[str, Reach] | None = None,
    *,
    makes_keys: bool = True,
) -> None:
    """Look at every host for its steps; raise NotStarted where one is not ready, Interrupted.

    First they tell each other their public keys, as far as they are there, or the run makes them (`makes_keys`);
    `others` only tell theirs.
    """
    keys.exchange({member.name: member.session for member in members}, others, makes=makes_keys)

    def one(member: Member) -> None:
        ahead = course(member.session)
        guard.check_foreign(member.session, ahead.steps)
        member.take(ahead)

    all_or_none(side_by_side(one, _by_name(members))[1], len(members), is_begun(members))
    all_or_none(_of_other_mtus(members), len(members), is_begun(members))


def _of_other_mtus(members: Sequence[Member]) -> dict[str, Exception]:
    """Return what stops hosts whose segments would have a larger MTU than those of another one, by their names.

    Frames that fit into the tunnel on one side would be lost on the other.
    """
    mtus = {member.name: member.course.state.underlay_mtu for member in members if _goes_by_the_underlay(member)}
    least = min(mtus, key=lambda name: mtus[name], default="")
    larger = {name: mtu for name, mtu in mtus.items() if mtu > mtus[least]}
    words = bridge.give_mtu(members[0].session.plan, mtus.values()) if larger else ""
    return {
        name: CannotStart(f"the MTU of its underlay is {mtu}, and that of {least}'s is {mtus[least]}: {words}")
        for name, mtu in larger.items()
    }


def _goes_by_the_underlay(member: Member) -> bool:
    """Return whether its steps give a segment the MTU that the underlay leaves."""
    if all(segment.mtu is not None for segment in member.session.plan.segments):
        return False
    given = {step.section for step in member.course.steps if step.thing is not None and not step.restored}
    return member.session.host.interface in member.course.state.links and bool(given & {BRIDGE.number, VMS.number})


def run(members: Sequence[Member], keeper: Keeper) -> None:
    """Run what is left on every host; what became of it is told, and stands in the members.

    Where something is in conflict on one, nothing is run on any.
    """
    if not any(member.conflict for member in members):
        while ahead := [member for member in members if any(map(is_guarded, member.left))]:
            _each(ahead, lambda member: _free(member, members))
            if not any(member.stopped for member in members):
                _guarded(ahead, members, keeper)
            if any(member.stopped for member in members):
                break
        else:
            _each(members, lambda member: _free(member, members))
    for member in members:
        _pass_over(member, members)


def _by_name(members: Sequence[Member]) -> dict[str, Member]:
    return {member.name: member for member in members}


def _each(members: Sequence[Member], work: Callable[[Member], None]) -> None:
    for name, error in side_by_side(work, _by_name(members))[1].items():
        _by_name(members)[name].error = error


def _free(member: Member, members: Sequence[Member]) -> None:
    """Run steps up to the next ones that can cut the host off; only to the section's end where another host stopped."""
    section = ""
    while member.left and not is_guarded(member.left[0]):
        (step,) = member.left[0]
        if step.section != section and any(other.stopped for other in members if other is not member):
            return
        section = step.section
        for ended, result in member.course.run_together(_together(member), member.report):
            _tell(member, ended, result)
        if member.stopped:
            return


def _together(member: Member) -> Iterator[Step]:
    """Give the next step, and those that are looked at with it; each leaves what is left as it begins."""
    subject, more = member.left[0][0].subject, True
    while more and member.left and not is_guarded(member.left[0]) and member.left[0][0].subject == subject:
        (step,) = member.left.pop(0)
        more = step.with_next
        yield step


def _tell(member: Member, step: Step, result: Result) -> None:
    member.hows.add("failed" if result.state == "stopped" else result.state)
    member.report.result(step, result)


def _pass_over(member: Member, members: Sequence[Member]) -> None:
    """Tell of the steps that were not come to, each with why."""
    others = [other for other in members if other is not member]
    conflict = next((f"{other.name}: {other.conflict}" for other in others if other.conflict), "")
    stopped = ", ".join(other.name for other in others if other.stopped)
    if member.conflict:
        why = "another step is in conflict"
    elif conflict:
        why = f"something is in conflict on another host: {conflict}"
    else:
        why = f"the run stopped on {stopped}" if stopped and not member.stopped else "the run stopped before it"
    for step in (step for region in member.left for step in region):
        if step.conflict:
            _tell(member, step, Result("failed", step.conflict))
        else:
            _tell(member, step, Result("skipped", why) if step.commands else Result("done"))
    member.left = []


# What can cut a host off


def _guarded(ahead: Sequence[Member], members: Sequence[Member], keeper: Keeper) -> None:
    """Run the next guarded steps of these hosts, and keep them on all or on none."""
    until = time.monotonic() + guard.seconds() + RETURN
    by_name = _by_name(ahead)
    together = Together(
        list(by_name),
        keeper,
        lambda name, question: _proofs(by_name[name], question, _standing(ahead, members)),
        lambda name, words: by_name[name].report.say(f"      {words}"),
        [member.name for member in ahead if not member.session.reach.is_local],
    )

    def one(member: Member) -> None:
        region = member.left[0]
        guarded = Guard(
            member.session,
            member.report,
            together.of(member.name),
            lambda saved: together.agreed(member.name, saved),
        )
        try:
            ended = guarded.run(member.course, region)
        finally:
            together.leave(member.name)
        _take(member, ended)

    def with_return(member: Member) -> None:
        before = member.session.journal.number
        try:
            one(member)
        except Unreachable as broken:
            _await(member, broken, until, before)

    _each(ahead, with_return)
    for member in ahead:
        member.refused = together.why


def _take(member: Member, ended: Ended) -> None:
    del member.left[0]
    member.hows.add(ended.how)
    for step, result in ended.results:
        member.report.result(step, result)
    if ended.error is not None:
        if not isinstance(ended.error, Exception):
            raise ended.error
        member.error = ended.error


def _standing(ahead: Sequence[Member], members: Sequence[Member]) -> Mapping[str, str]:
    """Return the VTEPs that have to answer, by host: of those that are changed, and of others that have theirs."""
    if any(member.course.is_back for member in ahead):
        return {}
    found = {}
    for member in members:
        vtep = str(member.session.host.vtep)
        links = member.course.state.links.values()
        if member in ahead or any(vtep == each.partition("/")[0] for link in links for each in link.addresses):
            found[member.name] = vtep
    return found


def _proofs(member: Member, question: Question, standing: Mapping[str, str]) -> Iterator[Proof]:
    """Hold a host to letting a new login in, and to reaching the others' VTEPs."""
    reach = member.session.reach
    if not reach.is_local:
        try:
            reach.answers_anew(max(1.0, question.left() / 2))
            yield True, f"{member.name} answers a new SSH connection."
        except Unreachable as error:
            yield False, f"{member.name} does not answer a new SSH connection: {error.why}"
            return
    for name, vtep in standing.items():
        if name != member.name:
            answers = question.asks(vtep)
            yield answers, f"The VTEP of {name}, {vtep}, {'answers' if answers else 'does not answer'}."


def _await(member: Member, broken: Unreachable, until: float, before: int) -> None:
    """Wait for a host that was cut off to answer again, and see what became of the change; raise Unreachable.

    `before` is the number of the last event in its journal before the change.
    """
    interrupts = member.session.reach.interrupts
    member.report.say(f"{broken}")
    member.report.say(
        f"What was changed there is taken back by NetworkManager itself {guard.seconds()} s after it began. Waiting "
        f"for {member.where} to answer again, for at most {max(0.0, until - time.monotonic()):.0f} s."
    )
    while True:
        try:
            member.close()
            member.open(f"vxlan-tui, to see what became of {member.where}")
            return _see(member, before)
        except STOPS as error:
            if interrupts.asked or time.monotonic() > until:
                raise broken from error
        time.sleep(1)


def _see(member: Member, before: int) -> None:
    """Finish what was begun on a host that answers again, and take how it ended."""
    guard.recover(member.session, member.report)
    changes = journal.guarded(journal.events(member.session.reach, member.session.journal.path))
    mine = [change for change in changes if change.number > before]
    if not mine:
        member.error = CannotStart(f"the connection to {member.where} broke before anything was changed there")
        return
    how, story = mine[-1].how or "stuck", mine[-1].story
    ended = Result(guard.STATE_OF.get(how, "failed"), story)
    region = member.left.pop(0)
    member.report.result(guard.begin_step(region, guard.seconds()), Result("changed"))
    for step in region:
        _tell(member, step, ended if step.commands else Result("done"))
    member.report.result(guard.end_step(region), ended)
    member.hows.add(how)

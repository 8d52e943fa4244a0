"""WireGuard's key pairs: made on their hosts, and the public keys exchanged, before the hosts are looked at."""

from collections.abc import Iterable, Mapping, Sequence

from vxlan_tui import judge
from vxlan_tui.exits import CannotStart
from vxlan_tui.fleet.member import Member, all_or_none
from vxlan_tui.fleet.side_by_side import side_by_side
from vxlan_tui.procedures import wireguard
from vxlan_tui.reach import Reach
from vxlan_tui.readings import read_what_answers
from vxlan_tui.session import Session, StepRun
from vxlan_tui.state import HostState


def make(members: Sequence[Member], sections: Iterable[str]) -> None:
    """Make the key pair of every host that lacks it, where these sections take one; raise NotStarted, Interrupted.

    It changes nothing but that its file is there: what the hosts show of each other's keys is judged after it.
    """
    asked = tuple(sections)
    wanted = {member.name: member for member in members if wireguard.is_used(member.session.plan, asked)}
    all_or_none(side_by_side(_make, wanted)[1], len(members))


def _make(member: Member) -> None:
    session, rows = member.session, [wireguard.key_pair()]
    if wireguard.PROGRAMS[0] not in session.reach.find(wireguard.PROGRAMS):
        return  # the look says what is missing, all at once
    outputs = session.read(judge.readings(rows))
    ahead = StepRun(session, HostState(), judge.forward(rows, outputs), outputs)
    for step in ahead.steps:
        if not step.commands or step.conflict:
            continue
        result = ahead.run(step, member.report)
        member.hows.add(result.state)
        member.report.result(step, result)
        member.early.add(step.key)
        if result.state != "changed":
            raise CannotStart(f"the WireGuard key pair could not be made: {result.detail}")


def exchange(
    sessions: Mapping[str, Session], others: Mapping[str, Reach] | None = None, *, all_make: bool = False
) -> None:
    """Tell each host the public keys of the others, as far as they can be read; a host that cannot be is left out.

    `others` are further hosts that can be reached. One of them that has no key pair is left out as well, but where
    `all_make` says that the run to come makes theirs too.
    """
    used = {name: session for name, session in sessions.items() if session.plan.encrypted}
    if not used:
        return
    reaches = {name: session.reach for name, session in used.items()}
    told = side_by_side(_public_key, reaches)[0]
    more = side_by_side(_public_key, others or {})[0]
    keys = {**{name: key for name, key in more.items() if key or all_make}, **told}
    for session in used.values():
        session.keys = keys


def _public_key(reach: Reach) -> str:
    """Return a host's public key; empty where it has no key pair."""
    asked = wireguard.PUBLIC_KEY
    return read_what_answers(reach, (asked,)).get(asked, "").strip()

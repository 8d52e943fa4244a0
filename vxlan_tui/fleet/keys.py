"""WireGuard's key pairs: made on their hosts before all else that a run does, and the public keys exchanged."""

import re
from collections.abc import Callable, Container, Mapping, Sequence

from vxlan_tui.command import Command
from vxlan_tui.exits import CannotStart
from vxlan_tui.facts.wireguard import public_key
from vxlan_tui.fleet.member import Member, all_or_none, is_begun
from vxlan_tui.fleet.side_by_side import side_by_side
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures import wireguard
from vxlan_tui.reach import Reach
from vxlan_tui.readings import read_what_answers
from vxlan_tui.session import Session, StepRun
from vxlan_tui.state import HostState
from vxlan_tui.steps import Step


def to_make(members: Sequence[Member]) -> dict[str, Step]:
    """Return the key pairs that a run makes before all else, by host, as they were looked at.

    None where something is in the way on a host; that a host does not know another's key yet is not.
    """
    if any(_in_the_way(member) for member in members):
        return {}
    left = [(member.name, step) for member in members for region in member.left for step in region]
    return {name: step for name, step in left if _makes_one(step)}


def _makes_one(step: Step) -> bool:
    return step.id == wireguard.KEY_PAIR and bool(step.commands) and not step.restored


def _in_the_way(member: Member) -> bool:
    session = member.session
    not_known = wireguard.not_known(session.plan, session.host, member.course.state)
    return any(step.conflict not in ("", not_known) for region in member.left for step in region)


def make(members: Sequence[Member]) -> bool:
    """Make these key pairs, and return whether there were any: then the hosts are to be looked at again.

    It changes nothing but that the files are there. Raise NotStarted, Interrupted.
    """
    steps = to_make(members)
    lacking = {member.name: member for member in members if member.name in steps}
    _, errors = side_by_side(lambda member: _make(member, steps[member.name]), lacking)
    all_or_none(errors, len(members), is_begun(members))
    return bool(steps)


def _make(member: Member, step: Step) -> None:
    # By itself, as what else the run would change is to be recorded only when that is come to.
    result = StepRun(member.session, HostState(), [step], member.course.outputs).run(step, member.report)
    member.hows.add(result.state)
    member.report.result(step, result)
    member.early.add(step.key)
    if result.state != "changed":
        raise CannotStart(f"the WireGuard key pair could not be made: {result.detail}")


def as_shown(now: Sequence[Command], shown: Sequence[Command]) -> bool:
    """Return whether these are the commands that were shown; a key that was still to be made may be any now."""
    pairs = list(zip(now, shown, strict=False))
    return len(now) == len(shown) and all(a == b or _fits(a.text, b.text) for a, b in pairs)


def _fits(now: str, shown: str) -> bool:
    parts = re.split(wireguard.PENDING, shown)
    return len(parts) > 1 and re.fullmatch(wireguard.ANY_KEY.join(map(re.escape, parts)), now) is not None


def are_lacking(members: Sequence[Member]) -> bool:
    """Return whether a host has no key pair, as they were looked at."""
    return any(_makes_one(step) for member in members for step in member.course.steps)


def others(plan: Plan, names: Container[str], to: Callable[[Host], Reach | None]) -> dict[str, Reach]:
    """Return the ways to the hosts outside a run that are to tell it their public keys, by their names.

    Those of the plan that there is a way `to`; not one whose key the plan has, which goes before what it tells.
    """
    asked = [host for host in plan.hosts if host.name not in names and not host.public_key] if plan.encrypted else []
    return {host.name: reach for host in asked if (reach := to(host)) is not None}


def exchange(
    sessions: Mapping[str, Session],
    others: Mapping[str, Reach] | None = None,
    *,
    makes: bool = True,
    all_make: bool = False,
) -> None:
    """Tell each host the public keys of the others, as far as they can be read; a host that cannot be is left out.

    So is one that tells what is no key, which its own steps say. One that has no key pair is left out as well, but
    where `makes` says that the run makes it. `others` are further hosts that can be reached; `all_make` says that the
    run to come makes theirs too.
    """
    used = {name: session for name, session in sessions.items() if session.plan.encrypted}
    if not used:
        return
    reaches = {name: session.reach for name, session in used.items()}
    keys = {name: key for name, key in _told(others or {}).items() if key or all_make}
    keys |= {name: key for name, key in _told(reaches).items() if key or makes}
    for session in used.values():
        session.keys = keys


def _told(reaches: Mapping[str, Reach]) -> dict[str, str]:
    """Return hosts' public keys by their names; empty for one that has no key pair."""
    found = side_by_side(_public_key, reaches)[0]
    return {name: key for name, key in found.items() if key is not None}


def _public_key(reach: Reach) -> str | None:
    asked = wireguard.PUBLIC_KEY
    return public_key(read_what_answers(reach, (asked,)).get(asked, ""))

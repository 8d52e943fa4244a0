"""Section 10.3: to whom a VXLAN sends broadcasts, and what is for an address that nobody has been seen with."""

import shlex
from collections.abc import Iterator, Mapping
from functools import partial

from vxlan_tui.checks import evpn, remedies
from vxlan_tui.checks.bridge import SECTION, keys
from vxlan_tui.checks.check import Check, Mend, Verdict, bad, good, unknown
from vxlan_tui.checks.evidence import Evidence
from vxlan_tui.checks.finding import FOLLOWS, Finding
from vxlan_tui.checks.peers import fault_there, named_there
from vxlan_tui.command import command
from vxlan_tui.plan import Host, Plan, Segment
from vxlan_tui.procedures import things

ANY_MAC = "00:00:00:00:00:00"
"""A flood entry's address: it stands for every address that is not known (vxlan, bridge(8))."""

SHOWN = 4
"""So many addresses are named; the rest is counted."""


def checks(plan: Plan, this: Host, segment: Segment) -> Iterator[Check]:
    """Give the check of a segment's flood entries."""
    by_bgp = (evpn.RUNNING, *map(evpn.session_key, plan.bgp_peers(this))) if plan.flood(segment) == "evpn" else ()
    yield Check(
        "vxlan.flood",
        SECTION,
        segment.vxlan,
        f"{segment.vxlan} floods to {_named(wanted(plan, this, segment))}",
        shlex.join(("bridge", "-j", "-s", "fdb", "show", "dev", segment.vxlan)),
        partial(_flood, plan, this, segment),
        (*keys(segment), *by_bgp),
    )


def wanted(plan: Plan, this: Host, segment: Segment) -> list[str]:
    """Return where a segment's broadcasts have to be sent to."""
    planned = plan.remotes(this, segment) or [plan.tunnel_address(peer) for peer in plan.peers(this)]
    return [str(address) for address in planned]


def _named(addresses: list[str]) -> str:
    more = f" and {len(addresses) - SHOWN} more" if len(addresses) > SHOWN else ""
    return f"{', '.join(addresses[:SHOWN])}{more}"


def _flood(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> Verdict:
    table = evidence.facts.tables.get(segment.vxlan, ())
    has = [entry.destination for entry in table if entry.mac == ANY_MAC]
    planned = wanted(plan, this, segment)
    missing = [address for address in planned if address not in has]
    stale = [address for address in has if address not in planned]
    there = _faults_there(plan, this, segment, missing, evidence) if plan.flood(segment) == "evpn" else {}
    if missing and len(there) == len(missing):
        return _told_there(segment, there)
    if missing:
        leads = (
            f"the flood entries ({ANY_MAC}) lead to {_named(has)}" if has else f"there is no flood entry ({ANY_MAC})"
        )
        shows = f"{leads}, so no broadcast reaches {_named(missing)}"
        return bad("flood-entry-missing", shows, _mend(plan, this, segment, evidence, missing, stale))
    if stale and plan.flood(segment) != "evpn":  # BGP may know further members that are nobody's mistake
        shows = f"the flood entries ({ANY_MAC}) lead to {_named(stale)} as well"
        return bad("flood-entry-stale", shows, _mend(plan, this, segment, evidence, missing, stale))
    return good(f"{ANY_MAC} dst {_named(planned)}")


def _faults_there(
    plan: Plan, this: Host, segment: Segment, missing: list[str], evidence: Evidence
) -> dict[Host, Finding]:
    """Return what the hosts that BGP tells nothing of lack themselves, as far as they lack something."""
    silent = [peer for peer in plan.peers(this) if str(plan.tunnel_address(peer)) in missing]
    found = {
        peer: fault_there(peer, (*keys(segment), evpn.RUNNING, *map(evpn.session_key, plan.bgp_peers(peer))), evidence)
        for peer in silent
    }
    return {peer: each for peer, each in found.items() if each is not None}


def _told_there(segment: Segment, there: Mapping[Host, Finding]) -> Verdict:
    """Judge by what other hosts lack. Of a VXLAN that is not there, the check of what they take says so itself."""
    for peer, found in there.items():
        if found.key not in keys(segment):
            return named_there("flood-entry-missing", peer, found)
    peer, found = next(iter(there.items()))
    return unknown(f"{FOLLOWS} what is so on {peer.name}: {found.title} ({found.cause})")


def _mend(plan: Plan, this: Host, segment: Segment, evidence: Evidence, missing: list[str], stale: list[str]) -> Mend:
    """By the plan's own list of them where there is one, else entry by entry."""
    if plan.flood(segment) == "evpn":
        return remedies.words("see what BGP knows of the VTEPs: `vtysh -c 'show bgp l2vpn evpn route type multicast'`")
    lists = [(thing.id, thing.subject) for thing in things(plan, this, evidence.state) if thing.id.startswith(LIST)]
    via = ("via", this.interface) if segment.group else ()
    entry = ("bridge", "fdb")
    to = [command(*entry, "append", ANY_MAC, "dev", segment.vxlan, "dst", address, *via) for address in missing]
    off = [command(*entry, "delete", ANY_MAC, "dev", segment.vxlan, "dst", address) for address in stale]
    by_hand = remedies.by(*to, *(off if not missing else ()))
    return remedies.by_steps(plan, this, evidence.facts, lists, by_hand)


LIST = "bridge.flood"
"""How the ids of the things begin that keep a flood list."""

"""Section 10.3, the other end: each other host's firewall, VXLAN and VNI.

They are read there where that host can be reached, and else told by what it answers.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial

from vxlan_tui.checks import ethernet, remedies
from vxlan_tui.checks.bridge import SECTION, keys
from vxlan_tui.checks.check import Check, Verdict, bad, good, unknown
from vxlan_tui.checks.evidence import Evidence, Facts, Heard, Key, Packet, answering
from vxlan_tui.checks.finding import Finding, Status
from vxlan_tui.checks.firewall import judging, port_key
from vxlan_tui.checks.probes import listening, script
from vxlan_tui.plan import Host, Plan, Segment

RECENT = 30.0
"""Seconds for which a learned entry of the forwarding table counts as a sign of life."""

MAX_AGE, FRESH = 20.0, 3.0
"""Seconds for which what a bridge said counts (ip-link(8), bridge, max_age), and in which it says it again."""


def checks(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the checks of the other hosts' VXLANs."""
    shown = script.shown(listening.command(plan, this))
    for peer in plan.peers(this):
        reach = (("peer.reach", peer.name), *((("encryption.tunnel", peer.name),) if plan.encrypted else ()))
        for port in sorted({segment.port for segment in plan.segments}):
            yield Check(
                "peer.vxlan",
                SECTION,
                f"{peer.name}:{port}/udp",
                f"{peer.name} takes VXLAN packets on UDP port {port}",
                shown,
                partial(_takes, plan, this, peer, port),
                reach,
                asks=True,
            )
        for segment in plan.segments:
            yield Check(
                "peer.vni",
                SECTION,
                f"{peer.name}:{segment.vxlan}",
                f"{peer.name} sends with VNI {segment.vni}",
                shown,
                partial(_vni, plan, peer, segment),
                (*reach, ("peer.vxlan", f"{peer.name}:{segment.port}/udp")),
                asks=True,
            )


def comes_through(plan: Plan, this: Host, segment: Segment, peer: Host) -> tuple[Key, ...]:
    """Name the checks that have to pass before a frame reaches a VM on another host, and its answer comes back."""
    name = peer.name
    underlay = (*ethernet.keys(this), ("peer.reach", name), ("encryption.tunnel", name))
    there = ("peer.vxlan", f"{name}:{segment.port}/udp"), ("peer.vni", f"{name}:{segment.vxlan}")
    return (*underlay, *carriers(segment), *there)


def carriers(segment: Segment) -> tuple[Key, ...]:
    """Name the checks that have to pass before a frame gets from a host's bridge into the tunnel, and back."""
    more = ("bridge.filter", segment.bridge), ("vxlan.port", segment.vxlan), ("vxlan.flood", segment.vxlan)
    return (*keys(segment), *more, port_key(segment))


def fault_there(peer: Host, asked: Collection[Key], evidence: Evidence) -> Finding | None:
    """Return the first of these checks of another host's own that fails there; None where it cannot be read."""
    there = evidence.there.get(peer.name)
    found = (there.findings.get(key) for key in asked) if there else ()
    return next((each for each in found if each and each.status is Status.FAIL and each.cause not in _LATER), None)


_LATER = ("firewall-not-permanent",)
"""What stops nothing before the next boot."""


def named_there(cause: str, peer: Host, found: Finding) -> Verdict:
    """Return the verdict of what was read on another host."""
    verdict = bad(cause, f"{found.title} ({found.cause}): {found.evidence}", remedies.as_there(peer, found))
    return replace(verdict, command=f"on {peer.name}: {found.command}", read_on=peer.name)


# --- Whether it takes packets -----------------------------------------------------------------------------------------


def _takes(plan: Plan, this: Host, peer: Host, port: int, evidence: Evidence) -> Verdict:
    segments = [segment for segment in plan.segments if segment.port == port]
    for segment in segments:
        vm = answering(plan, peer, segment, evidence)
        if vm is not None:
            return good(f"{vm.name} on {peer.name} answers by the tunnel")
    return _read_there(plan, this, peer, segments, evidence) or _answered(plan, peer, port, evidence)


def _read_there(plan: Plan, this: Host, peer: Host, segments: list[Segment], evidence: Evidence) -> Verdict | None:
    """Judge by that host's own checks of its firewall and its VXLANs; None: they are well, or not known."""
    closed = fault_there(peer, [port_key(segment) for segment in segments], evidence)
    if closed is not None and not _lets_in(plan, peer, this, segments[0].port, evidence.there[peer.name].facts):
        return named_there("peer-firewall-rejects", peer, closed)
    missing = fault_there(peer, [key for segment in segments for key in keys(segment)], evidence)
    if missing is not None and missing.cause != "vxlan-wrong-vni":
        return named_there("peer-no-vxlan", peer, missing)
    return None


def _lets_in(plan: Plan, peer: Host, this: Host, port: int, there: Facts) -> bool:
    """Say whether a host has a rule for this one in the zone that judges it, whomever else it keeps out."""
    planned, actual, own = there.state.zone, judging(plan, peer, there), plan.tunnel_address(this)
    if not plan.encrypted and (planned is None or actual is None or planned.name != actual.name):
        return False
    return any(f'address="{own}"' in rule and f'port="{port}"' in rule for rule in there.rules.runtime)


def _answered(plan: Plan, peer: Host, port: int, evidence: Evidence) -> Verdict:
    address, heard = str(plan.tunnel_address(peer)), evidence.answers.heard()
    error = listening.about(heard, (address,), port)
    mend = remedies.there(plan, peer, SECTION)
    if error is None:
        return _silence(plan, peer, port, heard, evidence)
    if error.answer == "refused":
        elsewhere = _elsewhere(plan, peer, port, evidence)
        return bad("peer-no-vxlan", f"{peer.name} has nothing on UDP port {port} (port unreachable){elsewhere}", mend)
    if error.by == address:
        return _rejected(plan, peer, port, evidence)
    words = remedies.words(f"let UDP port {port} to {address} pass at {error.by}")
    return bad("peer-firewall-rejects", f"{error.by}, on the way, rejects UDP port {port}", words)


def _rejected(plan: Plan, peer: Host, port: int, evidence: Evidence) -> Verdict:
    shows = f"{peer.name} rejects UDP port {port}"
    there = evidence.there.get(peer.name)
    own = there.findings.get(("firewall.port", f"{port}/udp")) if there else None
    if own is not None and own.status is Status.PASS:
        words = remedies.words(f"look for what rejects it on {peer.name}, where firewalld has it open")
        return bad("peer-firewall-rejects", f"{shows}, though firewalld lets it in there", words)
    return bad("peer-firewall-rejects", shows, remedies.there(plan, peer, SECTION))


def _silence(plan: Plan, peer: Host, port: int, heard: Heard, evidence: Evidence) -> Verdict:
    """Judge no answer: a good sign from a host that answers otherwise, and none from one that does not."""
    if heard.error:
        return unknown(f"whether UDP port {port} is taken cannot be heard: {heard.error}")
    if evidence.answers.path(peer.name).ping.replied:
        return good(f"a packet to UDP port {port} is not rejected: a VXLAN takes it, or a firewall drops it unsaid")
    return unknown(f"nothing comes back from UDP port {port}, nor from a ping: a firewall may drop both unsaid")


def _elsewhere(plan: Plan, peer: Host, port: int, evidence: Evidence) -> str:
    """Say to which other port the other host itself sends: a VXLAN has one port for both."""
    planned = {segment.vni for segment in plan.segments if segment.port == port}
    heard = _from(plan, evidence.answers.heard(), peer)
    others = {each.port for each in heard if each.vni in planned and each.port != port}
    return f"; it sends to port {', '.join(str(other) for other in sorted(others))} itself" if others else ""


def _from(plan: Plan, heard: Heard, peer: Host) -> list[Packet]:
    address = str(plan.tunnel_address(peer))
    return sorted((each for each in heard.packets if each.source == address), key=lambda each: each.vni)


# --- Which VNI it has -------------------------------------------------------------------------------------------------


def _vni(plan: Plan, peer: Host, segment: Segment, evidence: Evidence) -> Verdict:
    sign = _sign(plan, peer, segment, evidence)
    if sign is not None:
        return sign
    wrong = fault_there(peer, keys(segment)[1:], evidence)
    if wrong is not None and wrong.cause == "vxlan-wrong-vni":
        return named_there("peer-wrong-vni", peer, wrong)
    there = evidence.there.get(peer.name)
    link = there.facts.state.links.get(segment.vxlan) if there else None
    if link is not None and link.vxlan is not None and link.vxlan.vni == segment.vni:
        return good(f"read on {peer.name}: {segment.vxlan} has VNI {segment.vni}")
    heard = evidence.answers.heard()
    known = _known(plan, segment, evidence)
    strange = [each.vni for each in _from(plan, heard, peer) if each.port == segment.port and each.vni not in known]
    if strange and _suspect(plan, peer, segment, evidence) == segment:
        vnis = ", ".join(str(vni) for vni in strange)
        shows = f"packets come in from {peer.name} with VNI {vnis}, and none with {segment.vni}"
        return bad("peer-wrong-vni", shows, remedies.there(plan, peer, SECTION))
    return _by_memory(plan, peer, segment, evidence) or unknown(_nothing(peer, segment, heard))


def _sign(plan: Plan, peer: Host, segment: Segment, evidence: Evidence) -> Verdict | None:
    """Give what shows now that a segment's packets come with its VNI; None where nothing does."""
    vm = answering(plan, peer, segment, evidence)
    if vm is not None:
        return good(f"{vm.name} on {peer.name} answers by the tunnel")
    fresh = _by_stp(segment, evidence, FRESH)
    if fresh is not None:
        return fresh
    if Packet(str(plan.tunnel_address(peer)), segment.port, segment.vni) in evidence.answers.heard().packets:
        return good(f"packets with VNI {segment.vni} come in from {peer.name}")
    return None


def _suspect(plan: Plan, peer: Host, segment: Segment, evidence: Evidence) -> Segment:
    """Give the one segment on a port that strange VNIs are held against: the likeliest of those without a sign.

    That is one whose VM should have answered, else one that nothing is remembered of.
    """
    on_port = [each for each in plan.segments if each.port == segment.port]
    silent = [each for each in on_port if _sign(plan, peer, each, evidence) is None]
    with_vms = [each for each in silent if any(vm.network == each.network and vm.address for vm in plan.vms_of(peer))]
    forgotten = [each for each in silent if _by_memory(plan, peer, each, evidence) is None]
    return (with_vms or forgotten or silent)[0]


def _known(plan: Plan, segment: Segment, evidence: Evidence) -> set[int]:
    """Give the VNIs that are somebody's on that port: the plan's, and those of this host's other devices."""
    tunnels = [link.vxlan for link in evidence.state.links.values() if link.vxlan and link.name != segment.vxlan]
    return {each.vni for each in plan.segments} | {each.vni for each in tunnels if each.port == segment.port}


def _by_memory(plan: Plan, peer: Host, segment: Segment, evidence: Evidence) -> Verdict | None:
    """Judge by what this host remembers: what VXLAN and STP learned came with the right VNI."""
    age = learned(plan, peer, segment, evidence)
    if age is not None:
        return good(f"a frame came from {peer.name} {age:.0f} s ago: {segment.vxlan} learned its address")
    return _by_stp(segment, evidence, FRESH * 4)


def learned(plan: Plan, peer: Host, segment: Segment, evidence: Evidence) -> float | None:
    """Return how many seconds ago a VXLAN last learned an address from another host; None where that is long ago.

    With EVPN it is BGP that tells of them, and not a frame.
    """
    ages = [
        entry.age
        for entry in evidence.facts.tables.get(segment.vxlan, ())
        if entry.destination == str(plan.tunnel_address(peer)) and not entry.permanent and entry.age <= RECENT
    ]
    return min(ages) if ages and plan.flood(segment) != "evpn" else None


def _by_stp(segment: Segment, evidence: Evidence, seconds: float) -> Verdict | None:
    """Judge by the bridge at the other end, where that is the one that speaks, and did so within some seconds."""
    link, bridge = evidence.state.links.get(segment.vxlan), evidence.state.links.get(segment.bridge)
    port, own = (link.port if link else None), (bridge.bridge if bridge else None)
    if link is None or link.vxlan is None or not link.vxlan.remote or segment.group:
        return None  # with several hosts at the other end it is not told which of them speaks
    if not (port and own and own.stp) or port.designated in ("", own.id) or port.hello_left < MAX_AGE - seconds:
        return None
    return good(f"the bridge at the other end speaks to {segment.vxlan} (STP)")


def _nothing(peer: Host, segment: Segment, heard: Heard) -> str:
    if heard.error:
        return f"listening for {peer.name} failed: {heard.error}"
    return (
        f"nothing came from {peer.name} to UDP port {segment.port} in {heard.seconds:.1f} s: whether its VNI is "
        f"{segment.vni} cannot be known from here until it sends (a VM there, with an address in the plan, would)"
    )

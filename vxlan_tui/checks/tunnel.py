"""Section 10.3, the other end: what the other hosts' answers tell of their firewall, VXLAN and VNI."""

from collections.abc import Iterator
from functools import partial
from ipaddress import ip_address

from vxlan_tui.checks import remedies
from vxlan_tui.checks.bridge import SECTION, carriers
from vxlan_tui.checks.check import Check, Key, Verdict, bad, doubtful, good, unknown
from vxlan_tui.checks.seen import Heard, Packet, Port, Seen, answering
from vxlan_tui.plan import Host, Plan, Segment
from vxlan_tui.state import Link

RECENT = 30.0
"""Seconds for which a learned entry of the forwarding table counts as a sign of life."""

MAX_AGE, FRESH = 20.0, 3.0
"""Seconds for which what a bridge said counts (ip-link(8), bridge, max_age), and in which it says it again."""


def checks(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the checks of the other hosts' VXLANs, and of what protects the way there."""
    for peer in plan.peers(this):
        reach = ("peer.reach", peer.name)
        for port in sorted({segment.port for segment in plan.segments}):
            yield Check(
                "peer.vxlan",
                SECTION,
                f"{peer.name}:{port}/udp",
                f"{peer.name} takes VXLAN packets on UDP port {port}",
                f"on {peer.name}: ss -uln 'sport = :{port}'; firewall-cmd --list-ports",
                partial(_takes, plan, peer, port),
                (reach,),
            )
        for segment in plan.segments:
            yield Check(
                "peer.vni",
                SECTION,
                f"{peer.name}:{segment.vxlan}",
                f"{peer.name} sends with VNI {segment.vni}",
                f"tcpdump -ni {this.interface} -T vxlan src host {peer.vtep} and udp",
                partial(_vni, plan, peer, segment),
                (reach, ("peer.vxlan", f"{peer.name}:{segment.port}/udp")),
            )
    yield Check(
        "tunnel.encrypted",
        SECTION,
        str(this.vtep),
        "What leaves by the tunnel is encrypted",
        f"ip route get {plan.peers(this)[0].vtep} from {this.vtep}; ip xfrm policy",
        partial(_encrypted, plan, this),
        (("ethernet.device", this.interface), ("ethernet.address", str(this.vtep))),
    )


def comes_through(this: Host, segment: Segment, peer: Host) -> tuple[Key, ...]:
    """Name the checks that have to pass before a frame reaches a VM on another host, and its answer comes back."""
    name = peer.name
    underlay = ("ethernet.device", this.interface), ("ethernet.address", str(this.vtep)), ("peer.reach", name)
    there = ("peer.vxlan", f"{name}:{segment.port}/udp"), ("peer.vni", f"{name}:{segment.vxlan}")
    return (*underlay, *carriers(segment), *there)


def _from(heard: Heard, peer: Host) -> list[Packet]:
    return sorted((each for each in heard.packets if each.source == str(peer.vtep)), key=lambda each: each.vni)


def _takes(plan: Plan, peer: Host, port: int, seen: Seen) -> Verdict:
    for segment in plan.segments:
        vm = answering(plan, peer, segment, seen) if segment.port == port else None
        if vm is not None:
            return good(f"{vm.name} on {peer.name} answers by the tunnel")
    answer = _answer(peer, port, seen)
    mend = remedies.there(plan, peer, SECTION)
    if answer.answer == "silence":
        return _silence(peer, port, seen)
    if answer.answer == "refused":
        elsewhere = _elsewhere(plan, peer, port, seen)
        return bad("peer-no-vxlan", f"{peer.name} has nothing on UDP port {port} (port unreachable){elsewhere}", mend)
    if answer.answer == "rejected" and answer.by in ("", str(peer.vtep)):
        return bad("peer-firewall-rejects", f"{peer.name} rejects UDP port {port} ({answer.words})", mend)
    if answer.answer == "rejected":
        words = remedies.words(f"let UDP port {port} to {peer.vtep} pass at {answer.by}")
        return bad("peer-firewall-rejects", f"{answer.by}, on the way, rejects UDP port {port} ({answer.words})", words)
    return unknown(f"a packet to UDP port {port} of {peer.vtep} could not be sent: {answer.words}")


def _silence(peer: Host, port: int, seen: Seen) -> Verdict:
    """Judge no answer: a good sign from a host that answers otherwise, and none from one that does not."""
    if seen.answers.path(peer.name).ping.replied:
        return good(f"a packet to UDP port {port} is not rejected: a VXLAN takes it, or a firewall drops it unsaid")
    return unknown(f"nothing comes back from UDP port {port}, nor from a ping: a firewall may drop both unsaid")


def _answer(peer: Host, port: int, seen: Seen) -> Port:
    """Give what a probe came to, or, where that heard nothing, an error about somebody else's packet."""
    answer = seen.answers.port(peer.name, port)
    if answer.answer != "silence":
        return answer
    about = [each for each in seen.answers.heard().rejections if (each.to, each.port) == (str(peer.vtep), port)]
    return Port(about[0].answer, about[0].by, "an ICMP error about a VM's packet") if about else answer


def _elsewhere(plan: Plan, peer: Host, port: int, seen: Seen) -> str:
    """Say to which other port the other host itself sends: a VXLAN has one port for both."""
    planned = {segment.vni for segment in plan.segments if segment.port == port}
    others = {each.port for each in _from(seen.answers.heard(), peer) if each.vni in planned and each.port != port}
    return f"; it sends to port {', '.join(str(other) for other in sorted(others))} itself" if others else ""


def _vni(plan: Plan, peer: Host, segment: Segment, seen: Seen) -> Verdict:
    sign = _sign(plan, peer, segment, seen)
    if sign is not None:
        return sign
    heard = seen.answers.heard()
    known = _known(plan, segment, seen)
    strange = [each.vni for each in _from(heard, peer) if each.port == segment.port and each.vni not in known]
    if strange and _suspect(plan, peer, segment, seen) == segment:
        vnis = ", ".join(str(vni) for vni in strange)
        evidence = f"packets come in from {peer.name} with VNI {vnis}, and none with {segment.vni}"
        return bad("peer-wrong-vni", evidence, remedies.there(plan, peer, SECTION))
    return _by_memory(peer, segment, seen) or unknown(_nothing(peer, segment, heard))


def _sign(plan: Plan, peer: Host, segment: Segment, seen: Seen) -> Verdict | None:
    """Give what shows now that a segment's packets come with its VNI; None where nothing does."""
    vm = answering(plan, peer, segment, seen)
    if vm is not None:
        return good(f"{vm.name} on {peer.name} answers by the tunnel")
    fresh = _by_stp(segment, seen, FRESH)
    if fresh is not None:
        return fresh
    if Packet(str(peer.vtep), segment.port, segment.vni) in seen.answers.heard().packets:
        return good(f"packets with VNI {segment.vni} come in from {peer.name}")
    return None


def _suspect(plan: Plan, peer: Host, segment: Segment, seen: Seen) -> Segment:
    """Give the one segment on a port that strange VNIs are held against: the likeliest of those without a sign.

    That is one whose VM should have answered, else one that nothing is remembered of.
    """
    on_port = [each for each in plan.segments if each.port == segment.port]
    silent = [each for each in on_port if _sign(plan, peer, each, seen) is None]
    with_vms = [each for each in silent if any(vm.network == each.network and vm.address for vm in plan.vms_of(peer))]
    forgotten = [each for each in silent if _by_memory(peer, each, seen) is None]
    return (with_vms or forgotten or silent)[0]


def _known(plan: Plan, segment: Segment, seen: Seen) -> set[int]:
    """Give the VNIs that are somebody's on that port: the plan's, and those of this host's other devices."""
    tunnels = [link.vxlan for link in seen.state.links.values() if link.vxlan and link.name != segment.vxlan]
    return {each.vni for each in plan.segments} | {each.vni for each in tunnels if each.port == segment.port}


def _by_memory(peer: Host, segment: Segment, seen: Seen) -> Verdict | None:
    """Judge by what this host remembers: what VXLAN and STP learned came with the right VNI."""
    ages = [
        entry.age
        for entry in seen.facts.tables.get(segment.vxlan, ())
        if entry.destination == str(peer.vtep) and not entry.permanent and entry.age <= RECENT
    ]
    if ages:
        return good(f"a frame came from {peer.name} {min(ages):.0f} s ago: {segment.vxlan} learned its address")
    return _by_stp(segment, seen, FRESH * 4)


def _by_stp(segment: Segment, seen: Seen, seconds: float) -> Verdict | None:
    """Judge by the bridge at the other end, where that is the one that speaks, and did so within some seconds."""
    link, bridge = seen.state.links.get(segment.vxlan), seen.state.links.get(segment.bridge)
    port, own = (link.port if link else None), (bridge.bridge if bridge else None)
    if segment.group or not (port and own and own.stp) or port.designated in ("", own.id):
        return None
    if port.hello_left < MAX_AGE - seconds:
        return None
    return good(f"the bridge at the other end speaks to {segment.vxlan} (STP)")


def _nothing(peer: Host, segment: Segment, heard: Heard) -> str:
    if heard.error and not heard.seconds:
        return f"listening for {peer.name} failed: {heard.error}"
    return (
        f"nothing came from {peer.name} to UDP port {segment.port} in {heard.seconds:.1f} s: whether its VNI is "
        f"{segment.vni} cannot be known from here until it sends (a VM there, with an address in the plan, would)"
    )


_TUNNELS = {"wireguard": "WireGuard", "macsec": "MACsec", "xfrm": "IPsec", "vti": "IPsec", "vti6": "IPsec"}


def _encrypted(plan: Plan, this: Host, seen: Seen) -> Verdict:
    ways = {peer.name: _protection(this, peer, seen) for peer in plan.peers(this)}
    bare = [name for name, protection in ways.items() if not protection]
    programs = {link.name for peer in plan.peers(this) if (link := _leaves_by(peer, seen)) and link.kind == "tun"}
    if programs:
        return unknown(
            f"{', '.join(sorted(programs))} is a program's device: whether that encrypts is not seen from here"
        )
    if not bare:
        return good("; ".join(f"to {name}: {protection}" for name, protection in ways.items()))
    mend = remedies.words(
        "run the VXLAN over a VPN (IPsec or WireGuard) between the hosts, where the way between them is not your own"
    )
    return doubtful("not-encrypted", f"nothing encrypts the way to {', '.join(bare)}: a VXLAN itself does not", mend)


def _leaves_by(peer: Host, seen: Seen) -> Link | None:
    route = seen.facts.routes.get(peer.name)
    return seen.state.links.get(route.device) if route else None


def _protection(this: Host, peer: Host, seen: Seen) -> str:
    link = _leaves_by(peer, seen)
    by_device = _TUNNELS.get(link.kind, "") if link else ""
    if by_device and link:
        return f"{by_device} ({link.name})"
    here, there = ip_address(str(this.vtep)), ip_address(str(peer.vtep))
    policies = (each for each in seen.facts.encrypted if here in each.source and there in each.destination)
    return "IPsec (ip xfrm policy)" if next(policies, None) else ""

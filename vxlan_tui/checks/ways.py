"""Section 10.2: the way to each other host, and what it carries."""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from vxlan_tui.checks import ethernet, remedies
from vxlan_tui.checks.check import Check, Mend, Verdict, bad, doubtful, good, unknown
from vxlan_tui.checks.encryption import STALE, last_handshake
from vxlan_tui.checks.ethernet import SECTION, active_profile
from vxlan_tui.checks.evidence import Echo, Evidence, Path, answering
from vxlan_tui.checks.evpn import established
from vxlan_tui.checks.peers import learned
from vxlan_tui.checks.probes import listening, ping
from vxlan_tui.checks.protection import by_kernel
from vxlan_tui.checks.sizes import ETHERNET_MTU, frame_bytes
from vxlan_tui.plan import Host, Plan, overhead
from vxlan_tui.procedures import evpn, profiles
from vxlan_tui.sections import BRIDGE


def checks(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the checks that each other host answers."""
    for peer in plan.peers(this):
        yield Check(
            "peer.reach",
            SECTION,
            peer.name,
            f"{peer.name} answers at {peer.vtep}",
            shlex.join(ping.command(this.vtep, peer.vtep)),
            partial(_reach, plan, this, peer),
            ethernet.keys(this),
            asks=True,
        )


def sizes(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the checks that full-size frames get to each other host."""
    for peer in plan.peers(this):
        own, there = plan.tunnel_address(this), plan.tunnel_address(peer)
        yield Check(
            "peer.mtu",
            BRIDGE.number if plan.encrypted else SECTION,
            peer.name,
            f"The path to {peer.name} carries full-size frames",
            shlex.join(ping.command(own, there, plan.mtu_inside(ETHERNET_MTU, plan.segments[0]) + overhead(own))),
            partial(_mtu, plan, this, peer),
            (("peer.reach", peer.name), *((("encryption.tunnel", peer.name),) if plan.encrypted else ())),
            asks=True,
        )


def _reach(plan: Plan, this: Host, peer: Host, evidence: Evidence) -> Verdict:
    path = evidence.answers.path(peer.name)
    echo = path.outside or path.ping
    if echo.replied:
        return good(f"reply after {echo.seconds * 1000:.1f} ms")
    is_silent = not echo.by and peer.name in evidence.facts.routes
    sign = _sign_of_life(plan, peer, path, evidence) or (_remembered(plan, peer, evidence) if is_silent else "")
    if sign:
        return good(f"{peer.name} does not answer ping ({echo.error}), but {sign}")
    shows, mend = _no_way(this, peer, echo, evidence), _find_way(plan, this, peer, evidence)
    sends = _sends(plan, peer, evidence) if is_silent else ""
    if sends:
        return doubtful("peer-unreachable", f"{shows}; yet {sends}", mend)
    return bad("peer-unreachable", shows, mend)


def _sign_of_life(plan: Plan, peer: Host, path: Path, evidence: Evidence) -> str:
    """Say what else the other host answered, which then is reachable though it answers no ping."""
    if (path.outside or path.ping).by == str(peer.vtep):
        return "it says so itself"
    if path.outside and path.ping.replied:
        return "it answers inside the encrypted tunnel"
    address = str(plan.tunnel_address(peer))
    for segment in plan.segments:
        vm = answering(plan, peer, segment, evidence)
        if vm is not None:
            return f"{vm.name} there answers by the tunnel"
        error = listening.about(evidence.answers.heard(), (address,), segment.port)
        if error is not None and error.by == address:
            return f"it has {error.answer} a packet to UDP port {segment.port}"
    return ""


def _should_answer(plan: Plan, peer: Host) -> bool:
    """Whether a VM on another host is asked: then its silence weighs more than what was some minutes ago."""
    return any(vm.address for vm in plan.vms_of(peer))


def _remembered(plan: Plan, peer: Host, evidence: Evidence) -> str:
    """Say what passed both ways between the hosts in the last minutes; nothing where a VM should have answered now."""
    if _should_answer(plan, peer):
        return ""
    if evpn.is_used(plan) and established(plan, peer, evidence):
        return "the BGP session with it stands"
    age = last_handshake(plan, peer, evidence)
    return f"WireGuard's last handshake with it was {age:.0f} s ago" if age is not None and age < STALE else ""


def _sends(plan: Plan, peer: Host, evidence: Evidence) -> str:
    """Say what comes, or came a moment ago, from another host: that this host's packets get there it does not show."""
    sources = {str(peer.vtep), str(plan.tunnel_address(peer))}
    if any(each.source in sources for each in evidence.answers.heard().packets):
        return "VXLAN packets come from it"
    ages = [learned(plan, peer, segment, evidence) for segment in plan.segments]
    last = min((age for age in ages if age is not None), default=None)
    return "" if last is None or _should_answer(plan, peer) else f"a frame came from it {last:.0f} s ago"


def _no_way(this: Host, peer: Host, echo: Echo, evidence: Evidence) -> str:
    route = evidence.facts.routes.get(peer.name)
    if route is None:
        return f"this host has no route to {peer.vtep}"
    way = f"by {route.gateway} on {route.device}" if route.gateway else f"directly on {route.device}"
    if echo.by == str(this.vtep):
        return f"{route.gateway or peer.vtep}, the next host on the way, does not answer on {route.device}"
    if echo.by:
        return f"{echo.by} reports for {peer.vtep}: {echo.error}"
    return f"nothing comes back from {peer.vtep}, {way}: {echo.error}"


def _find_way(plan: Plan, this: Host, peer: Host, evidence: Evidence) -> Mend:
    route = evidence.facts.routes.get(peer.name)
    words = remedies.words(
        f"see whether {peer.name} is up and has {peer.vtep} on {peer.interface}, and whether a router or "
        f"firewall on the way stops it: `traceroute -s {this.vtep} {peer.vtep}` shows how far packets get"
    )
    profile = active_profile(this, evidence.state)
    if route is None and profile is not None and profile.saved:
        words = remedies.by(profiles.up(profile.name))
    asked = (
        [("ethernet.profile", this.ethernet.profile), ("ethernet.activate", this.interface)] if this.ethernet else []
    )
    return remedies.by_steps(plan, this, evidence.facts, asked, words)


def _mtu(plan: Plan, this: Host, peer: Host, evidence: Evidence) -> Verdict:
    path, own = evidence.answers.path(peer.name), plan.tunnel_address(this)
    frame = frame_bytes(plan, evidence.state)
    if path.whole is None or path.pieces is None:
        return unknown(f"{peer.name} does not answer ping, so the path to it cannot be measured")
    command = shlex.join(ping.command(own, plan.tunnel_address(peer), path.whole.size))
    return replace(_carries(plan, this, peer, path, evidence, frame + overhead(own)), command=command)


def _carries(plan: Plan, this: Host, peer: Host, path: Path, evidence: Evidence, needed: int) -> Verdict:
    """Judge what came of a packet that must not be cut up, and of one of the full size that may be."""
    assert path.whole is not None and path.pieces is not None  # noqa: S101 (the caller has looked)
    need = f"a full-size frame needs {needed} bytes in the tunnel"
    route = evidence.facts.routes.get(peer.name)
    device = route.device if route else this.interface
    whole, size = path.whole.echo, path.whole.size
    protection = by_kernel(plan, this, peer, evidence)
    if whole.replied and size == needed:
        return good(f"{need}; packets of {size} bytes arrive whole")
    if whole.replied and path.pieces.echo.replied:
        return good(f"{need}; {device} lets out {size}, so it arrives in pieces")
    if protection and whole.mtu and path.pieces.echo.replied:
        return good(f"{need}; {protection} leaves {whole.mtu}, so it arrives in pieces")
    mend = _widen(plan, this, peer, device, whole, evidence)
    if whole.replied:
        shows = f"{need}. {device} lets out {size}, and what is cut into pieces does not arrive"
        return bad("path-mtu-too-small", shows, mend)
    told = f", says {whole.by}" if whole.by else ""
    most = f"; the path carries {whole.mtu}{told}" if whole.mtu else ""
    return bad("path-mtu-too-small", f"{need}. Packets of {size} bytes do not arrive whole{most}", mend)


def _widen(plan: Plan, this: Host, peer: Host, device: str, echo: Echo, evidence: Evidence) -> Mend:
    """Give the MTU back to an interface that somebody lowered by hand; any other narrow place is elsewhere."""
    link = evidence.state.links.get(device)
    by_hand = device == this.interface and not evidence.facts.underlay_mtu
    if link and link.mtu < ETHERNET_MTU and link.kind in _ETHERNET_KINDS and by_hand:
        return remedies.device(device, "mtu", str(ETHERNET_MTU))
    there = evidence.there.get(peer.name)
    far = there.facts.state.links.get(peer.interface) if there else None
    where = f"{peer.name}'s {peer.interface} has {far.mtu}" if far else f"also on {peer.name}'s {peer.interface}"
    remembered = "; this host remembers what it was told for some minutes: `ip route flush cache` forgets it"
    return remedies.words(
        f"raise the MTU of the narrow place between {plan.tunnel_address(this)} and {plan.tunnel_address(peer)} "
        f"(`tracepath -n {plan.tunnel_address(peer)}` shows where it is; {where}), or give the segments a smaller "
        f"`mtu` in the plan{remembered if echo.mtu and echo.by else ''}"
    )


_ETHERNET_KINDS = ("", "veth", "vlan", "bond", "team", "bridge")

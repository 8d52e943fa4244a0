"""Section 10.3: whether what leaves by the tunnels is encrypted, and whether the encrypted tunnel stands."""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from ipaddress import ip_address

from vxlan_tui.checks import ethernet, remedies
from vxlan_tui.checks.bridge import SECTION, keys
from vxlan_tui.checks.check import Check, Verdict, bad, doubtful, good, unknown
from vxlan_tui.checks.evidence import Evidence
from vxlan_tui.checks.firewall import tunnel_key
from vxlan_tui.checks.probes import ping
from vxlan_tui.checks.protection import leaves_by, protection
from vxlan_tui.command import command
from vxlan_tui.plan import WIREGUARD_DEVICE, Host, Plan
from vxlan_tui.procedures import profiles, wireguard

STALE = 180.0
"""Seconds after which WireGuard drops a session without a new handshake (its paper: Reject-After-Time)."""


def checks(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the checks of the encrypted tunnel, where the plan makes one, and of what leaves in the clear."""
    for peer in plan.peers(this) if plan.encrypted else ():
        yield Check(
            "encryption.tunnel",
            SECTION,
            peer.name,
            f"The encrypted tunnel to {peer.name} stands",
            shlex.join(ping.command(plan.tunnel_address(this), plan.tunnel_address(peer))),
            partial(_tunnel, plan, this, peer),
            (*ethernet.keys(this), tunnel_key(plan), ("peer.reach", peer.name)),
            asks=True,
        )
    first = plan.peers(this)[0]
    route = ("ip", "-j", "route", "get", str(plan.tunnel_address(first)), "from", str(plan.tunnel_address(this)))
    yield Check(
        "tunnel.encrypted",
        SECTION,
        str(this.vtep),
        f"What leaves from {this.vtep} by the tunnel is encrypted",
        f"{shlex.join(route)}; ip xfrm policy",
        partial(_planned if plan.encrypted else _found, plan, this),
        (*ethernet.keys(this), *(keys(segment)[1] for segment in plan.segments if plan.encrypted)),
        asks=plan.encrypted,
    )


def _tunnel(plan: Plan, this: Host, peer: Host, evidence: Evidence) -> Verdict:
    """Judge by an answer from its other end; without one by the last handshake, where wg(8) can tell of it."""
    echo, handshakes = evidence.answers.path(peer.name).ping, evidence.facts.handshakes
    address, age = str(plan.tunnel_address(peer)), last_handshake(plan, peer, evidence)
    told = f", the last handshake was {age:.0f} s ago" if age is not None else ""
    if echo.replied:
        return good(f"reply after {echo.seconds * 1000:.1f} ms{told}")
    asked = [(name, WIREGUARD_DEVICE) for name in ("bridge.key", "bridge.wireguard", "bridge.wireguard-up")]
    up = remedies.by_steps(plan, this, evidence.facts, asked, remedies.by(profiles.up(WIREGUARD_DEVICE)))
    link = evidence.state.links.get(WIREGUARD_DEVICE)
    if link is None or not link.up:
        return bad("encryption-down", f"there is no {WIREGUARD_DEVICE} that is up", up)
    if age is not None and age < STALE:
        return good(f"{address} answers no ping{told}")
    never = "there never was a handshake" if handshakes is not None and age is None else f"{echo.error}{told}"
    shows = f"{address} does not answer inside the tunnel: {never}"
    if twins := _twins(this, peer, evidence):
        return bad("encryption-down", shows, remedies.words(twins))
    look = remedies.words(
        f"see whether {WIREGUARD_DEVICE} is up on {peer.name}, has this host's public key, and both let UDP port "
        f"{plan.encryption.port if plan.encryption else ''} in: `wg show {WIREGUARD_DEVICE}`"
    )
    return bad("encryption-down", shows, look)


def _twins(this: Host, peer: Host, evidence: Evidence) -> str:
    """Return in words that one end of a tunnel has another host's key pair; empty where that is not so."""
    theirs = {name: there.facts.state.keys.get(name, "") for name, there in evidence.there.items()}
    keys = {**evidence.state.keys, **theirs}
    ends = [keys.get(host.name) for host in (this, peer)]
    return wireguard.one_pair_of_two({name: key for name, key in keys.items() if key in ends})


def last_handshake(plan: Plan, peer: Host, evidence: Evidence) -> float | None:
    """Return the seconds since the last handshake with another host; None: there was none, or wg cannot tell."""
    return (evidence.facts.handshakes or {}).get(str(plan.tunnel_address(peer)))


def _planned(plan: Plan, this: Host, evidence: Evidence) -> Verdict:
    """Judge an encrypted plan: whether all that the VXLANs send leaves by the encrypted tunnel, and comes in by it."""
    inside = {str(plan.tunnel_address(host)) for host in plan.hosts}
    outside = [
        (segment.vxlan, entry.destination)
        for segment in plan.segments
        for entry in evidence.facts.tables.get(segment.vxlan, ())
        if entry.destination not in inside and not ip_address(entry.destination).is_multicast
    ]
    if outside:
        vxlan, address = outside[0]
        delete = [command("bridge", "fdb", "delete", "00:00:00:00:00:00", "dev", v, "dst", a) for v, a in outside]
        shows = f"{vxlan} sends to {address}, which is no address of the encrypted tunnel"
        return bad("sent-in-clear", shows, remedies.by(*dict.fromkeys(delete)))
    for peer in plan.peers(this):
        link = leaves_by(peer, evidence)
        if link is not None and link.kind != "wireguard":
            shows = f"what is for {plan.tunnel_address(peer)} ({peer.name}) leaves by {link.name}"
            return bad("sent-in-clear", shows, remedies.by(profiles.up(WIREGUARD_DEVICE)))
    return _comes_in(plan, this, evidence) or good(f"all of it leaves by {WIREGUARD_DEVICE} (WireGuard)")


def _comes_in(plan: Plan, this: Host, evidence: Evidence) -> Verdict | None:
    planned = {(segment.port, segment.vni) for segment in plan.segments}
    heard = {each.source for each in evidence.answers.heard().packets if (each.port, each.vni) in planned}
    host = next((peer for peer in plan.peers(this) if str(peer.vtep) in heard), None)
    if host is None:
        return None
    shows = f"VXLAN packets come in from {host.vtep} ({host.name}) beside the encrypted tunnel"
    return bad("sent-in-clear", shows, remedies.there(plan, host, SECTION))


def _found(plan: Plan, this: Host, evidence: Evidence) -> Verdict:
    """Judge a plan without encryption: whether something else encrypts the way."""
    ways = {peer.name: protection(plan, this, peer, evidence) for peer in plan.peers(this)}
    bare = [name for name, by in ways.items() if not by]
    programs = {link.name for peer in plan.peers(this) if (link := leaves_by(peer, evidence)) and link.kind == "tun"}
    if programs:
        which = ", ".join(sorted(programs))
        return unknown(f"{which} is a program's device: whether that encrypts cannot be seen from here")
    if not bare:
        return good("; ".join(f"to {name}: {by}" for name, by in ways.items()))
    shows = f"nothing encrypts the way to {', '.join(bare)}: a VXLAN itself does not"
    if plan.clear_by_choice:
        meant = good(f'{shows}; the plan says that this is meant (`[encryption]`, method = "none")')
        return replace(meant, title=f"What leaves from {this.vtep} by the tunnel is not encrypted, as the plan says")
    mend = remedies.words(
        'have the plan encrypt it (`[encryption]`, method = "wireguard"), or run the VXLAN over a VPN of your own, '
        'where the way between the hosts is not your own; `method = "none"` says that this is meant'
    )
    return doubtful("not-encrypted", shows, mend)

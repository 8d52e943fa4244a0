"""Section 10.3: what firewalld lets in of the other hosts' packets, and where."""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from vxlan_tui.checks import daemons, remedies
from vxlan_tui.checks.bridge import SECTION
from vxlan_tui.checks.check import Check, Mend, Verdict, bad, doubtful, good, unknown
from vxlan_tui.checks.daemons import FIREWALLD
from vxlan_tui.checks.ethernet import active_profile
from vxlan_tui.checks.evidence import Evidence, Key
from vxlan_tui.facts.firewalld import ACTIVE_ZONES, call
from vxlan_tui.plan import WIREGUARD_DEVICE, Host, Plan, Segment
from vxlan_tui.procedures import profiles
from vxlan_tui.procedures.firewall import admits_peers, tunnel_peers
from vxlan_tui.procedures.peers import others
from vxlan_tui.state import HostState, Link, Zone

TRUSTED = "trusted"
"""firewalld's zone that accepts all network connections (firewalld.zones(5))."""


def port_key(segment: Segment) -> Key:
    """Name the check of the firewall's port."""
    return "firewall.port", f"{segment.port}/udp"


def checks(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the checks of firewalld, and of each UDP port that the segments use."""
    yield daemons.check("firewall", SECTION)
    for segment in {segment.port: segment for segment in reversed(plan.segments)}.values():
        key = port_key(segment)
        yield Check(
            key[0],
            SECTION,
            key[1],
            f"The firewall lets UDP port {segment.port} in",
            shlex.join(call("getZoneOfInterface", this.interface)),
            partial(_port, plan, this, segment),
            (FIREWALLD, ("ethernet.device", this.interface)),
        )
        yield Check(
            "firewall.elsewhere",
            SECTION,
            key[1],
            f"UDP port {segment.port} is open nowhere else",
            shlex.join(ACTIVE_ZONES),
            partial(_elsewhere, plan, this, segment),
            (FIREWALLD,),
        )


def _port(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> Verdict:
    planned, actual = evidence.state.zone, evidence.facts.underlay_zone
    if planned is None or actual is None:
        return unknown("firewalld does not answer")
    if not planned.exists:
        shows = f"there is no firewalld zone {planned.name}"
        return bad("firewall-port-closed", shows, _by_plan(plan, this, segment, evidence))
    if admits_peers(plan, this, segment.port, evidence.state):
        shown = shlex.join(call("getRichRules", planned.name))
        return replace(_for_peers(plan, this, segment, evidence, planned), command=shown)
    shown = shlex.join(call("queryPort", actual.name, str(segment.port), "udp"))
    return replace(_for_all(plan, this, segment, evidence, planned, actual), command=shown)


def _by_plan(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> Mend:
    asked = [(f"bridge.firewall{when}", f"{segment.port}/udp") for when in ("-permanent", "")]
    return remedies.by_steps(plan, this, evidence.facts, asked, remedies.words("apply the plan"))


def _for_all(plan: Plan, this: Host, segment: Segment, evidence: Evidence, planned: Zone, actual: Zone) -> Verdict:
    """Judge a port that is to be open to everybody."""
    port, where = segment.port, f"in the zone {actual.name} of {this.interface}"
    if actual.name == TRUSTED:
        return good(f"{this.interface} is in the zone {TRUSTED}, which lets everything in")
    if port in actual.runtime & actual.permanent:
        return good(f"UDP port {port} is open {where}, now and permanently")
    mend = _open(this, evidence.state, planned, actual, _by_plan(plan, this, segment, evidence))
    if port not in actual.runtime:
        return bad("firewall-port-closed", f"UDP port {port} is closed {where}", mend)
    shows = f"UDP port {port} is open {where} until the next reboot or reload only"
    return bad("firewall-not-permanent", shows, mend)


def _for_peers(plan: Plan, this: Host, segment: Segment, evidence: Evidence, zone: Zone) -> Verdict:
    """Judge a port that is to be open to the other hosts alone; one that is open to everybody lets them in, too."""
    peers = others(plan, this, evidence.state)
    rules, port = evidence.facts.rules, segment.port
    wanted = set(next(iter(tunnel_peers(port, zone.name, peers))).wants.splitlines())
    now = wanted - rules.runtime if port not in zone.runtime else set[str]()
    later = wanted - rules.permanent if port not in zone.permanent else set[str]()
    if now:
        shows = f"the zone {zone.name} does not let {_sources(now)} in at UDP port {port}"
        return bad("firewall-port-closed", shows, _by_plan(plan, this, segment, evidence))
    if later:
        shows = (
            f"the zone {zone.name} lets {_sources(later)} in at UDP port {port} until the next reboot or reload only"
        )
        return bad("firewall-not-permanent", shows, _by_plan(plan, this, segment, evidence))
    return good(f"the zone {zone.name} lets the other hosts in at UDP port {port}, now and permanently")


def _sources(rules: set[str]) -> str:
    return ", ".join(sorted(rule.partition('address="')[2].partition('"')[0] for rule in rules))


def _open(this: Host, state: HostState, planned: Zone, actual: Zone, mend: Mend) -> Mend:
    """Where the interface is in another zone than planned, it is put there: the port is opened in that one."""
    profile = active_profile(this, state)
    if planned.name == actual.name or profile is None:
        return mend
    move = profiles.set_properties(profile.name, {"connection.zone": planned.name})
    return remedies.by(*mend.commands, move, before=mend.before)


def _elsewhere(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> Verdict:
    zones, port = evidence.facts.zones, segment.port
    used = WIREGUARD_DEVICE if plan.encrypted else this.interface
    own = {used, "lo", *(name for segment in plan.segments for name in (segment.bridge, segment.vxlan))}
    own |= {network.bridge for network in evidence.state.networks.values()}  # of VMs of this host's own
    outside = [link.name for link in evidence.state.links.values() if link.name not in own and _takes_packets(link)]
    opened = [name for name in outside if port in zones.open_on(name)]
    if not opened:
        return good(f"only what comes in by {used} gets to UDP port {port}")
    where = ", ".join(f"{name} (zone {zones.of(name)})" for name in opened)
    mend = remedies.words(
        'let only the other hosts in, by `admit = "peers"` in the plan\'s segments; or give these interfaces a zone of '
        "their own"
    )
    shows = f"UDP port {port} is open to whoever gets at {where}, too"
    return doubtful("firewall-port-elsewhere", shows, mend)


def _takes_packets(link: Link) -> bool:
    """Say whether packets from other hosts can come in by a device."""
    near = ("fe80:", "127.", "::1/")
    return link.up and any(not address.lower().startswith(near) for address in link.addresses)

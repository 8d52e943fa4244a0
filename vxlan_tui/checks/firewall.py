"""Section 10.3: what firewalld lets in of the other hosts' packets, and where."""

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from vxlan_tui.checks import daemons, remedies
from vxlan_tui.checks.bridge import SECTION
from vxlan_tui.checks.check import Check, Mend, Verdict, bad, doubtful, good, unknown
from vxlan_tui.checks.daemons import FIREWALLD
from vxlan_tui.checks.ethernet import active_profile
from vxlan_tui.checks.evidence import Evidence, Facts, Key
from vxlan_tui.facts.firewalld import ACTIVE_ZONES, Rules, call
from vxlan_tui.plan import WIREGUARD_DEVICE, Host, Plan, Segment
from vxlan_tui.procedures import profiles
from vxlan_tui.procedures.firewall import TUNNEL_ZONE, admits_peers, outside, tunnel_peers
from vxlan_tui.procedures.peers import others
from vxlan_tui.state import HostState, Link, Zone
from vxlan_tui.things import Thing

TRUSTED = "trusted"
"""firewalld's zone that accepts all network connections (firewalld.zones(5))."""


def port_key(segment: Segment) -> Key:
    """Name the check of the firewall's port."""
    return "firewall.port", f"{segment.port}/udp"


def tunnel_key(plan: Plan) -> Key:
    """Name the check of the encrypted tunnel's own port."""
    return "firewall.port", f"{plan.encryption.port if plan.encryption else 0}/udp"


def checks(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the checks of firewalld, of the encrypted tunnel's port, and of each UDP port that the segments use."""
    yield daemons.check("firewall", SECTION)
    if plan.encryption is not None and plan.encrypted:
        port = plan.encryption.port
        judge = partial(_outside, plan, this, port)
        yield _check(this, tunnel_key(plan), f"UDP port {port}, the encrypted tunnel's,", judge)
    for segment in {segment.port: segment for segment in reversed(plan.segments)}.values():
        key = port_key(segment)
        yield _check(this, key, f"UDP port {segment.port}", partial(_port, plan, this, segment))
        yield Check(
            "firewall.elsewhere",
            SECTION,
            key[1],
            f"UDP port {segment.port} is open nowhere else",
            shlex.join(ACTIVE_ZONES),
            partial(_elsewhere, plan, this, segment),
            (FIREWALLD,),
        )


def _check(this: Host, key: Key, what: str, judge: Callable[[Evidence], Verdict]) -> Check:
    """Give the check that a port is let in where the underlay is."""
    title, command = f"The firewall lets {what} in", shlex.join(call("getZoneOfInterface", this.interface))
    return Check(key[0], SECTION, key[1], title, command, judge, (FIREWALLD, ("ethernet.device", this.interface)))


def judging(plan: Plan, this: Host, facts: Facts) -> Zone | None:
    """Return the zone that the other hosts' packets are judged by: the plan's by their source, else the underlay's."""
    planned = facts.state.zone
    by_source = planned is not None and all(facts.zones.takes(planned.name, peer.vtep) for peer in plan.peers(this))
    return planned if by_source else facts.underlay_zone


def _port(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> Verdict:
    planned, actual = evidence.state.zone, judging(plan, this, evidence.facts)
    if planned is None or actual is None:
        return unknown("firewalld does not answer")
    if plan.encrypted:
        return _inside(plan, this, segment, evidence)
    if not planned.exists:
        shows = f"there is no firewalld zone {planned.name}"
        return bad("firewall-port-closed", shows, _by_plan(plan, this, segment, evidence))
    if actual.name == TRUSTED:
        return _trusted(this)
    if planned.name == actual.name and admits_peers(plan, this, segment.port, evidence.state):
        shown = shlex.join(call("getRichRules", planned.name))
        mend = _by_plan(plan, this, segment, evidence)
        wanted = tunnel_peers(segment.port, planned.name, others(plan, this, evidence.state))
        return replace(_for_peers(wanted, planned, segment.port, evidence.facts.rules, mend), command=shown)
    shown = shlex.join(call("queryPort", actual.name, str(segment.port), "udp"))
    return replace(_for_all(plan, this, segment, evidence, planned, actual), command=shown)


def _inside(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> Verdict:
    """Judge a VXLAN's port by the zone of the encrypted tunnel's device, which is not the underlay's."""
    zone = evidence.facts.zones.of(WIREGUARD_DEVICE)
    shown = shlex.join(call("getRichRules", TUNNEL_ZONE))
    if WIREGUARD_DEVICE in evidence.state.links and zone not in ("", TUNNEL_ZONE):
        shows = f"{WIREGUARD_DEVICE} is in the zone {zone}, and belongs into {TUNNEL_ZONE}"
        return bad("firewall-port-closed", shows, remedies.by(profiles.up(WIREGUARD_DEVICE)))
    mend = _by_plan(plan, this, segment, evidence)
    wanted = tunnel_peers(segment.port, TUNNEL_ZONE, others(plan, this, evidence.state))
    verdict = _for_peers(wanted, Zone(TUNNEL_ZONE), segment.port, evidence.facts.rules, mend)
    return replace(verdict, command=shown)


def _outside(plan: Plan, this: Host, port: int, evidence: Evidence) -> Verdict:
    """Judge the encrypted tunnel's own port."""
    zone, actual = evidence.state.zone, judging(plan, this, evidence.facts)
    if zone is None or actual is None:
        return unknown("firewalld does not answer")
    if actual.name == TRUSTED:
        return _trusted(this)
    asked = [(f"bridge.firewall-wireguard{when}", f"{port}/udp") for when in ("-permanent", "")]
    mend = remedies.by_steps(plan, this, evidence.facts, asked, remedies.words("apply the plan"))
    if zone.name != actual.name:
        shows = f"what lets UDP port {port} in is to be {_elsewhere_than(this, zone, actual)}"
        return bad("firewall-port-closed", shows, _open(this, evidence.state, zone, actual, mend))
    wanted = outside(plan, this, evidence.state)
    verdict = _for_peers(wanted, zone, port, evidence.facts.outer_rules, mend)
    return replace(verdict, command=shlex.join(call("getRichRules", zone.name)))


def _trusted(this: Host) -> Verdict:
    return good(f"{this.interface} is in the zone {TRUSTED}, which lets everything in")


def _by_plan(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> Mend:
    asked = [(f"bridge.firewall{when}", f"{segment.port}/udp") for when in ("-permanent", "")]
    return remedies.by_steps(plan, this, evidence.facts, asked, remedies.words("apply the plan"))


def _for_all(plan: Plan, this: Host, segment: Segment, evidence: Evidence, planned: Zone, actual: Zone) -> Verdict:
    """Judge a port that is to be open to everybody; and in a zone that is not the plan's, any port."""
    port, where = segment.port, f"in the zone {actual.name} of {this.interface}"
    if port in actual.runtime & actual.permanent:
        return good(f"UDP port {port} is open {where}, now and permanently")
    mend = _open(this, evidence.state, planned, actual, _by_plan(plan, this, segment, evidence))
    if port not in actual.runtime and planned.name != actual.name:
        shows = f"what lets UDP port {port} in is to be {_elsewhere_than(this, planned, actual)}"
        return bad("firewall-port-closed", shows, mend)
    if port not in actual.runtime:
        return bad("firewall-port-closed", f"UDP port {port} is closed {where}", mend)
    shows = f"UDP port {port} is open {where} until the next reboot or reload only"
    return bad("firewall-not-permanent", shows, mend)


def _for_peers(things: Iterable[Thing], zone: Zone, port: int, rules: Rules, mend: Mend) -> Verdict:
    """Judge a port that is to be open to the other hosts alone; one that is open to everybody lets them in, too."""
    wanted = set(next(iter(things)).wants.splitlines())
    now = wanted - rules.runtime if port not in zone.runtime else set[str]()
    later = wanted - rules.permanent if port not in zone.permanent else set[str]()
    if now:
        shows = f"the zone {zone.name} does not let {_sources(now)} in at UDP port {port}"
        return bad("firewall-port-closed", shows, mend)
    if later:
        shows = (
            f"the zone {zone.name} lets {_sources(later)} in at UDP port {port} until the next reboot or reload only"
        )
        return bad("firewall-not-permanent", shows, mend)
    return good(f"the zone {zone.name} lets the other hosts in at UDP port {port}, now and permanently")


def _sources(rules: set[str]) -> str:
    return ", ".join(sorted(rule.partition('address="')[2].partition('"')[0] for rule in rules))


def _open(this: Host, state: HostState, planned: Zone, actual: Zone, mend: Mend) -> Mend:
    """Where the interface is in another zone than planned, it is put there: the port is opened in that one."""
    if planned.name == actual.name:
        return mend
    profile = active_profile(this, state)
    if profile is None or not profile.saved:
        by_hand = f"firewall-cmd --permanent --zone={planned.name} --change-interface={this.interface}"
        return remedies.words(
            f"put {this.interface} into the zone {planned.name} (`{by_hand}`, and the same without `--permanent`), or "
            f'have the plan say `zone = "{actual.name}"` of this host; then apply the plan'
        )
    move = profiles.set_properties(profile.name, {"connection.zone": planned.name})
    return remedies.by(*mend.commands, move, before=mend.before)


def _elsewhere_than(this: Host, planned: Zone, actual: Zone) -> str:
    return f"in the zone {planned.name}, by the plan, and {this.interface} is in the zone {actual.name}"


def _elsewhere(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> Verdict:
    zones, port = evidence.facts.zones, segment.port
    used = WIREGUARD_DEVICE if plan.encrypted else this.interface
    own = {used, "lo", *(name for segment in plan.segments for name in (segment.bridge, segment.vxlan))}
    own |= {network.bridge for network in evidence.state.networks.values()}  # of VMs of this host's own
    beside = [link.name for link in evidence.state.links.values() if link.name not in own and _takes_packets(link)]
    opened = [name for name in beside if port in zones.open_on(name)]
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

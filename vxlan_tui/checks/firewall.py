"""Section 10.3: what firewalld lets in of the other hosts' packets, and where."""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from vxlan_tui import judge
from vxlan_tui.checks import daemons, remedies
from vxlan_tui.checks.bridge import SECTION
from vxlan_tui.checks.check import Check, Mend, Verdict, bad, doubtful, good, unknown
from vxlan_tui.checks.daemons import FIREWALLD
from vxlan_tui.checks.ethernet import active_profile
from vxlan_tui.checks.evidence import Evidence, Key
from vxlan_tui.facts.firewalld import ACTIVE_ZONES
from vxlan_tui.plan import WIREGUARD_DEVICE, Host, Plan, Segment
from vxlan_tui.procedures import profiles, things
from vxlan_tui.procedures.firewall import admits_peers
from vxlan_tui.state import HostState, Link, Zone
from vxlan_tui.steps import Step

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
            _queries(this.zone or f"$(firewall-cmd --get-zone-of-interface={this.interface})", segment.port),
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


def _queries(zone: str, port: int) -> str:
    ways = (("--permanent",), ())
    return "; ".join(f"firewall-cmd {' '.join((*way, f'--zone={zone}'))} --query-port={port}/udp" for way in ways)


def _port(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> Verdict:
    planned, actual = evidence.state.zone, evidence.facts.underlay_zone
    if planned is None or actual is None:
        return unknown("firewalld does not answer")
    steps = _steps(plan, this, segment, evidence)
    if steps is None:
        return unknown("whom firewalld lets in was not read in time")
    shown = "; ".join(shlex.join(step.thing.reading.argv) for step in steps if step.thing)
    return replace(_judge(plan, this, segment, evidence, planned, actual, steps), command=shown)


def _steps(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> list[Step] | None:
    """Return what the plan's own rows say of the firewall; None where they decide, and could not all be read."""
    rows = [
        thing
        for thing in things(plan, this, evidence.state)
        if thing.reading.argv[0] == "firewall-cmd" and thing.subject == port_key(segment)[1]
    ]
    read = [row for row in rows if set(judge.readings([row])) <= set(evidence.facts.outputs)]
    if len(read) < len(rows) and admits_peers(plan, this, segment.port, evidence.state):
        return None
    return judge.forward(read, evidence.facts.outputs)


def _judge(
    plan: Plan, this: Host, segment: Segment, evidence: Evidence, planned: Zone, actual: Zone, steps: list[Step]
) -> Verdict:
    port, asked = segment.port, [(step.id, step.subject) for step in steps]
    mend = remedies.by_steps(plan, this, evidence.facts, asked, Mend(""))
    if not planned.exists:
        return bad("firewall-port-closed", f"there is no firewalld zone {planned.name}", mend)
    if not plan.encrypted and actual.name == TRUSTED:
        return good(f"{this.interface} is in the zone {TRUSTED}, which lets everything in")
    by_rows = admits_peers(plan, this, port, evidence.state)
    left = [step for step in steps if step.commands]
    later = [step for step in left if step.thing and "--permanent" in step.thing.reading.argv]
    now = len(left) > len(later) if by_rows else port not in actual.runtime
    permanent = not left if by_rows else port in actual.permanent
    where = f"in the zone {actual.name} of {this.interface}" if not by_rows else "to the other hosts"
    if now and port not in actual.runtime:
        shows = f"UDP port {port} is closed {where}"
        return bad("firewall-port-closed", shows, _open(this, evidence.state, planned, actual, mend))
    if not permanent and port not in actual.permanent:
        shows = f"UDP port {port} is open {where} until the next reboot or reload only"
        return bad("firewall-not-permanent", shows, _open(this, evidence.state, planned, actual, mend))
    return good(f"UDP port {port} is open {where}, now and permanently")


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

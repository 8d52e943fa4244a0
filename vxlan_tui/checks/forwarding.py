"""Section 10.3: what lets frames through the bridge: STP, the port's own switches, and the packet filter."""

import math
import shlex
from collections.abc import Iterator
from functools import partial

from vxlan_tui.checks import netfilter, remedies
from vxlan_tui.checks.bridge import SECTION, keys
from vxlan_tui.checks.check import Check, Mend, Verdict, bad, doubtful, good, unknown
from vxlan_tui.checks.ethernet import DEVICES
from vxlan_tui.checks.evidence import Evidence
from vxlan_tui.command import command
from vxlan_tui.facts.netfilter import RULESET, SYSCTLS
from vxlan_tui.plan import Segment
from vxlan_tui.state import BridgePort, HostState, Link


def checks(segment: Segment) -> Iterator[Check]:
    """Give the checks of a segment's VXLAN as a port of its bridge, and of what filters the bridge."""
    device, vxlan = keys(segment)
    yield Check(
        "vxlan.port",
        SECTION,
        segment.vxlan,
        f"{segment.bridge} forwards frames to and from {segment.vxlan}",
        DEVICES,
        partial(_forwarding, segment),
        (device, vxlan),
    )
    yield Check(
        "bridge.filter",
        SECTION,
        segment.bridge,
        f"Nothing filters what passes {segment.bridge}",
        f"{shlex.join(SYSCTLS)}; {shlex.join(RULESET)}",
        partial(_filter, segment),
        (device,),
    )


def seconds_left(port: BridgePort, controller: Link | None) -> int:
    """Say for how long STP keeps a port from forwarding: listening and learning take forward_delay each."""
    later = controller.bridge.forward_delay if controller and controller.bridge and port.state == "listening" else 0.0
    return max(1, math.ceil(port.forward_delay_left + later))


def forwarding(link: Link, state: HostState) -> Verdict | None:
    """Judge the STP state of a bridge port; None where it forwards."""
    port, controller = link.port, state.links.get(link.controller)
    if port is None or port.state == "forwarding":
        return None
    stp = controller is not None and controller.bridge is not None and controller.bridge.stp
    if port.state in ("listening", "learning") and (stp or port.forward_delay_left):
        left = seconds_left(port, controller)
        shows = f"wait {left} s: {link.controller} still keeps {link.name} back by STP ({port.state})"
        words = f"wait {left} s; every new port of a bridge with STP waits so. `bridge.stp no` in its profile ends that"
        return doubtful("bridge-port-waits", shows, remedies.words(words), wait=left)
    shows = f"{link.name} is {port.state} in {link.controller}"
    if stp and port.state == "blocking":
        mend = remedies.words(
            f"STP blocks {link.name}, because the bridges are joined by a second way: find that and take it away "
            f"(`bridge link` on each host)"
        )
    elif not link.up:
        mend = remedies.device(link.name, "up")
    else:
        mend = remedies.by(command("bridge", "link", "set", "dev", link.name, "state", "3"))
    return bad("bridge-port-blocked", shows, mend)


def _forwarding(segment: Segment, evidence: Evidence) -> Verdict:
    link = evidence.state.links.get(segment.vxlan)
    if link is None or link.port is None:
        return unknown(f"{segment.vxlan} is no bridge's port")
    return forwarding(link, evidence.state) or good(f"{link.name} is forwarding in {link.controller}")


def _filter(segment: Segment, evidence: Evidence) -> Verdict:
    state, found = evidence.state, evidence.facts.netfilter
    link = state.links.get(segment.bridge)
    stuck = _not_flooded(segment, state)
    if stuck:
        return stuck
    if found is None:
        gone = evidence.facts.gone.get("netfilter")
        return unknown(f"nft does not tell what is filtered: {gone.words if gone else ''}")
    own = link.bridge.netfilter if link and link.bridge else frozenset()
    dropped = list(netfilter.drops(found, segment.bridge, own, segment.vxlan))
    if not dropped:
        calls = ", ".join(sorted(found.calls | own))
        return good(f"the firewall is asked ({calls}) and lets them pass" if calls else "the firewall is not asked")
    shows = "dropped: " + "; ".join(str(each) for each in dropped)
    tables = sorted({each.table for each in dropped if each.table})
    if not tables:
        return bad("bridge-filtered", shows, remedies.words("let the chain of the family bridge accept these frames"))
    return bad("bridge-filtered", shows, _do_not_ask(segment, tables, own))


def _do_not_ask(segment: Segment, tables: list[str], own: frozenset[str]) -> Mend:
    switches = [f"net.bridge.bridge-nf-call-{table}=0" for table in tables]
    commands = [command("sysctl", "-w", *switches)]
    if own:
        kinds = [word for table in tables for word in (f"nf_call_{table}", "0")]
        commands.append(command("ip", "link", "set", "dev", segment.bridge, "type", "bridge", *kinds))
    return remedies.by(*commands)


def _not_flooded(segment: Segment, state: HostState) -> Verdict | None:
    """Judge the port's own switches: a port that is not flooded to carries no ARP request."""
    link = state.links.get(segment.vxlan)
    if link is None or link.port is None:
        return None
    set_port = ("bridge", "link", "set", "dev", link.name)
    if not link.port.flood:
        mend = remedies.by(command(*set_port, "flood", "on", "bcast_flood", "on"))
        return bad("bridge-filtered", f"{link.name} is not flooded to (flood or bcast_flood is off)", mend)
    isolated = [port.name for port in state.ports_of(segment.bridge) if port.port and port.port.isolated]
    if link.name in isolated and len(isolated) > 1:
        shows = f"{', '.join(isolated)} are isolated: they do not reach each other"
        return bad("bridge-filtered", shows, remedies.by(command(*set_port, "isolated", "off")))
    return None

"""Section 10.3: FRR, and its BGP sessions with the other hosts."""

import shlex
from collections.abc import Iterator
from functools import partial

from vxlan_tui.checks import remedies
from vxlan_tui.checks.bridge import SECTION
from vxlan_tui.checks.check import Check, Mend, Verdict, bad, good, unknown
from vxlan_tui.checks.evidence import Evidence, Key
from vxlan_tui.checks.finding import Finding
from vxlan_tui.checks.peers import fault_there, named_there
from vxlan_tui.command import command
from vxlan_tui.facts.evpn import SUMMARY
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures import things

RUNNING: Key = ("evpn.running", "FRR")


def session_key(peer: Host) -> Key:
    """Name the check of the BGP session with another host."""
    return "evpn.session", f"{peer.name}:bgp"


def checks(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the checks of FRR, where a segment's hosts find each other by it."""
    if all(plan.flood(segment) != "evpn" for segment in plan.segments):
        return
    shown = shlex.join(SUMMARY)
    yield Check(RUNNING[0], SECTION, RUNNING[1], "FRR's bgpd runs", shown, _running)
    for peer in plan.bgp_peers(this):
        yield Check(
            session_key(peer)[0],
            SECTION,
            session_key(peer)[1],
            f"The BGP session with {peer.name} stands",
            shown,
            partial(_session, plan, this, peer),
            (RUNNING, ("peer.reach", peer.name)),
        )


def _running(evidence: Evidence) -> Verdict:
    found = evidence.facts.evpn
    if found is None:
        return unknown("FRR was not asked")
    if not found.error:
        return good(f"it answers, with {len(found.sessions)} neighbours")
    start = remedies.by(command("systemctl", "enable", "--now", "frr"))
    if "bgpd" in found.error or "no such program" in found.error:
        start = remedies.words(
            "install FRR, have `bgpd=yes` in /etc/frr/daemons, and `systemctl restart frr`; or apply the plan"
        )
    return bad("evpn-not-running", found.error, start)


def established(plan: Plan, peer: Host, evidence: Evidence) -> bool:
    """Whether BGP has a session with another host."""
    found = evidence.facts.evpn
    return found is not None and any(found.sessions.get(each) == ESTABLISHED for each in _addresses(plan, peer))


ESTABLISHED = "Established"


def _session(plan: Plan, this: Host, peer: Host, evidence: Evidence) -> Verdict:
    found = evidence.facts.evpn
    if found is None or found.error:
        return unknown("FRR does not answer")
    if established(plan, peer, evidence):
        return good(ESTABLISHED)
    states = {address: found.sessions[address] for address in _addresses(plan, peer) if address in found.sessions}
    there = _fault_there(plan, this, peer, evidence) if states else None
    if there is not None:
        return named_there("evpn-no-session", peer, there)
    if not states:
        shows = f"{peer.name} ({', '.join(_addresses(plan, peer))}) is no neighbour of this host's BGP"
        return bad("evpn-no-session", shows, _by_plan(plan, this, evidence, "apply the plan, which makes it one"))
    shows = ", ".join(f"{address} is {state}" for address, state in states.items())
    look = (
        f"see whether bgpd runs on {peer.name}, has this host as its neighbour, and both let TCP port 179 in: "
        f"`vtysh -c 'show bgp neighbors {next(iter(states))}'` says what BGP waits for"
    )
    return bad("evpn-no-session", shows, _by_plan(plan, this, evidence, look))


def _fault_there(plan: Plan, this: Host, peer: Host, evidence: Evidence) -> Finding | None:
    """Return what another host lacks for its session with this one: bgpd, or this host as a neighbour."""
    there = evidence.there.get(peer.name)
    known = there.facts.evpn.sessions if there and there.facts.evpn else {}
    lacks = not any(address in known for address in _addresses(plan, this))
    return fault_there(peer, (RUNNING, *((session_key(this),) if lacks else ())), evidence)


def _by_plan(plan: Plan, this: Host, evidence: Evidence, words: str) -> Mend:
    """By the plan's own rows for BGP where they see something to do: FRR's lines, and the firewall's rules."""
    rows = things(plan, this, evidence.state)
    asked = [(row.id, row.subject) for row in rows if row.id.startswith(("bridge.evpn", "bridge.firewall-bgp"))]
    return remedies.by_steps(plan, this, evidence.facts, asked, remedies.words(words))


def _addresses(plan: Plan, peer: Host) -> list[str]:
    return list(dict.fromkeys((str(plan.tunnel_address(peer)), str(peer.vtep))))

"""Section 10.4: the libvirt network on each bridge."""

import shlex
from collections.abc import Iterator
from functools import partial

from vxlan_tui.checks import daemons, remedies
from vxlan_tui.checks.check import Check, Mend, Verdict, bad, good, unknown
from vxlan_tui.checks.daemons import LIBVIRT, VIRSH
from vxlan_tui.checks.evidence import Evidence
from vxlan_tui.command import command
from vxlan_tui.plan import Host, Plan, Segment
from vxlan_tui.sections import NETWORK
from vxlan_tui.state import Network

SECTION = NETWORK.number


def checks(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the checks of each segment's libvirt network."""
    yield daemons.check("virt", SECTION)
    for segment in plan.segments:
        name = segment.network
        yield Check(
            "network.active",
            SECTION,
            name,
            f"The libvirt network {name} is active, on {segment.bridge}",
            shlex.join((*VIRSH, "net-info", name)),
            partial(_active, plan, this, segment),
            (LIBVIRT,),
        )
        yield Check(
            "network.autostart",
            SECTION,
            name,
            f"{name} starts whenever libvirt starts",
            shlex.join((*VIRSH, "net-info", name)),
            partial(_autostart, plan, this, segment),
            (LIBVIRT,),
        )


def _active(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> Verdict:
    name = segment.network
    found = evidence.state.networks.get(name)
    asked = [(f"network.{part}", name) for part in ("define", "start", "autostart")]
    mend = partial(remedies.by_steps, plan, this, evidence.facts, asked, remedies.words("apply the plan"))
    if found is None:
        return bad("network-missing", f"there is no libvirt network {name}", mend())
    if _is_others(found, segment):
        has = f"forward mode {found.forward or 'none'} and the bridge {found.bridge or 'none'}"
        shows = f"{name} has {has}; planned: forward mode bridge and {segment.bridge}"
        return bad("network-wrong-bridge", shows, _make_way(found))
    if not found.active:
        start = remedies.by_steps(plan, this, evidence.facts, [("network.start", name)], mend())
        return bad("network-inactive", f"{name} is not active: no VM on it can start", start)
    return good(f"{name} is active, forward mode {found.forward}, bridge {found.bridge}")


def _is_others(found: Network, segment: Segment) -> bool:
    return found.bridge != segment.bridge or found.forward != "bridge"


def _make_way(found: Network) -> Mend:
    """Give words: a network that is not as planned may be somebody else's, and once it is gone, it is gone."""
    verbs = [verb for verb, there in (("net-destroy", found.active), ("net-undefine", found.persistent)) if there]
    commands = " and ".join(f"`{command('virsh', verb, found.name).text}`" for verb in verbs)
    return remedies.words(
        f"give the segment's network another name in the plan; or, if nobody needs the one that is there, take it "
        f"away ({commands}) and apply the plan"
    )


def _autostart(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> Verdict:
    name = segment.network
    found = evidence.state.networks.get(name)
    if found is None or _is_others(found, segment):
        return unknown(f"there is no libvirt network {name} on {segment.bridge}")
    if found.autostart:
        return good("autostart is on")
    asked = [("network.define", name), ("network.autostart", name)]
    mend = remedies.by_steps(plan, this, evidence.facts, asked, remedies.words("apply the plan"))
    return bad("network-no-autostart", f"autostart is off: {name} stays off after a reboot, and its VMs too", mend)

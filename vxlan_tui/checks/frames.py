"""Section 10.5: full-size frames to the other hosts' VMs, and TCP from them: what breaks where ARP still passes."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from vxlan_tui.checks import remedies
from vxlan_tui.checks.arp import others
from vxlan_tui.checks.check import Check, Mend, Verdict, bad, good, unknown
from vxlan_tui.checks.ethernet import active_profile
from vxlan_tui.checks.evidence import Evidence, Facts, Frames, Tcp
from vxlan_tui.checks.peers import comes_through
from vxlan_tui.checks.probes import frames, script
from vxlan_tui.checks.sizes import ETHERNET_MTU, guests
from vxlan_tui.checks.vms import SECTION
from vxlan_tui.plan import Host, Plan, Segment
from vxlan_tui.procedures import profiles

SPOILT = 0.5
"""The share of TCP segments with a wrong checksum above which it is no accident."""


def checks(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the check of each other host with VMs in a segment."""
    for segment in plan.segments:
        for peer in plan.peers(this):
            if others(plan, peer, segment):
                name, way = f"{peer.name}:{segment.vxlan}", comes_through(plan, this, segment, peer)
                yield Check(
                    "peer.frames",
                    SECTION,
                    name,
                    f"Full-size frames pass between {segment.bridge} and the VMs on {peer.name}",
                    script.shown(_command(plan, peer, segment, plan.mtu_inside(ETHERNET_MTU, segment))),
                    partial(_judge, plan, this, peer, segment),
                    (*way, ("segment.mtu", segment.vxlan), ("peer.mtu", peer.name)),
                    asks=True,
                )


def _judge(plan: Plan, this: Host, peer: Host, segment: Segment, evidence: Evidence) -> Verdict:
    found = evidence.answers.frames(segment.bridge)
    command = script.shown(_command(plan, peer, segment, found.full))
    return replace(_of(plan, this, peer, segment, evidence, found), command=command)


def _command(plan: Plan, peer: Host, segment: Segment, size: int) -> tuple[str, ...]:
    return frames.command(segment, size, [str(vm.address) for vm in others(plan, peer, segment)])


def _of(plan: Plan, this: Host, peer: Host, segment: Segment, evidence: Evidence, found: Frames) -> Verdict:
    if found.error:
        return unknown(f"they could not be sent: {found.error}")
    replies = evidence.answers.replies(segment.bridge).by_address
    there = [vm for vm in others(plan, peer, segment) if str(vm.address) in replies]
    if not there:
        return unknown(f"no VM on {peer.name} answers ARP")
    answered = {vm.name: found.answered.get(str(vm.address), 0) for vm in there}
    came = _tcp(plan, peer, segment, evidence)
    if came.wrong > came.segments * SPOILT:
        shows = f"{came.wrong} of {came.segments} TCP segments from {peer.name} came with a wrong checksum"
        facts = evidence.there[peer.name].facts if peer.name in evidence.there else None
        return _spoilt(peer, facts, shows, here=False)
    if found.full in answered.values():
        names = ", ".join(name for name, size in answered.items() if size == found.full)
        return good(f"a frame of {found.full} bytes is answered by {names}")
    name = there[0].name
    if frames.SMALLER in answered.values():
        narrow = f"{name} answers a frame of {frames.SMALLER} bytes, and none of {found.full}"
        return _narrow(plan, this, peer, segment, evidence, narrow)
    shows = f"{name} answers ARP, and no frame of {frames.SMALLER} or {found.full} bytes, though the path carries them"
    return _spoilt(this, evidence.facts, f"{shows}{_counted(peer, evidence)}", here=True)


def _tcp(plan: Plan, peer: Host, segment: Segment, evidence: Evidence) -> Tcp:
    """Count what came from another host: by the addresses that its frames came from."""
    address = str(plan.tunnel_address(peer))
    macs = {entry.mac for entry in evidence.facts.tables.get(segment.vxlan, ()) if entry.destination == address}
    found = [tcp for mac, tcp in evidence.answers.frames(segment.bridge).tcp.items() if mac in macs]
    return Tcp(sum(tcp.wrong for tcp in found), sum(tcp.segments for tcp in found))


def _narrow(plan: Plan, this: Host, peer: Host, segment: Segment, evidence: Evidence, shows: str) -> Verdict:
    """Judge what lets smaller frames pass: where that host can be read and has the same MTU, it is no MTU."""
    there = evidence.there.get(peer.name)
    if there is None:
        smaller = f"the MTU of {segment.vxlan}, {segment.bridge} or the VM is smaller on {peer.name}"
        more = f"{shows}: {smaller}, or a NIC on the way spoils large packets"
        return bad("mtu-differs", more, remedies.look_there(plan, peer))
    full = evidence.answers.frames(segment.bridge).full
    taps = (there.facts.state.links.get(guest.device) for guest in guests(segment, there.facts.state))
    tap = next((link for link in taps if link and link.mtu < full), None)
    if tap is not None:
        wide = remedies.device(tap.name, "mtu", str(full))
        more = f"{shows}: {tap.name} on {peer.name} has the MTU {tap.mtu}"
        return bad("mtu-differs", more, Mend(wide.text, wide.commands, on_host=peer.name))
    same = f"{shows}, and the MTU is the same there{_counted(peer, evidence)}"
    return _spoilt(this, evidence.facts, same, here=True)


def _counted(peer: Host, evidence: Evidence) -> str:
    there = evidence.there.get(peer.name)
    if there is None or not there.facts.bad_checksums:
        return ""
    return f"; {peer.name} has dropped {there.facts.bad_checksums} UDP packets for a wrong checksum (nstat)"


def _spoilt(host: Host, facts: Facts | None, shows: str, *, here: bool) -> Verdict:
    """Name the NIC that leaves checksums to its hardware: the sender's."""
    driver = f", driver {facts.driver}" if facts and facts.driver else ""
    who = f"{shows}. {host.interface} of {host.name}{driver} computes checksums in hardware"
    return bad("checksum-offload", who, _in_software(host, facts, here=here))


def _in_software(host: Host, facts: Facts | None, *, here: bool) -> Mend:
    """By NetworkManager's own setting, so that it lasts."""
    profile = active_profile(host, facts.state) if facts else None
    name = profile.name if profile else host.ethernet.profile if host.ethernet else ""
    if not name:
        text = f"have NetworkManager switch it off on {host.name}, in the profile of {host.interface}: `{_OFF} off`"
        return Mend(text, on_host="" if here else host.name)
    mend = remedies.by(profiles.set_properties(name, {_OFF: "off"}), profiles.up(name))
    return mend if here else Mend(mend.text, mend.commands, on_host=host.name)


_OFF = "ethtool.feature-tx-checksum-ip-generic"

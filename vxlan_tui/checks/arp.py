"""Section 10.5: which VMs answer ARP: this host's, the other hosts' by the tunnel, and both as the VMs see it."""

import shlex
from collections.abc import Iterator
from functools import partial

from vxlan_tui.checks import remedies
from vxlan_tui.checks.check import Check, Mend, Verdict, bad, good, unknown
from vxlan_tui.checks.daemons import LIBVIRT
from vxlan_tui.checks.evidence import Evidence, Key
from vxlan_tui.checks.peers import carriers, comes_through, fault_there, named_there
from vxlan_tui.checks.probes import arping
from vxlan_tui.checks.vms import SECTION, keys, live_nic
from vxlan_tui.plan import Host, Plan, Segment, Vm
from vxlan_tui.procedures.vms import subject


def checks(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the checks of all VMs whose address the plan tells."""
    for vm in plan.vms_of(this):
        if vm.address:
            segment = plan.segment_of(vm.network)
            yield Check(
                *_id(("vm.arp", subject(plan, vm)), f"{subject(plan, vm)} answers ARP for {vm.address}"),
                shlex.join(arping.command(segment.bridge, str(vm.address))),
                partial(_answers, vm, segment),
                keys(plan, vm),
                asks=True,
            )
    for segment in plan.segments:
        for peer in plan.peers(this):
            yield from _peer(plan, this, peer, segment)
    for vm, address in inside_questions(plan, this):
        yield _inside(plan, vm, address)


def _id(key: Key, title: str) -> tuple[str, str, str, str]:
    return key[0], SECTION, key[1], title


def others(plan: Plan, peer: Host, segment: Segment) -> list[Vm]:
    """Return another host's VMs that can be asked for on a segment."""
    return [vm for vm in plan.vms_of(peer) if vm.network == segment.network and vm.address]


def _peer(plan: Plan, this: Host, peer: Host, segment: Segment) -> Iterator[Check]:
    for vm in others(plan, peer, segment):
        name = subject(plan, vm)
        yield Check(
            *_id(("peer.arp", f"{peer.name}:{name}"), f"{name} on {peer.name} answers ARP by the tunnel"),
            shlex.join(arping.command(segment.bridge, str(vm.address))),
            partial(_peer_answers, plan, peer, segment, vm),
            comes_through(plan, this, segment, peer),
            asks=True,
        )


def inside_questions(plan: Plan, this: Host) -> Iterator[tuple[Vm, str]]:
    """Give what the VMs of this host are to ask themselves: the address of one other VM, rather one elsewhere."""
    for vm in plan.vms_of(this):
        asked = [other for other in plan.vms if other is not vm and other.network == vm.network and other.address]
        asked.sort(key=lambda other: other.host == this.name)
        if asked:
            yield vm, str(asked[0].address)


def _inside(plan: Plan, vm: Vm, address: str) -> Check:
    name = subject(plan, vm)
    segment, this = plan.segment_of(vm.network), plan.host(vm.host)
    asked = next(other for other in plan.vms if other.network == vm.network and str(other.address) == address)
    way: tuple[Key, ...] = ()
    if asked.host != vm.host:
        far = ("peer.arp", f"{asked.host}:{subject(plan, asked)}")
        way = (*comes_through(plan, this, segment, plan.host(asked.host)), far)
    return Check(
        *_id(("vm.inside", name), f"{name} itself gets an ARP reply from {address}"),
        f"inside {vm.name}, by its guest agent: arping -c 1 -w 2 -I ... {address}",
        partial(_asks, vm, address),
        (LIBVIRT, *way, *keys(plan, vm)[3:], ("vm.arp", name)),
        asks=True,
    )


def _answers(vm: Vm, segment: Segment, evidence: Evidence) -> Verdict:
    replies, address = evidence.answers.replies(segment.bridge), str(vm.address)
    nic = live_nic(vm, evidence.state)
    mac = replies.by_address.get(address)
    if mac is None and replies.error:
        return unknown(replies.error)
    if mac is None:
        return bad("vm-no-arp-reply", f"no reply from {address}", _look_inside(vm))
    if nic is not None and nic.mac != mac:
        shows = f"{mac} answers for {address}, and the NIC of {vm.name} is {nic.mac}: the address is taken twice"
        return bad("vm-no-arp-reply", shows, _look_inside(vm))
    return good(f"reply from {address} [{mac}]")


def _look_inside(vm: Vm, host: str = "") -> Mend:
    text = (
        f"look inside {vm.name} (`virsh console {vm.name}`): whether it has started up, and its interface is up "
        f"with {vm.address}"
    )
    return Mend(text, on_host=host)


def _peer_answers(plan: Plan, peer: Host, segment: Segment, vm: Vm, evidence: Evidence) -> Verdict:
    replies, address = evidence.answers.replies(segment.bridge), str(vm.address)
    if address in replies.by_address:
        return good(f"reply from {address} [{replies.by_address[address]}]")
    asked = (LIBVIRT, *carriers(segment), ("network.active", segment.network), *keys(plan, vm))
    found = fault_there(peer, asked, evidence)
    if found is not None:
        return named_there("vm-no-arp-reply", peer, found)
    if replies.error:
        return unknown(replies.error)
    if peer.name in evidence.there:
        shows = f"no reply from {address}, though {vm.name} runs in {segment.bridge} on {peer.name}"
        return bad("vm-no-arp-reply", shows, _look_inside(vm, peer.name))
    shows = (
        f"no reply from {address}: {vm.name} on {peer.name} is off, still starts, or is not in {segment.bridge} there; "
        f"or {segment.vxlan} is missing there, or a firewall on the way drops VXLAN unsaid"
    )
    return bad("vm-no-arp-reply", shows, remedies.look_there(plan, peer))


def _asks(vm: Vm, address: str, evidence: Evidence) -> Verdict:
    answer = evidence.answers.inside(vm.name, address)
    if answer.error:
        return unknown(answer.error)
    if answer.replied:
        return good(f"reply from {address}: {answer.words}")
    mend = remedies.words(f"look inside {vm.name}: is its interface up, with an address of the segment?")
    return bad("vm-no-arp-reply", f"no reply from {address}: {answer.words}", mend)

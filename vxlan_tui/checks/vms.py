"""Section 10.5: this host's VMs on their networks and in their bridges, and ARP between VMs."""

from collections.abc import Iterator
from functools import partial

from vxlan_tui.checks import remedies
from vxlan_tui.checks.bridge import forwarding
from vxlan_tui.checks.check import Check, Key, Mend, Verdict, bad, doubtful, good, unknown
from vxlan_tui.checks.daemons import LIBVIRT
from vxlan_tui.checks.seen import Facts, Replies, Seen
from vxlan_tui.checks.sizes import ETHERNET_MTU, Guest, guests, joins
from vxlan_tui.checks.tunnel import comes_through
from vxlan_tui.command import Command, command
from vxlan_tui.plan import Host, Plan, Segment, Vm, overhead
from vxlan_tui.procedures import vms
from vxlan_tui.record import Record
from vxlan_tui.state import HostState, Nic, VmState

SECTION = "10.5"


def checks(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the checks of this host's VMs, and of the VMs that answer from the other hosts."""
    for name in dict.fromkeys(vm.name for vm in plan.vms_of(this)):
        networks = tuple(("network.active", vm.network) for vm in plan.vms_of(this) if vm.name == name)
        yield Check(
            *_id(("vm.running", name), f"The VM {name} is running"),
            "virsh list --all",
            partial(_running, plan, this, name),
            (LIBVIRT, *networks),
        )
    for vm in plan.vms_of(this):
        yield from _vm(plan, this, vm)
    for segment in plan.segments:
        yield from _segment(plan, this, segment)
    for vm, address in inside_questions(plan, this):
        yield _inside(plan, vm, address)


def _id(key: Key, title: str) -> tuple[str, str, str, str]:
    return key[0], SECTION, key[1], title


def _vm(plan: Plan, this: Host, vm: Vm) -> Iterator[Check]:
    name, segment = vms.subject(plan, vm), plan.segment_of(vm.network)
    network, bridge = ("vm.network", name), ("vm.bridge", name)
    running = ("vm.running", vm.name)
    yield Check(
        *_id(network, f"{name} is connected to {vm.network}"),
        f"virsh domiflist {vm.name}",
        partial(_network, plan, this, vm),
        (LIBVIRT, running),
    )
    yield Check(
        *_id(bridge, f"{name} is a port of {segment.bridge}, which forwards"),
        f"ip link show master {segment.bridge}",
        partial(_bridge, vm, segment),
        (LIBVIRT, ("bridge.device", segment.bridge), running, network),
    )
    if vm.address:
        yield Check(
            *_id(("vm.arp", name), f"{name} answers ARP for {vm.address}"),
            f"arping -D -c 2 -I {segment.bridge} {vm.address}",
            partial(_answers, vm, segment),
            (("bridge.device", segment.bridge), running, network, bridge),
        )


def _segment(plan: Plan, this: Host, segment: Segment) -> Iterator[Check]:
    yield Check(
        *_id(("vm.mtu", segment.network), f"The VMs' frames on {segment.network} fit into the tunnel"),
        "ip link show; virsh dumpxml",
        partial(_mtu, plan, this, segment),
        (LIBVIRT, ("vxlan.device", segment.vxlan), *(("peer.mtu", peer.name) for peer in plan.peers(this))),
    )
    for peer in plan.peers(this):
        there = [vm for vm in plan.vms_of(peer) if vm.network == segment.network and vm.address]
        if there:
            names = ", ".join(vm.name for vm in there)
            yield Check(
                *_id(("peer.arp", f"{peer.name}:{segment.vxlan}"), f"{names} on {peer.name} answers ARP by the tunnel"),
                f"arping -D -c 2 -I {segment.bridge} {there[0].address}",
                partial(_peer_answers, plan, peer, segment),
                comes_through(this, segment, peer),
            )


def inside_questions(plan: Plan, this: Host) -> Iterator[tuple[Vm, str]]:
    """Give what the VMs of this host are to ask themselves: the address of one other VM, rather one elsewhere."""
    for vm in plan.vms_of(this):
        others = [other for other in plan.vms if other is not vm and other.network == vm.network and other.address]
        others.sort(key=lambda other: other.host == this.name)
        if others:
            yield vm, str(others[0].address)


def _inside(plan: Plan, vm: Vm, address: str) -> Check:
    name = vms.subject(plan, vm)
    segment = plan.segment_of(vm.network)
    asked = next(other for other in plan.vms if other.network == vm.network and str(other.address) == address)
    local = asked.host == vm.host
    way = (
        ()
        if local
        else (
            *comes_through(plan.host(vm.host), segment, plan.host(asked.host)),
            ("peer.arp", f"{asked.host}:{segment.vxlan}"),
        )
    )
    return Check(
        *_id(("vm.inside", name), f"{name} itself gets an ARP reply from {address}"),
        f"inside {vm.name}: arping -c 1 {address}",
        partial(_asks, vm, address),
        (LIBVIRT, *way, ("vm.bridge", name), ("vm.arp", name)),
    )


def _running(plan: Plan, this: Host, name: str, seen: Seen) -> Verdict:
    found = seen.state.vms.get(name)
    if found is None:
        create = remedies.words(f"create {name} on this host, or say in the plan how to (`install`)")
        mend = remedies.by_steps(plan, this, seen.facts, [("vm.create", name)], create)
        return bad("vm-missing", f"there is no VM {name} on this host", mend if mend.commands else create)
    if found.state == "running":
        return good("running")
    if found.off:
        mend = remedies.by_steps(plan, this, seen.facts, [("vm.start", name)], remedies.by(vms.start(name)))
        return bad("vm-not-running", f"{name} is {found.state}", mend)
    wakes = {"paused": "resume", "suspended": "dompmwakeup"}
    if found.state in wakes:
        return bad(
            "vm-not-running", f"{name} is {found.state}", remedies.by(command("virsh", wakes[found.state], name))
        )
    words = remedies.words(f"wait until it is off, then `{vms.start(name).text}`")
    return bad("vm-not-running", f"{name} is {found.state}", words)


def _network(plan: Plan, this: Host, vm: Vm, seen: Seen) -> Verdict:
    found = seen.state.vms.get(vm.name)
    if found is None:
        return unknown(f"there is no VM {vm.name}")
    asked = [("vm.network", vms.subject(plan, vm)), ("vm.move", vms.subject(plan, vm)), ("vm.start", vm.name)]
    mend = remedies.by_steps(plan, this, seen.facts, asked, remedies.words("apply the plan"))
    if conflict := vms.conflict(vm, found):
        return (
            bad("vm-wrong-network", conflict, remedies.words(conflict))
            if found.persistent
            else _transient(plan.segment_of(vm.network), vm, found)
        )
    stored, live = vms.selected(vm, found.nics), vms.selected(vm, found.live_nics)
    if stored is None or stored.network != vm.network:
        return bad("vm-wrong-network", f"{vm.name} is on {_place(stored)}, not on {vm.network}", mend)
    if found.live_nics and not joins(live, plan.segment_of(vm.network)):
        evidence = f"{vm.name} runs on {_place(live)}; that it is to be on {vm.network} takes effect as it starts"
        return bad("vm-wrong-network", evidence, mend)
    return good(f"NIC {stored.mac} is on {vm.network}")


def _transient(segment: Segment, vm: Vm, found: VmState) -> Verdict:
    live = vms.selected(vm, found.live_nics)
    if live is not None and joins(live, segment):
        return good(f"NIC {live.mac} is on {vm.network} (the VM is transient)")
    evidence = f"{vm.name} runs on {_place(live)}, not on {vm.network}"
    return bad("vm-wrong-network", evidence, remedies.words("the VM is transient: start it anew on the network"))


def _place(nic: Nic | None) -> str:
    return f"{nic.type} {nic.source}".strip() if nic else "no network"


def _bridge(vm: Vm, segment: Segment, seen: Seen) -> Verdict:
    state = seen.state
    nic = _live(vm, state)
    link = state.links.get(nic.device) if nic else None
    if nic is None or link is None:
        return bad("vm-not-in-bridge", f"{vm.name} has no device on this host", remedies.words(f"restart {vm.name}"))
    if link.controller != segment.bridge:
        evidence = (
            f"{link.name}, the device of {vm.name}, is in {link.controller or 'no bridge'}, not in {segment.bridge}"
        )
        return bad("vm-not-in-bridge", evidence, remedies.device(link.name, "master", segment.bridge))
    if nic.link_down:
        plug = command("virsh", "domif-setlink", vm.name, nic.mac, "up")
        return bad(
            "vm-link-down", f"the cable of {vm.name}'s NIC {nic.mac} is pulled out (link down)", remedies.by(plug)
        )
    return forwarding(link, state) or good(f"{link.name} is forwarding in {link.controller}")


def _live(vm: Vm, state: HostState) -> Nic | None:
    found = state.vms.get(vm.name)
    return vms.selected(vm, found.live_nics) if found else None


def _answers(vm: Vm, segment: Segment, seen: Seen) -> Verdict:
    replies, address = seen.answers.replies(segment.bridge), str(vm.address)
    nic = _live(vm, seen.state)
    mac = replies.by_address.get(address)
    if mac is None:
        return bad("vm-no-arp-reply", _silent(replies, [address]), _look_inside(vm))
    if nic is not None and nic.mac != mac:
        evidence = f"{mac} answers for {address}, and the NIC of {vm.name} is {nic.mac}: the address is taken twice"
        return bad("vm-no-arp-reply", evidence, _look_inside(vm))
    return good(f"reply from {address} [{mac}]")


def _look_inside(vm: Vm) -> Mend:
    return remedies.words(
        f"look inside {vm.name} (`virsh console {vm.name}`): whether it has started up, and its interface is up "
        f"with {vm.address}"
    )


def _silent(replies: Replies, addresses: list[str]) -> str:
    if replies.error:
        return f"no reply from {', '.join(addresses)}: {replies.error}"
    return f"no reply from {', '.join(addresses)}"


def _peer_answers(plan: Plan, peer: Host, segment: Segment, seen: Seen) -> Verdict:
    replies = seen.answers.replies(segment.bridge)
    there = [vm for vm in plan.vms_of(peer) if vm.network == segment.network and vm.address]
    silent = [vm for vm in there if str(vm.address) not in replies.by_address]
    if silent:
        names = ", ".join(vm.name for vm in silent)
        evidence = (
            f"{_silent(replies, [str(vm.address) for vm in silent])}: {names} on {peer.name} is off, still "
            f"starts, or is not in {segment.bridge} there; or {segment.vxlan} is missing there, or a firewall on the "
            f"way drops VXLAN unsaid"
        )
        return bad("vm-no-arp-reply", evidence, remedies.look_there(plan, peer))
    return good(", ".join(f"reply from {vm.address} [{replies.by_address[str(vm.address)]}]" for vm in there))


def _asks(vm: Vm, address: str, seen: Seen) -> Verdict:
    answer = seen.answers.inside(vm.name, address)
    if answer.error:
        return unknown(answer.error)
    if answer.replied:
        return good(f"reply from {address}: {answer.words}")
    mend = remedies.words(f"look inside {vm.name}: is its interface up, with an address of the segment?")
    return bad("vm-no-arp-reply", f"no reply from {address}: {answer.words}", mend)


def _mtu(plan: Plan, this: Host, segment: Segment, seen: Seen) -> Verdict:
    """Judge by what is known of the guests: an MTU that libvirt tells them, else Ethernet's own."""
    if "virt" in seen.facts.gone:
        return unknown("libvirt does not tell of its VMs")
    link = seen.state.links.get(segment.vxlan)
    rooms = list(_rooms(plan, this, seen))
    room = min([*rooms, link.mtu] if link else rooms, default=ETHERNET_MTU)
    found = list(guests(segment, seen.state))
    large = [guest for guest in found if guest.mtu > room]
    if not large and not rooms:
        return unknown("the path to no other host could be measured")
    if not large:
        return good(f"the tunnel takes {room} bytes" + (f", {len(found)} NICs use no more" if found else ""))
    names = ", ".join(f"{guest.vm} ({guest.mtu})" for guest in large)
    evidence = f"the tunnel takes {room} bytes whole, and these VMs send more unless they are told otherwise: {names}"
    ours = [guest for guest in large if not guest.vm.startswith("-")]  # an option to virt-xml and virsh, not a name
    mend = remedies.by(*_tell(plan, ours, room, seen.state), before=_before(plan, ours, seen.facts))
    return doubtful("guest-mtu", evidence, mend)


def _before(plan: Plan, told: list[Guest], facts: Facts) -> Iterator[Record]:
    for guest in told:
        vm = next((vm for vm in plan.vms if vm.name == guest.vm), None)
        rows = (vms.stored_nic(guest.vm, vm.mac or "", ""), vms.running(guest.vm)) if vm else ()
        for row in rows:
            if row.before.argv in facts.outputs:
                yield Record(row.record, facts.outputs[row.before.argv], str(plan.path))


def _tell(plan: Plan, large: list[Guest], room: int, state: HostState) -> Iterator[Command]:
    """Give VMs an MTU; a running one learns of it as it starts anew."""
    stored = {(vm.name, nic.mac): nic.mtu for vm in state.vms.values() for nic in vm.nics}
    for guest in large:
        if not 0 < stored.get((guest.vm, guest.mac), 0) <= room:
            yield command("virt-xml", guest.vm, "--edit", f"mac={guest.mac}", "--network", f"mtu.size={room}")
    for name in dict.fromkeys(guest.vm for guest in large):
        if not state.vms[name].off:
            timeout = max((vm.shutdown_timeout for vm in plan.vms if vm.name == name), default=60)
            yield from (*vms.shut_down(name, timeout), vms.start(name))


def _rooms(plan: Plan, this: Host, seen: Seen) -> Iterator[int]:
    """Give what the way to each other host carries in one piece, as far as it was measured."""
    for peer in plan.peers(this):
        path = seen.answers.path(peer.name)
        if path.whole and path.whole.echo.replied:
            yield path.whole.size - overhead(peer.vtep)

"""What fits into the tunnel: the MTU of the segment's devices on every host, and of the VMs' NICs."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from vxlan_tui.checks import remedies
from vxlan_tui.checks.bridge import SECTION, keys
from vxlan_tui.checks.check import Check, Mend, Verdict, bad, doubtful, good, unknown
from vxlan_tui.checks.daemons import LIBVIRT
from vxlan_tui.checks.ethernet import DEVICES
from vxlan_tui.checks.evidence import Evidence, Facts
from vxlan_tui.checks.sizes import ETHERNET_MTU, Guest, guests
from vxlan_tui.command import Command, command
from vxlan_tui.plan import DEFAULT_SHUTDOWN_TIMEOUT, Host, Plan, Segment
from vxlan_tui.procedures import bridge, vms
from vxlan_tui.record import Record
from vxlan_tui.sections import VMS
from vxlan_tui.state import HostState

OF_VMS = VMS.number


def of_devices(plan: Plan, this: Host, segment: Segment) -> Check:
    """Return the check that bridge and VXLAN have one MTU, here and on the other hosts that can be read."""
    return Check(
        "segment.mtu",
        SECTION,
        segment.vxlan,
        f"{segment.bridge} and {segment.vxlan} have the MTU of the segment",
        DEVICES,
        partial(_devices, plan, this, segment),
        (*keys(segment), ("vxlan.profile", segment.vxlan)),
    )


def of_guests(plan: Plan, segment: Segment) -> Check:
    """Return the check that the VMs' frames fit into the tunnel."""
    return Check(
        "vm.mtu",
        OF_VMS,
        segment.network,
        f"The VMs' frames on {segment.network} fit into the tunnel",
        DEVICES,
        partial(_guests, plan, segment),
        (LIBVIRT, keys(segment)[1], ("segment.mtu", segment.vxlan)),
    )


def _devices(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> Verdict:
    state = evidence.state
    vxlan, bridge = state.links.get(segment.vxlan), state.links.get(segment.bridge)
    if vxlan is None or bridge is None:
        return unknown(f"there is no {segment.vxlan} or {segment.bridge}")
    has = {segment.vxlan: vxlan.mtu, segment.bridge: bridge.mtu}
    planned = segment.mtu or vxlan.mtu
    wrong = [f"{name} has {mtu}" for name, mtu in has.items() if mtu != planned]
    if wrong:
        shows = f"{', '.join(wrong)}, and the segment {planned}"
        return bad("mtu-differs", shows, _put_right(plan, this, segment, evidence, planned))
    others = {name: mtu for name, mtu in _there(segment, evidence).items() if mtu != vxlan.mtu}
    if others:
        shows = f"{segment.vxlan} has {vxlan.mtu} here, and " + ", ".join(f"{m} on {n}" for n, m in others.items())
        return bad("mtu-differs", shows, _same(plan, segment, next(iter(others)), vxlan.mtu, evidence))
    return good(f"{vxlan.mtu} bytes")


def _there(segment: Segment, evidence: Evidence) -> dict[str, int]:
    """Return the VXLAN's MTU on the other hosts that can be read and have one."""
    links = {name: there.facts.state.links.get(segment.vxlan) for name, there in evidence.there.items()}
    return {name: link.mtu for name, link in links.items() if link}


def _put_right(plan: Plan, this: Host, segment: Segment, evidence: Evidence, planned: int) -> Mend:
    """By the profiles where they are wrong; the devices by hand: a bridge that is activated anew loses the VMs."""
    asked = [("bridge.bridge", segment.bridge), ("bridge.vxlan", segment.vxlan)]
    kept = remedies.by_steps(plan, this, evidence.facts, asked, Mend(""))
    devices = (segment.vxlan, segment.bridge)
    by_hand = [command("ip", "link", "set", "dev", name, "mtu", str(planned)) for name in devices]
    return kept if kept.text and not kept.commands else remedies.by(*kept.commands, *by_hand, before=kept.before)


def _same(plan: Plan, segment: Segment, other: str, own: int, evidence: Evidence) -> Mend:
    """Mended there where this host has what the least underlay leaves, and else by saying that in the plan."""
    states = (evidence.state, *(there.facts.state for there in evidence.there.values()))
    underlays = [state.underlay_mtu for state in states if state.underlay_mtu] or [ETHERNET_MTU]
    planned = plan.mtu_inside(min(underlays), segment)
    if own == planned:
        host = plan.host(other)
        mend = _put_right(plan, host, segment, Evidence(evidence.there[other].facts), planned)
        return replace(mend, on_host=host.name)
    return remedies.words(bridge.give_mtu(plan, underlays, segment))


def _guests(plan: Plan, segment: Segment, evidence: Evidence) -> Verdict:
    """Judge by what is known of the guests: an MTU that libvirt tells them, else Ethernet's own."""
    state = evidence.state
    if "virt" in evidence.facts.gone:
        return unknown("libvirt does not tell of its VMs")
    link = state.links.get(segment.vxlan)
    if link is None:
        return unknown(f"there is no {segment.vxlan}")
    room = min(link.mtu, plan.mtu_inside(state.underlay_mtu or ETHERNET_MTU, segment))
    found = list(guests(segment, state))
    large = [guest for guest in found if guest.mtu > room]
    if not large:
        return good(f"the tunnel takes {room} bytes" + (f", {len(found)} NICs use no more" if found else ""))
    names = ", ".join(f"{guest.vm} ({guest.mtu})" for guest in large)
    shows = f"the tunnel takes {room} bytes, and these VMs send more unless they are told otherwise: {names}"
    ours = [guest for guest in large if not guest.vm.startswith("-")]  # an option to virt-xml and virsh, not a name
    mend = remedies.by(*_tell(plan, ours, room, state), before=_before(plan, ours, evidence.facts))
    return doubtful("guest-mtu", shows, mend)


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
            timeout = max((vm.shutdown_timeout for vm in plan.vms if vm.name == name), default=DEFAULT_SHUTDOWN_TIMEOUT)
            yield from (*vms.shut_down(name, timeout), vms.start(name))

"""Section 10.5: this host's VMs on their networks and in their bridges."""

import shlex
from collections.abc import Iterator
from functools import partial

from vxlan_tui.checks import remedies
from vxlan_tui.checks.check import Check, Verdict, bad, good, unknown
from vxlan_tui.checks.daemons import LIBVIRT, VIRSH
from vxlan_tui.checks.ethernet import DEVICES
from vxlan_tui.checks.evidence import Evidence, Key
from vxlan_tui.checks.forwarding import forwarding
from vxlan_tui.checks.sizes import joins
from vxlan_tui.command import command
from vxlan_tui.plan import Host, Plan, Segment, Vm
from vxlan_tui.procedures import vms
from vxlan_tui.sections import VMS
from vxlan_tui.state import HostState, Nic, VmState

SECTION = VMS.number


def checks(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the checks of this host's own VMs."""
    for name in dict.fromkeys(vm.name for vm in plan.vms_of(this)):
        networks = tuple(("network.active", vm.network) for vm in plan.vms_of(this) if vm.name == name)
        yield Check(
            *_id(("vm.running", name), f"The VM {name} is running"),
            shlex.join((*VIRSH, "domstate", name)),
            partial(_running, plan, this, name),
            (LIBVIRT, *networks),
        )
    for vm in plan.vms_of(this):
        yield from _vm(plan, this, vm)


def keys(plan: Plan, vm: Vm) -> tuple[Key, ...]:
    """Name the checks that have to pass before a VM's frames get into the bridge."""
    name, bridge = vms.subject(plan, vm), plan.segment_of(vm.network).bridge
    return (("bridge.device", bridge), ("vm.running", vm.name), ("vm.network", name), ("vm.bridge", name))


def _id(key: Key, title: str) -> tuple[str, str, str, str]:
    return key[0], SECTION, key[1], title


def _vm(plan: Plan, this: Host, vm: Vm) -> Iterator[Check]:
    name, segment = vms.subject(plan, vm), plan.segment_of(vm.network)
    device, running, network, bridge = keys(plan, vm)
    yield Check(
        *_id(network, f"{name} is connected to {vm.network}"),
        shlex.join((*VIRSH, "dumpxml", vm.name)),
        partial(_network, plan, this, vm),
        (LIBVIRT, running),
    )
    yield Check(
        *_id(bridge, f"{name} is a port of {segment.bridge}, which forwards"),
        DEVICES,
        partial(_bridge, vm, segment),
        (LIBVIRT, device, running, network),
    )


def _running(plan: Plan, this: Host, name: str, evidence: Evidence) -> Verdict:
    found = evidence.state.vms.get(name)
    if found is None:
        create = remedies.words(f"create {name} on this host, or say in the plan how to (`install`)")
        mend = remedies.by_steps(plan, this, evidence.facts, [("vm.create", name)], create)
        return bad("vm-missing", f"there is no VM {name} on this host", mend if mend.commands else create)
    if found.state == "running":
        return good("running")
    if found.off:
        mend = remedies.by_steps(plan, this, evidence.facts, [("vm.start", name)], remedies.by(vms.start(name)))
        return bad("vm-not-running", f"{name} is {found.state}", mend)
    wakes = {"paused": "resume", "suspended": "dompmwakeup"}
    if found.state in wakes:
        return bad(
            "vm-not-running", f"{name} is {found.state}", remedies.by(command("virsh", wakes[found.state], name))
        )
    words = remedies.words(f"wait until it is off, then `{vms.start(name).text}`")
    return bad("vm-not-running", f"{name} is {found.state}", words)


def _network(plan: Plan, this: Host, vm: Vm, evidence: Evidence) -> Verdict:
    found = evidence.state.vms.get(vm.name)
    if found is None:
        return unknown(f"there is no VM {vm.name}")
    asked = [("vm.network", vms.subject(plan, vm)), ("vm.move", vms.subject(plan, vm)), ("vm.start", vm.name)]
    mend = partial(remedies.by_steps, plan, this, evidence.facts, asked, remedies.words("apply the plan"))
    if conflict := vms.conflict(vm, found):
        return (
            bad("vm-wrong-network", conflict, remedies.words(conflict))
            if found.persistent
            else _transient(plan.segment_of(vm.network), vm, found)
        )
    stored, live = vms.selected(vm, found.nics), vms.selected(vm, found.live_nics)
    if stored is None or stored.network != vm.network:
        return bad("vm-wrong-network", f"{vm.name} is on {_place(stored)}, not on {vm.network}", mend())
    if found.live_nics and not joins(live, plan.segment_of(vm.network)):
        shows = f"{vm.name} runs on {_place(live)}; that it is to be on {vm.network} takes effect as it starts"
        return bad("vm-wrong-network", shows, mend())
    return good(f"NIC {stored.mac} is on {vm.network}")


def _transient(segment: Segment, vm: Vm, found: VmState) -> Verdict:
    live = vms.selected(vm, found.live_nics)
    if live is not None and joins(live, segment):
        return good(f"NIC {live.mac} is on {vm.network} (the VM is transient)")
    shows = f"{vm.name} runs on {_place(live)}, not on {vm.network}"
    return bad("vm-wrong-network", shows, remedies.words("the VM is transient: start it anew on the network"))


def _place(nic: Nic | None) -> str:
    return f"{nic.type} {nic.source}".strip() if nic else "no network"


def _bridge(vm: Vm, segment: Segment, evidence: Evidence) -> Verdict:
    state = evidence.state
    nic = live_nic(vm, state)
    link = state.links.get(nic.device) if nic else None
    if nic is None or link is None:
        return bad("vm-not-in-bridge", f"{vm.name} has no device on this host", remedies.words(f"restart {vm.name}"))
    if link.controller != segment.bridge:
        shows = f"{link.name}, the device of {vm.name}, is in {link.controller or 'no bridge'}, not in {segment.bridge}"
        return bad("vm-not-in-bridge", shows, remedies.device(link.name, "master", segment.bridge))
    if nic.link_down:
        plug = command("virsh", "domif-setlink", vm.name, nic.mac, "up")
        return bad(
            "vm-link-down", f"the cable of {vm.name}'s NIC {nic.mac} is pulled out (link down)", remedies.by(plug)
        )
    return forwarding(link, state) or good(f"{link.name} is forwarding in {link.controller}")


def live_nic(vm: Vm, state: HostState) -> Nic | None:
    """Return the NIC that the plan means as the VM runs with it now."""
    found = state.vms.get(vm.name)
    return vms.selected(vm, found.live_nics) if found else None

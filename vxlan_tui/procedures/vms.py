"""Section 10.5: VMs on the network, new ones and existing ones."""

from collections.abc import Iterator
from dataclasses import replace

from vxlan_tui.before import nic_record, vm_record
from vxlan_tui.command import Command, command
from vxlan_tui.plan import Host, Plan, Vm
from vxlan_tui.state import HostState, Nic, VmState
from vxlan_tui.steps import Change, Step

SECTION = "10.5"

INSTALL_TIMEOUT = 3600.0
"""Seconds for virt-install: it may allocate disks and fetch an installer."""

_TIMED_OUT = 124
"""timeout(1)'s exit status when the time is up."""

_WAIT = (
    'n=0; until virsh list --name --state-shutoff | grep -Fxq -e "$0"; do '
    'sleep 0.5; ((++n % 20)) || virsh shutdown "$0"; done'
)
"""A guest that is still booting misses a request to shut down: it is repeated every 10 s."""


def steps(plan: Plan, host: Host, state: HostState) -> Iterator[Step]:
    """Give the steps that put this host's VMs on their networks."""
    by_name: dict[str, list[Vm]] = {}
    for vm in plan.vms_of(host):
        by_name.setdefault(vm.name, []).append(vm)
    for nics in by_name.values():
        found = state.vms.get(nics[0].name)
        if found is None:
            yield _create(plan, nics[0])
        else:
            yield from (_move(plan, vm, found, _subject(vm, len(nics))) for vm in nics)
            yield _restart(plan, nics, found)


def subject(plan: Plan, vm: Vm) -> str:
    """Name a VM's NIC: by the VM alone where it stands in the plan once."""
    return _subject(vm, sum(other.host == vm.host and other.name == vm.name for other in plan.vms))


def _subject(vm: Vm, rows: int) -> str:
    return f"{vm.name} {vm.mac}" if rows > 1 else vm.name


def selected(vm: Vm, nics: tuple[Nic, ...]) -> Nic | None:
    """Give the NIC that the plan means: the one of its MAC address, the only one, or the one already there."""
    if vm.mac is not None:
        return next((nic for nic in nics if nic.mac == vm.mac), None)
    if len(nics) == 1:
        return nics[0]
    there = [nic for nic in nics if nic.network == vm.network]
    return there[0] if len(there) == 1 else None


def conflict(vm: Vm, found: VmState) -> str:
    """Say why this VM cannot be moved as it is; empty where it can."""
    macs = ", ".join(nic.mac for nic in found.nics) or "none"
    if not found.persistent:
        return f"the VM {vm.name} is transient: libvirt forgets it when it stops, so it cannot be restarted"
    if selected(vm, found.nics) is None and vm.mac is not None:
        return f"the VM {vm.name} has no NIC with the MAC address {vm.mac} (it has {macs})"
    if selected(vm, found.nics) is None:
        return f"the VM {vm.name} has {len(found.nics)} NICs ({macs}): say which one by `mac` in the plan"
    if found.state not in ("running", "shut off", "crashed", "shutting down"):
        return f"the VM {vm.name} is {found.state}: resume it or shut it down first"
    return ""


def shut_down(name: str, timeout: int) -> tuple[Command, ...]:
    """Ask a VM to shut down, and wait until it is off. Never forced: a guest may ignore the request."""
    means = (
        f"The VM did not shut down within {timeout} s. It was not forced off: shut it down from inside, "
        f"or raise its shutdown_timeout."
    )
    # The one shell line of the product, a constant: the name is an argument. virsh has no command that waits.
    wait = ("timeout", str(timeout), "bash", "-c", _WAIT, name)
    waiting = Command(wait, timeout=timeout + 30.0, waits=True, on_failure=((_TIMED_OUT, means),))
    return command("virsh", "shutdown", name), waiting


def start(name: str) -> Command:
    """Start a VM."""
    return command("virsh", "start", name)


def _create(plan: Plan, vm: Vm) -> Step:
    step = Step(
        "vm.create",
        SECTION,
        vm.name,
        f"Create the VM {vm.name} on {vm.network}",
        "It does not exist on this host yet.",
    )
    if vm.install is None:
        why = f"there is no VM {vm.name} on this host, and the plan does not say how to create it (`install`)"
        return replace(step, conflict=why)
    network = f"network:{vm.network}" + (f",mac={vm.mac}" if vm.mac else "")
    words = vm.install_words
    quiet = () if any(w.split("=")[0] in _CONSOLE for w in words) else ("--noautoconsole",)
    argv = ("virt-install", "--name", vm.name, *words, "--network", network, *quiet)
    create = Command(argv, timeout=INSTALL_TIMEOUT)
    return replace(step, commands=(create,), before=(vm_record(str(plan.path), vm.name, None),))


_CONSOLE = ("--noautoconsole", "--autoconsole", "--wait")


def _move(plan: Plan, vm: Vm, found: VmState, subject: str) -> Step:
    step = Step(
        "vm.network",
        SECTION,
        subject,
        f"Connect {vm.name} to {vm.network}",
        "Only the VM's stored definition changes; it takes effect when the VM starts.",
        conflict=conflict(vm, found),
    )
    nic = selected(vm, found.nics)
    if step.conflict or nic is None or _on(vm, nic):
        return step
    which = (f"mac={nic.mac}",) if len(found.nics) > 1 or vm.mac else ()
    edit = command("virt-xml", vm.name, "--edit", *which, "--network", f"network={vm.network}")
    change = Change(f"{vm.name}: NIC {nic.mac}", f"{nic.type} {nic.source}".strip(), f"network {vm.network}")
    # The VM first: undo looks at its NICs with it.
    before = (vm_record(str(plan.path), vm.name, found), nic_record(vm.name, nic))
    return replace(step, commands=(edit,), changes=(change,), before=before)


def _restart(plan: Plan, nics: list[Vm], found: VmState) -> Step:
    name = found.name
    step = Step(
        "vm.restart",
        SECTION,
        name,
        f"Start {name}" if found.off else f"Shut {name} down and start it again",
        "The VM's NIC joins the bridge when the VM starts.",
    )
    if any(conflict(vm, found) for vm in nics):
        return step
    live = [selected(vm, found.live_nics) for vm in nics]
    if not found.off and all(nic is not None and _on(vm, nic) for vm, nic in zip(nics, live, strict=True)):
        return step
    down = () if found.off else shut_down(name, max(vm.shutdown_timeout for vm in nics))
    before = (vm_record(str(plan.path), name, found),)
    return replace(step, commands=(*down, start(name)), before=before)


def _on(vm: Vm, nic: Nic) -> bool:
    return nic.network == vm.network

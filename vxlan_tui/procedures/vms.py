"""Section 10.5: VMs on the network, new ones and existing ones.

The stored definition is changed as the chapter does it. A VM that runs is moved live, its link taken down and up, so
that the guest asks for an address anew; where that cannot be, or the plan says so, it is shut down and started.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from vxlan_tui.command import Command, command
from vxlan_tui.plan import DEFAULT_SHUTDOWN_TIMEOUT, Host, Plan, Vm
from vxlan_tui.procedures import virsh
from vxlan_tui.procedures.bridge import inner_mtu
from vxlan_tui.sections import VMS
from vxlan_tui.state import HostState, Nic, VmState
from vxlan_tui.things import RECORD, Clear, Reading, Thing, lines, value, with_values

SECTION = VMS.number

INSTALL_TIMEOUT = 3600.0
"""Seconds for virt-install: it may allocate disks and fetch an installer."""

ONLY = "only"
"""Stands for the MAC address of a VM's only NIC."""

_TIMED_OUT = 124
"""timeout(1)'s exit status when the time is up."""

WAIT = (
    'n=0; until virsh list --name --state-shutoff | grep -Fxq -e "$0"; do '
    '((n++ % 20)) || virsh shutdown "$0"; sleep 0.5; done'
)
"""virsh shutdown, and again every 10 s: a guest that is still booting misses a request."""


def things(plan: Plan, host: Host, state: HostState | None) -> Iterator[Thing]:
    """Return what puts this host's VMs on their networks."""
    by_name: dict[str, list[Vm]] = {}
    for vm in plan.vms_of(host):
        by_name.setdefault(vm.name, []).append(vm)
    for nics in by_name.values():
        refused = _refused(nics, state)
        mtus = {vm: inner_mtu(plan, plan.segment_of(vm.network), state) for vm in nics}
        timeout = max(row.shutdown_timeout for row in nics)
        yield existing(nics[0].name, creation(nics[0], mtus[nics[0]]), timeout, refused)
        for vm in nics:
            yield from _nic(plan, vm, len(nics), mtus[vm], state)
        yield running(nics[0].name, timeout, refused)


def _refused(nics: list[Vm], state: HostState | None) -> str:
    found = state.vms.get(nics[0].name) if state else None
    return next((words for row in nics if found and (words := conflict(row, found))), "")


def subject(plan: Plan, vm: Vm) -> str:
    """Return the name of a VM's NIC: the VM's alone where it stands in the plan once."""
    return _subject(vm, sum(other.host == vm.host and other.name == vm.name for other in plan.vms))


def _subject(vm: Vm, rows: int) -> str:
    return f"{vm.name} {vm.mac}" if rows > 1 else vm.name


def selected(vm: Vm, nics: tuple[Nic, ...]) -> Nic | None:
    """Return the NIC that the plan means: the one of its MAC address, the only one, or the one already there."""
    if vm.mac is not None:
        return next((nic for nic in nics if nic.mac == vm.mac), None)
    if len(nics) == 1:
        return nics[0]
    there = [nic for nic in nics if nic.network == vm.network]
    return there[0] if len(there) == 1 else None


def conflict(vm: Vm, found: VmState) -> str:
    """Return why this VM cannot be moved as it is; empty where it can."""
    macs = ", ".join(nic.mac for nic in found.nics) or "none"
    if not found.persistent:
        return f"the VM {vm.name} is transient: libvirt forgets it when it stops, so it cannot be restarted"
    if selected(vm, found.nics) is None and vm.mac is not None:
        return f"the VM {vm.name} has no NIC with the MAC address {vm.mac} (it has {macs})"
    if selected(vm, found.nics) is None:
        return f"the VM {vm.name} has {len(found.nics)} NICs ({macs}): say which one by `mac` in the plan"
    return ""


def _nic(plan: Plan, vm: Vm, rows: int, mtu: str, state: HostState | None) -> Iterator[Thing]:
    found = state.vms.get(vm.name) if state else None
    refused = conflict(vm, found) if found else ""
    nic = selected(vm, found.nics) if found else None
    several = found is not None and nic is not None and len(found.nics) > 1
    mac = vm.mac or (nic.mac if several and nic else "")
    bridge = plan.segment_of(vm.network).bridge
    yield stored_nic(vm.name, mac, _subject(vm, rows), vm.network, mtu, refused)
    restarts = vm.move == "restart" or not _moves_live(selected(vm, found.live_nics) if found else None, bridge)
    restart = _restarted(vm.name, vm.shutdown_timeout) if restarts else ()
    yield live_nic(vm.name, mac, _subject(vm, rows), vm.network, bridge, restart, refused)


def _moves_live(nic: Nic | None, bridge: str) -> bool:
    """Return whether a NIC can be moved as its VM runs, and back again: by networks on bridges; or it is there already.

    libvirt forgets the network's name where somebody pulled the cable of a NIC (virsh domif-setlink).
    """
    if nic is None or (nic.type, nic.source) == ("bridge", bridge):
        return True
    return nic.type in ("network", "bridge") and bool(nic.network)


def _restarted(vm: str, timeout: int) -> tuple[Command, ...]:
    return (*shut_down(vm, timeout), start(vm))


def _interface(mac: str) -> str:
    """Return the XPath of a NIC: the only one, or the one of a MAC address."""
    return f"//devices/interface[mac/@address='{mac}']" if mac else "//devices/interface"


def stored_nic(vm: str, mac: str, subject: str, network: str = "", mtu: str = "", refused: str = "") -> Thing:
    """Return as a thing the network and the MTU of a NIC in the VM's stored definition."""
    nic, which = _interface(mac), (f"mac={mac}",) if mac else ()
    shows = ("virsh", "dumpxml", "--inactive", "--security-info", "--xpath", nic, vm)
    edit = command("virt-xml", vm, "--edit", *which, "--network", f"network={network},mtu.size={mtu}")
    return Thing(
        "vm.network",
        SECTION,
        subject,
        f"Connect {vm} to {network}",
        "The VM's stored definition: it takes effect when the VM starts, and tells the guest its MTU.",
        f"nic.{_file(mac)}.{vm}",
        Reading(shows, '<(interface type|source network|mtu size)="[^"]*"'),
        lines(('<interface type="network"', f'<source network="{network}"', f'<mtu size="{mtu}"')),
        change=(edit,),
        clear=() if mac else (several(vm),),
        lacking=f"the VM {vm} has no NIC{f' with the MAC address {mac}' if mac else ''}",
        refused=refused,
        kept=Reading(shows),
        restore=(command("virsh", "update-device", vm, RECORD, "--config"),),
        back_title=f"{subject}: stored NIC, as before",
    )


def several(vm: str) -> Clear:
    """Return what says that the VM has a second NIC, where the plan does not say which it means."""
    second = ("virsh", "dumpxml", "--inactive", "--xpath", "//devices/interface[2]/mac/@address", vm)
    return Clear(
        Reading(second, "address=.+"), "", f"the VM {vm} has several NICs: say which one by `mac` in the plan ({{}})"
    )


def live_nic(
    vm: str,
    mac: str,
    subject: str,
    network: str = "",
    bridge: str = "",
    restart: tuple[Command, ...] = (),
    refused: str = "",
) -> Thing:
    """Return as a thing the bridge that a NIC is on while its VM runs; `restart` is for where it cannot move live."""
    nic, which = _interface(mac), (f"mac={mac}",) if mac else ()
    running = f"/domain[@id]{nic.removeprefix('/')}"  # a domain that runs has an id
    shows = ("virsh", "dumpxml", "--xpath", f"{running}//@*", vm)
    virt_xml = ("virt-xml", vm, "--edit", *which, "--update", "--no-define", "--network")
    how = "shut it down and start it again" if restart else "as it runs, its link down and up"
    move = restart or _moved(virt_xml, network)
    return Thing(
        "vm.move",
        SECTION,
        subject,
        f"Move {vm} to {network}: {how}",
        "The guest sees its link go and come, and asks for an address anew. Its MTU changes at its next start.",
        f"live.{_file(mac)}.{vm}",
        # A move that was cut off half way leaves the cable out. A restart would not put it in.
        Reading(shows, _PLACE if restart else f"{_PLACE}|{_PULLED}"),
        f'bridge="{bridge}"',
        change=move,
        refused=refused,
        restore=restart or _moved(virt_xml, value("network")),
        back_title=f"{subject}: on the network that it ran on",
    )


_PLACE = 'bridge="[^"]*"|type="(direct|ethernet|hostdev|[a-z]*user)"'
"""Picks where a NIC of a running VM is: the bridge, or its kind where it is on none."""


_PULLED = 'state="down"'
"""How the link of a NIC shows whose cable is out."""


def as_it_ran(thing: Thing, record: str, timeout: int) -> Thing:
    """Return a NIC of a running VM with the way back that its record asks for.

    What was on no libvirt network comes back by a restart, and a cable that was pulled stays out.
    """
    if not with_values(value("network"), record):
        vm, _ = of_record(thing.record.partition(".")[2])
        return replace(thing, reading=replace(thing.reading, pick=_PLACE), restore=_restarted(vm, timeout))
    if _PULLED in record and not stopped_by(thing.restore):
        return replace(thing, restore=thing.restore[:1])
    return thing


def _moved(virt_xml: tuple[str, ...], network: str) -> tuple[Command, ...]:
    return tuple(command(*virt_xml, f"network={network},link.state={link}") for link in ("down", "up"))


def of_record(subject: str) -> tuple[str, str]:
    """Return the VM and the MAC address (empty: its only NIC) that the record of a NIC is about."""
    mac, _, vm = subject.partition(".")
    return vm, "" if mac == ONLY else mac.replace("-", ":")


def _file(mac: str) -> str:
    return mac.replace(":", "-") or ONLY


def _state(vm: str) -> Reading:
    return Reading(("virsh", "domstate", vm))


def shut_down(name: str, timeout: int) -> tuple[Command, ...]:
    """Return the command that asks a VM to shut down and waits until it is off; a guest may ignore it: never forced."""
    means = (
        f"The VM did not shut down within {timeout} s. It was not forced off: shut it down from inside, "
        f"or raise its shutdown_timeout."
    )
    # The one shell line of the product, a constant: the name is an argument. virsh has no command that waits.
    wait = ("timeout", str(timeout), "bash", "-c", WAIT, name)
    return (Command(wait, timeout=timeout + 30.0, waits=True, on_failure=((_TIMED_OUT, means),)),)


def stopped_by(commands: Iterable[Command]) -> list[str]:
    """Return the VMs that commands shut down, each once, in their order."""
    return list(dict.fromkeys(each.argv[-1] for each in commands if WAIT in each.argv))


def start(name: str) -> Command:
    """Return the command that starts a VM."""
    return command("virsh", "start", name)


def existing(
    vm: str, create: tuple[Command, ...] = (), timeout: int = DEFAULT_SHUTDOWN_TIMEOUT, refused: str = ""
) -> Thing:
    """Return as a thing that the VM exists; `create` makes it where it does not."""
    none = f"there is no VM {vm}, and the plan does not say how to create it"
    return Thing(
        "vm.create",
        SECTION,
        vm,
        f"The VM {vm} exists",
        "A VM that does not exist is created by virt-install, with the plan's own options.",
        f"vm.{vm}",
        Reading(("virsh", "dominfo", vm), "^Name: .*"),
        virsh.line("Name", vm),
        make=create,
        missing="" if create else none,
        refused=refused,
        # virt-install leaves it running.
        delete=(*shut_down(vm, timeout), command("virsh", "undefine", vm, "--nvram", "--managed-save")),
        back_title=f"The VM {vm}, there or not as before",
        back_note="Its disks are kept: what is on them is yours to judge.",
    )


def running(vm: str, timeout: int = DEFAULT_SHUTDOWN_TIMEOUT, refused: str = "") -> Thing:
    """Return as a thing that an existing VM runs."""
    other = Clear(_state(vm), "running|shut off|crashed|in shutdown", f"the VM {vm} is {{}}: {_RESUME}")
    return Thing(
        "vm.start",
        SECTION,
        vm,
        f"Start {vm}",
        "The VM's NIC joins the bridge when the VM starts.",
        f"power.{vm}",
        _state(vm),
        "running",
        change=(start(vm),),
        clear=(other,),
        refused=refused,
        restore_when={"running": (start(vm),), "shut off": shut_down(vm, timeout)},
        back_title=f"{vm}: running or not, as before",
    )


_RESUME = "resume it or shut it down first"


_CONSOLE = ("--noautoconsole", "--autoconsole", "--wait")


def creation(vm: Vm, mtu: str) -> tuple[Command, ...]:
    """Return the command that creates the VM; none where the plan does not say how."""
    if vm.install is None:
        return ()
    network = f"network:{vm.network},mtu.size={mtu}" + (f",mac={vm.mac}" if vm.mac else "")
    words = vm.install_words
    quiet = () if any(w.split("=")[0] in _CONSOLE for w in words) else ("--noautoconsole",)
    argv = ("virt-install", "--name", vm.name, *words, "--network", network, *quiet)
    return (Command(argv, timeout=INSTALL_TIMEOUT),)

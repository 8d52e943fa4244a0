"""Section 10.4 taken back: the libvirt network."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from vxlan_tui.before import Record
from vxlan_tui.command import Command, command
from vxlan_tui.paths import XML_DIRECTORY
from vxlan_tui.procedures import network
from vxlan_tui.state import HostState, Network
from vxlan_tui.steps import Step


def step(record: Record, state: HostState, restored: Iterable[Record]) -> Step:
    """Give the step that takes a network back; in conflict where VMs that are not `restored` use it."""
    name = record.subject
    found = state.networks.get(name)
    base = Step(
        "network.restore", network.SECTION, name, f"Take the libvirt network {name} back", restored=(record.name,)
    )
    users = _users(name, state, restored)
    file = f"{XML_DIRECTORY}/{name}.xml"
    leftover = (command("rm", file),) if file in state.leftovers else ()
    commands = tuple(_commands(record, found)) if found else ()
    if commands and users:
        return replace(base, conflict=f"VMs that this undo does not put back use {name}: {', '.join(users)}")
    return replace(base, commands=(*leftover, *commands))


def _commands(record: Record, found: Network) -> Iterator[Command]:
    existed, name = record.says("existed"), found.name
    if found.autostart and existed and not record.says("autostart"):
        yield command("virsh", "net-autostart", name, "--disable")
    if found.active and not (existed and record.says("active")):
        yield command("virsh", "net-destroy", name)
    if found.persistent and not (existed and record.says("persistent")):
        yield command("virsh", "net-undefine", name)


def _users(name: str, state: HostState, restored: Iterable[Record]) -> list[str]:
    """Name the VMs that use the network and are not put back by this undo."""
    names = {record.subject for record in restored}
    return [
        vm.name
        for vm in state.vms.values()
        if vm.name not in names and any(nic.network == name for nic in (*vm.nics, *vm.live_nics))
    ]

"""All facts of this host that a plan needs, in one HostState."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from vxlan_tui.before import Record
from vxlan_tui.facts import firewalld, iproute, libvirt, nmcli, ssh
from vxlan_tui.paths import XML_DIRECTORY
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import CommandFailed, Reach
from vxlan_tui.state import HostState, Zone

PARTS = ("net", "firewall", "virt")
"""What can be read by itself: NetworkManager and the kernel, firewalld, libvirt."""


def read(
    plan: Plan,
    host: Host,
    reach: Reach,
    parts: Iterable[str] = PARTS,
    known: HostState | None = None,
    records: Iterable[Record] = (),
) -> HostState:
    """Give the host's state; parts that are not asked for stay as `known` has them.

    Raises CommandFailed and LibvirtUnavailable. `records` name zones and files to look at for an undo.
    """
    state = known or HostState()
    if "net" in parts:
        state = _net(host, reach, state)
    if "firewall" in parts:
        state = _firewall(plan, host, reach, state, records)
    if "virt" in parts:
        state = _virt(plan, state, records)
    return state


def read_net(reach: Reach) -> HostState:
    """Give the host's devices and profiles alone, for no particular plan; raises CommandFailed."""
    version = nmcli.read_version(reach)
    return HostState(nm_version=version, links=iproute.read_links(reach), profiles=nmcli.read_profiles(reach))


def _net(host: Host, reach: Reach, state: HostState) -> HostState:
    known = state.nm_version != HostState().nm_version
    links = iproute.read_links(reach)
    return replace(
        state,
        nm_version=state.nm_version if known else nmcli.read_version(reach),
        links=links,
        way=state.way if known else ssh.read_way(reach, links),
        profiles=nmcli.read_profiles(reach),
        underlay_addressing=nmcli.read_addressing(reach, host.interface),
    )


def _firewall(plan: Plan, host: Host, reach: Reach, state: HostState, records: Iterable[Record]) -> HostState:
    ports = {segment.port for segment in plan.segments}
    recorded = [record.subject.rpartition(".") for record in records if record.kind == "port"]
    zone = firewalld.read_zone(reach, host.interface, host.zone, ports)
    others = {name: {int(port) for of, _, port in recorded if of == name} | ports for name, _, _ in recorded}
    return replace(state, zone=zone, zones={name: _named(reach, name, of) for name, of in others.items()})


def _named(reach: Reach, name: str, ports: Iterable[int]) -> Zone:
    try:
        return firewalld.read_named_zone(reach, name, ports)
    except CommandFailed as failure:
        if "INVALID_ZONE" in failure.outcome.words:
            return Zone(name, exists=False)
        raise


def _virt(plan: Plan, state: HostState, records: Iterable[Record]) -> HostState:
    names = {segment.network for segment in plan.segments}
    names |= {record.subject for record in records if record.kind == "network"}
    files = (f"{XML_DIRECTORY}/{name}.xml" for name in names)
    with libvirt.connection() as opened:
        return replace(
            state,
            networks=libvirt.read_networks(opened),
            vms=libvirt.read_vms(opened),
            leftovers=frozenset(file for file in files if Path(file).exists()),
        )

"""All facts of this host that a plan needs, in one HostState."""

from collections.abc import Iterable
from dataclasses import replace

from vxlan_tui.facts import firewalld, iproute, libvirt, nmcli, ssh, wireguard
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import Reach
from vxlan_tui.state import HostState, Zone

PARTS = ("net", "firewall", "virt")
"""What can be read by itself: NetworkManager and the kernel, firewalld, libvirt."""


def read(
    plan: Plan, host: Host, reach: Reach, parts: Iterable[str] = PARTS, known: HostState | None = None
) -> HostState:
    """Give the host's state; parts that are not asked for stay as `known` has them.

    Raises CommandFailed and LibvirtUnavailable.
    """
    state = known or HostState()
    if "net" in parts:
        state = _net(plan, host, reach, state)
    if "firewall" in parts:
        state = replace(state, zone=_zone(plan, host, reach))
    if "virt" in parts:
        state = _virt(reach, state)
    return state


def read_net(reach: Reach) -> HostState:
    """Give the host's devices and profiles alone, for no particular plan; raises CommandFailed."""
    version = nmcli.read_version(reach)
    return HostState(nm_version=version, links=iproute.read_links(reach), profiles=nmcli.read_profiles(reach))


def _net(plan: Plan, host: Host, reach: Reach, state: HostState) -> HostState:
    known = state.nm_version != HostState().nm_version
    links = iproute.read_links(reach)
    return replace(
        state,
        nm_version=state.nm_version if known else nmcli.read_version(reach),
        links=links,
        path=state.path if known else ssh.read_path(reach, links),
        underlay_mtu=links[host.interface].mtu if host.interface in links else state.underlay_mtu,
        profiles=nmcli.read_profiles(reach),
        underlay_addressing=nmcli.read_addressing(reach, host.interface),
        keys=wireguard.read_keys(plan, host, reach) if plan.encrypted else {},
    )


def _zone(plan: Plan, host: Host, reach: Reach) -> Zone:
    return firewalld.read_zone(reach, host.interface, host.zone, {segment.port for segment in plan.segments})


def _virt(reach: Reach, state: HostState) -> HostState:
    with libvirt.connection(reach) as opened:
        return replace(state, networks=libvirt.read_networks(opened), vms=libvirt.read_vms(opened))

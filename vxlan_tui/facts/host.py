"""All facts of this host that a plan needs, in one HostState."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from vxlan_tui.facts import firewalld, iproute, libvirt, nmcli, ssh, wireguard
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import CommandFailed, Reach
from vxlan_tui.state import HostState, Zone

PARTS = ("net", "firewall", "virt")
"""What can be read by itself: NetworkManager and the kernel, firewalld, libvirt."""


def read(
    plan: Plan, host: Host, reach: Reach, parts: Iterable[str] = PARTS
) -> tuple[HostState, dict[str, CommandFailed | libvirt.LibvirtUnavailable]]:
    """Return the host's state as far as these parts tell it, and what kept others from telling; raise Unreachable.

    They are read side by side: each waits for another daemon.
    """
    state = HostState()
    failures: dict[str, CommandFailed | libvirt.LibvirtUnavailable] = {}
    with ThreadPoolExecutor(len(PARTS)) as pool:
        reading = {part: pool.submit(_part, part, plan, host, reach) for part in parts}
    for part, told in reading.items():
        try:
            state = replace(state, **told.result())
        except (CommandFailed, libvirt.LibvirtUnavailable) as failure:
            failures[part] = failure
    return state, failures


def read_net(reach: Reach) -> HostState:
    """Give the host's devices and profiles alone, for no particular plan; raises CommandFailed."""
    version = nmcli.read_version(reach)
    return HostState(nm_version=version, links=iproute.read_links(reach), profiles=nmcli.read_profiles(reach))


def _part(part: str, plan: Plan, host: Host, reach: Reach) -> Mapping[str, Any]:
    """Return what a part tells of the state, by the names of its fields."""
    match part:
        case "net":
            return _net(plan, host, reach)
        case "firewall":
            return {"zone": _zone(plan, host, reach)}
        case _:
            return _virt(reach)


def _net(plan: Plan, host: Host, reach: Reach) -> Mapping[str, Any]:
    links = iproute.read_links(reach)
    return {
        "nm_version": nmcli.read_version(reach),
        "links": links,
        "path": ssh.read_path(reach, links),
        "profiles": nmcli.read_profiles(reach),
        "underlay_addressing": nmcli.read_addressing(reach, host.interface),
        "keys": wireguard.read_keys(plan, host, reach) if plan.encrypted else {},
        **({"underlay_mtu": links[host.interface].mtu} if host.interface in links else {}),
    }


def _zone(plan: Plan, host: Host, reach: Reach) -> Zone:
    return firewalld.read_zone(reach, host.interface, host.zone, {segment.port for segment in plan.segments})


def _virt(reach: Reach) -> Mapping[str, Any]:
    with libvirt.connection(reach) as opened:
        return {"networks": libvirt.read_networks(opened), "vms": libvirt.read_vms(opened)}

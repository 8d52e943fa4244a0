"""What a host is before there is a plan: its versions, devices, networks and VMs, and what it lacks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from vxlan_tui.facts import firewalld, iproute, libvirt, nmcli, system
from vxlan_tui.facts.system import Missing
from vxlan_tui.procedures import wireguard
from vxlan_tui.reach import CommandFailed, Login, Reach
from vxlan_tui.state import Link, Network, Profile, VmState

PROGRAMS = ("nmcli", "ip", "firewall-cmd", "busctl", "virsh", "virt-xml", "virt-install", "timeout", "install", "bash")


@dataclass(frozen=True)
class Survey:
    """One host at one moment. A version is empty where its daemon does not answer."""

    name: str
    distribution: str = ""
    networkmanager: str = ""
    firewalld: str = ""
    libvirt: str = ""
    links: Mapping[str, Link] = field(default_factory=dict)
    profiles: tuple[Profile, ...] = ()
    default_interface: str = ""
    networks: Mapping[str, Network] = field(default_factory=dict)
    vms: Mapping[str, VmState] = field(default_factory=dict)
    login: Login = field(default_factory=Login)
    missing: tuple[Missing, ...] = ()
    zones: tuple[str, ...] = ()
    """firewalld's zones; none where it does not answer."""

    @property
    def nics(self) -> tuple[Link, ...]:
        """The devices that can carry an underlay: NICs, VLANs and bonds that are nobody's port."""
        kinds = ("", "veth", "vlan", "bond", "team", "macvlan", "wireguard")
        links = (link for link in self.links.values() if link.name != "lo" and not link.controller)
        return tuple(link for link in links if link.kind in kinds)

    @property
    def login_interface(self) -> str:
        """The device that this SSH session comes in over; empty where it is none, or not known."""
        here = self.login.server_address
        return next((name for name, link in self.links.items() if here and here in _addresses(link)), "")


def _addresses(link: Link) -> list[str]:
    return [address.partition("/")[0] for address in link.addresses]


def survey(reach: Reach, encrypted: bool = False) -> Survey:
    """Look at a host; what does not answer is told in `missing`, with what mends it.

    `encrypted` is whether it is to encrypt by WireGuard, which not every kernel can.
    """
    name = reach.read("uname", "-n").strip().partition(".")[0]
    found = Survey(name, system.release(reach).get("PRETTY_NAME", ""), login=reach.login())
    absent = system.missing_programs(reach, (*PROGRAMS, *(wireguard.PROGRAMS if encrypted else ())))
    missing = system.not_root(reach) + absent + (_no_wireguard(reach) if encrypted else [])
    for part, look in (("net", _net), ("firewall", _firewall), ("virt", _virt)):
        try:
            found = look(reach, found)
        except CommandFailed as failure:
            told = failure.outcome.status == 127 and absent  # a program that is not installed is named there
            missing += [] if told else [system.daemon(part, failure.outcome.words, reach)]
        except libvirt.LibvirtUnavailable as failure:
            missing.append(system.daemon(part, str(failure), reach))
    return replace(found, missing=tuple(missing))


def _no_wireguard(reach: Reach) -> list[Missing]:
    words = reach.read(*wireguard.SUPPORT).strip()
    mend = "boot a kernel that has it, or take [encryption] out of the plan"
    return [Missing(f"WireGuard, for the plan's encryption: {words}", mend)] if words else []


def _net(reach: Reach, found: Survey) -> Survey:
    links = iproute.read_links(reach)
    found = replace(found, links=links, default_interface=_default_interface(reach))
    version = ".".join(str(part) for part in nmcli.read_version(reach))
    return replace(found, networkmanager=version, profiles=nmcli.read_profiles(reach))


def _default_interface(reach: Reach) -> str:
    for family in ("-4", "-6"):
        routes = json.loads(reach.read("ip", family, "-j", "route", "show", "default") or "[]")
        for route in routes:
            if "dev" in route:
                return str(route["dev"])
    return ""


def _firewall(reach: Reach, found: Survey) -> Survey:
    bus = "org.fedoraproject.FirewallD1"
    asked = ("get-property", bus, "/org/fedoraproject/FirewallD1", bus, "version")
    answer = json.loads(reach.read("busctl", "--json=short", "--auto-start=no", *asked))
    zones = json.loads(reach.read(*firewalld.call("getZones")))["data"][0]
    return replace(found, firewalld=str(answer["data"]), zones=tuple(map(str, zones)))


def _virt(reach: Reach, found: Survey) -> Survey:
    with libvirt.connection(reach) as opened:
        number = opened.getLibVersion()
        version = f"{number // 1000000}.{number // 1000 % 1000}.{number % 1000}"
        networks, vms = libvirt.read_networks(opened), libvirt.read_vms(opened)
    return replace(found, libvirt=version, networks=networks, vms=vms)

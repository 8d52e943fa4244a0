"""The network between the hosts: a router, and a bridge behind it for each subnet.

Hosts of one subnet share a bridge, so a multicast group reaches them all; the others reach them through
the router, as in the chapter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network
from itertools import islice

from vxlan_tui.plan import Host, IpAddress, IpInterface, Plan

IpNetwork = IPv4Network | IPv6Network

PREFIX = {4: 24, 6: 64}
"""The prefix of a subnet that the plan does not tell."""

SECOND = {4: (ip_network("2001:db8:ffff::/48"), 64), 6: (ip_network("100.64.0.0/10"), 16)}
"""By the family of a plan's own addresses: where those of the other one are from, and their prefix."""


@dataclass(frozen=True)
class Link:
    """A host's interface: its address in its subnet, and the router's; `second` is both in the other family."""

    host: Host
    index: int
    address: IpInterface
    gateway: IpAddress
    bridge: str
    second: tuple[IpInterface, IpAddress]

    @property
    def addresses(self) -> tuple[tuple[IpInterface, IpAddress], ...]:
        """Every address that the interface can have, each with the router's."""
        return ((self.address, self.gateway), self.second)

    @property
    def mac(self) -> str:
        """The MAC address of the interface, by which the DHCP server knows it."""
        return f"52:54:00:00:{self.index >> 8:02x}:{self.index & 255:02x}"

    @property
    def port(self) -> str:
        """The router's end of the cable."""
        return f"port{self.index}"


def links(plan: Plan) -> tuple[Link, ...]:
    """Give each host's link, in the plan's order."""
    addresses = [_address(host, plan) for host in plan.hosts]
    networks = list(dict.fromkeys(address.network for address in addresses))
    taken = {host.vtep for host in plan.hosts} | {address.ip for address in addresses}
    return tuple(
        Link(
            host,
            index,
            address,
            _gateway(host, address, plan, taken),
            f"subnet{networks.index(address.network)}",
            _second(address, networks, index),
        )
        for index, (host, address) in enumerate(zip(plan.hosts, addresses, strict=True))
    )


def _address(host: Host, plan: Plan) -> IpInterface:
    """Give the address with its prefix: the plan's own, else that of a subnet of the plan it lies in."""
    told = [other.ethernet.address for other in plan.hosts if other.ethernet and other.ethernet.address]
    if host.ethernet is not None and host.ethernet.address is not None:
        return host.ethernet.address
    lengths = [its.network.prefixlen for its in told if host.vtep in its.network]
    return ip_interface(f"{host.vtep}/{lengths[0] if lengths else PREFIX[host.vtep.version]}")


def _gateway(host: Host, address: IpInterface, plan: Plan, taken: set[IpAddress]) -> IpAddress:
    """Give the router's address: the plan's gateway, else one of the subnet that nobody has."""
    if host.ethernet is not None and host.ethernet.gateway is not None:
        return host.ethernet.gateway
    told = [other.ethernet.gateway for other in plan.hosts if other.ethernet and other.ethernet.gateway]
    size = address.network.num_addresses
    last = (address.network[size - number] for number in islice(range(2, size), 1000))
    free = (candidate for candidate in last if candidate not in taken)
    return next((gateway for gateway in told if gateway in address.network), None) or next(free)


def _second(address: IpInterface, networks: Sequence[IpNetwork], index: int) -> tuple[IpInterface, IpAddress]:
    """Give an address of the other family, in a subnet that the plan does not have, and the router's there."""
    pool, prefix = SECOND[address.version]
    used = [network for network in networks if network.version == pool.version]
    free = (subnet for subnet in pool.subnets(new_prefix=prefix) if not any(map(subnet.overlaps, used)))
    subnet = next(islice(free, networks.index(address.network), None))
    return ip_interface(f"{subnet[index + 2]}/{prefix}"), subnet[1]


def router_commands(links: Sequence[Link]) -> Iterator[tuple[str, ...]]:
    """Give the commands that make the router's bridges, with its addresses on them."""
    for bridge in dict.fromkeys(link.bridge for link in links):
        yield ("ip", "link", "add", "name", bridge, "type", "bridge", "stp_state", "0", "mcast_snooping", "0")
        yield ("ip", "link", "set", bridge, "up")
    for bridge, own in dict.fromkeys(
        (link.bridge, f"{gateway}/{address.network.prefixlen}") for link in links for address, gateway in link.addresses
    ):
        yield ("ip", "address", "replace", own, "dev", bridge, *(("nodad",) if ":" in own else ()))


def cable_command(link: Link, router: int, host: int) -> tuple[str, ...]:
    """Give the command that lays the cable between two network namespaces, told by their processes."""
    end = ("type", "veth", "peer", "name", link.host.interface, "address", link.mac, "netns", str(host))
    return ("ip", "link", "add", "name", link.port, "netns", str(router), *end)


def port_commands(link: Link) -> Iterator[tuple[str, ...]]:
    """Give the commands that plug the cable in at the router."""
    yield ("ip", "link", "set", link.port, "master", link.bridge, "up")


def dhcp_server(links: Sequence[Link]) -> tuple[str, ...] | None:
    """Give the command of a DHCP server that hands each host its VTEP; None where no host asks for one."""
    asking = [link for link in links if link.host.ethernet is not None and link.host.ethernet.method == "auto"]
    if not asking:
        return None
    options = [
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--port=0",
        "--leasefile-ro",
        "--bind-interfaces",
    ]
    for link in asking:
        options += [f"--interface={link.bridge}", *_dhcp_options(link)]
    return ("dnsmasq", *dict.fromkeys(options))


def _dhcp_options(link: Link) -> Iterator[str]:
    network = link.address.network
    if network.version == 4:
        yield f"--dhcp-range=set:{link.bridge},{network.network_address},static,{network.netmask}"
        yield f"--dhcp-option=tag:{link.bridge},option:router,{link.gateway}"
        yield f"--dhcp-host={link.mac},{link.address.ip}"
    else:
        yield f"--dhcp-range=set:{link.bridge},{network.network_address},static,{network.prefixlen}"
        yield "--enable-ra"
        yield f"--dhcp-host={link.mac},[{link.address.ip}]"

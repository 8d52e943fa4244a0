"""The plan's tables, each with what its own keys allow and what they mean.

A field's description is what the schema, the example and the manual say of the key; `examples` are the values that the
example plan shows, the second for the second host.
"""

import shlex
from collections.abc import Mapping
from ipaddress import ip_interface
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vxlan_tui.plan.fault import contradiction, shown
from vxlan_tui.plan.values import (
    Address,
    Asn,
    DomainName,
    HostName,
    InterfaceName,
    IpAddress,
    IpInterface,
    IpNetwork,
    MacAddress,
    Mtu,
    MulticastGroup,
    NetworkName,
    Port,
    ProfileName,
    PublicKey,
    Seconds,
    SshDestination,
    Subnet,
    VmAddress,
    VmName,
    Vni,
    WithPrefix,
    ZoneName,
)

DEFAULT_PORT = 8472
"""NetworkManager's default UDP destination port of a VXLAN (chapter, section 10.3; IANA's is 4789)."""

WIREGUARD_PORT = 51820
"""The UDP port that WireGuard's own tools use."""

DEFAULT_SHUTDOWN_TIMEOUT = 60
"""How many seconds a running VM has to power off, where nothing else is said."""

WIREGUARD_DEVICE = "wg-vxlan"
"""The encrypted tunnel's device, and its connection profile, on every host."""


class Table(BaseModel):
    """A table of the plan file: no unknown keys, no value taken for another kind's."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Ethernet(Table):
    """The connection profile of a host's underlay interface. Left out: the interface is used as it is."""

    profile: ProfileName = Field(description="The NetworkManager connection profile.", examples=["Example"])
    method: Literal["manual", "auto"] = Field(
        description='Where the address comes from: "manual" from this table, "auto" from DHCP.', examples=["manual"]
    )
    address: WithPrefix | None = Field(
        default=None,
        description='The address and its prefix. Needed with method "manual", and for it alone.',
        examples=["198.51.100.2/24", "203.0.113.1/24"],
    )
    gateway: Address | None = Field(
        default=None,
        description='The default gateway, in the address\'s subnet; for method "manual" alone.',
        examples=["198.51.100.254", "203.0.113.254"],
    )
    dns: tuple[Address, ...] = Field(
        default=(),
        strict=False,
        description="DNS servers.",
        examples=[["198.51.100.200"], ["203.0.113.200"]],
    )
    dns_search: tuple[DomainName, ...] = Field(
        default=(), strict=False, description="DNS search domains.", examples=[["example.com"]]
    )

    @model_validator(mode="after")
    def _fits_its_method(self) -> Self:
        if self.method == "manual" and self.address is None:
            raise contradiction("address", "nothing", 'an address with its prefix, as in "198.51.100.2/24"')
        if self.method == "auto":
            for key in ("address", "gateway"):
                if getattr(self, key) is not None:
                    raise contradiction(key, str(getattr(self, key)), 'nothing, where method is "auto" (DHCP)')
        if self.address is not None:
            self._check_families(self.address)
        return self

    def _check_families(self, address: IpInterface) -> None:
        family = f"an IPv{address.version} address, as the interface's own"
        if self.gateway is not None:
            if self.gateway.version != address.version:
                raise contradiction("gateway", str(self.gateway), family)
            _check_gateway(self.gateway, address)
        for index, server in enumerate(self.dns):
            if server.version != address.version:
                raise contradiction(f"dns[{index}]", str(server), family)


def _check_gateway(gateway: IpAddress, address: IpInterface) -> None:
    """Refuse a gateway that the interface could not reach by itself."""
    network = address.network
    if gateway == address.ip:
        raise contradiction("gateway", str(gateway), "another address than the interface's own")
    # An address alone (/32, /128), as hosting providers give it, has its gateway outside: NetworkManager adds a route.
    if network.prefixlen == network.max_prefixlen or (gateway.version == 6 and gateway.is_link_local):
        return
    ends = (network.network_address, network.broadcast_address) if network.version == 4 else ()
    if gateway not in network or (network.prefixlen < 31 and gateway in ends):
        link_local = ", or a link-local one (fe80::/10)" if network.version == 6 else ""
        raise contradiction(
            "gateway", str(gateway), f"a host's address in the interface's subnet {network}{link_local}"
        )


class Host(Table):
    """A KVM host. Every host is a member of each segment."""

    name: HostName = Field(description="The name that the plan knows the host by.", examples=["host-a", "host-b"])
    interface: InterfaceName = Field(
        description="The underlay interface, which the tunnel's packets leave by.", examples=["enp1s0"]
    )
    vtep_address: Address | None = Field(
        default=None,
        alias="vtep",
        description="The source address of the tunnel; with [encryption], the endpoint of the encrypted one. "
        "Default: the address in [hosts.ethernet].",
        examples=["198.51.100.2", "203.0.113.1"],
    )
    zone: ZoneName | None = Field(
        default=None,
        description="The firewalld zone that lets the tunnel's packets in. Default: the zone that the interface is in.",
        examples=["public"],
    )
    ssh: SshDestination | None = Field(
        default=None,
        description="The OpenSSH destination that reaches the host: user@host, an alias of ssh_config, or "
        "ssh://user@host:port. A user other than root has sudo without a password. Without the key, the host can be "
        "worked on from itself alone.",
        examples=["root@host-a.example.com", "root@host-b.example.com"],
    )
    public_key: PublicKey | None = Field(
        default=None,
        description="The host's WireGuard public key, for [encryption] where the hosts are not reached by ssh, which "
        "else exchanges the keys. The private key stays on its host.",
        examples=["HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=", "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0="],
    )
    ethernet: Ethernet | None = None

    @model_validator(mode="after")
    def _has_a_vtep(self) -> Self:
        if self.vtep_address is None and (self.ethernet is None or self.ethernet.address is None):
            allowed = "the source address of the tunnel (it follows only from a manual [hosts.ethernet] address)"
            raise contradiction("vtep", "nothing", allowed)
        return self

    @property
    def vtep(self) -> IpAddress:
        """The host's tunnel endpoint on the underlay."""
        if self.vtep_address is not None:
            return self.vtep_address
        assert self.ethernet is not None and self.ethernet.address is not None  # noqa: S101 (the validator holds it)
        return self.ethernet.address.ip


class Segment(Table):
    """A layer-2 segment: a VNI, and what carries it on every host."""

    vni: Vni = Field(description="The VXLAN network identifier.", examples=[10])
    vxlan: InterfaceName = Field(default="", description="The VXLAN device. Default: vxlan<vni>.", examples=["vxlan10"])
    bridge: InterfaceName = Field(
        description="The bridge that joins the VMs to the VXLAN. Its profile bears the same name, and the VXLAN's is "
        "<bridge>-<vxlan>.",
        examples=["bridge0"],
    )
    network: NetworkName = Field(
        default="",
        description="The libvirt network that hands the bridge to VMs. Default: <vxlan>-bridge.",
        examples=["vxlan10-bridge"],
    )
    port: Port = Field(
        default=DEFAULT_PORT,
        description="The UDP destination port. IANA's number for VXLAN is 4789; 8472 is NetworkManager's default.",
        examples=[4789],
    )
    group: MulticastGroup | None = Field(
        default=None,
        description="A multicast group that reaches every host, in place of the other hosts' addresses. Not with "
        "control, and not with [encryption].",
        examples=["239.1.1.10"],
    )
    control: Literal["evpn"] | None = Field(
        default=None,
        description='"evpn": FRR on every host exchanges VTEPs and MAC addresses by BGP; the table [evpn] says how. '
        "Default: the other host's address, or with more than two hosts the list of all of them.",
        examples=["evpn"],
    )
    admit: Literal["any", "peers"] = Field(
        default="any",
        description='Who may send to the UDP port: "peers" only the other hosts of the plan, "any" everybody.',
        examples=["peers"],
    )
    mtu: Mtu | None = Field(
        default=None,
        description="The MTU of the bridge, the VXLAN and the VMs' NICs, in bytes. Default: what the underlay's MTU "
        "leaves inside the tunnel, and inside the encryption; needed where the hosts' underlays differ in it.",
        examples=[1450],
    )
    stp: bool = Field(
        default=False,
        description="Whether the bridge speaks the spanning tree protocol. It then holds back each new port, and so "
        "each VM that starts, for 30 s.",
        examples=[True],
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_names(cls, data: object) -> object:
        return with_default_names(data) if isinstance(data, dict) else data

    @model_validator(mode="after")
    def _is_carried_one_way(self) -> Self:
        if self.control is not None and self.group is not None:
            raise contradiction("control", shown(self.control), "nothing, where the segment has a group")
        if self.control is not None and self.vni == 0:
            raise contradiction("vni", "0", '1 to 16777215, where control is "evpn": FRR knows no VNI 0')
        return self

    @property
    def vxlan_profile(self) -> str:
        """The VXLAN's connection profile, named as the chapter names it."""
        return f"{self.bridge}-{self.vxlan}"


def with_default_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give a segment's table with the names that it leaves to the chapter's pattern."""
    vni = row.get("vni")
    vxlan = row.get("vxlan", f"vxlan{vni}" if isinstance(vni, int) else None)
    network = row.get("network", f"{vxlan}-bridge" if isinstance(vxlan, str) else None)
    named = {"vxlan": vxlan, "network": network}
    return {**row, **{key: value for key, value in named.items() if value is not None}}


class Vm(Table):
    """A VM of one host, and the network that one of its NICs belongs to."""

    host: str = Field(description="The host that it runs on.", examples=["host-a", "host-b"])
    name: VmName = Field(description="The VM, as libvirt names it.", examples=["vma", "vmb"])
    network: str = Field(description="The libvirt network, which is a segment's.", examples=["vxlan10-bridge"])
    mac: MacAddress | None = Field(
        default=None,
        description="The MAC address of the NIC. Needed where the VM has several, or is in the plan more than once.",
        examples=["52:54:00:aa:bb:cc", "52:54:00:aa:bb:dd"],
    )
    address: VmAddress | None = Field(
        default=None,
        description="The VM's IPv4 address inside the segment: the checks ask for it by ARP.",
        examples=["192.0.2.1", "192.0.2.2"],
    )
    install: str | None = Field(
        default=None,
        description="Options of virt-install, which creates the VM with them where it does not exist.",
        examples=["--memory 2048 --disk size=10 --cdrom /srv/rhel.iso"],
    )
    move: Literal["live", "restart"] = Field(
        default="live",
        description='How the NIC of a running VM gets to the network: "live" without a shutdown where libvirt can, '
        '"restart" by shutting the VM down and starting it.',
        examples=["restart"],
    )
    shutdown_timeout: Seconds = Field(
        default=DEFAULT_SHUTDOWN_TIMEOUT,
        description="How many seconds a running VM has to power off, where it is restarted.",
        examples=[120],
    )

    @model_validator(mode="after")
    def _install_is_options(self) -> Self:
        if self.install is not None:
            _check_install(self.install)
        return self

    @property
    def install_words(self) -> tuple[str, ...]:
        """The admin's own options for virt-install, one argv element each."""
        return tuple(shlex.split(self.install)) if self.install is not None else ()


def _check_install(install: str) -> None:
    if not install.isprintable():
        raise contradiction("install", shown(install), "options on one line, without control characters")
    try:
        words = shlex.split(install)
    except ValueError as error:
        raise contradiction("install", f"{shown(install)} ({error})", "options with their quotes closed") from error
    ours = ("--name", "-n", "--network", "-w", "--nonetworks", "--connect", "-c")
    for word in words:
        if word.split("=")[0] in ours or (word[:2] in ("-n", "-w", "-c") and not word.startswith("--")):
            raise contradiction("install", word, f"other options than {', '.join(ours)}, which the plan itself sets")


class Evpn(Table):
    """BGP between the hosts, for the segments with control = "evpn"."""

    asn: Asn = Field(
        description="The BGP autonomous system, the same on every host. 64512 to 65534 are for private use.",
        examples=[65000],
    )
    reflectors: tuple[HostName, ...] = Field(
        default=(),
        strict=False,
        description="Hosts of the plan that are route reflectors: the others have a session with these alone. "
        "Default: every host has a session with every other.",
        examples=[["host-a"]],
    )


class Encryption(Table):
    """What leaves between the hosts is encrypted, all segments alike."""

    method: Literal["wireguard", "none"] = Field(
        description='"wireguard": the VXLAN runs inside a WireGuard tunnel between the hosts. "none": it runs in the '
        "clear, and the checks no longer warn of that.",
        examples=["wireguard"],
    )
    subnet: Subnet | None = Field(
        default=None,
        description='The addresses inside the encrypted tunnel, apart from every underlay. Needed with "wireguard": '
        "each host has one, in the order of the hosts, so that a new host belongs after the others.",
        examples=["10.255.42.0/24"],
    )
    port: Port = Field(default=WIREGUARD_PORT, description="The UDP port of the encrypted tunnel.", examples=[51821])

    @model_validator(mode="after")
    def _fits_its_method(self) -> Self:
        if self.method == "wireguard" and self.subnet is None:
            raise contradiction("subnet", "nothing", 'a subnet with its prefix, as in "10.255.42.0/24"')
        if self.method == "none":
            for key in ("subnet", "port"):
                if key in self.model_fields_set:
                    raise contradiction(key, str(getattr(self, key)), 'nothing, where method is "none"')
        return self

    @property
    def room(self) -> int:
        """The number of hosts that the subnet has an address for."""
        assert self.subnet is not None  # noqa: S101 (asked for with WireGuard alone)
        return self.subnet.num_addresses - self._kept_below - self._kept_above

    def address(self, index: int) -> IpInterface:
        """Give the address inside the tunnel of the host at `index`, with the subnet's prefix."""
        assert self.subnet is not None  # noqa: S101 (asked for with WireGuard alone)
        return _interface(self.subnet, index + self._kept_below)

    @property
    def _kept_below(self) -> int:
        """The subnet's own address (IPv4) or its routers' (IPv6), which no host has where there are more than two."""
        assert self.subnet is not None  # noqa: S101
        return int(self.subnet.num_addresses > 2)

    @property
    def _kept_above(self) -> int:
        """IPv4's broadcast address."""
        return self._kept_below if self.subnet is not None and self.subnet.version == 4 else 0


def _interface(subnet: IpNetwork, offset: int) -> IpInterface:
    return ip_interface((int(subnet.network_address) + offset, subnet.prefixlen))

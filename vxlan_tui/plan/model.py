"""The plan's tables, each with what its own keys allow."""

import shlex
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from vxlan_tui.plan.fault import contradiction, shown
from vxlan_tui.plan.values import (
    Address,
    DomainName,
    HostName,
    InterfaceName,
    MacAddress,
    MulticastGroup,
    NetworkName,
    ProfileName,
    VmAddress,
    VmName,
    Vtep,
    WithPrefix,
    ZoneName,
)

IpAddress = IPv4Address | IPv6Address
IpInterface = IPv4Interface | IPv6Interface

DEFAULT_PORT = 8472
"""NetworkManager's default UDP destination port (chapter, section 10.3; IANA's is 4789)."""


class Table(BaseModel):
    """A table of the plan file: no unknown keys, no value taken for another kind's."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Ethernet(Table):
    """The underlay's connection profile (chapter, section 10.2)."""

    profile: ProfileName
    method: Literal["manual", "auto"]
    address: WithPrefix | None = None
    gateway: Address | None = None
    dns: tuple[Address, ...] = Field(default=(), strict=False)
    dns_search: tuple[DomainName, ...] = Field(default=(), strict=False)

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
            if self.gateway == address.ip:
                raise contradiction("gateway", str(self.gateway), "another address than the interface's own")
        for index, server in enumerate(self.dns):
            if server.version != address.version:
                raise contradiction(f"dns[{index}]", str(server), family)


class Host(Table):
    """One KVM host: its underlay interface and VTEP."""

    name: HostName
    interface: InterfaceName
    vtep_address: Vtep | None = Field(default=None, alias="vtep")
    zone: ZoneName | None = None
    ethernet: Ethernet | None = None

    @model_validator(mode="after")
    def _has_a_vtep(self) -> Self:
        if self.vtep_address is None and (self.ethernet is None or self.ethernet.address is None):
            allowed = "the source address of the tunnel (it follows only from a manual [hosts.ethernet] address)"
            raise contradiction("vtep", "nothing", allowed)
        return self

    @property
    def vtep(self) -> IpAddress:
        """The source address of this host's tunnels."""
        if self.vtep_address is not None:
            return self.vtep_address
        assert self.ethernet is not None and self.ethernet.address is not None  # noqa: S101 (the validator holds it)
        return self.ethernet.address.ip


class Segment(Table):
    """One layer-2 segment: a VNI, and what carries it on every host (chapter, sections 10.3 and 10.4)."""

    vni: int = Field(ge=0, le=0xFFFFFF)
    vxlan: InterfaceName = ""
    bridge: InterfaceName
    network: NetworkName = ""
    port: int = Field(default=DEFAULT_PORT, ge=1, le=0xFFFF)
    group: MulticastGroup | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_names(cls, data: object) -> object:
        return with_default_names(data) if isinstance(data, dict) else data

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
    """A VM of one host and the network that one of its NICs belongs to (chapter, section 10.5)."""

    host: str
    name: VmName
    network: str
    mac: MacAddress | None = None
    address: VmAddress | None = None
    install: str | None = None
    shutdown_timeout: int = Field(default=60, ge=1, le=86400)

    @model_validator(mode="after")
    def _install_is_options(self) -> Self:
        if self.install is not None:
            _check_install(self.install)
        return self

    @property
    def install_words(self) -> tuple[str, ...]:
        """The admin's own options for virt-install, one argv element each."""
        return tuple(shlex.split(self.install)) if self.install is not None else ()


class Plan(Table):
    """What every host of the segments is to become."""

    hosts: tuple[Host, ...]
    segments: tuple[Segment, ...]
    vms: tuple[Vm, ...] = ()
    _path: Path = PrivateAttr(default=Path("/plan.toml"))

    @property
    def path(self) -> Path:
        """The file it was read from, as an absolute path."""
        return self._path

    def read_from(self, path: Path) -> Self:
        """Give this plan, as read from that file."""
        self._path = path.absolute()
        return self

    def host(self, name: str) -> Host:
        """Give the host of that name; raises KeyError."""
        return {host.name: host for host in self.hosts}[name]

    def peers(self, host: Host) -> tuple[Host, ...]:
        """Give the other hosts, in the plan's order."""
        return tuple(other for other in self.hosts if other.name != host.name)

    def remote(self, host: Host, segment: Segment) -> IpAddress:
        """Give the address that `host` sends unknown destinations of `segment` to.

        It is the multicast group, or the other host's VTEP: host-b's view is host-a's, mirrored.
        """
        return segment.group or self.peers(host)[0].vtep

    def vms_of(self, host: Host) -> tuple[Vm, ...]:
        """Give the VMs that live on `host`."""
        return tuple(vm for vm in self.vms if vm.host == host.name)

    def segment_of(self, network: str) -> Segment:
        """Give the segment behind a libvirt network of the plan; raises KeyError."""
        return {segment.network: segment for segment in self.segments}[network]


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

"""The plan as a whole: its tables, and what follows from them for each host."""

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, PrivateAttr

from vxlan_tui.plan.sizes import WIREGUARD_OVERHEAD, overhead
from vxlan_tui.plan.tables import Encryption, Evpn, Host, Segment, Table, Vm
from vxlan_tui.plan.values import IpAddress

Flood = Literal["remote", "group", "list", "evpn"]
"""How a segment's broadcasts and unknown destinations find the other hosts: the one other host's address, a multicast
group, the list of all other hosts, or what BGP tells."""

LEAST = {"hosts": 2, "segments": 1, "vms": 0}
"""How many tables of a kind a plan has at least."""


class Plan(Table):
    """What every host of the segments is to become."""

    hosts: tuple[Host, ...] = Field(description="The KVM hosts: two or more.")
    segments: tuple[Segment, ...] = Field(description="The layer-2 segments: one or more.")
    vms: tuple[Vm, ...] = Field(default=(), description="The VMs whose NICs belong to a segment.")
    evpn: Evpn | None = None
    encryption: Encryption | None = None
    _path: Path = PrivateAttr(default=Path("/plan.toml"))

    def __copy__(self) -> Self:
        """Give a copy without what was derived: `model_copy` puts other tables into it."""
        copied = super().__copy__()
        for name in set(vars(copied)) - set(type(self).model_fields):
            del copied.__dict__[name]
        return copied

    @property
    def path(self) -> Path:
        """The file it was read from, as an absolute path."""
        return self._path

    def read_from(self, path: Path) -> Self:
        """Give this plan, as read from that file."""
        self._path = path.absolute()
        return self

    @cached_property
    def digest(self) -> str:
        """SHA-256 in hexadecimal of what the plan asks for.

        Comments, layout, and a default that is written out do not change it.
        """
        content = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def host(self, name: str) -> Host:
        """Return the host of that name; raise KeyError where there is none."""
        return self.hosts[self._places[name]]

    def peers(self, host: Host) -> tuple[Host, ...]:
        """Return the other hosts, in the plan's order."""
        place = self._places[host.name]
        return self.hosts[:place] + self.hosts[place + 1 :]

    def vms_of(self, host: Host) -> tuple[Vm, ...]:
        """Return the VMs that live on `host`."""
        return self._vms.get(host.name, ())

    def segment_of(self, network: str) -> Segment:
        """Return the segment behind a libvirt network of the plan; raise KeyError where there is none."""
        return self._segments[network]

    # --- The tunnels ------------------------------------------------------------------------------------------------

    @property
    def encrypted(self) -> bool:
        """Whether the VXLANs run inside an encrypted tunnel that this plan makes."""
        return self.encryption is not None and self.encryption.method == "wireguard"

    @property
    def clear_by_choice(self) -> bool:
        """Whether the admin has decided to live without encryption."""
        return self.encryption is not None and self.encryption.method == "none"

    def tunnel_address(self, host: Host) -> IpAddress:
        """Return a host's address on the VXLANs' tunnels: its VTEP, or with encryption its address of the subnet."""
        return self._addresses[self._places[host.name]]

    def flood(self, segment: Segment) -> Flood:
        """Return how a segment's hosts find each other."""
        if segment.control is not None:
            return segment.control
        if segment.group is not None:
            return "group"
        return "remote" if len(self.hosts) == 2 else "list"

    def remotes(self, host: Host, segment: Segment) -> tuple[IpAddress, ...]:
        """Return where `host` sends a segment's broadcasts and unknown destinations.

        It is the multicast group, or every other host's tunnel address in the plan's order, so that host-b's view is
        host-a's, mirrored; none with EVPN, where BGP tells them.
        """
        if segment.control is not None:
            return ()
        if segment.group is not None:
            return (segment.group,)
        place = self._places[host.name]
        return self._addresses[:place] + self._addresses[place + 1 :]

    def admits_peers(self, port: int) -> bool:
        """Return whether every segment on a UDP port asks for it to be open to the other hosts alone."""
        return all(segment.admit == "peers" for segment in self.segments if segment.port == port)

    def others(self, host: Host) -> tuple[str, ...]:
        """Return every other host's tunnel address as text, in the plan's order."""
        place = self._places[host.name]
        return self._texts[:place] + self._texts[place + 1 :]

    def remote(self, host: Host, segment: Segment) -> IpAddress | None:
        """Return the one address that the VXLAN device itself sends to; None where a list or BGP has its place."""
        return self.remotes(host, segment)[0] if self.flood(segment) in ("remote", "group") else None

    def bgp_peers(self, host: Host) -> tuple[Host, ...]:
        """Return the hosts that `host` has a BGP session with: every other, or for a client the reflectors."""
        reflectors = self.evpn.reflectors if self.evpn is not None else ()
        if not reflectors or host.name in reflectors:
            return self.peers(host)
        return tuple(self.host(name) for name in reflectors)

    def is_reflector(self, host: Host) -> bool:
        """Whether `host` passes on the BGP routes of others."""
        return self.evpn is not None and host.name in self.evpn.reflectors

    # --- Sizes ------------------------------------------------------------------------------------------------------

    def tunnel_mtu(self, underlay_mtu: int) -> int:
        """Return the MTU, in bytes, of what the VXLANs' packets leave by: the encrypted tunnel, or the underlay."""
        return underlay_mtu - WIREGUARD_OVERHEAD if self.encrypted else underlay_mtu

    def mtu_inside(self, underlay_mtu: int, segment: Segment | None = None) -> int:
        """Return a segment's MTU, in bytes: its own, or what is left of the underlay's."""
        if segment is not None and segment.mtu is not None:
            return segment.mtu
        return self.tunnel_mtu(underlay_mtu) - overhead(self._addresses[0])

    # --- Derived once -----------------------------------------------------------------------------------------------

    @cached_property
    def _places(self) -> dict[str, int]:
        return {host.name: place for place, host in enumerate(self.hosts)}

    @cached_property
    def _segments(self) -> dict[str, Segment]:
        return {segment.network: segment for segment in self.segments}

    @cached_property
    def _vms(self) -> dict[str, tuple[Vm, ...]]:
        found: dict[str, list[Vm]] = {}
        for vm in self.vms:
            found.setdefault(vm.host, []).append(vm)
        return {name: tuple(vms) for name, vms in found.items()}

    @cached_property
    def _addresses(self) -> tuple[IpAddress, ...]:
        if self.encryption is None or not self.encrypted:
            return tuple(host.vtep for host in self.hosts)
        return tuple(self.encryption.address(place).ip for place in range(len(self.hosts)))

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        return tuple(map(str, self._addresses))

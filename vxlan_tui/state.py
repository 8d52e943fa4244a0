"""What a host has: plain, frozen rows that the facts fill and the procedures and checks read."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class VxlanLink:
    """A VXLAN device as the kernel has it (ip-link(8))."""

    vni: int
    port: int
    local: str = ""
    remote: str = ""
    parent: str = ""
    learning: bool = True
    """Whether it learns from frames behind which host an address is; where BGP tells that, it does not."""


@dataclass(frozen=True)
class BridgePort:
    """A device's part in its bridge (bridge(8)): STP state, and seconds until the next one.

    `designated` is the bridge that speaks for the port's link, by its STP identifier; what it said last counts
    for `hello_left` seconds more. `flood` is whether broadcasts and frames to unknown addresses leave by it.
    Isolated ports do not reach each other.
    """

    state: str
    forward_delay_left: float = 0.0
    designated: str = ""
    hello_left: float = 0.0
    flood: bool = True
    isolated: bool = False


@dataclass(frozen=True)
class BridgeLink:
    """A bridge as the kernel has it (ip-link(8)): its STP, and the firewalls that it asks.

    `forward_delay` is in seconds. `netfilter` names the tables (iptables, ip6tables, arptables) that this
    bridge of itself shows its frames to.
    """

    stp: bool = False
    forward_delay: float = 0.0
    id: str = ""
    netfilter: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FdbEntry:
    """An entry of a VXLAN device's own forwarding table (bridge(8), fdb). `age`: seconds since it last changed."""

    mac: str
    destination: str
    permanent: bool = False
    age: float = 0.0


@dataclass(frozen=True)
class Route:
    """The way to an address (ip-route(8), get)."""

    device: str = ""
    gateway: str = ""


@dataclass(frozen=True)
class Link:
    """A network device as the kernel has it. `kind` is ip-link's: bridge, vxlan, tun, vlan; empty for a NIC."""

    name: str
    kind: str = ""
    up: bool = False
    carrier: bool = False
    mtu: int = 1500
    mac: str = ""
    controller: str = ""
    addresses: tuple[str, ...] = ()
    vxlan: VxlanLink | None = None
    port: BridgePort | None = None
    bridge: BridgeLink | None = None


@dataclass(frozen=True)
class Profile:
    """A NetworkManager connection profile; `settings` by nmcli's property names.

    `device` is the device it is active on, or empty. `saved` is False for one that NetworkManager made up for
    a device that somebody else configured.
    """

    uuid: str
    name: str
    type: str
    device: str = ""
    activated: bool = False
    saved: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def interface(self) -> str:
        """The device that the profile is for, or empty."""
        return self.settings.get("connection.interface-name", "")


@dataclass(frozen=True)
class Zone:
    """The firewalld zone of the underlay: which of the plan's UDP ports are open in it."""

    name: str
    runtime: frozenset[int] = frozenset()
    permanent: frozenset[int] = frozenset()
    exists: bool = True


@dataclass(frozen=True)
class Network:
    """A libvirt network."""

    name: str
    bridge: str = ""
    forward: str = ""
    active: bool = False
    autostart: bool = False
    persistent: bool = True


@dataclass(frozen=True)
class Nic:
    """A VM's network interface: libvirt's interface type, what is behind it, and the tap device.

    `source` is the network, bridge or device of that type; `network` is the libvirt network alone (a running
    VM's interface may say type bridge and yet name the network that it is on).
    """

    mac: str
    type: str
    source: str = ""
    network: str = ""
    device: str = ""
    xml: str = ""
    mtu: int = 0
    """What libvirt tells the guest; 0 where it tells it nothing."""
    link_down: bool = False
    """Whether the cable is pulled out (virsh domif-setlink)."""


@dataclass(frozen=True)
class VmState:
    """A VM as libvirt has it: `nics` as stored, `live_nics` as it runs now."""

    name: str
    state: str = "shut off"
    persistent: bool = True
    nics: tuple[Nic, ...] = ()
    live_nics: tuple[Nic, ...] = ()
    agent: str = ""
    """The guest agent's channel: connected, disconnected, or empty where the VM has none or does not run."""

    @property
    def off(self) -> bool:
        """Whether the VM can be started."""
        return self.state in ("shut off", "crashed")


@dataclass(frozen=True)
class AdminPath:
    """The way that the person who runs this came in.

    `devices` are those that an SSH session depends on: the one with the address that it goes to, and what lies
    below it. Empty with `ssh`: it is not known.
    """

    ssh: bool = False
    devices: frozenset[str] = frozenset()

    @property
    def unknown(self) -> bool:
        """Whether it is an SSH session that comes in nobody knows where."""
        return self.ssh and not self.devices


@dataclass(frozen=True)
class HostState:
    """One host at one moment, as far as the plan needs it."""

    nm_version: tuple[int, ...] = (0,)
    links: Mapping[str, Link] = field(default_factory=dict)
    profiles: tuple[Profile, ...] = ()
    underlay_addressing: frozenset[str] = frozenset()
    """Addresses, gateways, DNS servers and search domains in force on the underlay interface."""
    zone: Zone | None = None
    """The zone that the plan's ports belong in; None where firewalld does not run."""
    networks: Mapping[str, Network] = field(default_factory=dict)
    vms: Mapping[str, VmState] = field(default_factory=dict)
    path: AdminPath = AdminPath()
    underlay_mtu: int = 1500
    """The MTU of the underlay interface in bytes."""

    keys: Mapping[str, str] = field(default_factory=dict)
    """WireGuard's public keys by the names of the plan's hosts; empty for one whose key pair is still to be made."""

    def named(self, profile: str) -> tuple[Profile, ...]:
        """Give the saved profiles of that name: NetworkManager allows several."""
        return tuple(p for p in self.profiles if p.name == profile and p.saved)

    def active_on(self, device: str) -> Profile | None:
        """Give the profile that is active on a device."""
        return next((p for p in self.profiles if p.device == device), None)

    def ports_of(self, bridge: str) -> tuple[Link, ...]:
        """Give the devices that are ports of a bridge."""
        return tuple(link for link in self.links.values() if link.controller == bridge)

"""What the checks judge: the facts of this host and of others that can be read, and what was asked of the network.

Plain rows. `collect` fills them from real hosts, the tests by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from vxlan_tui.facts.daemons import Daemon
from vxlan_tui.facts.evpn import Evpn
from vxlan_tui.facts.firewalld import Rules, Zones
from vxlan_tui.facts.ipsec import Policy
from vxlan_tui.facts.netfilter import Netfilter
from vxlan_tui.judge import Outputs
from vxlan_tui.plan import Host, Plan, Segment, Vm
from vxlan_tui.state import FdbEntry, HostState, Route, Zone

if TYPE_CHECKING:
    from vxlan_tui.checks.finding import Finding


class Unreadable(OSError):  # noqa: N818 (it is what is so)
    """Not even ip(8) tells anything of this host; why."""


@dataclass(frozen=True)
class Gone:
    """Why a part of the facts could not be read: too `late`, or what was said; and what its daemon does meanwhile.

    `start` is the command that starts the daemon, now and at every boot.
    """

    words: str
    daemon: Daemon = field(default_factory=Daemon)
    late: bool = False
    start: str = ""


@dataclass(frozen=True)
class Facts:
    """One host at one moment. `gone` says of a part (net, firewall, virt, netfilter) why it could not be read.

    `seconds` is how long each of the others took.
    """

    state: HostState = field(default_factory=HostState)
    gone: Mapping[str, Gone] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    tables: Mapping[str, tuple[FdbEntry, ...]] = field(default_factory=dict)
    """The forwarding table of each VXLAN of the plan that exists."""
    routes: Mapping[str, Route] = field(default_factory=dict)
    """The way to each other host's tunnel address, by the host's name, where there is one."""
    underlay_mtu: int = 0
    """The MTU that the underlay's profile asks for; 0 where it leaves it to the device."""
    underlay_zone: Zone | None = None
    """The firewalld zone that what comes in on the underlay interface is judged by."""
    zones: Zones = field(default_factory=Zones)
    """The zones of all devices."""
    rules: Rules = field(default_factory=Rules)
    """The rich rules of the zone that the VXLANs' ports belong in."""
    outer_rules: Rules = field(default_factory=Rules)
    """Those of the zone that the encrypted tunnel's own port belongs in, where there is one: the underlay's."""
    netfilter: Netfilter | None = None
    """None where nft cannot tell."""
    encrypted: tuple[Policy, ...] = ()
    handshakes: Mapping[str, float] | None = None
    """Seconds since WireGuard's last handshake, by the other host's address in the tunnel; None: wg cannot tell."""
    evpn: Evpn | None = None
    driver: str = ""
    """The driver of the underlay interface; empty where nothing tells."""
    bad_checksums: int = 0
    """UDP packets that the kernel has dropped since it started, since their checksum was wrong."""
    outputs: Outputs = field(default_factory=dict)
    """What the plan's things show; a reading that could not tell is left out."""


@dataclass(frozen=True)
class Echo:
    """An ICMP echo request, and what came of it.

    `by` is who reported an error, `error` what it said, `mtu` the most that it lets through where it said so.
    """

    replied: bool
    seconds: float = 0.0
    by: str = ""
    error: str = ""
    mtu: int = 0


@dataclass(frozen=True)
class Sized:
    """What packets of `size` bytes (with their IP header) that must not be cut up came to."""

    size: int
    echo: Echo


@dataclass(frozen=True)
class Path:
    """The way to another host: a small echo; where that came back, also large ones.

    `whole` must not be cut up; it is as large as a full-size frame in its tunnel packet, or as the interface lets out
    where that is less. `pieces` is the tunnel packet's size, and may be cut up. `outside` is the way to the encrypted
    tunnel's endpoint, where there is one. None: not asked.
    """

    ping: Echo
    whole: Sized | None = None
    pieces: Sized | None = None
    outside: Echo | None = None


@dataclass(frozen=True)
class Replies:
    """Who answered ARP requests on a bridge: MAC by IPv4 address. `error`: they could not be sent."""

    by_address: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class Tcp:
    """TCP segments that came out of a tunnel: how many, and how many with a wrong checksum."""

    wrong: int
    segments: int


@dataclass(frozen=True)
class Frames:
    """What full-size ARP requests on a bridge came to: the size in bytes that each address answered to, 0 for none.

    `tcp` is what came in meanwhile, by the sender's MAC. `error`: they could not be sent.
    """

    full: int = 0
    answered: Mapping[str, int] = field(default_factory=dict)
    tcp: Mapping[str, Tcp] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class Packet:
    """A VXLAN packet that came in: from which VTEP, to which UDP port, of which VNI (RFC 7348, section 5)."""

    source: str
    port: int
    vni: int


@dataclass(frozen=True)
class Rejection:
    """An ICMP error that came in about a packet that this host, or a VM on it, sent to a UDP port.

    `answer`: a firewall `rejected` it by an error of its own kind, or a host without a listener `refused` it.
    """

    by: str
    to: str
    port: int
    answer: str


@dataclass(frozen=True)
class Heard:
    """What came in while listening, after a knock at the others' doors: VXLAN packets, and ICMP errors.

    `error`: it could not be listened, or `knocked` is False.
    """

    packets: frozenset[Packet] = frozenset()
    rejections: frozenset[Rejection] = frozenset()
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class Inside:
    """What an ARP request from inside a VM came to. `error`: the guest agent could not send it."""

    replied: bool = False
    words: str = ""
    error: str = ""


class Answers(Protocol):
    """The answers of the network. Each is waited for when it is asked for."""

    def path(self, host: str) -> Path:
        """Give what echo requests to a host came to."""

    def replies(self, bridge: str) -> Replies:
        """Give who answered ARP on a bridge."""

    def frames(self, bridge: str) -> Frames:
        """Give what full-size frames on a bridge came to."""

    def heard(self) -> Heard:
        """Give the VXLAN packets and the ICMP errors that came in."""

    def inside(self, vm: str, address: str) -> Inside:
        """Give what an ARP request for an address from inside a VM came to."""


Key = tuple[str, str]
"""A check's id and its subject."""


@dataclass(frozen=True)
class There:
    """What was read on another host: its facts, and what its own checks say by them."""

    facts: Facts
    findings: "Mapping[Key, Finding]"


@dataclass(frozen=True)
class Evidence:
    """All that a check may judge by. `asked` is None for a host that is only read.

    `there` has the other hosts that could be read, by their names.
    """

    facts: Facts
    asked: Answers | None = None
    there: Mapping[str, There] = field(default_factory=dict)

    @property
    def answers(self) -> Answers:
        """The answers of the network: for the checks that ask alone."""
        assert self.asked is not None  # noqa: S101 (others are judged without)
        return self.asked

    @property
    def state(self) -> HostState:
        """The host's state, as far as it could be read."""
        return self.facts.state


def answering(plan: Plan, peer: Host, segment: Segment, evidence: Evidence) -> Vm | None:
    """Give a VM on another host that answered ARP by the tunnel: frames get there and back."""
    there = [vm for vm in plan.vms_of(peer) if vm.network == segment.network and vm.address]
    if not there:
        return None
    replies = evidence.answers.replies(segment.bridge).by_address
    ours = {nic.mac for vm in evidence.state.vms.values() for nic in (*vm.live_nics, *vm.nics)}
    return next((vm for vm in there if replies.get(str(vm.address), "") not in ("", *ours)), None)

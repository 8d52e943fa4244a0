"""What the checks judge: the facts of this host, and the answers to what was asked of the others.

Plain rows. `look` fills them from a real host, the tests by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from vxlan_tui.facts.daemons import Daemon
from vxlan_tui.facts.ipsec import Policy
from vxlan_tui.facts.netfilter import Netfilter
from vxlan_tui.judge import Outputs
from vxlan_tui.plan import Host, Plan, Segment, Vm
from vxlan_tui.state import FdbEntry, HostState, Route, Zone


class Unreadable(OSError):  # noqa: N818 (it is what is so)
    """Not even ip(8) tells anything of this host; why."""


@dataclass(frozen=True)
class Gone:
    """Why a part of the facts could not be read: too `late`, or what was said; and what its daemon does meanwhile."""

    words: str
    daemon: Daemon = field(default_factory=Daemon)
    late: bool = False


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
    """The way from the VTEP to each other host, by its name, where there is one."""
    underlay_mtu: int = 0
    """The MTU that the underlay's profile asks for; 0 where it leaves it to the device."""
    underlay_zone: Zone | None = None
    """The firewalld zone that what comes in on the underlay interface is judged by."""
    netfilter: Netfilter | None = None
    """None where nft cannot tell."""
    encrypted: tuple[Policy, ...] = ()
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

    `whole` must not be cut up; it is as large as a full-size frame in its tunnel packet, or as the underlay
    interface lets out where that is less. Then `pieces` is the tunnel packet's size, and may be cut up.
    None: not asked, since another one tells.
    """

    ping: Echo
    whole: Sized | None = None
    pieces: Sized | None = None


@dataclass(frozen=True)
class Port:
    """What a UDP packet to another host's port came to: `silence`, `rejected`, `refused`, or `not sent`.

    A firewall rejects with an ICMP error of its own kind; a host without a listener refuses with `port
    unreachable`; what listens, and what drops silently, says nothing.
    """

    answer: str
    by: str = ""
    words: str = ""


@dataclass(frozen=True)
class Replies:
    """Who answered ARP requests on a bridge: MAC by IPv4 address. `error`: they could not be sent."""

    by_address: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class Packet:
    """A VXLAN packet that came in: from which VTEP, to which UDP port, of which VNI (RFC 7348, section 5)."""

    source: str
    port: int
    vni: int


@dataclass(frozen=True)
class Rejection:
    """An ICMP error that came in about a packet that this host, or a VM on it, sent to a UDP port."""

    by: str
    to: str
    port: int
    answer: str
    """As a Port's: rejected or refused."""


@dataclass(frozen=True)
class Heard:
    """What came in while listening: the other hosts' VXLAN packets, and errors about packets to them."""

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
    """The answers of the others. Each is waited for when it is asked for."""

    def path(self, host: str) -> Path:
        """Give what echo requests to a host came to."""

    def port(self, host: str, port: int) -> Port:
        """Give what a packet to a host's UDP port came to."""

    def replies(self, bridge: str) -> Replies:
        """Give who answered ARP on a bridge."""

    def heard(self) -> Heard:
        """Give the VXLAN packets that came in."""

    def inside(self, vm: str, address: str) -> Inside:
        """Give what an ARP request for an address from inside a VM came to."""


@dataclass(frozen=True)
class Seen:
    """All that a check may judge by."""

    facts: Facts
    answers: Answers

    @property
    def state(self) -> HostState:
        """The host's state, as far as it could be read."""
        return self.facts.state


def answering(plan: Plan, peer: Host, segment: Segment, seen: Seen) -> Vm | None:
    """Give a VM on another host that answered ARP by the tunnel: frames get there and back."""
    there = [vm for vm in plan.vms_of(peer) if vm.network == segment.network and vm.address]
    if not there:
        return None
    replies = seen.answers.replies(segment.bridge).by_address
    ours = {nic.mac for vm in seen.state.vms.values() for nic in (*vm.live_nics, *vm.nics)}
    return next((vm for vm in there if replies.get(str(vm.address), "") not in ("", *ours)), None)

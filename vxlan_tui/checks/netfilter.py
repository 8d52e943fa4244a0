"""Whether the packet filter drops a frame that passes a bridge (nft(8); bridge-nf-call-*).

Rules are followed as the kernel follows them, for a new frame of which only the devices are known. What a rule
asks beyond that (addresses, ports, extensions of iptables) has no answer here: such a rule may accept, and
then nothing is said against the chain; such a rule's own drop is somebody's choice about some frames.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from vxlan_tui.facts.netfilter import Chain, Netfilter, Place

_DEPTH = 32
"""The kernel's own limit of jumps (NFT_JUMP_STACK_SIZE is 16)."""


class Answer(Enum):
    """What a rule's condition, or a chain, comes to."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"


@dataclass(frozen=True)
class Frame:
    """A frame on its way: its protocol (ip, ip6, arp), and the devices that the filter takes it to pass."""

    protocol: str
    enters: str
    leaves: str = ""


@dataclass(frozen=True)
class Dropped:
    """A chain that drops: where it is, what is dropped, and the table (iptables, …) whose sysctl brought it there.

    `table` is empty for a filter of the bridge's own (nft's family bridge).
    """

    place: Place
    protocol: str
    table: str = ""

    def __str__(self) -> str:
        family, table, chain = self.place
        names = {"ip": "IPv4", "ip6": "IPv6", "arp": "ARP"}
        return f"{names[self.protocol]} frames: chain {chain} of the table {family} {table}"


_TABLES = {"ip": "iptables", "ip6": "ip6tables", "arp": "arptables"}


def drops(netfilter: Netfilter, bridge: str, own_calls: frozenset[str], port: str) -> Iterator[Dropped]:
    """Give the forward chains that drop what passes `bridge`; `port` is its VXLAN.

    br_netfilter shows IP frames to the chains of the families ip, ip6 and inet as packets from the bridge to
    the bridge; the family bridge sees the ports.
    """
    calls = netfilter.calls | own_calls
    for protocol, table in _TABLES.items():
        families = (protocol, "inet") if protocol != "arp" else ("arp",)
        if table in calls:
            frame = Frame(protocol, bridge, bridge)
            yield from (Dropped(place, protocol, table) for place in _dropping(netfilter, families, frame))
        frame = Frame(protocol, port)
        yield from (Dropped(place, protocol) for place in _dropping(netfilter, ("bridge",), frame))


def _dropping(netfilter: Netfilter, families: tuple[str, ...], frame: Frame) -> Iterator[Place]:
    for place, chain in netfilter.chains.items():
        if chain.hook == "forward" and place[0] in families and _base(netfilter, place, chain, frame):
            yield place


def _base(netfilter: Netfilter, place: Place, chain: Chain, frame: Frame) -> bool:
    walk = _Walk(netfilter, place[:2], frame)
    end = walk.through(chain, _DEPTH) or chain.policy
    return end == "drop" and not walk.may_accept


class _Walk:
    """One way through a base chain and what it jumps to."""

    def __init__(self, netfilter: Netfilter, table: tuple[str, ...], frame: Frame) -> None:
        self.netfilter = netfilter
        self.table = table
        self.frame = frame
        self.may_accept = False

    def through(self, chain: Chain, depth: int) -> str:
        """Give `accept`, `drop`, or nothing where the frame comes out at the chain's end."""
        for rule in chain.rules:
            end = self._rule(rule, depth)
            if end in ("accept", "drop", "return"):
                return "" if end == "return" else end
        return ""

    def _rule(self, rule: tuple[Mapping[str, Any], ...], depth: int) -> str:
        sure = Answer.YES
        for expression in rule:
            kind, detail = next(iter(expression.items()))
            if kind == "match":
                answer = matches(detail, self.frame)
                if answer is Answer.NO:
                    return ""
                sure = Answer.MAYBE if answer is Answer.MAYBE else sure
            elif kind in ("xt", "limit", "vmap", "queue", "connlimit", "ct count"):
                sure, kind = Answer.MAYBE, "accept" if kind in ("vmap", "queue") else kind
            if kind in _VERDICTS:
                return self._verdict(kind, detail, sure, depth)
        return ""

    def _verdict(self, kind: str, detail: Any, sure: Answer, depth: int) -> str:
        if kind in ("jump", "goto"):
            end = self._jump(detail["target"], depth)
            if kind == "goto" and not end:
                end = "return"
        else:
            end = {"reject": "drop"}.get(kind, kind)
        if sure is Answer.YES:
            return end
        self.may_accept = self.may_accept or end in ("accept", "return")
        return ""

    def _jump(self, target: str, depth: int) -> str:
        chain = self.netfilter.chains.get((self.table[0], self.table[1], target))
        if chain is None or not depth:
            self.may_accept = True
            return ""
        return self.through(chain, depth - 1)


_VERDICTS = ("accept", "drop", "reject", "return", "jump", "goto")


def matches(match: Mapping[str, Any], frame: Frame) -> Answer:
    """Say whether a frame meets a condition of nft's JSON."""
    kind, detail = next(iter(match["left"].items())) if isinstance(match.get("left"), Mapping) else ("", {})
    if kind == "payload" and detail.get("protocol") in {*_TABLES} - {frame.protocol}:
        return Answer.NO
    known = _known(kind, str(detail.get("key", "")) if isinstance(detail, Mapping) else "", frame)
    values = _values(match.get("right"))
    if not known or values is None:
        return Answer.MAYBE
    met = any(_equal(known, value) for value in values)
    return Answer.YES if met != (match.get("op") == "!=") else Answer.NO


def _known(kind: str, key: str, frame: Frame) -> str:
    """Give what is known of the frame for the left side of a condition; empty where nothing is."""
    if kind == "meta":
        ways = {"iifname": frame.enters, "iif": frame.enters, "oifname": frame.leaves, "oif": frame.leaves}
        ways |= {"protocol": frame.protocol, "nfproto": {"ip": "ipv4", "ip6": "ipv6"}.get(frame.protocol, "")}
        return ways.get(key, "")
    return {"state": "new", "status": "none"}.get(key, "") if kind == "ct" else ""


def _values(right: Any) -> list[str] | None:
    """Give the words that the right side allows; None for what is not a word or a set of words."""
    if isinstance(right, str):
        return None if right.startswith("@") else [right]
    if isinstance(right, Mapping) and "set" in right:
        right = right["set"]
    if isinstance(right, list):
        return [value if isinstance(value, str) else "" for value in right]
    return [""] if isinstance(right, Mapping | int) else None


def _equal(asked: str, value: str) -> bool:
    return asked.startswith(value[:-1]) if value.endswith("*") else asked == value

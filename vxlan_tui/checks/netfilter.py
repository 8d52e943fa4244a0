"""Whether the packet filter drops a frame that passes a bridge (nft(8); bridge-nf-call-*).

Only the devices of the frame are known. Where any rule that is reached might let it pass (one that accepts, or asks
for addresses, ports, extensions of iptables), nothing is said; what such a rule drops is somebody's choice about some
frames.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vxlan_tui.facts.netfilter import Netfilter, Place, Rule

_TABLES = {"ip": "iptables", "ip6": "ip6tables", "arp": "arptables"}
_NAMES = {"ip": "IPv4", "ip6": "IPv6", "arp": "ARP"}

Frame = Mapping[str, str]
"""What is known of a frame, by nft's words for it."""


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
        return f"{_NAMES[self.protocol]} frames: chain {chain} of the table {family} {table}"


def drops(netfilter: Netfilter, bridge: str, own_calls: frozenset[str], port: str) -> Iterator[Dropped]:
    """Give the forward chains that drop what passes `bridge`; `port` is its VXLAN.

    br_netfilter shows IP frames to the chains of the families ip, ip6 and inet as packets from the bridge to
    the bridge; the family bridge sees the ports.
    """
    calls = netfilter.calls | own_calls
    for protocol, table in _TABLES.items():
        inside = _frame(protocol, bridge, bridge) if table in calls else None
        families = (protocol, "inet") if protocol != "arp" else ("arp",)
        for place, chain in netfilter.chains.items():
            if chain.hook != "forward":
                continue
            if inside and place[0] in families and _drops(netfilter, place, inside):
                yield Dropped(place, protocol, table)
            if place[0] == "bridge" and _drops(netfilter, place, _frame(protocol, port)):
                yield Dropped(place, protocol)


def _frame(protocol: str, enters: str, leaves: str = "") -> Frame:
    devices = {"meta iifname": enters, "meta iif": enters, "meta oifname": leaves, "meta oif": leaves}
    family = {"ip": "ipv4", "ip6": "ipv6"}.get(protocol, "")
    return {"meta protocol": protocol, "meta nfproto": family, "ct state": "new", "ct status": "none", **devices}


def _drops(netfilter: Netfilter, place: Place, frame: Frame) -> bool:
    """Say whether something drops the frame and nothing may let it pass, in whatever order."""
    stopped, passes = netfilter.chains[place].policy == "drop", False
    for chain, surely in _reached(netfilter, place, frame, {}, surely=True).items():
        for rule in netfilter.chains[chain].rules:
            met, kinds = _met(rule, frame), {kind for each in rule for kind in each}
            stopped = stopped or bool(surely and met and kinds & {"drop", "reject"})
            passes = passes or bool(met is not False and kinds & {"accept", "vmap", "queue"})
    return stopped and not passes


def _reached(
    netfilter: Netfilter, place: Place, frame: Frame, found: dict[Place, bool], *, surely: bool
) -> dict[Place, bool]:
    """Add a chain to those found, and the chains that such a frame surely or perhaps gets to from there."""
    found[place] = surely
    for rule in netfilter.chains[place].rules:
        met = _met(rule, frame)
        targets = [detail["target"] for each in rule for kind, detail in each.items() if kind in ("jump", "goto")]
        for there in ((*place[:2], target) for target in targets if met is not False):
            if there in netfilter.chains and there not in found:
                _reached(netfilter, there, frame, found, surely=surely and met is True)
    return found


def _met(rule: Rule, frame: Frame) -> bool | None:
    """Say whether a frame meets a rule's conditions; None where that is not known."""
    answers = [_condition(each["match"], frame) if "match" in each else _harmless(each) for each in rule]
    return False if False in answers else None if None in answers else True


_HARMLESS = {"counter", "log", "comment", "accept", "drop", "reject", "return", "jump", "goto", "vmap", "queue"}


def _harmless(expression: Mapping[str, Any]) -> bool | None:
    return True if set(expression) <= _HARMLESS else None


def _condition(match: Mapping[str, Any], frame: Frame) -> bool | None:
    left = match.get("left")
    kind, detail = next(iter(left.items())) if isinstance(left, Mapping) else ("", {})
    if kind == "payload" and detail.get("protocol") in {*_TABLES} - {frame["meta protocol"]}:
        return False
    known = frame.get(f"{kind} {detail.get('key')}", "") if isinstance(detail, Mapping) else ""
    values = _values(match.get("right"))
    if not known or values is None:
        return None
    met = any(known.startswith(value[:-1]) if value.endswith("*") else known == value for value in values)
    return met != (match.get("op") == "!=")


def _values(right: Any) -> list[str] | None:
    """Give the words that the right side allows; None for a set that is named elsewhere."""
    if isinstance(right, Mapping) and "set" in right:
        right = right["set"]
    if isinstance(right, str) and right.startswith("@"):
        return None
    return [each if isinstance(each, str) else "" for each in (right if isinstance(right, list) else [right])]

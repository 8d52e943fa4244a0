"""What the kernel's packet filter does with frames that pass a bridge: the sysctls of br_netfilter, and nft(8)."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from vxlan_tui.command import command
from vxlan_tui.facts.iproute import NETFILTER_TABLES
from vxlan_tui.reach import CommandFailed, Outcome, Reach

SYSCTLS = ("sysctl", *(f"net.bridge.bridge-nf-call-{table}" for table in NETFILTER_TABLES))
RULESET = ("nft", "-j", "-t", "list", "ruleset")

TIMEOUT = 6.0
"""Seconds for an answer."""

Place = tuple[str, str, str]
"""Where a chain is: family, table, name."""

Rule = tuple[Mapping[str, Any], ...]
"""A rule's expressions, as nft's JSON has them (libnftables-json(5))."""


@dataclass(frozen=True)
class Chain:
    """A chain of rules; `hook` is empty for one that is only jumped to."""

    hook: str = ""
    policy: str = "accept"
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Netfilter:
    """`calls` names the tables that every bridge shows its frames to (bridge-nf-call-*)."""

    calls: frozenset[str] = frozenset()
    chains: Mapping[Place, Chain] = field(default_factory=dict)


def read(reach: Reach) -> Netfilter:
    """Give what filters bridged frames; raises CommandFailed where nft cannot tell."""
    sysctls, ruleset = reach.read_all([SYSCTLS, RULESET], TIMEOUT)
    if not ruleset.ok:
        raise CommandFailed(Outcome(command(*RULESET), ruleset.status, 0.0, ruleset.errors))
    return Netfilter(parse_sysctls(sysctls.text), parse_ruleset(ruleset.text))


def parse_sysctls(output: str) -> frozenset[str]:
    """Read `sysctl net.bridge.bridge-nf-call-…`; without br_netfilter there are none."""
    return frozenset(re.findall(r"^net\.bridge\.bridge-nf-call-(\w+) = 1$", output, re.MULTILINE))


def parse_ruleset(output: str) -> dict[Place, Chain]:
    """Read nft's JSON (libnftables-json(5)): all chains with their rules."""
    rows = json.loads(output or "{}").get("nftables", [])
    rules: dict[Place, list[Rule]] = {}
    for row in _of(rows, "rule"):
        rules.setdefault((row["family"], row["table"], row["chain"]), []).append(tuple(row.get("expr", ())))
    places = (((row["family"], row["table"], row["name"]), row) for row in _of(rows, "chain"))
    return {
        place: Chain(row.get("hook", ""), row.get("policy", "accept"), tuple(rules.get(place, ())))
        for place, row in places
    }


def _of(rows: list[Any], kind: str) -> Iterator[Mapping[str, Any]]:
    return (row[kind] for row in rows if kind in row)

"""What the kernel's packet filter does with frames that pass a bridge: the sysctls of br_netfilter, and nft(8)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vxlan_tui.facts.iproute import NETFILTER_TABLES
from vxlan_tui.reach import Reach

_SYSCTLS = "/proc/sys/net/bridge"

Place = tuple[str, str, str]
"""Where a chain is: family, table, name."""


@dataclass(frozen=True)
class Chain:
    """A chain of rules, each a list of nft's JSON expressions; `hook` is empty for one that is only jumped to."""

    hook: str = ""
    priority: int = 0
    policy: str = "accept"
    rules: tuple[tuple[Mapping[str, Any], ...], ...] = ()


@dataclass(frozen=True)
class Netfilter:
    """`calls` names the tables that every bridge shows its frames to (bridge-nf-call-*)."""

    calls: frozenset[str] = frozenset()
    chains: Mapping[Place, Chain] = field(default_factory=dict)


def read(reach: Reach) -> Netfilter:
    """Give what filters bridged frames; raises CommandFailed, ProgramMissing where nft cannot tell."""
    # Without br_netfilter there are no such sysctls, and cat(1) fails.
    calls = reach.read_all([("cat", f"{_SYSCTLS}/bridge-nf-call-{table}") for table in NETFILTER_TABLES])
    on = frozenset(table for table, said in zip(NETFILTER_TABLES, calls, strict=True) if said.text.strip() == "1")
    return Netfilter(on, parse_ruleset(reach.read("nft", "-j", "-t", "list", "ruleset")))


def parse_ruleset(output: str) -> dict[Place, Chain]:
    """Read nft's JSON (libnftables-json(5)): all chains with their rules."""
    rows = json.loads(output or "{}").get("nftables", [])
    chains = [row["chain"] for row in rows if "chain" in row]
    rules = [row["rule"] for row in rows if "rule" in row]
    by_chain: dict[Place, list[tuple[Mapping[str, Any], ...]]] = {}
    for rule in rules:
        by_chain.setdefault((rule["family"], rule["table"], rule["chain"]), []).append(tuple(rule.get("expr", ())))
    places = {(chain["family"], chain["table"], chain["name"]): chain for chain in chains}
    return {place: _chain(chain, by_chain.get(place, ())) for place, chain in places.items()}


def _chain(row: Mapping[str, Any], rules: Iterable[tuple[Mapping[str, Any], ...]]) -> Chain:
    priority = row.get("prio", 0)
    return Chain(
        row.get("hook", ""), priority if isinstance(priority, int) else 0, row.get("policy", "accept"), tuple(rules)
    )

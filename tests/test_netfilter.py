"""Whether the packet filter drops what passes a bridge: nft's rules in, verdict out."""

import json
from dataclasses import replace
from typing import Any

import pytest

from vxlan_tui.checks.netfilter import drops
from vxlan_tui.facts.netfilter import Chain, Netfilter, parse_ruleset, parse_sysctls

CALLS = frozenset({"iptables", "ip6tables", "arptables"})


def _rules(*rules: list[dict[str, Any]], policy: str = "drop", family: str = "ip", **chains: Chain) -> Netfilter:
    base = Chain("forward", policy, tuple(tuple(rule) for rule in rules))
    others = {(family, "filter", name): chain for name, chain in chains.items()}
    return Netfilter(CALLS, {(family, "filter", "FORWARD"): base, **others})


def _is(key: str, value: Any, op: str = "==") -> dict[str, Any]:
    return {"match": {"op": op, "left": {"meta": {"key": key}}, "right": value}}


ACCEPT: dict[str, Any] = {"accept": None}
DROP: dict[str, Any] = {"drop": None}
FROM_SOMEWHERE = {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "10.0.0.1"}}
NEW = {"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}}


@pytest.mark.parametrize(
    ("rules", "dropped"),
    [
        (_rules(), True),
        (_rules(policy="accept"), False),
        (_rules([_is("iifname", "bridge0"), ACCEPT]), False),
        (_rules([_is("iifname", "br*"), ACCEPT]), False),
        (_rules([_is("iifname", {"set": ["docker0", "bridge0"]}), ACCEPT]), False),
        (_rules([_is("iifname", "docker0"), ACCEPT]), True),
        (_rules([_is("iifname", "docker0", "!="), ACCEPT]), False),
        (_rules([NEW, ACCEPT]), True),
        (_rules([FROM_SOMEWHERE, ACCEPT]), False),
        (_rules([FROM_SOMEWHERE, DROP], policy="accept"), False),
        (_rules([{"xt": {"type": "match", "name": "physdev"}}, {"counter": {}}, ACCEPT]), False),
        (_rules([{"counter": {}}, {"reject": {"type": "icmpx"}}], policy="accept"), True),
        (_rules([{"jump": {"target": "user"}}], user=Chain(rules=((ACCEPT,),))), False),
        (_rules([{"jump": {"target": "user"}}], user=Chain()), True),
        (_rules([FROM_SOMEWHERE, {"jump": {"target": "user"}}], policy="accept", user=Chain(rules=((DROP,),))), False),
        (_rules([{"goto": {"target": "user"}}], policy="accept", user=Chain(rules=((DROP,),))), True),
        (_rules([_is("oifname", "docker0"), {"jump": {"target": "user"}}], user=Chain(rules=((ACCEPT,),))), True),
        (_rules([_is("iifname", {"set": ["a"]}), {"vmap": {}}]), True),
        (_rules([{"vmap": {"key": {"meta": {"key": "iifname"}}, "data": {"set": []}}}]), False),
        (_rules(family="ip6"), True),
        (_rules(family="inet"), True),
        (_rules(family="arp"), True),
        (_rules(family="bridge"), True),
        (_rules([_is("iifname", "vxlan10"), ACCEPT], family="bridge"), False),
        (_rules([_is("protocol", "ip"), ACCEPT], [_is("protocol", "ip6"), ACCEPT], family="inet"), False),
    ],
)
def test_a_chain_is_said_to_drop_where_nothing_in_it_may_let_a_frame_pass(rules: Netfilter, dropped: bool) -> None:
    assert bool(list(drops(rules, "bridge0", frozenset(), "vxlan10"))) is dropped


def test_a_filter_that_is_not_asked_drops_nothing() -> None:
    rules = replace(_rules(), calls=frozenset())
    assert not list(drops(rules, "bridge0", frozenset(), "vxlan10"))
    assert list(drops(rules, "bridge0", frozenset({"iptables"}), "vxlan10"))


def test_nfts_json_is_read() -> None:
    rows = [
        {"metainfo": {}},
        {"table": {"family": "ip", "name": "x"}},
        {
            "chain": {
                "family": "ip",
                "table": "x",
                "name": "F",
                "type": "filter",
                "hook": "forward",
                "prio": 0,
                "policy": "drop",
            }
        },
        {"rule": {"family": "ip", "table": "x", "chain": "F", "expr": [ACCEPT]}},
    ]
    chains = parse_ruleset(json.dumps({"nftables": rows}))
    assert chains == {("ip", "x", "F"): Chain("forward", "drop", ((ACCEPT,),))}


def test_the_sysctls_of_br_netfilter_are_read() -> None:
    text = "net.bridge.bridge-nf-call-iptables = 1\nnet.bridge.bridge-nf-call-ip6tables = 0\n"
    assert parse_sysctls(text) == {"iptables"}
    assert parse_sysctls("") == frozenset()

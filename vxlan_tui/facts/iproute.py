"""The kernel's devices, by ip(8)."""

import json
from collections.abc import Mapping
from typing import Any

from vxlan_tui.reach import Reach
from vxlan_tui.state import BridgeLink, BridgePort, FdbEntry, Link, Route, VxlanLink


def read_links(reach: Reach) -> dict[str, Link]:
    """Give all network devices by name."""
    return parse_links(reach.read("ip", "-j", "-d", "address", "show"))


def parse_links(output: str) -> dict[str, Link]:
    """Read the JSON of `ip -j -d address show`."""
    return {row["ifname"]: _link(row) for row in json.loads(output or "[]") if row.get("ifname")}


def _link(row: Mapping[str, Any]) -> Link:
    info = row.get("linkinfo", {})
    flags = row.get("flags", [])
    return Link(
        name=row["ifname"],
        kind=info.get("info_kind", ""),
        up="UP" in flags,
        carrier="LOWER_UP" in flags,
        mtu=row.get("mtu", 0),
        mac=row.get("address", ""),
        controller=row.get("master", ""),
        addresses=tuple(f"{a['local']}/{a['prefixlen']}" for a in row.get("addr_info", []) if "local" in a),
        vxlan=_vxlan(info.get("info_data", {})) if info.get("info_kind") == "vxlan" else None,
        port=_bridge_port(info.get("info_slave_data", {})) if info.get("info_slave_kind") == "bridge" else None,
        bridge=_bridge(info.get("info_data", {})) if info.get("info_kind") == "bridge" else None,
    )


def _vxlan(data: Mapping[str, Any]) -> VxlanLink:
    return VxlanLink(
        vni=data.get("id", -1),
        port=data.get("port", 0),
        local=data.get("local", data.get("local6", "")),
        remote=next((data[key] for key in ("remote", "remote6", "group", "group6") if key in data), ""),
        parent=data.get("link", ""),
        learning=data.get("learning", True),
    )


def _bridge_port(data: Mapping[str, Any]) -> BridgePort:
    return BridgePort(
        state=data.get("state", ""),
        forward_delay_left=float(data.get("forward_delay_timer", 0.0)),
        designated=data.get("bridge_id", ""),
        hello_left=float(data.get("message_age_timer", 0.0)),
        flood=data.get("flood", True) and data.get("bcast_flood", True),
        isolated=data.get("isolated", False),
    )


def _bridge(data: Mapping[str, Any]) -> BridgeLink:
    return BridgeLink(
        stp=bool(data.get("stp_state", 0)),
        forward_delay=data.get("forward_delay", 0) / 100,  # ip gives it in hundredths of a second
        id=data.get("bridge_id", ""),
        netfilter=frozenset(table for table in NETFILTER_TABLES if data.get(f"nf_call_{table}")),
    )


NETFILTER_TABLES = ("iptables", "ip6tables", "arptables")


def parse_fdb(output: str) -> tuple[FdbEntry, ...]:
    """Read the JSON of `bridge -j -s fdb show dev X`; the bridge's entries for the port are left out."""
    rows = (row for row in json.loads(output or "[]") if "dst" in row)
    return tuple(
        FdbEntry(row["mac"], row["dst"], row.get("state") == "permanent", float(row.get("updated", 0))) for row in rows
    )


def parse_route(output: str) -> Route:
    """Read the JSON of `ip -j route get`."""
    row: Mapping[str, Any] = next(iter(json.loads(output or "[]")), {})
    return Route(row.get("dev", ""), row.get("gateway", ""))

"""The kernel's devices, by ip(8)."""

import json
from collections.abc import Mapping
from typing import Any

from vxlan_tui.runner import Runner
from vxlan_tui.state import BridgePort, Link, VxlanLink


def read_links(runner: Runner) -> dict[str, Link]:
    """Give all network devices by name."""
    return parse_links(runner.read("ip", "-j", "-d", "address", "show"))


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
    )


def _vxlan(data: Mapping[str, Any]) -> VxlanLink:
    return VxlanLink(
        vni=data.get("id", -1),
        port=data.get("port", 0),
        local=data.get("local", data.get("local6", "")),
        remote=next((data[key] for key in ("remote", "remote6", "group", "group6") if key in data), ""),
        parent=data.get("link", ""),
    )


def _bridge_port(data: Mapping[str, Any]) -> BridgePort:
    return BridgePort(data.get("state", ""), float(data.get("forward_delay_timer", 0.0)))

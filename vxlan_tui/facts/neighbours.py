"""Who answers over an interface: its gateway, and the other hosts."""

import json

from vxlan_tui.command import Command
from vxlan_tui.reach import CommandFailed, Reach


def read_gateways(reach: Reach, interface: str, version: int) -> tuple[str, ...]:
    """Give the gateways in force on an interface (ip-route(8)); none where it has none or does not exist."""
    try:
        output = reach.read("ip", "-j", f"-{version}", "route", "show", "default", "dev", interface)
    except CommandFailed:
        return ()
    return tuple(row["gateway"] for row in json.loads(output or "[]") if "gateway" in row)


def ping(interface: str, address: str, seconds: int) -> Command:
    """Give the command that asks once a second until an answer comes, for so many seconds (ping(8))."""
    return Command(("ping", "-q", "-c", "1", "-w", str(seconds), "-I", interface, address), waits=True)


def is_neighbour(reach: Reach, interface: str, address: str) -> bool:
    """Say whether an address has just been resolved on the link: one that answers ARP alone is there as well."""
    try:
        output = reach.read("ip", "-s", "-j", "neigh", "show", "to", address, "dev", interface)
    except CommandFailed:
        return False
    return parse_neighbour(output)


RECENT = 10
"""Seconds since a neighbour was confirmed, for it to count as there."""


def parse_neighbour(output: str) -> bool:
    """Read the JSON of `ip -s -j neigh show to ADDRESS`."""
    rows = json.loads(output or "[]")
    return any("REACHABLE" in row.get("state", ()) and row.get("confirmed", RECENT + 1) <= RECENT for row in rows)

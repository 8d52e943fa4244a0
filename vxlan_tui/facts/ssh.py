"""The way that the person's SSH session comes in: the network devices that it depends on."""

from collections.abc import Iterable, Mapping

from vxlan_tui.reach import CommandFailed, Login, Reach
from vxlan_tui.state import AdminPath, Link

_DEVICES = "/sys/class/net"


def read_path(reach: Reach, links: Mapping[str, Link]) -> AdminPath:
    """Give the way in, as the kernel's connections and devices tell it."""
    here = reach.login()
    if not here.ssh:
        return AdminPath()
    try:
        connections = parse_connections(reach.read("ss", "-H", "-t", "-n", "state", "established"))
    except CommandFailed:
        connections = []
    device = device_of(here, links, connections)
    return AdminPath(True, frozenset([device, *_below(reach, device)] if device else ()))


def device_of(here: Login, links: Mapping[str, Link], connections: Iterable[tuple[str, str]]) -> str:
    """Give the device with the address that the session goes to; empty where that is not known.

    A terminal that is kept (tmux, screen) remembers the session that it was begun in, so the connection is
    looked for among the kernel's.
    """
    server, _, scope = here.server_address.partition("%")
    if (server, here.client_address.partition("%")[0]) not in connections:
        return ""
    named = [link.name for link in links.values() if server in (a.partition("/")[0] for a in link.addresses)]
    return scope if scope in links else next(iter(named), "")


def parse_connections(output: str) -> list[tuple[str, str]]:
    """Read `ss -H -t -n state established`: each connection's local and peer address (ss(8))."""
    rows = (line.split() for line in output.splitlines())
    return [(_address(row[2]), _address(row[3])) for row in rows if len(row) >= 4]


def _address(endpoint: str) -> str:
    """Give the address of `ADDRESS%DEVICE:PORT`; an IPv4 address over an IPv6 socket as itself."""
    address = endpoint.rpartition(":")[0].replace("[", "").replace("]", "").partition("%")[0]
    return address.removeprefix("::ffff:")


def _below(reach: Reach, device: str) -> list[str]:
    """Give the devices that a device rests on: a VLAN's parent, a bond's or a bridge's ports (kernel, sysfs)."""
    found: list[str] = []
    left = [device]
    while left:
        names = reach.names(f"{_DEVICES}/{left.pop()}")
        lower = [name.removeprefix("lower_") for name in names if name.startswith("lower_")]
        left += [name for name in lower if name not in found]
        found += [name for name in lower if name not in found]
    return found

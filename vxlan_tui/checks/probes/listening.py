"""What comes in from the other hosts: their VXLAN packets with their VNIs, and ICMP errors about packets to them.

The errors count whoever's packets they are about: a host sends few of them (Linux one a second), and where VMs talk,
they get them in a knock's place.
"""

import json
from collections.abc import Collection

from vxlan_tui.checks.evidence import Heard, Packet, Rejection
from vxlan_tui.checks.probes import script
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import Output

EARLY, LONG = 2.05, 4.0
"""Seconds to listen: a bridge with STP says hello every 2 (ip-link(8), bridge, hello_time).

Where a VM on the other host has to answer ARP, listening ends as it does; the longer time is for one that does not.
"""

_PORT_UNREACHABLE = {(3, 3), (1, 4)}
_NO_HOST = {(3, 0), (3, 1), (1, 0), (1, 3)}
"""ICMP types and codes (RFC 792, RFC 1812; RFC 4443): port unreachable, and no way to the host."""


def command(plan: Plan, this: Host, *, is_local: bool = True) -> tuple[str, ...]:
    """Return the command that knocks at the other hosts' VXLAN ports, and listens."""
    return script.command("listen.py", json.dumps(asked(plan, this)), is_local)


def asked(plan: Plan, this: Host) -> dict[str, object]:
    """Return what the script is to do."""
    peers = plan.peers(this)
    tunnels = [str(plan.tunnel_address(peer)) for peer in peers]
    ports = sorted({segment.port for segment in plan.segments})
    talking = [
        (str(plan.tunnel_address(plan.host(vm.host))), segment.port, segment.vni)
        for vm in plan.vms
        for segment in [plan.segment_of(vm.network)]
        if vm.host != this.name and vm.address
    ]
    every = [(source, segment.port, segment.vni) for source in tunnels for segment in plan.segments]
    return {
        "local": str(plan.tunnel_address(this)),
        "sources": list(
            dict.fromkeys([*tunnels, *(str(peer.vtep) for peer in peers if _same_family(plan, this, peer))])
        ),
        "doors": [(address, port) for address in tunnels for port in ports],
        "group": any(segment.group for segment in plan.segments),
        "all": every,
        "some": list(dict.fromkeys(talking)),
        "early": EARLY,
        "seconds": LONG if talking else EARLY,
    }


def _same_family(plan: Plan, this: Host, peer: Host) -> bool:
    return peer.vtep.version == plan.tunnel_address(this).version


def parse(output: Output) -> Heard:
    """Read what the script printed."""
    if not output.ok:
        return Heard(error=script.error(output))
    found = json.loads(output.text)
    packets = frozenset(Packet(*row) for row in found["packets"])
    rows = ((by, to, port, meaning(kind, code)) for by, to, port, kind, code in found["errors"])
    rejections = frozenset(Rejection(*row) for row in rows if row[3])
    return Heard(packets, rejections, found["seconds"], found["error"])


def meaning(kind: int, code: int) -> str:
    """Return what an ICMP error means: every other code than `port` and `host unreachable` is a firewall's."""
    pair = (kind, code)
    return "refused" if pair in _PORT_UNREACHABLE else "" if pair in _NO_HOST else "rejected"


def about(heard: Heard, addresses: Collection[str], port: int) -> Rejection | None:
    """Return an error about packets to a port of one of these addresses, or None."""
    return next(
        (each for each in sorted(heard.rejections, key=str) if each.to in addresses and each.port == port), None
    )

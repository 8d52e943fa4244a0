"""What protects the way to another host: a device that encrypts, or the kernel's IPsec policies."""

from ipaddress import ip_address

from vxlan_tui.checks.evidence import Evidence
from vxlan_tui.plan import Host, Plan
from vxlan_tui.state import Link

TUNNELS = {"wireguard": "WireGuard", "macsec": "MACsec", "xfrm": "IPsec", "vti": "IPsec", "vti6": "IPsec"}
"""Kinds of devices that encrypt what leaves by them."""


def protection(plan: Plan, this: Host, peer: Host, evidence: Evidence) -> str:
    """Return in words what encrypts the way to another host; empty where nothing does."""
    link = leaves_by(peer, evidence)
    by_device = TUNNELS.get(link.kind, "") if link else ""
    return f"{by_device} ({link.name})" if by_device and link else by_kernel(plan, this, peer, evidence)


def by_kernel(plan: Plan, this: Host, peer: Host, evidence: Evidence) -> str:
    """Return the same of the kernel's IPsec policies alone: they have to cover the packets of every segment."""
    here, there = (ip_address(str(plan.tunnel_address(host))) for host in (this, peer))
    ports = {each.port for each in evidence.facts.encrypted if here in each.source and there in each.destination}
    of_all = None in ports or all(segment.port in ports for segment in plan.segments)
    return "IPsec (ip xfrm policy)" if of_all else ""


def leaves_by(peer: Host, evidence: Evidence) -> Link | None:
    """Return the device that packets to another host leave by."""
    route = evidence.facts.routes.get(peer.name)
    return evidence.state.links.get(route.device) if route else None

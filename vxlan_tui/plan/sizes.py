"""What a tunnel adds to each packet, in bytes, and so what an underlay's MTU leaves inside."""

from vxlan_tui.plan.values import IpAddress

_VXLAN = {4: 50, 6: 70}
"""Inner Ethernet header 14, VXLAN 8 (RFC 7348, section 5), UDP 8, and IPv4 20 or IPv6 40."""

WIREGUARD_OVERHEAD = 80
"""WireGuard's header and tag 32, UDP 8, IPv6 40. It is the same over IPv4, which would need 60: a tunnel whose MTU fits
both can change its endpoint, and wg-quick reckons so too."""


def overhead(tunnel: IpAddress) -> int:
    """Return the bytes that a VXLAN between addresses of this family adds to a frame's IP packet."""
    return _VXLAN[tunnel.version]

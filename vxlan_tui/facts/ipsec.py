"""The kernel's IPsec policies, by ip-xfrm(8): which traffic leaves this host encrypted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network


@dataclass(frozen=True)
class Policy:
    """Traffic from `source` to `destination` leaves encrypted (ESP)."""

    source: IPv4Network | IPv6Network
    destination: IPv4Network | IPv6Network


def parse_policies(output: str) -> Iterator[Policy]:
    """Read `ip xfrm policy`: a line with the selector, then indented lines with direction and templates."""
    for block in re.split(r"\n(?=src )", output.strip()):
        selector = re.match(r"src (\S+) dst (\S+)", block)
        optional = re.search(r"\blevel use\b", block)
        if selector and not optional and re.search(r"\bdir out\b", block) and re.search(r"\bproto esp\b", block):
            yield Policy(*(ip_network(part, strict=False) for part in selector.groups()))

"""The kernel's IPsec policies, by ip-xfrm(8): which traffic leaves this host encrypted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network


@dataclass(frozen=True)
class Policy:
    """UDP packets from `source` to `destination` leave encrypted (ESP): to this port, or to any where it is None."""

    source: IPv4Network | IPv6Network
    destination: IPv4Network | IPv6Network
    port: int | None = None


def parse_policies(output: str) -> Iterator[Policy]:
    """Read `ip xfrm policy`: a line with the selector, then indented lines with direction and templates.

    What is for another protocol than UDP, or for some of its packets by more than their port, is left out.
    """
    for block in re.split(r"\n(?=src )", output.strip()):
        selector, _, how = block.partition("\n")
        found = _SELECTOR.fullmatch(selector.strip())
        optional = re.search(r"\blevel use\b", how)
        if found and not optional and re.search(r"\bdir out\b", how) and re.search(r"\bproto esp\b", how):
            source, destination = (ip_network(found[part], strict=False) for part in ("source", "destination"))
            yield Policy(source, destination, int(found["port"]) if found["port"] else None)


_SELECTOR = re.compile(r"src (?P<source>\S+) dst (?P<destination>\S+)(?: proto (?:udp|17)(?: dport (?P<port>\d+))?)?")

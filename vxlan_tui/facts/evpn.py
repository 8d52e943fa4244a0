"""FRR's BGP sessions for EVPN, by vtysh(1)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from vxlan_tui.reach import Output

SUMMARY = ("vtysh", "-c", "show bgp l2vpn evpn summary json")


@dataclass(frozen=True)
class Evpn:
    """What bgpd says: the state of the session with each neighbour. `error`: it does not run, in vtysh's words."""

    sessions: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


def parse_summary(output: Output) -> Evpn:
    """Read what the command SUMMARY gave."""
    text = output.text.strip()
    if not output.ok or not text.startswith("{"):
        return Evpn(error=(output.errors.strip() or text or f"vtysh ended with exit status {output.status}"))
    peers = json.loads(text).get("peers", {})
    return Evpn({address: row.get("state", "") for address, row in peers.items()})

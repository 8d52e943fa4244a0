"""ARP requests on a bridge, by arping(8) of iputils: a bridge asks without an address of its own (`-D`, RFC 5227)."""

import re
from collections.abc import Mapping

from vxlan_tui.checks.evidence import Replies
from vxlan_tui.reach import Output

ASKS, WAITS = 4, 5
"""How often is asked, a second apart, and the seconds for a reply: the first one ends it, and a busy host is slow."""

_MISSING = "arping of iputils is not on this host (`dnf install iputils`, `apt-get install iputils-arping`)"


def command(bridge: str, address: str) -> tuple[str, ...]:
    """Return the command that asks for an address."""
    return ("arping", "-D", "-c", str(ASKS), "-w", str(WAITS), "-I", bridge, address)


def parse(outputs: Mapping[str, Output]) -> Replies:
    """Read what arping gave for each address."""
    found = {
        address: re.search(r"reply from \S+ \[([0-9A-Fa-f:]{17})\]", each.text) for address, each in outputs.items()
    }
    replied = {address: match[1].lower() for address, match in found.items() if match}
    failed = [each for address, each in outputs.items() if address not in replied and "Sent " not in each.text]
    return Replies(replied, _error(failed[0]) if failed else "")


def _error(output: Output) -> str:
    said = output.errors.strip().splitlines()
    if output.status == 127 or (said and "usage" in output.errors.lower()):
        return _MISSING
    return said[-1] if said else f"arping ended with exit status {output.status}"

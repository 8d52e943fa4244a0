"""Full-size frames through the tunnel: ARP requests that are padded, and TCP's checksums as they come out of it."""

import json
from collections.abc import Iterable

from vxlan_tui.checks.evidence import Frames, Tcp
from vxlan_tui.checks.probes import script
from vxlan_tui.plan import Segment
from vxlan_tui.reach import Output

SMALLER = 600
"""Bytes of the second try: a path that is too narrow lets it pass, and what spoils checksums does not."""

PATIENCE, LEAST = 1.2, 1.0
"""Seconds for each size, and in all."""


def command(segment: Segment, size: int, addresses: Iterable[str], *, is_local: bool = True) -> tuple[str, ...]:
    """Return the command that asks those VMs of a segment that have answered small requests: replies are alike."""
    asked = {
        "bridge": segment.bridge,
        "vxlan": segment.vxlan,
        "addresses": list(addresses),
        "sizes": [size, SMALLER],
        "patience": PATIENCE,
        "least": LEAST,
    }
    return script.command("frames.py", json.dumps(asked), is_local)


def parse(output: Output, size: int) -> Frames:
    """Read what the script printed."""
    if not output.ok:
        return Frames(error=script.error(output))
    found = json.loads(output.text)
    tcp = {mac: Tcp(wrong, segments) for mac, wrong, segments in found["tcp"]}
    return Frames(size, dict(found["answers"]), tcp, found["error"])

"""The plan as a diagram in Mermaid, which a change request or a wiki draws: hosts, tunnel endpoints, segments, VMs."""

import re
from collections.abc import Iterator

from vxlan_tui.plan import Host, Plan, Segment

_HOW = {
    "remote": "to the other host",
    "group": "by the multicast group {group}",
    "list": "by a static list of the other hosts",
    "evpn": "by EVPN",
}


def map_of(plan: Plan) -> str:
    """Return the diagram: each segment once, in the middle, with every host's bridge behind it and its VMs at that.

    It grows with the hosts, not with their pairs.
    """
    hosts = (line for place, host in enumerate(plan.hosts) for line in _host(plan, host, f"h{place}"))
    return "\n".join(["flowchart LR", *_segments(plan), *hosts, ""])


def _segments(plan: Plan) -> Iterator[str]:
    for number, segment in enumerate(plan.segments):
        how = _HOW[plan.flood(segment)].format(group=segment.group)
        sealed = ", in WireGuard" if plan.encrypted else ""
        label = _label(f"VNI {segment.vni}", f"UDP port {segment.port}", how + sealed)
        yield f"    s{number}{{{{{label}}}}}"


def _host(plan: Plan, host: Host, place: str) -> Iterator[str]:
    yield f"    subgraph {place} [{_label(host.name, f'{host.interface} {host.vtep}')}]"
    for number, segment in enumerate(plan.segments):
        yield f"        {place}s{number}[{_label(segment.bridge, segment.vxlan)}]"
        yield from _vms(plan, host, segment, f"{place}s{number}")
    yield "    end"
    yield from (f"    {place}s{number} === s{number}" for number in range(len(plan.segments)))


def _vms(plan: Plan, host: Host, segment: Segment, bridge: str) -> Iterator[str]:
    nics = [vm for vm in plan.vms_of(host) if vm.network == segment.network]
    for number, vm in enumerate(nics):
        more = [text for text in (vm.mac, str(vm.address or "")) if text]
        yield f"        {bridge}v{number}([{_label(vm.name, *more)}]) --- {bridge}"


def _label(*lines: str) -> str:
    """Return lines as a label; what is not a plain character stands as Mermaid's entity code."""
    return '"' + "<br>".join(re.sub(r"[^A-Za-z0-9 .,:/@+_-]", _code, line) for line in lines) + '"'


def _code(found: re.Match[str]) -> str:
    return f"#{ord(found.group())};"

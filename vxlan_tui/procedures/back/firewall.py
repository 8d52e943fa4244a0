"""Section 10.3 taken back: the firewall port."""

from dataclasses import replace

from vxlan_tui.before import Record
from vxlan_tui.command import command
from vxlan_tui.plan import Plan
from vxlan_tui.procedures import bridge
from vxlan_tui.state import HostState, Link
from vxlan_tui.steps import Step


def step(plan: Plan, record: Record, state: HostState) -> Step:
    """Give the step that closes a port; it stays open where a VXLAN that is not the plan's needs it."""
    zone_name, _, port = record.subject.rpartition(".")
    title = f"Close UDP port {port} in the firewalld zone {zone_name}"
    base = Step("bridge.firewall", bridge.SECTION, f"{port}/udp", title)
    others = [link.name for link in _other_vxlans(plan, state) if link.vxlan and str(link.vxlan.port) == port]
    if others:
        return replace(base, note=f"left open: {', '.join(others)} uses it")
    zone = state.zones.get(zone_name)
    if zone is None:
        return replace(base, restored=(record.name,))
    scopes = (((), zone.runtime, "runtime"), (("--permanent",), zone.permanent, "permanent"))
    commands = tuple(
        command("firewall-cmd", *scope, f"--zone={zone_name}", f"--remove-port={port}/udp")
        for scope, has, key in scopes
        if int(port) in has and not record.says(key)
    )
    return replace(base, commands=commands, restored=(record.name,))


def _other_vxlans(plan: Plan, state: HostState) -> list[Link]:
    ours = {segment.vxlan for segment in plan.segments}
    return [link for link in state.links.values() if link.vxlan and link.name not in ours]

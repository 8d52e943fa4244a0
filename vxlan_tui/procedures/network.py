"""Section 10.4: the libvirt network on top of the bridge."""

from collections.abc import Iterator
from dataclasses import replace

from jinja2 import Environment, StrictUndefined

from vxlan_tui.before import Record, network_record
from vxlan_tui.command import Command, command
from vxlan_tui.paths import XML_DIRECTORY
from vxlan_tui.plan import Plan, Segment
from vxlan_tui.state import HostState, Network
from vxlan_tui.steps import Step

SECTION = "10.4"

# No <mtu>: libvirt refuses it for a network with forward mode bridge.
_NETWORK = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True).from_string(
    """\
<network>
  <name>{{ name }}</name>
  <forward mode="bridge"/>
  <bridge name="{{ bridge }}"/>
</network>
"""
)


def steps(plan: Plan, state: HostState) -> Iterator[Step]:
    """Give the steps that bring every segment's libvirt network about."""
    for segment in plan.segments:
        yield _define(plan, segment, state)
        yield _start(plan, segment, state)
        yield _autostart(plan, segment, state)


def xml(segment: Segment) -> str:
    """Give the network's XML (libvirt, network XML format: forward mode bridge)."""
    return _NETWORK.render(name=segment.network, bridge=segment.bridge)


def xml_file(segment: Segment) -> str:
    """Give the file that the XML is defined from."""
    return f"{XML_DIRECTORY}/{segment.network}.xml"


def conflict(segment: Segment, state: HostState) -> str:
    """Say why a network of that name is somebody else's; empty where it is ours or does not exist."""
    found = state.networks.get(segment.network)
    if found is None:
        return ""
    if found.bridge != segment.bridge:
        behind = f"on {found.bridge}" if found.bridge else "without a bridge"
        return f"a libvirt network {segment.network} exists {behind}, not on {segment.bridge}"
    if found.forward != "bridge":
        mode = found.forward or "isolated"
        return f"a libvirt network {segment.network} exists with forward mode {mode}, not bridge"
    return ""


def _define(plan: Plan, segment: Segment, state: HostState) -> Step:
    file = xml_file(segment)
    step = Step(
        "network.define",
        SECTION,
        segment.network,
        f"Define the libvirt network {segment.network} on {segment.bridge}",
        "VMs name the network, and libvirt adds their devices to the bridge when they start.",
        conflict=conflict(segment, state),
    )
    if step.conflict:
        return step
    found = state.networks.get(segment.network)
    remove = command("rm", file)
    if found is not None and found.persistent:
        return replace(step, commands=(remove,) if file in state.leftovers else ())
    write = Command(("install", "-D", "-m", "600", "/dev/stdin", file), stdin=xml(segment))
    commands = (write, command("virsh", "net-define", file), remove)
    return replace(step, commands=commands, before=_before(plan, segment, found))


def _start(plan: Plan, segment: Segment, state: HostState) -> Step:
    step = Step(
        "network.start",
        SECTION,
        segment.network,
        f"Start the libvirt network {segment.network}",
        "A VM can only start on a network that is active.",
    )
    found = state.networks.get(segment.network)
    if conflict(segment, state) or (found is not None and found.active):
        return step
    start = command("virsh", "net-start", segment.network)
    return replace(step, commands=(start,), before=_before(plan, segment, found))


def _autostart(plan: Plan, segment: Segment, state: HostState) -> Step:
    step = Step(
        "network.autostart",
        SECTION,
        segment.network,
        f"Start {segment.network} whenever libvirt starts",
        "Otherwise its VMs stay off after a reboot.",
    )
    found = state.networks.get(segment.network)
    if conflict(segment, state) or (found is not None and found.autostart):
        return step
    autostart = command("virsh", "net-autostart", segment.network)
    return replace(step, commands=(autostart,), before=_before(plan, segment, found))


def _before(plan: Plan, segment: Segment, found: Network | None) -> tuple[Record, ...]:
    return (network_record(str(plan.path), segment.network, found),)

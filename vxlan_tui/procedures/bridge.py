"""Section 10.3: a bridge with a VXLAN as its port, and the firewall port for what comes in."""

from collections.abc import Iterator
from dataclasses import replace

from vxlan_tui.before import port_record
from vxlan_tui.command import Command, command
from vxlan_tui.plan import DEFAULT_PORT, Host, Plan, Segment
from vxlan_tui.procedures import cuts, profiles
from vxlan_tui.procedures.profiles import Wanted
from vxlan_tui.state import HostState, Link, VxlanLink
from vxlan_tui.steps import Change, Step

SECTION = "10.3"


def steps(plan: Plan, host: Host, state: HostState) -> Iterator[Step]:
    """Give the steps that bring every segment's bridge and VXLAN about on this host."""
    ports: set[int] = set()
    for segment in plan.segments:
        yield _bridge(plan, segment, state)
        yield _vxlan(plan, host, segment, state)
        yield _activate(plan, host, segment, state)
        if segment.port not in ports:
            yield _firewall(plan, host, segment, state)
        ports.add(segment.port)


def wanted_bridge(segment: Segment) -> Wanted:
    """Give the bridge's profile: no addresses, because it works on layer 2."""
    name = segment.bridge
    none = ("ipv4.method", "disabled", "ipv6.method", "disabled")
    add = ("type", "bridge", "con-name", name, "ifname", name, *none)
    emptied = ("addresses", "gateway", "dns", "dns-search")
    settings = {f"ipv{v}.{key}": "" for v in (4, 6) for key in emptied}
    return Wanted(name, "bridge", name, add, {**settings, "ipv4.method": "disabled", "ipv6.method": "disabled"})


def wanted_vxlan(plan: Plan, host: Host, segment: Segment) -> Wanted:
    """Give the VXLAN's profile, as a port of the bridge."""
    local, remote = str(host.vtep), str(plan.remote(host, segment))
    port = () if segment.port == DEFAULT_PORT else ("destination-port", str(segment.port))
    # A multicast group is joined on an interface, so the kernel needs to know which (ip-link(8), VXLAN).
    parent = ("dev", host.interface) if segment.group else ()
    names = ("con-name", segment.vxlan_profile, "ifname", segment.vxlan)
    tunnel = ("id", str(segment.vni), "local", local, "remote", remote, *port, *parent)
    add = ("type", "vxlan", "port-type", "bridge", *names, *tunnel, "controller", segment.bridge)
    settings = {
        "connection.controller": segment.bridge,
        "connection.port-type": "bridge",
        "vxlan.id": str(segment.vni),
        "vxlan.local": local,
        "vxlan.remote": remote,
        "vxlan.destination-port": str(segment.port),
    }
    joined = {"vxlan.parent": host.interface} if segment.group else {}
    return Wanted(segment.vxlan_profile, "vxlan", segment.vxlan, add, {**settings, **joined})


def bridge_conflict(segment: Segment, state: HostState) -> str:
    """Say why a bridge of that name is somebody else's; empty where it is ours or does not exist."""
    wanted = wanted_bridge(segment)
    others = [link.name for link in state.ports_of(segment.bridge) if not _ours(link, segment)]
    if others:
        return f"{segment.bridge} has other ports: {', '.join(others)}"
    return profiles.name_conflict(wanted, state) or profiles.device_conflict(wanted, state)


def _ours(link: Link, segment: Segment) -> bool:
    """The segment's VXLAN, and the tap devices that libvirt adds for VMs."""
    return link.name == segment.vxlan or link.kind == "tun"


def vxlan_conflict(plan: Plan, host: Host, segment: Segment, state: HostState) -> str:
    """Say why this VXLAN cannot be: its name, or its VNI and port, are somebody else's; empty where it can."""
    wanted = wanted_vxlan(plan, host, segment)
    if segment.group and host.interface not in state.links:
        return f"there is no interface {host.interface} on this host to join the group {segment.group} on"
    return profiles.name_conflict(wanted, state) or profiles.device_conflict(wanted, state) or _taken(segment, state)


def _taken(segment: Segment, state: HostState) -> str:
    """One VNI on one UDP port can be one device only (ip-link(8), VXLAN)."""
    this = f"VNI {segment.vni} on UDP port {segment.port}"
    for link in state.links.values():
        if (
            link.vxlan
            and link.name != segment.vxlan
            and (link.vxlan.vni, link.vxlan.port) == (segment.vni, segment.port)
        ):
            return f"{this} is taken by the device {link.name}"
    pair = {"vxlan.id": str(segment.vni), "vxlan.destination-port": str(segment.port)}
    for profile in state.profiles:
        if profile.name != segment.vxlan_profile and pair.items() <= profile.settings.items():
            return f"{this} is taken by the connection profile {profile.name}"
    return ""


def _bridge(plan: Plan, segment: Segment, state: HostState) -> Step:
    wanted = wanted_bridge(segment)
    step = Step(
        "bridge.bridge",
        SECTION,
        segment.bridge,
        f"Connection profile of the bridge {segment.bridge}",
        "The bridge joins the VXLAN and the VMs. It has no IP addresses: it works on layer 2.",
        conflict=bridge_conflict(segment, state),
    )
    if step.conflict:
        return step
    commands, changes = profiles.ensure(wanted, state)
    before = (profiles.record(str(plan.path), wanted, state),)
    return _guarded(replace(step, commands=commands, changes=changes, before=before), segment, state)


def _vxlan(plan: Plan, host: Host, segment: Segment, state: HostState) -> Step:
    wanted = wanted_vxlan(plan, host, segment)
    step = Step(
        "bridge.vxlan",
        SECTION,
        segment.vxlan,
        f"Connection profile of {segment.vxlan}, VNI {segment.vni}, as a port of {segment.bridge}",
        f"It carries the segment's frames to {plan.remote(host, segment)} over UDP.",
        conflict=vxlan_conflict(plan, host, segment, state),
    )
    if step.conflict:
        return step
    commands, changes = profiles.ensure(wanted, state)
    before = (profiles.record(str(plan.path), wanted, state),)
    return _guarded(replace(step, commands=commands, changes=changes, before=before), segment, state)


def _activate(plan: Plan, host: Host, segment: Segment, state: HostState) -> Step:
    step = Step(
        "bridge.activate",
        SECTION,
        segment.bridge,
        f"Activate {segment.bridge} with {segment.vxlan}",
        "Profiles take effect when they are activated; the VXLAN comes up as a port of its bridge.",
    )
    if bridge_conflict(segment, state) or vxlan_conflict(plan, host, segment, state):
        return step
    commands, changes = _activation(plan, host, segment, state)
    wanted = (wanted_bridge(segment), wanted_vxlan(plan, host, segment))
    before = tuple(profiles.record(str(plan.path), each, state) for each in wanted)
    return _guarded(replace(step, commands=commands, changes=changes, before=before), segment, state)


def _guarded(step: Step, segment: Segment, state: HostState) -> Step:
    """Mark a step that changes what the admin's own session comes in over."""
    why = cuts.over(state, segment.bridge, segment.vxlan) if step.commands else ""
    return replace(step, cuts=why, stands=step.before if why else ())


def _activation(
    plan: Plan, host: Host, segment: Segment, state: HostState
) -> tuple[tuple[Command, ...], tuple[Change, ...]]:
    """Take a VXLAN that the kernel cannot change in place down first; then bring up what is not as planned.

    A new port comes up with its bridge. One that went down with it does not come back by itself
    (NetworkManager 1.52; 1.42 brings it back).
    """
    changes = kernel_differences(plan, host, segment, state)
    vxlan = segment.vxlan_profile
    remake = bool(changes) or bool(profiles.differences(wanted_vxlan(plan, host, segment), state))
    active = state.active_on(segment.vxlan) is not None
    commands = [profiles.down(vxlan)] if remake and active else []
    bridge_up = _bridge_up(segment, state)
    if not bridge_up:
        commands.append(profiles.up(segment.bridge))
    new = not state.named(vxlan)
    if (bridge_up and (remake or not _vxlan_up(segment, state))) or not (bridge_up or new):
        commands.append(profiles.up(vxlan))
    return tuple(commands), changes


def _bridge_up(segment: Segment, state: HostState) -> bool:
    link = state.links.get(segment.bridge)
    active = state.active_on(segment.bridge)
    right = not profiles.differences(wanted_bridge(segment), state)
    return right and link is not None and not link.addresses and active is not None and active.activated


def _vxlan_up(segment: Segment, state: HostState) -> bool:
    link = state.links.get(segment.vxlan)
    active = state.active_on(segment.vxlan)
    attached = link is not None and link.vxlan is not None and link.controller == segment.bridge
    return attached and active is not None and active.activated


def kernel_differences(plan: Plan, host: Host, segment: Segment, state: HostState) -> tuple[Change, ...]:
    """Say what the kernel's VXLAN device has other than the plan; nothing where there is no device."""
    link = state.links.get(segment.vxlan)
    if link is None or link.vxlan is None:
        return ()
    has, new = link.vxlan, _planned_link(plan, host, segment, link.vxlan)
    names = {"vni": "VNI", "port": "UDP port", "local": "local", "remote": "remote", "parent": "parent"}
    pairs = ((what, str(getattr(has, key)), str(getattr(new, key))) for key, what in names.items())
    return tuple(Change(f"{segment.vxlan}: {what}", old, new) for what, old, new in pairs if old != new)


def _planned_link(plan: Plan, host: Host, segment: Segment, has: VxlanLink) -> VxlanLink:
    parent = host.interface if segment.group else has.parent
    return VxlanLink(segment.vni, segment.port, str(host.vtep), str(plan.remote(host, segment)), parent)


def _firewall(plan: Plan, host: Host, segment: Segment, state: HostState) -> Step:
    zone = state.zone
    step = Step(
        "bridge.firewall",
        SECTION,
        f"{segment.port}/udp",
        f"Open UDP port {segment.port} in the firewalld zone {zone.name if zone else ''}",
        "The other hosts' tunnel packets come in there: now, and after a reboot.",
    )
    if zone is None or not zone.exists:
        why = f"there is no firewalld zone {zone.name}" if zone else "firewalld is not running"
        return replace(step, conflict=f"{why}, where the port of {segment.vxlan} would be opened for {host.interface}")
    port = f"--add-port={segment.port}/udp"
    scopes = (("--permanent",), zone.permanent), ((), zone.runtime)
    commands = [
        command("firewall-cmd", *scope, f"--zone={zone.name}", port) for scope, has in scopes if segment.port not in has
    ]
    return replace(step, commands=tuple(commands), before=(port_record(str(plan.path), zone, segment.port),))

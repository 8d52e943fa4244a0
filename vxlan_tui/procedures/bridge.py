"""Section 10.3: a bridge with a VXLAN as its port, how it finds the other hosts, and who is let in."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from vxlan_tui.command import command
from vxlan_tui.plan import DEFAULT_PORT, Host, Plan, Segment
from vxlan_tui.procedures import evpn, firewall, flood, profiles, wireguard
from vxlan_tui.procedures.profiles import Wanted
from vxlan_tui.sections import BRIDGE
from vxlan_tui.state import HostState, Link
from vxlan_tui.things import MTU, MTU_PROPERTY, Clear, Reading, Thing, escaped, lines

SECTION = BRIDGE.number


def programs(plan: Plan) -> tuple[str, ...]:
    """Return what this plan's bridges and VXLANs take beyond the section's own programs."""
    return (*(evpn.PROGRAMS if evpn.is_used(plan) else ()), *(wireguard.PROGRAMS if plan.encrypted else ()))


def things(plan: Plan, host: Host, state: HostState | None) -> Iterator[Thing]:
    """Return what every segment's bridge and VXLAN are made of on this host, and first what they run in."""
    yield from wireguard.things(plan, host, state)
    yield from firewall.outside(plan, host, state)
    for segment in plan.segments:
        mtu = inner_mtu(plan, segment, state)
        tried = _carries_the_session(segment, state)
        bridge = replace(wanted_bridge(segment, mtu), tried=tried)
        vxlan = replace(wanted_vxlan(plan, host, segment, mtu), tried=tried)
        rows = _bridge(segment, bridge, state), _vxlan(plan, host, segment, vxlan, state)
        yield from rows
        yield bridge_device(bridge, mtu, segment.stp)
        yield from flood.kept(plan, host, segment, state)
        yield vxlan_device(vxlan, mtu, segment.bridge, kernel(plan, host, segment))
        yield from (row.saves for row in rows if row.saves)
        yield from flood.in_force(plan, host, segment, state)
    yield from firewall.things(plan, host, state)
    yield from evpn.things(plan, host, state)


def _carries_the_session(segment: Segment, state: HostState | None) -> bool:
    """Return whether the admin came in over the bridge: then changes are held in memory until they are confirmed."""
    return state is not None and not state.path.devices.isdisjoint((segment.bridge, segment.vxlan))


def inner_mtu(plan: Plan, segment: Segment, state: HostState | None) -> str:
    """Return the MTU inside the segment's tunnel; a mark where the plan leaves it open and the host is not known."""
    if segment.mtu is None and state is None:
        return MTU
    return str(plan.mtu_inside(state.underlay_mtu if state else 0, segment))


def give_mtu(plan: Plan, underlays: Iterable[int], segment: Segment | None = None) -> str:
    """Return in words which MTU the plan is to have where the hosts' underlays, of these MTUs, differ.

    A host knows its own alone, and so does its script: what fits all of them is for the plan to say.
    """
    mtu = plan.mtu_inside(min(underlays), segment)
    return f"give the segment `mtu = {mtu}`, which fits all hosts, in the plan, and apply it on all"


def learns(plan: Plan, segment: Segment) -> bool:
    """Return whether the VXLAN learns by itself behind which VTEP an address is; with EVPN, BGP tells it."""
    return plan.flood(segment) != "evpn"


def wanted_bridge(segment: Segment, mtu: str) -> Wanted:
    """Return the bridge's profile: no addresses (it works on layer 2), and no STP, which would hold ports back."""
    name, stp = segment.bridge, "yes" if segment.stp else "no"
    none = ("ipv4.method", "disabled", "ipv6.method", "disabled")
    add = ("type", "bridge", "con-name", name, "ifname", name, *none, "bridge.stp", stp, MTU_PROPERTY, mtu)
    emptied = {f"ipv{v}.{key}": "" for v in (4, 6) for key in ("addresses", "gateway", "dns", "dns-search")}
    methods = {"ipv4.method": "disabled", "ipv6.method": "disabled"}
    return Wanted(name, "bridge", name, add, {**emptied, **methods, "bridge.stp": stp, MTU_PROPERTY: mtu})


def wanted_vxlan(plan: Plan, host: Host, segment: Segment, mtu: str) -> Wanted:
    """Return the VXLAN's profile, as a port of the bridge."""
    local, remote = str(plan.tunnel_address(host)), plan.remote(host, segment)
    port = () if segment.port == DEFAULT_PORT else ("destination-port", str(segment.port))
    # A multicast group is joined on an interface, so the kernel needs to know which (ip-link(8), VXLAN).
    parent = ("dev", host.interface) if segment.group else ()
    to = ("remote", str(remote)) if remote else ()
    learning = () if learns(plan, segment) else ("vxlan.learning", "no")
    names = ("con-name", segment.vxlan_profile, "ifname", segment.vxlan)
    tunnel = ("id", str(segment.vni), "local", local, *to, *port, *parent, *learning, MTU_PROPERTY, mtu)
    add = ("type", "vxlan", "slave-type", "bridge", *names, *tunnel, "master", segment.bridge)
    settings = {
        "connection.master": segment.bridge,
        "connection.slave-type": "bridge",
        "vxlan.id": str(segment.vni),
        "vxlan.local": local,
        "vxlan.remote": str(remote or ""),
        "vxlan.parent": host.interface if segment.group else "",
        "vxlan.destination-port": str(segment.port),
        "vxlan.learning": "yes" if learns(plan, segment) else "no",
        MTU_PROPERTY: mtu,
    }
    return Wanted(segment.vxlan_profile, "vxlan", segment.vxlan, add, settings)


def kernel(plan: Plan, host: Host, segment: Segment) -> tuple[str, ...]:
    """Return the VXLAN as `ip -d link` prints it (ip-link(8), VXLAN)."""
    remote = plan.remote(host, segment)
    to = f"{'group' if segment.group else 'remote'} {remote} " if remote else ""
    parent = f"dev {host.interface} " if segment.group else ""
    local = plan.tunnel_address(host)
    device = f"vxlan id {segment.vni} {to}local {local} {parent}srcport 0 0 dstport {segment.port}"
    return (device,) if learns(plan, segment) else (device, "nolearning")


def _bridge(segment: Segment, wanted: Wanted, state: HostState | None) -> Thing:
    title = f"Connection profile of the bridge {segment.bridge}"
    why = "The bridge joins the VXLAN and the VMs. It has no IP addresses: it works on layer 2."
    row = profiles.thing(
        "bridge.bridge", SECTION, title, why, wanted, touches=(segment.bridge,), subject=segment.bridge
    )
    refused = _other_profile(wanted, state)
    taps = ("vnet[0-9]+", *(escaped(link.name) for link in _ports(segment, state) if link.kind == "tun"))
    clear = (*row.clear, profiles.foreign_device(wanted), foreign_ports(segment.bridge, segment.vxlan, taps))
    return replace(row, clear=clear, refused=refused, back_clear=(foreign_ports(segment.bridge, segment.vxlan),))


def _ports(segment: Segment, state: HostState | None) -> tuple[Link, ...]:
    return state.ports_of(segment.bridge) if state else ()


def _vxlan(plan: Plan, host: Host, segment: Segment, wanted: Wanted, state: HostState | None) -> Thing:
    title = f"Connection profile of {segment.vxlan}, VNI {segment.vni}, as a port of {segment.bridge}"
    to = plan.remote(host, segment) or "the other hosts"
    why = f"It carries the segment's frames to {to} over UDP."
    touches = (segment.bridge, segment.vxlan)
    row = profiles.thing("bridge.vxlan", SECTION, title, why, wanted, segment.vxlan, touches)
    refused = _other_profile(wanted, state) or _no_parent(host, segment, state) or _taken(segment, state)
    return replace(row, clear=(*row.clear, profiles.foreign_device(wanted), _same_vni(segment)), refused=refused)


def foreign_ports(bridge: str, vxlan: str, taps: Iterable[str] = ()) -> Clear:
    """Return what says that a bridge has other ports than its VXLAN and these taps (regular expressions)."""
    own = "|".join((escaped(vxlan), *taps))
    ports = Reading(("ip", "-br", "link", "show", "master", bridge), "^[^@ ]+")
    return Clear(ports, own, f"{bridge} has other ports: {{}}")


def _same_vni(segment: Segment) -> Clear:
    """One VNI on one UDP port can be one device only (ip-link(8), VXLAN)."""
    others = Reading(
        ("ip", "-d", "-o", "link", "show", "type", "vxlan"),
        f"^[0-9]+: [^:@ ]+.* vxlan id {segment.vni} .*dstport {segment.port} ",
    )
    taken = f"VNI {segment.vni} on UDP port {segment.port} is taken by another device: {{}}"
    return Clear(others, f"[0-9]+: {escaped(segment.vxlan)}[:@ ].*", taken)


def bridge_device(wanted: Wanted, mtu: str, stp: bool) -> Thing:
    """Return as a thing that the bridge is up, without addresses.

    One that is there is not activated anew, but has its profile reapplied: NetworkManager takes the devices of running
    VMs out of a bridge that it activates, and libvirt puts them in only as a VM starts. Of an MTU that a profile leaves
    open no record can tell: it follows the bridge's ports.
    """
    again = (
        command("nmcli", "device", "reapply", wanted.interface),
        command("ip", "link", "set", "dev", wanted.interface, "up"),
    )
    show = ("ip", "-d", "addr", "show", "dev", wanted.interface)
    has = (",UP", f" mtu {mtu} qdisc", f"stp_state {int(stp)}")
    return Thing(
        "bridge.activate",
        SECTION,
        wanted.interface,
        f"Activate {wanted.interface}",
        "Profiles take effect when they are activated.",
        f"device.{wanted.interface}:{wanted.name}",
        Reading(show, r",UP| mtu [0-9]+ qdisc|stp_state [01]|inet6? .*scope global"),
        lines(has),
        make=(profiles.up(wanted.name),),
        change=again,
        kept=Reading(show, ",UP|stp_state .|inet.* global"),
        restore=again,
        revive=(profiles.up(wanted.name),),
        delete=(profiles.down(wanted.name),),
        goes_with=f"profile.{wanted.name}",
        back_title=f"{wanted.interface}, active or not as before",
        touches=(wanted.interface,),
    )


def vxlan_device(wanted: Wanted, mtu: str, bridge: str, link: tuple[str, ...]) -> Thing:
    """Return as a thing that the VXLAN is up in its bridge as planned.

    The kernel cannot change all of a VXLAN in place: a device that differs is taken down first, and made anew.
    """
    show = ("ip", "-d", "link", "show", "dev", wanted.interface)
    shows = Reading(show, r",UP| mtu [0-9]+ qdisc|master [^ ]+|vxlan id .* dstport [0-9]+|nolearning")
    up = profiles.up(wanted.name)
    return Thing(
        "bridge.activate",
        SECTION,
        wanted.interface,
        f"Activate {wanted.interface} in {bridge}",
        "It carries frames once it is up as a port of its bridge.",
        f"device.{wanted.interface}:{wanted.name}",
        shows,
        lines((",UP", f" mtu {mtu} qdisc", f"master {bridge}", *link)),
        make=(up,),
        change=(profiles.down(wanted.name), up),
        restore=(profiles.down(wanted.name), up),
        revive=(up,),
        delete=(profiles.down(wanted.name),),
        goes_with=f"profile.{wanted.name}",
        back_title=f"{wanted.interface}, active or not as before",
        touches=(bridge, wanted.interface),
    )


def _other_profile(wanted: Wanted, state: HostState | None) -> str:
    """Return which profile that is not active claims the device; empty where none does, or nothing is known."""
    others = [p for p in state.profiles if p.saved and p.interface == wanted.interface] if state else []
    name = next((p.name for p in others if p.name != wanted.name), "")
    return f"the device {wanted.interface} belongs to the connection profile {name}" if name else ""


def _no_parent(host: Host, segment: Segment, state: HostState | None) -> str:
    if state is None or not segment.group or host.interface in state.links:
        return ""
    return f"there is no interface {host.interface} on this host to join the group {segment.group} on"


def _taken(segment: Segment, state: HostState | None) -> str:
    """Return which profile that is not active has the VNI and port; empty where none does, or nothing is known."""
    pair = {"vxlan.id": str(segment.vni), "vxlan.destination-port": str(segment.port)}
    for profile in state.profiles if state else ():
        if profile.name != segment.vxlan_profile and pair.items() <= profile.settings.items():
            this = f"VNI {segment.vni} on UDP port {segment.port}"
            return f"{this} is taken by the connection profile {profile.name}"
    return ""

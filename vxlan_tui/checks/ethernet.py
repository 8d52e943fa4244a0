"""Section 10.2: the underlay of this host, and the way to the other ones."""

from collections.abc import Iterator
from functools import partial

from vxlan_tui.checks import daemons, differences, remedies
from vxlan_tui.checks.check import Check, Mend, Verdict, bad, differing, doubtful, good, unknown
from vxlan_tui.checks.daemons import NETWORKMANAGER
from vxlan_tui.checks.seen import Facts, Heard, Path, Seen, answering
from vxlan_tui.checks.sizes import frame_bytes
from vxlan_tui.plan import Ethernet, Host, Plan, overhead
from vxlan_tui.procedures import ethernet, profiles
from vxlan_tui.state import HostState, Link, Profile

SECTION = "10.2"


def checks(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the checks of the host's own network connection, and of the way to each other host."""
    name = this.interface
    device, address = ("ethernet.device", name), ("ethernet.address", str(this.vtep))
    yield daemons.check("net", SECTION)
    yield Check(
        *_id(device, f"{name} is up and connected"),
        "nmcli device status",
        partial(_device, plan, this),
        (NETWORKMANAGER,),
    )
    yield Check(
        *_id(address, f"{name} has the VTEP's address {this.vtep}"),
        f"ip address show dev {name}",
        partial(_address, plan, this),
        (device,),
    )
    yield Check(
        *_id(("ethernet.profile", name), f"{name} comes up by itself after a reboot"),
        "nmcli connection show",
        partial(_profile, plan, this),
        (NETWORKMANAGER, device),
    )
    for peer in plan.peers(this):
        yield from _to(plan, this, peer, (device, address))


def _to(plan: Plan, this: Host, peer: Host, after: tuple[tuple[str, str], ...]) -> Iterator[Check]:
    reach = ("peer.reach", peer.name)
    yield Check(
        *_id(reach, f"{peer.name} answers at {peer.vtep}"),
        f"ping -c 1 -I {this.vtep} {peer.vtep}",
        partial(_reach, plan, this, peer),
        after,
    )
    payload = 1500 + overhead(peer.vtep) - (28 if peer.vtep.version == 4 else 48)
    yield Check(
        *_id(("peer.mtu", peer.name), f"The path to {peer.name} carries full-size frames"),
        f"ping -M do -c 1 -s {payload} -I {this.vtep} {peer.vtep}",
        partial(_mtu, plan, this, peer),
        (reach,),
    )


def _id(key: tuple[str, str], title: str) -> tuple[str, str, str, str]:
    return key[0], SECTION, key[1], title


def active_profile(this: Host, state: HostState) -> Profile | None:
    """Give the profile that the underlay interface has, or would get: the active one, the plan's, one for it."""
    named = state.named(this.ethernet.profile) if this.ethernet else ()
    own = (profile for profile in state.profiles if profile.saved and profile.interface == this.interface)
    return state.active_on(this.interface) or next(iter((*named, *own)), None)


def _bring_up(plan: Plan, this: Host, facts: Facts) -> Mend:
    """Give the plan's own steps for the interface, or its profile once more."""
    profile = active_profile(this, facts.state)
    again = remedies.by(profiles.up(profile.name)) if profile else remedies.device(this.interface, "up")
    asked = [
        ("ethernet.profile", this.ethernet.profile if this.ethernet else ""),
        ("ethernet.activate", this.interface),
        ("ethernet.save", this.ethernet.profile if this.ethernet else ""),
    ]
    return remedies.by_steps(plan, this, facts, asked, again)


def _device(plan: Plan, this: Host, seen: Seen) -> Verdict:
    state = seen.state
    link = state.links.get(this.interface)
    if link is None:
        names = ", ".join(name for name in state.links if name != "lo") or "none"
        choose = f"correct `interface` of {this.name} in the plan, or bring the device into this host"
        return bad("underlay-down", f"there is no {this.interface}; this host has {names}", remedies.words(choose))
    if not link.up:
        return bad("underlay-down", f"{link.name} is switched off (DOWN)", _bring_up(plan, this, seen.facts))
    if not link.carrier:
        mend = remedies.words(f"connect the cable of {link.name}, or switch on the port at its other end")
        return bad("underlay-down", f"{link.name} has no carrier (NO-CARRIER): nothing is at its other end", mend)
    return _connection(plan, this, link, seen)


def _connection(plan: Plan, this: Host, link: Link, seen: Seen) -> Verdict:
    active = seen.state.active_on(link.name)
    if "net" in seen.facts.gone or (active is None and this.ethernet is None and link.addresses):
        return good(f"{link.name} is up and has a carrier")
    if active is not None and active.activated:
        return good(f"{link.name} is connected by {active.name}")
    doing = f"is still activating {active.name} on {link.name}" if active else f"has {link.name} disconnected"
    return bad("underlay-down", f"NetworkManager {doing}", _bring_up(plan, this, seen.facts))


def _address(plan: Plan, this: Host, seen: Seen) -> Verdict:
    state = seen.state
    places = [(address, link) for link in state.links.values() for address in link.addresses]
    found = next((each for each in places if each[0].partition("/")[0] == str(this.vtep)), None)
    if found is not None:
        return good(f"{found[0]} on {found[1].name}")
    link = state.links.get(this.interface)
    has = ", ".join(link.addresses) if link and link.addresses else "no address"
    evidence = f"no device has {this.vtep}; {this.interface} has {has}"
    return bad("underlay-address-missing", evidence, _give_address(plan, this, seen.facts))


def _give_address(plan: Plan, this: Host, facts: Facts) -> Mend:
    profile, family = active_profile(this, facts.state), f"ipv{this.vtep.version}"
    settings = profile.settings if profile else {}
    gives = settings.get(f"{family}.method") == "auto" or str(this.vtep) in settings.get(f"{family}.addresses", "")
    if this.ethernet is not None or gives:
        return _bring_up(plan, this, facts)
    return remedies.words(
        f"give {this.interface} the address {this.vtep}, or correct `vtep` of {this.name} in the plan, which "
        f"leaves the interface as it is"
    )


def _profile(plan: Plan, this: Host, seen: Seen) -> Verdict:
    if this.ethernet is not None:
        return _planned_profile(plan, this, this.ethernet, seen.facts)
    active = seen.state.active_on(this.interface)
    if active is None or not active.saved:
        return unknown(f"{this.interface} was not set up by a profile of NetworkManager's")
    if active.settings.get("connection.autoconnect") == "no":
        mend = remedies.autoconnect(plan, active, seen.facts, None)
        return bad("profile-not-autoconnect", f"the connection profile {active.name} has autoconnect off", mend)
    return good(f"the connection profile {active.name} has autoconnect on")


def _planned_profile(plan: Plan, this: Host, planned: Ethernet, facts: Facts) -> Verdict:
    state = facts.state
    wanted = ethernet.wanted(this, planned)
    found = differences.found(wanted, state)
    put_right = _bring_up(plan, this, facts)
    if found is None:
        return bad("profile-missing", f"there is no connection profile {planned.profile}", put_right)
    differ = differences.of_profile(wanted, state)
    if found.settings.get("connection.autoconnect") == "no":
        mend = remedies.autoconnect(plan, found, facts, wanted)
        return bad("profile-not-autoconnect", f"the connection profile {found.name} has autoconnect off", mend)
    if differ:
        return doubtful("profile-differs", differing(differ), put_right)
    active = state.active_on(this.interface)
    if active is None or active.name != planned.profile:
        has = f"{this.interface} runs by {active.name if active else 'no profile'}, not by {planned.profile}"
        return doubtful("profile-differs", has, put_right)
    return good(f"the connection profile {found.name} has autoconnect on")


def _reach(plan: Plan, this: Host, peer: Host, seen: Seen) -> Verdict:
    path = seen.answers.path(peer.name)
    if path.ping.replied:
        return good(f"reply after {path.ping.seconds * 1000:.1f} ms")
    sign = _sign_of_life(plan, peer, seen)
    if sign:
        return good(f"{peer.name} does not answer ping ({path.ping.error}), but {sign}")
    evidence, mend = _no_way(this, peer, path, seen), _find_way(plan, this, peer, seen)
    if not path.ping.by and peer.name in seen.facts.routes and _sends(peer, seen.answers.heard()):
        return doubtful("peer-unreachable", f"{evidence}; yet VXLAN packets come from it", mend)
    return bad("peer-unreachable", evidence, mend)


def _sign_of_life(plan: Plan, peer: Host, seen: Seen) -> str:
    """Say what else the other host answered, which then is reachable though it answers no ping."""
    for segment in plan.segments:
        vm = answering(plan, peer, segment, seen)
        if vm is not None:
            return f"{vm.name} there answers by the tunnel"
        answer = seen.answers.port(peer.name, segment.port)
        if answer.answer in ("rejected", "refused") and answer.by == str(peer.vtep):
            return f"it answers on UDP port {segment.port} ({answer.words})"
    return ""


def _sends(peer: Host, heard: Heard) -> bool:
    return any(each.source == str(peer.vtep) for each in heard.packets)


def _no_way(this: Host, peer: Host, path: Path, seen: Seen) -> str:
    echo, route = path.ping, seen.facts.routes.get(peer.name)
    if route is None:
        return f"this host has no route to {peer.vtep}"
    way = f"by {route.gateway} on {route.device}" if route.gateway else f"directly on {route.device}"
    if echo.by == str(this.vtep):
        return f"{route.gateway or peer.vtep}, the next host on the way, does not answer on {route.device}"
    if echo.by:
        return f"{echo.by} reports for {peer.vtep}: {echo.error}"
    return f"nothing comes back from {peer.vtep}, {way}: {echo.error}"


def _find_way(plan: Plan, this: Host, peer: Host, seen: Seen) -> Mend:
    route = seen.facts.routes.get(peer.name)
    words = remedies.words(
        f"see whether {peer.name} is up and has {peer.vtep} on {peer.interface}, and whether a router or "
        f"firewall on the way stops it: `traceroute -s {this.vtep} {peer.vtep}` shows how far packets get"
    )
    profile = active_profile(this, seen.state)
    if route is None and profile is not None and profile.saved:
        words = remedies.by(profiles.up(profile.name))
    asked = (
        [("ethernet.profile", this.ethernet.profile), ("ethernet.activate", this.interface)] if this.ethernet else []
    )
    return remedies.by_steps(plan, this, seen.facts, asked, words)


def _mtu(plan: Plan, this: Host, peer: Host, seen: Seen) -> Verdict:
    path = seen.answers.path(peer.name)
    frame = frame_bytes(plan, seen.state)
    need = f"a frame of {frame} bytes needs {frame + overhead(peer.vtep)} in the tunnel"
    if path.whole is None:
        return unknown(f"{peer.name} does not answer ping, so the path to it cannot be measured")
    route = seen.facts.routes.get(peer.name)
    device = route.device if route else this.interface
    if not path.whole.echo.replied:
        told = f", says {path.whole.echo.by}" if path.whole.echo.mtu and path.whole.echo.by else ""
        most = f"; the path carries {path.whole.echo.mtu}{told}" if path.whole.echo.mtu else ""
        return bad(
            "path-mtu-too-small",
            f"{need}. Packets of {path.whole.size} bytes leave {device} and do not arrive whole{most}",
            _widen(this, peer, device, seen),
        )
    if path.pieces is None:
        return good(f"{need}; packets of {path.whole.size} bytes arrive whole")
    if not path.pieces.echo.replied:
        return bad(
            "path-mtu-too-small",
            f"{need}. {device} lets out {path.whole.size}, and what is cut into pieces does not arrive",
            _widen(this, peer, device, seen),
        )
    return good(f"{need}; {device} lets out {path.whole.size}, so it arrives in pieces")


def _widen(this: Host, peer: Host, device: str, seen: Seen) -> Mend:
    """Give the MTU back to an interface that somebody lowered by hand; any other narrow place is elsewhere."""
    link = seen.state.links.get(device)
    by_hand = device == this.interface and not seen.facts.underlay_mtu
    if link and link.mtu < 1500 and link.kind in _ETHERNET_KINDS and by_hand:
        return remedies.device(device, "mtu", "1500")
    return remedies.words(
        f"raise the MTU of the narrow place between {this.vtep} and {peer.vtep} (`tracepath -n {peer.vtep}` "
        f"shows where it is), also on {peer.name}'s {peer.interface}; or lower the VMs' MTU"
    )


_ETHERNET_KINDS = ("", "veth", "vlan", "bond", "team", "bridge")

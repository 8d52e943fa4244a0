"""Section 10.3: the bridge, the VXLAN in it, what lets frames through, and the firewall port."""

import math
from collections.abc import Iterator
from functools import partial

from vxlan_tui.checks import daemons, differences, netfilter, remedies
from vxlan_tui.checks.check import Check, Key, Mend, Verdict, bad, differing, doubtful, good, unknown
from vxlan_tui.checks.daemons import FIREWALLD, NETWORKMANAGER
from vxlan_tui.checks.ethernet import active_profile
from vxlan_tui.checks.seen import Facts, Seen
from vxlan_tui.checks.sizes import joins
from vxlan_tui.command import Command, command
from vxlan_tui.plan import Host, Plan, Segment
from vxlan_tui.procedures import bridge, profiles
from vxlan_tui.procedures.profiles import Wanted
from vxlan_tui.state import BridgePort, FdbEntry, HostState, Link, Zone

SECTION = "10.3"

TRUSTED = "trusted"
"""firewalld's zone that accepts all network connections (firewalld.zones(5))."""

ANY_MAC = "00:00:00:00:00:00"
"""A flood entry's address: it stands for every address that is not known (vxlan, bridge(8))."""


def checks(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the checks of each segment's bridge and VXLAN on this host, and of its firewall."""
    for segment in plan.segments:
        yield from _segment(plan, this, segment)
    yield daemons.check("firewall", SECTION)
    for segment in {segment.port: segment for segment in reversed(plan.segments)}.values():
        yield Check(
            *_id(port_key(segment), f"The firewall lets UDP port {segment.port} in"),
            _list_ports(this),
            partial(_port, plan, this, segment),
            (FIREWALLD, ("ethernet.device", this.interface)),
        )


def _list_ports(this: Host) -> str:
    zone = this.zone or f"$(firewall-cmd --get-zone-of-interface={this.interface})"
    return f"firewall-cmd --zone={zone} --list-ports"


def port_key(segment: Segment) -> Key:
    """Name the check of the firewall's port."""
    return "firewall.port", f"{segment.port}/udp"


def carriers(segment: Segment) -> tuple[Key, ...]:
    """Name the checks that have to pass before a frame gets from the bridge into the tunnel, and back."""
    inner = ("bridge.device", segment.bridge), ("bridge.filter", segment.bridge)
    return (*inner, *(("vxlan." + part, segment.vxlan) for part in ("device", "port", "flood")), port_key(segment))


def _id(key: Key, title: str) -> tuple[str, str, str, str]:
    return key[0], SECTION, key[1], title


def _segment(plan: Plan, this: Host, segment: Segment) -> Iterator[Check]:
    device, vxlan = ("bridge.device", segment.bridge), ("vxlan.device", segment.vxlan)
    yield Check(
        *_id(device, f"The bridge {segment.bridge} exists and is up"),
        f"ip link show dev {segment.bridge}",
        partial(_bridge, plan, this, segment),
        (NETWORKMANAGER,),
    )
    yield Check(
        *_id(vxlan, f"{segment.vxlan} is as planned: VNI {segment.vni}, port {segment.port}, in {segment.bridge}"),
        f"ip -d link show dev {segment.vxlan}",
        partial(_vxlan, plan, this, segment),
        (NETWORKMANAGER, device),
    )
    yield Check(
        *_id(("vxlan.profile", segment.vxlan), f"{segment.bridge} and {segment.vxlan} come up after a reboot"),
        "nmcli connection show",
        partial(_profiles, plan, this, segment),
        (NETWORKMANAGER, device, vxlan),
    )
    yield Check(
        *_id(("vxlan.port", segment.vxlan), f"{segment.bridge} forwards frames to and from {segment.vxlan}"),
        f"bridge link show dev {segment.vxlan}",
        partial(_forwarding, segment),
        (device, vxlan),
    )
    yield Check(
        *_id(("vxlan.flood", segment.vxlan), f"{segment.vxlan} floods to {plan.remote(this, segment)}"),
        f"bridge fdb show dev {segment.vxlan}",
        partial(_flood, plan, this, segment),
        (device, vxlan),
    )
    yield Check(
        *_id(("bridge.filter", segment.bridge), f"Nothing filters what passes {segment.bridge}"),
        "sysctl net.bridge; nft list ruleset",
        partial(_filter, segment),
        (device,),
    )


def _steps(plan: Plan, this: Host, segment: Segment, facts: Facts, otherwise: Mend) -> Mend:
    asked = [
        ("bridge.bridge", segment.bridge),
        ("bridge.vxlan", segment.vxlan),
        ("bridge.activate", segment.bridge),
        ("bridge.activate", segment.vxlan),
    ]
    return remedies.by_steps(plan, this, facts, asked, otherwise)


def _bridge(plan: Plan, this: Host, segment: Segment, seen: Seen) -> Verdict:
    state, name = seen.state, segment.bridge
    link = state.links.get(name)
    again = remedies.by(profiles.up(name))
    if link is None:
        known = "its connection profile is not active" if state.named(name) else "it has no connection profile"
        mend = _steps(plan, this, segment, seen.facts, again)
        last = profiles.up(segment.vxlan_profile)
        # NetworkManager from 1.46 on leaves a port down that somebody took down with its bridge.
        more = [last] if last not in mend.commands else []
        mend = remedies.then(mend, [*more, *_rejoin(segment, state)])
        return bad("bridge-missing", f"there is no device {name}: {known}", mend)
    if link.kind != "bridge":
        mend = _steps(plan, this, segment, seen.facts, again)
        return bad("bridge-missing", f"{name} is no bridge, but a device of the kind {link.kind or 'NIC'}", mend)
    if not link.up:
        # Not by NetworkManager: as it activates a bridge once more, it takes the VMs' devices out.
        return bad("bridge-down", f"{name} is switched off (DOWN)", remedies.device(name, "up"))
    return good(f"{name} is up, with {_ports(state, name)}")


def _rejoin(segment: Segment, state: HostState) -> list[Command]:
    """Put running VMs' devices back in: libvirt does so only as a VM starts."""
    nics = (nic for vm in state.vms.values() for nic in vm.live_nics if joins(nic, segment))
    return [command("ip", "link", "set", "dev", nic.device, "master", segment.bridge) for nic in nics if nic.device]


def _ports(state: HostState, bridge: str) -> str:
    return ", ".join(link.name for link in state.ports_of(bridge)) or "no ports"


_KERNEL = (("VNI", "vni"), ("UDP port", "port"), ("local", "local"), ("remote", "remote"), ("parent", "parent"))
_PROFILE = (
    ("vxlan.id", "vni"),
    ("vxlan.destination-port", "port"),
    ("vxlan.local", "local"),
    ("vxlan.remote", "remote"),
    ("vxlan.parent", "parent"),
)


def _vxlan(plan: Plan, this: Host, segment: Segment, seen: Seen) -> Verdict:
    state, name = seen.state, segment.vxlan
    link = state.links.get(name)
    mend = _steps(plan, this, segment, seen.facts, remedies.by(profiles.up(segment.vxlan_profile)))
    if link is None or link.vxlan is None:
        known = (
            "its connection profile is not active" if state.named(segment.vxlan_profile) else "no connection profile"
        )
        kind = f"{name} is no VXLAN" if link else f"there is no device {name}: {known}"
        return bad("vxlan-missing", kind, mend)
    wrong, evidence = _differences(plan, this, segment, state)
    if wrong:
        return bad(f"vxlan-wrong-{wrong}", evidence, mend)
    if not link.up:
        return bad("vxlan-down", f"{name} is switched off (DOWN)", remedies.device(name, "up"))
    if link.controller != segment.bridge:
        attach = mend if mend.commands else remedies.device(name, "master", segment.bridge)
        return bad(
            "vxlan-not-in-bridge", f"{name} is in {link.controller or 'no bridge'}, not in {segment.bridge}", attach
        )
    left = _profile_controller(plan, this, segment, state)
    if left:
        return bad("vxlan-not-in-bridge", left, mend)
    tunnel = link.vxlan
    return good(
        f"VNI {tunnel.vni}, port {tunnel.port}, local {tunnel.local}, remote {tunnel.remote}, {link.controller}"
    )


def _differences(plan: Plan, this: Host, segment: Segment, state: HostState) -> tuple[str, str]:
    """Say what differs from the plan first, in the kernel or else in the profile; and all that differs, in words."""
    kernel = {change.what: change for change in differences.of_device(plan, this, segment, state)}
    profile = {
        change.what: change for change in differences.of_profile(_wanted_vxlan(plan, this, segment, state), state)
    }
    found = [(what, kernel.get(f"{segment.vxlan}: {key}")) for key, what in _KERNEL]
    found += [(what, profile.get(f"{segment.vxlan_profile}: {key}")) for key, what in _PROFILE]
    named = [(what, change) for what, change in found if change]
    return (named[0][0] if named else ""), differing(change for _, change in named)


def _wanted_vxlan(plan: Plan, this: Host, segment: Segment, state: HostState) -> Wanted:
    return bridge.wanted_vxlan(plan, this, segment, bridge.inner_mtu(plan, segment, state))


def _profile_controller(plan: Plan, this: Host, segment: Segment, state: HostState) -> str:
    wanted = _wanted_vxlan(plan, this, segment, state)
    keys = {f"{wanted.name}: connection.{key}" for key in ("master", "slave-type")}
    wrong = [change for change in differences.of_profile(wanted, state) if change.what in keys]
    return f"it is now, but its profile says otherwise: {differing(wrong)}" if wrong else ""


def _profiles(plan: Plan, this: Host, segment: Segment, seen: Seen) -> Verdict:
    state = seen.state
    mtu = bridge.inner_mtu(plan, segment, state)
    both = (bridge.wanted_bridge(segment, mtu), bridge.wanted_vxlan(plan, this, segment, mtu))
    missing = [wanted for wanted in both if differences.found(wanted, state) is None]
    if missing:
        names = ", ".join(wanted.name for wanted in missing)
        where = f"no connection profile {names}: the device lives until the next reboot"
        delete = command("ip", "link", "delete", "dev", missing[0].interface).text
        words = remedies.words(f"if nothing else needs the device, delete it (`{delete}`), and apply the plan")
        mend = _steps(plan, this, segment, seen.facts, words)
        return bad("profile-missing", where, mend if mend.commands else words)
    off = [wanted for wanted in both if _autoconnect_off(wanted, state)]
    if off:
        evidence = f"autoconnect is off in {', '.join(wanted.name for wanted in off)}"
        return bad("profile-not-autoconnect", evidence, _autoconnect(plan, off, seen.facts))
    differ = [change for wanted in both for change in differences.of_profile(wanted, state)]
    if differ:
        evidence = differing(differ)
        return doubtful("profile-differs", evidence, _steps(plan, this, segment, seen.facts, Mend("")))
    return good(f"autoconnect is on in {both[0].name} and {both[1].name}")


def _autoconnect_off(wanted: Wanted, state: HostState) -> bool:
    profile = differences.found(wanted, state)
    return profile is not None and profile.settings.get("connection.autoconnect") == "no"


def _autoconnect(plan: Plan, off: list[Wanted], facts: Facts) -> Mend:
    pairs = [(differences.found(wanted, facts.state), wanted) for wanted in off]
    mends = [remedies.autoconnect(plan, profile, facts, wanted) for profile, wanted in pairs if profile]
    return remedies.by(
        *(each for mend in mends for each in mend.commands), before=[r for mend in mends for r in mend.before]
    )


def seconds_left(port: BridgePort, controller: Link | None) -> int:
    """Say for how long STP keeps a port from forwarding: listening and learning take forward_delay each."""
    later = controller.bridge.forward_delay if controller and controller.bridge and port.state == "listening" else 0.0
    return max(1, math.ceil(port.forward_delay_left + later))


def forwarding(link: Link, state: HostState) -> Verdict | None:
    """Judge the STP state of a bridge port; None where it forwards."""
    port, controller = link.port, state.links.get(link.controller)
    if port is None or port.state == "forwarding":
        return None
    stp = controller is not None and controller.bridge is not None and controller.bridge.stp
    if port.state in ("listening", "learning") and (stp or port.forward_delay_left):
        left = seconds_left(port, controller)
        evidence = f"wait {left} s: {link.controller} still keeps {link.name} back by STP ({port.state})"
        words = f"wait {left} s; every new port of a bridge with STP waits so. `bridge.stp no` in its profile ends that"
        return doubtful("bridge-port-waits", evidence, remedies.words(words), wait=left)
    evidence = f"{link.name} is {port.state} in {link.controller}"
    if stp and port.state == "blocking":
        mend = remedies.words(
            f"STP blocks {link.name}, because the bridges are joined by a second way: find that and take it away "
            f"(`bridge link` on each host)"
        )
    elif not link.up:
        mend = remedies.device(link.name, "up")
    else:
        mend = remedies.by(command("bridge", "link", "set", "dev", link.name, "state", "3"))
    return bad("bridge-port-blocked", evidence, mend)


def _forwarding(segment: Segment, seen: Seen) -> Verdict:
    link = seen.state.links.get(segment.vxlan)
    if link is None or link.port is None:
        return unknown(f"{segment.vxlan} is no bridge's port")
    return forwarding(link, seen.state) or good(f"{link.name} is forwarding in {link.controller}")


def _flood(plan: Plan, this: Host, segment: Segment, seen: Seen) -> Verdict:
    remote = str(plan.remote(this, segment))
    entries = [entry for entry in seen.facts.tables.get(segment.vxlan, ()) if entry.mac == ANY_MAC]
    if any(entry.destination == remote for entry in entries):
        return good(f"{ANY_MAC} dst {remote} self permanent")
    via = ("via", this.interface) if segment.group else ()
    append = command("bridge", "fdb", "append", ANY_MAC, "dev", segment.vxlan, "dst", remote, *via)
    return bad("flood-entry-missing", f"{_to_whom(entries)}, so no broadcast reaches {remote}", remedies.by(append))


def _to_whom(entries: list[FdbEntry]) -> str:
    others = ", ".join(entry.destination for entry in entries)
    return f"the flood entries ({ANY_MAC}) lead to {others}" if others else f"there is no flood entry ({ANY_MAC})"


def _filter(segment: Segment, seen: Seen) -> Verdict:
    state, found = seen.state, seen.facts.netfilter
    link = state.links.get(segment.bridge)
    stuck = _not_flooded(segment, state)
    if stuck:
        return stuck
    if found is None:
        gone = seen.facts.gone.get("netfilter")
        return unknown(f"nft does not tell what is filtered: {gone.words if gone else ''}")
    own = link.bridge.netfilter if link and link.bridge else frozenset()
    dropped = list(netfilter.drops(found, segment.bridge, own, segment.vxlan))
    if not dropped:
        calls = ", ".join(sorted(found.calls | own))
        return good(f"the firewall is asked ({calls}) and lets them pass" if calls else "the firewall is not asked")
    evidence = "dropped: " + "; ".join(str(each) for each in dropped)
    tables = sorted({each.table for each in dropped if each.table})
    if not tables:
        return bad(
            "bridge-filtered", evidence, remedies.words("let the chain of the family bridge accept these frames")
        )
    return bad("bridge-filtered", evidence, _do_not_ask(segment, tables, own))


def _do_not_ask(segment: Segment, tables: list[str], own: frozenset[str]) -> Mend:
    switches = [f"net.bridge.bridge-nf-call-{table}=0" for table in tables]
    commands = [command("sysctl", "-w", *switches)]
    if own:
        kinds = [word for table in tables for word in (f"nf_call_{table}", "0")]
        commands.append(command("ip", "link", "set", "dev", segment.bridge, "type", "bridge", *kinds))
    return remedies.by(*commands)


def _not_flooded(segment: Segment, state: HostState) -> Verdict | None:
    """Judge the port's own switches: a port that is not flooded to carries no ARP request."""
    link = state.links.get(segment.vxlan)
    if link is None or link.port is None:
        return None
    set_port = ("bridge", "link", "set", "dev", link.name)
    if not link.port.flood:
        mend = remedies.by(command(*set_port, "flood", "on", "bcast_flood", "on"))
        return bad("bridge-filtered", f"{link.name} is not flooded to (flood or bcast_flood is off)", mend)
    isolated = [port.name for port in state.ports_of(segment.bridge) if port.port and port.port.isolated]
    if link.name in isolated and len(isolated) > 1:
        evidence = f"{', '.join(isolated)} are isolated: they do not reach each other"
        return bad("bridge-filtered", evidence, remedies.by(command(*set_port, "isolated", "off")))
    return None


def _port(plan: Plan, this: Host, segment: Segment, seen: Seen) -> Verdict:
    state, actual = seen.state, seen.facts.underlay_zone
    planned, port = state.zone, segment.port
    if planned is None or actual is None:
        return unknown("firewalld does not answer")
    asked = [(f"bridge.firewall{when}", f"{port}/udp") for when in ("-permanent", "")]
    mend = remedies.by_steps(plan, this, seen.facts, asked, Mend(""))
    if not planned.exists:
        return bad("firewall-port-closed", f"there is no firewalld zone {planned.name}", mend)
    if actual.name == TRUSTED:
        return good(f"{this.interface} is in the zone {TRUSTED}, which lets everything in")
    if port not in actual.runtime:
        evidence = f"UDP port {port} is closed in the zone {actual.name}, which {this.interface} is in"
        return bad("firewall-port-closed", evidence, _open(this, state, planned, actual, mend))
    if port not in actual.permanent:
        evidence = f"UDP port {port} is open in the zone {actual.name} until the next reboot or reload only"
        return bad("firewall-not-permanent", evidence, _open(this, state, planned, actual, mend))
    return good(f"UDP port {port} is open in the zone {actual.name}, now and permanently")


def _open(this: Host, state: HostState, planned: Zone, actual: Zone, mend: Mend) -> Mend:
    """Where the interface is in another zone than planned, it is put there: the port is opened in that one."""
    profile = active_profile(this, state)
    if planned.name == actual.name or profile is None:
        return mend
    move = profiles.set_properties(profile.name, {"connection.zone": planned.name})
    return remedies.by(*mend.commands, move, before=mend.before)

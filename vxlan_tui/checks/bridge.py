"""Section 10.3: the bridge, the VXLAN in it, and their profiles."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from vxlan_tui.checks import differences, remedies
from vxlan_tui.checks.check import Check, Mend, Verdict, bad, differing, doubtful, good
from vxlan_tui.checks.daemons import NETWORKMANAGER
from vxlan_tui.checks.ethernet import DEVICES, PROFILES
from vxlan_tui.checks.evidence import Evidence, Facts, Key
from vxlan_tui.checks.sizes import joins
from vxlan_tui.command import Command, command
from vxlan_tui.plan import Host, Plan, Segment
from vxlan_tui.procedures import bridge, profiles
from vxlan_tui.procedures.profiles import Wanted
from vxlan_tui.sections import BRIDGE
from vxlan_tui.state import HostState

SECTION = BRIDGE.number


def keys(segment: Segment) -> tuple[Key, Key]:
    """Name the checks of a segment's devices."""
    return ("bridge.device", segment.bridge), ("vxlan.device", segment.vxlan)


def checks(plan: Plan, this: Host, segment: Segment) -> Iterator[Check]:
    """Give the checks of a segment's bridge and VXLAN on this host."""
    device, vxlan = keys(segment)
    yield Check(
        *_id(device, f"The bridge {segment.bridge} exists and is up"),
        DEVICES,
        partial(_bridge, plan, this, segment),
        (NETWORKMANAGER,),
    )
    yield Check(
        *_id(vxlan, f"{segment.vxlan} is as planned: VNI {segment.vni}, port {segment.port}, in {segment.bridge}"),
        DEVICES,
        partial(_vxlan, plan, this, segment),
        (NETWORKMANAGER, device),
    )
    yield Check(
        *_id(("vxlan.profile", segment.vxlan), f"{segment.bridge} and {segment.vxlan} come up after a reboot"),
        PROFILES,
        partial(_profiles, plan, this, segment),
        (NETWORKMANAGER, device, vxlan),
    )


def _id(key: Key, title: str) -> tuple[str, str, str, str]:
    return key[0], SECTION, key[1], title


def _steps(plan: Plan, this: Host, segment: Segment, facts: Facts, otherwise: Mend) -> Mend:
    asked = [
        ("bridge.bridge", segment.bridge),
        ("bridge.vxlan", segment.vxlan),
        ("bridge.activate", segment.bridge),
        ("bridge.activate", segment.vxlan),
    ]
    return remedies.by_steps(plan, this, facts, asked, otherwise)


def _of_vxlan(plan: Plan, this: Host, segment: Segment, facts: Facts) -> Mend:
    """Return what puts the VXLAN right, and nothing else: the bridge with the VMs in it, and the MTU, stay."""
    state, link = facts.state, facts.state.links.get(segment.vxlan)
    if link is not None:
        around = state.underlay_mtu - plan.mtu_inside(state.underlay_mtu)
        state = replace(state, underlay_mtu=link.mtu + around)
    asked = [("bridge.vxlan", segment.vxlan), ("bridge.activate", segment.vxlan)]
    again = remedies.by(profiles.up(segment.vxlan_profile))
    return remedies.by_steps(plan, this, replace(facts, state=state), asked, again)


def _bridge(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> Verdict:
    state, name = evidence.state, segment.bridge
    link = state.links.get(name)
    again = remedies.by(profiles.up(name))
    if link is None:
        why = "its connection profile is not active" if state.named(name) else "it has no connection profile"
        mend = _steps(plan, this, segment, evidence.facts, again)
        last = profiles.up(segment.vxlan_profile)
        # NetworkManager from 1.46 on leaves a port down that somebody took down with its bridge.
        more = [last] if last not in mend.commands else []
        mend = remedies.then(mend, [*more, *_rejoin(segment, state)])
        return bad("bridge-missing", f"there is no device {name}: {why}", mend)
    if link.kind != "bridge":
        mend = _steps(plan, this, segment, evidence.facts, again)
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


def _vxlan(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> Verdict:
    state, name = evidence.state, segment.vxlan
    link = state.links.get(name)
    mend = partial(_of_vxlan, plan, this, segment, evidence.facts)
    if link is None or link.vxlan is None:
        why = "its connection profile is not active" if state.named(segment.vxlan_profile) else "no connection profile"
        kind = f"{name} is no VXLAN" if link else f"there is no device {name}: {why}"
        return bad("vxlan-missing", kind, mend())
    cause, shows = _differences(plan, this, segment, state)
    if cause:
        return bad(cause, shows, mend())
    if not link.up:
        return bad("vxlan-down", f"{name} is switched off (DOWN)", remedies.device(name, "up"))
    if link.controller != segment.bridge:
        by_plan = mend()
        attach = by_plan if by_plan.commands else remedies.device(name, "master", segment.bridge)
        return bad(
            "vxlan-not-in-bridge", f"{name} is in {link.controller or 'no bridge'}, not in {segment.bridge}", attach
        )
    left = _profile_controller(plan, this, segment, state)
    if left:
        return bad("vxlan-not-in-bridge", left, mend())
    tunnel = link.vxlan
    to = f", remote {tunnel.remote}" if tunnel.remote else ""
    return good(f"VNI {tunnel.vni}, port {tunnel.port}, local {tunnel.local}{to}, in {link.controller}")


def _differences(plan: Plan, this: Host, segment: Segment, state: HostState) -> tuple[str, str]:
    """Return the cause for what differs first, in the kernel or else in the profile; and all that differs, in words."""
    kernel = {change.what: change for change in differences.of_device(plan, this, segment, state)}
    profile = {
        change.what: change for change in differences.of_profile(_wanted_vxlan(plan, this, segment, state), state)
    }
    found = [(what, kernel.get(f"{segment.vxlan}: {key}")) for key, what in _KERNEL]
    found += [(what, profile.get(f"{segment.vxlan_profile}: {key}")) for key, what in _PROFILE]
    named = [(what, change) for what, change in found if change]
    link = state.links[segment.vxlan].vxlan
    if plan.encrypted and link is not None and link.local == str(this.vtep):
        return "sent-in-clear", differing(change for _, change in named)
    return (f"vxlan-wrong-{named[0][0]}" if named else ""), differing(change for _, change in named)


def _wanted_vxlan(plan: Plan, this: Host, segment: Segment, state: HostState) -> Wanted:
    return bridge.wanted_vxlan(plan, this, segment, bridge.inner_mtu(plan, segment, state))


def _profile_controller(plan: Plan, this: Host, segment: Segment, state: HostState) -> str:
    wanted = _wanted_vxlan(plan, this, segment, state)
    keys = {f"{wanted.name}: connection.{key}" for key in ("master", "slave-type")}
    wrong = [change for change in differences.of_profile(wanted, state) if change.what in keys]
    return f"it is now, but its profile says otherwise: {differing(wrong)}" if wrong else ""


def _profiles(plan: Plan, this: Host, segment: Segment, evidence: Evidence) -> Verdict:
    state = evidence.state
    mtu = bridge.inner_mtu(plan, segment, state)
    both = (bridge.wanted_bridge(segment, mtu), bridge.wanted_vxlan(plan, this, segment, mtu))
    missing = [wanted for wanted in both if differences.found(wanted, state) is None]
    if missing:
        names = ", ".join(wanted.name for wanted in missing)
        where = f"no connection profile {names}: the device lives until the next reboot"
        delete = command("ip", "link", "delete", "dev", missing[0].interface).text
        words = remedies.words(f"if nothing else needs the device, delete it (`{delete}`), and apply the plan")
        mend = _steps(plan, this, segment, evidence.facts, words)
        return bad("profile-missing", where, mend if mend.commands else words)
    off = [wanted for wanted in both if _autoconnect_off(wanted, state)]
    if off:
        shows = f"autoconnect is off in {', '.join(wanted.name for wanted in off)}"
        return bad("profile-not-autoconnect", shows, _autoconnect(plan, off, evidence.facts))
    differ = [change for wanted in both for change in differences.of_profile(wanted, state)]
    if differ:
        shows = differing(differ)
        return doubtful("profile-differs", shows, _steps(plan, this, segment, evidence.facts, Mend("")))
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

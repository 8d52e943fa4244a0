"""Section 10.2: the underlay's connection profile."""

from collections.abc import Iterator
from dataclasses import replace

from vxlan_tui.before import Record, underlay_record
from vxlan_tui.command import Command
from vxlan_tui.plan import Ethernet, Host, Plan
from vxlan_tui.procedures import cuts, profiles
from vxlan_tui.procedures.profiles import Wanted
from vxlan_tui.state import HostState
from vxlan_tui.steps import Step

SECTION = "10.2"


def steps(plan: Plan, host: Host, state: HostState) -> Iterator[Step]:
    """Give the steps that bring the host's own network connection about; none where it is used as it is."""
    if host.ethernet is None:
        return
    yield _profile(plan, host, host.ethernet, state)
    yield _activate(plan, host, host.ethernet, state)


def wanted(host: Host, ethernet: Ethernet) -> Wanted:
    """Give the profile that the plan asks for."""
    add = ("con-name", ethernet.profile, "ifname", host.interface, "type", "ethernet")
    return Wanted(ethernet.profile, "802-3-ethernet", host.interface, add, _ip_settings(host, ethernet))


def _ip_settings(host: Host, ethernet: Ethernet) -> dict[str, str]:
    """Give the IP properties, in the chapter's order. What the plan leaves open stays as it is."""
    ip = f"ipv{(ethernet.address or host.vtep).version}"
    manual = ethernet.method == "manual"
    settings = {
        f"{ip}.addresses": str(ethernet.address) if ethernet.address else "",
        f"{ip}.method": ethernet.method,
        f"{ip}.gateway": str(ethernet.gateway or ""),
        f"{ip}.dns": ",".join(str(server) for server in ethernet.dns),
        f"{ip}.dns-search": ",".join(ethernet.dns_search),
    }
    kept = (f"{ip}.method",) if manual else (f"{ip}.method", f"{ip}.addresses", f"{ip}.gateway")
    return {key: value for key, value in settings.items() if value or key in kept}


def conflict(host: Host, ethernet: Ethernet, state: HostState) -> str:
    """Say why the plan cannot have this interface or profile; empty where it can."""
    link = state.links.get(host.interface)
    if link is None:
        names = ", ".join(name for name in state.links if name != "lo")
        return f"there is no interface {host.interface} on this host (it has {names or 'none'})"
    if link.controller:
        return f"{host.interface} is a port of {link.controller}: activating a profile would take it out of there"
    return profiles.name_conflict(wanted(host, ethernet), state)


def _profile(plan: Plan, host: Host, ethernet: Ethernet, state: HostState) -> Step:
    profile = wanted(host, ethernet)
    step = Step(
        "ethernet.profile",
        SECTION,
        ethernet.profile,
        f"Connection profile {ethernet.profile} for {host.interface}",
        "The host needs an address on the underlay before a tunnel can start from it.",
        conflict=conflict(host, ethernet, state),
    )
    if step.conflict:
        return step
    commands, changes = profiles.ensure(profile, state, _set_new(profile, state))
    before = _stands(plan, host, ethernet, state)
    why = cuts.interface(host.interface, state) if commands else ""
    return replace(step, commands=commands, changes=changes, before=before, cuts=why, stands=before if why else ())


def _stands(plan: Plan, host: Host, ethernet: Ethernet, state: HostState) -> tuple[Record, ...]:
    """Record how the interface and the profile stand. The interface first: undo looks at the profile with it."""
    return (_underlay(plan, host, state), profiles.record(str(plan.path), wanted(host, ethernet), state))


def _set_new(profile: Wanted, state: HostState) -> tuple[Command, ...]:
    """Set a new profile's addresses, where NetworkManager's defaults (DHCP) are not what the plan asks for."""
    defaults = {"ipv4.method": "auto", "ipv6.method": "auto"}
    settings = {key: value for key, value in profile.settings.items() if value != defaults.get(key, "")}
    return (profiles.set_properties(profile.name, state, settings),) if settings else ()


def _underlay(plan: Plan, host: Host, state: HostState) -> Record:
    return underlay_record(str(plan.path), host.interface, state.active_on(host.interface))


def _activate(plan: Plan, host: Host, ethernet: Ethernet, state: HostState) -> Step:
    step = Step(
        "ethernet.activate",
        SECTION,
        host.interface,
        f"Activate {ethernet.profile} on {host.interface}",
        "A profile takes effect when it is activated.",
    )
    if conflict(host, ethernet, state) or _in_force(host, ethernet, state):
        return step
    why = cuts.interface(host.interface, state)
    before = _stands(plan, host, ethernet, state)
    commands = (profiles.up(ethernet.profile),)
    return replace(step, commands=commands, before=before, cuts=why, stands=before if why else ())


def _in_force(host: Host, ethernet: Ethernet, state: HostState) -> bool:
    """Whether the profile is right, active, and what it says is what the interface has."""
    profile = wanted(host, ethernet)
    active = state.active_on(host.interface)
    if active is None or not active.saved or not active.activated or active.name != ethernet.profile:
        return False
    said = [
        profile.settings.get(f"ipv{v}.{key}", "")
        for v in (4, 6)
        for key in ("addresses", "gateway", "dns", "dns-search")
    ]
    values = {value for text in said for value in text.split(",") if value}
    return not profiles.differences(profile, state) and values <= state.underlay_addressing

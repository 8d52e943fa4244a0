"""Section 10.2: the underlay of this host."""

from collections.abc import Iterator
from functools import partial

from vxlan_tui.checks import daemons, differences, remedies
from vxlan_tui.checks.check import Check, Mend, Verdict, bad, differing, doubtful, good, unknown
from vxlan_tui.checks.daemons import NETWORKMANAGER
from vxlan_tui.checks.evidence import Evidence, Facts, Key
from vxlan_tui.plan import Ethernet, Host, Plan
from vxlan_tui.procedures import ethernet, profiles
from vxlan_tui.sections import ETHERNET
from vxlan_tui.state import HostState, Link, Profile

SECTION = ETHERNET.number

DEVICES = "ip -j -d address show"
"""What all devices are read by."""

PROFILES = "nmcli -t -f UUID,TYPE,DEVICE,STATE,FILENAME,NAME connection show"
"""What all connection profiles are listed by."""


def keys(this: Host) -> tuple[Key, Key]:
    """Name the checks of the underlay's device and address, without which nothing gets out."""
    return ("ethernet.device", this.interface), ("ethernet.address", str(this.vtep))


def checks(plan: Plan, this: Host) -> Iterator[Check]:
    """Give the checks of the host's own network connection."""
    name = this.interface
    device, address = keys(this)
    yield daemons.check("net", SECTION)
    yield Check(*_id(device, f"{name} is up and connected"), DEVICES, partial(_device, plan, this), (NETWORKMANAGER,))
    yield Check(
        *_id(address, f"{name} has the VTEP's address {this.vtep}"), DEVICES, partial(_address, plan, this), (device,)
    )
    yield Check(
        *_id(("ethernet.profile", name), f"{name} comes up by itself after a reboot"),
        PROFILES,
        partial(_profile, plan, this),
        (NETWORKMANAGER, device),
    )


def _id(key: Key, title: str) -> tuple[str, str, str, str]:
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


def _device(plan: Plan, this: Host, evidence: Evidence) -> Verdict:
    state = evidence.state
    link = state.links.get(this.interface)
    if link is None:
        names = ", ".join(name for name in state.links if name != "lo") or "none"
        choose = f"correct `interface` of {this.name} in the plan, or bring the device into this host"
        return bad("underlay-down", f"there is no {this.interface}; this host has {names}", remedies.words(choose))
    if not link.up:
        return bad("underlay-down", f"{link.name} is switched off (DOWN)", _bring_up(plan, this, evidence.facts))
    if not link.carrier:
        mend = remedies.words(f"connect the cable of {link.name}, or switch on the port at its other end")
        return bad("underlay-down", f"{link.name} has no carrier (NO-CARRIER): nothing is at its other end", mend)
    return _connection(plan, this, link, evidence)


def _connection(plan: Plan, this: Host, link: Link, evidence: Evidence) -> Verdict:
    active = evidence.state.active_on(link.name)
    if "net" in evidence.facts.gone or (active is None and this.ethernet is None and link.addresses):
        return good(f"{link.name} is up and has a carrier")
    if active is not None and active.activated:
        return good(f"{link.name} is connected by {active.name}")
    doing = f"is still activating {active.name} on {link.name}" if active else f"has {link.name} disconnected"
    return bad("underlay-down", f"NetworkManager {doing}", _bring_up(plan, this, evidence.facts))


def _address(plan: Plan, this: Host, evidence: Evidence) -> Verdict:
    state = evidence.state
    places = [(address, link) for link in state.links.values() for address in link.addresses]
    found = next((each for each in places if each[0].partition("/")[0] == str(this.vtep)), None)
    if found is not None:
        return good(f"{found[0]} on {found[1].name}")
    link = state.links.get(this.interface)
    has = ", ".join(link.addresses) if link and link.addresses else "no address"
    shows = f"no device has {this.vtep}; {this.interface} has {has}"
    return bad("underlay-address-missing", shows, _give_address(plan, this, evidence.facts))


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


def _profile(plan: Plan, this: Host, evidence: Evidence) -> Verdict:
    if this.ethernet is not None:
        return _planned_profile(plan, this, this.ethernet, evidence.facts)
    active = evidence.state.active_on(this.interface)
    if active is None or not active.saved:
        return unknown(f"{this.interface} was not set up by a profile of NetworkManager's")
    if active.settings.get("connection.autoconnect") == "no":
        mend = remedies.autoconnect(plan, active, evidence.facts, None)
        return bad("profile-not-autoconnect", f"the connection profile {active.name} has autoconnect off", mend)
    return good(f"the connection profile {active.name} has autoconnect on")


def _planned_profile(plan: Plan, this: Host, planned: Ethernet, facts: Facts) -> Verdict:
    state = facts.state
    wanted = ethernet.wanted(this, planned)
    found = differences.found(wanted, state)
    put_right = partial(_bring_up, plan, this, facts)
    if found is None:
        return bad("profile-missing", f"there is no connection profile {planned.profile}", put_right())
    differ = differences.of_profile(wanted, state)
    if found.settings.get("connection.autoconnect") == "no":
        mend = remedies.autoconnect(plan, found, facts, wanted)
        return bad("profile-not-autoconnect", f"the connection profile {found.name} has autoconnect off", mend)
    if differ:
        return doubtful("profile-differs", differing(differ), put_right())
    active = state.active_on(this.interface)
    if active is None or active.name != planned.profile:
        has = f"{this.interface} runs by {active.name if active else 'no profile'}, not by {planned.profile}"
        return doubtful("profile-differs", has, put_right())
    return good(f"the connection profile {found.name} has autoconnect on")

"""Section 10.2: the underlay's connection profile.

A boot must not bring up what nobody has confirmed: the profile is held in memory while it is tried, and saved after.
"""

from collections.abc import Iterator
from dataclasses import replace

from vxlan_tui.command import command
from vxlan_tui.plan import Ethernet, Host
from vxlan_tui.procedures import profiles
from vxlan_tui.procedures.profiles import Wanted
from vxlan_tui.sections import ETHERNET
from vxlan_tui.state import HostState
from vxlan_tui.things import Reading, Thing, escaped, lines, value

SECTION = ETHERNET.number

DOT = r"\."
"""An escaped dot. What is picked is compared as a whole: a dot that matches more does no harm, and reads better."""

TYPE = "802-3-ethernet"
"""NetworkManager's word for the kind of the underlay's connection profile."""

_FIRST = ("connection.autoconnect-priority", "999")
"""What has a boot bring up this profile of all that the interface has: the highest priority (nm-settings-nmcli(5)).

Where priorities are equal, NetworkManager takes the profile that was used last, by the second; and a change from one to
another uses both in the same second. A profile that exists already keeps the priority that it has.
"""

_DEVICE = "GENERAL,IP{v}.ADDRESS,IP{v}.GATEWAY,IP{v}.DNS,IP{v}.SEARCHES"


def things(host: Host, state: HostState | None) -> Iterator[Thing]:
    """Return what the host's own network connection is made of; nothing where it is used as it is."""
    if host.ethernet is None:
        return
    profile = wanted(host, host.ethernet)
    row = profiles.thing(
        "ethernet.profile",
        SECTION,
        f"Connection profile {profile.name} for {host.interface}",
        "The host needs an address on the underlay before a tunnel can start from it.",
        profile,
        touches=(host.interface,),
    )
    yield replace(row, refused=_refused(host, state))
    yield in_force(profile, host.interface, host.ethernet, (host.ethernet.address or host.vtep).version)
    if row.saves:
        yield row.saves


def wanted(host: Host, ethernet: Ethernet) -> Wanted:
    """Return the profile that the plan asks for."""
    add = ("con-name", ethernet.profile, "ifname", host.interface, "type", "ethernet", *_FIRST)
    settings = _ip_settings(host, ethernet)
    return Wanted(ethernet.profile, TYPE, host.interface, add, settings, set_new=True, tried=True)


def _ip_settings(host: Host, ethernet: Ethernet) -> dict[str, str]:
    """Return the IP properties, in the chapter's order. What the plan leaves open stays as it is."""
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


def _shown(name: str, ethernet: Ethernet | None) -> tuple[str, str]:
    """Return what the interface has to show, and what picks that: the profile's name, and the plan's values by keys.

    Lists are numbered, so that only the end of their keys counts. The gateway has a key of its own: it may be a DNS
    server too, and where the plan leaves it open, it is nobody's business.
    """
    listed = [str(ethernet.address or ""), *map(str, ethernet.dns), *ethernet.dns_search] if ethernet else []
    values = [value for value in dict.fromkeys(listed) if value]
    gateway = [f"GATEWAY:{ethernet.gateway}"] if ethernet and ethernet.gateway else []
    alone = [f"CONNECTION:{name}", *gateway]
    of_list = [f"]:({'|'.join(map(_plain, values))})"] if values else []
    pick = "|".join([*map(_plain, alone), "100 .connected.", *of_list])
    return lines([*alone, "100 (connected)", *(f"]:{value}" for value in values)]), f"({pick})$"


def _plain(text: str) -> str:
    return escaped(text).replace(DOT, ".")


def in_force(profile: Wanted, interface: str, ethernet: Ethernet | None = None, version: int = 4) -> Thing:
    """Return as a thing that the profile is active on the interface, which has the values that the plan gives it.

    Addresses that somebody else gave it are left alone.
    """
    wants, pick = _shown(profile.name, ethernet)
    device = ("nmcli", "-t", "-f", _DEVICE.format(v=version), "device", "show", interface)
    uuid = value("GENERAL.CON-UUID")
    again = command("nmcli", "connection", "up", "uuid", uuid)
    return Thing(
        "ethernet.activate",
        SECTION,
        interface,
        f"Activate {profile.name} on {interface}",
        "A profile takes effect when it is activated.",
        f"underlay.{interface}",
        Reading(device, pick),
        wants,
        make=(profiles.up(profile.name),),
        change=(profiles.up(profile.name),),
        kept=Reading(device, "GENERAL.CON-UUID:.+"),
        applies=f"profile.{value('GENERAL.CONNECTION')}",
        partial=True,
        delete=(profiles.down(profile.name),),
        restore=(again,),
        revive=(again,),
        back_title=f"{interface} on the connection profile that it had",
        touches=(interface,),
    )


def _refused(host: Host, state: HostState | None) -> str:
    """Return why the plan cannot have this interface; empty where it can, or nothing is known."""
    if state is None:
        return ""
    link = state.links.get(host.interface)
    if link is None:
        names = ", ".join(name for name in state.links if name != "lo")
        return f"there is no interface {host.interface} on this host (it has {names or 'none'})"
    if link.controller:
        return f"{host.interface} is a port of {link.controller}: activating a profile would take it out of there"
    return ""

"""firewalld's zones and their open UDP ports, over D-Bus: ten times as fast as firewall-cmd."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from vxlan_tui.command import Command
from vxlan_tui.plan import IpAddress
from vxlan_tui.reach import CommandFailed, Outcome, Reach
from vxlan_tui.state import Zone

_BUS = "org.fedoraproject.FirewallD1"
_PATH = "/org/fedoraproject/FirewallD1"

TIMEOUT = 6.0
"""Seconds for an answer: a firewalld that hangs must not hold its reader up for long."""

Argv = tuple[str, ...]


def call(method: str, *words: str, interface: str = "zone", path: str = _PATH) -> Argv:
    """Return a call, which does not start firewalld by asking: reading changes nothing."""
    full = f"{_BUS}.{interface}" if interface else _BUS
    signature = ("s" * len(words),) if words else ()
    return ("busctl", "--json=short", "--auto-start=no", "call", _BUS, path, full, method, *signature, *words)


DEFAULT_ZONE = call("getDefaultZone", interface="")
"""Asked in any case: firewalld answers where this does."""

ACTIVE_ZONES = call("getActiveZones")


@dataclass(frozen=True)
class Zones:
    """Which zone each device is in, the default one for all others, and which of the ports each of them lets in.

    `by_source` is which zone judges what comes from a source, whatever device it comes in on: a subnet, an address, a
    MAC address, or `ipset:` and a name.
    """

    by_device: Mapping[str, str] = field(default_factory=dict)
    default: str = ""
    open: Mapping[str, frozenset[int]] = field(default_factory=dict)
    by_source: Mapping[str, str] = field(default_factory=dict)

    def takes(self, zone: str, address: IpAddress) -> bool:
        """Whether a zone judges an address by its source, as far as is told: what is in an ipset is not."""
        return any(of == zone and _is_from(address, source) for source, of in self.by_source.items())

    def of(self, device: str) -> str:
        """Return the zone that what comes in on a device is judged by."""
        return self.by_device.get(device, self.default)

    def open_on(self, device: str) -> frozenset[int]:
        """Return the ports that are open to what comes in on a device."""
        return self.open.get(self.of(device), frozenset())


def _is_from(address: IpAddress, source: str) -> bool:
    """Whether a source is an address's, or one that does not tell: a MAC address, an ipset."""
    try:
        return address in ip_network(source, strict=False)
    except ValueError:
        return True


@dataclass(frozen=True)
class Rules:
    """The rich rules of a zone, now and permanently."""

    runtime: frozenset[str] = frozenset()
    permanent: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Firewall:
    """The zone that the ports belong in and its rules, the zone that the interface is in, and those of all devices."""

    planned: Zone
    actual: Zone
    zones: Zones
    rules: Rules


def read_zone(reach: Reach, interface: str, wanted: str | None, ports: Iterable[int]) -> Zone:
    """Give the zone that is wanted, else the one that the interface is in, else the default one.

    Raises CommandFailed where firewalld does not run.
    """
    return read(reach, interface, wanted, ports).planned


def read(reach: Reach, interface: str, wanted: str | None, ports: Iterable[int]) -> Firewall:
    """Return what firewalld lets in of these UDP ports; raise CommandFailed where it does not run.

    It is read in three rounds, whatever the number of zones.
    """
    first = (DEFAULT_ZONE, ACTIVE_ZONES, call("getZones"), call("getZoneOfInterface", interface))
    default, active, existing, own = _asked(reach, first)
    by_device = {device: zone for zone, of in active.items() for device in of.get("interfaces", ())}
    planned, actual = wanted or own or default, own or default
    numbers = sorted(set(ports))
    names = [name for name in dict.fromkeys((planned, actual, default, *active)) if name in existing]
    asked = [call("queryPort", name, str(port), "udp") for name in names for port in numbers]
    asked += [call("getRichRules", planned)]
    asked += [call("getZoneByName", name, interface="config", path=f"{_PATH}/config") for name in (planned, actual)]
    *answers, rules, place, other = _asked(reach, asked, missing="INVALID_ZONE")
    runtime = _by_zone(names, numbers, answers)
    permanent, kept = _permanent(reach, {planned: place, actual: other}, numbers, planned)
    of = {
        name: Zone(name, runtime.get(name, frozenset()), permanent.get(name, frozenset()), name in existing)
        for name in (planned, actual)
    }
    by_source = {source: zone for zone, of in active.items() for source in of.get("sources", ())}
    zones = Zones(by_device, default, runtime, by_source)
    return Firewall(of[planned], of[actual], zones, Rules(frozenset(rules or ()), kept))


def _permanent(
    reach: Reach, places: Mapping[str, Any], ports: list[int], planned: str
) -> tuple[dict[str, frozenset[int]], frozenset[str]]:
    """Read what is permanent, of zones by their places on the bus: a zone without one exists at runtime alone.

    That is which ports are open in each, and the rules of the planned one.
    """
    kept = {name: str(place) for name, place in places.items() if place}
    asked = [
        call("queryPort", str(port), "udp", interface="config.zone", path=place)
        for place in kept.values()
        for port in ports
    ]
    if planned not in kept:
        return _by_zone(list(kept), ports, _asked(reach, asked)), frozenset()
    *answers, rules = _asked(reach, [*asked, call("getRichRules", interface="config.zone", path=kept[planned])])
    return _by_zone(list(kept), ports, answers), frozenset(rules)


def _by_zone(names: list[str], ports: list[int], answers: list[Any]) -> dict[str, frozenset[int]]:
    found = iter(answers)
    return {name: frozenset(port for port in ports if next(found)) for name in names}


def _asked(reach: Reach, calls: Iterable[Argv], missing: str = "") -> list[Any]:
    """Return the answers; None for one that fails with that word, and CommandFailed for any other that fails."""
    asked = list(calls)
    found: list[Any] = []
    for argv, output in zip(asked, reach.read_all(asked, TIMEOUT), strict=True):
        if not output.ok and not (missing and missing in output.errors):
            raise CommandFailed(Outcome(Command(argv), output.status, TIMEOUT, output.errors, output.timed_out))
        found.append(json.loads(output.text)["data"][0] if output.ok else None)
    return found

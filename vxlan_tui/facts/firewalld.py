"""firewalld's zones and their open UDP ports, over D-Bus: ten times as fast as firewall-cmd."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vxlan_tui.command import Command
from vxlan_tui.reach import CommandFailed, Outcome, Reach
from vxlan_tui.state import Zone

_BUS = "org.fedoraproject.FirewallD1"
_PATH = "/org/fedoraproject/FirewallD1"

Argv = tuple[str, ...]


def _call(method: str, *words: str, interface: str = "zone", path: str = _PATH) -> Argv:
    """Return a call, which does not start firewalld by asking: reading changes nothing."""
    full = f"{_BUS}.{interface}" if interface else _BUS
    signature = ("s" * len(words),) if words else ()
    return ("busctl", "--json=short", "--auto-start=no", "call", _BUS, path, full, method, *signature, *words)


DEFAULT_ZONE = _call("getDefaultZone", interface="")
"""Asked in any case: firewalld answers where this does."""

ACTIVE_ZONES = _call("getActiveZones")


@dataclass(frozen=True)
class Zones:
    """Which zone each device is in, the default one for all others, and which of the ports each of them lets in."""

    by_device: Mapping[str, str] = field(default_factory=dict)
    default: str = ""
    open: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def of(self, device: str) -> str:
        """Return the zone that what comes in on a device is judged by."""
        return self.by_device.get(device, self.default)

    def open_on(self, device: str) -> frozenset[int]:
        """Return the ports that are open to what comes in on a device."""
        return self.open.get(self.of(device), frozenset())


@dataclass(frozen=True)
class Firewall:
    """The zone that the ports belong in, the one that the interface is in, and the zones of all devices."""

    planned: Zone
    actual: Zone
    zones: Zones


def read_zone(reach: Reach, interface: str, wanted: str | None, ports: Iterable[int]) -> Zone:
    """Give the zone that is wanted, else the one that the interface is in, else the default one.

    Raises CommandFailed where firewalld does not run.
    """
    return read(reach, interface, wanted, ports).planned


def read(reach: Reach, interface: str, wanted: str | None, ports: Iterable[int]) -> Firewall:
    """Return what firewalld lets in of these UDP ports; raise CommandFailed where it does not run.

    It is read in three rounds, whatever the number of zones.
    """
    asked = (DEFAULT_ZONE, ACTIVE_ZONES, _call("getZones"), _call("getZoneOfInterface", interface))
    default, active, existing, own = _asked(reach, asked)
    zones = Zones({device: zone for zone, of in active.items() for device in of.get("interfaces", ())}, default)
    planned, actual = wanted or own or default, own or default
    numbers = sorted(set(ports))
    names = [name for name in dict.fromkeys((planned, actual, default, *active)) if name in existing]
    queries = [_call("queryPort", name, str(port), "udp") for name in names for port in numbers]
    places = [_call("getZoneByName", name, interface="config", path=f"{_PATH}/config") for name in (planned, actual)]
    said = _asked(reach, [*queries, *places], missing="INVALID_ZONE")
    runtime = _by_zone(names, numbers, said[: len(queries)])
    permanent = _permanent(reach, dict(zip((planned, actual), said[len(queries) :], strict=True)), numbers)
    of = {
        name: Zone(name, runtime.get(name, frozenset()), permanent.get(name, frozenset()), name in existing)
        for name in (planned, actual)
    }
    return Firewall(of[planned], of[actual], Zones(zones.by_device, default, runtime))


def _permanent(reach: Reach, places: Mapping[str, Any], ports: list[int]) -> dict[str, frozenset[int]]:
    """Read the permanent configuration of zones, each by its place on the bus; none for one that has only a runtime."""
    kept = {name: str(place) for name, place in places.items() if place}
    asked = [
        _call("queryPort", str(port), "udp", interface="config.zone", path=place)
        for place in kept.values()
        for port in ports
    ]
    return _by_zone(list(kept), ports, _asked(reach, asked))


def _by_zone(names: list[str], ports: list[int], answers: list[Any]) -> dict[str, frozenset[int]]:
    found = iter(answers)
    return {name: frozenset(port for port in ports if next(found)) for name in names}


def _asked(reach: Reach, calls: Iterable[Argv], missing: str = "") -> list[Any]:
    """Return the answers; None for one that fails with that word, and CommandFailed for any other that fails."""
    asked = list(calls)
    found: list[Any] = []
    for argv, output in zip(asked, reach.read_all(asked), strict=True):
        if not output.ok and not (missing and missing in output.errors):
            raise CommandFailed(Outcome(Command(argv), output.status, 0.0, output.errors))
        found.append(json.loads(output.text)["data"][0] if output.ok else None)
    return found

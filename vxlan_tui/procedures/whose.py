"""Whose a record is, and which things stay because another plan on the same host needs them.

A record bears the plan file that it was made for. That file may be another one by now, on another console: what a plan
names is its own as well. What plans share on a host (its connection, firewalld's ports and rules, FRR, the encrypted
tunnel) has one record, whichever plan changed it first; it goes with the last plan that needs it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from vxlan_tui.plan import WIREGUARD_DEVICE, Plan
from vxlan_tui.record import Record, by_name
from vxlan_tui.sections import ETHERNET
from vxlan_tui.state import HostState, VxlanLink
from vxlan_tui.things import Thing

PORTS = tuple(f"{kind}{when}" for kind in ("port", "peers", "bgp", "icmp") for when in ("", "-permanent"))
"""Kinds of records of who is let in."""

_OF_UDP = ("port", "port-permanent", "peers", "peers-permanent")

_TUNNEL = ("key", "wireguard", "tunnel")


def not_asked(named: Iterable[str]) -> frozenset[str]:
    """Return of the records of a plan's things those that nothing on the way there is decided by."""
    return frozenset(name for name in named if name.partition(".")[0] not in PORTS)


def udp_port(record: str) -> str:
    """Return the UDP port that the record of this name is about; empty where it is about something else."""
    return record.rpartition(".")[2] if record.partition(".")[0] in _OF_UDP else ""


def made_for(plan: Plan, record: Record) -> bool:
    """Return whether a record was made for this very plan file."""
    return record.plan == str(plan.path)


def is_of(plan: Plan, record: Record, named: Collection[str]) -> bool:
    """Return whether a record is to be taken back with a plan, whose things have these records.

    One of a UDP port of the plan's is, whoever is let in there by now, and in whichever zone.
    """
    ports = {str(segment.port) for segment in plan.segments}
    return made_for(plan, record) or record.name in named or udp_port(record.name) in ports


@dataclass(frozen=True)
class Others:
    """The other plans on a host, as far as its records and its devices tell."""

    vxlans: tuple[Record, ...]
    records: Collection[str]
    state: HostState

    def stays(self, thing: Thing, record: Record) -> str:
        """Return in words which other plan's VXLAN a thing and its record stay for; empty for none."""
        if thing.section != ETHERNET.number and record.kind not in (*PORTS, *_TUNNEL, "evpn"):
            return ""
        user = next((each for each in self.vxlans if each.plan == record.plan or self._uses(each, record)), None)
        return f"It stays for {_device(user)}, of the plan {user.plan}." if user else ""

    def _uses(self, vxlan: Record, record: Record) -> bool:
        device = _device(vxlan)
        link = self.state.links.get(device)
        return link is not None and link.vxlan is not None and self._needs(device, link.vxlan, record)

    def _needs(self, device: str, vxlan: VxlanLink, record: Record) -> bool:
        kind = record.kind.removesuffix("-permanent")
        if udp_port(record.name) == str(vxlan.port):
            return True
        if kind in ("bgp", "evpn"):
            return not vxlan.learning
        tunnel = self.state.links.get(WIREGUARD_DEVICE)
        inside = tunnel is not None and vxlan.local in [each.partition("/")[0] for each in tunnel.addresses]
        return kind in (*_TUNNEL, "icmp", "peers") and inside


def others(plan: Plan, records: Iterable[Record], named: Collection[str], state: HostState | None) -> Others:
    """Return the other plans on a host, where the things of `plan` have records of these names."""
    known = by_name(records)
    vxlans = [
        record
        for record in known.values()
        if record.kind == "device"
        and is_vxlan(record)
        and record.plan
        and not made_for(plan, record)
        and record.name not in named
    ]
    return Others(tuple(vxlans), known.keys(), state or HostState())


def is_vxlan(record: Record) -> bool:
    """Return whether a device's record is a VXLAN's: a bridge's profile has the device's name."""
    device, _, profile = record.subject.partition(":")
    return device != profile


def _device(record: Record) -> str:
    return record.subject.partition(":")[0]


def with_what_stays(things: Iterable[Thing], records: Iterable[Record], of: Others) -> list[Thing]:
    """Return things in which each set of lines that has a record has those that are not the plan's to take away.

    What stood before the first change is not, nor is anything where nothing is on record. What came since is, unless
    another plan may have put it there.
    """
    known = by_name(records)
    return [
        replace(each, members=replace(each.members, stays=_stays(each, known.get(each.record), of)))
        if each.members and each.record
        else each
        for each in things
    ]


def _stays(thing: Thing, record: Record | None, of: Others) -> Collection[str] | None:
    if record is None or of.stays(thing, record):
        return None
    return thing.before.shown(record.text).splitlines()

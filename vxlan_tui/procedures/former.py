"""What the plan no longer names: things that were made or changed for it and that an edit has left behind.

A segment was renamed, a VM lives on another host now, a port or a zone is another one. What stood before comes back by
the same rule as with undo, as part of the way there: VMs that are another host's now, and VXLANs, which stand in the
way of those that take their place, first; all else once what takes its place is there.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vxlan_tui.judge import Outputs
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures import SECTIONS, back, ethernet, evpn, things, vms, whose, wireguard
from vxlan_tui.procedures.back import Recorded
from vxlan_tui.record import Record
from vxlan_tui.sections import BY_NAME
from vxlan_tui.state import HostState
from vxlan_tui.steps import Step


@dataclass(frozen=True)
class Former:
    """Former things with their records: those that go first, those that go last, and the devices that go with them."""

    first: tuple[Recorded, ...] = ()
    last: tuple[Recorded, ...] = ()
    gone: frozenset[str] = frozenset()

    @property
    def all(self) -> tuple[Recorded, ...]:
        """All of them."""
        return (*self.first, *self.last)

    def without(self, state: HostState) -> HostState:
        """Return the host's state once what goes first has gone."""
        profiles = tuple(profile for profile in state.profiles if profile.name not in self.gone)
        links = {name: link for name, link in state.links.items() if name not in self.gone}
        return replace(state, profiles=profiles, links=links) if self.gone else state

    def unseen(self, outputs: Outputs) -> Outputs:
        """Return what the readings will print once what goes first has gone."""
        return {argv: self._left(argv, text) for argv, text in outputs.items()} if self.gone else outputs

    def _left(self, argv: tuple[str, ...], text: str) -> str:
        if argv[-1] in self.gone:
            return ""
        rows = text.splitlines(keepends=True)
        return "".join(row for row in rows if _device_of(row) not in self.gone)


def _device_of(row: str) -> str:
    """Return the device, or profile, that a line of `ip -o link`, `ip -br link` or a list of nmcli's is about."""
    found = re.match(r"(?:\d+: )?([^:@ ]+)", row)
    return found[1] if found else ""


def steps(former: Iterable[Recorded], outputs: Outputs) -> list[Step]:
    """Return the steps that bring these things back to their records."""
    return [replace(step, id=f"{step.id}.former") for step in back.steps(former, outputs)]


def named(plan: Plan, host: Host, state: HostState) -> frozenset[str]:
    """Return the names of the records that the plan's own things can have on this host.

    A libvirt network on another bridge is not the plan's own: libvirt cannot redefine it, so it goes and is made anew.
    """
    networks = [state.networks[segment.network] for segment in plan.segments if segment.network in state.networks]
    planned = {segment.network: segment.bridge for segment in plan.segments}
    moved = {f"network.{network.name}" for network in networks if network.bridge != planned[network.name]}
    return frozenset(thing.record for thing in things(plan, host, state) if thing.record) - moved


def find(
    plan: Plan, host: Host, records: Sequence[Record], state: HostState, sections: Iterable[str] = SECTIONS
) -> Former:
    """Return what these sections have left behind on this host.

    The underlay's connection is not among them: a plan that no longer names it uses the interface as it is. Bridges
    and libvirt networks wait for the VMs' section, as their VMs do not leave them before.
    """
    asked = set(sections)
    known = named(plan, host, state)
    own = [record for record in records if whose.made_for(plan, record) and record.name not in known]
    others = whose.others(plan, records, known, state)
    here = {vm.name for vm in plan.vms_of(host)}
    rows = [
        (thing, record)
        for record in own
        if not _is_kept(record, here, own, state)
        for thing in back.of_record(record)
        if not others.stays(thing, record)
    ]
    away = {record.subject for _, record in rows if record.kind == "vm"}
    rows = [(back.with_own(thing, here | away, state), record) for thing, record in rows]
    planned = {f"network.{segment.network}" for segment in plan.segments}
    is_first = {r.name for _, r in rows if _is_in_the_way(r, own) or r.name in planned or r.kind in _OF_VMS}
    numbers = {BY_NAME[name].number for name in asked}
    first = [row for row in rows if row[1].name in is_first and row[0].section in numbers]
    last = [row for row in rows if row[1].name not in is_first and _section_of(row[1]) in asked]
    gone = {name for _, record in first if not record.text.strip() for name in _names(record)}
    return Former(tuple(first), tuple(last), frozenset(gone))


_OF_VMS = ("nic", "live", "vm", "power")


def _is_kept(record: Record, here: set[str], own: list[Record], state: HostState) -> bool:
    """Return whether a record that no thing of the plan bears is not to be taken back: the underlay's, or a VM's here.

    The name of a NIC's record follows from what else the VM has, which somebody may change.
    """
    if record.kind == "underlay":
        return True
    if record.kind == "profile":
        devices = [each.subject for each in own if each.kind == "device"]
        of_bridge = any(subject.partition(":")[2] == record.subject for subject in devices)
        is_ethernet = any(p.name == record.subject and p.type == ethernet.TYPE for p in state.profiles)
        return is_ethernet or not of_bridge
    if record.kind in ("nic", "live"):
        return vms.of_record(record.subject)[0] in here
    return record.kind in _OF_VMS and record.subject in here


def _is_in_the_way(record: Record, own: list[Record]) -> bool:
    """Return whether what a record is about cannot stand beside what takes its place.

    That is FRR's BGP router with all in it, and a VXLAN: its profile, its device, and the script beside them.
    """
    is_of_router = record.kind == "evpn" and "-" in record.subject  # the autonomous system ends its name
    if record.kind == "flood" or is_of_router:
        return True
    if record.kind == "device":
        return whose.is_vxlan(record)
    devices = [each.subject.partition(":") for each in own if each.kind == "device"]
    return record.kind == "profile" and any(
        profile == record.subject and device != profile for device, _, profile in devices
    )


def _names(record: Record) -> tuple[str, ...]:
    """Return the devices, profiles and networks that go with a thing that was not there; and what shows a router."""
    if record.name.startswith(evpn.ROUTER):
        return (evpn.RUNNING[-1],)
    return tuple(record.subject.split(":")) if record.kind in ("device", "profile", "network") else ()


def _section_of(record: Record) -> str:
    """Return the section whose way there ends with the way back of a thing that goes last."""
    of_bridge = record.kind in (*whose.PORTS, "evpn") or wireguard.of_record(record.name)
    return "bridge" if of_bridge else "vms"

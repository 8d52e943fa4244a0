"""The way back: from the records of what stood before to the steps that restore it.

One rule for all kinds: what was not there is taken away, what was is put back. The last section comes first; in a
section what stood is put back in the order it was changed in, then what did not stand is taken away, the last first;
what that needs is put back after it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from vxlan_tui import judge
from vxlan_tui.judge import Outputs
from vxlan_tui.paths import RECORDS_DIRECTORY
from vxlan_tui.plan import DEFAULT_SHUTDOWN_TIMEOUT, Host, Plan
from vxlan_tui.procedures import (
    SECTIONS,
    bridge,
    ethernet,
    evpn,
    firewall,
    flood,
    network,
    profiles,
    things,
    vms,
    whose,
    wireguard,
)
from vxlan_tui.procedures.profiles import Wanted
from vxlan_tui.record import Record, by_name
from vxlan_tui.sections import TABLE
from vxlan_tui.state import HostState, Nic
from vxlan_tui.steps import Step
from vxlan_tui.things import MTU_PROPERTY, Thing, escaped

Recorded = tuple[Thing, Record]


def recorded(plan: Plan, host: Host, records: Iterable[Record], state: HostState | None) -> list[Recorded]:
    """Return the things that this plan changed on this host with their records, in the order of the chapter.

    Those are the things that the plan names, and those that were recorded for this very plan file, edited since. Among
    them is what stays for another plan, with words that say so.
    """
    left = by_name(records)
    named = [thing for thing in things(plan, host, state, SECTIONS) if thing.record]
    names = {thing.record for thing in named}
    others = whose.others(plan, left.values(), names, state)
    timeouts = {vm.name: vm.shutdown_timeout for vm in plan.vms_of(host)}
    found = [
        (_as_it_ran(thing, left[thing.record], timeouts), left[thing.record]) for thing in named if thing.record in left
    ]
    for thing, _ in found:
        left.pop(thing.record, None)
    more = [
        (thing, record) for record in left.values() if whose.is_of(plan, record, names) for thing in of_record(record)
    ]
    own = {vms.of_record(record.subject)[0] for record in records if record.kind in ("nic", "live")}
    own |= {record.subject for record in records if record.kind in ("vm", "power")}
    rows = [
        (replace(with_own(thing, own, state), stays=others.stays(thing, record)), record)
        for thing, record in [*found, *more]
    ]
    return sorted(rows, key=lambda pair: _place(pair[0]))


def with_own(thing: Thing, vms_: set[str], state: HostState | None) -> Thing:
    """Return a thing whose way back is not barred by the VMs that are put back with it."""
    if thing.id == "network.define":
        return replace(thing, back_clear=(network.users(thing.subject, sorted(vms_)),))
    if thing.id == "bridge.bridge" and state:
        taps = [escaped(n.device) for name in vms_ for n in _live_nics(name, state) if n.device]
        segment_ports = bridge.foreign_ports(thing.subject, _vxlan_in(thing.subject, state), taps)
        return replace(thing, back_clear=(segment_ports,))
    return thing


def _as_it_ran(thing: Thing, record: Record, timeouts: Mapping[str, int]) -> Thing:
    """Return a thing with the way back that its record asks for, where that depends on it: a running VM's NIC."""
    if record.kind != "live":
        return thing
    timeout = timeouts.get(vms.of_record(record.subject)[0], DEFAULT_SHUTDOWN_TIMEOUT)
    return vms.as_it_ran(thing, record.text, timeout)


def _live_nics(vm: str, state: HostState) -> tuple[Nic, ...]:
    return state.vms[vm].live_nics if vm in state.vms else ()


def _vxlan_in(name: str, state: HostState) -> str:
    return next((link.name for link in state.ports_of(name) if link.vxlan), "none")


def _place(thing: Thing) -> int:
    return [section.number for section in TABLE].index(thing.section)


def steps(found: Iterable[Recorded], outputs: Outputs) -> list[Step]:
    """Return the steps that bring these things back to their records, in their order."""
    pairs = list(found)
    return [
        step
        for section in reversed(TABLE)
        for step in _section([pair for pair in pairs if pair[0].section == section.number], outputs)
    ]


def _section(pairs: list[Recorded], outputs: Outputs) -> Iterator[Step]:
    gone = {record.name for _, record in pairs if not record.text.strip()}
    alone = [pair for pair in pairs if pair[0].goes_with not in gone]
    stood = [pair for pair in alone if pair[0].before.shown(pair[1].text) and not pair[0].stays]
    put_back = [pair for pair in stood if not pair[0].last]
    changed: set[str] = set()
    for thing, record in put_back:
        step = judge.back(thing, record.text, outputs, file_of(record))
        changed.update([thing.record] if step.commands else [])
        yield judge.applied(step, thing, record.text, file_of(record), changed)
    yield from _saved(put_back, outputs)
    for thing, record in reversed([pair for pair in pairs if pair not in stood]):
        step = judge.back(thing, record.text, outputs, file_of(record))
        yield step if (thing, record) in alone else replace(step, commands=(), changes=(), thing=None)
    for thing, record in (pair for pair in stood if pair[0].last):
        yield judge.back(thing, record.text, outputs, file_of(record))


def _saved(put_back: Iterable[Recorded], outputs: Outputs) -> Iterator[Step]:
    """Return the steps that save the profiles which are put back in memory."""
    for thing, record in put_back:
        if save := thing.saves:
            before = judge.back(thing, record.text, outputs, file_of(record))
            unsaved = bool(judge.shown(save.reading, outputs))
            commands = save.change if unsaved or before.commands else ()
            yield Step(save.id, save.section, save.subject, save.title, commands=commands, confirms=True, thing=save)


def readings(found: Iterable[Recorded]) -> tuple[tuple[str, ...], ...]:
    """Return the commands that show how these things stand."""
    pairs = list(found)
    return judge.readings([*(thing for thing, _ in pairs), *(thing.saves for thing, _ in pairs if thing.saves)])


def file_of(record: Record) -> str:
    """Return the file of a record on its host."""
    return f"{RECORDS_DIRECTORY}/{record.name}"


def of_record(record: Record) -> tuple[Thing, ...]:
    """Return the things that a record is about, as far as the record tells; none for one of an unknown kind."""
    if record.kind == "evpn":
        return tuple(evpn.of_record(record.subject))
    return (*(make(record) for make in _KINDS.get(record.kind, ())), *wireguard.of_record(record.name))


def _profile(record: Record) -> Thing:
    pairs = dict(line.partition(":")[::2] for line in record.text.splitlines())
    kind = pairs.get("connection.type", "")
    is_underlay = kind == "802-3-ethernet"
    settings = {key: value for key, value in pairs.items() if re.fullmatch(profiles.PUT_BACK, f"{key}:{value}")}
    # A record holds no MTU where the profile had none; the underlay's is never asked for.
    settings |= {} if is_underlay else {MTU_PROPERTY: ""}
    wanted = Wanted(record.subject, kind, pairs.get("connection.interface-name", ""), (), settings, tried=is_underlay)
    step, section = ("ethernet.profile", ethernet.SECTION) if is_underlay else ("bridge.vxlan", bridge.SECTION)
    return profiles.thing(step, section, f"Connection profile {record.subject}", "", wanted)


def _live_nic(record: Record) -> Thing:
    vm, mac = vms.of_record(record.subject)
    return _as_it_ran(vms.live_nic(vm, mac, vm), record, {})


def _device(record: Record) -> Thing:
    device, _, profile = record.subject.partition(":")
    wanted = Wanted(profile, "", device)
    if " vxlan id " in record.text:
        return bridge.vxlan_device(wanted, "", "", ())
    return bridge.bridge_device(wanted, "", stp=False)


def _port(record: Record) -> Thing:
    zone, _, port = record.subject.rpartition(".")
    rows = (
        *firewall.opened(int(port), zone),
        *firewall.tunnel_peers(int(port), zone),
        *firewall.bgp_peers(zone),
        *firewall.echo(zone, int(port)),
    )
    return next(row for row in rows if row.record == record.name)


_KINDS: Mapping[str, tuple[Callable[[Record], Thing], ...]] = {
    "underlay": (lambda record: ethernet.in_force(Wanted("", "", record.subject), record.subject),),
    "profile": (_profile,),
    "device": (_device,),
    **dict.fromkeys(whose.PORTS, (_port,)),
    "flood": (lambda record: flood.script(record.subject),),
    "network": (
        lambda record: network.definition(record.subject),
        lambda record: network.active(record.subject),
        lambda record: network.autostart(record.subject),
    ),
    "nic": (lambda record: vms.stored_nic(*vms.of_record(record.subject), vms.of_record(record.subject)[0]),),
    "live": (_live_nic,),
    "vm": (lambda record: vms.existing(record.subject),),
    "power": (lambda record: vms.running(record.subject),),
}

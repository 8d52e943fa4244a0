"""All faults of a plan at once: table by table, and between the tables."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from vxlan_tui.plan.fault import Fault, kind_of, of_pydantic, printable, shown
from vxlan_tui.plan.model import Host, Plan, Segment, Table, Vm, with_default_names


def check(data: Mapping[str, Any]) -> tuple[Plan | None, list[Fault]]:
    """Check a plan's tables: a Plan, or None and all faults, table by table and between the tables."""
    faults = [Fault(key, "an unknown key", "hosts, segments, vms") for key in data if key not in Plan.model_fields]
    hosts = dict(_tables(Host, data, "hosts", faults, least=2))
    segments = dict(_tables(Segment, data, "segments", faults, least=1))
    vms = dict(_tables(Vm, data, "vms", faults, least=0))
    faults += _between_rows(data)
    faults += _between_hosts(hosts)
    faults += _between_segments(hosts, segments)
    faults += _between_names(hosts, segments)
    faults += _between_vms(vms)
    if faults:
        return None, faults
    return Plan(hosts=tuple(hosts.values()), segments=tuple(segments.values()), vms=tuple(vms.values())), []


T = TypeVar("T", bound=Table)


def _tables(
    model: type[T], data: Mapping[str, Any], key: str, faults: list[Fault], least: int
) -> Iterator[tuple[str, T]]:
    rows = data.get(key, [])
    if not isinstance(rows, list):
        faults.append(Fault(key, kind_of(rows), f"tables, each under [[{key}]]"))
        return
    if len(rows) < least:
        faults.append(Fault(key, f"{len(rows)} tables", f"{least} or more, each under [[{key}]]"))
    for index, row in enumerate(rows):
        where = f"{key}[{index}]"
        try:
            yield where, model.model_validate(row)
        except ValidationError as error:
            faults += [of_pydantic(where, detail, model) for detail in error.errors(include_url=False)]


def _between_rows(data: Mapping[str, Any]) -> Iterator[Fault]:
    """What tables say of each other's names, also where one of them has a fault of its own."""
    hosts, segments, vms = (_rows(data, key) for key in ("hosts", "segments", "vms"))
    segments = {where: with_default_names(row) for where, row in segments.items()}
    yield from _repeated("name", hosts)
    for key in ("vni", "vxlan", "bridge", "network"):
        yield from _repeated(key, segments)
    names = {key: [row.get(key) for row in rows.values()] for key, rows in (("name", hosts), ("network", segments))}
    for where, row in vms.items():
        for key, known, of in (
            ("host", names["name"], "a host"),
            ("network", names["network"], "a segment's network"),
        ):
            if isinstance(row.get(key), str) and row[key] not in known:
                listed = printable(", ".join(str(name) for name in known))
                yield Fault(f"{where}.{key}", shown(row[key]), f"{of} of the plan ({listed})")


def _rows(data: Mapping[str, Any], key: str) -> dict[str, dict[str, Any]]:
    rows = data.get(key)
    numbered = enumerate(rows) if isinstance(rows, list) else ()
    return {f"{key}[{index}]": row for index, row in numbered if isinstance(row, dict)}


def _between_hosts(hosts: Mapping[str, Host]) -> Iterator[Fault]:
    yield from _same("vtep", hosts, lambda host: host.vtep, "another address than every other host's")
    families = {host.vtep.version for host in hosts.values()}
    if len(families) > 1:
        first = next(iter(hosts.values())).vtep.version
        for where, host in hosts.items():
            if host.vtep.version != first:
                yield Fault(f"{where}.vtep", shown(host.vtep), f"an IPv{first} address, as the first host's")
    for where, host in hosts.items():
        if host.ethernet is None or host.ethernet.address is None:
            continue
        if host.ethernet.address.version != host.vtep.version:
            allowed = f"an IPv{host.ethernet.address.version} address, as [hosts.ethernet] gives the interface"
            yield Fault(f"{where}.vtep", shown(host.vtep), allowed)


def _between_segments(hosts: Mapping[str, Host], segments: Mapping[str, Segment]) -> Iterator[Fault]:
    version = next((host.vtep.version for host in hosts.values()), None)
    for where, segment in segments.items():
        if segment.group is None and len(hosts) > 2:
            found = f"nothing, with {len(hosts)} hosts"
            yield Fault(f"{where}.group", found, "a multicast group, where a plan has more than two hosts")
        if segment.group is not None and version is not None and segment.group.version != version:
            yield Fault(f"{where}.group", shown(segment.group), f"an IPv{version} group, as the hosts' VTEPs")


def _between_names(hosts: Mapping[str, Host], segments: Mapping[str, Segment]) -> Iterator[Fault]:
    """Devices share one name space on a host, and connection profiles another."""
    underlays = {host.interface for host in hosts.values()}
    bridges = {segment.bridge for segment in segments.values()}
    profiles = bridges | {segment.vxlan_profile for segment in segments.values()}
    for where, segment in segments.items():
        if segment.bridge in underlays:
            yield Fault(f"{where}.bridge", shown(segment.bridge), "another name than the underlay interface's")
        if segment.vxlan in underlays | bridges:
            allowed = "another name than a bridge's or the underlay interface's"
            yield Fault(f"{where}.vxlan", shown(segment.vxlan), allowed)
        if segment.vxlan_profile in bridges:
            allowed = "a name that is not also a VXLAN profile's (<bridge>-<vxlan>)"
            yield Fault(f"{where}.bridge", shown(segment.bridge), allowed)
    for where, host in hosts.items():
        if host.ethernet is not None and host.ethernet.profile in profiles:
            allowed = "another name than the bridge's and VXLAN's profiles (<bridge>, <bridge>-<vxlan>)"
            yield Fault(f"{where}.ethernet.profile", shown(host.ethernet.profile), allowed)


def _between_vms(vms: Mapping[str, Vm]) -> Iterator[Fault]:
    yield from _same("name", vms, lambda vm: (vm.host, vm.name, vm.mac), "each VM once, or once for each mac")
    yield from _same("address", vms, lambda vm: vm.address and (vm.network, vm.address))
    yield from _same("mac", vms, lambda vm: vm.mac and (vm.network, vm.mac))
    by_vm: dict[tuple[str, str], list[str]] = {}
    for where, vm in vms.items():
        by_vm.setdefault((vm.host, vm.name), []).append(where)
    for places in by_vm.values():
        for where in places if len(places) > 1 else []:
            if vms[where].mac is None:
                yield Fault(f"{where}.mac", "nothing", "which NIC, where a VM stands in the plan more than once")
            if vms[where].install is not None:
                yield Fault(f"{where}.install", "install", "nothing, where a VM stands in the plan more than once")


_UNIQUE = "a value that no other has"


def _repeated(key: str, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    named = {where: row[key] for where, row in rows.items() if isinstance(row.get(key), str | int)}
    yield from _duplicates(key, named, named, _UNIQUE)


def _same(key: str, rows: Mapping[str, T], value: Callable[[T], object], allowed: str = _UNIQUE) -> Iterator[Fault]:
    found = {where: getattr(row, key) for where, row in rows.items()}
    yield from _duplicates(key, {where: value(row) for where, row in rows.items()}, found, allowed)


def _duplicates(key: str, values: Mapping[str, object], found: Mapping[str, object], allowed: str) -> Iterator[Fault]:
    seen: dict[object, str] = {}
    for where, value in values.items():
        if value is None:
            continue
        if value in seen:
            yield Fault(f"{where}.{key}", f"{shown(found[where])}, as {seen[value]} has", allowed)
        seen.setdefault(value, where)

"""All faults of a plan at once: table by table, and between the tables."""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from pydantic import ValidationError

from vxlan_tui.plan.fault import Fault, kind_of, of_pydantic, printable, shown
from vxlan_tui.plan.model import LEAST, Plan
from vxlan_tui.plan.tables import (
    WIREGUARD_DEVICE,
    Encryption,
    Evpn,
    Host,
    Segment,
    Table,
    Vm,
    with_default_names,
)
from vxlan_tui.plan.values import IpNetwork


def check(data: Mapping[str, Any]) -> tuple[Plan | None, list[Fault]]:
    """Check a plan's tables: a Plan, or None and all faults, table by table and between the tables."""
    known = ", ".join(Plan.model_fields)
    faults = [Fault(printable(key), "an unknown key", known) for key in data if key not in Plan.model_fields]
    hosts = dict(_tables(Host, data, "hosts", faults))
    segments = dict(_tables(Segment, data, "segments", faults))
    vms = dict(_tables(Vm, data, "vms", faults))
    evpn = _table(Evpn, data, "evpn", faults)
    encryption = _table(Encryption, data, "encryption", faults)
    faults += _between_rows(data)
    faults += _between_hosts(hosts)
    faults += _between_names(hosts, segments)
    faults += _between_vms(vms)
    faults += _around_evpn(data, evpn, segments)
    if encryption is not None and encryption.subnet is not None:
        faults += _around_encryption(encryption, encryption.subnet, hosts, segments)
    faults += _families(encryption, hosts, segments)
    if faults:
        return None, faults
    tables = (tuple(hosts.values()), tuple(segments.values()), tuple(vms.values()))
    return Plan(hosts=tables[0], segments=tables[1], vms=tables[2], evpn=evpn, encryption=encryption), []


T = TypeVar("T", bound=Table)


def _tables(model: type[T], data: Mapping[str, Any], key: str, faults: list[Fault]) -> Iterator[tuple[str, T]]:
    rows = data.get(key, [])
    if not isinstance(rows, list):
        faults.append(Fault(key, kind_of(rows), f"tables, each under [[{key}]]"))
        return
    if len(rows) < LEAST[key]:
        faults.append(Fault(key, f"{len(rows)} tables", f"{LEAST[key]} or more, each under [[{key}]]"))
    for index, row in enumerate(rows):
        table = _checked(model, row, f"{key}[{index}]", faults)
        if table is not None:
            yield f"{key}[{index}]", table


def _table(model: type[T], data: Mapping[str, Any], key: str, faults: list[Fault]) -> T | None:
    if key not in data:
        return None
    if not isinstance(data[key], dict):
        faults.append(Fault(key, kind_of(data[key]), f"one table, under [{key}]"))
        return None
    return _checked(model, data[key], key, faults)


def _checked(model: type[T], row: object, where: str, faults: list[Fault]) -> T | None:
    try:
        return model.model_validate(row)
    except ValidationError as error:
        faults += [of_pydantic(where, detail, model) for detail in error.errors(include_url=False)]
        return None


def _between_rows(data: Mapping[str, Any]) -> Iterator[Fault]:
    """What tables say of each other's names, also where one of them has a fault of its own."""
    hosts, segments, vms = (_rows(data, key) for key in ("hosts", "segments", "vms"))
    segments = {where: with_default_names(row) for where, row in segments.items()}
    yield from _repeated("name", hosts)
    for key in ("vni", "vxlan", "bridge", "network"):
        yield from _repeated(key, segments)
    hosts_named, networks = _texts("name", hosts), _texts("network", segments)
    for where, row in vms.items():
        for key, known, of in (("host", hosts_named, "a host"), ("network", networks, "a segment's network")):
            if isinstance(row.get(key), str) and row[key] not in known:
                yield Fault(f"{where}.{key}", shown(row[key]), f"{of} of the plan ({_listed(known)})")
    evpn = data.get("evpn")
    reflectors = evpn.get("reflectors") if isinstance(evpn, dict) else None
    for index, name in enumerate(reflectors if isinstance(reflectors, list) else ()):
        if isinstance(name, str) and name not in hosts_named:
            allowed = f"a host of the plan ({_listed(hosts_named)})"
            yield Fault(f"evpn.reflectors[{index}]", shown(name), allowed)


def _texts(key: str, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, None]:
    """Give the texts under a key, in their order, each once."""
    return dict.fromkeys(row[key] for row in rows.values() if isinstance(row.get(key), str))


def _listed(names: Collection[str], most: int = 8) -> str:
    """Give the names for an error's words, which stay short where there are many."""
    more = [f"and {len(names) - most} more"] if len(names) > most else []
    return printable(", ".join([*islice(names, most), *more]))


def _rows(data: Mapping[str, Any], key: str) -> dict[str, dict[str, Any]]:
    rows = data.get(key)
    numbered = enumerate(rows) if isinstance(rows, list) else ()
    return {f"{key}[{index}]": row for index, row in numbered if isinstance(row, dict)}


def _between_hosts(hosts: Mapping[str, Host]) -> Iterator[Fault]:
    yield from _same("vtep", hosts, lambda host: host.vtep, "another address than every other host's")
    yield from _same("ssh", hosts, lambda host: host.ssh, "another destination than every other host's")
    yield from _same("public_key", hosts, lambda host: host.public_key, "each host's own key")
    first = next((host.vtep.version for host in hosts.values()), None)
    for where, host in hosts.items():
        if host.vtep.version != first:
            yield Fault(f"{where}.vtep", shown(host.vtep), f"an IPv{first} address, as the first host's")
        if host.vtep.version == 6 and host.vtep.is_link_local:
            allowed = "an address that other links can reach, not a link-local one (fe80::/10)"
            yield Fault(f"{where}.vtep", shown(host.vtep), allowed)
    for where, host in hosts.items():
        yield from _dns_beside_dhcp(where, host)
        if host.ethernet is None or host.ethernet.address is None:
            continue
        if host.ethernet.address.version != host.vtep.version:
            allowed = f"an IPv{host.ethernet.address.version} address, as [hosts.ethernet] gives the interface"
            yield Fault(f"{where}.vtep", shown(host.vtep), allowed)


def _dns_beside_dhcp(where: str, host: Host) -> Iterator[Fault]:
    """What DHCP gives the interface is of the VTEP's family, and so are the servers that the plan adds."""
    if host.ethernet is not None and host.ethernet.address is None:
        for index, server in enumerate(host.ethernet.dns):
            if server.version != host.vtep.version:
                allowed = f"an IPv{host.vtep.version} address, as the host's VTEP"
                yield Fault(f"{where}.ethernet.dns[{index}]", shown(server), allowed)


def _families(
    encryption: Encryption | None, hosts: Mapping[str, Host], segments: Mapping[str, Segment]
) -> Iterator[Fault]:
    """What each way of finding the other hosts needs of the tunnel's addresses."""
    version = next((host.vtep.version for host in hosts.values()), None)
    if encryption is not None and encryption.subnet is not None:
        version = encryption.subnet.version
    for where, segment in segments.items():
        if segment.group is not None and version is not None and segment.group.version != version:
            yield Fault(f"{where}.group", shown(segment.group), f"an IPv{version} group, as the hosts' VTEPs")
        if segment.control == "evpn" and version == 6:
            allowed = "a list or a group, where the tunnel's addresses are IPv6: FRR has EVPN over IPv4"
            yield Fault(f"{where}.control", shown(segment.control), allowed)


def _around_evpn(data: Mapping[str, Any], evpn: Evpn | None, segments: Mapping[str, Segment]) -> Iterator[Fault]:
    users = [where for where, segment in segments.items() if segment.control == "evpn"]
    if users and "evpn" not in data:
        yield Fault("evpn", "nothing", f"a table [evpn] with asn, as {users[0]}.control asks for it")
    if evpn is not None:
        names = {f"evpn.reflectors[{index}]": name for index, name in enumerate(evpn.reflectors)}
        yield from _duplicates("", names, names, _UNIQUE)


def _around_encryption(
    encryption: Encryption, subnet: IpNetwork, hosts: Mapping[str, Host], segments: Mapping[str, Segment]
) -> Iterator[Fault]:
    if encryption.room < len(hosts):
        yield Fault("encryption.subnet", shown(subnet), f"a subnet with an address for each of the {len(hosts)} hosts")
    inside = next((place for where, host in hosts.items() for place in _within(subnet, where, host)), None)
    if inside is not None:
        yield Fault("encryption.subnet", shown(subnet), f"a subnet apart from the underlay's: {inside} is part of it")
    for where, segment in segments.items():
        if segment.port == encryption.port:
            yield Fault(f"{where}.port", shown(segment.port), "another port than the encrypted tunnel's")
        if segment.group is not None:
            allowed = "nothing, with [encryption]: a WireGuard tunnel carries no multicast"
            yield Fault(f"{where}.group", shown(segment.group), allowed)
        names = {"vxlan": segment.vxlan, "bridge": segment.bridge}
        yield from (
            Fault(f"{where}.{key}", shown(name), _NOT_THE_TUNNELS)
            for key, name in names.items()
            if name == WIREGUARD_DEVICE
        )
        if segment.vxlan_profile == WIREGUARD_DEVICE:
            allowed = (
                f"a name with which its profile (<bridge>-<vxlan>) is not {WIREGUARD_DEVICE}, the encrypted tunnel's"
            )
            yield Fault(f"{where}.vxlan", shown(segment.vxlan), allowed)
    for where, host in hosts.items():
        if host.interface == WIREGUARD_DEVICE:
            yield Fault(f"{where}.interface", shown(host.interface), _NOT_THE_TUNNELS)
        if host.ethernet is not None and host.ethernet.profile == WIREGUARD_DEVICE:
            yield Fault(f"{where}.ethernet.profile", shown(host.ethernet.profile), _NOT_THE_TUNNELS)


_NOT_THE_TUNNELS = "another name than the encrypted tunnel's device and profile"


def _within(subnet: IpNetwork, where: str, host: Host) -> Iterator[str]:
    """Name what of a host's underlay lies in a subnet."""
    if host.vtep in subnet:
        yield f"{where}.vtep ({host.vtep})"
    ethernet = host.ethernet
    if ethernet is None:
        return
    if ethernet.address is not None and ethernet.address.version == subnet.version:
        network = ethernet.address.network
        if network.network_address in subnet or subnet.network_address in network:
            yield f"{where}.ethernet.address ({ethernet.address})"
    for key, addresses in (("gateway", (ethernet.gateway,)), ("dns", ethernet.dns)):
        yield from (f"{where}.ethernet.{key} ({each})" for each in addresses if each is not None and each in subnet)


def _between_names(hosts: Mapping[str, Host], segments: Mapping[str, Segment]) -> Iterator[Fault]:
    """Devices share one name space on a host, and connection profiles another."""
    underlays = {host.interface for host in hosts.values()}
    bridges = {segment.bridge for segment in segments.values()}
    of_vxlans: dict[str, str] = {}
    for where, segment in segments.items():
        first = of_vxlans.setdefault(segment.vxlan_profile, where)
        if first != where and segment.vxlan != segments[first].vxlan:
            allowed = (
                f"a name with which its profile (<bridge>-<vxlan>) is not {segment.vxlan_profile}, as {first}'s is"
            )
            yield Fault(f"{where}.vxlan", shown(segment.vxlan), allowed)
    profiles = bridges | set(of_vxlans)
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
            at = f"{where}.{key}" if key else where
            yield Fault(at, f"{shown(found[where])}, as {seen[value]} has", allowed)
        seen.setdefault(value, where)

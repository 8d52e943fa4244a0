"""What the admin wants: the plan file, read and checked (contract: the plan file).

A plan is one TOML file for the whole segment, the same on every host. `load` gives a `Plan` or raises
`PlanError`, which names every fault of the file at once.
"""

import shlex
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from vxlan_tui.values import (
    Address,
    DomainName,
    HostName,
    InterfaceName,
    MacAddress,
    MulticastGroup,
    NetworkName,
    ProfileName,
    VmAddress,
    VmName,
    Vtep,
    WithPrefix,
    ZoneName,
)

IpAddress = IPv4Address | IPv6Address
IpInterface = IPv4Interface | IPv6Interface

DEFAULT_PORT = 8472
"""NetworkManager's default UDP destination port (chapter, section 10.3; IANA's is 4789)."""

MAX_PLAN_BYTES = 8 * 1024 * 1024


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Ethernet(_Table):
    """The underlay's connection profile (chapter, section 10.2)."""

    profile: ProfileName
    method: Literal["manual", "auto"]
    address: WithPrefix | None = None
    gateway: Address | None = None
    dns: tuple[Address, ...] = Field(default=(), strict=False)
    dns_search: tuple[DomainName, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _fits_its_method(self) -> Self:
        if self.method == "manual" and self.address is None:
            raise _fault("address", "nothing", 'an address with its prefix, as in "198.51.100.2/24"')
        if self.method == "auto":
            for key in ("address", "gateway"):
                if getattr(self, key) is not None:
                    raise _fault(key, str(getattr(self, key)), 'nothing, where method is "auto" (DHCP)')
        if self.address is not None:
            self._check_families(self.address)
        return self

    def _check_families(self, address: IpInterface) -> None:
        family = f"an IPv{address.version} address, as the interface's own"
        if self.gateway is not None:
            if self.gateway.version != address.version:
                raise _fault("gateway", str(self.gateway), family)
            if self.gateway == address.ip:
                raise _fault("gateway", str(self.gateway), "another address than the interface's own")
        for index, server in enumerate(self.dns):
            if server.version != address.version:
                raise _fault(f"dns[{index}]", str(server), family)


class Host(_Table):
    """One KVM host: its underlay interface and VTEP."""

    name: HostName
    interface: InterfaceName
    vtep_address: Vtep | None = Field(default=None, alias="vtep")
    zone: ZoneName | None = None
    ethernet: Ethernet | None = None

    @model_validator(mode="after")
    def _has_a_vtep(self) -> Self:
        if self.vtep_address is None and (self.ethernet is None or self.ethernet.address is None):
            allowed = "the source address of the tunnel (it follows only from a manual [hosts.ethernet] address)"
            raise _fault("vtep", "nothing", allowed)
        return self

    @property
    def vtep(self) -> IpAddress:
        """The source address of this host's tunnels."""
        if self.vtep_address is not None:
            return self.vtep_address
        assert self.ethernet is not None and self.ethernet.address is not None  # noqa: S101 (the validator holds it)
        return self.ethernet.address.ip


class Segment(_Table):
    """One layer-2 segment: a VNI, and what carries it on every host (chapter, sections 10.3 and 10.4)."""

    vni: int = Field(ge=0, le=0xFFFFFF)
    vxlan: InterfaceName = ""
    bridge: InterfaceName
    network: NetworkName = ""
    port: int = Field(default=DEFAULT_PORT, ge=1, le=0xFFFF)
    group: MulticastGroup | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_names(cls, data: object) -> object:
        return _with_default_names(data) if isinstance(data, dict) else data

    @property
    def vxlan_profile(self) -> str:
        """The VXLAN's connection profile, named as the chapter names it."""
        return f"{self.bridge}-{self.vxlan}"


def _with_default_names(row: Mapping[str, Any]) -> dict[str, Any]:
    vni = row.get("vni")
    vxlan = row.get("vxlan", f"vxlan{vni}" if isinstance(vni, int) else None)
    network = row.get("network", f"{vxlan}-bridge" if isinstance(vxlan, str) else None)
    named = {"vxlan": vxlan, "network": network}
    return {**row, **{key: value for key, value in named.items() if value is not None}}


class Vm(_Table):
    """A VM of one host and the network that one of its NICs belongs to (chapter, section 10.5)."""

    host: str
    name: VmName
    network: str
    mac: MacAddress | None = None
    address: VmAddress | None = None
    install: str | None = None
    shutdown_timeout: int = Field(default=60, ge=1, le=86400)

    @model_validator(mode="after")
    def _install_is_options(self) -> Self:
        if self.install is not None:
            _check_install(self.install)
        return self

    @property
    def install_words(self) -> tuple[str, ...]:
        """The admin's own options for virt-install, one argv element each."""
        return tuple(shlex.split(self.install)) if self.install is not None else ()


class Plan(_Table):
    """What every host of the segments is to become."""

    hosts: tuple[Host, ...]
    segments: tuple[Segment, ...]
    vms: tuple[Vm, ...] = ()
    _path: Path = PrivateAttr(default=Path("plan.toml"))

    @property
    def path(self) -> Path:
        """The file it was read from, as an absolute path."""
        return self._path

    def host(self, name: str) -> Host:
        """Give the host of that name; raises KeyError."""
        return {host.name: host for host in self.hosts}[name]

    def peers(self, host: Host) -> tuple[Host, ...]:
        """Give the other hosts, in the plan's order."""
        return tuple(other for other in self.hosts if other.name != host.name)

    def remote(self, host: Host, segment: Segment) -> IpAddress:
        """Give the address that `host` sends unknown destinations of `segment` to.

        It is the multicast group, or the other host's VTEP: host-b's view is host-a's, mirrored.
        """
        return segment.group or self.peers(host)[0].vtep

    def vms_of(self, host: Host) -> tuple[Vm, ...]:
        """Give the VMs that live on `host`."""
        return tuple(vm for vm in self.vms if vm.host == host.name)

    def segment_of(self, network: str) -> Segment:
        """Give the segment behind a libvirt network of the plan; raises KeyError."""
        return {segment.network: segment for segment in self.segments}[network]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a plan: where, what was found, what is allowed."""

    key: str
    found: str
    allowed: str

    def __str__(self) -> str:
        where = f"{self.key}: " if self.key else ""
        return f"{where}found {self.found}; allowed: {self.allowed}"


class PlanError(Exception):
    """A plan that is refused, with every fault that was found in it."""

    def __init__(self, path: Path, faults: Iterable[Fault]) -> None:
        self.path = path
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{printable(str(path))}: {fault}" for fault in self.faults))


def load(path: Path) -> Plan:
    """Read and check a plan file; raises PlanError, which holds all of its faults."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_PLAN_BYTES + 1)
    except OSError as error:
        raise PlanError(path, [Fault("", error.strerror or "no such file", "a readable plan file")]) from error
    if len(raw) > MAX_PLAN_BYTES:
        raise PlanError(path, [Fault("", "a larger file", f"at most {MAX_PLAN_BYTES} bytes")])
    return parse(raw, path)


def parse(raw: bytes, path: Path) -> Plan:
    """Check a plan file's content; raises PlanError, which holds all of its faults."""
    try:
        data = tomllib.loads(raw.decode())
    except UnicodeDecodeError as error:
        raise PlanError(path, [Fault("", f"byte {error.start} that is not UTF-8", "UTF-8 text")]) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PlanError(path, [Fault("", f"text that is not TOML ({error})", "a TOML file")]) from error
    plan, faults = check(data)
    if plan is None:
        raise PlanError(path, faults)
    plan._path = path.absolute()
    return plan


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


T = TypeVar("T", bound=_Table)


def _tables(
    model: type[T], data: Mapping[str, Any], key: str, faults: list[Fault], least: int
) -> Iterator[tuple[str, T]]:
    rows = data.get(key, [])
    if not isinstance(rows, list):
        faults.append(Fault(key, _kind(rows), f"tables, each under [[{key}]]"))
        return
    if len(rows) < least:
        faults.append(Fault(key, f"{len(rows)} tables", f"{least} or more, each under [[{key}]]"))
    for index, row in enumerate(rows):
        where = f"{key}[{index}]"
        try:
            yield where, model.model_validate(row)
        except ValidationError as error:
            faults += [_as_fault(where, detail, model) for detail in error.errors(include_url=False)]


def _between_rows(data: Mapping[str, Any]) -> Iterator[Fault]:
    """What tables say of each other's names, also where one of them has a fault of its own."""
    hosts, segments, vms = (_rows(data, key) for key in ("hosts", "segments", "vms"))
    segments = {where: _with_default_names(row) for where, row in segments.items()}
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
                yield Fault(f"{where}.{key}", _shown(row[key]), f"{of} of the plan ({listed})")


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
                yield Fault(f"{where}.vtep", _shown(host.vtep), f"an IPv{first} address, as the first host's")
    for where, host in hosts.items():
        if host.ethernet is None or host.ethernet.address is None:
            continue
        if host.ethernet.address.version != host.vtep.version:
            allowed = f"an IPv{host.ethernet.address.version} address, as [hosts.ethernet] gives the interface"
            yield Fault(f"{where}.vtep", _shown(host.vtep), allowed)


def _between_segments(hosts: Mapping[str, Host], segments: Mapping[str, Segment]) -> Iterator[Fault]:
    version = next((host.vtep.version for host in hosts.values()), None)
    for where, segment in segments.items():
        if segment.group is None and len(hosts) > 2:
            found = f"nothing, with {len(hosts)} hosts"
            yield Fault(f"{where}.group", found, "a multicast group, where a plan has more than two hosts")
        if segment.group is not None and version is not None and segment.group.version != version:
            yield Fault(f"{where}.group", _shown(segment.group), f"an IPv{version} group, as the hosts' VTEPs")


def _between_names(hosts: Mapping[str, Host], segments: Mapping[str, Segment]) -> Iterator[Fault]:
    """Devices share one name space on a host, and connection profiles another."""
    underlays = {host.interface for host in hosts.values()}
    bridges = {segment.bridge for segment in segments.values()}
    profiles = bridges | {segment.vxlan_profile for segment in segments.values()}
    for where, segment in segments.items():
        if segment.bridge in underlays:
            yield Fault(f"{where}.bridge", _shown(segment.bridge), "another name than the underlay interface's")
        if segment.vxlan in underlays | bridges:
            allowed = "another name than a bridge's or the underlay interface's"
            yield Fault(f"{where}.vxlan", _shown(segment.vxlan), allowed)
        if segment.vxlan_profile in bridges:
            allowed = "a name that is not also a VXLAN profile's (<bridge>-<vxlan>)"
            yield Fault(f"{where}.bridge", _shown(segment.bridge), allowed)
    for where, host in hosts.items():
        if host.ethernet is not None and host.ethernet.profile in profiles:
            allowed = "another name than the bridge's and VXLAN's profiles (<bridge>, <bridge>-<vxlan>)"
            yield Fault(f"{where}.ethernet.profile", _shown(host.ethernet.profile), allowed)


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
    shown = {where: getattr(row, key) for where, row in rows.items()}
    yield from _duplicates(key, {where: value(row) for where, row in rows.items()}, shown, allowed)


def _duplicates(key: str, values: Mapping[str, object], shown: Mapping[str, object], allowed: str) -> Iterator[Fault]:
    seen: dict[object, str] = {}
    for where, value in values.items():
        if value is None:
            continue
        if value in seen:
            yield Fault(f"{where}.{key}", f"{_shown(shown[where])}, as {seen[value]} has", allowed)
        seen.setdefault(value, where)


def _check_install(install: str) -> None:
    if not install.isprintable():
        raise _fault("install", _shown(install), "options on one line, without control characters")
    try:
        words = shlex.split(install)
    except ValueError as error:
        raise _fault("install", f"{_shown(install)} ({error})", "options with their quotes closed") from error
    ours = ("--name", "-n", "--network", "-w", "--nonetworks", "--connect", "-c")
    for word in words:
        if word.split("=")[0] in ours or (word[:2] in ("-n", "-w", "-c") and not word.startswith("--")):
            raise _fault("install", word, f"other options than {', '.join(ours)}, which the plan itself sets")


def _fault(key: str, found: str, allowed: str) -> PydanticCustomError:
    """A fault of a table that a single field does not show; `_as_fault` reads it back."""
    return PydanticCustomError("fault", "{found}", {"key": key, "found": found, "allowed": allowed})


def _as_fault(where: str, detail: ErrorDetails, model: type[BaseModel]) -> Fault:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in detail["loc"] if not _is_branch(part)]
    key = printable(where + "".join(parts))
    context: Mapping[str, Any] = detail.get("ctx", {})
    if detail["type"] == "fault":
        return Fault(f"{key}.{context['key']}", str(context["found"]), context["allowed"])
    if detail["type"] == "missing":
        return Fault(key, "nothing", "a value; the key is required")
    if detail["type"] == "extra_forbidden":
        return Fault(key, "an unknown key", ", ".join(_keys(_model_at(model, detail["loc"][:-1]))))
    return Fault(key, _shown(detail["input"]), _allowed(detail))


def _is_branch(part: int | str) -> bool:
    return isinstance(part, str) and part.startswith(("function-", "tuple[", "nullable["))


def _model_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel]:
    return Ethernet if "ethernet" in location else model


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "tuple_type": "a list",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def _allowed(detail: ErrorDetails) -> str:
    context: Mapping[str, Any] = detail.get("ctx", {})
    match detail["type"]:
        case "greater_than_equal" | "less_than_equal" if detail["loc"][-1] == "vni":
            return "0 to 16777215 (24 bits, RFC 7348)"
        case "greater_than_equal" | "less_than_equal" if detail["loc"][-1] == "port":
            return "1 to 65535"
        case "greater_than_equal" | "less_than_equal":
            return "1 to 86400 seconds"
        case "literal_error":
            return str(context["expected"])
        case "allowed":
            return str(context["allowed"])
        case kind:
            return _KINDS.get(kind, detail["msg"])


def _kind(value: object) -> str:
    names = {
        dict: "a table",
        list: "a list",
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "a date or time")


def _shown(value: object) -> str:
    """A value as an error shows it: one line, bounded, without control characters."""
    if isinstance(value, dict | list):
        return _kind(value)
    text = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    text = printable(text)
    return text if len(text) <= 80 else f"{text[:77]}..."


def printable(text: str) -> str:
    """Give `text` with every control character written as an escape: safe on a terminal, on one line."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)

"""The kinds of value that a plan is made of, each with what it allows in words.

Names reach commands as argv elements only. These rules keep out what a tool would read as something else
(a leading dash, a VM name that is a number) and what the kernel or libvirt refuses.
"""

import re
import uuid
from collections.abc import Callable
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

IpAddress = IPv4Address | IPv6Address
IpInterface = IPv4Interface | IPv6Interface
IpNetwork = IPv4Network | IPv6Network


def _refuse(allowed: str) -> PydanticCustomError:
    return PydanticCustomError("allowed", "{allowed}", {"allowed": allowed})


def _matching(pattern: str, allowed: str) -> Callable[[object], str]:
    compiled = re.compile(pattern, re.ASCII)

    def check(value: object) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise _refuse(allowed)
        return value

    return check


def _free_text(value: object, most: int, allowed: str, forbidden: str = "") -> str:
    """Text that may hold spaces and quotes, but nothing that a terminal, a tool or a line would trip over."""
    if (
        not isinstance(value, str)
        or not value.isprintable()
        or value != value.strip()
        or not 1 <= len(value.encode()) <= most
        or value.startswith("-")
        or any(char in value for char in forbidden)
    ):
        raise _refuse(allowed)
    return value


def _profile(value: object) -> str:
    # What stood before is recorded in a file that bears the name (before.Record).
    allowed = "1 to 200 printable characters, no slash, no leading dash, no space at either end"
    return _free_text(value, 200, allowed, "/")


def _vm_name(value: object) -> str:
    allowed = "1 to 200 printable characters, no slash, no leading dash, no space at either end"
    name = _free_text(value, 200, allowed, "/")
    if _is_number(name) or _is_uuid(name):
        raise _refuse("a name that is not a number or a UUID: virsh would take it for another VM's")
    return name


def _is_number(text: str) -> bool:
    """Whether virsh (strtol) or virt-xml (Python's int) reads a number: "+1" and "1_0" are such as well."""
    try:
        int(text)
    except ValueError:
        return text.isdigit()
    return True


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _domain(value: object) -> str:
    allowed = "a DNS search domain of at most 253 characters, without spaces, commas, semicolons and backslashes"
    return _free_text(value, 253, allowed, " ,;\\")


def _interface_name(value: object) -> str:
    name = _matching(_INTERFACE_PATTERN, _INTERFACE)(value)
    if name in ("all", "default", "bonding_masters"):
        raise _refuse(f"{_INTERFACE}; not {name}, which the kernel keeps for itself")
    return name


_INTERFACE_PATTERN = r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,14}"
_INTERFACE = "1 to 15 letters, digits and _ . @ + -, the first a letter, a digit or _"


def _address(value: object) -> IpAddress:
    if not isinstance(value, str):
        raise _refuse("an IP address")
    try:
        address = ip_address(value)
    except ValueError:
        raise _refuse('an IPv4 or IPv6 address, as in "198.51.100.2"') from None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise _refuse("an IPv6 address without a scope (%)")
    return address


def _unicast(value: object) -> IpAddress:
    address = _address(value)
    if (
        address.is_multicast
        or address.is_unspecified
        or address.is_loopback
        or address == IPv4Address("255.255.255.255")
    ):
        raise _refuse("a unicast address of the interface, not a multicast, broadcast, loopback or unspecified one")
    return address


def _group(value: object) -> IpAddress:
    address = _address(value)
    if not address.is_multicast:
        raise _refuse('a multicast group: 224.0.0.0/4 or ff00::/8, as in "239.1.1.10"')
    return address


def _vm_address(value: object) -> IPv4Address:
    address = _unicast(value)
    if not isinstance(address, IPv4Address):
        raise _refuse("an IPv4 address: the check asks for it by ARP")
    return address


def _with_prefix(value: object) -> IpInterface:
    allowed = 'an address with its prefix, as in "198.51.100.2/24"'
    if not isinstance(value, str) or not re.fullmatch(_PREFIXED, value, re.ASCII):
        raise _refuse(allowed)
    try:
        interface = ip_interface(value)
    except ValueError:
        raise _refuse(allowed) from None
    _unicast(value.split("/")[0])
    host_bits = interface.max_prefixlen - interface.network.prefixlen
    ends = (interface.network.network_address, interface.network.broadcast_address)
    if host_bits > 1 and interface.version == 4 and interface.ip in ends:
        raise _refuse("a host's address, not the subnet's own or its broadcast address")
    if interface.network.prefixlen == 0:
        raise _refuse("a prefix of at least 1")
    return interface


def _mac(value: object) -> str:
    mac = _matching(_MAC_PATTERN, _MAC)(value).lower()
    if int(mac[:2], 16) & 1 or mac == "00:00:00:00:00:00":
        raise _refuse(f"{_MAC}; a unicast one (the first byte is even)")
    return mac


_MAC_PATTERN = r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}"
_MAC = 'a MAC address, as in "52:54:00:aa:bb:cc"'


def _ssh_destination(value: object) -> str:
    """What `ssh` takes as its destination; nothing that it or a command of its settings would read otherwise."""
    found = re.fullmatch(_SSH_PATTERN, value, re.ASCII) if isinstance(value, str) else None
    if found is None or int(found["port"] or 22) not in range(1, 0x10000):
        raise _refuse(_SSH)
    if found["address"] is not None and not _is_ipv6(found["address"]):
        raise _refuse(_SSH)
    return found.string


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


_SSH_NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}"
_SSH_USER = r"([A-Za-z0-9_][A-Za-z0-9._+-]{0,63}@)?"
_SSH_PATTERN = (
    rf"(?:{_SSH_USER}(?:{_SSH_NAME}|(?P<address>[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*))"
    rf"|ssh://{_SSH_USER}{_SSH_NAME}(?::(?P<port>[0-9]{{1,5}}))?)"  # ssh reads no IPv6 address in a URI
)
_SSH = (
    'an OpenSSH destination: "root@host-a.example.com", an alias of ssh_config, or "ssh://root@host-a:2222"; '
    "of letters, digits and . _ -, the first not a dash"
)


def _public_key(value: object) -> str:
    key = _matching(KEY_PATTERN, _KEY)(value)
    if not key.strip("A="):
        raise _refuse(_KEY)
    return key


KEY_PATTERN = "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
"""Matches 32 bytes in base64, which is what a key of WireGuard's is (a regular expression, also for grep -E)."""

_KEY = "a WireGuard public key: 32 bytes in base64, 44 characters, as `wg pubkey` prints it"


def _subnet(value: object) -> IpNetwork:
    allowed = 'a subnet with its prefix, as in "10.255.42.0/24"'
    if not isinstance(value, str) or not re.fullmatch(_PREFIXED, value, re.ASCII):
        raise _refuse(allowed)
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        raise _refuse(allowed) from None
    address = network.network_address
    if ip_address(value.split("/")[0]) != address:
        raise _refuse(f"a subnet's own address, as in {network}")
    if (
        address.is_multicast
        or address.is_unspecified
        or address.is_loopback
        or address.is_link_local
        or (network.version == 4 and address.is_reserved)
    ):
        raise _refuse("a subnet of unicast addresses, not a loopback, link-local, multicast or reserved one")
    return network


def _written(address: object) -> str:
    return str(address)  # a function, as older versions of pydantic cannot take the type


_as_text = PlainSerializer(_written)


def _schema(pattern: str, **more: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", **more})


def _text(pattern: str, allowed: str) -> tuple[BeforeValidator, WithJsonSchema]:
    return BeforeValidator(_matching(pattern, allowed)), _schema(pattern)


def _whole(least: int, most: int, words: str = "") -> tuple[BeforeValidator, WithJsonSchema]:
    def check(value: object) -> object:
        if type(value) is int and not least <= value <= most:
            raise _refuse(f"{least} to {most}{words}")
        return value

    return BeforeValidator(check), WithJsonSchema({"type": "integer", "minimum": least, "maximum": most})


_IP = WithJsonSchema({"type": "string", "title": "IP address", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]})
_IPV4 = WithJsonSchema({"type": "string", "title": "IPv4 address", "format": "ipv4"})
_PREFIXED = r"[0-9A-Fa-f.:]+/[0-9]{1,3}"

HostName = Annotated[
    str, *_text(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}", "1 to 253 letters, digits and . _ -, as a host's name")
]
InterfaceName = Annotated[str, BeforeValidator(_interface_name), _schema(_INTERFACE_PATTERN)]
NetworkName = Annotated[
    str,
    *_text(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}", "1 to 64 letters, digits and _ . + -, the first not a sign"),
]
ZoneName = Annotated[str, *_text(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}", "a firewalld zone: letters, digits and _ -")]
ProfileName = Annotated[str, BeforeValidator(_profile)]
VmName = Annotated[str, BeforeValidator(_vm_name)]
DomainName = Annotated[str, BeforeValidator(_domain)]
MacAddress = Annotated[str, BeforeValidator(_mac), _schema(_MAC_PATTERN)]
SshDestination = Annotated[str, BeforeValidator(_ssh_destination)]
PublicKey = Annotated[str, BeforeValidator(_public_key), _schema(KEY_PATTERN)]
Address = Annotated[IpAddress, BeforeValidator(_unicast), _as_text, _IP]
MulticastGroup = Annotated[IpAddress, BeforeValidator(_group), _as_text, _IP]
VmAddress = Annotated[IPv4Address, BeforeValidator(_vm_address), _as_text, _IPV4]
WithPrefix = Annotated[
    IpInterface, BeforeValidator(_with_prefix), _as_text, _schema(_PREFIXED, title="address with its prefix")
]
Subnet = Annotated[IpNetwork, BeforeValidator(_subnet), _as_text, _schema(_PREFIXED, title="subnet with its prefix")]

Vni = Annotated[int, *_whole(0, 0xFFFFFF, " (24 bits, RFC 7348)")]
Port = Annotated[int, *_whole(1, 0xFFFF)]
Mtu = Annotated[int, *_whole(68, 0xFFFF, " bytes (1280 or more where the VMs speak IPv6)")]
Seconds = Annotated[int, *_whole(1, 86400, " seconds")]
Asn = Annotated[int, *_whole(1, 0xFFFFFFFF, " (the number of a BGP autonomous system)")]

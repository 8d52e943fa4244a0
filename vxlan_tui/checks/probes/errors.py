"""The ICMP errors that a socket got, with who sent them (ip(7), IP_RECVERR; ipv6(7), IPV6_RECVERR)."""

import socket
import struct
from dataclasses import dataclass

IP_RECVERR, IPV6_RECVERR = 11, 25
IP_MTU_DISCOVER, IPV6_MTU_DISCOVER = 10, 23
PMTUDISC_DONT, PMTUDISC_PROBE = 0, 3
"""May be cut up; must not be, whatever is remembered of the path (ip(7))."""

_EXTENDED = struct.Struct("=IBBBBII")


@dataclass(frozen=True)
class IcmpError:
    """One error: the number that a plain call would fail with, ICMP type and code, its MTU, its sender."""

    number: int
    type: int
    code: int
    info: int
    by: str


def opened(version: int, kind: int, protocol: int = 0) -> socket.socket:
    """Open a socket that never blocks and keeps the errors that come for it; raises OSError."""
    family, level, option = _FAMILIES[version]
    sock = socket.socket(family, kind, protocol)
    sock.setblocking(False)
    sock.setsockopt(level, option, 1)
    return sock


_FAMILIES = {
    4: (socket.AF_INET, socket.IPPROTO_IP, IP_RECVERR),
    6: (socket.AF_INET6, socket.IPPROTO_IPV6, IPV6_RECVERR),
}


def set_fragmentation(sock: socket.socket, allowed: bool) -> None:
    """Let packets be cut up on their way, or not."""
    value = PMTUDISC_DONT if allowed else PMTUDISC_PROBE
    if sock.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, value)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, value)


def error_of(sock: socket.socket) -> IcmpError | None:
    """Give the oldest error that came for this socket, or None."""
    try:
        _, control, _, _ = sock.recvmsg(2048, 512, socket.MSG_ERRQUEUE)
    except OSError:
        return None
    return next((parse(data) for _, kind, data in control if kind in (IP_RECVERR, IPV6_RECVERR)), None)


def parse(data: bytes) -> IcmpError:
    """Read the kernel's `struct sock_extended_err` and the address behind it."""
    number, _, type_, code, _, info, _ = _EXTENDED.unpack_from(data)
    rest = data[_EXTENDED.size :]
    family = struct.unpack_from("=H", rest)[0] if len(rest) >= 2 else 0
    by = ""
    if family == socket.AF_INET:
        by = socket.inet_ntop(family, rest[4:8])
    elif family == socket.AF_INET6:
        by = socket.inet_ntop(family, rest[8:24])
    return IcmpError(number, type_, code, info, by)

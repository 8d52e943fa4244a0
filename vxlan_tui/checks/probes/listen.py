"""What comes in from the other hosts: VXLAN packets with their VNIs, and ICMP errors about packets to them.

It is read where it arrives, before firewall and VXLAN, so that what those drop is seen as well. The errors count
because a host sends few of them (Linux one a second): where VMs talk, they get them in a probe's place.
"""

import ctypes
import select
import socket
import struct
import time
from collections.abc import Callable, Collection

from vxlan_tui.checks.probes.udp import meaning
from vxlan_tui.checks.seen import Heard, Packet, Rejection
from vxlan_tui.plan import IpAddress

_TYPES = {4: 0x0800, 6: 0x86DD}
_SO_ATTACH_FILTER = 26
_MOST_FILTERED = 60
"""So many hosts fit into the filter's 8-bit jumps; with more, the rest is sorted out here."""

_VNI_FLAG = 0x08

_GLANCE = 0.1
"""Seconds after which it is asked again whether it is enough."""


def listen(
    interface: str, sources: Collection[IpAddress], seconds: float, enough: Callable[[frozenset[Packet]], bool]
) -> Heard:
    """Listen on an interface for packets of these hosts, so long, or until it is enough."""
    started = time.monotonic()
    found: set[Packet | Rejection] = set()
    wanted = {str(source) for source in sources}
    error = ""
    try:
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0) as sock:
            version = next(iter(sources)).version
            _filter(sock, version, sources)
            sock.bind((interface, _TYPES[version]))
            while (left := started + seconds - time.monotonic()) > 0 and not enough(_packets(found)):
                ready, _, _ = select.select([sock], [], [], min(left, _GLANCE))
                one = parse(sock.recv(256)) if ready else None
                if one is not None and (one.source if isinstance(one, Packet) else one.to) in wanted:
                    found.add(one)
    except OSError as failure:
        error = failure.strerror or str(failure)
    rejections = frozenset(each for each in found if isinstance(each, Rejection))
    return Heard(_packets(found), rejections, time.monotonic() - started, error)


def _packets(found: Collection[Packet | Rejection]) -> frozenset[Packet]:
    return frozenset(each for each in found if isinstance(each, Packet))


def parse(packet: bytes) -> Packet | Rejection | None:
    """Read a packet from its IP header on: a VXLAN packet, an error about a UDP packet, or None.

    Of a packet that came in pieces only the first piece is read.
    """
    header = _header(packet)
    if header is None:
        return None
    source, _, protocol, body = header
    if protocol == socket.IPPROTO_UDP and len(body) >= 16 and body[8] & _VNI_FLAG:
        return Packet(source, struct.unpack_from("!H", body, 2)[0], int.from_bytes(body[12:15]))
    if (protocol, body[:1]) in _ERRORS and len(body) > 8:
        return _rejection(source, body)
    return None


_ERRORS = ((socket.IPPROTO_ICMP, b"\x03"), (socket.IPPROTO_ICMPV6, b"\x01"))
"""Destination unreachable (RFC 792, RFC 4443)."""


def _rejection(by: str, message: bytes) -> Rejection | None:
    """Read the packet that an error is about, which it carries behind its own eight bytes."""
    inner = _header(message[8:])
    answer = meaning(message[0], message[1])
    if inner is None or inner[2] != socket.IPPROTO_UDP or len(inner[3]) < 4 or answer == "not sent":
        return None
    return Rejection(by, inner[1], struct.unpack_from("!H", inner[3], 2)[0], answer)


def _header(packet: bytes) -> tuple[str, str, int, bytes] | None:
    """Give source, destination, protocol and what follows; None for what is no first or only piece."""
    if len(packet) >= 20 and packet[0] >> 4 == 4:
        if struct.unpack_from("!H", packet, 6)[0] & 0x1FFF:
            return None
        source, destination = (socket.inet_ntop(socket.AF_INET, packet[at : at + 4]) for at in (12, 16))
        return source, destination, packet[9], packet[(packet[0] & 15) * 4 :]
    if len(packet) >= 40 and packet[0] >> 4 == 6:
        return _header_of_ipv6(packet)
    return None


def _header_of_ipv6(packet: bytes) -> tuple[str, str, int, bytes] | None:
    source, destination = (socket.inet_ntop(socket.AF_INET6, packet[at : at + 16]) for at in (8, 24))
    if packet[6] != socket.IPPROTO_FRAGMENT:
        return source, destination, packet[6], packet[40:]
    if len(packet) < 48 or struct.unpack_from("!H", packet, 42)[0] >> 3:
        return None
    return source, destination, packet[40], packet[48:]


def _filter(sock: socket.socket, version: int, sources: Collection[IpAddress]) -> None:
    """Let the kernel pass on UDP from these hosts and all ICMP, and nothing else (socket(7), SO_ATTACH_FILTER)."""
    if len(sources) > _MOST_FILTERED or version == 6:
        return
    words = [int(source) for source in sources]
    count = len(words)
    program = [_statement(0x30, 9), _jump(socket.IPPROTO_ICMP, count + 3, 0), _jump(socket.IPPROTO_UDP, 0, count + 1)]
    program += [_statement(0x20, 12)]
    program += [_jump(word, count - number, 0) for number, word in enumerate(words)]
    program += [_statement(0x06, 0), _statement(0x06, 256)]
    code = b"".join(program)
    buffer = ctypes.create_string_buffer(code, len(code))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(buffer)))


def _statement(code: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, 0, 0, value)


def _jump(value: int, yes: int, no: int) -> bytes:
    return struct.pack("=HBBI", 0x15, yes, no, value)

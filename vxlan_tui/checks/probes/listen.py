"""The VXLAN packets that come in from the other hosts, and their VNIs (RFC 7348, section 5).

They are read where they arrive, before firewall and VXLAN, so that what those drop is seen as well.
"""

import ctypes
import select
import socket
import struct
import time
from collections.abc import Callable, Collection

from vxlan_tui.checks.seen import Heard, Packet
from vxlan_tui.plan import IpAddress

_TYPES = {4: 0x0800, 6: 0x86DD}
_SO_ATTACH_FILTER = 26
_MOST_FILTERED = 60
"""So many hosts fit into the filter's 8-bit jumps; with more, the rest is sorted out here."""

_VNI_FLAG = 0x08


def listen(
    interface: str, sources: Collection[IpAddress], seconds: float, enough: Callable[[frozenset[Packet]], bool]
) -> Heard:
    """Listen on an interface for packets of these hosts, so long, or until it is enough."""
    started = time.monotonic()
    packets: set[Packet] = set()
    version = next(iter(sources)).version
    wanted = {str(source) for source in sources}
    try:
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0) as sock:
            _filter(sock, version, sources)
            sock.bind((interface, _TYPES[version]))
            while (left := started + seconds - time.monotonic()) > 0 and not enough(frozenset(packets)):
                ready, _, _ = select.select([sock], [], [], left)
                found = parse(sock.recv(256)) if ready else None
                if found is not None and found.source in wanted:
                    packets.add(found)
    except OSError as failure:
        return Heard(frozenset(packets), time.monotonic() - started, failure.strerror or str(failure))
    return Heard(frozenset(packets), time.monotonic() - started)


def parse(packet: bytes) -> Packet | None:
    """Read a VXLAN packet from its IP header on; None for anything else, and for a fragment but the first."""
    if len(packet) < 20:
        return None
    if packet[0] >> 4 == 4:
        start, source, protocol = (packet[0] & 15) * 4, socket.inet_ntop(socket.AF_INET, packet[12:16]), packet[9]
        if struct.unpack_from("!H", packet, 6)[0] & 0x1FFF:
            return None
    elif len(packet) >= 40:
        start, source, protocol = _ipv6(packet)
    else:
        return None
    if protocol != socket.IPPROTO_UDP or len(packet) < start + 16:
        return None
    port = struct.unpack_from("!H", packet, start + 2)[0]
    flags, vni = packet[start + 8], int.from_bytes(packet[start + 12 : start + 15])
    return Packet(source, port, vni) if flags & _VNI_FLAG else None


def _ipv6(packet: bytes) -> tuple[int, str, int]:
    """Give where the payload starts, the source and the protocol; past a fragment header of the first piece."""
    source = socket.inet_ntop(socket.AF_INET6, packet[8:24])
    if packet[6] == socket.IPPROTO_FRAGMENT and len(packet) >= 48 and not struct.unpack_from("!H", packet, 42)[0] >> 3:
        return 48, source, packet[40]
    return 40, source, packet[6]


def _filter(sock: socket.socket, version: int, sources: Collection[IpAddress]) -> None:
    """Let the kernel pass on what these hosts sent, and nothing else (socket(7), SO_ATTACH_FILTER)."""
    if len(sources) > _MOST_FILTERED or version == 6:
        return
    words = [int(source) for source in sources]
    count = len(words)
    program = [_statement(0x30, 9), _jump(17, 0, count + 1), _statement(0x20, 12)]
    program += [_jump(word, count - number, 0) for number, word in enumerate(words)]
    program += [_statement(0x06, 0), _statement(0x06, 256)]
    code = b"".join(program)
    buffer = ctypes.create_string_buffer(code, len(code))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(buffer)))


def _statement(code: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, 0, 0, value)


def _jump(value: int, yes: int, no: int) -> bytes:
    return struct.pack("=HBBI", 0x15, yes, no, value)

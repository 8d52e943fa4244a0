"""ICMP echo requests of any size (RFC 792, RFC 4443): whether a host answers, and what the path lets through."""

import errno
import os
import select
import socket
import struct
import time
from itertools import count

from vxlan_tui.checks.probes.errors import error_of, opened, set_fragmentation
from vxlan_tui.checks.seen import Echo
from vxlan_tui.plan import IpAddress

HEADERS = {4: 28, 6: 48}
"""Bytes of the IP and ICMP headers."""

_REQUEST = {4: 8, 6: 128}
_REPLY = {4: 0, 6: 129}
_PROTOCOL = {4: socket.IPPROTO_ICMP, 6: socket.IPPROTO_ICMPV6}
_AGAIN = 0.4
"""Seconds until a request is sent once more."""

_identifiers = count(os.getpid())


def echo(source: IpAddress, target: IpAddress, size: int, whole: bool, patience: float) -> Echo:
    """Send echo requests of `size` bytes, IP header included, until one is answered or patience is out."""
    version = target.version
    identifier = next(_identifiers) & 0xFFFF
    started = time.monotonic()
    error = Echo(False, error="no answer")
    try:
        with opened(version, socket.SOCK_RAW, _PROTOCOL[version]) as sock:
            set_fragmentation(sock, not whole)
            sock.bind((str(source), 0))
            sock.connect((str(target), 0))
            for number in range(1, 1 + int(patience / _AGAIN)):
                sock.send(request(version, identifier, number, size))
                until = min(started + number * _AGAIN, started + patience)
                if _answered(sock, version, identifier, until):
                    return Echo(True, time.monotonic() - started)
                error = _reported(sock) or error
                if error.mtu:
                    return error
                time.sleep(max(0.0, until - time.monotonic()))
    except OSError as failure:
        return _not_sent(failure, error)
    return error


def request(version: int, identifier: int, number: int, size: int) -> bytes:
    """Give an echo request; over IPv6 the kernel fills in the checksum."""
    body = bytes(max(0, size - HEADERS[version]))
    head = struct.pack("!BBHHH", _REQUEST[version], 0, 0, identifier, number)
    total = checksum(head + body) if version == 4 else 0
    return struct.pack("!BBHHH", _REQUEST[version], 0, total, identifier, number) + body


def checksum(data: bytes) -> int:
    """Give the Internet checksum (RFC 1071)."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def _answered(sock: socket.socket, version: int, identifier: int, until: float) -> bool:
    """Wait for our reply. A raw socket hears every ICMP message of its peer."""
    while (left := until - time.monotonic()) > 0:
        ready, _, _ = select.select([sock], [], [], left)
        if not ready:
            return False
        try:
            packet = sock.recv(65535)
        except BlockingIOError:
            return False
        except OSError:
            return False  # an ICMP error: the error queue tells more
        message = packet[(packet[0] & 15) * 4 :] if version == 4 else packet
        if len(message) >= 8 and message[0] == _REPLY[version] and message[4:6] == struct.pack("!H", identifier):
            return True
    return False


def _reported(sock: socket.socket) -> Echo | None:
    found = error_of(sock)
    if found is None:
        return None
    mtu = found.info if found.number == errno.EMSGSIZE else 0
    return Echo(False, by=found.by, error=os.strerror(found.number), mtu=mtu)


def _not_sent(failure: OSError, error: Echo) -> Echo:
    if error.by:
        return error
    return Echo(False, error=failure.strerror or str(failure))

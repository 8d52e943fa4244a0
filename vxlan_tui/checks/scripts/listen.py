"""Knocks at the other hosts' UDP ports, listens for their VXLAN packets, and prints as JSON what came in.

    python3 -IS listen.py '{"local": "198.51.100.2", "sources": ["203.0.113.1"], "doors": [["203.0.113.1", 8472]], …}'

It runs on the host that is verified, by that host's own Python: 3.9 or later, its own library alone. A knock is one
byte, which a VXLAN drops (RFC 7348, section 5: there is no VXLAN header). `packets` are [source, UDP port, VNI],
`errors` [who says so, about packets to whom, UDP port, ICMP type, code]. It ends after `seconds`, or once it has heard
`all` of these packets, or after `early` seconds `some` of them. With `group` the packets are not addressed to `local`.
"""

import json
import select
import socket
import struct
import sys
import time
from contextlib import suppress
from typing import Any

KNOCKS = (0.0, 0.2, 0.5)
PATIENCE = 1.0
VNI_FLAG = 0x08
UNREACHABLE = {4: 3, 6: 1}
HEADER, PROTOCOL, TARGET = {4: 20, 6: 40}, {4: 9, 6: 6}, {4: slice(16, 20), 6: slice(24, 40)}
ALL = 0xFFFFFFFF
FILTER = {4: (255, 1, struct.pack("=I", ALL ^ 1 << 3)), 6: (58, 1, struct.pack("=8I", ALL ^ 1 << 1, *[ALL] * 7))}
"""ICMP_FILTER and ICMP6_FILTER (raw(7)): all but `unreachable` is left out."""
MOST = 64
"""So many hosts have a socket each; with more, one socket hears all, and what it hears is sorted out here."""


def main(asked: dict[str, Any]) -> dict[str, Any]:
    """Knock and listen, and give what came in."""
    version = 6 if ":" in asked["local"] else 4
    packets: set[tuple[str, int, int]] = set()
    errors: set[tuple[str, str, int, int, int]] = set()
    said = ""
    started = time.monotonic()
    try:
        doors = [opened(version, asked["local"], *door) for door in asked["doors"]]
        together = asked["group"] or len(asked["sources"]) > MOST
        heard = [raw(version, source) for source in ([""] if together else asked["sources"])]
        reports = icmp(version)
        knocks = list(KNOCKS)
        while not ended(asked, packets, time.monotonic() - started):
            while knocks and time.monotonic() - started >= knocks[0]:
                knocks.pop(0)
                for door in doors:
                    knock(door)
            for ready in select.select([*heard, reports], [], [], 0.05)[0]:
                data, sender = received(ready)
                if ready is reports:
                    errors.update(error(version, data, sender[0]))
                elif sender[0] in asked["sources"]:
                    packets.update(packet(version, data, sender[0]))
    except OSError as failure:
        said = failure.strerror or str(failure)
    seconds = round(time.monotonic() - started, 3)
    return {"packets": sorted(packets), "errors": sorted(errors), "seconds": seconds, "error": said}


def ended(asked: dict[str, Any], packets: set[tuple[str, int, int]], seconds: float) -> bool:
    """Whether it is enough."""
    if seconds < PATIENCE:
        return False
    every, some = ({tuple(each) for each in asked[which]} for which in ("all", "some"))
    return seconds > asked["seconds"] or every <= packets or (some <= packets and seconds > asked["early"])


def family(version: int) -> int:
    """Give the address family."""
    return socket.AF_INET if version == 4 else socket.AF_INET6


def opened(version: int, local: str, address: str, port: int) -> socket.socket:
    """Give a socket for knocking."""
    sock = socket.socket(family(version), socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind((local, 0))
    with suppress(OSError):  # where there is no way there, the ping says so
        sock.connect((address, port))
    return sock


def knock(sock: socket.socket) -> None:
    """Send a byte; an error that came for an earlier one is read elsewhere, and would keep this one from being sent."""
    for _ in range(2):
        try:
            sock.send(b"\0")
        except OSError:
            continue
        return


def received(sock: socket.socket) -> tuple[bytes, tuple[Any, ...]]:
    """Give a packet and its sender; nothing where the kernel has an ICMP error for this socket instead."""
    try:
        return sock.recvfrom(512)
    except OSError:
        return b"", ("",)


def raw(version: int, source: str) -> socket.socket:
    """Give a socket that gets a copy of each UDP packet, of one host where it is given."""
    sock = socket.socket(family(version), socket.SOCK_RAW, socket.IPPROTO_UDP)
    sock.setblocking(False)
    if source:
        with suppress(OSError):
            sock.connect((source, 0))
    return sock


def icmp(version: int) -> socket.socket:
    """Give a socket that gets the ICMP errors of the kind `unreachable`."""
    protocol = socket.IPPROTO_ICMP if version == 4 else socket.IPPROTO_ICMPV6
    sock = socket.socket(family(version), socket.SOCK_RAW, protocol)
    sock.setblocking(False)
    sock.setsockopt(*FILTER[version])
    return sock


def payload(version: int, data: bytes) -> bytes:
    """Give what follows the IP header, which IPv6's raw sockets leave out."""
    return data[(data[0] & 15) * 4 :] if version == 4 and data else data


def packet(version: int, data: bytes, source: str) -> list[tuple[str, int, int]]:
    """Give a VXLAN packet, or nothing for another one."""
    body = payload(version, data)
    if len(body) < 16 or not body[8] & VNI_FLAG:
        return []
    return [(source, struct.unpack_from("!H", body, 2)[0], int.from_bytes(body[12:15], "big"))]


def error(version: int, data: bytes, by: str) -> list[tuple[str, str, int, int, int]]:
    """Give an ICMP error about a UDP packet, which it carries behind its own eight bytes; nothing for another one."""
    body = payload(version, data)
    inner = body[8:]
    if len(body) < 8 + HEADER[version] + 4 or body[0] != UNREACHABLE[version]:
        return []
    if inner[PROTOCOL[version]] != socket.IPPROTO_UDP:
        return []
    to = socket.inet_ntop(family(version), inner[TARGET[version]])
    ports = inner[(inner[0] & 15) * 4 :] if version == 4 else inner[40:]
    if len(ports) < 4:
        return []
    return [(by, to, struct.unpack_from("!H", ports, 2)[0], body[0], body[1])]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))))

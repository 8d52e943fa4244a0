"""Asks a bridge for addresses by full-size ARP requests, looks at TCP that comes in meanwhile, and prints JSON.

    python3 -IS frames.py '{"bridge": "bridge0", "vxlan": "vxlan10", "addresses": ["192.0.2.2"], "sizes": [1450], …}'

It runs on the host that is verified, by that host's own Python: 3.9 or later, its own library alone. A request is
padded to each of `sizes` (bytes of its packet) in turn, until an address has answered; each has `patience` seconds, and
all of it takes at least `least`. The sender's address is 0.0.0.0 (RFC 5227): nobody learns anything from the question.
`answers` are [address, size], `tcp` are [sender's MAC, segments with a wrong checksum, segments] out of the tunnel.
"""

import json
import select
import socket
import struct
import sys
import time
from typing import Any

ARP, REPLY, REQUEST = 0x0806, 2, 1
PACKET = struct.Struct("!6s6sH HHBBH 6s4s6s4s")
AGAIN = 0.4
MOST = 500
AUXDATA = (263, 8)
"""SOL_PACKET and PACKET_AUXDATA (packet(7))."""
OUTGOING = 4
NOT_READY = 8
"""TP_STATUS_CSUMNOTREADY: a checksum that no wire has asked for yet. That the kernel calls one valid is no sign: out of
a tunnel it may mean the outer one."""


def main(asked: dict[str, Any]) -> dict[str, Any]:
    """Ask and look, and give what came in."""
    answers: dict[str, int] = {}
    tcp: dict[str, list[int]] = {}
    said = ""
    started = time.monotonic()
    try:
        asking = on_bridge(asked["bridge"])
        looking = on_tunnel(asked["vxlan"])
        for size in asked["sizes"]:
            ask(asking, looking, {**asked, "size": size}, answers, tcp)
        while time.monotonic() < started + asked["least"]:
            if select.select([looking], [], [], 0.05)[0]:
                look(looking, asked["sizes"][0], tcp)
    except OSError as failure:
        said = failure.strerror or str(failure)
    return {"answers": sorted(answers.items()), "tcp": [[mac, *tcp[mac]] for mac in sorted(tcp)], "error": said}


def ask(
    asking: socket.socket,
    looking: socket.socket,
    spec: dict[str, Any],
    answers: dict[str, int],
    tcp: dict[str, list[int]],
) -> None:
    """Ask for the addresses that have not answered yet, by requests of the size that is asked for."""
    started, sent, own = time.monotonic(), 0, asking.getsockname()[4]
    while time.monotonic() < started + spec["patience"] and set(spec["addresses"]) - set(answers):
        if time.monotonic() >= started + sent * AGAIN:
            sent += 1
            for address in set(spec["addresses"]) - set(answers):
                asking.send(question(own, address, spec["size"]))
        for ready in select.select([asking, looking], [], [], 0.05)[0]:
            if ready is looking:
                look(looking, spec["sizes"][0], tcp)
            else:
                answers.update((each, spec["size"]) for each in answer(ready.recv(2048), own) if each not in answers)


def on_bridge(name: str) -> socket.socket:
    """Give a socket on the bridge."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.bind((name, ARP))
    return sock


def on_tunnel(name: str) -> socket.socket:
    """Give a socket that sees what comes out of the tunnel, before the bridge takes it, with the state of checksums."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setsockopt(*AUXDATA, 1)
    sock.bind((name, 0x0003))
    return sock


def question(own: bytes, address: str, size: int) -> bytes:
    """Give the Ethernet frame that asks who has an address."""
    head = (b"\xff" * 6, own, ARP, 1, 0x0800, 6, 4, REQUEST)
    packet = PACKET.pack(*head, own, bytes(4), bytes(6), socket.inet_aton(address))
    return packet + bytes(max(0, size + 14 - len(packet)))


def answer(frame: bytes, own: bytes) -> list[str]:
    """Give the address that replies to us by ARP; nothing for any other frame."""
    if len(frame) < PACKET.size:
        return []
    to, _, kind, _, _, _, _, operation, _, address, _, _ = PACKET.unpack_from(frame)
    return [socket.inet_ntoa(address)] if (to, kind, operation) == (own, ARP, REPLY) else []


def look(sock: socket.socket, most: int, tcp: dict[str, list[int]]) -> None:
    """Count a TCP segment that came in, of a packet of `most` bytes at most, by its sender."""
    if sum(seen for _, seen in tcp.values()) >= MOST:
        sock.recv(1)
        return
    frame, control, _, sender = sock.recvmsg(1 << 16, 256)
    status = next((struct.unpack_from("=I", data)[0] for level, kind, data in control if (level, kind) == AUXDATA), 0)
    segment = pseudo(frame)
    if sender[2] == OUTGOING or status & NOT_READY or not segment or len(frame) > most + 14:
        return  # what was put together on its way has no checksum of its own
    pair = tcp.setdefault(":".join(f"{byte:02x}" for byte in frame[6:12]), [0, 0])
    pair[0] += total(segment) != 0xFFFF
    pair[1] += 1


def pseudo(frame: bytes) -> bytes:
    """Give what a TCP checksum is made of; nothing for a frame that is not a whole TCP segment."""
    kind, packet = frame[12:14], frame[14:]
    if kind == b"\x08\x00" and len(packet) >= 40 and packet[9] == 6:
        start, length = (packet[0] & 15) * 4, struct.unpack_from("!H", packet, 2)[0]
        addresses = packet[12:20] if not struct.unpack_from("!H", packet, 6)[0] & 0x3FFF else b""
    elif kind == b"\x86\xdd" and len(packet) >= 60 and packet[6] == 6:
        start, length = 40, 40 + struct.unpack_from("!H", packet, 4)[0]
        addresses = packet[8:40]
    else:
        return b""
    body = packet[start:length]
    return (
        addresses + struct.pack("!II", 6, len(body)) + body if addresses and len(body) == length - start >= 20 else b""
    )


def total(data: bytes) -> int:
    """Give the sum of the Internet checksum (RFC 1071): 0xffff where it is right."""
    data += bytes(len(data) % 2)
    value: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return value


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))))

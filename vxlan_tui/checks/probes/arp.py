"""ARP requests on a bridge, for many addresses at once, as `arping -D` sends them (RFC 5227: sender 0.0.0.0).

A bridge that has no address of its own can ask so, and nobody learns anything from the question.
"""

import select
import socket
import struct
import time
from collections.abc import Collection

from vxlan_tui.checks.seen import Replies

ETH_P_ARP = 0x0806
_SENDS = (0.0, 1.0, 2.0)
_PATIENCE = 3.0
_PACKET = struct.Struct("!6s6sH HHBBH 6s4s6s4s")
_REQUEST, _REPLY = 1, 2
_BROADCAST = b"\xff" * 6


def ask(bridge: str, addresses: Collection[str]) -> Replies:
    """Ask for each address until all have answered or patience is out."""
    started = time.monotonic()
    replies: dict[str, str] = {}
    try:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ARP)) as sock:
            sock.bind((bridge, ETH_P_ARP))
            own = sock.getsockname()[4]
            for number, due in enumerate(_SENDS):
                next_due = _SENDS[number + 1] if number + 1 < len(_SENDS) else _PATIENCE
                time.sleep(max(0.0, started + due - time.monotonic()))
                for address in addresses:
                    if address not in replies:
                        sock.send(question(own, address))
                _collect(sock, own, set(addresses), replies, started + next_due)
                if len(replies) == len(addresses):
                    break
    except OSError as failure:
        return Replies(replies, error=failure.strerror or str(failure))
    return Replies(replies)


def question(own: bytes, address: str) -> bytes:
    """Give the Ethernet frame that asks who has an address."""
    head = (_BROADCAST, own, ETH_P_ARP, 1, 0x0800, 6, 4, _REQUEST)
    return _PACKET.pack(*head, own, bytes(4), bytes(6), socket.inet_aton(address))


def answer(frame: bytes, own: bytes) -> tuple[str, str] | None:
    """Give address and MAC of who replied to us by ARP; None for any other frame.

    A request of the other's own would tell as well that it is there, but not that ours arrive.
    """
    if len(frame) < _PACKET.size:
        return None
    to, _, kind, _, _, _, _, operation, mac, address, _, _ = _PACKET.unpack_from(frame)
    if (to, kind, operation) != (own, ETH_P_ARP, _REPLY):
        return None
    return socket.inet_ntoa(address), mac.hex(":")


def _collect(sock: socket.socket, own: bytes, wanted: set[str], replies: dict[str, str], until: float) -> None:
    while len(replies) < len(wanted) and (left := until - time.monotonic()) > 0:
        ready, _, _ = select.select([sock], [], [], left)
        found = answer(sock.recv(2048), own) if ready else None
        if found is not None and found[0] in wanted:
            replies.setdefault(*found)

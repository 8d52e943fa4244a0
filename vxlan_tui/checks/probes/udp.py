"""An empty UDP packet to another host's VXLAN port: who rejects it, or whether somebody listens.

It carries no VXLAN header, so a VXLAN that gets it drops it (RFC 7348, section 5: the I flag is not set).
"""

import errno
import os
import socket
import time

from vxlan_tui.checks.probes.errors import IcmpError, error_of, opened
from vxlan_tui.checks.seen import Port
from vxlan_tui.plan import IpAddress

_SENDS = (0.0, 0.3, 0.8)
"""Seconds at which it is sent. Hosts limit how many ICMP errors they send (one a second, after a burst)."""

_PATIENCE = 1.3

_PORT_UNREACHABLE = {(3, 3), (1, 4)}
_NO_HOST = {(3, 0), (3, 1), (1, 0), (1, 3)}
"""ICMP types and codes (RFC 792, RFC 1812; RFC 4443): port unreachable, and no way to the host."""


def probe(source: IpAddress, target: IpAddress, port: int) -> Port:
    """Send, and wait for an ICMP error that comes back."""
    started = time.monotonic()
    try:
        with opened(target.version, socket.SOCK_DGRAM) as sock:
            sock.bind((str(source), 0))
            sock.connect((str(target), port))
            for number, due in enumerate(_SENDS):
                next_due = _SENDS[number + 1] if number + 1 < len(_SENDS) else _PATIENCE
                time.sleep(max(0.0, started + due - time.monotonic()))
                failure = _send(sock)
                found = _wait(sock, started + next_due)
                if found is not None:
                    return judged(found)
                if failure is not None:
                    return Port("not sent", words=failure)
    except OSError as failure:
        return Port("not sent", words=failure.strerror or str(failure))
    return Port("silence")


def _send(sock: socket.socket) -> str | None:
    """Send; an error that came for an earlier packet is read from the error queue, not from here."""
    for _ in range(2):
        try:
            sock.send(b"")
        except OSError as failure:
            if failure.errno not in _BY_ICMP:
                return failure.strerror or str(failure)
        else:
            return None
    return None


_BY_ICMP = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.EPROTO)


def _wait(sock: socket.socket, until: float) -> IcmpError | None:
    while time.monotonic() < until:
        found = error_of(sock)
        if found is not None:
            return found
        time.sleep(0.01)
    return None


def judged(error: IcmpError) -> Port:
    """Say what came of a packet."""
    return Port(meaning(error.type, error.code), error.by, os.strerror(error.number))


def meaning(kind: int, code: int) -> str:
    """Say what an ICMP error means: every other code than `port` and `host unreachable` is a firewall's."""
    pair = (kind, code)
    return "refused" if pair in _PORT_UNREACHABLE else "not sent" if pair in _NO_HOST else "rejected"

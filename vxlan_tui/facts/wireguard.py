"""WireGuard's public keys and last handshakes, by wg(8). Nothing asks for what would print a private key."""

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_interface

from vxlan_tui import readings
from vxlan_tui.judge import Outputs
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures.wireguard import ANY_KEY, PROFILE, PUBLIC_KEY
from vxlan_tui.reach import Output, Reach

Read = Callable[[Reach, tuple[tuple[str, ...], ...]], Outputs]


def read_keys(plan: Plan, host: Host, reach: Reach, read: Read = readings.read_what_answers) -> dict[str, str]:
    """Return the public keys that a host knows, by the names of the plan's hosts: its own, and those in its profile.

    Raise what `read` raises.
    """
    shown = read(reach, (PUBLIC_KEY, PROFILE))
    by_address = dict(_peers(shown.get(PROFILE, "")))
    told = {peer.name: by_address.get(str(plan.tunnel_address(peer)), "") for peer in plan.peers(host)}
    own = public_key(shown.get(PUBLIC_KEY, "")) or ""
    return {name: key for name, key in {**told, host.name: own}.items() if key}


def public_key(shown: str) -> str | None:
    """Return the public key that a host shows, empty for none; None for anything else.

    It goes into a keyfile of root's on every other host, and on terminals: nothing else may come along.
    """
    text = shown.strip()
    return text if not text or re.fullmatch(ANY_KEY, text) else None


def _peers(shown: str) -> Iterator[tuple[str, str]]:
    """Give the address inside the tunnel of each host in a profile, with its key."""
    for found in re.finditer(rf"^wireguard-peer\.({ANY_KEY})\.allowed-ips:([^/;]+)/", shown, re.MULTILINE):
        yield found[2], found[1]


def commands(device: str) -> tuple[tuple[str, ...], ...]:
    """Return what has to be asked of a tunnel's device."""
    return ("wg", "show", device, "allowed-ips"), ("wg", "show", device, "latest-handshakes"), ("date", "+%s")


def parse_handshakes(addresses: Output, handshakes: Output, now: Output) -> dict[str, float] | None:
    """Return the seconds since the last handshake by each address inside the tunnel; None where wg cannot tell.

    An address without a handshake is left out.
    """
    if not (addresses.ok and handshakes.ok and now.ok):
        return None
    times = dict(line.split()[:2] for line in handshakes.text.splitlines() if len(line.split()) == 2)
    rows = (line.split() for line in addresses.text.splitlines())
    return {
        str(ip_interface(word).ip): max(0.0, float(now.text) - float(times[key]))
        for key, *words in rows
        for word in words
        if times.get(key, "0") != "0" and word != "(none)"
    }

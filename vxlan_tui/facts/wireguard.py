"""WireGuard's last handshakes, by wg(8). Nothing here asks for what would print a key that is private."""

from ipaddress import ip_interface

from vxlan_tui.reach import Output


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

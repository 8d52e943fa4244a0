"""A plan of several hosts, each in a subnet of its own or all in one, with a VM on the first ones where asked."""

from pathlib import Path

from vxlan_tui.plan import Plan, parse

PATH = Path("/root/plan.toml")

HOST = '[[hosts]]\nname = "host-{letter}"\ninterface = "enp1s0"\nvtep = "{vtep}"\nssh = "root@host-{letter}"\n'
SEGMENT = '[[segments]]\nvni = 10\nbridge = "bridge0"\n'


def text(hosts: int = 3, more: str = "", segment: str = SEGMENT, network: str = "198.51.100.") -> str:
    """Return the text of a plan; `more` are lines of its segment and what follows it."""
    rows = (HOST.format(letter="abcdefgh"[n], vtep=f"{network}{n + 2}") for n in range(hosts))
    return "\n".join([*rows, segment + more])


def plan(hosts: int = 3, more: str = "", segment: str = SEGMENT, network: str = "198.51.100.") -> Plan:
    """Return such a plan, as read from /root/plan.toml."""
    return parse(text(hosts, more, segment, network).encode(), PATH)


EVPN = 'control = "evpn"\nadmit = "peers"\n\n[evpn]\nasn = 65000\n'

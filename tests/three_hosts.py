"""A plan of several hosts, each in a subnet of its own or all in one, with a VM on the first ones where asked."""

import base64
import re
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

SUBNET = "10.255.42.0/24"


def key(number: int) -> str:
    """Return a key of WireGuard's form, another one for each number."""
    return base64.b64encode(bytes([number + 1]) * 32).decode()


def encrypted(text: str, keys: int = 99, subnet: str = SUBNET) -> str:
    """Return the text of a plan with encryption, and with the public keys of so many of its hosts."""
    start, *hosts = re.split(r"(?<=\[\[hosts\]\]\n)", text)
    keyed = [f'public_key = "{key(n)}"\n{rest}' if n < keys else rest for n, rest in enumerate(hosts)]
    return f'{start}{"".join(keyed)}\n[encryption]\nmethod = "wireguard"\nsubnet = "{subnet}"\n'

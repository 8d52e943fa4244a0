"""A plan of many hosts: reading it and exporting the scripts of all of them, there and back; 5 s for 1,000 hosts."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.bench.interleaved import ratios, seconds, told
from vxlan_tui.export import directory
from vxlan_tui.plan import parse

HOST = """
[[hosts]]
name = "host-{0}"
interface = "enp1s0"
ssh = "root@host-{0}.example.com"
[hosts.ethernet]
profile = "Example"
method = "manual"
address = "172.16.{1}.{2}/20"
gateway = "172.16.15.254"
[[vms]]
host = "host-{0}"
name = "vm"
network = "vxlan10-bridge"
"""
SEGMENT = '\n[[segments]]\nvni = 10\nbridge = "bridge0"\n'
WAYS: Mapping[str, str] = {
    "multicast": 'group = "239.1.1.10"\n',
    "EVPN with two reflectors": 'control = "evpn"\n[evpn]\nasn = 65000\nreflectors = ["host-0", "host-1"]\n',
    "EVPN, admit = peers": 'control = "evpn"\nadmit = "peers"\n[evpn]\nasn = 65000\nreflectors = ["host-0"]\n',
    "static lists": "",
    "static lists, admit = peers": 'admit = "peers"\n',
}


def main() -> None:
    """Print for each way to find the other hosts how the time grows, and the seconds as they were here."""
    for way, more in WAYS.items():
        sys.stdout.write("\n".join(measured(way, text(500, more), text(1000, more))) + "\n")


def measured(way: str, half: bytes, whole: bytes) -> Iterator[str]:
    """Yield what is told of one way."""
    found = ratios(lambda: export(whole), lambda: export(half), runs=5)
    yield told(f"{way}: reading and exporting 1,000 hosts / 500", found, 2.3)
    megabytes = export(whole) / 1e6
    yield f"{way}: 1,000 hosts took {seconds(lambda: export(whole)):.2f} s here; their scripts have {megabytes:.0f} MB"


def text(hosts: int, more: str) -> bytes:
    """Return a plan file's content."""
    rows = (HOST.format(number, number // 250, number % 250 + 1) for number in range(hosts))
    return ("".join(rows) + SEGMENT + more).encode()


def export(raw: bytes) -> int:
    """Read a plan and make every host's two scripts; return how many characters they have."""
    plan = parse(raw, Path("plan.toml"))
    return sum(len(text) for _, text in directory(plan))


if __name__ == "__main__":
    main()

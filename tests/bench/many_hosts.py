"""A plan of many hosts: reading it and exporting the scripts of all of them, there and back; 5 s for 1,000 hosts."""

import sys
import time
from collections.abc import Iterator, Mapping

from tests.bench.interleaved import ratios, told
from tests.bench.plan import FILE, text
from vxlan_tui.export import directory
from vxlan_tui.plan import parse

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
        sys.stdout.write("\n".join(measured(way, text(500, SEGMENT + more), text(1000, SEGMENT + more))) + "\n")


def measured(way: str, half: bytes, whole: bytes) -> Iterator[str]:
    """Yield what is told of one way."""
    found = ratios(lambda: export(whole), lambda: export(half), runs=5)
    yield told(f"{way}: reading and exporting 1,000 hosts / 500", found, 2.3)
    started, begun = time.perf_counter(), time.process_time()
    megabytes = export(whole) / 1e6
    took, worked = time.perf_counter() - started, time.process_time() - begun
    yield f"{way}: 1,000 hosts took {took:.1f} s here, {worked:.1f} s of the processor, for {megabytes:.0f} MB"


def export(raw: bytes) -> int:
    """Read a plan and make every host's two scripts; return how many characters they have."""
    plan = parse(raw, FILE)
    return sum(len(text) for _, text in directory(plan))


if __name__ == "__main__":
    main()

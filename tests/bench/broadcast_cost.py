"""What a broadcast costs the host that sends it, by how many other hosts its flood list has.

In a network namespace, a VXLAN sends to a veth, whose other end drops all as another host's, in place of a NIC. All of
it runs within the sender's system call: its processor time is what the host pays. The lists take turns, and what is
told are ratios.
"""

import ctypes
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address
from pathlib import Path

from vxlan_tui.ui.plan_form.fields import MANY

OWN = IPv4Address("198.18.0.1")
SIZES = (1, 10, 100, 1000)
COPIES = 20_000
"""About so many packets leave in a run, whatever the list's length."""
RUNS = 15
FRAME = b"\xff" * 6 + b"\x02\x00\x00\x00\x00\x01" + b"\x08\x06" + bytes(1436)
CLONE_NEWNET = 0x40000000

BUDGET = 0.01
"""The share of one processor that broadcasts may take of a host ..."""
RATE = 100
"""... whose VMs send so many of them in a second."""


def main() -> None:
    """Print packets and processor time of a broadcast, each against those with one entry; and what follows."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no network namespace: this is root's")
    Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")
    _ip("link add under0 arp off type veth peer name other0", f"addr add {OWN}/15 dev under0")
    _ip("link set other0 up", "link set under0 mtu 1500 up")
    ways: dict[str, Callable[[], float]] = {}
    for vni, size in enumerate(SIZES, 1):
        ways[str(size)] = _list(f"vx{vni}", vni, size, "self permanent")
    ways["100 by BGP"] = _list("vx9", 9, 100, "self permanent extern_learn")
    _ip(
        f"link add vx10 type vxlan id 10 local {OWN} dstport 8472 group 239.1.1.1 dev under0",
        "link set vx10 mtu 1450 up",
    )
    ways["a multicast group"] = _sender("vx10", 1)
    costs = measured(ways)
    for name, cost in costs.items():
        ratios = [each / one for each, one in zip(cost, costs["1"], strict=True)]
        spread = f"({min(ratios):.2f} to {max(ratios):.2f})"
        here = statistics.median(cost) * 1e6
        _say(f"a broadcast to {name} / to a list of 1: {statistics.median(ratios):.2f} {spread}; {here:.1f} µs here")
    _say(f"by BGP / by a list, 100 each: {_ratio(costs['100 by BGP'], costs['100']):.2f}")
    each = statistics.median(costs["1000"]) / 1000
    others = BUDGET / RATE / each
    _say(f"each entry more costs {each * 1e6:.2f} µs here")
    _say(
        f"{RATE} broadcasts a second to {others:.0f} other hosts take {BUDGET:.0%} of a processor here; MANY is {MANY}"
    )


def measured(ways: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Give the seconds of a broadcast for each way, run by run, after a run that is not counted."""
    costs: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(RUNS + 1):
        for name, way in ways.items():
            costs[name].append(way())
    return {name: cost[1:] for name, cost in costs.items()}


def _list(vxlan: str, vni: int, size: int, how: str) -> Callable[[], float]:
    """Make a VXLAN with a flood list, and give what sends by it."""
    _ip(f"link add {vxlan} type vxlan id {vni} local {OWN} dstport 8472", f"link set {vxlan} mtu 1450 up")
    entries = (f"fdb append 00:00:00:00:00:00 dev {vxlan} dst {OWN + 1 + n} {how}\n" for n in range(size))
    _batch("bridge", entries)
    return _sender(vxlan, size)


def _sender(vxlan: str, size: int) -> Callable[[], float]:
    """Give what sends broadcasts by a device, and gives the processor's seconds for one of them."""
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    raw.bind((vxlan, 0))
    times = max(COPIES // size, 1)

    def send() -> float:
        had = _sent()
        started = time.process_time()
        for _ in range(times):
            raw.send(FRAME)
        took = time.process_time() - started
        left = (_sent() - had) / times
        if round(left, 1) != size:  # the kernel's word that it is in the multicast group may be among them
            raise RuntimeError(f"of {size} packets a broadcast, {left} left {vxlan}")
        return took / times

    return send


def _sent() -> int:
    rows = Path("/proc/thread-self/net/dev").read_text().splitlines()
    return next(int(row.split()[10]) for row in rows if row.lstrip().startswith("under0:"))


def _ratio(some: list[float], others: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(some, others, strict=True))


def _ip(*commands: str) -> None:
    _batch("ip", (f"{each}\n" for each in commands))


def _batch(tool: str, commands: Iterable[str]) -> None:
    subprocess.run([tool, "-batch", "-"], input="".join(commands), text=True, check=True)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()

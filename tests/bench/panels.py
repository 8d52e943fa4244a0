"""The live panels on a real host: what they cost at rest, and how soon what happens is on screen.

At rest: CPU at most a twentieth of `watch -n1` over the same three commands, and nothing sent to the terminal.
From a change in the kernel to its row on screen: 100 ms. From a key to its answer, with 100,000 entries: 50 ms.
"""

import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

import libvirt

from tests.bench.seat import DEVICES, FDB, NETWORKS, PAGE_DOWN, seated
from vxlan_tui.plan import load
from vxlan_tui.rehearsal import SAMPLE, Rehearsal

SECONDS = 60
ENTRIES = 100_000
WATCHED = "nmcli device status; bridge fdb show br bridge0; virsh net-list --all"


def at_rest(seconds: float) -> str:
    """Measure what the panels cost while nothing changes."""
    with seated() as seat:
        seat.sees(b"virsh net-list")
        time.sleep(8)
        before, sent = seat.cpu(), len(seat.said)
        time.sleep(seconds)
        ours, sent = (seat.cpu() - before) / seconds, len(seat.said) - sent
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    watch = ["timeout", str(seconds / 3), "watch", "-n1", WATCHED]
    subprocess.run(watch, check=False, stdout=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    theirs = (after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime) / (seconds / 3)
    verdict = "within" if ours <= theirs / 20 and not sent else "ABOVE"
    share = f"{ours / theirs:.3f} of watch's CPU ({ours * 1000:.2f} ms/s to {theirs * 1000:.1f} ms/s)"
    return f"at rest: {share}, {sent} bytes sent, {verdict} 0.05 and 0"


def entries() -> str:
    """Measure from a forwarding entry's coming in the kernel to its row on screen."""

    def mac(number: int) -> str:
        return f"02:aa:00:00:{number >> 8:02x}:{number & 255:02x}"

    with _program("bridge") as bridge:
        taken = _events(
            FDB, mac, lambda n: _entry(bridge, "add", mac(n)), lambda n: _entry(bridge, "del", mac(n)), count=300
        )
    return f"forwarding entry to screen: {told(taken, 0.1)}"


def devices() -> str:
    """Measure from a device's coming in the kernel, by NetworkManager and nmcli, to its row on screen."""
    with _program("ip") as ip:
        taken = _events(
            DEVICES,
            lambda n: f"coming{n:03}",
            lambda n: _tell(ip, f"link add coming{n:03} type bridge"),
            lambda n: _tell(ip, f"link del coming{n:03}"),
            count=100,
        )
    return f"device to screen: {told(taken, 0.1)}"


def networks() -> str:
    """Measure from a network's coming in libvirt to its row on screen."""
    opened = libvirt.open("qemu:///system")
    xml = "<network><name>coming{:03}</name></network>"
    taken = _events(
        NETWORKS,
        lambda n: f"coming{n:03}",
        lambda n: opened.networkDefineXML(xml.format(n)),
        lambda n: opened.networkLookupByName(f"coming{n:03}").undefine(),
        count=100,
    )
    return f"libvirt network to screen: {told(taken, 0.1)}"


def _events(
    panel: str,
    words: Callable[[int], str],
    come: Callable[[int], object],
    go: Callable[[int], object],
    count: int,
) -> list[float]:
    taken = []
    with seated() as seat:
        seat.sees(b"virsh net-list")
        time.sleep(3)
        seat.press(panel, panel)
        for number in range(count):
            since, started = len(seat.said), time.perf_counter()
            come(number)
            seat.sees(words(number).encode(), since, 5)
            taken.append(time.perf_counter() - started)
            time.sleep(0.1)
            go(number)
            time.sleep(0.1 + number % 7 / 100)
    return taken


def many() -> str:
    """Measure filling, scrolling and memory with very many entries, of which some come and go all the time."""
    macs = [f"02:bb:00:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}" for n in range(ENTRIES)]
    with _program("bridge") as bridge:
        for mac in macs:
            _entry(bridge, "add", mac)
    started = time.perf_counter()
    subprocess.run(("bridge", "-j", "fdb", "show", "br", "bridge0"), check=True, stdout=subprocess.DEVNULL)
    raw = time.perf_counter() - started
    taken = []
    with seated() as seat, _program("bridge") as bridge:
        seat.sees(b"bridge fdb show br")
        started = time.perf_counter()
        seat.until(lambda: re.search(rb"1\d{5} rows", seat.said), "the count of rows")
        fill = time.perf_counter() - started
        time.sleep(2)
        seat.press(FDB, FDB, PAGE_DOWN)
        for number in range(200):
            new, old = ("del", "add") if number % 2 else ("add", "del")
            _entry(bridge, new, f"02:cc:00:00:00:{number // 2:02x}")
            _entry(bridge, old, macs[number // 2 * 997])
            time.sleep(0.03 + number % 7 / 100)
            taken.append(seat.key_to_repaint(PAGE_DOWN))
        memory = seat.memory()
    return (
        f"{ENTRIES} entries: shown in {fill / raw:.1f} of `bridge -j fdb show` ({raw:.2f} s); "
        f"key to repaint: {told(taken, 0.05)}; {memory} MiB"
    )


@contextmanager
def _program(name: str) -> Iterator[IO[bytes]]:
    """Give a bridge(8) or ip(8) that carries out each line as it comes, so that its own start is not measured."""
    with subprocess.Popen((name, "-force", "-batch", "-"), stdin=subprocess.PIPE) as child:
        assert child.stdin is not None
        yield child.stdin


def _entry(bridge: IO[bytes], what: str, mac: str) -> None:
    _tell(bridge, f"fdb {what} {mac} dev vxlan10 dst 203.0.113.1 self")


def _tell(program: IO[bytes], line: str) -> None:
    program.write(f"{line}\n".encode())
    program.flush()


def told(taken: list[float], bound: float) -> str:
    taken = sorted(taken)
    late = taken[int(len(taken) * 0.99) - 1]
    verdict = "within" if late <= bound else "ABOVE"
    figures = (statistics.median(taken), late, taken[-1])
    median, ninety_nine, worst = (f"{each * 1000:.0f} ms" for each in figures)
    return f"median {median}, 99th percentile {ninety_nine}, worst {worst}, {verdict} {bound * 1000:.0f} ms"


def main() -> None:
    """Print what was measured, on a host of a rehearsal."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    if sys.argv[2:] == ["inside"]:
        for measure in (partial(at_rest, seconds), entries, devices, networks, many):
            sys.stdout.write(f"{measure()}\n")
            sys.stdout.flush()
        return
    with Rehearsal(load(SAMPLE), underlay_up=False) as rehearsal:
        host = rehearsal["host-a"]
        for section in ("ethernet,bridge", "network"):
            host.run(["vxlan-tui", "apply", "/root/plan.toml", "--yes", "--only", section], timeout=120)
        argv = [sys.executable, "-m", "tests.bench.panels", str(seconds), "inside"]
        host.popen(argv, cwd=str(Path.cwd()), env={"PYTHONPATH": str(Path.cwd())}).wait()


if __name__ == "__main__":
    main()

"""The live panels with 1,000 devices and 1,000 libvirt networks: a key is answered in 50 ms while one changes."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import libvirt

from tests.bench.panels import told
from tests.bench.seat import DEVICES, NETWORKS, PAGE_DOWN, PAGE_UP, seated
from vxlan_tui.plan import load
from vxlan_tui.rehearsal import SAMPLE, Rehearsal

KEYS = 120
XML = "<network><name>many{0}</name><forward mode='bridge'/><bridge name='many{0}'/></network>"


def devices() -> str:
    """Measure with 1,000 ends of veth pairs; before each second key, one more pair comes or goes."""
    _links(f"add many{number} type veth peer name peer{number}" for number in range(500))
    try:
        keys = _keys(DEVICES, lambda come: _links(["add few type veth peer name fewer" if come else "del few"]))
    finally:
        _links(f"del many{number}" for number in range(500))
    return f"1000 devices: {keys}"


def networks() -> str:
    """Measure with 1,000 networks, defined and not started; before each second key, one more comes or goes."""
    opened = libvirt.open("qemu:///system")
    made = [opened.networkDefineXML(XML.format(number)) for number in range(1000)]
    try:
        keys = _keys(NETWORKS, lambda come: made[7].create() if come else made[7].destroy())
    finally:
        for network in made:
            network.undefine()
    return f"1000 networks: {keys}"


def _keys(panel: str, change: Callable[[bool], object]) -> str:
    taken = []
    with seated() as seat:
        seat.until(lambda: re.search(rb"\D1\d{3} rows", seat.said), "the count of rows", 120)
        seat.press(panel, panel, PAGE_DOWN)
        for number in range(KEYS):
            if number % 2 == 0:
                change(number % 4 == 0)
            time.sleep(0.05 + number % 7 / 50)
            taken.append(seat.key_to_repaint(PAGE_UP if number // 20 % 2 else PAGE_DOWN))
        memory = seat.memory()
    return f"key to repaint: {told(taken, 0.05)}; {memory} MiB"


def _links(lines: Iterable[str]) -> None:
    subprocess.run(("ip", "-batch", "-"), input="".join(f"link {line}\n" for line in lines), text=True, check=True)


def main() -> None:
    """Print what was measured, on a host of a rehearsal."""
    if sys.argv[1:] == ["inside"]:
        for measured in (devices(), networks()):
            sys.stdout.write(f"{measured}\n")
            sys.stdout.flush()
        return
    with Rehearsal(load(SAMPLE), underlay_up=False) as rehearsal:
        argv = [sys.executable, "-m", "tests.bench.many_rows", "inside"]
        rehearsal["host-a"].popen(argv, cwd=str(Path.cwd()), env={"PYTHONPATH": str(Path.cwd())}).wait()


if __name__ == "__main__":
    main()

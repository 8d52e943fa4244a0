"""The live panel of another host, followed over SSH: from an entry's coming in its kernel to its row on this screen."""

import sys
import tempfile
import termios
import time
from pathlib import Path

from tests import three_hosts
from tests.bench.panels import told
from tests.bench.seat import FDB
from tests.on_host import PLAN
from tests.over_ssh import until
from tests.test_ui_signals import Seat
from vxlan_tui.plan import load
from vxlan_tui.rehearsal import Rehearsal

COUNT = 200
BOUND = 0.1
RIGHT = "\x1b[C"


def measured(rehearsal: Rehearsal) -> list[float]:
    """Give the seconds that each of so many entries on the second host took to the console's screen."""
    console, second = rehearsal.hosts
    console.run(["vxlan-tui", "apply", PLAN, "--all", "--yes"], timeout=120)
    seat = Seat(console, "--host", console.name)
    termios.tcsetwinsize(seat.master, (40, 120))

    def sees(words: bytes, since: int = 0, seconds: float = 30) -> None:
        deadline = time.perf_counter() + seconds
        while seat.said.find(words, since) < 0:
            if time.perf_counter() > deadline:
                raise RuntimeError(f"{words!r} was not drawn: {seat.said[-2000:]!r}")
            time.sleep(0.001)

    def elsewhere() -> bool:
        seat.press(RIGHT)
        time.sleep(2)
        return f"FDB on {second.name}".encode() in seat.said

    sees(b"FDB on")
    time.sleep(5)
    seat.press("4")
    time.sleep(1)
    until(elsewhere, 60, lambda: repr(seat.said[-3000:]))
    for _ in range(2):
        seat.press(FDB)
        time.sleep(1)
    taken = []
    bridge = second.popen(["bridge", "-force", "-batch", "-"], stdin=-1)
    assert bridge.stdin is not None
    for number in range(COUNT):
        mac = f"02:aa:00:00:00:{number:02x}"
        for what in ("add", "del"):
            since, started = len(seat.said), time.perf_counter()
            bridge.stdin.write(f"fdb {what} {mac} dev vxlan10 dst 198.51.100.2 self\n".encode())
            bridge.stdin.flush()
            if what == "add":
                sees(mac.encode(), since, 5)
                taken.append(time.perf_counter() - started)
            time.sleep(0.1 + number % 7 / 100)
    bridge.stdin.close()
    bridge.wait()
    seat.press("\x11")
    seat.child.wait(30)
    return taken


def main() -> None:
    """Print what was measured, on two hosts of a rehearsal."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "plan.toml"
        path.write_text(three_hosts.text(2))
        with Rehearsal(load(path), program_everywhere=False) as rehearsal:
            sys.stdout.write(f"forwarding entry on another host to screen: {told(measured(rehearsal), BOUND)}\n")


if __name__ == "__main__":
    main()

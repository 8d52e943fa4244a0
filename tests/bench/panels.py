"""The live panels on a real host: what they cost at rest, and how soon a change of the kernel's is on screen.

At rest: CPU at most a twentieth of `watch -n1` over the same three commands, and nothing sent to the terminal.
"""

import os
import pty
import re
import resource
import select
import statistics
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

from vxlan_tui.plan import load
from vxlan_tui.rehearsal import SAMPLE, Rehearsal

SECONDS = 60
ENTRIES = 100_000
WATCHED = "nmcli device status; bridge fdb show br bridge0; virsh net-list --all"


class Seat:
    """The wizard on a terminal, with what it sends counted."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (40, 120))
        argv = [sys.executable, "-m", "vxlan_tui", "--plan", "/root/plan.toml"]
        environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        self.child = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        self.said = bytearray()
        self.news = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while select.select([self.master], [], []):
            try:
                self.said += os.read(self.master, 65536)
            except OSError:
                return
            self.news.set()

    def press(self, keys: str) -> None:
        """Press keys."""
        os.write(self.master, keys.encode())

    def until(self, words: bytes, since: int = 0, seconds: float = 60) -> float:
        """Give the seconds until these words were drawn."""
        started = time.perf_counter()
        while words not in self.said[since:]:
            self.news.clear()
            if words not in self.said[since:]:
                self.news.wait(0.01)
            if time.perf_counter() - started > seconds:
                raise RuntimeError(f"{words!r} was not drawn")
        return time.perf_counter() - started

    def cpu(self) -> float:
        """Give the seconds of CPU of the wizard and of the commands that it follows."""
        children = Path(f"/proc/{self.child.pid}/task").glob("*/children")
        pids = [str(self.child.pid), *(pid for file in children for pid in file.read_text().split())]
        return sum(_ticks(pid) for pid in pids) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """End it."""
        self.child.terminate()
        self.child.wait(30)


def _ticks(pid: str) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def at_rest(seconds: float) -> str:
    """Measure what the panels cost while nothing changes."""
    seat = Seat()
    seat.until(b"virsh net-list")
    time.sleep(8)
    before, sent = seat.cpu(), len(seat.said)
    time.sleep(seconds)
    ours, sent = (seat.cpu() - before) / seconds, len(seat.said) - sent
    seat.end()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    watch = ["timeout", str(seconds / 3), "watch", "-n1", WATCHED]
    subprocess.run(watch, check=False, stdout=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    theirs = (after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime) / (seconds / 3)
    verdict = "within" if ours <= theirs / 20 and not sent else "ABOVE"
    share = f"{ours / theirs:.3f} of watch's CPU ({ours * 1000:.2f} ms/s to {theirs * 1000:.1f} ms/s)"
    return f"at rest: {share}, {sent} bytes sent, {verdict} 0.05 and 0"


def events(count: int = 60) -> str:
    """Measure from a forwarding entry's coming, by bridge(8) and its start included, to its row on screen."""
    seat = Seat()
    seat.until(b"virsh net-list")
    time.sleep(3)
    seat.press("\x1bOR")
    time.sleep(1)
    seat.press("\x1bOR")
    time.sleep(2)
    taken = []
    for number in range(count):
        mac = f"02:aa:00:00:00:{number:02x}"
        since = len(seat.said)
        started = time.perf_counter()
        _bridge("add", mac)
        seat.until(mac.encode(), since, 5)
        taken.append(time.perf_counter() - started)
        _bridge("del", mac)
        time.sleep(0.2)
    seat.end()
    taken.sort()
    late = taken[min(len(taken) - 1, int(len(taken) * 0.99))]
    verdict = "within" if late <= 0.1 else "ABOVE"
    return f"event to screen: median {statistics.median(taken) * 1000:.0f} ms, 99th {late * 1000:.0f} ms, {verdict} 100"


def _bridge(what: str, mac: str) -> None:
    argv = ("bridge", "fdb", what, mac, "dev", "vxlan10", "dst", "203.0.113.1", "self")
    subprocess.run(argv, check=True)


def many() -> str:
    """Measure filling, scrolling and memory with very many entries."""
    lines = (
        f"fdb add 02:bb:{n >> 24 & 255:02x}:{n >> 16 & 255:02x}:{n >> 8 & 255:02x}:{n & 255:02x} dev vxlan10 "
        "dst 203.0.113.1 self\n"
        for n in range(ENTRIES)
    )
    subprocess.run(("bridge", "-batch", "-"), input="".join(lines), text=True, check=True)
    started = time.perf_counter()
    subprocess.run(("bridge", "-j", "fdb", "show", "br", "bridge0"), check=True, stdout=subprocess.DEVNULL)
    raw = time.perf_counter() - started
    seat = Seat()
    seat.until(b"bridge fdb show br")
    started = time.perf_counter()
    while not re.search(rb"1\d{5} rows", seat.said) and time.perf_counter() - started < 60:
        time.sleep(0.01)
    fill = time.perf_counter() - started
    time.sleep(2)
    seat.press("\x1bOR")
    time.sleep(1)
    seat.press("\x1bOR")
    time.sleep(2)
    taken = []
    for number in range(30):
        _bridge("add", f"02:cc:00:00:00:{number:02x}")
        since, started = len(seat.said), time.perf_counter()
        seat.press("\x1b[6~")
        while len(seat.said) == since and time.perf_counter() - started < 5:
            time.sleep(0.001)
        taken.append(time.perf_counter() - started)
        time.sleep(0.2)
    status = Path(f"/proc/{seat.child.pid}/status").read_text()
    memory = next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS"))
    seat.end()
    worst = max(taken)
    verdict = "within" if worst <= 0.05 else "ABOVE"
    keys = f"key to repaint: median {statistics.median(taken) * 1000:.0f} ms, worst {worst * 1000:.0f} ms, {verdict} 50"
    return f"{ENTRIES} entries: shown in {fill / raw:.1f} of `bridge -j fdb show` ({raw:.2f} s); {keys}; {memory} MiB"


def main() -> None:
    """Print what was measured, on a host of a rehearsal."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    if sys.argv[2:] == ["inside"]:
        for measured in (at_rest(seconds), events(), many()):
            sys.stdout.write(f"{measured}\n")
            sys.stdout.flush()
        return
    with Rehearsal(load(SAMPLE)) as rehearsal:
        host = rehearsal["host-a"]
        for section in ("ethernet,bridge", "network"):
            host.run(["vxlan-tui", "apply", "/root/plan.toml", "--yes", "--only", section], timeout=120)
        argv = [sys.executable, "-m", "tests.bench.panels", str(seconds), "inside"]
        host.popen(argv, cwd=str(Path.cwd()), env={"PYTHONPATH": str(Path.cwd())}).wait()


if __name__ == "__main__":
    main()

"""The wizard on a terminal of 120x40, with what it sends kept and counted."""

import os
import pty
import re
import select
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

DEVICES, FDB, NETWORKS = "\x1bOQ", "\x1bOR", "\x1bOS"
"""The keys that go to a panel, and pressed again show it in full."""

PAGE_DOWN, PAGE_UP = "\x1b[6~", "\x1b[5~"

# A row, not the scroll bar's edge.
_REVERSE = re.compile(rb"\x1b\[(?:\d+;)*7(?:;\d+)*m(?= *[^\x1b ])([^\x1b]{20,})")


class Seat:
    """Who sits there: reads what is drawn, and presses keys."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (40, 120))
        argv = [sys.executable, "-m", "vxlan_tui", "--plan", "/root/plan.toml"]
        environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        self.child = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.said = bytearray()
        self._news = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while select.select([self.master], [], []):
            try:
                self.said += os.read(self.master, 65536)
            except OSError:
                return
            self._news.set()

    def press(self, *keys: str) -> None:
        """Press keys, and leave time for what they do between two."""
        for key in keys:
            os.write(self.master, key.encode())
            time.sleep(1)

    def until(self, true: Callable[[], object], what: str, seconds: float = 60) -> None:
        """Wait until something is so of what was drawn."""
        deadline = time.perf_counter() + seconds
        while not true():
            self._news.wait(0.02)
            self._news.clear()
            if time.perf_counter() > deadline:
                raise RuntimeError(f"{what} was not drawn: {bytes(self.said[-2000:])!r}")

    def sees(self, words: bytes, since: int = 0, seconds: float = 60) -> None:
        """Wait until these words were drawn."""
        self.until(lambda: self.said.find(words, since) >= 0, repr(words), seconds)

    def chosen(self, since: int) -> bytes:
        """Give the row that the cursor was last drawn on."""
        found = _REVERSE.findall(self.said, since)
        return bytes(found[-1]) if found else b""

    def key_to_repaint(self, key: str) -> float:
        """Give the seconds from a key to the cursor's being drawn on another row."""
        before, since, started = self.chosen(0), len(self.said), time.perf_counter()
        os.write(self.master, key.encode())
        self.until(lambda: self.chosen(since) not in (b"", before), f"the cursor after {key!r}", 10)
        return time.perf_counter() - started

    def cpu(self) -> float:
        """Give the seconds of CPU of the wizard and of the commands that it follows."""
        children = Path(f"/proc/{self.child.pid}/task").glob("*/children")
        pids = [str(self.child.pid), *(pid for file in children for pid in file.read_text().split())]
        return sum(_ticks(pid) for pid in pids) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Give the memory that it holds, in MiB."""
        status = Path(f"/proc/{self.child.pid}/status").read_text()
        return next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS"))


@contextmanager
def seated() -> Iterator[Seat]:
    """Sit down at the wizard; when left, it has ended."""
    seat = Seat()
    try:
        yield seat
    finally:
        seat.child.terminate()
        try:
            seat.child.wait(30)
        finally:
            seat.child.kill()
            os.close(seat.master)


def _ticks(pid: str) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])

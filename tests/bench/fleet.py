"""How `apply` on several hosts grows with their number: 4 and 8 against 2, in turn, on sandboxed hosts of one plan.

It may grow less than half as fast as the number of hosts, until the cores are busy: all of these hosts share this
machine's, so the share of them that was busy is told beside each.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from tests import three_hosts
from tests.bench.interleaved import seconds
from tests.on_host import PLAN
from vxlan_tui import plan
from vxlan_tui.rehearsal import Rehearsal

BUSY = 0.9
"""The share of the cores from which on they are what bounds it."""


def _busy() -> tuple[float, float]:
    """Give the time that the cores were busy, and all of it (proc(5), stat)."""
    times = [float(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return sum(times) - times[3] - times[4], sum(times)


class Bench:
    """The hosts of a plan, of which the first is the console."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.console = rehearsal.hosts[0]
        self.names = [host.name for host in rehearsal.hosts]

    def _run(self, verb: str, count: int, *more: str) -> None:
        hosts = [word for name in self.names[:count] for word in ("--host", name)]
        self.console.run(["vxlan-tui", verb, PLAN, "--yes", *hosts, *more], timeout=300)

    def apply(self, count: int) -> tuple[float, float]:
        """Give the seconds that it takes on so many hosts, and the share of the cores that was busy."""
        busy, of = _busy()
        took = seconds(lambda: self._run("apply", count, "--only", "bridge,network"))
        busy_then, of_then = _busy()
        self._run("undo", count)
        return took, (busy_then - busy) / (of_then - of)


def main() -> int:
    """Print a line for each number of hosts, and fail where it grows faster than it may with cores to spare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rounds", nargs="?", type=int, default=5)
    parser.add_argument("--hosts", type=int, nargs="+", default=[4, 8])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "plan.toml"
        path.write_text(three_hosts.text(max(asked.hosts)))
        with Rehearsal(plan.load(path), program_everywhere=False) as rehearsal:
            bench = Bench(rehearsal)
            bench.apply(2)
            rounds = [{count: bench.apply(count) for count in (2, *asked.hosts)} for _ in range(asked.rounds)]
    base = statistics.median(each[2][0] for each in rounds)
    sys.stdout.write(f"apply on 2 hosts: {base:.1f} s, on {os.cpu_count()} cores for all hosts together\n")
    return sum(_told(count, rounds) for count in asked.hosts)


def _told(count: int, rounds: list[dict[int, tuple[float, float]]]) -> bool:
    """Print how one number of hosts compares, and say whether it is too slow."""
    ratios = [each[count][0] / each[2][0] for each in rounds]
    busy = statistics.median(each[count][1] for each in rounds)
    bound, median = 1 + (count / 2 - 1) / 2, statistics.median(ratios)
    verdict = "within" if median <= bound else "the cores are busy" if busy >= BUSY else "ABOVE"
    sys.stdout.write(
        f"apply on {count} hosts against 2: {median:.2f} ({min(ratios):.2f} to {max(ratios):.2f}), bound {bound:g}, "
        f"cores {busy:.0%} busy: {verdict}\n"
    )
    return verdict == "ABOVE"


if __name__ == "__main__":
    sys.exit(main())

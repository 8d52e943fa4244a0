"""A session that is cut, again and again: how often the host is back at its old address, and after how long.

Each way of cutting it, before, while and after the interface is activated; twenty times each unless an argument
says otherwise, and at all three moments unless more arguments name some. `make bench` runs it with the rest.
"""

import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from tests.test_ssh import CUTS, Net, hosts, survive, tidy

MOMENTS = ("before", "during", "after")


def main(times: int, moments: Iterable[str] = MOMENTS) -> int:
    """Print a line for each way and moment, and give the number of failures."""
    failures = 0
    with tempfile.TemporaryDirectory() as directory, hosts(Path(directory)) as net:
        for when in moments:
            for cut in CUTS:
                good = [_once(net, cut, when) for _ in range(times)]
                failures += good.count(None)
                took = [seconds for seconds in good if seconds is not None]
                longest = f", at most {max(took):.0f} s with all that is looked at" if took else ""
                sys.stdout.write(f"{cut}, {when}: back {len(took)} times of {times}{longest}\n")
                sys.stdout.flush()
    return failures


def _once(net: Net, cut: str, when: str) -> float | None:
    started = time.monotonic()
    try:
        survive(net, cut, when)
    except AssertionError as failure:
        sys.stderr.write(f"{cut}, {when}: {failure}\n")
        return None
    finally:
        took = time.monotonic() - started
        tidy(net)
    return took


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, sys.argv[2:] or MOMENTS))

"""A session that is cut, again and again: how often the host is back at its old address, and after how long.

Each way of cutting `apply` and the wizard, before, while and after the interface is activated. `make bench` runs all
of it with the rest, twenty times each; the options choose.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.test_ssh import CUTS, Net, hosts, survive, survive_in_wizard, tidy

MOMENTS = ("before", "during", "after")
PROGRAMS: dict[str, Callable[[Net, str, str], None]] = {"apply": survive, "wizard": survive_in_wizard}


def main() -> int:
    """Print a line for each program, way and moment, and give the number of failures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("times", nargs="?", type=int, default=20)
    for option, choices in (("--program", PROGRAMS), ("--cut", CUTS), ("--moment", MOMENTS)):
        parser.add_argument(option, choices=tuple(choices), nargs="+", default=tuple(choices))
    asked = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as directory, hosts(Path(directory)) as net:
        for program in asked.program:
            for when in asked.moment:
                for cut in asked.cut:
                    failures += _times(net, program, cut, when, asked.times)
    return failures


def _times(net: Net, program: str, cut: str, when: str, times: int) -> int:
    good = [_once(net, program, cut, when) for _ in range(times)]
    took = [seconds for seconds in good if seconds is not None]
    longest = f", at most {max(took):.0f} s with all that is looked at" if took else ""
    sys.stdout.write(f"{program}, {cut}, {when}: back {len(took)} times of {times}{longest}\n")
    sys.stdout.flush()
    return good.count(None)


def _once(net: Net, program: str, cut: str, when: str) -> float | None:
    started = time.monotonic()
    try:
        PROGRAMS[program](net, cut, when)
    except AssertionError as failure:
        sys.stderr.write(f"{program}, {cut}, {when}: {failure}\n")
        return None
    finally:
        took = time.monotonic() - started
        tidy(net)
    return took


if __name__ == "__main__":
    sys.exit(main())

"""How well `verify` names causes: faults one by one, in pairs, and set-ups that are well.

    python tests/bench/verify.py [--faults] [--pairs N] [--setups] [--only WORD]

Without options all of it, with 20 pairs drawn at random (always the same ones). The whole takes half an hour.
It prints a line for each, and at the end: causes named right of how many, false alarms, seconds.
"""

import argparse
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.faults import FAULTS, Fault, Field, field_of, pair_trial, separate, trial
from tests.setups import SETUPS, alarms
from vxlan_tui.plan import load
from vxlan_tui.rehearsal import SAMPLE

HEALTHY_RUNS = 10


@dataclass
class Tally:
    """What came right of how many, and the seconds that the runs took."""

    right: int = 0
    of: int = 0
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def add(self, name: str, wrong: list[str], took: float) -> None:
        """Count one, and say it."""
        self.of += 1
        self.right += not wrong
        self.seconds.append(took)
        self.wrong += wrong
        say(f"{'right' if not wrong else 'WRONG':5}  {took:5.1f} s  {name}")
        for each in wrong:
            say(f"       {each}")

    def __str__(self) -> str:
        if not self.seconds:
            return "none run"
        return (
            f"{self.right} of {self.of}; seconds: median {statistics.median(self.seconds):.1f}, "
            f"longest {max(self.seconds):.1f}"
        )


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Run what is asked for, print the figures, and fail where one is not as it has to be."""
    asked = _asked()
    named, paired, quiet, healthy = Tally(), Tally(), Tally(), Tally()
    if asked.faults or asked.pairs:
        with field_of(load(SAMPLE)) as ground:
            for _ in range(HEALTHY_RUNS):
                said = ground.verify()
                healthy.add("a host that is well", said.alarms, said.seconds)
            if asked.faults:
                _each(ground, _wanted(asked.only), named)
            _pairs(ground, asked.pairs, asked.only, paired)
    for setup in SETUPS if asked.setups else ():
        if asked.only in setup.name:
            _one(setup.name, partial(alarms, setup), quiet)
    say("")
    say(f"causes named right, one fault at a time: {named}")
    say(f"pairs of faults named and mended:        {paired}")
    say(f"set-ups that are well, without alarm:    {quiet}")
    say(f"runs on a host that is well:             {healthy}")
    false = [each for tally in (quiet, healthy) for each in tally.wrong]
    say(f"false alarms: {len(false)}")
    return 0 if not any(tally.wrong for tally in (named, paired, quiet, healthy)) else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--pairs", type=int, default=0, metavar="N")
    parser.add_argument("--setups", action="store_true")
    parser.add_argument("--only", default="", metavar="WORD", help="faults and set-ups with this in their name")
    asked = parser.parse_args()
    if not (asked.faults or asked.pairs or asked.setups):
        asked.faults, asked.pairs, asked.setups = True, 20, True
    return asked


def _wanted(word: str) -> Iterator[Fault]:
    return (fault for fault in FAULTS if word in fault.name)


def _each(ground: Field, faults: Iterator[Fault], tally: Tally) -> None:
    for fault in faults:
        _one(f"{fault.cause}: {fault.name}", partial(trial, ground, fault), tally)


def _pairs(ground: Field, number: int, word: str, tally: Tally) -> None:
    pairs = [pair for pair in combinations(FAULTS, 2) if separate(*pair) and any(word in f.name for f in pair)]
    for one, other in random.Random(4).sample(pairs, min(number, len(pairs))):  # noqa: S311 (no secret)
        _one(f"{one.name} + {other.name}", partial(pair_trial, ground, one, other), tally)


def _one(name: str, run: Callable[[], tuple[list[str], float]], tally: Tally) -> None:
    try:
        wrong, seconds = run()
    except (AssertionError, subprocess.SubprocessError, OSError) as error:
        wrong, seconds = [f"{type(error).__name__}: {error}"], 0.0
    tally.add(name, wrong, seconds)


if __name__ == "__main__":
    started = time.monotonic()
    status = main()
    say(f"in all {time.monotonic() - started:.0f} s")
    sys.exit(status)

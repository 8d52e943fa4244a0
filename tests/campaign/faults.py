"""Every fault that `verify` knows, alone and in pairs, named and mended; and no alarm where all is well."""

import math
import random
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations

from tests.campaign import Campaign, Figure
from tests.faults import FAULTS, field_of, pair_trial, separate, trial
from tests.setups import SETUPS, alarms
from vxlan_tui.plan import load
from vxlan_tui.rehearsal import SAMPLE

WELL_RUNS, PAIRS = 10, 20

BROKEN = 10.0
"""Seconds that `verify` may take on a host where something is wrong."""


def run() -> Iterator[Figure]:
    """Seconds are those of `verify`."""
    well, alone = Figure("verify on a host that is well: no alarm"), Figure("a fault alone: named, and mended")
    pairs, setups = Figure("two faults at once: named, and mended"), Figure("a set-up that is well: no alarm")
    with field_of(load(SAMPLE)) as ground:
        for _ in range(WELL_RUNS):
            said = ground.verify()
            well.add("a host that is well", said.alarms, said.seconds)
        yield well
        for fault in FAULTS:
            _add(alone, f"{fault.cause}: {fault.name}", partial(trial, ground, fault), BROKEN)
        yield alone
        possible = [pair for pair in combinations(FAULTS, 2) if separate(*pair)]
        for one, other in random.Random(4).sample(possible, PAIRS):  # noqa: S311 (no secret)
            _add(pairs, f"{one.name} + {other.name}", partial(pair_trial, ground, one, other), BROKEN)
        yield pairs
    for setup in SETUPS:
        _add(setups, setup.name, partial(alarms, setup))
    yield setups


def _add(figure: Figure, name: str, tried: Callable[[], tuple[list[str], float]], bound: float = math.inf) -> None:
    try:
        wrong, seconds = tried()
    except (AssertionError, subprocess.SubprocessError, OSError) as error:
        figure.add(name, [f"{type(error).__name__}: {error}"])
    else:
        figure.add(name, [*wrong, *([f"took {seconds:.1f} s"] if seconds > bound else [])], seconds)


CAMPAIGN = Campaign("verify names each fault by its cause, and its remedy mends it", run)

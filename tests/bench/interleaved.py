"""Timing that holds on a noisy machine: two things in turn, and the ratio pair by pair."""

import statistics
import time
from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    """Give the wall time of one call, in seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ratios(
    one: Callable[[], object],
    other: Callable[[], object],
    runs: int,
    between: Callable[[], object] = lambda: None,
) -> list[float]:
    """Give one's time as a multiple of the other's, for each of so many pairs, after a pair that is not counted.

    `between` is done after each call and not timed.
    """

    def timed(work: Callable[[], object]) -> float:
        taken = seconds(work)
        between()
        return taken

    return [timed(one) / timed(other) for _ in range(runs + 1)][1:]


def told(what: str, found: list[float], bound: float) -> str:
    """Give a line: the median ratio, the range, and the bound that is promised."""
    median = statistics.median(found)
    verdict = "within" if median <= bound else "ABOVE"
    return f"{what}: {median:.2f} ({min(found):.2f} to {max(found):.2f}), {verdict} {bound:g}"

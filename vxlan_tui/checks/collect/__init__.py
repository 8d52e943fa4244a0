"""The edge: hosts are read, and the network is asked meanwhile, each within its time."""

import time
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import suppress
from functools import partial

from vxlan_tui.checks.collect.answers import Asked
from vxlan_tui.checks.collect.facts import facts
from vxlan_tui.checks.collect.parts import STRANGE, start
from vxlan_tui.checks.evidence import Answers, Facts, Unreadable
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import Reach, Unreachable

__all__ = ["Reading", "read"]


class Reading:
    """A host that is being read, by `reach`; with `asks`, the network is asked from there as well."""

    def __init__(self, plan: Plan, host: Host, reach: Reach, *, asks: bool) -> None:
        self._asked = Asked(plan, host, reach) if asks else None
        self._facts: Future[Facts] = start(partial(self._read, plan, host, reach))

    def _read(self, plan: Plan, host: Host, reach: Reach) -> Facts:
        known = facts(plan, host, reach)
        if self._asked is not None:
            self._asked.know(known)
        return known

    def facts(self, until: float | None = None) -> Facts:
        """Return what was read, by a time of the monotonic clock; raise Unreachable, Unreadable, TookTooLong."""
        return self._facts.result(None if until is None else max(0.0, until - time.monotonic()))

    @property
    def failure(self) -> str:
        """In words why it could not be read; empty where it could."""
        try:
            self._facts.result(0)
        except TookTooLong:
            return "it does not answer in time"
        except (Unreachable, Unreadable, *STRANGE) as error:
            return str(error)
        return ""

    @property
    def answers(self) -> Answers:
        """The answers of the network."""
        assert self._asked is not None  # noqa: S101 (asked for)
        return self._asked


def read(readings: Mapping[str, Reading], limit: float) -> dict[str, Facts]:
    """Return the facts of those hosts that can be read within so many seconds from now."""
    found: dict[str, Facts] = {}
    until = time.monotonic() + limit
    for name, reading in readings.items():
        with suppress(Unreachable, Unreadable, TookTooLong, *STRANGE):
            found[name] = reading.facts(until)
    return found

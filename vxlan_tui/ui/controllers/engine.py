"""What controllers ask of hosts. The program has one engine, which does it; tests hand in another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from vxlan_tui.checks.finding import Finding
from vxlan_tui.facts.survey import Survey
from vxlan_tui.guard import Keeper
from vxlan_tui.last_run import LastRun
from vxlan_tui.live.source import Source
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import Interrupts
from vxlan_tui.runs import Run
from vxlan_tui.session import Reporter
from vxlan_tui.steps import Step

Look = Mapping[str, list[Step] | str]
"""Each section's steps from a fresh look, or in words why it cannot be looked at."""


@dataclass(frozen=True)
class Order:
    """What is to run: `way` is forward, back, mend or remedy; `steps` are as they were shown, by host.

    `section` is where it is shown, and `sections` are those of the guide that it is about.
    """

    way: str
    section: str
    steps: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    plan: Plan | None = None
    sections: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many steps there are to run, on all hosts."""
        return sum(len(steps) for steps in self.steps.values())


@dataclass(frozen=True)
class Telling:
    """Who is told of a run, by whom it is confirmed, and what stops it. All but `interrupts` is used in its thread."""

    reporter: Callable[[str], Reporter]
    """Gives the one for a host of that name."""
    keeper: Keeper
    interrupts: Interrupts
    say: Callable[[str], None]


class Engine(Protocol):
    """What is done on hosts. Every method takes its time, is called in a thread, and raises what stops it there.

    What that can be stands in `fleet.STOPS`.
    """

    def take_for_here(self, name: str) -> None:
        """Take the host of that name for this machine; it is not reached over SSH."""

    def survey(self, destination: str, encrypted: bool = False) -> Survey:
        """Look at a host as such, at this machine where the destination is empty.

        `encrypted` is whether the plan has it encrypt by WireGuard.
        """

    def this_host(self, plan: Plan) -> str:
        """Return the name of the host of the plan that this machine is; raise Refused where that is not plain."""

    def last(self) -> LastRun | None:
        """Return the last run on this machine, or None."""

    def recover(self, reporter: Reporter) -> str:
        """Finish what a run that was cut off left unconfirmed, and return how in words; empty for nothing."""

    def look(self, plan: Plan, host: Host) -> Look:
        """Look at a host of the plan; what stops the look at one section stands in its place."""

    def way_back(self, plan: Plan, host: Host, sections: tuple[str, ...]) -> list[Step]:
        """Return the steps that take back what was done in sections."""

    def run(self, order: Order, telling: Telling) -> str:
        """Run the order's steps until one fails, and return in a word how it ended."""

    def unchecked(self, plan: Plan, host: Host) -> str:
        """Return in words why a host cannot be checked; empty where it can."""

    def planned(self, plan: Plan, host: Host) -> list[Finding]:
        """Return the checks to come."""

    def check(
        self, plan: Plan, hosts: Sequence[Host], tell: Callable[[str, Finding], None]
    ) -> Mapping[str, list[Finding]]:
        """Run the checks of hosts, both ends of each way read."""

    def log(self, host: Host | None) -> list[Run]:
        """Return what ran on a host of the plan, on this machine for none."""

    def script(self, plan: Plan, host: Host, undo: bool) -> str:
        """Return a host's script."""

    def source(self, name: str, host: Host | None, bridges: tuple[str, ...], vxlans: tuple[str, ...]) -> Source[Any]:
        """Return the source of a live panel of a host, not started yet. This one takes no time."""

    def close(self) -> None:
        """End the connections to all hosts."""

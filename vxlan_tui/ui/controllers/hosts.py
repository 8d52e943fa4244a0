"""The engine of the program: sessions on hosts, under the hosts' locks, and exactly what was shown.

A lock is held while something runs, and not for the wizard's life: a wizard left open keeps nobody from
`vxlan-tui apply`. So each run looks afresh first, and what no longer is what was shown does not run.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from vxlan_tui import checks, fleet, journal, last_run
from vxlan_tui.checks.finding import Finding
from vxlan_tui.exits import CannotStart
from vxlan_tui.facts import system
from vxlan_tui.facts.survey import Survey, survey
from vxlan_tui.files import UnsafePath
from vxlan_tui.guard import NOBODY
from vxlan_tui.journal import Journal
from vxlan_tui.last_run import LastRun
from vxlan_tui.live.source import Source
from vxlan_tui.paths import JOURNAL, STATE_DIRECTORY
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures.wireguard import is_used as is_wireguard_used
from vxlan_tui.reach import Interrupts, Local, Reach, Unreachable
from vxlan_tui.runs import Run, runs
from vxlan_tui.session import Reporter, Session
from vxlan_tui.steps import Step
from vxlan_tui.ui.controllers.engine import Look, Order, Telling
from vxlan_tui.ui.controllers.reaches import Reaches
from vxlan_tui.ui.controllers.steps_run import Told, preview, run_steps
from vxlan_tui.ui.model import SECTION_NUMBERS
from vxlan_tui.verbs.common import choose_host


class Hosts:
    """The engine; see the protocol for what each method is for."""

    def __init__(self) -> None:
        self._reaches = Reaches()

    def take_for_here(self, name: str) -> None:
        """Take a host for this machine."""
        self._reaches.here = name

    def survey(self, destination: str, encrypted: bool = False) -> Survey:
        """Look at a host as such."""
        return survey(self._reaches.over(destination), encrypted)

    def this_host(self, plan: Plan) -> str:
        """Name the host of the plan that this machine is."""
        return choose_host(plan, None, Local()).name

    def last(self) -> LastRun | None:
        """Give the last run."""
        try:
            return last_run.last(Local(), JOURNAL)
        except OSError:
            return None

    def recover(self, reporter: Reporter) -> str:
        """Finish what was left unconfirmed."""
        if system.not_root(Local()):
            return ""
        try:
            rows = journal.guarded(journal.events(Local(), JOURNAL))
            if all(row.how for row in rows):
                return ""
            nothing = Order("look", "", {"": ()})
            silent = Telling(lambda name: reporter, NOBODY, Interrupts(), lambda words: None)
            with self._opened(nothing, "wizard start", silent) as members:
                told = fleet.recover(members)[""]
                return told.story if told is not None else ""
        except (CannotStart, OSError):
            return ""  # another run is at work, or nobody can tell

    def look(self, plan: Plan, host: Host) -> Look:
        """Look at a host of the plan."""
        reach = self._reaches.to(host)
        if system.not_root(reach):
            return dict.fromkeys(SECTION_NUMBERS, "This changes the host, and you are not root: use sudo.")
        found: dict[str, list[Step] | str] = {}
        for section in SECTION_NUMBERS:
            try:
                session = _session(plan, host, reach)
                if is_wireguard_used(plan, (section,)):
                    fleet.keys.exchange({host.name: session}, self._others(plan, (host.name,)), all_make=True)
                found[section] = preview(session, Order("forward", section, {}, plan, (section,)))
            except Unreachable:
                raise  # it is so of all sections
            except fleet.STOPS as error:
                found[section] = str(error)
        return found

    def way_back(self, plan: Plan, host: Host, sections: tuple[str, ...]) -> list[Step]:
        """Give the steps of a way back."""
        return preview(_session(plan, host, self._reaches.to(host)), Order("back", "", {}, plan, sections))

    def run(self, order: Order, telling: Telling) -> str:
        """Run an order on its hosts in step."""
        with self._opened(order, f"wizard {order.way}", telling) as members:
            recovered = fleet.recover(members)
            for name, ended in recovered.items():
                if ended is not None:
                    telling.say(f"{name}: {ended.story}" if name else ended.story)
            fleet.hold_to_recovered(recovered)
            others = self._others(order.plan, tuple(order.steps), telling.interrupts)
            return run_steps(order, members, telling.keeper, others)

    def _others(
        self, plan: Plan | None, names: Sequence[str], interrupts: Interrupts | None = None
    ) -> dict[str, Reach]:
        """Give the ways to the plan's other hosts, where there are some and something is to be asked of them."""
        here = self._reaches.here

        def to(host: Host) -> Reach | None:
            return self._reaches.to(host, interrupts) if host.ssh or host.name == here else None

        return fleet.keys.others(plan, names, to) if plan is not None else {}

    def _opened(self, order: Order, verb: str, telling: Telling) -> AbstractContextManager[list[fleet.Member]]:
        """Hold the locks of an order's hosts, and frame what runs in their journals."""
        hosts = [order.plan.host(name) if order.plan is not None and name else None for name in order.steps]
        run = fleet.Run(order.plan or NO_PLAN, verb, "vxlan-tui (the wizard)", named=order.plan is not None)
        wanted = [
            fleet.Wanted(
                host or NO_HOST,
                self._reaches.to(host, telling.interrupts),
                Told(telling.reporter(host.name if host is not None else ""), telling.say),
            )
            for host in hosts
        ]
        return fleet.opened(run, wanted)

    def unchecked(self, plan: Plan, host: Host) -> str:
        """Say why a host cannot be checked."""
        return "\n".join(str(each) for each in checks.missing(plan, host, self._reaches.to(host, Interrupts())))

    def planned(self, plan: Plan, host: Host) -> list[Finding]:
        """Give the checks to come."""
        return checks.planned(plan, host)

    def check(
        self, plan: Plan, hosts: Sequence[Host], tell: Callable[[str, Finding], None]
    ) -> dict[str, list[Finding]]:
        """Run the checks; what is wrong on another host that can be reached is read there."""
        reaches = {host.name: self._reaches.to(host, Interrupts()) for host in hosts}
        if len(hosts) != 1:
            return checks.run_all(plan, reaches, tell)
        (host,) = hosts
        others = [peer for peer in plan.peers(host) if peer.ssh or peer.name == self._reaches.here]
        peers = {peer.name: self._reaches.to(peer, Interrupts()) for peer in others}
        return {host.name: checks.run(plan, host, reaches[host.name], partial(tell, host.name), peers)}

    def log(self, host: Host | None) -> list[Run]:
        """Give what ran on a host."""
        return runs(journal.events(self._reaches.to(host), JOURNAL))

    def script(self, plan: Plan, host: Host, undo: bool) -> str:
        """Give a host's script."""
        from vxlan_tui import export  # noqa: PLC0415 (jinja2 comes when it is asked for)

        return (export.undo_script if undo else export.script)(plan, host)

    def source(self, name: str, host: Host | None, bridges: tuple[str, ...], vxlans: tuple[str, ...]) -> Source[Any]:
        """Give the source of a live panel."""
        from vxlan_tui.live.devices import Devices  # noqa: PLC0415
        from vxlan_tui.live.fdb import Fdb  # noqa: PLC0415
        from vxlan_tui.live.networks import Networks  # noqa: PLC0415

        reach = self._reaches.to(host)
        makers: dict[str, Callable[[Reach], Source[Any]]] = {"devices": Devices, "networks": Networks}
        return makers[name](reach) if name in makers else Fdb(bridges, vxlans, reach)

    def close(self) -> None:
        """End all connections."""
        self._reaches.close()


def _session(plan: Plan | None, host: Host | None, reach: Reach) -> Session:
    try:
        reach.private_directory(STATE_DIRECTORY)
        opened = Journal(reach, JOURNAL)
    except (OSError, UnsafePath) as error:
        raise CannotStart(f"the state directory cannot be used: {error}") from error
    return Session(plan or NO_PLAN, host or NO_HOST, reach, opened)


NO_PLAN, NO_HOST = Plan(hosts=(), segments=()), Host.model_construct(name="")
"""For what is done on this machine without a plan."""

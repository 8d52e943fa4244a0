"""Hosts for the wizard to be tried on without hosts: sections of two steps, whose commands do what they are told."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot

from vxlan_tui.checks.finding import Finding
from vxlan_tui.command import Command
from vxlan_tui.exits import CannotStart
from vxlan_tui.facts.survey import Survey
from vxlan_tui.journal import Ran
from vxlan_tui.last_run import LastRun
from vxlan_tui.live.devices import Devices
from vxlan_tui.live.fdb import Fdb
from vxlan_tui.live.networks import Networks
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures.vms import shut_down
from vxlan_tui.reach import Interrupted, Outcome, Unreachable
from vxlan_tui.rehearsal import SAMPLE
from vxlan_tui.runs import Run
from vxlan_tui.session import Reporter, Result
from vxlan_tui.state import Link, Network, Nic, VmState
from vxlan_tui.steps import Change, Step
from vxlan_tui.ui.app import Wizard, wizard
from vxlan_tui.ui.controllers.engine import Look, Order, Telling
from vxlan_tui.ui.controllers.matching import matched
from vxlan_tui.ui.terminal_style import TerminalStyle

NUMBERS = {"ethernet": "10.2", "bridge": "10.3", "network": "10.4", "vms": "10.5"}


SURVEY: Survey = Survey(
    "host-a",
    "Some Linux 12",
    "1.42.4",
    "1.3.3",
    "9.0.0",
    links={
        "lo": Link("lo"),
        "enp1s0": Link("enp1s0", up=True, carrier=True, addresses=("198.51.100.2/24",)),
        "enp2s0": Link("enp2s0"),
    },
    default_interface="enp1s0",
    zones=("public", "trusted"),
    networks={"default": Network("default", "virbr0", "nat", True)},
    vms={
        "vma": VmState("vma", "running", nics=(Nic("52:54:00:00:00:01", "network", "default"),)),
        "two nics": VmState(
            "two nics", nics=(Nic("52:54:00:00:00:02", "network", "default"), Nic("52:54:00:00:00:03", "user"))
        ),
    },
)


@dataclass
class Stage:
    """An engine whose hosts are told what they do: which steps are done, fail, are in conflict, or stop a VM.

    `locked` says in words who else is at work there; `unreadable` why a host cannot be looked at.
    """

    done: set[str] = field(default_factory=set)
    failing: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, str] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    """What breaks the connection to its host."""
    stops: dict[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    hold: Event = field(default_factory=Event)
    held: set[str] = field(default_factory=set)
    hold_look: Event = field(default_factory=Event)
    surveyed: Survey = field(default_factory=lambda: SURVEY)
    parts: tuple[str, ...] = ("first", "second")
    locked: str = ""
    last_run: LastRun | None = None
    findings: list[list[Finding]] = field(default_factory=list)
    unreadable: str = ""
    unreached: dict[str, str] = field(default_factory=dict)
    here: str = ""
    surveyed_at: dict[str, Survey] = field(default_factory=dict)
    """What is found at a destination, where that is not as here."""
    hold_look_of: dict[str, Event] = field(default_factory=dict)
    """What a look at a host, and at its way back, waits for."""
    done_on: dict[str, set[str]] = field(default_factory=dict)
    """What is done on each other host by its name; `done` is of the plan's first."""
    ran_on: list[str] = field(default_factory=list)
    """The host of each command that ran."""
    orders: list[Order] = field(default_factory=list)
    """What was ordered to run."""

    # What the wizard asks

    def take_for_here(self, name: str) -> None:
        self.here = name

    def survey(self, destination: str, encrypted: bool = False) -> Survey:
        self.hold_look.wait(10)
        if destination in self.unreached:
            raise Unreachable(destination, self.unreached[destination])
        elsewhere = self.surveyed_at.get(destination) or replace(self.surveyed, links={})
        return elsewhere if destination else self.surveyed

    def this_host(self, plan: Plan) -> str:
        return plan.hosts[0].name

    def last(self) -> LastRun | None:
        return self.last_run

    def recover(self, reporter: Reporter) -> str:
        return ""

    def look(self, plan: Plan, host: Host) -> Look:
        self._wait_for(host)
        done = self._done_of(plan, host.name)
        return {section: [self._step(section, part, done) for part in self.parts] for section in NUMBERS}

    def way_back(self, plan: Plan, host: Host, sections: tuple[str, ...]) -> list[Step]:
        self._wait_for(host)
        names = [f"{section}-{part}" for section in reversed(sections) for part in reversed(self.parts)]
        return [self._back(name) for name in names if name in self._done_of(plan, host.name)]

    def run(self, order: Order, telling: Telling) -> str:
        if self.locked:
            raise CannotStart(self.locked)
        self.orders.append(order)
        for host, steps in order.steps.items():
            reporter, done = telling.reporter(host), self._done_of(order.plan, host)
            fresh = [self._back(step.subject) for step in steps] if order.way == "back" else self._fresh(steps, done)
            todo, refused = matched(steps, fresh)
            for step, words in refused:
                reporter.result(step, Result("failed", words))
            if refused or not all(self._run(step, reporter, telling, done, host) for step in todo):
                return "failed"
        return "done"

    def unchecked(self, plan: Plan, host: Host) -> str:
        return self.unreadable

    def planned(self, plan: Plan, host: Host) -> list[Finding]:
        return self.findings[0] if self.findings else []

    def check(
        self, plan: Plan, hosts: Sequence[Host], tell: Callable[[str, Finding], None]
    ) -> Mapping[str, list[Finding]]:
        return {host.name: self._checked(plan, host) for host in hosts}

    def _checked(self, plan: Plan, host: Host) -> list[Finding]:
        return self.findings.pop(0) if len(self.findings) > 1 else self.planned(plan, host)

    def log(self, host: Host | None) -> list[Run]:
        ran = [Ran("2026-01-02T03:04:05+0000", name, name, 0, 0.1) for name in self.ran]
        return [Run(each.time, "wizard forward", "jo", "host-a", "/p.toml", "done", (each,)) for each in ran]

    def script(self, plan: Plan, host: Host, undo: bool) -> str:
        return f"#!/bin/bash\n# {'undo ' if undo else ''}script of {host.name}\n"

    def close(self) -> None:
        """Nothing is open."""

    def source(self, name: str, host: Host | None, bridges: tuple[str, ...], vxlans: tuple[str, ...]) -> Any:
        """A source that follows nothing."""
        made: Any = Fdb(bridges, vxlans) if name == "fdb" else {"devices": Devices, "networks": Networks}[name]()
        made.start = lambda on_change: setattr(made, "_on_change", on_change)
        return made

    # What its hosts do

    def _wait_for(self, host: Host) -> None:
        if host.name in self.hold_look_of:
            self.hold_look_of[host.name].wait(10)

    def _done_of(self, plan: Plan | None, name: str) -> set[str]:
        is_first = plan is None or not name or name == plan.hosts[0].name
        return self.done if is_first else self.done_on.setdefault(name, set())

    def _fresh(self, steps: tuple[Step, ...], done: set[str]) -> list[Step]:
        known = {f"{section}.{part}" for section in NUMBERS for part in self.parts}
        return [self._again(step, done) if step.id in known else step for step in steps]

    def _again(self, step: Step, done: set[str]) -> Step:
        section, _, part = step.id.partition(".")
        return self._step(section, part, done)

    def _step(self, section: str, part: str, done: set[str]) -> Step:
        name = f"{section}-{part}"
        step = Step(f"{section}.{part}", NUMBERS[section], part, f"The {part} step of {section}", "Because.")
        if name in self.conflicts:
            return replace(step, conflict=self.conflicts[name])
        if name in done:
            return step
        changes = (Change("a value", "old", "new"),) if part == "second" else ()
        stop = shut_down(self.stops[name], 60) if name in self.stops else ()
        return replace(step, commands=(*stop, Command(("do", name))), changes=changes)

    @staticmethod
    def _back(name: str) -> Step:
        number = NUMBERS[name.partition("-")[0]]
        return Step(f"{name}.back", number, name, f"Take {name} back", commands=(Command(("undo", name)),))

    def _run(self, step: Step, reporter: Reporter, telling: Telling, done: set[str], host: str) -> bool:
        if not step.commands:
            reporter.result(step, Result("done"))
            return True
        reporter.step(step)
        for command in step.commands:
            try:
                telling.interrupts.check()
            except Interrupted:
                reporter.result(step, Result("stopped", "You stopped this here. Run it again to go on."))
                raise
            reporter.command(command)
            outcome = self._execute(command, reporter, done, host)
            reporter.ended(outcome)
            if not outcome.ok:
                reporter.result(step, Result("failed", outcome.error))
                return False
        reporter.result(step, Result("changed"))
        return True

    def _execute(self, command: Command, reporter: Reporter, done: set[str], host: str) -> Outcome:
        verb, name = command.argv[0], command.argv[-1]
        self.ran.append(command.text)
        self.ran_on.append(host)
        reporter.line(f"{verb}ing {name}")
        if name in self.held:
            self.hold.wait(10)
        if name in self.lost:
            raise Unreachable(host, "the connection broke")
        if name in self.failing:
            reporter.line(self.failing[name])
            return Outcome(command, 4, 0.1, self.failing[name])
        (done.discard if verb == "undo" else done.add)(name)
        return Outcome(command, 0, 0.1, "")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A stage, in a directory of the test's own."""
    monkeypatch.chdir(tmp_path)
    made = Stage()
    made.hold_look.set()
    yield made
    made.hold.set()
    made.hold_look.set()
    for held in made.hold_look_of.values():
        held.set()


def sample(tmp_path: Path) -> Path:
    """The sample plan, in a file of the test's own, with no other host to be reached."""
    path = tmp_path / "plan.toml"
    path.write_text(re.sub(r"^ssh = .*\n", "", SAMPLE.read_text(), flags=re.MULTILINE))
    return path


Script = Callable[[Wizard, "Pilot[int]"], Awaitable[None]]


def play(
    stage: Stage,
    path: Path | None,
    script: Script,
    size: tuple[int, int] = (80, 24),
    style: TerminalStyle | None = None,
    looked: bool = True,
) -> Wizard:
    """Open the wizard on a stage, let the script press keys once it has looked around, and give it back."""
    app = wizard(path, None, style or TerminalStyle(), stage)

    async def playing() -> None:
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: not looked or (app.model.begun and not app.model.looking))
            await pilot.pause(0.05)
            await script(app, pilot)

    asyncio.run(playing())
    return app


async def until(pilot: "Pilot[int]", true: Callable[[], object], seconds: float = 8) -> None:
    """Wait until something is so."""
    for _ in range(int(seconds / 0.02)):
        if true():
            await pilot.pause()
            return
        await pilot.pause(0.02)
    raise AssertionError(f"did not come true; on screen:\n{text_of(pilot.app)}")


async def sees(pilot: "Pilot[int]", words: str) -> None:
    """Wait until these words are on screen."""
    await until(pilot, lambda: words in text_of(pilot.app))


def text_of(app: Any) -> str:
    """What is on screen, as text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)

"""A host for the wizard to be tried on without a host: sections of two steps, whose commands do what they are told."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot

from vxlan_tui import session
from vxlan_tui.command import Command
from vxlan_tui.facts import survey as surveys
from vxlan_tui.facts import system
from vxlan_tui.facts.survey import Survey
from vxlan_tui.live.devices import Devices
from vxlan_tui.live.fdb import Fdb
from vxlan_tui.live.networks import Networks
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import Local, OnLine, Outcome, Reach
from vxlan_tui.rehearsal import SAMPLE
from vxlan_tui.state import HostState, Link, Network, Nic, VmState
from vxlan_tui.steps import Change, Step
from vxlan_tui.ui import run, start
from vxlan_tui.ui.app import Wizard, wizard
from vxlan_tui.ui.look import Look
from vxlan_tui.ui.panels import hub
from vxlan_tui.verbs import common

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
    """What the host does: which steps are done, which commands fail, which steps are in conflict."""

    directory: Path
    done: set[str] = field(default_factory=set)
    failing: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    hold: Event = field(default_factory=Event)
    held: set[str] = field(default_factory=set)
    survey: Survey = field(default_factory=lambda: SURVEY)

    def steps(self, plan: Plan, host: Host, state: HostState, sections: Iterable[str]) -> list[Step]:
        return [self._step(section, part) for section in sections for part in ("first", "second")]

    def _step(self, section: str, part: str) -> Step:
        name = f"{section}-{part}"
        step = Step(f"{section}.{part}", NUMBERS[section], part, f"The {part} step of {section}", "Because.")
        if name in self.conflicts:
            return replace(step, conflict=self.conflicts[name])
        if name in self.done:
            return step
        changes = (Change("a value", "old", "new"),) if part == "second" else ()
        return replace(step, commands=(Command(("do", name)),), changes=changes)

    def back(self, plan: Plan, host: Host, records: object, state: HostState) -> list[Step]:
        names = [name for name in ("vms-second", "bridge-second", "bridge-first") if name in self.done]
        return [
            Step(f"{n}.back", NUMBERS[n.split("-")[0]], n, f"Take {n} back", commands=(Command(("undo", n)),))
            for n in names
        ]

    def run(self, reach: Reach, asked: Command, on_line: OnLine = lambda line: None) -> Outcome:
        reach.interrupts.check()
        verb, name = asked.argv
        self.ran.append(asked.text)
        on_line(f"{verb}ing {name}")
        if name in self.held:
            self.hold.wait(10)
        if name in self.failing:
            on_line(self.failing[name])
            return Outcome(asked, 4, 0.1, self.failing[name])
        (self.done.add if verb == "do" else self.done.discard)(name)
        return Outcome(asked, 0, 0.1, "")


class Silent(hub.Hub):
    """Panels whose sources never start."""

    def source(self, name: str) -> Any:
        made = name not in self._sources
        if made:
            classes: dict[str, Any] = {"devices": Devices, "fdb": Fdb, "networks": Networks}
            self._sources[name] = classes[name]()
            self._sources[name]._on_change = lambda: self._news(name)
        return self._sources[name]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A stage in place of this host."""
    made = Stage(tmp_path / "state")
    monkeypatch.setattr(session, "steps", made.steps)
    monkeypatch.setattr("vxlan_tui.procedures.back.steps", made.back)
    monkeypatch.setattr("vxlan_tui.facts.host.read", lambda *_: HostState())
    monkeypatch.setattr(system, "not_root", lambda _: [])
    monkeypatch.setattr(system, "missing_programs", lambda *_: [])
    monkeypatch.setattr(session, "SETTLE", 0.2)
    monkeypatch.setattr(Local, "run", lambda reach, asked, on_line=print: made.run(reach, asked, on_line))
    monkeypatch.setattr(start, "survey", lambda _: made.survey)
    monkeypatch.setattr(surveys, "survey", lambda _: made.survey)
    monkeypatch.setattr(run, "STATE_DIRECTORY", str(made.directory))
    monkeypatch.setattr(common, "STATE_DIRECTORY", str(made.directory))
    monkeypatch.setattr(start, "STATE_DIRECTORY", str(made.directory))
    monkeypatch.setattr(start, "choose_host", lambda plan, *_: plan.hosts[0])
    monkeypatch.setattr(hub, "Hub", Silent)
    monkeypatch.chdir(tmp_path)
    yield made
    made.hold.set()


def sample(tmp_path: Path) -> Path:
    """The sample plan, in a file of the test's own."""
    path = tmp_path / "plan.toml"
    path.write_text(SAMPLE.read_text())
    return path


Script = Callable[[Wizard, "Pilot[int]"], Awaitable[None]]


def play(path: Path | None, script: Script, size: tuple[int, int] = (80, 24), look: Look | None = None) -> Wizard:
    """Open the wizard, let the script press keys, and give the application back."""
    app = wizard(path, None, look or Look())

    async def playing() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: app.work.survey is not None)
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

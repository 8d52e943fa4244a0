"""Steps run and are looked at again, on a host that is a set of names: which together, and what stops them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.fake_host import JOURNAL, FakeHost, Silent
from vxlan_tui import judge, session
from vxlan_tui.command import Command, command
from vxlan_tui.journal import Journal, Unwritten, commands
from vxlan_tui.plan import Plan
from vxlan_tui.reach import CommandFailed, Interrupted, Interrupts, Outcome, Output
from vxlan_tui.session import NotReady, Session, StepRun
from vxlan_tui.state import HostState
from vxlan_tui.steps import Step
from vxlan_tui.things import Reading, Thing


class Host:
    """Its things by name; `make` makes one, but for those that are `deaf` and those that are `broken`."""

    is_local = True

    def __init__(self, deaf: str = "", broken: str = "") -> None:
        self.interrupts = Interrupts()
        self.things: set[str] = set()
        self.on_disk: set[str] = set()
        self.deaf, self.broken = deaf, broken
        self.asked: list[str] = []
        self.on_run: Callable[[], None] = lambda: None

    def run(self, asked: Command, on_line: object) -> Outcome:
        self.interrupts.check()
        self.asked.append(" ".join(asked.argv))
        name = asked.argv[1]
        self.on_run()
        if name == self.broken:
            raise CommandFailed(Outcome(asked, 1, 0.0, "it is broken"))
        self.things |= {name} - {self.deaf}
        return Outcome(asked, 0, 0.0, "")

    def read_all(self, commands: Sequence[tuple[str, ...]], timeout: float = 0) -> list[Output]:
        shows = [argv[1] for argv in commands if argv[0] == "show"]
        self.on_disk |= self.things if any("sync" in argv for argv in commands) else set()
        self.asked += [f"show {' '.join(shows)}"] if shows else []
        return [Output(0, "yes\n" if argv[1] in self.things else "", "") for argv in commands]


class Told:
    """Keeps which steps have begun."""

    def __init__(self) -> None:
        self.begun: list[str] = []

    def step(self, step: Step) -> None:
        self.begun.append(step.id)

    def __getattr__(self, name: str) -> Any:
        return lambda told: None


def thing(name: str, with_next: bool = False) -> Thing:
    reading = Reading(("show", name))
    return Thing(name, "10.3", "a", name, "", "", reading, "yes", (command("make", name),), with_next=with_next)


def steps_on(host: Any) -> tuple[StepRun, list[Step]]:
    plan: Any = SimpleNamespace(path=Path("plan.toml"))
    steps = judge.forward([thing("one", with_next=True), thing("two", with_next=True), thing("three")], {})
    return StepRun(Session(plan, plan, host, Unwritten()), HostState(), steps, {}), steps


def ended(course: StepRun, steps: Sequence[Step]) -> dict[str, str]:
    return {step.id: result.state for step, result in course.run_together(steps, Told())}


def test_steps_that_run_together_are_looked_at_once_and_none_is_done_before() -> None:
    host = Host()
    course, steps = steps_on(host)
    assert ended(course, steps) == dict.fromkeys(["one", "two", "three"], "changed")
    assert host.asked == ["make one", "make two", "make three", "show one two three"]


def test_what_is_told_to_be_done_is_on_the_disk() -> None:
    """A power cut right after does not take it back."""
    host = Host()
    course, steps = steps_on(host)
    for step, result in course.run_together(steps, Told()):
        assert result.state == "changed"
        assert step.id in host.on_disk


def test_what_did_not_take_effect_has_failed_though_the_next_one_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "SETTLE", 0)
    course, steps = steps_on(Host(deaf="one"))
    assert ended(course, steps) == {"one": "failed", "two": "changed", "three": "changed"}


def test_behind_a_command_that_fails_nothing_begins_and_what_ran_before_is_looked_at() -> None:
    host = Host(broken="two")
    course, steps = steps_on(host)
    assert ended(course, steps) == {"one": "changed", "two": "failed"}
    assert host.asked == ["make one", "make two", "show one"]


def test_an_interrupt_leaves_no_step_that_ran_without_its_second_look() -> None:
    host, told = Host(), Told()
    states: dict[str, str] = {}
    host.on_run = host.interrupts.stop
    course, steps = steps_on(host)
    with pytest.raises(Interrupted):
        for step, result in course.run_together(steps, told):
            states[step.id] = result.state
    assert states == {"one": "changed", "two": "stopped"}
    assert host.asked == ["make one", "show one"]
    assert told.begun == ["one", "two"]


class StoppedAsItWrites(FakeHost):
    """A host where a stop is asked for while the journal announces a command."""

    def append(self, path: str, text: str) -> None:
        super().append(path, text)
        if '"command"' in text:
            self.interrupts.stop()


def test_a_command_that_was_announced_and_did_not_start_is_not_told_to_have_been_cut_off() -> None:
    host: Any = StoppedAsItWrites()
    plan: Any = SimpleNamespace(path=Path("plan.toml"))
    work = Session(plan, plan, host, Journal(host, JOURNAL))
    (step,) = judge.forward([thing("one")], {})
    with pytest.raises(Interrupted):
        work.execute(step, step.commands[0], Silent())
    assert [row["event"] for row in host.rows()] == ["command", "not-begun"]
    assert host.ran == []
    assert commands(host.rows()) == []


class Busy(FakeHost):
    """A host whose tools take too long, and say nothing as they are stopped."""

    is_root = True

    def read(self, *argv: str) -> str:
        raise CommandFailed(Outcome(Command(argv), 124, 0.0, ""))

    def find(self, programs: Sequence[str]) -> dict[str, str]:
        return {each: each for each in programs}


def test_a_tool_that_took_too_long_is_told_as_that_and_not_as_a_daemon_without_words(sample_plan: Plan) -> None:
    busy: Any = Busy()
    words = "NetworkManager does not answer: `.*` took too long; where the host is only busy"
    with pytest.raises(NotReady, match=words):
        Session(sample_plan, sample_plan.hosts[0], busy, Unwritten()).look(("ethernet",))

"""What happens while something else goes on: a daemon restarts in a look, the plan changes under the checks."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest
from textual import events
from textual.pilot import Pilot

from tests.test_ui_hosts import plan_of
from tests.ui_stage import Stage, play, sample, sees, stage, text_of, until
from vxlan_tui.checks.finding import Finding, Status
from vxlan_tui.command import Command
from vxlan_tui.facts import system
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import CommandFailed, Outcome, Reach
from vxlan_tui.session import Result
from vxlan_tui.steps import Step
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.controllers import hosts
from vxlan_tui.ui.controllers.reporter import ModelReporter
from vxlan_tui.ui.host_work import HostWork
from vxlan_tui.ui.model import Run

__all__ = ["stage"]

P = Pilot[int]

RESTARTS = CommandFailed(Outcome(Command(("nmcli", "connection")), 8, 0.1, "Error: NetworkManager is not running."))


def test_a_daemon_that_restarts_during_a_look_is_not_ready_in_its_own_words(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forward(sections: tuple[str, ...]) -> SimpleNamespace:
        if sections == ("bridge",):
            raise RESTARTS
        return SimpleNamespace(steps=[])

    def session(plan: Plan, host: Host, reach: Reach) -> SimpleNamespace:
        return SimpleNamespace(host=host, forward=forward)

    monkeypatch.setattr(system, "not_root", lambda reach: [])
    monkeypatch.setattr(hosts, "_session", session)
    monkeypatch.setattr(stage, "look", hosts.Hosts().look)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "Error: NetworkManager is not running.")
        assert app.model.state("bridge") == "not ready"
        assert app.model.state("network") == "none", "what could be looked at was"

    play(stage, sample(tmp_path), script)


def test_a_daemon_that_restarts_while_it_is_found_out_what_there_is_to_undo_is_told_of(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def way_back(plan: Plan, host: Host, sections: tuple[str, ...]) -> list[Step]:
        raise RESTARTS

    monkeypatch.setattr(stage, "way_back", way_back)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "u Undo")
        await pilot.press("u")
        await sees(pilot, "Error: NetworkManager is not running.")
        await until(pilot, lambda: len(app.screen_stack) == 1)

    play(stage, sample(tmp_path), script)


GOOD = Finding("peer.reach", "10.2", "host-b", "host-b answers", Status.PASS, "ping -c 1 host-b", "1 received")
BAD = replace(GOOD, status=Status.FAIL, evidence="host-b is silent", cause="peer-unreachable")


class Held:
    """Checks that wait for `go` when they run first, and tell what is not so; later ones find all well."""

    def __init__(self, stage: Stage) -> None:
        stage.findings.append([GOOD])
        self.go = Event()
        self.plans: list[Plan] = []

    def check(
        self, plan: Plan, hosts: Sequence[Host], tell: Callable[[str, Finding], None]
    ) -> dict[str, list[Finding]]:
        self.plans.append(plan)
        found = [GOOD if self.go.is_set() else BAD]
        self.go.wait(10)
        for host in hosts:
            tell(host.name, found[0])
        return {host.name: found for host in hosts}


@pytest.fixture
def held(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Held:
    """Checks on the stage of which the first ones wait."""
    made = Held(stage)
    monkeypatch.setattr(stage, "check", made.check)
    return made


def test_checks_of_a_plan_that_has_changed_meanwhile_are_no_verdict_and_run_again_where_they_are_looked_at(
    held: Held, stage: Stage, tmp_path: Path
) -> None:
    async def change(app: Wizard, pilot: P, address: str) -> None:
        app.model.draft.set("hosts[1].vtep", address)
        app.model.check_plan()
        held.go.set()
        await until(pilot, lambda: not app.model.checking)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "Checking ...")
        await pilot.press("8")
        await change(app, pilot, "203.0.113.7")
        assert (app.model.state("verify"), app.model.work.findings) == ("to do", [])
        held.go.clear()
        await pilot.press("7")
        await sees(pilot, "Checking ...")
        await change(app, pilot, "203.0.113.8")
        await sees(pilot, "Result: OK (1 PASS)")

    play(stage, sample(tmp_path), script)
    assert [str(plan.hosts[1].vtep) for plan in held.plans] == ["203.0.113.1", "203.0.113.7", "203.0.113.8"]


def test_checks_that_began_before_a_run_say_nothing_of_what_it_has_made(
    held: Held, stage: Stage, tmp_path: Path
) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "Checking ...")
        await pilot.press("A")
        await sees(pilot, "Run everything that is left")
        await pilot.press("enter")
        await until(pilot, lambda: app.model.all_done and app.model.current == "verify")
        held.go.set()
        await sees(pilot, "Result: OK (1 PASS)")

    play(stage, sample(tmp_path), script)


def test_nothing_is_checked_while_something_runs(stage: Stage, tmp_path: Path) -> None:
    stage.held.add("bridge-first")
    stage.findings += [[BAD], [GOOD]]

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("A")
        await sees(pilot, "Run everything that is left")
        await pilot.press("enter")
        await until(pilot, lambda: "do bridge-first" in stage.ran)
        await pilot.press("7")
        await sees(pilot, "Something runs now: check when it has ended.")
        await pilot.press("a")
        await pilot.pause(0.1)
        assert not app.model.work.verified
        stage.findings.pop(0)
        stage.hold.set()
        await sees(pilot, "Result: OK (1 PASS)")
        assert "Something runs" not in text_of(app).partition("Result")[0]

    play(stage, sample(tmp_path), script)


def burst(app: Wizard, *keys: str) -> None:
    """Send keys with nothing between them."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


MENDED = replace(BAD, fix="do bridge-first", commands=(Command(("do", "bridge-first")),))


@pytest.mark.parametrize(
    ("keys", "ran_on"), [(("right", "enter"), []), (("enter", "right"), ["host-a"])], ids=["before", "after"]
)
def test_what_mends_a_finding_runs_on_the_host_that_it_was_shown_for(
    stage: Stage, tmp_path: Path, keys: tuple[str, ...], ran_on: list[str]
) -> None:
    stage.findings += [[MENDED], [GOOD]]

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "Enter Run what mends it")
        burst(app, *keys)
        await until(pilot, lambda: app.model.marked == "host-b" and len(stage.ran_on) == len(ran_on))
        await pilot.pause(0.2)
        if not ran_on:
            await sees(pilot, "Nothing was done: host-b is marked now, and no longer host-a.")

    play(stage, plan_of(tmp_path, 2), script)
    assert stage.ran_on == ran_on


def test_a_step_is_skipped_on_the_host_that_it_was_shown_for(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("3")
        await sees(pilot, "s Skip")
        burst(app, "right", "s")
        await sees(pilot, "Nothing was done: host-b is marked now, and no longer host-a.")
        await pilot.press("s")
        await sees(pilot, "s Unskip")
        assert {work.name: len(work.skipped) for work in app.model.works} == {"host-a": 0, "host-b": 1}

    play(stage, plan_of(tmp_path, 2), script)


def test_what_mended_a_finding_does_not_run_while_its_check_is_to_come(
    held: Held, stage: Stage, tmp_path: Path
) -> None:
    other = replace(GOOD, subject="host-c")
    stage.findings[:] = [[MENDED, other]]

    async def script(app: Wizard, pilot: P) -> None:
        app.model.work.findings = [MENDED, other]
        await pilot.press("7")
        await sees(pilot, "2 to come")
        await pilot.press("enter", "down")
        await pilot.press("enter")
        await sees(pilot, "This check is still to come: see what it finds first.")
        assert "Run what mends it" not in text_of(app)

    play(stage, sample(tmp_path), script)
    assert stage.ran == []


def test_finish_says_that_it_undoes_while_it_does_and_at_no_other_time(stage: Stage, tmp_path: Path) -> None:
    stage.held.add("bridge-first")

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("A")
        await sees(pilot, "Run everything that is left")
        await pilot.press("enter")
        await until(pilot, lambda: "do bridge-first" in stage.ran)
        await pilot.press("8")
        await sees(pilot, "Something runs now ...")
        stage.hold.set()
        await until(pilot, lambda: app.model.current == "verify" and not app.model.looking)
        stage.hold.clear()
        await pilot.press("8")
        await sees(pilot, "u Undo everything")
        await pilot.press("u")
        await sees(pilot, "Undo everything?")
        await pilot.press("down", "enter")
        await sees(pilot, "Undoing what was done ...")
        stage.hold.set()
        await sees(pilot, "is undone: it is as it was before.")

    play(stage, sample(tmp_path), script, size=(100, 40))


def test_what_a_run_shows_is_read_while_more_of_it_comes() -> None:
    work = HostWork()
    reporter = ModelReporter(work, lambda step: "bridge", Run(), lambda: None)
    reporter.step(Step("first", "10.3", "", "The first"))
    for _ in work.outputs.values():
        reporter.step(Step("second", "10.3", "", "The second"))
        reporter.result(Step("third", "10.3", "", "The third"), Result("done"))
    assert [output.title for output in work.outputs.values()] == ["The first", "The second", "The third"]

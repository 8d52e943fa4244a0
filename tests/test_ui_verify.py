"""The Verify screen: verdicts in words, remedies that run, and what waits. The findings are given to it here.

What the checks find on hosts is held to the truth in test_verify_campaign.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.ui_stage import Stage, play, sample, sees, stage, text_of, until
from vxlan_tui import checks
from vxlan_tui.checks.finding import Finding, Status
from vxlan_tui.command import Command
from vxlan_tui.reach import CommandFailed, Local, Outcome, Reach
from vxlan_tui.ui.app import Wizard

__all__ = ["stage"]

P = Pilot[int]

GOOD = Finding("ethernet.ping", "10.2", "host-b", "host-b answers", Status.PASS, "ping -c 1 host-b", "1 received")
CLOSED = Finding(
    "firewall.port",
    "10.3",
    "8472/udp",
    "The firewall lets UDP port 8472 in",
    Status.FAIL,
    "firewall-cmd --list-ports",
    "UDP port 8472 is closed",
    "firewall-port-closed",
    "do bridge-first",
    (Command(("do", "bridge-first")),),
)
WAITING = replace(GOOD, id="vxlan.port", title="bridge0 forwards frames", status=Status.WARN, wait=3.0)


@pytest.fixture
def findings(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[list[Finding]]:
    """The findings of one verification after another; the last one stays."""
    given: list[list[Finding]] = []

    def run(plan: object, host: object, reach: object, tell: object) -> list[Finding]:
        return given.pop(0) if len(given) > 1 else given[0]

    monkeypatch.setattr(checks, "run", run)
    monkeypatch.setattr(checks, "planned", lambda *_: given[0])
    monkeypatch.setattr(checks, "missing", lambda *_: [])
    return given


def test_a_failure_says_what_was_found_its_cause_and_what_mends_it_and_enter_runs_that(
    stage: Stage, tmp_path: Path, findings: list[list[Finding]]
) -> None:
    findings += [[GOOD, CLOSED], [GOOD, replace(CLOSED, status=Status.PASS, evidence="open", cause="", remedy=())]]

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "found: UDP port 8472 is closed (firewall-port-closed)")
        for words in ("Result: 1 failed (1 PASS, 1 FAIL)", "# do bridge-first", "Enter runs this command."):
            await sees(pilot, words)
        await sees(pilot, "Enter Run what mends it")
        await pilot.press("up")
        await until(pilot, lambda: "Run what mends it" not in text_of(app))
        await pilot.press("enter")
        assert stage.ran == []
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.work.verified == "OK")
        await sees(pilot, "doing bridge-first")

    play(sample(tmp_path), script, size=(100, 40))
    assert stage.ran == ["do bridge-first"]


def test_a_remedy_that_is_out_of_sight_is_shown_and_not_run(
    stage: Stage, tmp_path: Path, findings: list[list[Finding]]
) -> None:
    findings.append([CLOSED, *(replace(GOOD, subject=str(number)) for number in range(20))])

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "Enter runs this command.")
        app.pane.scroll_end(animate=False)
        await until(pilot, lambda: "Enter runs this command." not in text_of(app))
        await pilot.press("enter")
        await sees(pilot, "What is marked was out of sight")
        await sees(pilot, "Enter runs this command.")
        assert stage.ran == []

    play(sample(tmp_path), script)


def test_the_result_stays_in_sight(stage: Stage, tmp_path: Path, findings: list[list[Finding]]) -> None:
    findings.append([replace(GOOD, subject=str(number)) for number in range(20)])

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "Result: OK (20 PASS)")
        app.pane.scroll_end(animate=False)
        await pilot.pause(0.1)
        assert "Result: OK (20 PASS)" in text_of(app)

    play(sample(tmp_path), script)


def test_what_is_not_ready_yet_is_waited_for_in_words_and_checked_again(
    stage: Stage, tmp_path: Path, findings: list[list[Finding]]
) -> None:
    findings += [[GOOD, WAITING], [GOOD, replace(WAITING, status=Status.PASS, wait=0.0)]]

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "They run again by")
        await sees(pilot, "[WAIT] bridge0 forwards frames")
        assert app.work.verified.startswith("waits ")
        await pilot.press("2")
        await until(pilot, lambda: app.work.verified == "OK", seconds=20)

    play(sample(tmp_path), script)


def test_checks_that_cannot_read_the_host_say_why_and_nothing_else(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fake: a host on which ip(8) fails and the wizard runs all the same."""

    def read(_: Reach, *argv: str, **options: Any) -> str:
        raise CommandFailed(Outcome(Command(argv), 255, 0.1, f"{argv[0]} is out of order"))

    async def script(app: Wizard, pilot: "Pilot[int]") -> None:
        monkeypatch.setattr(Local, "read", read)
        await pilot.press("7")
        await sees(pilot, "The checks cannot be run:")
        await until(pilot, lambda: not app.checking)
        assert "ip is out of order" in text_of(app)
        assert "OK" not in text_of(app) and "PASS" not in text_of(app)

    play(sample(tmp_path), script)

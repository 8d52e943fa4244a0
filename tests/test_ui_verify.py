"""The Verify screen: verdicts in words, remedies that run, and what waits. The findings are given to it here.

What the checks find on hosts is held to the truth in test_verify_campaign.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.ui_stage import Stage, play, sample, sees, stage, text_of, until
from vxlan_tui.checks.finding import Finding, Status
from vxlan_tui.command import Command
from vxlan_tui.procedures.vms import shut_down
from vxlan_tui.steps import Step
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.controllers.engine import Order, Telling
from vxlan_tui.ui.host_work import CommandOutput, StepOutput, key_of
from vxlan_tui.ui.widgets.folds import Folds

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
WAITING = replace(GOOD, id="vxlan.port", title="bridge0 forwards frames", status=Status.WARN, wait=30.0)


def test_a_failure_says_what_was_found_its_cause_and_what_mends_it_and_enter_runs_that(
    stage: Stage, tmp_path: Path
) -> None:
    mended = replace(CLOSED, status=Status.PASS, evidence="open", cause="", commands=())
    stage.findings += [[GOOD, CLOSED], [GOOD, mended]]

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "found: UDP port 8472 is closed (firewall-port-closed)")
        for words in ("Result: 1 failed (1 FAIL, 1 PASS)", "# do bridge-first", "To mend it, Enter runs:"):
            await sees(pilot, words)
        await sees(pilot, "Enter Run what mends it")
        await pilot.press("down")
        await until(pilot, lambda: "Run what mends it" not in text_of(app))
        await pilot.press("enter")
        assert stage.ran == []
        await pilot.press("up", "enter")
        await until(pilot, lambda: app.model.work.verified == "OK")

    play(stage, sample(tmp_path), script, size=(100, 40))
    assert stage.ran == ["do bridge-first"]


def test_what_failed_comes_first_and_what_passed_is_a_count_that_opens(stage: Stage, tmp_path: Path) -> None:
    passed = [replace(GOOD, subject=str(number), title=f"check {number} is well") for number in range(20)]
    stage.findings.append([*passed, CLOSED])

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "Result: 1 failed (1 FAIL, 20 PASS)")
        lines = text_of(app).splitlines()
        failed = next(n for n, line in enumerate(lines) if "FAIL     UDP port 8472 is closed" in line)
        counted = next(n for n, line in enumerate(lines) if "PASS     + 20 checks of Ethernet (10.2)" in line)
        assert failed < counted
        await pilot.press("end")
        await sees(pilot, "check 7 is well")
        assert "1 received" not in text_of(app)
        await pilot.press("enter", "down")
        await sees(pilot, "1 received")

    play(stage, sample(tmp_path), script, size=(100, 40))


def test_each_press_moves_the_mark_by_one_check(stage: Stage, tmp_path: Path) -> None:
    evidence = "\n".join(f"line {number}" for number in range(9))
    warnings = [replace(CLOSED, subject=str(n), title=f"check {n}", evidence=evidence) for n in range(12)]
    stage.findings.append(warnings)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "Result: 12 failed")
        await pilot.press(*["down"] * 8)
        assert app.pane.query_one(Folds).key == warnings[8].key
        await sees(pilot, "check 8")

    play(stage, sample(tmp_path), script)


def test_what_can_cut_somebody_off_mends_as_its_section_does_which_is_guarded(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    up, plain = Command(("nmcli", "connection", "up", "id", "ethernet-first")), Stage._step

    def cutting(self: Stage, section: str, part: str, done: set[str]) -> Step:
        step = plain(self, section, part, done)
        cuts = (section, part) == ("ethernet", "first") and bool(step.commands)
        return replace(step, commands=(up,), cuts="your SSH session") if cuts else step

    orders: list[Order] = []

    def run(order: Order, telling: Telling) -> str:
        orders.append(order)
        return Stage.run(stage, order, telling)

    monkeypatch.setattr(Stage, "_step", cutting)
    monkeypatch.setattr(stage, "run", run)
    stage.findings.append([replace(CLOSED, commands=(up,))])

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "Enter Run what mends it")
        await pilot.press("enter")
        await sees(pilot, "This can cut you off: your SSH session.")
        await sees(pilot, "# nmcli connection up id ethernet-first")
        assert not orders
        await pilot.press("enter")
        await until(pilot, lambda: orders and app.model.current == "verify" and not app.model.running)

    play(stage, sample(tmp_path), script)
    assert [(order.way, order.sections) for order in orders] == [("forward", ("ethernet",))]


def test_nothing_that_stops_a_vm_mends_without_a_question(stage: Stage, tmp_path: Path) -> None:
    remedy = (*shut_down("vma", 60), Command(("do", "bridge-first")))
    stage.findings.append([replace(CLOSED, commands=remedy)])

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "Enter Run what mends it")
        await pilot.press("enter")
        await sees(pilot, "This shuts vma down, and starts it again.")
        await pilot.press("enter")
        await pilot.pause(0.1)

    play(stage, sample(tmp_path), script)
    assert stage.ran == []


def test_the_result_stays_in_sight(stage: Stage, tmp_path: Path) -> None:
    stage.findings.append([replace(CLOSED, subject=str(number)) for number in range(20)])

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "Result: 20 failed (20 FAIL)")
        await pilot.press("end")
        await pilot.pause(0.1)
        assert "Result: 20 failed (20 FAIL)" in text_of(app)

    play(stage, sample(tmp_path), script)


def test_what_is_not_ready_yet_is_waited_for_in_words_and_checked_again(stage: Stage, tmp_path: Path) -> None:
    stage.findings += [[GOOD, WAITING], [GOOD, replace(WAITING, status=Status.PASS, wait=0.0)]]

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "WAIT     not yet: bridge0 forwards frames")
        await until(pilot, lambda: f"They run again in {app.model.waits:.0f} s." in text_of(app))
        await until(pilot, lambda: f"wait {app.model.waits:.0f} s" in text_of(app))
        await pilot.press("2")
        for _ in range(int(app.model.waits)):
            app.controllers.checking.second()
        await until(pilot, lambda: app.model.work.verified == "OK")

    play(stage, sample(tmp_path), script, size=(100, 40))


def test_checks_that_cannot_be_run_say_why_and_nothing_else(stage: Stage, tmp_path: Path) -> None:
    stage.unreadable = "ip is out of order"
    stage.findings.append([GOOD])

    async def script(app: Wizard, pilot: "Pilot[int]") -> None:
        await pilot.press("7")
        await sees(pilot, "The checks cannot be run:")
        await until(pilot, lambda: not app.model.checking)
        assert "ip is out of order" in text_of(app)
        assert "OK" not in text_of(app) and "PASS" not in text_of(app)

    play(stage, sample(tmp_path), script)


CLEAR = replace(
    GOOD,
    id="tunnel.encrypted",
    title="What leaves from 198.51.100.2 by the tunnel is encrypted",
    status=Status.WARN,
    evidence="nothing encrypts the way to host-b",
    cause="not-encrypted",
    fix="have the plan encrypt it",
)


def test_a_warning_that_is_lived_with_is_written_into_the_plan_and_verify_is_green(
    stage: Stage, tmp_path: Path
) -> None:
    stage.findings += [[GOOD, CLEAR], [GOOD, replace(CLEAR, status=Status.PASS, cause="", fix="")]]
    path = sample(tmp_path)
    path.write_text(f"# Ask Jo first.\n\n{path.read_text()}")
    before = path.read_text()

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "Result: OK, 1 warn")
        await sees(pilot, "Enter It is meant so")
        await pilot.press("enter")
        await sees(pilot, "Nothing encrypts what leaves between the hosts")
        await pilot.press("enter")
        await pilot.pause(0.1)
        assert path.read_text() == before, "the first answer is no"
        await pilot.press("enter", "down", "enter")
        await until(pilot, lambda: app.model.work.verified == "OK")
        await sees(pilot, "Result: OK (2 PASS)")

    play(stage, path, script)
    assert path.read_text() == f'{before}\n[encryption]\nmethod = "none"\n'


def test_a_group_bears_the_sign_of_being_opened_while_it_is(stage: Stage, tmp_path: Path) -> None:
    stage.findings.append([GOOD, replace(CLOSED, status=Status.PASS)])

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "PASS     - 1 check of Ethernet (10.2)")
        await sees(pilot, "PASS     + 1 check of Bridge (10.3)")
        await pilot.press("down")
        await sees(pilot, "PASS     + 1 check of Ethernet (10.2)")
        await sees(pilot, "PASS     - 1 check of Bridge (10.3)")
        await pilot.press("enter", "up")
        await sees(pilot, "PASS     - 1 check of Ethernet (10.2)")
        await sees(pilot, "PASS     - 1 check of Bridge (10.3)")

    play(stage, sample(tmp_path), script)


def test_a_title_that_says_what_is_so_is_not_called_what_should_be(stage: Stage, tmp_path: Path) -> None:
    stage.findings.append([replace(CLOSED, title="UDP port 8472 is not let in")])

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "UDP port 8472 is not let in")
        assert "It should be" not in text_of(app)

    play(stage, sample(tmp_path), script)


@pytest.mark.parametrize(("command", "again"), [("virsh start vma", True), ("nmcli connection up bridge0", False)])
def test_a_vm_that_was_started_from_here_is_asked_again_by_itself(
    stage: Stage, tmp_path: Path, command: str, again: bool
) -> None:
    silent = replace(CLOSED, id="vm.arp", subject="vma", cause="vm-no-arp-reply", commands=())
    stage.findings += [[silent], [replace(silent, status=Status.PASS, cause="")]]

    async def script(app: Wizard, pilot: P) -> None:
        key = key_of("vms", app.model.work.steps["vms"][0])
        app.model.work.outputs[key] = StepOutput("Start vma", [CommandOutput(command)])
        await pilot.press("7")
        await sees(pilot, "Result: 1 failed")
        if not again:
            assert "a runs them again" in text_of(app)
            return
        await sees(pilot, "They run again in")
        app.model.waits = 1.0
        await sees(pilot, "Result: OK")

    play(stage, sample(tmp_path), script)

"""Several hosts from one console: each step once, with its state on each; run on one, everywhere, and all of it."""

import re
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from textual.pilot import Pilot

from tests.ui_stage import SURVEY, Stage, play, sees, stage, text_of, until
from vxlan_tui.checks.finding import Finding, Status
from vxlan_tui.facts.system import Missing
from vxlan_tui.steps import Step
from vxlan_tui.ui import summary
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.dialogs.wait import Wait
from vxlan_tui.ui.host_work import HostWork
from vxlan_tui.ui.step_rows import columns, rows_of
from vxlan_tui.ui.widgets.folds import Folds

__all__ = ["stage"]

P = Pilot[int]


def plan_of(tmp_path: Path, count: int, over_ssh: bool = True) -> Path:
    """A plan of so many hosts, of which the first is this machine."""
    rows = []
    for number in range(count):
        ssh = f'ssh = "root@host-{"abcdefghijkl"[number]}"' if number and over_ssh else ""
        name = f"host-{'abcdefghijkl'[number]}"
        rows.append(f'[[hosts]]\nname = "{name}"\ninterface = "enp1s0"\nvtep = "198.51.100.{number + 2}"\n{ssh}\n')
    rows.append('[[segments]]\nvni = 10\nbridge = "bridge0"\n')
    path = tmp_path / "plan.toml"
    path.write_text("\n".join(rows))
    return path


def states_in(app: Wizard, title: str) -> list[str]:
    """Give what stands beside a step, host by host."""
    line = next(line for line in text_of(app).splitlines() if title in line)
    return re.split(r" {2,}", line.partition(title)[2].strip(" │▆▁▃▅▇█#|"))


def test_a_step_stands_once_with_its_state_on_each_host(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "[host-a]")
        assert states_in(app, "The first step of bridge") == ["to do", "to do"]
        await pilot.press("3")
        await sees(pilot, ", on host-a:")
        await pilot.press("enter")
        await until(pilot, lambda: not app.model.running and not app.model.looking)
        await until(pilot, lambda: states_in(app, "The first step of ethernet") == ["done", "to do"])

    play(stage, plan_of(tmp_path, 2), script)
    assert stage.ran == ["do ethernet-first"]
    assert stage.ran_on == ["host-a"]


def test_left_and_right_mark_the_host_whose_commands_are_shown_and_run(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("3")
        await sees(pilot, ", on host-a:")
        await pilot.press("right")
        await sees(pilot, ", on host-b:")
        assert "[host-b]" in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: not app.model.running and states_in(app, "The first step")[-1] == "done")

    play(stage, plan_of(tmp_path, 2), script)
    assert stage.ran_on == ["host-b"]


def test_a_step_runs_everywhere_and_a_section_and_everything_that_is_left(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("3")
        await sees(pilot, "E Everywhere")
        await pilot.press("E")
        await until(pilot, lambda: len(stage.ran_on) == 3 and not app.model.running)
        assert stage.ran_on == ["host-a", "host-b", "host-c"]
        await until(pilot, lambda: not app.model.looking)
        await pilot.press("a")
        await until(pilot, lambda: app.model.state("ethernet") == "done")
        assert stage.ran_on[3:] == ["host-a", "host-b", "host-c"]
        await pilot.press("A")
        await sees(pilot, "Run everything that is left on host-a, host-b and host-c: 18 steps.")
        await pilot.press("enter")
        await until(pilot, lambda: app.model.all_done and app.model.current == "verify")

    play(stage, plan_of(tmp_path, 3), script, size=(100, 30))
    assert len(stage.ran) == 24


def test_a_host_that_is_not_reached_says_why_and_holds_nobody_up(stage: Stage, tmp_path: Path) -> None:
    stage.unreached["root@host-b"] = "ssh: Permission denied (publickey)"

    async def script(app: Wizard, pilot: P) -> None:
        await sees(pilot, "host-b")
        await pilot.press("down", "down")
        await sees(pilot, "ssh: Permission denied")
        assert app.model.state("hosts") == "1 unreached"
        await pilot.press("3")
        await sees(pilot, "host-b is not reached")
        await pilot.press("left")
        await sees(pilot, ", on host-a:")
        await pilot.press("enter")
        await until(pilot, lambda: stage.ran_on == ["host-a"])

    play(stage, plan_of(tmp_path, 2), script)


def test_with_many_hosts_the_exceptions_are_named(stage: Stage, tmp_path: Path) -> None:
    stage.done_on["host-c"] = {"ethernet-first"}

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("3")
        await sees(pilot, "Shown below: host-a, one of 12 hosts")
        await sees(pilot, "to do on 11; host-c done")

    play(stage, plan_of(tmp_path, 12), script, size=(100, 30))


def test_a_plan_without_ssh_is_worked_on_here_alone(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("3")
        await sees(pilot, "The first step of ethernet")
        assert "Everywhere" not in text_of(app) and "[host-a]" not in text_of(app)
        assert [host.name for host in app.model.worked] == ["host-a"]

    play(stage, plan_of(tmp_path, 3, over_ssh=False), script)


def test_the_checks_of_all_hosts_run_and_many_hosts_have_a_table_of_who_reaches_whom(
    stage: Stage, tmp_path: Path
) -> None:
    stage.findings.append([Finding("peer.reach", "10.2", "host-b", "host-b answers", Status.PASS, "ping", "received")])

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "[host-a] OK  host-b OK  host-c OK")
        await sees(pilot, "Who reaches whom at full size")
        assert re.search(r"1 host-a +- +ok +\?", text_of(app))
        await pilot.press("right")
        await sees(pilot, "host-a OK  [host-b] OK")

    play(stage, plan_of(tmp_path, 3), script, size=(100, 30))


def test_finish_tells_of_all_hosts_and_undo_takes_all_or_one_of_them_back(stage: Stage, tmp_path: Path) -> None:
    stage.done |= {"bridge-first"}
    stage.done_on["host-b"] = {"bridge-first"}

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("8")
        await sees(pilot, "Not all is done on these hosts")
        await sees(pilot, "[host-a]")
        await pilot.press("u")
        await sees(pilot, "On host-b:")
        await sees(pilot, "Yes, on host-a alone")
        await pilot.press("down", "enter")
        await until(pilot, lambda: stage.ran_on == ["host-a"] and not app.model.running and not app.model.looking)
        await pilot.press("u")
        await sees(pilot, "# undo bridge-first")
        await pilot.press("down", "enter")
        await until(pilot, lambda: stage.ran_on == ["host-a", "host-b"])

    play(stage, plan_of(tmp_path, 2), script, size=(100, 30))


def test_everything_waits_for_a_host_that_was_not_looked_at_yet(stage: Stage, tmp_path: Path) -> None:
    held = stage.hold_look_of["host-b"] = Event()

    async def script(app: Wizard, pilot: P) -> None:
        await sees(pilot, "looking at")
        await pilot.press("A")
        await sees(pilot, "Looking at host-b first ...")
        await pilot.press("enter")
        held.set()
        await sees(pilot, "Run everything that is left on host-a and host-b: 16 steps.")
        await pilot.press("escape")

    play(stage, plan_of(tmp_path, 2), script, looked=False)
    assert stage.ran == []


def test_what_went_well_is_done_before_the_look_after_the_run(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        stage.held.add("bridge-second")
        await pilot.press("A")
        await sees(pilot, "Run them, then verify")
        await pilot.press("enter", "4")
        await until(pilot, lambda: states_in(app, "The second step of bridge")[0] == "running")
        assert states_in(app, "The first step of bridge")[0] == "done"
        assert app.model.work_of("host-a").state("ethernet") == "done"
        stage.hold_look_of["host-b"] = Event()
        stage.hold.set()
        await until(pilot, lambda: not app.model.running)
        assert app.model.looking
        assert summary.of_leaving(app.model)[1].startswith("host-a: set up;")

    play(stage, plan_of(tmp_path, 2), script)


def test_no_key_goes_elsewhere_while_it_is_found_out_what_there_is_to_undo(stage: Stage, tmp_path: Path) -> None:
    stage.done.add("ethernet-first")
    stage.done_on["host-b"] = {"ethernet-first"}

    async def script(app: Wizard, pilot: P) -> None:
        held = stage.hold_look_of["host-b"] = Event()
        await pilot.press("8")
        await sees(pilot, "Undo script for this host")
        await until(pilot, lambda: app.focused is not None)
        await pilot.press("u")
        await sees(pilot, "Looking for what there is to undo ...")
        await pilot.press("down", "enter", "escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, Wait))
        held.set()
        await sees(pilot, "Undo everything?")
        assert len(app.screen_stack) == 2

    play(stage, plan_of(tmp_path, 2), script)


def test_left_and_right_are_told_of_where_all_is_done_and_this_host_stays_this_one(
    stage: Stage, tmp_path: Path
) -> None:
    done = {f"{section}-{part}" for section in ("ethernet", "bridge", "network", "vms") for part in stage.parts}
    stage.done |= done
    stage.done_on["host-b"] = set(done)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "Go on to Network Left Right Host")
        await pilot.press("8")
        await sees(pilot, "Left Right Host")
        await until(pilot, lambda: isinstance(app.focused, Folds) and app.pane in app.focused.ancestors)
        await pilot.press("right")
        await sees(pilot, "[host-b]")
        assert "Script for this host, host-a" in text_of(app)
        assert "this host, host-b" not in text_of(app)

    play(stage, plan_of(tmp_path, 2), script)


def test_hosts_are_narrowed_by_what_is_typed(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await sees(pilot, "host-c  over SSH")
        await pilot.press("/", *"host-b")
        await until(pilot, lambda: "host-c  over SSH" not in text_of(app))
        assert "host-b  over SSH" in text_of(app)
        await pilot.press("escape")
        await sees(pilot, "host-c  over SSH")

    play(stage, plan_of(tmp_path, 3), script, size=(80, 40))


def _works(*mine: tuple[str, tuple[str, ...]]) -> list[HostWork]:
    return [HostWork(name, {"vms": [Step("vm", "10.5", title, title) for title in titles]}) for name, titles in mine]


def test_a_hosts_own_steps_stand_where_they_belong_and_after_those_of_the_host_before() -> None:
    rows = rows_of(_works(("host-a", ("a1", "both", "a2")), ("host-b", ("b1", "both", "b2"))), "vms")
    assert [row.title for row in rows] == ["a1", "b1", "both", "a2", "b2"]
    apart = rows_of(_works(("host-a", ("a1", "a2")), ("host-b", ("b1", "b2"))), "vms")
    assert [row.title for row in apart] == ["a1", "a2", "b1", "b2"]


def test_titles_that_begin_alike_are_told_apart_by_their_ends() -> None:
    titles = ("Let the other hosts in at UDP port 8472 now", "Let the other hosts in at UDP port 8472 after a reboot")
    rows = rows_of(_works(("host-a", titles), ("host-b", titles)), "vms")
    shown = [line[0][0] for line in (columns(rows, ["host-a", "host-b"], 56).line(row) for row in rows)]
    assert [text.strip()[-3:] for text in shown] == ["now", "oot"]


def test_a_look_from_before_a_run_takes_nothing_back_that_was_done_in_it(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("3")
        await sees(pilot, ", on host-a:")
        held = stage.hold_look_of["host-b"] = Event()
        await pilot.press("r")
        await until(pilot, lambda: app.model.looking)
        stage.held.add("ethernet-second")
        await pilot.press("a")
        await until(pilot, lambda: "do ethernet-second" in stage.ran)
        held.set()
        await pilot.pause(0.3)
        assert states_in(app, "The first step of ethernet")[0] == "done"
        stage.hold.set()
        await until(pilot, lambda: not app.model.running and not app.model.looking)
        assert app.model.state("ethernet") == "done"

    play(stage, plan_of(tmp_path, 2), script)


@pytest.mark.parametrize("count", [1, 2])
def test_what_mends_this_host_keeps_its_words_on_screen(stage: Stage, tmp_path: Path, count: int) -> None:
    stage.surveyed = replace(
        SURVEY, missing=(Missing("firewalld does not answer", "systemctl enable --now firewalld"),)
    )
    stage.surveyed_at = {"root@host-b": SURVEY}
    stage.failing["firewalld"] = "Unit firewalld.service is masked."

    async def script(app: Wizard, pilot: P) -> None:
        await sees(pilot, "missing    firewalld does not answer")
        await pilot.press(*["down"] * (count - 1))
        await sees(pilot, "Enter Run the marked command")
        await pilot.press("enter")
        await sees(pilot, "Unit firewalld.service is masked.")
        await sees(pilot, "failed     firewalld does not answer")
        assert app.model.work_of("host-a").ran == 1

    play(stage, plan_of(tmp_path, 2, over_ssh=count == 2), script, size=(100, 40))

"""Several hosts from one console: each step once, with its state on each; run on one, everywhere, and all of it."""

import re
from pathlib import Path

from textual.pilot import Pilot

from tests.ui_stage import Stage, play, sees, stage, text_of, until
from vxlan_tui.checks.finding import Finding, Status
from vxlan_tui.ui.app import Wizard

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

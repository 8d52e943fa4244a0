"""What the form shows, what the file holds and what runs is one plan, however it was changed."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.test_ui_hosts import plan_of
from tests.test_ui_plan import fill
from tests.ui_stage import SURVEY, Stage, play, sample, sees, stage, until
from vxlan_tui.plan import Host, Plan, load
from vxlan_tui.state import Nic, VmState
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.dialogs.type import Type
from vxlan_tui.ui.plan_form.draft import Draft
from vxlan_tui.ui.plan_form.edits import edit, set_vms, type_in
from vxlan_tui.ui.widgets.field import ActLine, Field
from vxlan_tui.ui.widgets.line import Line

__all__ = ["stage"]

P = Pilot[int]


def shown(app: Wizard, key: str) -> str:
    """What a field of the form shows."""
    return next((field.value for field in app.query(Field) if field.key == key), "")


async def run_everything(app: Wizard, pilot: P) -> None:
    """Run all that is left by the palette, which needs no field to be left."""
    await pilot.press("ctrl+p", *"applyrun", "enter")
    await sees(pilot, "Run everything that is left on host-a")
    await pilot.press("enter")
    await until(pilot, lambda: app.model.current == "verify" and not app.model.running)


async def type_the_vni(app: Wizard, pilot: P) -> None:
    """Make 17 of the VNI 10, and stay in its field."""
    next(field for field in app.query(Field) if field.key == "segments[0].vni").editor.focus()
    await pilot.press("end", "backspace", "7")


def test_vms_that_are_chosen_anew_stand_in_the_form_and_are_those_that_run(stage: Stage, tmp_path: Path) -> None:
    path = plan_of(tmp_path, 2)
    path.write_text(f'{path.read_text()}[[vms]]\nhost = "host-a"\nname = "vma"\nnetwork = "vxlan10-bridge"\n')
    other = {"vmc": VmState("vmc", nics=(Nic("52:54:00:00:00:04", "network", "default"),))}
    stage.surveyed = replace(SURVEY, vms={"vma": SURVEY.vms["vma"], **other})

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "this machine is")
        next(line for line in app.query(ActLine) if line.action == "pick_vms").focus()
        await pilot.press("enter")
        await sees(pilot, "[x] host-a: vma")
        await pilot.press("space", "space", "enter")
        await until(pilot, lambda: shown(app, "vms[0].name") == "vmc")
        assert app.model.plan is not None
        assert [vm.name for vm in app.model.plan.vms] == ["vmc"]
        await run_everything(app, pilot)

    play(stage, path, script)
    assert [vm.name for vm in load(path).vms] == ["vmc"]
    assert [order.plan for order in stage.orders] == [load(path)]


def test_a_host_added_by_ssh_stands_in_a_form_that_was_open_before(stage: Stage, tmp_path: Path) -> None:
    there = replace(SURVEY.links["enp1s0"], addresses=("203.0.113.1/24",))
    stage.surveyed_at["root@host-b"] = replace(SURVEY, name="host-b", links={"enp1s0": there})

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "firewalld zone")
        await pilot.press("escape", "1", "n")
        await until(pilot, lambda: isinstance(app.screen, Type))
        await pilot.press(*"host-b", "enter")
        await until(pilot, lambda: len(app.screen_stack) == 1 and app.model.plan is not None)
        await pilot.press("escape", "2")
        await until(pilot, lambda: shown(app, "hosts[1].name") == "host-b")
        assert shown(app, "hosts[1].vtep") == "203.0.113.1"

    play(stage, tmp_path / "new.toml", script)


def test_what_is_accepted_under_verify_is_chosen_in_the_form(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "this machine is")
        await pilot.press("escape", "7")
        app.begin(app.controllers.planning.accept_in_the_clear())
        await sees(pilot, "Nothing encrypts what leaves")
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.model.draft.is_saved)
        await pilot.press("escape", "2")
        await until(pilot, lambda: shown(app, "encryption") == "none")

    play(stage, sample(tmp_path), script)


def test_what_was_typed_last_runs_and_is_saved_though_its_field_was_not_left(stage: Stage, tmp_path: Path) -> None:
    path = sample(tmp_path)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "this machine is")
        await type_the_vni(app, pilot)
        await run_everything(app, pilot)

    play(stage, path, script)
    assert load(path).segments[0].vni == 17
    assert [order.plan for order in stage.orders] == [load(path)]


def test_what_was_typed_last_is_what_is_checked(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[Plan] = []

    def unchecked(plan: Plan, host: Host) -> str:
        checked.append(plan)
        return ""

    monkeypatch.setattr(stage, "unchecked", unchecked)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "this machine is")
        await type_the_vni(app, pilot)
        await pilot.press("ctrl+p", *"verifyrun", "enter")
        await until(pilot, lambda: checked)

    play(stage, sample(tmp_path), script)
    assert [plan.segments[0].vni for plan in checked] == [17]


def test_the_field_that_was_missing_is_filled_in_as_soon_as_it_is_typed(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "firewalld zone")
        await fill(app, pilot, "hosts[1].name", "host-b")
        next(field for field in app.query(Field) if field.key == "hosts[1].vtep").editor.focus()
        await pilot.press(*"203.0.113.1", "ctrl+s")
        await sees(pilot, "Saved:")
        await sees(pilot, "The plan is complete.")
        assert app.model.plan == load(tmp_path / "new.toml")

    play(stage, tmp_path / "new.toml", script)


def test_a_plan_that_changes_while_its_steps_are_agreed_to_is_not_run(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        stage.hold_look.clear()
        await pilot.press("1", "n")
        await until(pilot, lambda: isinstance(app.screen, Type))
        await pilot.press(*"host-c", "enter")
        await sees(pilot, "Looking at root@host-c")
        await pilot.press("A")
        await sees(pilot, "Run everything that is left on host-a")
        stage.hold_look.set()
        await until(pilot, lambda: len(app.model.draft.hosts) == 3)
        await pilot.press("enter")
        await sees(pilot, "The plan has changed since this was shown. Nothing was run")

    play(stage, plan_of(tmp_path, 2), script, size=(120, 40))
    assert stage.ran == []


def test_a_plan_that_is_saved_under_another_name_runs_from_there(stage: Stage, tmp_path: Path) -> None:
    """The record of a run names the file, and the wizard opens that one again."""
    other = tmp_path / "other.toml"

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("3", "ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, Type))
        app.screen.query_one(Line).value = str(other)
        await pilot.press("enter")
        await sees(pilot, "Save this plan there")
        await pilot.press("enter")
        await until(pilot, lambda: other.exists() and not app.model.looking)
        await sees(pilot, "next       The first step of ethernet")
        await pilot.press("a")
        await until(pilot, lambda: app.model.is_done("ethernet"))

    play(stage, sample(tmp_path), script)
    assert [order.plan.path for order in stage.orders if order.plan] == [other]


def test_nothing_is_done_to_a_plan_that_is_not_open_yet(stage: Stage, tmp_path: Path) -> None:
    """What is opened then would take its place."""
    stage.hold_look.clear()

    async def script(app: Wizard, pilot: P) -> None:
        for keys in (("2", "ctrl+s"), ("2", "ctrl+o"), ("1", "n")):
            await pilot.press(*keys)
            await sees(pilot, "The plan is not open yet: this host is looked at first.")
            assert len(app.screen_stack) == 1
        assert not app.query(Field)
        assert not app.query(ActLine)
        stage.hold_look.set()
        await pilot.press("2")
        await until(pilot, lambda: app.query(Field))
        assert shown(app, "hosts[0].name") == "host-a"

    play(stage, tmp_path / "new.toml", script, looked=False)
    assert not (tmp_path / "new.toml").exists()


def _three_hosts() -> Draft:
    vms = [{"host": name, "name": f"vm-{name}", "network": "vxlan10-bridge"} for name in "abc"]
    data = {"hosts": [{"name": name} for name in "abc"], "segments": [{"vni": 10}], "vms": vms}
    return Draft(Path("plan.toml"), data)


def test_the_vms_of_a_host_that_was_removed_do_not_follow_the_host_in_its_place() -> None:
    draft = _three_hosts()
    type_in(draft, "hosts[1].name", "b2")
    edit(draft, "remove_host", 1, {})
    type_in(draft, "hosts[1].name", "c2")
    assert [vm["host"] for vm in draft.rows("vms")] == ["a", "b2", "c2"]


def test_a_vm_that_was_picked_between_two_edits_of_a_name_follows_it() -> None:
    draft, surveys = _three_hosts(), {"": SURVEY}
    type_in(draft, "hosts[0].name", "a2")
    set_vms(draft, {"a2\n52:54:00:00:00:01\nvma"}, surveys)
    type_in(draft, "hosts[0].name", "a3")
    assert [vm["host"] for vm in draft.rows("vms")] == ["a3", "b", "c", "a3"]

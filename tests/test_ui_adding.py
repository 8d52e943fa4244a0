"""A host is added by its SSH destination: looked at there, and its table filled in from what is found."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.test_ui_hosts import plan_of
from tests.ui_stage import SURVEY, Stage, play, sees, stage, text_of, until
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.controllers.adding import put
from vxlan_tui.ui.dialogs.type import Type
from vxlan_tui.ui.plan_form.draft import Draft

__all__ = ["stage"]

P = Pilot[int]

FOUND = {"name": "host-b", "interface": "enp1s0", "vtep": "203.0.113.1", "ssh": "root@b"}


async def _add(app: Wizard, pilot: P, destination: str) -> None:
    await pilot.press("1", "n")
    await until(pilot, lambda: isinstance(app.screen, Type))
    app.screen.query_one("Input").value = destination  # type: ignore[attr-defined]
    await pilot.press("enter")


def test_a_host_comes_into_the_plan_with_what_is_found_on_it(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await _add(app, pilot, "root@third.example.com")
        await until(pilot, lambda: len(app.model.draft.hosts) == 3)
        added = app.model.draft.hosts[2]
        assert (added["name"], added["ssh"]) == ("host-a", "root@third.example.com")
        await _add(app, pilot, "root@third.example.com")
        await sees(pilot, "is in the plan by this already")

    play(stage, plan_of(tmp_path, 2), script)


def test_a_host_that_cannot_be_reached_is_told_of_and_changes_no_plan(stage: Stage, tmp_path: Path) -> None:
    stage.unreached["root@nowhere"] = "nothing answers there"

    async def script(app: Wizard, pilot: P) -> None:
        await _add(app, pilot, "root@nowhere")
        await sees(pilot, "nothing answers there")
        assert len(app.model.draft.hosts) == 2

    play(stage, plan_of(tmp_path, 2), script)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"interface": "enp1s0"}, FOUND),  # the other host of a new plan
        ({"name": "host-b", "interface": "eth7", "zone": "lan"}, {**FOUND, "interface": "eth7", "zone": "lan"}),
    ],
)
def test_it_takes_the_place_of_the_host_that_it_is_and_what_was_typed_stays(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    draft = Draft(Path("plan.toml"), {"hosts": [{"name": "host-a"}, before], "segments": [], "vms": []})
    put(draft, FOUND)
    assert draft.hosts == [{"name": "host-a"}, after]


def test_it_comes_behind_the_others_where_it_is_none_of_them() -> None:
    draft = Draft(Path("plan.toml"), {"hosts": [{"name": "host-a"}, {"name": "host-c"}], "segments": [], "vms": []})
    put(draft, FOUND)
    assert draft.hosts[2] == FOUND


def test_the_vms_of_every_host_that_was_looked_at_are_there_to_choose_from(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2", "f6")
        await sees(pilot, "VMs of host-a and host-b")
        await sees(pilot, "host-b: vma  52:54:00:00:00:01")
        await pilot.press("down", "down", "down", "space", "space", "enter")
        await until(pilot, lambda: len(app.model.draft.rows("vms")) == 2)
        network = "vxlan10-bridge"
        assert app.model.draft.rows("vms") == [
            {"host": "host-b", "name": "vma", "network": network},
            {"host": "host-b", "name": "two nics", "network": network, "mac": "52:54:00:00:00:02"},
        ]
        await pilot.press("f6")
        await sees(pilot, "[x] host-b: vma")
        await pilot.press("down", "down", "down", "space", "enter")
        await until(pilot, lambda: len(app.model.draft.rows("vms")) == 1)
        assert app.model.plan is not None

    play(stage, plan_of(tmp_path, 2), script)


def test_from_an_empty_plan_to_green_on_two_hosts_takes_ten_keys(stage: Stage, tmp_path: Path) -> None:
    there = replace(SURVEY.links["enp1s0"], addresses=("203.0.113.1/24",))
    stage.surveyed_at["root@host-b"] = replace(SURVEY, name="host-b", links={"enp1s0": there})

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, Type))
        await pilot.press(*"host-b", "enter")
        await until(pilot, lambda: app.model.plan is not None and not app.model.looking)
        await pilot.press("enter", "f6")
        await sees(pilot, "VMs of host-a and host-b")
        await pilot.press("space", "enter")
        await until(pilot, lambda: app.model.draft.rows("vms") and len(app.screen_stack) == 1)
        await pilot.press("f8")
        await until(pilot, lambda: app.model.current == "ethernet")
        await pilot.press("A")
        await sees(pilot, "Run everything that is left on host-a and host-b")
        await pilot.press("enter")
        await until(pilot, lambda: app.model.current == "verify" and app.model.state("verify") == "OK")
        assert app.model.all_done

    play(stage, tmp_path / "new.toml", script)


def test_what_mends_it_stands_on_lines_of_its_own(stage: Stage, tmp_path: Path) -> None:
    stage.unreached["root@nowhere"] = "it refuses the login.\nTo mend it: `ssh-copy-id`\x1b"

    async def script(app: Wizard, pilot: P) -> None:
        await _add(app, pilot, "root@nowhere")
        await sees(pilot, "To mend it: `ssh-copy-id`\\x1b")
        assert "\\n" not in text_of(app)

    play(stage, plan_of(tmp_path, 2), script)


@pytest.mark.parametrize("typed", ["root@jo@third", "root@ssh://jo@third:22"])
def test_a_destination_that_was_typed_whole_behind_what_stood_there_is_taken_so(
    stage: Stage, tmp_path: Path, typed: str
) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await _add(app, pilot, typed)
        await until(pilot, lambda: len(app.model.draft.hosts) == 3)
        assert app.model.draft.hosts[2]["ssh"] == typed.removeprefix("root@")

    play(stage, plan_of(tmp_path, 2), script)

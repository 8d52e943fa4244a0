"""Filter by `/`, as in lazygit: in the steps, the checks, the panels, the log and the choice of VMs."""

from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot

from tests.test_ui_verify import CLOSED, GOOD
from tests.ui_stage import SURVEY, Stage, play, sample, sees, stage, text_of, until
from vxlan_tui.live.devices import Device
from vxlan_tui.state import Nic, VmState
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.dialogs.panel import PanelScreen
from vxlan_tui.ui.widgets.table import Table

__all__ = ["stage"]

P = Pilot[int]


def test_steps_are_narrowed_as_it_is_typed_and_esc_shows_all_again(stage: Stage, tmp_path: Path) -> None:
    stage.parts = tuple(f"part{number}" for number in range(12))

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "The part0 step of bridge")
        await sees(pilot, "/ Filter")
        await pilot.press("/", *"PART1")
        await until(pilot, lambda: "The part2 step" not in text_of(app))
        assert app.model.current == "bridge"
        for words in ("The part1 step", "The part10 step", "The part11 step", "Esc Show all"):
            assert words in text_of(app)
        await pilot.press("enter", "down")
        await sees(pilot, "# do bridge-part10")
        assert stage.ran == []
        await pilot.press("escape")
        await sees(pilot, "The part2 step")
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is not None and app.focused.id == "sections")

    play(stage, sample(tmp_path), script)


def test_checks_that_passed_are_found_where_they_are_folded(stage: Stage, tmp_path: Path) -> None:
    passed = [replace(GOOD, subject=str(number), title=f"check {number} is well") for number in range(20)]
    stage.findings.append([*passed, CLOSED])

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("7")
        await sees(pilot, "+ 20 checks of Ethernet")
        await pilot.press("/", *"check 7")
        await sees(pilot, "PASS     check 7 is well")
        assert "UDP port 8472 is closed" not in text_of(app)
        await pilot.press("escape")
        await sees(pilot, "- 20 checks of Ethernet")  # it is what is marked now

    play(stage, sample(tmp_path), script)


def test_a_panel_is_narrowed_and_says_of_how_many(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(app.screen, PanelScreen))
        app.screen.query_one(Table).put(tuple(Device(f"eth{n}", "ethernet", "connected", "") for n in range(30)))
        await sees(pilot, "eth3")
        await pilot.press("/", *"eth2")
        await until(pilot, lambda: "eth3" not in text_of(app))
        assert "eth29" in text_of(app)
        await pilot.press("escape")
        await sees(pilot, "eth3")
        assert isinstance(app.screen, PanelScreen)

    play(stage, sample(tmp_path), script)


def test_vms_to_choose_from_are_narrowed(stage: Stage, tmp_path: Path) -> None:
    vms = {f"vm{n}": VmState(f"vm{n}", nics=(Nic(f"52:54:00:00:00:{n:02}", "network", "default"),)) for n in range(40)}
    stage.surveyed = replace(SURVEY, vms=vms)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2", "f6")
        await sees(pilot, "[ ] vm0")
        await pilot.press("/", *"vm37", "enter", "space")
        await sees(pilot, "[x] vm37")
        await pilot.press("enter")
        await until(pilot, lambda: [row["name"] for row in app.model.draft.rows("vms")] == ["vm37"])

    play(stage, tmp_path / "new.toml", script)

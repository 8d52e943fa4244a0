"""A file name that a person gives and the system refuses ends nothing: it is told of."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.ui_stage import Stage, play, sample, sees, stage, until
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.dialogs.type import Type
from vxlan_tui.ui.widgets.line import Line

__all__ = ["stage"]

P = Pilot[int]


NAMES = ["~no-such-user/x", "n" * 300]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("keys", "words"), [(("2", "ctrl+o"), "cannot be used:"), (("8", "w"), "Not written:")])
def test_a_file_name_that_the_system_refuses_is_told_of(
    stage: Stage, tmp_path: Path, keys: tuple[str, ...], words: str, name: str
) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press(*keys)
        await until(pilot, lambda: isinstance(app.screen, Type))
        app.screen.query_one(Line).value = name
        await pilot.press("enter")
        await sees(pilot, words)

    play(stage, sample(tmp_path), script, size=(100, 40))


def test_a_plan_named_at_the_start_that_the_system_refuses_is_told_of(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await sees(pilot, "cannot be")
        await pilot.press("2", "ctrl+s")
        await sees(pilot, "The plan was not saved:")

    play(stage, tmp_path / f"{'n' * 300}.toml", script, size=(100, 40))

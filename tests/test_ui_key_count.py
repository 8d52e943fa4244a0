"""How many keys it takes from an empty plan to the last section: it was 35, and 50 characters."""

from pathlib import Path

from textual.pilot import Pilot

from tests.ui_stage import Stage, play, sees, stage, until
from vxlan_tui.ui.app import Wizard

__all__ = ["stage"]

P = Pilot[int]

KEYS, CHARACTERS = 17, 25


def test_from_an_empty_plan_to_green_takes_half_the_keys(stage: Stage, tmp_path: Path) -> None:
    keys: list[str] = []
    typed: list[str] = []

    async def script(app: Wizard, pilot: P) -> None:
        async def press(*names: str) -> None:
            keys.extend(names)
            await pilot.press(*names)

        async def type_in(text: str) -> None:
            typed.extend(text)
            await pilot.press(*text)

        await press("enter")
        await sees(pilot, "firewalld zone")
        await type_in("host-b")
        await press("enter")
        await type_in("203.0.113.1")
        await press("f6")
        await sees(pilot, "vma  52:54:00:00:00:01")
        await press("space", "enter")
        await until(pilot, lambda: app.model.draft.rows("vms") and len(app.screen_stack) == 1)
        await press("f8")
        await until(pilot, lambda: app.model.current == "ethernet" and not app.model.looking and app.model.left())
        await press("A")
        await sees(pilot, "Run everything that is left")
        await press("enter")
        await until(pilot, lambda: app.model.current == "verify" and app.model.work.verified == "OK")
        assert app.model.all_done
        await press("f8")
        await sees(pilot, "This host is set up, and verified. The plan is saved.")

    play(stage, tmp_path / "new.toml", script)
    assert len(keys) <= KEYS, keys
    assert len(typed) <= CHARACTERS, typed

"""Keys that come in a burst, as a slow line or a paste brings them, do what they would do one by one."""

from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from tests.ui_stage import Stage, play, sample, sees, stage, text_of, until
from vxlan_tui.facts.survey import Survey
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.dialogs.ask import Ask
from vxlan_tui.ui.widgets.field import ActLine, Field
from vxlan_tui.ui.widgets.key_bar import KeyBar
from vxlan_tui.ui.widgets.news import News

__all__ = ["stage"]

P = Pilot[int]


def burst(app: Wizard, *keys: str) -> None:
    """Send keys with nothing between them; a word stands for its letters."""
    names = {"down", "enter", "ctrl+u", "ctrl+o", "ctrl+s", "home", "left", "backspace", "f8", "escape"}
    for key in keys:
        for each in [key] if key in names else key:
            app.post_message(events.Key(each, each if len(each) == 1 else None))


def test_what_is_typed_stands_in_the_field_that_was_marked_then(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        app.model.draft.unfolded.add("segments[0]")
        await pilot.press("2")
        await sees(pilot, "firewalld zone")
        fields = {field.key: field for field in app.query(Field)}
        fields["segments[0].vxlan"].editor.focus()
        await pilot.pause()
        burst(app, "ctrl+u", "vx7", "home", "a", "enter", "ctrl+u", "netx", "backspace", "7", "down", "ctrl+u", "4789")
        await until(pilot, lambda: app.model.draft.get("segments[0].port") == "4789")
        assert app.model.draft.get("segments[0].vxlan") == "avx7"
        assert app.model.draft.get("segments[0].network") == "net7"

    play(stage, sample(tmp_path), script)


def test_a_name_typed_before_its_question_is_drawn_is_its_answer(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        burst(app, "ctrl+o", "ctrl+u", f"{tmp_path}/other.toml", "enter", "enter")
        await sees(pilot, "> Save this plan there")
        burst(app, "enter", "enter", "enter")
        await until(pilot, (tmp_path / "other.toml").exists)

    play(stage, sample(tmp_path), script)


def test_paging_takes_the_mark_along(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "firewalld zone")
        for key in ("pagedown", "ctrl+end", "ctrl+home", "pageup"):
            await pilot.press(key)
            await pilot.pause(0.1)
            assert app.focused is not None
            assert app.focused.region.intersection(app.pane.region).area, key

    play(stage, sample(tmp_path), script)


@pytest.mark.parametrize("width", [80, 60])
def test_the_keys_that_hold_everywhere_stay_in_sight_whatever_stands_above_them(
    stage: Stage, tmp_path: Path, width: int
) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "firewalld zone")
        for line in app.query(ActLine):
            line.focus()
            await pilot.pause(0.05)
            above, last = text_of(app).splitlines()[-2:]
            assert last.startswith("F1 Help F8 Next"), text_of(app)
            assert last.endswith("^P More ^Q Quit"), text_of(app)
            assert above.startswith("Up Down Fields"), text_of(app)

    play(stage, sample(tmp_path), script, size=(width, 24))


def test_a_key_that_comes_before_a_dialog_is_drawn_does_no_harm() -> None:
    """On a busy machine a second Enter ended the wizard: the answers were not there yet."""
    Ask("Which one?", [(1, "this one")]).action_take()


def test_words_that_come_beneath_the_fields_left_push_no_focus_out_of_sight(stage: Stage, tmp_path: Path) -> None:
    stage.surveyed = Survey("vm")

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "firewalld zone")
        await pilot.press("tab", "tab", "up")
        for key in ("pagedown", "pagedown", "pagedown"):
            app.post_message(events.Key(key, None))
        await until(pilot, lambda: getattr(app.focused, "action", "") == "add_vm")
        await sees(pilot, "Enter: Add a VM of another host")
        await sees(pilot, "[ Add a VM of another host ]")

    play(stage, tmp_path / "new.toml", script)


def test_the_list_of_sections_has_its_own_keys_and_no_words_of_a_field(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "Which of the plan's hosts this machine is.")
        await pilot.press("escape")
        await sees(pilot, "Up Down Section Enter Open it")
        assert "Which of the plan's hosts" not in text_of(app)
        await pilot.press("enter")
        await sees(pilot, "Which of the plan's hosts this machine is.")
        await sees(pilot, "Up Down Fields")

    play(stage, sample(tmp_path), script)


def test_what_is_told_before_there_is_a_line_for_it_is_not_lost(stage: Stage, tmp_path: Path) -> None:
    """A key can be pressed before the first frame is complete."""

    async def script(app: Wizard, pilot: P) -> None:
        await app.query_one(News).remove()
        app.tell("Told too early")
        await pilot.pause(0.2)
        await app.frame.mount(News(), before=app.frame.query_one(KeyBar))
        await sees(pilot, "Told too early")

    play(stage, sample(tmp_path), script)

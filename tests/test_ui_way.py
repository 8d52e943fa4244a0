"""The way through the wizard: sections, steps, failures, conflicts, and coming back."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.ui_stage import Stage, play, sample, sees, stage, text_of, until
from vxlan_tui import journal, lock
from vxlan_tui.reach import Local
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.screens import log

__all__ = ["stage"]

P = Pilot[int]


def test_the_list_of_sections_and_their_state_is_in_sight_in_each_of_them(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        for number in "12345678":
            await pilot.press("escape", number)
            await pilot.pause(0.05)
            for words in ("This host", "Bridge and VXLAN", "Finish", "F8 Next", "^Q Quit"):
                assert words in text_of(app), number

    play(sample(tmp_path), script)


def test_going_back_and_forth_loses_nothing(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "The first step of bridge")
        await pilot.press("enter")
        await sees(pilot, "doing bridge-first")
        await until(pilot, lambda: not app.work.running)
        await pilot.press("f7", "f7", "f8", "f8")
        await sees(pilot, "doing bridge-first")
        assert "[done] The first step of bridge" in text_of(app)

    play(sample(tmp_path), script)


def test_a_section_shows_the_commands_word_for_word_and_runs_those(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "# do bridge-first")
        assert "changes a value: old -> new" in text_of(app)
        await pilot.press("a")
        await until(pilot, lambda: app.work.state("bridge") == "done")
        await sees(pilot, "exit status 0, 0.1 s")
        assert "Go on to Libvirt network" in text_of(app)

    play(sample(tmp_path), script)
    assert stage.ran == ["do bridge-first", "do bridge-second"]
    assert [row.text for row in journal.ran(Local(), stage.directory / "journal")] == stage.ran


def test_one_step_runs_alone(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "# do bridge-second")
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.work.state("bridge") == "1 to do")

    play(sample(tmp_path), script)
    assert stage.ran == ["do bridge-second"]


def test_a_skipped_step_does_not_run_with_its_section(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "[will run]")
        await pilot.press("s")
        await sees(pilot, "[skipped]")
        await pilot.press("a")
        await until(pilot, lambda: app.work.state("bridge") == "skipped")

    play(sample(tmp_path), script)
    assert stage.ran == ["do bridge-second"]


def test_a_failure_stays_on_screen_with_its_words_and_can_be_tried_again(stage: Stage, tmp_path: Path) -> None:
    stage.failing["bridge-first"] = "Error: the tool's own words."

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "[will run]")
        await pilot.press("a")
        await sees(pilot, "[FAILED]")
        await sees(pilot, "What can be done: Enter again")
        assert app.work.state("bridge") == "failed"
        assert "Error: the tool's own words." in text_of(app)
        assert stage.ran == ["do bridge-first"]
        stage.failing.clear()
        await pilot.press("enter")
        await until(pilot, lambda: app.work.state("bridge") == "1 to do")

    play(sample(tmp_path), script)


def test_a_conflict_says_what_is_in_the_way_and_nothing_runs(stage: Stage, tmp_path: Path) -> None:
    stage.conflicts["bridge-second"] = "bridge0 has other ports: eth5"

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "In the way: bridge0 has other ports: eth5")
        assert app.work.state("bridge") == "conflict"
        await pilot.press("a")
        await sees(pilot, "A step is in conflict: nothing")

    play(sample(tmp_path), script)
    assert stage.ran == []


def test_what_has_changed_since_it_was_shown_does_not_run(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "[will run]")
        stage.conflicts["bridge-first"] = "somebody made a bridge0 meanwhile"
        await pilot.press("enter")
        await sees(pilot, "somebody made a bridge0 meanwhile")

    play(sample(tmp_path), script)
    assert stage.ran == []


def test_undo_shows_its_commands_and_asks_first(stage: Stage, tmp_path: Path) -> None:
    stage.done |= {"bridge-first", "bridge-second"}

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await until(pilot, lambda: app.work.state("bridge") == "done")
        await pilot.press("u")
        await sees(pilot, "# undo bridge-second")
        await pilot.press("enter")
        assert stage.ran == []
        await pilot.press("u")
        await sees(pilot, "# undo bridge-second")
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.work.state("bridge") == "2 to do")
        await sees(pilot, "undoing bridge-first")

    play(sample(tmp_path), script)
    assert stage.ran == ["undo bridge-second", "undo bridge-first"]


def test_the_plan_is_saved_before_anything_runs(stage: Stage, tmp_path: Path) -> None:
    path = sample(tmp_path)

    async def script(app: Wizard, pilot: P) -> None:
        app.work.draft.set("segments[0].port", "4789")
        await pilot.press("2", "f8", "4")
        await sees(pilot, "[will run]")
        await pilot.press("enter")
        await until(pilot, lambda: stage.ran)

    play(path, script)
    assert "port = 4789" in path.read_text()


def test_quitting_in_the_middle_of_a_command_asks_and_the_command_ends_first(stage: Stage, tmp_path: Path) -> None:
    stage.held.add("bridge-first")

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "[will run]")
        await pilot.press("a")
        await until(pilot, lambda: stage.ran)
        await pilot.press("ctrl+q")
        await sees(pilot, "This runs now:")
        await pilot.press("down", "enter")
        await pilot.pause(0.1)
        assert app.is_running
        stage.hold.set()
        await until(pilot, lambda: app.return_value is not None)

    app = play(sample(tmp_path), script)
    assert app.return_value == 130
    assert stage.ran == ["do bridge-first"]
    ends = [row for row in journal.events(Local(), stage.directory / "journal") if row["event"] == "ended"]
    assert [row["status"] for row in ends] == [0]


def test_another_run_on_this_host_is_named_and_nothing_runs(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.directory.mkdir(mode=0o700)
    with lock.held(Local(), str(stage.directory / "lock"), "vxlan-tui apply x.toml", print):

        async def script(app: Wizard, pilot: P) -> None:
            await pilot.press("4")
            await sees(pilot, "[will run]")
            await pilot.press("enter")
            await sees(pilot, "x.toml")

        play(sample(tmp_path), script)
    assert stage.ran == []


def test_after_a_cut_off_it_opens_where_it_stopped_and_says_what_had_run(stage: Stage, tmp_path: Path) -> None:
    path = sample(tmp_path)
    stage.directory.mkdir(mode=0o700)
    book = journal.Journal(Local(), stage.directory / "journal")
    book.write("run", verb="wizard forward", plan=str(path), host="host-a")
    book.write("step", step="bridge.first", subject="first")
    book.write("command", step="bridge.first", subject="first", text="do bridge-first")
    stage.done.add("bridge-first")

    async def script(app: Wizard, pilot: P) -> None:
        await sees(pilot, "The last run was cut off while this")
        await sees(pilot, "[done already] The first step of bridge")
        assert app.current == "bridge"

    play(None, script)


def test_a_resize_loses_nothing_and_wide_terminals_show_the_panels(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "[will run]")
        assert "nmcli device status" not in text_of(app)
        await pilot.press("enter")
        await sees(pilot, "[done] The first")
        await pilot.resize_terminal(120, 40)
        await sees(pilot, "nmcli device status")
        assert "doing bridge-first" in text_of(app)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "nmcli device status" not in text_of(app))
        assert "doing bridge-first" in text_of(app)

    play(sample(tmp_path), script)


def test_the_log_is_ready_to_paste(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "STATE_DIRECTORY", str(stage.directory))

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("f9")
        await sees(pilot, "Nothing has run on this host yet.")
        await pilot.press("escape", "4")
        await sees(pilot, "[will run]")
        await pilot.press("a")
        await until(pilot, lambda: app.work.state("bridge") == "done")
        await pilot.press("f9")
        await sees(pilot, "do bridge-second")

    play(sample(tmp_path), script)
    text = log.as_text(journal.ran(Local(), stage.directory / "journal"))
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == stage.ran


def test_help_tells_the_keys_of_the_section_and_of_everywhere(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4", "f1")
        await sees(pilot, "run all steps of this section")
        await pilot.press("escape", "2", "f1")
        await sees(pilot, "One plan describes the whole segment")

    play(sample(tmp_path), script, size=(100, 40))


@pytest.mark.parametrize("words", ["Run section", "FDB", "Quit"])
def test_the_palette_has_every_action(stage: Stage, tmp_path: Path, words: str) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "[will run]")
        await pilot.press("ctrl+p", *words.lower().replace(" ", ""))
        await sees(pilot, words)

    play(sample(tmp_path), script)

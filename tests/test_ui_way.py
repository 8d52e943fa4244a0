"""The way through the wizard: sections, steps, failures, conflicts, and coming back."""

from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from textual.pilot import Pilot

from tests.ui_stage import SURVEY, Stage, play, sample, sees, stage, text_of, until
from vxlan_tui.last_run import LastRun
from vxlan_tui.session import Result
from vxlan_tui.state import Link
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.help import EVERYWHERE, paragraphs
from vxlan_tui.ui.host_work import StepOutput, key_of
from vxlan_tui.ui.palette import entries
from vxlan_tui.ui.render import block
from vxlan_tui.ui.widgets.folds import Folds

__all__ = ["stage"]

P = Pilot[int]


@pytest.fixture
def ready(stage: Stage) -> Stage:
    """A stage on which the sections before the bridge are done."""
    stage.done |= {"ethernet-first", "ethernet-second"}
    return stage


def test_the_list_of_sections_and_their_state_is_in_sight_in_each_of_them(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        for number in "12345678":
            await pilot.press("escape", number)
            await pilot.pause(0.05)
            for words in ("1 Hosts       ready", "4 Bridge        0/2", "8 Finish", "F8 Next", "^Q Quit"):
                assert words in text_of(app), number

    play(stage, sample(tmp_path), script)


def test_going_back_and_forth_loses_nothing(ready: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "next       The first step of bridge")
        await pilot.press("enter")
        await until(pilot, lambda: app.model.state("bridge") == "1/2")
        await pilot.press("f7", "f7", "f8", "f8", "up")
        await sees(pilot, "exit status 0, 0.1 s")
        assert "done       The first step of bridge" in text_of(app)

    play(ready, sample(tmp_path), script)


def test_a_section_shows_the_commands_word_for_word_and_runs_those(ready: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "# do bridge-first")
        await pilot.press("down")
        await sees(pilot, "changes a value: old -> new")
        await pilot.press("a")
        await until(pilot, lambda: app.model.state("bridge") == "done")
        await sees(pilot, "exit status 0, 0.1 s")
        await sees(pilot, "Go on to Network")

    play(ready, sample(tmp_path), script)
    assert ready.ran == ["do bridge-first", "do bridge-second"]


def test_a_step_runs_with_those_that_it_stands_on(ready: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "Enter Run step")
        await pilot.press("down")
        await sees(pilot, "Enter Run 2 steps to here")
        await pilot.press("enter")
        await until(pilot, lambda: app.model.state("bridge") == "done")

    play(ready, sample(tmp_path), script)
    assert ready.ran == ["do bridge-first", "do bridge-second"]


def test_a_section_whose_ground_is_missing_says_so_and_can_lay_it_first(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "needed first: Ethernet")
        await pilot.press("a")
        await sees(pilot, "Bridge stands on Ethernet, where 2 steps are not done.")
        assert stage.ran == []
        await pilot.press("enter")
        await until(pilot, lambda: app.model.state("bridge") == "done")

    play(stage, sample(tmp_path), script)
    assert stage.ran == ["do ethernet-first", "do ethernet-second", "do bridge-first", "do bridge-second"]


def test_a_skipped_step_does_not_run_with_its_section_and_can_be_taken_up_again(ready: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "next       The first")
        await pilot.press("s")
        await sees(pilot, "skipped    The first")
        await sees(pilot, "s Unskip")
        await pilot.press("a")
        await until(pilot, lambda: app.model.state("bridge") == "skipped")
        assert ready.ran == ["do bridge-second"]
        await pilot.press("up")
        await sees(pilot, "s Unskip")
        await pilot.press("s")
        await sees(pilot, "Enter Run step")

    play(ready, sample(tmp_path), script)


def test_a_step_whose_host_is_lost_runs_no_longer_and_can_be_run_again(ready: Stage, tmp_path: Path) -> None:
    ready.lost.add("bridge-first")

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "next       The first step of bridge")
        await pilot.press("enter")
        await sees(pilot, "the connection broke")
        await sees(pilot, "stopped    The first step of bridge")
        assert app.model.state("bridge") == "0/2"
        ready.lost.clear()
        await pilot.press("enter")
        await until(pilot, lambda: app.model.state("bridge") == "1/2")

    play(ready, sample(tmp_path), script)


def test_a_failure_stays_on_screen_with_its_words_and_can_be_tried_again(ready: Stage, tmp_path: Path) -> None:
    ready.failing["bridge-first"] = "Error: the tool's own words."

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "next       The first")
        await pilot.press("a")
        await sees(pilot, "failed     The first")
        await sees(pilot, "What can be done: Enter again")
        assert app.model.state("bridge") == "failed"
        assert "Error: the tool's own words." in text_of(app)
        assert ready.ran == ["do bridge-first"]
        await pilot.press("down")
        await sees(pilot, "# do bridge-second")
        assert "Error: the tool's own words." in text_of(app), "a failure stays opened"
        ready.failing.clear()
        await pilot.press("up", "enter")
        await until(pilot, lambda: app.model.state("bridge") == "1/2")

    play(ready, sample(tmp_path), script)


def test_a_conflict_says_what_is_in_the_way_and_nothing_runs(ready: Stage, tmp_path: Path) -> None:
    ready.conflicts["bridge-second"] = "bridge0 has other ports: eth5"

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "In the way: bridge0 has other ports: eth5")
        assert app.model.state("bridge") == "conflict"
        await pilot.press("a")
        await sees(pilot, "Nothing was run. In conflict: The second step of bridge.")
        await pilot.press("A")
        await sees(pilot, "Bridge: conflict. Nothing was run.")

    play(ready, sample(tmp_path), script)
    assert ready.ran == []


def test_what_has_changed_since_it_was_shown_does_not_run(ready: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "next       The first")
        ready.conflicts["bridge-first"] = "somebody made a bridge0 meanwhile"
        await pilot.press("enter")
        await sees(pilot, "somebody made a bridge0 meanwhile")

    play(ready, sample(tmp_path), script)
    assert ready.ran == []


@pytest.mark.parametrize("key", ["enter", "a", "A"])
def test_nothing_that_stops_a_vm_runs_without_a_question(stage: Stage, tmp_path: Path, key: str) -> None:
    sections = ("ethernet", "bridge", "network")
    stage.done |= {f"{section}-{part}" for section in sections for part in ("first", "second")}
    stage.stops["vms-first"] = "vma"

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("6")
        await sees(pilot, "Ask the VM to shut down")
        await pilot.press(key)
        await sees(pilot, "This shuts vma down, and starts it again.")
        await pilot.press("escape")
        await pilot.pause(0.1)
        assert stage.ran == []
        await pilot.press(key)
        await sees(pilot, "This shuts vma down, and starts it again.")
        await pilot.press(*(["enter"] if key == "A" else ["down", "enter"]))
        await until(pilot, lambda: any("virsh shutdown" in command for command in stage.ran))

    play(stage, sample(tmp_path), script)


def test_everything_that_is_left_runs_by_one_key_with_its_count_and_is_verified(stage: Stage, tmp_path: Path) -> None:
    stage.done |= {"ethernet-first"}
    stage.held.add("network-first")

    async def script(app: Wizard, pilot: P) -> None:
        await sees(pilot, "7 steps left:")
        await pilot.press("A")
        await sees(pilot, "Run everything that is left on host-a: 7 steps.")
        await pilot.press("enter")
        await sees(pilot, "running 3/7")
        await sees(pilot, "0:01")
        await sees(pilot, "running    The first step of network")  # the section that runs is the one on screen
        stage.hold.set()
        await until(pilot, lambda: app.model.all_done)
        await until(pilot, lambda: app.model.current == "verify")

    play(stage, sample(tmp_path), script)
    assert len(stage.ran) == 7


def test_undo_shows_its_commands_and_asks_first(ready: Stage, tmp_path: Path) -> None:
    ready.done |= {"bridge-first", "bridge-second"}

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await until(pilot, lambda: app.model.state("bridge") == "done")
        await pilot.press("u")
        await sees(pilot, "# undo bridge-second")
        await pilot.press("enter")
        assert ready.ran == []
        await pilot.press("u")
        await sees(pilot, "# undo bridge-second")
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.model.state("bridge") == "0/2")
        await sees(pilot, "done       Take bridge-first back")

    play(ready, sample(tmp_path), script)
    assert ready.ran == ["undo bridge-second", "undo bridge-first"]


def test_the_plan_is_saved_before_anything_runs(ready: Stage, tmp_path: Path) -> None:
    path = sample(tmp_path)

    async def script(app: Wizard, pilot: P) -> None:
        app.model.draft.set("segments[0].port", "4789")
        await pilot.press("2", "f8", "f8")
        await sees(pilot, "next       The first step of bridge")
        await pilot.press("enter")
        await until(pilot, lambda: ready.ran)

    play(ready, path, script)
    assert "port = 4789" in path.read_text()


def test_quitting_in_the_middle_of_a_command_asks_and_the_command_ends_first(ready: Stage, tmp_path: Path) -> None:
    ready.held.add("bridge-first")

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "next       The first")
        await pilot.press("a")
        await until(pilot, lambda: ready.ran)
        await pilot.press("ctrl+q")
        await sees(pilot, "This runs now:")
        assert text_of(app).count("# do bridge-first") >= 1
        await pilot.press("down", "enter")
        await pilot.pause(0.1)
        assert app.is_running
        ready.hold.set()
        await until(pilot, lambda: app.return_value is not None)

    app = play(ready, sample(tmp_path), script)
    assert app.return_value == 130
    assert ready.ran == ["do bridge-first"]


def test_another_run_on_this_host_is_named_and_nothing_runs(ready: Stage, tmp_path: Path) -> None:
    ready.locked = "this host is being changed by vxlan-tui apply x.toml; try again when it has ended"

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "next       The first")
        await pilot.press("enter")
        await sees(pilot, "x.toml")

    play(ready, sample(tmp_path), script)
    assert ready.ran == []


def test_after_a_cut_off_it_opens_where_it_stopped_and_says_what_had_run(ready: Stage, tmp_path: Path) -> None:
    path = sample(tmp_path)
    ready.last_run = LastRun(path, "host-a", "bridge.first", cut_off=True, command="do bridge-first")
    ready.done.add("bridge-first")

    async def script(app: Wizard, pilot: P) -> None:
        await sees(pilot, "The last run was cut off while this")
        await sees(pilot, "done       The first step of bridge")
        assert app.model.current == "bridge"

    play(ready, None, script)


def test_a_finished_host_reads_done_after_a_restart_before_any_section_is_opened(stage: Stage, tmp_path: Path) -> None:
    sections = ("ethernet", "bridge", "network", "vms")
    stage.done |= {f"{section}-{part}" for section in sections for part in ("first", "second")}

    async def script(app: Wizard, pilot: P) -> None:
        assert app.model.current == "hosts"
        await sees(pilot, "6 VMs          done")
        assert "to do" not in text_of(app).partition("7 Verify")[0]

    play(stage, sample(tmp_path), script)


def test_a_resize_loses_nothing_and_wide_terminals_show_the_panels(ready: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "next       The first")
        assert "nmcli device status" not in text_of(app)
        await pilot.press("enter")
        await sees(pilot, "done       The first")
        await pilot.press("up")
        await sees(pilot, "exit status 0")
        await pilot.resize_terminal(120, 40)
        await sees(pilot, "nmcli device status")
        assert "exit status 0" in text_of(app)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "nmcli device status" not in text_of(app))
        assert "exit status 0" in text_of(app)

    play(ready, sample(tmp_path), script)


def test_the_log_opens_over_every_section(ready: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("f9")
        await sees(pilot, "vxlan-tui has run nothing on this host yet.")
        await pilot.press("escape", "4")
        await sees(pilot, "next       The first")
        await pilot.press("a")
        await until(pilot, lambda: app.model.state("bridge") == "done")
        await pilot.press("f9")
        await sees(pilot, "wizard forward, by jo, on host-a, for /p.toml: done")
        await sees(pilot, "# do bridge-second")
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard.endswith("# do bridge-second"))

    play(ready, sample(tmp_path), script)


def test_help_tells_the_keys_of_the_section_and_of_everywhere(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4", "f1")
        await sees(pilot, "run all steps of this section")
        await pilot.press("escape", "2", "f1")
        await sees(pilot, "One plan describes the whole segment")

    play(stage, sample(tmp_path), script, size=(100, 60))


@pytest.mark.parametrize("words", ["Run section", "FDB", "Quit", "export scripts", "Apply", "Undo everything", "Help"])
def test_the_palette_has_every_action_by_the_words_that_people_type(stage: Stage, tmp_path: Path, words: str) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "next       The first")
        await pilot.press("ctrl+p", *words.lower().replace(" ", ""))
        await sees(pilot, words)

    play(stage, sample(tmp_path), script)


def test_what_apply_changed_stands_in_the_first_section(ready: Stage, tmp_path: Path) -> None:
    bare = {"enp1s0": Link("enp1s0", up=True, carrier=True)}
    ready.surveyed = replace(SURVEY, links=bare)

    async def script(app: Wizard, pilot: P) -> None:
        await sees(pilot, "enp1s0: no address")
        ready.surveyed = SURVEY
        await pilot.press("4")
        await sees(pilot, "next       The first")
        await pilot.press("a")
        await until(pilot, lambda: app.model.state("bridge") == "done")
        await pilot.press("1")
        await sees(pilot, "enp1s0: 198.51.100.2/24")

    play(ready, sample(tmp_path), script)


def test_news_cover_no_heading_and_no_dialog(ready: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "Bridge and VXLAN (10.3")
        app.tell("A long story. " * 40, "error")
        await sees(pilot, "A long story.")
        assert "Bridge and VXLAN (10.3" in text_of(app)
        assert "F1 Help" in text_of(app)
        await pilot.press("f9")
        await sees(pilot, "What ran on this host")
        app.tell("Another long story. " * 40, "error")
        await pilot.pause(0.2)
        assert "What ran on this host" in text_of(app)
        assert "Esc: back" in text_of(app)

    play(ready, sample(tmp_path), script)


def test_a_run_is_shown_where_it_is_until_somebody_looks_elsewhere(stage: Stage, tmp_path: Path) -> None:
    stage.held |= {"bridge-first", "network-first"}

    async def script(app: Wizard, pilot: P) -> None:
        await sees(pilot, "8 steps left:")
        await pilot.press("2", "escape", "A")
        await sees(pilot, "Run everything that is left")
        await pilot.press("enter")
        await sees(pilot, "running    The first step of bridge")
        await pilot.press("8")
        await sees(pilot, "The scripts")
        stage.hold.set()
        await until(pilot, lambda: app.model.running == "" and app.model.current == "verify")
        assert not app.query("#pane-vms"), "nobody is taken from what they read"

    play(stage, sample(tmp_path), script)


def test_the_words_of_a_long_step_that_failed_stay_in_sight_after_the_look(ready: Stage, tmp_path: Path) -> None:
    ready.failing["bridge-first"] = "\n".join(f"line {number}" for number in range(40))

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "next       The first")
        await pilot.press("a")
        await until(pilot, lambda: app.model.state("bridge") == "failed" and not app.model.looking)
        await sees(pilot, "What can be done: Enter again")
        app.controllers.looking.look()
        await until(pilot, lambda: not app.model.looking)
        await pilot.pause(0.1)
        assert "What can be done: Enter again" in text_of(app)

    play(ready, sample(tmp_path), script)


def test_a_section_keeps_one_line_whatever_its_state_is_called(ready: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await sees(pilot, "8 Finish")
        for step in app.model.work.steps["ethernet"]:
            app.model.work.outputs[key_of("ethernet", step)] = StepOutput(step.title, result=Result("taken back"))
        app.show()
        await sees(pilot, "3 Ethernet put back")
        lines = text_of(app).splitlines()
        assert [line[1] for line in lines[1:9]] == list("12345678")

    ready.done.clear()
    play(ready, sample(tmp_path), script)


@pytest.mark.parametrize("width", [60, 80])
def test_help_is_broken_to_the_width_and_its_rows_stay_in_their_column(
    ready: Stage, tmp_path: Path, width: int
) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4", "f1")
        await sees(pilot, "A line a step, with its state.")
        lines = [line.strip(" │|#▆▁▃▅▇█") for line in text_of(app).splitlines()]
        assert "it" not in lines and "guide," not in lines

    play(ready, sample(tmp_path), script, size=(width, 24))
    rows = [each for each in paragraphs(EVERYWHERE) if each.text.startswith(("F2-F4", "^P"))]
    assert [each.hang for each in rows] == [9, 9]
    assert paragraphs("one\ntwo\n\nkey  what\n     it does")[0].text == "one two"
    assert paragraphs("key  what\n     it does")[0] == block("key  what it does", hang=5)


def test_an_action_of_the_section_stands_in_the_palette_once(ready: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("8")
        await sees(pilot, "Enter Show script")
        words = [title for title, _, _ in entries(app.pane.own_keys())]
        assert len(words) == len(set(words)), words

    play(ready, sample(tmp_path), script)


def test_a_section_that_is_opened_before_the_look_has_the_mark_on_what_comes_next(stage: Stage, tmp_path: Path) -> None:
    stage.done |= {"ethernet-first", "ethernet-second", "bridge-first"}
    stage.hold_look_of["host-a"] = Event()

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "Looking at the host ...")
        stage.hold_look_of["host-a"].set()
        await sees(pilot, "next       The second step of bridge")
        assert app.query_one("#pane-bridge Folds", Folds).key == ("bridge", "bridge.second", "second")

    play(stage, sample(tmp_path), script, looked=False)

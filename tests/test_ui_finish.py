"""The end of the way: the scripts to look at, write and copy; and the way back of everything."""

import subprocess
from pathlib import Path

from textual.pilot import Pilot

from tests.test_ui_hosts import plan_of
from tests.ui_stage import Stage, play, sample, sees, stage, text_of, until
from vxlan_tui import plan
from vxlan_tui.ui import summary
from vxlan_tui.ui.app import Wizard

__all__ = ["stage"]

P = Pilot[int]


def test_a_script_is_shown_written_and_copied_as_export_gives_it(stage: Stage, tmp_path: Path) -> None:
    path = sample(tmp_path)
    loaded = plan.load(path)
    expected = stage.script(loaded, loaded.hosts[0], undo=False)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("8")
        await sees(pilot, "Script for this host, host-a")
        await pilot.press("enter")
        await sees(pilot, "#!/")
        await pilot.press("escape", "y")
        await until(pilot, lambda: app.clipboard == expected)
        await pilot.press("w")
        await sees(pilot, "Write it to:")
        await pilot.press("enter")
        await sees(pilot, "Written:")

    play(stage, path, script)
    written = tmp_path / "host-a.sh"
    assert written.read_text() == expected
    assert written.stat().st_mode & 0o777 == 0o700
    assert subprocess.run(["bash", "-n", written], check=False).returncode == 0


def test_a_file_that_exists_is_replaced_only_when_asked_for(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "host-a.sh").write_text("mine")

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("8")
        await sees(pilot, "Script for this host, host-a")
        await pilot.press("w")
        await sees(pilot, "Write it to:")
        await pilot.press("enter")
        await sees(pilot, "exists.")
        await pilot.press("enter")

    play(stage, sample(tmp_path), script)
    assert (tmp_path / "host-a.sh").read_text() == "mine"


def test_finish_tells_what_is_left_on_this_host_and_on_the_others(stage: Stage, tmp_path: Path) -> None:
    stage.done |= {f"{section}-{part}" for section in ("ethernet", "bridge", "network") for part in ("first", "second")}

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4", "8")
        await sees(pilot, "Not all is done on this host: VMs.")
        await sees(pilot, "vxlan-tui apply plan.toml --host host-b")

    play(stage, sample(tmp_path), script, size=(100, 40))


def test_undoing_a_section_says_what_stands_on_it_and_can_take_that_back_first(stage: Stage, tmp_path: Path) -> None:
    stage.done |= {"bridge-first", "bridge-second", "vms-second"}

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await until(pilot, lambda: app.model.state("bridge") == "done")
        await pilot.press("u")
        await sees(pilot, "VMs stands on it, and would be left without it.")
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.model.state("bridge") == "0/2")

    play(stage, sample(tmp_path), script)
    assert stage.ran == ["undo vms-second", "undo bridge-second", "undo bridge-first"]


async def _undo_everything(pilot: P, first: str) -> None:
    """Agree to it at the end of the way, where this step's command is shown."""
    await pilot.press("8")
    await sees(pilot, "u Undo everything")
    await pilot.press("u")
    await sees(pilot, f"# undo {first}")
    await pilot.press("down", "enter")


def test_everything_is_undone_from_the_end_and_from_the_palette(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        stage.done |= {"bridge-first", "vms-second"}
        await _undo_everything(pilot, "vms-second")
        await sees(pilot, "done       Take bridge-first back")
        await until(pilot, lambda: not app.model.looking)
        assert summary.of_leaving(app.model)[1] == "host-a: undone, as it was before"
        stage.done |= {"bridge-first"}
        await pilot.press("2", "ctrl+p", *"undoeverything", "enter")
        await sees(pilot, "Undo everything?")
        assert "# undo bridge-first" in text_of(app)

    play(stage, sample(tmp_path), script, size=(100, 40))
    assert stage.ran == ["undo vms-second", "undo bridge-first"]


def test_what_is_set_up_again_after_everything_was_undone_is_not_told_of_as_undone(
    stage: Stage, tmp_path: Path
) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        stage.done |= {"ethernet-first"}
        await _undo_everything(pilot, "ethernet-first")
        await sees(pilot, "is undone: it is as it was before.")
        await pilot.press("3")
        await sees(pilot, "a Run section")
        await pilot.press("a")
        await until(pilot, lambda: app.model.work.is_done("ethernet") and not app.model.running)
        await pilot.press("8")
        await sees(pilot, "Not all is done on this host")
        assert summary.of_leaving(app.model)[1].startswith("host-a: not done: bridge")

    play(stage, sample(tmp_path), script, size=(100, 40))


def test_finish_opens_at_what_stands_now_however_much_there_is_to_tell(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("8")
        await sees(pilot, "(bridge0) ... (vxlan10)")
        await pilot.press("down", "up", "1", "8")
        await sees(pilot, "(bridge0) ... (vxlan10)")

    play(stage, plan_of(tmp_path, 12), script, size=(80, 24))

"""The plan's form: filled in from what was found, checked as fields are left, saved and opened."""

import tomllib
from pathlib import Path

from textual.pilot import Pilot

from tests.ui_stage import Stage, play, sample, sees, stage, text_of, until
from vxlan_tui.plan import load
from vxlan_tui.rehearsal import SAMPLE
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.plan_form.draft import opened
from vxlan_tui.ui.screens.plan import PlanPane
from vxlan_tui.ui.widgets.field import Field, field_of
from vxlan_tui.ui.widgets.line import Line

__all__ = ["stage"]

P = Pilot[int]


async def fill(app: Wizard, pilot: P, key: str, text: str) -> None:
    """Type into the field of that key, in place of what it holds, and leave it."""
    field = next(f for f in app.query(Field) if f.key == key)
    field.editor.focus()
    await pilot.pause()
    assert isinstance(field.editor, Line)
    field.editor.value = ""
    await pilot.press(*text, "enter")


def test_most_of_it_is_filled_in_from_what_was_found(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "firewalld zone")
        await fill(app, pilot, "hosts[1].name", "host-b")
        await fill(app, pilot, "hosts[1].vtep", "203.0.113.1")
        await sees(pilot, "host-b")
        assert app.model.plan is not None
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.model.draft.is_saved)

    play(stage, tmp_path / "new.toml", script)
    plan = load(tmp_path / "new.toml")
    assert [(h.name, h.interface, str(h.vtep), h.ethernet) for h in plan.hosts] == [
        ("host-a", "enp1s0", "198.51.100.2", None),
        ("host-b", "enp1s0", "203.0.113.1", None),
    ]
    assert plan.segments[0].network == "vxlan10-bridge"
    assert (tmp_path / "new.toml").stat().st_mode & 0o777 == 0o600


def test_words_stand_beneath_a_field_as_it_is_left(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "firewalld zone")
        assert "needed" not in text_of(app).replace("(needed)", "")
        await fill(app, pilot, "hosts[1].vtep", "239.1.1.1")
        await sees(pilot, 'found "239.1.1.1"; allowed')
        await fill(app, pilot, "hosts[1].vtep", "203.0.113.1")
        await until(pilot, lambda: "239.1.1.1" not in text_of(app))

    play(stage, tmp_path / "new.toml", script)


def test_next_goes_to_the_first_field_that_is_not_right(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "firewalld zone")
        await pilot.press("f8")
        await sees(pilot, "The plan is not complete")
        assert app.model.current == "plan"
        focused = app.focused
        assert focused is not None
        assert any(isinstance(a, Field) and a.key == "hosts[1].name" for a in focused.ancestors)

    play(stage, tmp_path / "new.toml", script)


def test_the_tunnels_address_follows_the_interface_that_is_picked(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "firewalld zone")
        field = next(f for f in app.query(Field) if f.key == "hosts[0].interface")
        field.editor.focus()
        await pilot.press("right")
        await sees(pilot, "< enp2s0")
        assert app.model.draft.get("hosts[0].vtep") == ""

    play(stage, tmp_path / "new.toml", script)


def test_a_second_segment_gets_a_vni_and_a_bridge_of_its_own(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "Plan:")
        pane = app.query_one(PlanPane)
        for line in pane.query(".act"):
            if getattr(line, "action", "") == "add_segment":
                line.focus()
                break
        await pilot.press("enter")
        await until(pilot, lambda: len(app.model.draft.rows("segments")) == 2)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.model.draft.is_saved)

    path = sample(tmp_path)
    play(stage, path, script)
    assert [(s.vni, s.bridge) for s in load(path).segments] == [(10, "bridge0"), (20, "bridge1")]


def test_vms_are_picked_from_the_real_ones_and_a_nic_where_there_are_several(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "firewalld zone")
        await fill(app, pilot, "hosts[1].name", "host-b")
        await fill(app, pilot, "hosts[1].vtep", "203.0.113.1")
        for line in app.query(".act"):
            if getattr(line, "action", "") == "pick_vms":
                line.focus()
        await pilot.press("enter")
        await sees(pilot, "vma  52:54:00:00:00:01")
        await pilot.press("space", "down", "space", "enter")
        await until(pilot, lambda: len(app.model.draft.rows("vms")) == 2)
        await fill(app, pilot, "segments[0].vni", "77")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.model.draft.is_saved)

    play(stage, tmp_path / "new.toml", script)
    vms = load(tmp_path / "new.toml").vms
    assert [(vm.name, vm.mac, vm.network) for vm in vms] == [
        ("vma", None, "vxlan77-bridge"),
        ("two nics", "52:54:00:00:00:03", "vxlan77-bridge"),
    ]


def test_a_plan_file_with_faults_opens_with_words_beneath_its_fields(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(sample(tmp_path).read_text().replace("vni = 10", "vni = 99999999"))

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await until(pilot, lambda: app.model.state("plan") == "1 to mend")
        field = next(f for f in app.query(Field) if f.key == "segments[0].vni")
        field.editor.focus()
        await until(pilot, lambda: _says(app, field, "found 99999999; allowed: 0 to 16777215"))

    play(stage, path, script)


def _says(app: Wizard, field: Field, words: str) -> bool:
    """Whether these words are on screen where a field is."""
    field.scroll_visible(animate=False)
    return words in text_of(app)


def test_another_plan_file_can_be_opened(stage: Stage, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(sample(tmp_path).read_text().replace("host-b", "elsewhere"))

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2", "ctrl+o")
        await sees(pilot, "One that exists is opened")
        line = app.screen.query_one(Line)
        line.value = str(other)
        await pilot.press("enter")
        await until(pilot, lambda: app.model.draft.path == other)
        await until(pilot, lambda: app.model.plan is not None and app.model.plan.hosts[1].name == "elsewhere")

    play(stage, tmp_path / "plan.toml", script)


def test_a_file_that_was_not_opened_is_not_replaced_unasked(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        (tmp_path / "new.toml").write_text("# somebody else's")
        await pilot.press("ctrl+s")
        await sees(pilot, "was not opened here")
        await pilot.press("escape")

    play(stage, tmp_path / "new.toml", script)
    assert (tmp_path / "new.toml").read_text() == "# somebody else's"


def test_a_plan_is_never_written_through_a_link(stage: Stage, tmp_path: Path) -> None:
    target = tmp_path / "target"
    (tmp_path / "new.toml").symlink_to(target)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2", "ctrl+s")
        await sees(pilot, "The plan was not saved")

    play(stage, tmp_path / "new.toml", script)
    assert not target.exists()


def test_quitting_with_a_changed_plan_asks(stage: Stage, tmp_path: Path) -> None:
    path = sample(tmp_path)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "Plan:")
        await fill(app, pilot, "hosts[0].ethernet.gateway", "198.51.100.250")
        await pilot.press("ctrl+q")
        await sees(pilot, "The plan is not saved")
        await pilot.press("enter")
        await until(pilot, lambda: app.return_value is not None)

    play(stage, path, script)
    assert tomllib.loads(path.read_text())["hosts"][0]["ethernet"]["gateway"] == "198.51.100.250"


def test_what_a_person_wrote_in_a_plan_file_survives_saving(tmp_path: Path) -> None:
    """Also under another name."""
    path = tmp_path / "plan.toml"
    path.write_text(f"# Ask Jo first.\n\n{SAMPLE.read_text()}")
    draft = opened(path)
    draft.set("segments[0].vni", "20")
    draft.save()
    expected = f"# Ask Jo first.\n\n{SAMPLE.read_text().replace('vni = 10', 'vni = 20')}"
    assert path.read_text() == expected
    draft.path = tmp_path / "other.toml"
    draft.save()
    assert draft.path.read_text() == expected


def test_a_form_that_is_opened_before_the_host_was_looked_at_has_the_mark_when_it_was(
    stage: Stage, tmp_path: Path
) -> None:
    stage.hold_look.clear()

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("f8")
        await until(pilot, lambda: app.model.current == "plan")
        await pilot.pause(0.2)
        stage.hold_look.set()
        await sees(pilot, "firewalld zone")
        await until(pilot, lambda: field_of(app.focused) is not None)
        assert field_of(app.focused).key == "hosts[1].name"  # type: ignore[union-attr]

    play(stage, tmp_path / "new.toml", script, looked=False)

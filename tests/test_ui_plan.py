"""The plan's form: filled in from what was found, checked as fields are left, saved and opened."""

import re
import tomllib
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.ui_stage import Stage, play, sample, sees, stage, text_of, until
from vxlan_tui.plan import load
from vxlan_tui.rehearsal import SAMPLE
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.dialogs.ask import Ask
from vxlan_tui.ui.plan_form.choices import choices_of, set_choice
from vxlan_tui.ui.plan_form.doubts import doubts
from vxlan_tui.ui.plan_form.draft import Draft, opened
from vxlan_tui.ui.plan_form.edits import EDITS
from vxlan_tui.ui.plan_form.fields import DHCP, FINDING, MANY, Spec, items
from vxlan_tui.ui.screens.plan import PlanPane
from vxlan_tui.ui.terminal_style import TerminalStyle
from vxlan_tui.ui.widgets.field import ActLine, Field, field_of
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


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("vni = 10", 'vni = 10\ncontrol = "EVPN"', """found "EVPN"; allowed: 'evpn'"""),
        ("vni = 10", f"vni = 10\nmtu = {'9' * 5000}", "found a very large number; allowed: 68"),
        ("vni = 10", f"vni = 10\nmtu = 0x{'f' * 5000}", "found a very large number; allowed: 68"),
    ],
)
def test_a_plan_file_that_holds_what_no_plan_can_hold_is_shown_with_words(
    stage: Stage, tmp_path: Path, old: str, new: str, words: str
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(sample(tmp_path).read_text().replace(old, new))

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await until(pilot, lambda: app.model.state("plan") == "1 to mend")
        assert words in str(app.model.faults[0])
        await pilot.press("ctrl+n")
        await sees(pilot, words[:20])

    play(stage, path, script)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('hosts = ["host-a", "host-b"]', "`hosts` has to be tables, each under"),
        ('segments = "x"', "`segments` has to be tables"),
        ("vms = [1]", "`vms` has to be tables"),
        (f"x = {'[' * 3000}", "tables or lists that stand more than"),
        (f"x = {'[' * 40}{']' * 40}", "tables or lists that stand more than"),
    ],
)
def test_a_file_that_the_form_cannot_show_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=words):
        opened(path)


def test_text_in_place_of_a_table_is_replaced_by_what_is_chosen(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text('encryption = "wireguard"\n[[hosts]]\nname = 5\nethernet = "DHCP"\n[[segments]]\nvni = 10\n')
    draft = opened(path)
    keys = [item.key for item in items(draft) if isinstance(item, Spec)]
    assert all(
        choices_of(spec.key, draft, {}) for spec in items(draft) if isinstance(spec, Spec) and spec.kind == "choice"
    )
    assert "hosts[0].ethernet" in keys
    set_choice("hosts[0].ethernet", DHCP, draft, {})
    set_choice("encryption", "wireguard", draft, {})
    assert draft.data["hosts"][0]["ethernet"] == {"profile": "Example", "method": "auto"}
    assert draft.data["encryption"]["method"] == "wireguard"


def test_how_evpn_is_done_goes_with_the_last_segment_that_is_found_by_it() -> None:
    draft = Draft(Path("plan.toml"), {"segments": [{"vni": 10}, {"vni": 20}]})
    for row in (0, 1):
        set_choice(f"segments[{row}].control", "evpn", draft, {})
    draft.set("evpn.asn", "64999")
    set_choice("segments[0].control", "group", draft, {})
    assert draft.data["evpn"] == {"asn": 64999}
    EDITS["remove_segment"](draft, 1, {})
    assert "evpn" not in draft.data
    set_choice("segments[0].control", "evpn", draft, {})
    set_choice("segments[0].control", "", draft, {})
    assert draft.data == {"segments": [{"vni": 10}]}


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


def test_what_this_host_does_not_have_is_said_beneath_its_field_and_before_anything_runs(
    stage: Stage, tmp_path: Path
) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "firewalld zone")
        await fill(app, pilot, "hosts[1].name", "host-b")
        await fill(app, pilot, "hosts[1].vtep", "203.0.113.1")
        await fill(app, pilot, "hosts[0].vtep", "198.51.100.9")
        await sees(pilot, "enp1s0 of host-a does not have it: it has")
        app.model.draft.unfolded.add("hosts[0]")
        app.show()
        await until(pilot, lambda: any(field.key == "hosts[0].zone" for field in app.query(Field)))
        await fill(app, pilot, "hosts[0].zone", "pubic")
        await sees(pilot, "host-a has no such zone. It has: public, trusted.")
        assert app.model.plan is not None
        await pilot.press("escape", "4")
        await sees(pilot, "enp1s0 of host-a does not have it")

    play(stage, tmp_path / "new.toml", script, size=(100, 40))


def test_another_choice_than_this_machines_own_name_is_said(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "this machine is")
        next(f for f in app.query(Field) if f.key == "here").editor.focus()
        await pilot.press("right")
        await sees(pilot, "This machine's own name is host-a,")
        await pilot.press("escape", "3")
        await sees(pilot, "This machine's own name is host-a,")
        assert app.model.current == "ethernet"

    play(stage, sample(tmp_path), script)


def test_the_plan_opened_and_paged_away_from_keeps_the_focus_in_sight(stage: Stage, tmp_path: Path) -> None:
    """Right on a field that nobody saw made this machine another host."""

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "this machine is")
        await pilot.press("pagedown", "pagedown", "escape", "8", "2")
        await pilot.pause(0.2)
        assert app.focused is not None
        assert app.focused.region.intersection(app.pane.region).area
        before = app.model.draft.here
        await pilot.press("right")
        await pilot.pause(0.1)
        if before != app.model.draft.here:
            await sees(pilot, "This machine's own name is")

    play(stage, sample(tmp_path), script)


def test_another_host_that_this_machine_is_taken_for_is_looked_at_anew(stage: Stage, tmp_path: Path) -> None:
    """The plan is the same; what was seen of a host over SSH does not hold for this machine."""

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "this machine is")
        await until(pilot, lambda: not app.model.looking and not app.model.unseen)
        app.model.draft.here = 1 - app.model.draft.here
        app.model.check_plan()
        assert app.model.unseen == ["host-a", "host-b"]
        assert app.model.left() == {}

    path = sample(tmp_path)
    for name in ("host-a", "host-b"):
        path.write_text(path.read_text().replace(f'name = "{name}"', f'name = "{name}"\nssh = "root@{name}"'))
    play(stage, path, script)


def test_page_keys_read_a_dialog_and_choose_nothing(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        answers: list[object] = []

        async def ask() -> None:
            answers.append(await app.ask(Ask("One or the other?", [(1, "One"), (2, "Other")])))

        app.begin(ask())
        await sees(pilot, "One or the other?")
        await pilot.press("pagedown", "pagedown", "enter")
        await until(pilot, lambda: answers)
        assert answers == [1]

    play(stage, sample(tmp_path), script)


def test_a_host_whose_name_is_cleared_and_typed_anew_keeps_its_vms(stage: Stage, tmp_path: Path) -> None:
    path = sample(tmp_path)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "this machine is")
        await fill(app, pilot, "hosts[0].name", "a-renamed")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.model.draft.is_saved)

    play(stage, path, script)
    assert [(vm.host, vm.name) for vm in load(path).vms] == [("a-renamed", "vma"), ("host-b", "vmb")]


def test_a_new_plan_that_is_not_saved_is_not_dropped_unasked(stage: Stage, tmp_path: Path) -> None:
    other = sample(tmp_path)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "firewalld zone")
        await fill(app, pilot, "hosts[1].name", "typed")
        await pilot.press("ctrl+o")
        await sees(pilot, "One that exists is opened")
        app.screen.query_one(Line).value = "/proc/no-such-place/x.toml"
        await pilot.press("enter")
        await sees(pilot, "Save this plan there")
        await pilot.press("enter")
        await sees(pilot, "The plan was not saved")
        await pilot.press("ctrl+o")
        await sees(pilot, "One that exists is opened")
        app.screen.query_one(Line).value = str(other)
        await pilot.press("enter")
        await sees(pilot, "is not saved.")
        await pilot.press("enter")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert app.model.draft.get("hosts[1].name") == "typed"

    play(stage, tmp_path / "new.toml", script)


def test_saving_keeps_comments_and_the_files_mode(stage: Stage, tmp_path: Path) -> None:
    path = sample(tmp_path)
    path.write_text(f"# Ask Jo first.\n\n{path.read_text()}")
    path.chmod(0o400)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "this machine is")
        await fill(app, pilot, "segments[0].vni", "77")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.model.draft.is_saved)

    play(stage, path, script)
    assert path.read_text().startswith("# Ask Jo first.\n")
    assert path.stat().st_mode & 0o777 == 0o400


def test_numbers_typed_into_a_field_stay_there_and_the_help_says_so(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "firewalld zone")
        await fill(app, pilot, "hosts[1].name", "host-a7")
        assert app.model.current == "plan"
        assert app.model.draft.get("hosts[1].name") == "host-a7"
        await pilot.press("f1")
        await sees(pilot, "Digits and letters go into the field")

    play(stage, tmp_path / "new.toml", script, size=(100, 40))


CHOICES = [
    ("segments[0].control", 2, {"control": "evpn"}, {"evpn": {"asn": 65000}}),
    ("segments[0].control", 1, {"group": "239.1.1.10"}, {}),
    ("segments[0].admit", 1, {"admit": "peers"}, {}),
    ("segments[0].stp", 1, {"stp": True}, {}),
    ("encryption", 1, {}, {"encryption": {"method": "wireguard", "subnet": "10.255.42.0/24"}}),
    ("encryption", 2, {}, {"encryption": {"method": "none"}}),
]


@pytest.mark.parametrize(("key", "presses", "segment", "tables"), CHOICES)
def test_what_a_plan_can_say_can_be_chosen(
    stage: Stage, tmp_path: Path, key: str, presses: int, segment: dict[str, object], tables: dict[str, object]
) -> None:
    path = sample(tmp_path)

    async def script(app: Wizard, pilot: P) -> None:
        app.model.draft.unfolded |= {"segments[0]", "hosts[0]", "hosts[1]", "vms[0]"}
        await pilot.press("2")
        await until(pilot, lambda: any(field.key == key for field in app.query(Field)))
        for _ in range(presses):
            next(f for f in app.query(Field) if f.key == key).editor.focus()
            await pilot.press("right")
            await pilot.pause(0.1)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.model.draft.is_saved)
        assert app.model.plan is not None

    play(stage, path, script)
    written = tomllib.loads(path.read_text())
    assert segment.items() <= written["segments"][0].items()
    assert tables.items() <= written.items()


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [("hosts[1].ssh", "root@host-b", "root@host-b"), ("segments[0].mtu", "1400", 1400), ("vms[0].mac", "", None)],
)
def test_what_is_needed_rarely_is_folded_and_can_be_typed(
    stage: Stage, tmp_path: Path, key: str, text: str, value: object
) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "this machine is")
        table = key.rpartition(".")[0]
        if key != "hosts[1].ssh":
            assert not any(field.key == key for field in app.query(Field))
            name, row = table.rstrip("]").split("[")
            line = next(each for each in app.query(ActLine) if (each.action, each.row) == (f"more_{name}", int(row)))
            line.focus()
            await pilot.press("enter")
            await until(pilot, lambda: any(field.key == key for field in app.query(Field)))
            assert not app.model.draft.edited
        await fill(app, pilot, key, text)
        if key == "segments[0].mtu":
            next(f for f in app.query(Field) if f.key == key).editor.focus()
            await pilot.press(*["backspace"] * 4)
            assert field_of(app.focused).key == key, "a field that is cleared stays"  # type: ignore[union-attr]
            await pilot.press(*text)
        await pilot.pause(0.1)
        assert app.model.draft.get(key) == str(value or "")
        assert app.model.plan is not None

    play(stage, sample(tmp_path), script)


def test_from_so_many_hosts_on_a_list_is_worth_a_second_look_and_nothing_else_is() -> None:
    """The number is the one that the field's own help names."""
    segments = [{"vni": 10}, {"vni": 11, "control": "evpn"}, {"vni": 12, "group": "239.1.1.1"}]
    for number in (2, MANY - 1, MANY, 1000):
        told = doubts(Draft(Path("/root/plan.toml"), {"hosts": [{}] * number, "segments": segments}), {})
        assert list(told) == (["segments[0].control"] if number >= MANY else [])
        assert all(f"leaves as {number - 1} packets. EVPN tells" in words for words in told.values())
    assert f"fewer than {MANY} hosts" in FINDING[""]
    assert f"from {MANY} hosts on" in FINDING["evpn"]


def test_a_fault_at_the_lower_edge_is_in_sight_with_its_words(stage: Stage, tmp_path: Path) -> None:
    path = sample(tmp_path)
    path.write_text(path.read_text().replace("vni = 10\n", "vni = 99999999\n"))

    async def script(app: Wizard, pilot: P) -> None:
        for height in (20, 21, 22, 23, 24):
            await pilot.resize_terminal(80, height)
            await pilot.press("1", "2")
            await sees(pilot, "allowed: 0 to 16777215")

    play(stage, path, script)


def test_what_is_chosen_is_cut_by_a_sign_that_every_terminal_can_show(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "< enp1s0")
        shown = text_of(app)
        assert re.search(r"< enp1s0  [0-9.]*[.][.] >", shown), shown
        assert shown.isascii()

    play(stage, sample(tmp_path), script, size=(60, 20), style=TerminalStyle(ascii=True, plain=True, few_colours=True))


def test_what_was_folded_away_can_be_typed_in_at_once(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "this machine is")
        next(line for line in app.query(ActLine) if (line.action, line.row) == ("more_hosts", 0)).focus()
        await pilot.press("enter")
        await until(pilot, lambda: (field := field_of(app.focused)) is not None and field.key == "hosts[0].zone")
        await pilot.press(*"none")  # n, b and e are keys of the wizard outside of a field
        assert app.model.current == "plan"
        assert app.model.draft.get("hosts[0].zone") == "none"

    play(stage, sample(tmp_path), script)

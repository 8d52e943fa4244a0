"""The live panels: what they show, what stays where it is, and what they cost."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.ui_stage import Stage, play, sample, sees, stage, text_of, until
from vxlan_tui.live.devices import Device
from vxlan_tui.live.fdb import Entry, parse
from vxlan_tui.live.networks import VmNames
from vxlan_tui.state import Network
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.terminal_style import TerminalStyle
from vxlan_tui.ui.widgets.table import Table

__all__ = ["stage"]

P = Pilot[int]
PLAIN = TerminalStyle(ascii=True, plain=True, few_colours=True)

LEARNED = "52:54:00:00:00:01 dev vxlan10 dst 203.0.113.1 self"
FLOOD = "00:00:00:00:00:00 dev vxlan10 dst 203.0.113.1 self permanent"
PERMANENT = "2a:53:bd:d5:b3:0a dev vxlan10 vlan 1 master bridge0 permanent"


def _entries(*lines: str) -> list[tuple[object, Entry]]:
    found = [parse(line) for line in lines]
    return [(entry.key, entry) for entry in found if entry is not None]


def _many(count: int, start: int = 0) -> list[tuple[object, Entry]]:
    macs = (f"02:00:00:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}" for n in range(start, start + count))
    return _entries(*(f"{mac} dev vxlan10 dst 203.0.113.1 self" for mac in macs))


async def _fdb(app: Wizard, pilot: P, rows: list[tuple[object, Entry]]) -> tuple[Any, Table[Entry]]:
    await pilot.press("f3")
    await sees(pilot, "bridge fdb show")
    source: Any = app.hub.source("fdb")
    source._replace(rows)
    table = app.screen.query_one(Table)
    await until(pilot, lambda: len(table.rows) == len(rows))
    return source, table


def test_learned_permanent_and_flood_are_told_apart_and_a_vms_mac_bears_its_name(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        networks: Any = app.hub.source("networks")
        networks.names = VmNames({"52:54:00:00:00:01": "vma"}, {})
        await _fdb(app, pilot, _entries(LEARNED, FLOOD, PERMANENT))
        lines = text_of(app).splitlines()
        assert any("52:54:00:00:00:01 learned   vma to 203.0.113.1" in line for line in lines)
        assert any("00:00:00:00:00:00 flood     to 203.0.113.1 (all unknown)" in line for line in lines)
        assert any("2a:53:bd:d5:b3:0a permanent" in line for line in lines)

    play(stage, sample(tmp_path), script)


def test_what_belongs_to_the_plan_says_so(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("f2")
        source: Any = app.hub.source("devices")
        rows = [Device("enp1s0", "ethernet", "connected", "x"), Device("eth7", "ethernet", "connected", "y")]
        source._replace((row.name, row) for row in rows)
        await sees(pilot, "plan enp1s0")
        assert "plan eth7" not in text_of(app)
        await pilot.press("f4")
        await sees(pilot, "virsh net-list --all")
        networks: Any = app.hub.source("networks")
        networks._replace({"vxlan10-bridge": Network("vxlan10-bridge", "bridge0", "bridge", True)}.items())
        await sees(pilot, "plan vxlan10-bridge active")

    play(stage, sample(tmp_path), script)


LONG = Device("enp1s0", "ethernet", "connected", "A profile whose name is longer than any column")
FAR = "00:00:00:00:00:00 dev vxlan10 dst 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff self permanent"


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 50)])
@pytest.mark.parametrize(("style", "sign"), [(TerminalStyle(), "…"), (PLAIN, "..")])
def test_what_is_cut_bears_a_sign_and_what_matters_stays_whole(
    stage: Stage, tmp_path: Path, size: tuple[int, int], style: TerminalStyle, sign: str
) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        if size[0] == 80:
            await pilot.press("f2")
        source: Any = app.hub.source("devices")
        source._replace([("enp1s0", LONG)])
        await sees(pilot, "plan enp1s0")
        line = next(line for line in text_of(app).splitlines() if "plan enp1s0" in line)
        assert "connected" in line
        assert LONG.connection in line or sign in line
        assert all(len(line) <= size[0] for line in text_of(app).splitlines())
        if size[0] == 80:
            await pilot.press("f3")
        entries: Any = app.hub.source("fdb")
        entries._replace(_entries(FAR, PERMANENT))
        await sees(pilot, "2a:53:bd:d5:b3:0a permanent")
        flood = next(line for line in text_of(app).splitlines() if "00:00:00:00:00:00 flood" in line)
        assert "2001:db8:ffff" in flood
        assert sign in flood

    play(stage, sample(tmp_path), script, size=size, style=style)


def test_a_plain_terminal_gets_a_scroll_bar_of_ascii(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await _fdb(app, pilot, _many(200))
        assert text_of(app).isascii()
        assert {line[-1] for line in text_of(app).splitlines() if " learned " in line} == {"#", "|"}

    play(stage, sample(tmp_path), script, style=PLAIN)


def test_a_source_that_goes_says_so_and_so_does_its_return(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        source, _ = await _fdb(app, pilot, _entries(LEARNED))
        source._lose("the daemon was stopped")
        await sees(pilot, "GONE since")
        assert "the daemon was stopped" in text_of(app)
        assert "52:54:00:00:00:01" in text_of(app)
        source._replace(_entries(LEARNED))
        await sees(pilot, "source back at")

    play(stage, sample(tmp_path), script)


def test_the_cursor_stays_on_its_row_while_rows_come_and_go(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        source, table = await _fdb(app, pilot, _many(200))
        await pilot.press("pagedown", "pagedown", "down")
        chosen, top = table.cursor, table.scroll_offset.y
        assert chosen is not None
        line = table.rows.index(chosen) - top
        source._patch([(key, None) for key, _ in _many(10)])
        source._patch(_many(10, start=500))
        await until(pilot, lambda: len(table.rows) == 200 and table.rows[0] == _many(1, start=10)[0][1])
        await pilot.pause(0.1)
        assert table.cursor == chosen
        assert table.rows.index(chosen) - table.scroll_offset.y == line

    play(stage, sample(tmp_path), script)


def test_of_a_hundred_thousand_entries_those_in_sight_are_drawn_and_no_others(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        source, table = await _fdb(app, pilot, _many(100_000))
        drawn: list[Entry] = []
        cells = table._cells_of
        table._cells_of = lambda row: (drawn.append(row), cells(row))[1]  # type: ignore[func-returns-value]
        await pilot.press(*["pagedown"] * 10)
        source._patch([*_many(1, start=200_000), *((key, None) for key, _ in _many(100))])
        await until(pilot, lambda: len(table.rows) == 99_901)
        assert 10 * table.size.height <= len(drawn) < 100 * table.size.height
        await pilot.press("end")
        assert table.cursor == _many(1, start=200_000)[0][1]

    play(stage, sample(tmp_path), script)


def test_a_storm_of_changes_is_drawn_now_and_then_and_its_last_state_always(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        source, table = await _fdb(app, pilot, _many(1))
        drawn: list[int] = []
        put = table.put

        def counted(rows: Any, holds: Any) -> None:
            drawn.append(len(rows))
            put(rows, holds)

        table.put = counted  # type: ignore[method-assign, assignment]
        for start in range(1, 1001):
            source._patch(_many(1, start))
            if start % 10 == 0:
                await asyncio.sleep(0)
        await until(pilot, lambda: len(table.rows) == 1001)
        assert len(drawn) < 200

    play(stage, sample(tmp_path), script)


def test_a_screen_at_rest_draws_nothing(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("2")
        await sees(pilot, "firewalld zone")
        await pilot.pause(0.3)
        updates: list[object] = []
        original = app._display

        def display(screen: Any, renderable: Any) -> None:
            updates.append(renderable)
            original(screen, renderable)

        app._display = display  # type: ignore[method-assign]
        await pilot.pause(1.5)
        assert [each for each in updates if each is not None] == []

    play(stage, sample(tmp_path), script, size=(120, 40))


def test_the_keys_of_a_panel_beside_the_work_are_shown_while_it_has_the_focus(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "Run section")
        await pilot.press("f3")
        await sees(pilot, "Esc Back to the work")
        await pilot.press("escape")
        await sees(pilot, "Run section")

    play(stage, sample(tmp_path), script, size=(120, 40))

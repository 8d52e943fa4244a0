"""What Pilot does inside a rehearsal's host: the wizard there is the real one, on the host's own daemons.

Run as a program with the name of a script. A script asks for a daemon to be stopped or started by a line of text.
"""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.test_ui_plan import fill
from tests.ui_stage import text_of, until
from vxlan_tui.checks.finding import Status
from vxlan_tui.ui.app import Wizard, wizard
from vxlan_tui.ui.dialogs.ask import Ask
from vxlan_tui.ui.dialogs.keep import Keep
from vxlan_tui.ui.dialogs.pick import Pick
from vxlan_tui.ui.model import STEP_SECTIONS
from vxlan_tui.ui.panels.live import LivePanel
from vxlan_tui.ui.terminal_style import TerminalStyle
from vxlan_tui.ui.widgets.field import ActLine
from vxlan_tui.ui.widgets.folds import Folds

P = Pilot[int]


async def whole_way(app: Wizard, pilot: P) -> None:
    """From an empty plan to a green verification, by keys."""
    await pilot.press("f8")
    await until(pilot, lambda: app.model.current == "plan" and app.query(ActLine))
    await fill(app, pilot, "hosts[0].ethernet.address", "198.51.100.2/24")
    await fill(app, pilot, "hosts[0].ethernet.gateway", "198.51.100.254")
    await fill(app, pilot, "hosts[1].name", "host-b")
    await fill(app, pilot, "hosts[1].vtep", "203.0.113.1")
    await _do(app, pilot, "pick_vms")
    await until(pilot, lambda: isinstance(app.screen, Pick))
    await pilot.press("space", "enter")
    await until(pilot, lambda: len(app.model.draft.rows("vms")) == 1)
    await fill(app, pilot, "vms[0].address", "192.0.2.1")
    await _do(app, pilot, "add_vm")
    await until(pilot, lambda: len(app.model.draft.rows("vms")) == 2)
    await fill(app, pilot, "vms[1].name", "vmb")
    await fill(app, pilot, "vms[1].address", "192.0.2.2")
    await pilot.press("ctrl+s")
    await until(pilot, lambda: app.model.state("plan") == "done")
    for section in STEP_SECTIONS:
        await pilot.press("f8")
        await until(pilot, lambda name=section: app.model.current == name and name in app.model.work.steps, 60)  # type: ignore[misc]
        await pilot.press("a")
        await until(pilot, lambda name=section: app.model.state(name) == "done", 180)  # type: ignore[misc]
    await pilot.press("f8")
    await _green(app, pilot)
    await pilot.press("f8")
    await until(pilot, lambda: app.model.state("finish") == "done")


async def _do(app: Wizard, pilot: P, action: str) -> None:
    next(line for line in app.query(ActLine) if line.action == action).focus()
    await pilot.press("enter")


async def _green(app: Wizard, pilot: P) -> None:
    """A VM takes a while to boot and a bridge to forward: check again, as one is told."""
    for _ in range(40):
        await until(pilot, lambda: not app.model.checking and app.model.work.verified, 60)
        if app.model.work.verified.startswith("OK"):
            return
        await pilot.pause(3)
        await pilot.press("a")
    raise AssertionError(text_of(app))


async def all_hosts(app: Wizard, pilot: P) -> None:
    """Everything that is left, on every host, and both ends verified."""
    await until(pilot, lambda: app.model.works and app.model.state("hosts") == "ready", 60)
    await until(pilot, lambda: all(len(work.steps) == 4 for work in app.model.works) and not app.model.looking, 60)
    await pilot.press("f8", "f8", "A")
    await until(pilot, lambda: isinstance(app.screen, Ask))
    assert "host-a and host-b" in text_of(app)
    await pilot.press("enter")
    await until(pilot, lambda: app.model.all_done and app.model.current == "verify", 180)
    assert [run.result for run in app.controllers.engine.log(None)][-1] == "done"
    await until(pilot, lambda: app.model.works[1].findings and not app.model.checking and not app.model.waits, 120)
    failed = [each for each in app.model.works[0].findings if each.status is Status.FAIL]
    assert not failed, failed


async def keep_on_all_hosts(app: Wizard, pilot: P) -> None:
    """What can cut hosts off is asked about once, for all of them; then the rest runs, and both ends are verified."""
    await _run_all(app, pilot)
    await until(pilot, lambda: isinstance(app.screen, Keep), 60)
    assert "host-b: The gateway 203.0.113.254 answers." in text_of(app), text_of(app)
    await pilot.pause(1)
    await pilot.press("k")
    await until(pilot, lambda: app.model.all_done and app.model.current == "verify", 180)
    await until(pilot, lambda: not app.model.checking and not app.model.waits and app.model.works[1].findings, 120)
    failed = [each for work in app.model.works for each in work.findings if each.status is Status.FAIL]
    assert not failed, failed


async def wrong_gateway_on_one(app: Wizard, pilot: P) -> None:
    """One host is cut off: nobody is asked, and the screen says which one it was, and that nothing was kept."""
    await _run_all(app, pilot)
    while app.model.running:
        assert not isinstance(app.screen, Keep), text_of(app)
        await pilot.pause(0.2)
    assert "host-b did not" in text_of(app), text_of(app)
    await until(pilot, lambda: "nothing is kept on any host" in text_of(app))
    await until(pilot, lambda: not app.model.looking, 60)
    found = {work.name: work.state("ethernet") for work in app.model.works}
    assert len(found) == 3 and set(found.values()) <= {"taken back", "failed"}, found


async def go_on_with_all_hosts(app: Wizard, pilot: P) -> None:
    """What became of the run that was killed is told; then the rest runs, and all of it is kept."""
    await until(pilot, lambda: "t was taken" in text_of(app), 30)
    await keep_on_all_hosts(app, pilot)


async def encrypted(app: Wizard, pilot: P) -> None:
    """Keys that are still to be made stand in words; what was agreed to runs with them."""
    await _run_all(app, pilot)
    await until(pilot, lambda: app.model.all_done, 180)


async def _run_all(app: Wizard, pilot: P) -> None:
    """Ask for everything that is left on all hosts, and agree."""
    await until(pilot, lambda: app.model.works and app.model.state("hosts") == "ready", 60)
    await until(pilot, lambda: all(len(work.steps) == 4 for work in app.model.works) and not app.model.looking, 60)
    await pilot.press("f8", "f8", "A")
    await until(pilot, lambda: isinstance(app.screen, Ask))
    await pilot.press("enter")
    await until(pilot, lambda: app.model.run is not None)


async def undo_all_hosts(app: Wizard, pilot: P) -> None:
    """What was done on every host is taken back."""
    await until(pilot, lambda: app.model.works and app.model.all_done and not app.model.looking, 60)
    await pilot.press("8", "u")
    await until(pilot, lambda: isinstance(app.screen, Ask), 60)
    await pilot.press("end", "enter")
    await until(pilot, lambda: all(work.all_undone("finish") for work in app.model.works), 180)


async def mend_the_underlay(app: Wizard, pilot: P) -> None:
    """A remedy that moves the address which the host is reached by is asked about, guarded, and taken back unkept."""
    for answer, then in (("t", "taken back"), ("k", "done")):
        await until(pilot, lambda: app.model.works and not app.model.looking, 60)
        await pilot.press("7")
        await until(pilot, lambda: app.model.work.findings and not app.model.checking, 60)
        finding = next(each for each in app.model.work.findings if each.cause == "underlay-address-missing")
        await until(pilot, lambda key=finding.key: app.pane.query_one(Folds).key == key)  # type: ignore[misc]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Ask), 60)
        assert "This can cut you off: enp1s0 is in use with" in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Keep), 60)
        await pilot.pause(1)
        await pilot.press(answer)
        await until(pilot, lambda: not app.model.running and not app.model.looking, 60)
        assert app.model.work.state("ethernet") == then, text_of(app)


async def panels(app: Wizard, pilot: P) -> None:
    """What changes elsewhere is on screen; a daemon that goes and returns is told in the panel's title."""
    await until(pilot, lambda: len(app.query(LivePanel)) == 3, 30)
    devices, fdb, networks = app.query(LivePanel)
    for panel, row in ((devices, "vxlan10"), (fdb, "00:00:00:00:00:00"), (networks, "vxlan10-bridge")):
        await until(pilot, lambda panel=panel, row=row: row in _rows(panel), 30)  # type: ignore[misc]

    _shell("ip link add coming type bridge")
    await until(pilot, lambda: "coming" in _rows(devices), 30)
    _shell("ip link del coming")
    await until(pilot, lambda: "coming" not in _rows(devices), 30)

    _shell("bridge fdb add 02:aa:00:00:00:01 dev vxlan10 dst 203.0.113.9 self")
    await until(pilot, lambda: "02:aa:00:00:00:01" in _rows(fdb), 30)
    _shell("bridge fdb del 02:aa:00:00:00:01 dev vxlan10 dst 203.0.113.9 self")
    await until(pilot, lambda: "02:aa:00:00:00:01" not in _rows(fdb), 30)

    _shell("echo '<network><name>coming</name></network>' | virsh net-define /dev/stdin")
    await until(pilot, lambda: "coming" in _rows(networks), 30)
    _shell("virsh net-undefine coming")
    await until(pilot, lambda: "coming" not in _rows(networks), 30)

    _shell("virsh net-autostart --disable vxlan10-bridge")  # libvirt sends no event: it is read when looked at
    await pilot.press("f4")
    await until(pilot, lambda: not _rows(networks)["vxlan10-bridge"].autostart, 30)

    for daemon, panel in (("libvirtd", networks), ("NetworkManager", devices)):
        await _asked(f"stop {daemon}")
        await until(pilot, lambda panel=panel: "GONE since" in _title(panel), 30)  # type: ignore[misc]
        assert "vxlan10" in str(_rows(panel)), "the last rows stay in sight"
        await _asked(f"start {daemon}")
        await until(pilot, lambda panel=panel: "source back at" in _title(panel), 60)  # type: ignore[misc]


def _rows(panel: LivePanel) -> dict[str, Any]:
    return {getattr(row, "name", "") or row.mac: row for row in panel.table.rows}


def _title(panel: LivePanel) -> str:
    return panel.freshness


def _shell(script: str) -> None:
    subprocess.run(("bash", "-euc", script), check=True, capture_output=True)


async def _asked(words: str) -> None:
    assert sys.__stdout__ is not None
    sys.__stdout__.write(f"{words}\n")
    sys.__stdout__.flush()
    assert await asyncio.to_thread(sys.stdin.readline) == "done\n"


async def _play(path: Path, script: Callable[[Wizard, P], Awaitable[None]]) -> None:
    app = wizard(path, None, TerminalStyle())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.model.begun, 60)
        await script(app, pilot)


if __name__ == "__main__":
    of_all = (encrypted, all_hosts, keep_on_all_hosts, undo_all_hosts, wrong_gateway_on_one, go_on_with_all_hosts)
    scripts = {each.__name__: each for each in (whole_way, mend_the_underlay, panels, *of_all)}
    asked = sys.argv[1]
    asyncio.run(_play(Path("/root/new.toml" if asked == "whole_way" else "/root/plan.toml"), scripts[asked]))

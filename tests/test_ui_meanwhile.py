"""What happens while something else goes on: a daemon restarts in a look, the plan changes under the checks."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from tests.ui_stage import Stage, play, sample, sees, stage, until
from vxlan_tui.command import Command
from vxlan_tui.facts import system
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import CommandFailed, Outcome, Reach
from vxlan_tui.steps import Step
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.controllers import hosts

__all__ = ["stage"]

P = Pilot[int]

RESTARTS = CommandFailed(Outcome(Command(("nmcli", "connection")), 8, 0.1, "Error: NetworkManager is not running."))


def test_a_daemon_that_restarts_during_a_look_is_not_ready_in_its_own_words(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forward(sections: tuple[str, ...]) -> SimpleNamespace:
        if sections == ("bridge",):
            raise RESTARTS
        return SimpleNamespace(steps=[])

    def session(plan: Plan, host: Host, reach: Reach) -> SimpleNamespace:
        return SimpleNamespace(host=host, forward=forward)

    monkeypatch.setattr(system, "not_root", lambda reach: [])
    monkeypatch.setattr(hosts, "_session", session)
    monkeypatch.setattr(stage, "look", hosts.Hosts().look)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "Error: NetworkManager is not running.")
        assert app.model.state("bridge") == "not ready"
        assert app.model.state("network") == "none", "what could be looked at was"

    play(stage, sample(tmp_path), script)


def test_a_daemon_that_restarts_while_it_is_found_out_what_there_is_to_undo_is_told_of(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def way_back(plan: Plan, host: Host, sections: tuple[str, ...]) -> list[Step]:
        raise RESTARTS

    monkeypatch.setattr(stage, "way_back", way_back)

    async def script(app: Wizard, pilot: P) -> None:
        await pilot.press("4")
        await sees(pilot, "u Undo")
        await pilot.press("u")
        await sees(pilot, "Error: NetworkManager is not running.")
        await until(pilot, lambda: len(app.screen_stack) == 1)

    play(stage, sample(tmp_path), script)

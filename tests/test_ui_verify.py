"""The Verify screen where the host cannot be read at all."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.ui_stage import Stage, play, sample, sees, stage, text_of, until
from vxlan_tui.command import Command
from vxlan_tui.runner import CommandFailed, Outcome, Runner
from vxlan_tui.ui.app import Wizard

__all__ = ["stage"]


def test_checks_that_cannot_read_the_host_say_why_and_nothing_else(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fake: a host on which ip(8) fails and the wizard runs all the same."""

    def read(_: Runner, *argv: str, **options: Any) -> str:
        raise CommandFailed(Outcome(Command(argv), 255, 0.1, f"{argv[0]} is out of order"))

    async def script(app: Wizard, pilot: "Pilot[int]") -> None:
        monkeypatch.setattr(Runner, "read", read)
        await pilot.press("7")
        await sees(pilot, "The checks cannot be run:")
        await until(pilot, lambda: not app.checking)
        assert "ip is out of order" in text_of(app)
        assert "OK" not in text_of(app) and "PASS" not in text_of(app)

    play(sample(tmp_path), script)

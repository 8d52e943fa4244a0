"""The wizard's question whether to keep what can cut the admin off."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.ui_stage import Stage, play, sample, sees, stage, text_of, until
from vxlan_tui.guard import Question
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.controllers.keeping import ByDialog
from vxlan_tui.ui.dialogs.keep import Keep

__all__ = ["stage"]

P = Pilot[int]

NEWS = "The gateway 198.51.100.254 answered before and does not now."


def question(seconds: float = 30, stopped: Callable[[], bool] = lambda: False) -> Question:
    """Give a question with so many seconds left."""
    deadline = time.monotonic() + seconds
    return Question("enp1s0", "it is in use", (NEWS,), True, True, lambda: deadline - time.monotonic(), stopped)


class Asked(threading.Thread):
    """A run's thread that asks."""

    def __init__(self, ask: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._ask = ask
        self.answers: list[object] = []
        self.start()

    def run(self) -> None:
        self.answers.append(self._ask())


@pytest.mark.parametrize(("key", "kept"), [("k", True), ("t", False), ("escape", False), ("n", False)])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_it_says_who_answers_counts_down_and_only_the_one_key_is_a_yes(
    stage: Stage, tmp_path: Path, key: str, kept: bool, size: tuple[int, int]
) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        asked = question()
        thread = Asked(lambda: ByDialog(app).keep(asked))
        await sees(pilot, "Keep this configuration?")
        first = asked.left()
        assert NEWS in text_of(app)
        assert "k  Keep it" in text_of(app) and "t  Take it back" in text_of(app)
        assert "No answer in time, or t, takes it back" in text_of(app)
        await until(pilot, lambda: f"Keep this configuration? {int(asked.left())} s" in text_of(app))
        await until(pilot, lambda: asked.left() < first - 1)
        await pilot.press("enter", "y", "x")
        assert thread.answers == []
        await pilot.press(key)
        await until(pilot, lambda: not thread.is_alive())
        assert thread.answers == [kept]
        assert "Keep this configuration?" not in text_of(app)

    play(stage, sample(tmp_path), script, size)


def test_a_key_that_was_typed_before_the_question_was_in_sight_is_no_answer(stage: Stage, tmp_path: Path) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        now, answers = [100.0], list[bool | None]()
        app.push_screen(Keep(question(), clock=lambda: now[0]), answers.append)
        await sees(pilot, "Keep this configuration?")
        await pilot.press("k")
        assert answers == []
        now[0] += 1
        await pilot.press("k")
        await until(pilot, lambda: answers == [True])

    play(stage, sample(tmp_path), script)


@pytest.mark.parametrize("stopped", [False, True])
def test_no_answer_in_time_or_a_stop_is_a_no_and_the_question_goes_away(
    stage: Stage, tmp_path: Path, stopped: bool
) -> None:
    async def script(app: Wizard, pilot: P) -> None:
        since = time.monotonic()
        thread = Asked(lambda: ByDialog(app).keep(question(1, lambda: stopped and time.monotonic() - since > 0.5)))
        await until(pilot, lambda: not thread.is_alive())
        assert thread.answers == [False]
        await until(pilot, lambda: "Keep this configuration?" not in text_of(app))

    play(stage, sample(tmp_path), script)


def test_the_clock_of_the_day_may_jump(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time that is left is counted by a clock that nobody sets."""

    async def script(app: Wizard, pilot: P) -> None:
        thread = Asked(lambda: ByDialog(app).keep(question()))
        await sees(pilot, "Keep this configuration? 29 s")
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + 86400)
        await sees(pilot, "Keep this configuration? 28 s")
        await pilot.press("t")
        await until(pilot, lambda: not thread.is_alive())

    play(stage, sample(tmp_path), script)

"""The screens as pictures in tests/pictures: at 80x24 as a server's console draws them, at 120x40 in full colour."""

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.test_ui_hosts import plan_of
from tests.test_ui_verify import CLOSED, GOOD
from tests.ui_pictures import looks_as_before, looks_so, place
from tests.ui_stage import Stage, play, sample, sees, stage, until
from vxlan_tui.guard import Question
from vxlan_tui.ui.app import Wizard
from vxlan_tui.ui.dialogs.keep import Keep
from vxlan_tui.ui.terminal_style import TerminalStyle

__all__ = ["place", "stage"]

P = Pilot[int]
Script = Callable[[Stage, Wizard, P], Awaitable[None]]

SIZES = {
    "80x24": ((80, 24), TerminalStyle(ascii=True, plain=True, few_colours=True)),
    "120x40": ((120, 40), TerminalStyle()),
}


async def _hosts(stage: Stage, app: Wizard, pilot: P) -> None:
    await sees(pilot, "ready")


async def _plan(stage: Stage, app: Wizard, pilot: P) -> None:
    await pilot.press("2")
    await sees(pilot, "this machine is")
    await pilot.press("down", "down")
    await sees(pilot, "(the underlay)")


async def _steps(stage: Stage, app: Wizard, pilot: P) -> None:
    await pilot.press("4")
    await sees(pilot, "# do bridge-")


async def _failed(stage: Stage, app: Wizard, pilot: P) -> None:
    await pilot.press("3")
    await sees(pilot, "# do ethernet-first")
    await pilot.press("a")
    await sees(pilot, "What can be done")
    await until(pilot, lambda: not app.model.looking and not app.model.running)


async def _question(stage: Stage, app: Wizard, pilot: P) -> None:
    await pilot.press("4")
    await sees(pilot, "# do bridge-first")
    await pilot.press("a")
    await sees(pilot, "first, then this")


async def _verify(stage: Stage, app: Wizard, pilot: P) -> None:
    await pilot.press("7")
    await sees(pilot, "Result:")


async def _finish(stage: Stage, app: Wizard, pilot: P) -> None:
    await pilot.press("8")
    await sees(pilot, "Ran from here")


async def _keep(stage: Stage, app: Wizard, pilot: P) -> None:
    news = ("The gateway 198.51.100.254 answered before and does not now.",)
    question = Question("enp1s0", "it is in use", news, True, True, lambda: 42.0, lambda: False)
    app.push_screen(Keep(question))
    await sees(pilot, "42")


STATES: dict[str, Script] = {
    "hosts": _hosts,
    "plan": _plan,
    "steps": _steps,
    "failed": _failed,
    "question": _question,
    "verify": _verify,
    "finish": _finish,
    "keep": _keep,
}


async def _shown(stage: Stage, app: Wizard, pilot: P, state: str, name: str) -> None:
    """Bring a state about, let what is still to be drawn be drawn, and hold it to its picture."""
    await STATES[state](stage, app, pilot)
    deadline = time.monotonic() + 0.4
    await until(pilot, lambda: time.monotonic() > deadline and not app.model.looking and not app.model.checking)
    with suppress(AssertionError):  # on a busy machine something may still be drawn; what differs is shown below
        await until(pilot, lambda: looks_so(app, name), 4)
    looks_as_before(app, name)


def _prepare(stage: Stage) -> None:
    stage.failing["ethernet-second"] = "Error: Connection activation failed: No suitable device found."
    stage.findings.append([GOOD, CLOSED])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", STATES)
def test_one_host(stage: Stage, place: Path, state: str, size: str) -> None:
    _prepare(stage)

    async def script(app: Wizard, pilot: P) -> None:
        await _shown(stage, app, pilot, state, f"{state}-{size}")

    play(stage, sample(place), script, *SIZES[size])


@pytest.mark.parametrize(("count", "size"), [(3, "80x24"), (12, "80x24"), (3, "120x40"), (12, "120x40")])
@pytest.mark.parametrize("state", ["hosts", "steps", "verify", "finish"])
def test_several_hosts(stage: Stage, place: Path, state: str, count: int, size: str) -> None:
    _prepare(stage)
    stage.done |= {"ethernet-first", "ethernet-second", "bridge-first"}
    stage.unreached["root@host-c"] = "host-c is not reached: Permission denied (publickey)"

    async def script(app: Wizard, pilot: P) -> None:
        await _shown(stage, app, pilot, state, f"{state}-{count}-hosts-{size}")

    play(stage, plan_of(place, count), script, *SIZES[size])

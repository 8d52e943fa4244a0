"""Ctrl-C, SIGTERM and the terminal's end stop a run that asks, at once; where they are ignored, they stop nothing."""

import os
import signal
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from vxlan_tui.command import Command
from vxlan_tui.exits import CannotStart
from vxlan_tui.reach import Interrupted, Interrupts
from vxlan_tui.steps import Step
from vxlan_tui.verbs import change


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """What is written here is typed."""
    read, write = os.pipe()
    with os.fdopen(read) as typed:
        monkeypatch.setattr("sys.stdin", typed)
        yield write
    os.close(write)


def ask(interrupts: Interrupts, asked: list[str]) -> None:
    """Ask whether to run a command on a host."""
    step = Step("bridge.bridge", "10.3", "bridge0", "", commands=(Command(("true",)),))
    session = SimpleNamespace(reach=SimpleNamespace(interrupts=interrupts, is_local=True))
    member: Any = SimpleNamespace(
        name="host-a", session=session, conflict="", early=set(), course=SimpleNamespace(steps=[step])
    )
    report: Any = SimpleNamespace(preview=lambda steps: None, say=asked.append)
    change.agree([member], lambda: None, {"host-a": report}, report)


@pytest.mark.usefixtures("keyboard")
def test_a_stop_while_it_is_asked_needs_no_enter() -> None:
    interrupts, asked = Interrupts(), list[str]()
    threading.Timer(0.3, interrupts.stop, [signal.SIGTERM]).start()
    with pytest.raises(Interrupted, match="SIGTERM"):
        ask(interrupts, asked)
    assert "Type yes:" in asked[-1]


@pytest.mark.usefixtures("keyboard")
def test_after_a_stop_during_the_look_nothing_is_asked() -> None:
    interrupts, asked = Interrupts(), list[str]()
    interrupts.stop(signal.SIGINT)
    with pytest.raises(Interrupted, match="SIGINT"):
        ask(interrupts, asked)
    assert not asked


def test_what_is_typed_is_the_answer(keyboard: int) -> None:
    os.write(keyboard, b"no\n")
    with pytest.raises(CannotStart, match="nothing was changed"):
        ask(Interrupts(), [])


def test_a_signal_that_was_ignored_before_stops_nothing() -> None:
    """As with nohup: what goes on in the background outlives its terminal."""
    interrupts, before = Interrupts(), signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupts.handled():
            os.kill(os.getpid(), signal.SIGHUP)
            interrupts.check()
            os.kill(os.getpid(), signal.SIGTERM)
            with pytest.raises(Interrupted, match="SIGTERM"):
                interrupts.check()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)

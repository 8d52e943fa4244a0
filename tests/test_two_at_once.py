"""Two at work on one host at once: one changes it, the other is told by whom; nothing is done twice or lost."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cases import campaign
from tests.on_host import PLAN, program, rows, shell
from tests.processes import held
from tests.test_apply import _slow, _wait_for
from tests.test_ui_signals import Seat, _events, _until, host
from vxlan_tui.rehearsal.host import Host

pytestmark = pytest.mark.usefixtures("sandbox")

__all__ = ["host"]


@pytest.fixture
def slow(host: Host) -> Iterator[Host]:
    """A host whose nmcli takes its time over what it adds, until it is removed; each test leaves nothing behind."""
    rows(host, "apply", "--only", "ethernet")  # what the bridge stands on
    shell(host, f"rm -f /root/slow; {_slow('nmcli')}")
    yield host
    shell(host, "rm -f /usr/local/sbin/nmcli")
    program(host, "undo", PLAN, "--yes")


def at_the_bridge(host: Host) -> Seat:
    """Open the wizard, and go to the section on the bridge, where there is something to run."""
    seat = Seat(host)
    _until(lambda: b"steps left" in seat.said)
    seat.press("4")
    _until(lambda: b"Run section" in seat.said)
    return seat


def leave(*seats: Seat) -> None:
    """Leave the wizards."""
    for seat in seats:
        seat.press("\x11")
        assert seat.child.wait(30) == 0, seat.said.decode(errors="replace")[-3000:]


def commands(host: Host, since: int) -> list[str]:
    """Give the commands that ran, with how often they did."""
    return [row["text"] for row in _events(host)[since:] if row["event"] == "command"]


def test_of_two_wizards_and_an_apply_the_first_works_and_the_others_are_told_who_does(slow: Host) -> None:
    """When it has ended, the others find the host as it is then."""
    since = len(_events(slow))
    first, second = at_the_bridge(slow), at_the_bridge(slow)
    first.press("a")
    _wait_for(slow, "test -e /root/slow")
    second.press("a")
    _until(lambda: b"being changed" in second.said)
    told = program(slow, "apply", PLAN, "--yes", status=3)
    assert "being changed by `vxlan-tui (the wizard)` (process" in told
    shell(slow, "rm /usr/local/sbin/nmcli")
    _until(lambda: _events(slow)[-1]["event"] == "run-ended", 60)
    ran = commands(slow, since)
    assert len(ran) == len(set(ran)) == 6
    leave(first, second)
    assert rows(slow, "apply", "--only", "bridge")[-1] == {"result": "unchanged"}
    assert commands(slow, since) == ran


@campaign
def test_a_wizard_beside_an_apply_is_told_of_it_and_can_go_on_when_that_has_ended(slow: Host) -> None:
    """What apply did is done for the wizard."""
    since = len(_events(slow))
    wizard = at_the_bridge(slow)
    output: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    applied = held(slow.popen(["vxlan-tui", "apply", PLAN, "--yes", "--only", "bridge"], **output))
    _wait_for(slow, "test -e /root/slow")
    wizard.press("a")
    _until(lambda: b"being changed" in wizard.said)
    shell(slow, "rm /usr/local/sbin/nmcli")
    assert applied.wait(60) == 0
    seen = len(wizard.said)
    wizard.press("r")
    _until(lambda: b"done" in wizard.said[seen:])
    leave(wizard)
    assert len(commands(slow, since)) == 6

"""What ends the wizard from outside leaves a sane terminal and a true journal."""

import json
import os
import pty
import select
import signal
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cases import few
from tests.processes import held
from vxlan_tui.plan import parse
from vxlan_tui.rehearsal import SAMPLE, Rehearsal
from vxlan_tui.rehearsal.host import Host

pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """One real host, and a plan without VMs."""
    text = SAMPLE.read_text().partition("[[vms]]")[0]
    with Rehearsal(parse(text.encode(), Path("no such directory/plan.toml")), underlay_up=False) as rehearsal:
        host = rehearsal["host-a"]
        host.run(["tee", "/root/plan.toml"], input=text)
        yield host


class Seat:
    """The wizard on a terminal of its own."""

    def __init__(self, host: Host, *words: str, start: tuple[str, ...] = ("vxlan-tui",)) -> None:
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 80))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        argv = ["setsid", "--ctty", "--wait", *start, "--plan", "/root/plan.toml", *words]
        options: dict[str, Any] = {"stdin": slave, "stdout": slave, "stderr": slave}
        self.child: subprocess.Popen[Any] = held(host.popen(argv, env={"TERM": "xterm-256color"}, **options))
        self.host = host
        self.said = b""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            while chunk := os.read(self.master, 65536):
                self.said += chunk
        except OSError:
            return

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())


def _until(true: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _events(host: Host) -> list[dict[str, Any]]:
    done = host.run(["cat", "/var/lib/vxlan-tui/journal"], check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    "number", few([signal.SIGTERM, signal.SIGHUP, signal.SIGINT], signal.SIGHUP), ids=lambda n: n.name
)
def test_a_signal_in_the_middle_lets_the_command_end_and_leaves_all_in_order(host: Host, number: int) -> None:
    host.run(["vxlan-tui", "undo", "/root/plan.toml", "--yes"], check=False)
    seen = len(_events(host))
    seat = Seat(host)
    _until(lambda: b"steps left" in seat.said)
    seat.press("3")
    _until(lambda: b"Run section" in seat.said)
    seat.press("a")
    _until(lambda: any(row["event"] == "command" for row in _events(host)[seen:]))
    seat.child.send_signal(number)
    assert seat.child.wait(60) == 130
    rows = _events(host)[seen:]
    commands = {row["n"] for row in rows if row["event"] == "command"}
    assert commands == {row["command"] for row in rows if row["event"] == "ended"}
    assert rows[-1]["event"] == "run-ended"
    assert seat.said.rstrip().endswith(b"\x1b[?25h") or b"\x1b[?1049l" in seat.said[-400:]
    assert termios.tcgetattr(seat.slave)[3] == seat.before[3]


def test_a_terminal_that_is_gone_ends_the_wizard(host: Host) -> None:
    seat = Seat(host)
    _until(lambda: b"steps left" in seat.said)
    os.close(seat.slave)
    os.close(seat.master)
    seat.child.wait(30)


def test_a_terminal_of_unknown_size_and_a_c_locale_will_do(host: Host) -> None:
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (0, 0))
    options: dict[str, Any] = {"stdin": slave, "stdout": slave, "stderr": slave, "start_new_session": True}
    argv = ["vxlan-tui", "--plan", "/root/plan.toml"]
    child = held(host.popen(argv, env={"TERM": "vt100", "LC_ALL": "C"}, **options))
    said = b""
    while b"F9" not in said:
        assert select.select([master], [], [], 20)[0], said
        said += os.read(master, 65536)
    child.terminate()
    assert child.wait(30) == 130
    assert said.isascii()


def test_an_empty_environment_is_enough(host: Host) -> None:
    host.run(["vxlan-tui", "undo", "/root/plan.toml", "--yes"], check=False)
    seat = Seat(host, start=("env", "-i", "/usr/local/bin/vxlan-tui"))
    _until(lambda: b"steps left" in seat.said)
    assert b"does not answer" not in seat.said
    seat.press("\x11")
    assert seat.child.wait(20) == 0
    assert termios.tcgetattr(seat.slave) == seat.before

"""ssh from one rehearsal host to another: what an admin's session is."""

import os
import re
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.processes import held
from vxlan_tui.rehearsal.host import Host

KEEP = 6
"""Seconds to confirm in, for tests."""

_OPTIONS = (
    *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
    *("-o", "LogLevel=ERROR", "-o", "ConnectTimeout=5"),
)
"""For addresses that a host has for a while alone."""


def start_sshd(host: Host) -> None:
    """Start sshd where it was killed."""
    if not host.daemons.runs("sshd"):
        host.daemons.start("sshd")


class Session:
    """An ssh session with a terminal, in which a command runs."""

    def __init__(self, client: Host, address: str, command: str, keep: int = KEEP, user: str = "root") -> None:
        argv = ["ssh", "-tt", *_OPTIONS, f"{user}@{address}", f"export VXLAN_TUI_KEEP_SECONDS={keep}; {command}"]
        pipe: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self._ssh = held(client.popen(argv, env={"TERM": "xterm-256color"}, start_new_session=True, **pipe))
        self._seen = b""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._ssh.stdout is not None
        while chunk := os.read(self._ssh.stdout.fileno(), 65536):
            self._seen += chunk

    @property
    def seen(self) -> str:
        """Give all that the terminal has shown, without its escape sequences."""
        return re.sub(r"\x1b(\[[0-9;?]*[a-zA-Z]|[78])", "", self._seen.decode(errors="replace")).replace("\r", "\n")

    def wait_for(self, text: str, timeout: float = 60) -> None:
        """Wait until the terminal shows a text."""
        until(lambda: text in self.seen, timeout, lambda: f"{text!r} in:\n{self.seen}")

    def type(self, text: str) -> None:
        """Type a line, or keys."""
        assert self._ssh.stdin is not None
        self._ssh.stdin.write(text.encode())
        self._ssh.stdin.flush()

    def ended(self, timeout: float = 60) -> int:
        """Wait for the session's end, and give its exit status."""
        return self._ssh.wait(timeout)

    def close(self) -> None:
        """End the client, as when its machine dies."""
        self._ssh.kill()
        self._ssh.wait()


def until(true: Callable[[], bool], timeout: float, words: Callable[[], str]) -> None:
    """Wait for something to come true."""
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, words()
        time.sleep(0.1)


def answers(client: Host, address: str) -> bool:
    """Say whether an address answers a host's ping."""
    return client.run(["ping", "-q", "-c", "1", "-w", "1", address], check=False).returncode == 0

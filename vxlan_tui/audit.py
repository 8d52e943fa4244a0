"""Who changed a host, told to the host's system journal, where its admins look: `journalctl -t vxlan-tui`.

The journal of the program itself says more, to whoever goes on with its work. An exported script tells the same.
"""

import os
import pwd
import shlex
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from vxlan_tui.command import Command
from vxlan_tui.reach import Reach, Unreachable
from vxlan_tui.reach.login import login

TAG = "vxlan-tui"

_NO_LOGIN = str(2**32 - 1)
"""What the kernel gives as the login user of a process that nobody logged in for, such as a service."""


@dataclass(frozen=True)
class Person:
    """Who works with the program: the user that logged in, and the address that the SSH session came from, if any."""

    user: str
    address: str = ""

    def seen_from(self, reach: Reach) -> str:
        """Return the words for it on a host; on another than this machine, with this machine's name."""
        user = self.user if reach.is_local else f"{self.user}@{socket.gethostname()}"
        return f"{user} {self.address}".rstrip()


@cache
def person() -> Person:
    """Return who works with this process; behind sudo and su, who logged in."""
    return Person(_user(os.environ, Path("/proc/self/loginuid")), login().client_address)


def _user(environment: Mapping[str, str], login_uid: Path) -> str:
    behind = environment.get("SUDO_USER", "")
    if behind:
        return behind
    with suppress(OSError, KeyError, ValueError):
        uid = login_uid.read_text().strip()
        if uid != _NO_LOGIN:
            return pwd.getpwuid(int(uid)).pw_name
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def entry(who: str, plan: Path, command: Command, status: int) -> str:
    """Return the line for a command that has ended; what went to its standard input is not in it."""
    return f"{who}: {plan}: exit status {status}: {shlex.join(command.argv)}"


def tell(reach: Reach, plan: Path, command: Command, status: int) -> None:
    """Tell a host's system journal of a command that has ended there; a host that keeps none is not told."""
    line = entry(person().seen_from(reach), plan, command, status)
    with suppress(Unreachable):  # whatever comes next says so
        reach.read_all([("logger", "--tag", TAG, "--size", "8192", "--", line)])

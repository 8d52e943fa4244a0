"""For somebody who is not root: the whole program once more through sudo, so that a password is asked for once.

Not sudo for each command: the journal, the lock and the records have to be root's files, the checks need raw sockets
and libvirt its socket; and a rollback must never wait at a password prompt because sudo's time has run out.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping

from vxlan_tui.exits import CannotStart
from vxlan_tui.facts import system
from vxlan_tui.guard import SECONDS_VARIABLE
from vxlan_tui.paths import REHEARSAL

_MARK = "VXLAN_TUI_THROUGH_SUDO"
"""Set for the program that sudo starts: it does not ask sudo again."""

_HANDED_OVER = (
    *("LANG", "LC_ALL", "LC_CTYPE", "TERM", "COLORTERM", "NO_COLOR"),
    *("SSH_CONNECTION", "SSH_AUTH_SOCK", "TMUX", "STY", SECONDS_VARIABLE, REHEARSAL),
)
"""What the program reads, and sudo takes out of the environment (sudoers(5), env_reset)."""

_MENDS = "Run it as root, or let sudo allow it."


def again(arguments: Iterable[str]) -> int:
    """Become this program as root, with the same arguments; raises CannotStart where that cannot be."""
    if os.environ.get(_MARK):
        raise CannotStart(f"this needs root, and sudo started it as another user (id {os.geteuid()}). {_MENDS}")
    sudo = system.find("sudo")
    if sudo is None:
        raise CannotStart(f"this needs root, and there is no sudo here. {_MENDS}")
    sys.stderr.write("vxlan-tui: this needs root, so it starts itself through sudo, which may ask for your password.\n")
    sys.stderr.flush()
    # Asked beforehand, with something harmless: sudo's exit status where it refuses cannot be told from the program's.
    # It remembers the password for the second time, unless its timestamp_timeout is 0.
    if subprocess.run([sudo, "--", "env", "true"], check=False).returncode:
        raise CannotStart(f"this needs root, and sudo does not allow it. {_MENDS}")
    os.execv(sudo, argv(arguments, os.environ))  # noqa: S606 (no shell is what is wanted)


def argv(arguments: Iterable[str], environment: Mapping[str, str]) -> list[str]:
    """Give the words that start the program through sudo, with what it reads of this environment."""
    handed_over = [f"{name}={environment[name]}" for name in _HANDED_OVER if name in environment]
    return ["sudo", "--", "env", f"{_MARK}=yes", *handed_over, *system.this_program(), *arguments]

"""A user of a host who is not root, and what sudo allows there: real users and the real sudo."""

import os
import shutil

import pytest

from tests.on_host import shell
from vxlan_tui.rehearsal.host import Host

FREE = "admin ALL=(ALL) NOPASSWD: ALL"

_REACHED = r"""
reached=$(readlink -f /usr/local/bin/vxlan-tui) interpreter=$(sed -n '1s/^#!//p' /usr/local/bin/vxlan-tui)
for each in "$reached" "$interpreter" "$(readlink -f "$interpreter")" /usr/local/lib/vxlan-tui/vxlan_tui; do
    while [ "$each" != / ]; do chmod a+rx "$each"; each=$(dirname "$each"); done
done
"""
_USER = r"""
id admin >/dev/null 2>&1 || useradd --create-home --shell /bin/bash admin
echo admin:open-sesame | chpasswd
"""


def may_start_program(host: Host) -> None:
    """Let every user reach the program and its Python, which may lie below somebody's home."""
    shell(host, _REACHED)


def add(host: Host) -> None:
    """Add a user `admin`, with the password open-sesame, who can start the program."""
    if not shutil.which("sudo"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("missing: sudo")
    may_start_program(host)
    shell(host, _USER)


def let(host: Host, *rules: str) -> None:
    """Let sudo's rules be these alone, on this sandboxed host, beside what distributions ship."""
    path = 'Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"'
    host.run(["tee", "/etc/sudoers"], input="".join(f"{rule}\n" for rule in (path, *rules)))
    shell(host, "chmod 440 /etc/sudoers; rm -rf /etc/sudoers.d /run/sudo/ts")

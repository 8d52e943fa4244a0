"""Started by somebody who is not root: the real sudo, on a sandboxed host with a sudoers file of its own."""

import json
import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import plain_user
from tests.on_host import shell
from tests.plain_user import FREE, let
from tests.processes import held
from vxlan_tui import plan
from vxlan_tui.reach import refusals
from vxlan_tui.rehearsal import SAMPLE, Rehearsal
from vxlan_tui.rehearsal.host import Host
from vxlan_tui.verbs import as_root


@pytest.fixture(scope="module")
def host(sandbox: None) -> Iterator[Host]:
    """A host with a user who is not root, and a plan in that user's home."""
    text = SAMPLE.read_text().partition("[[vms]]")[0]
    with Rehearsal(plan.parse(text.encode(), Path("plan.toml")), underlay_up=False) as running:
        host = running["host-a"]
        plain_user.add(host)
        host.run(["tee", "/home/admin/plan.toml"], input=text)
        shell(host, "chown admin: /home/admin/plan.toml")
        yield host


def admin(host: Host, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program as the user, in the user's home, without a terminal."""
    argv = ["setpriv", "--reuid=admin", "--regid=admin", "--init-groups", "vxlan-tui", *words]
    return host.run(argv, check=False, timeout=120, env={"HOME": "/home/admin", **environment}, cwd="/home/admin")


def test_the_whole_program_starts_again_with_its_arguments_its_directory_and_its_exit_status(host: Host) -> None:
    """It says so in one line on standard error; what is on standard output stays JSON lines."""
    let(host, FREE)
    only = ("plan.toml", "--host", "host-a", "--json", "--yes")
    done = admin(host, "apply", *only, "--only", "bridge", VXLAN_TUI_KEEP_SECONDS="7")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"result": "changed"}
    assert "starts itself through sudo" in done.stderr.splitlines()[0]
    assert "nmcli connection up id bridge0" in admin(host, "log").stdout
    assert admin(host, "undo", "plan.toml", "--host", "nobody", "--yes").returncode == 2
    assert admin(host, "undo", *only).returncode == 0
    assert admin(host, "verify", "plan.toml", "--host", "host-a").returncode == 1
    assert shell(host, "stat -c %U /var/lib/vxlan-tui/journal /home/admin/plan.toml").split() == ["root", "admin"]


def test_what_touches_no_host_needs_no_sudo(host: Host) -> None:
    let(host)
    for words in (("--version",), ("--help",), ("export", "plan.toml", "--host", "host-a")):
        done = admin(host, *words)
        assert (done.returncode, done.stderr) == (0, "")


def test_where_sudo_refuses_or_is_not_there_the_words_say_so(host: Host) -> None:
    """Exit status 3: not started. So where a password is asked for and there is no terminal to ask on."""
    for rules in ((), ("admin ALL=(ALL) ALL",)):
        let(host, *rules)
        done = admin(host, "log")
        assert done.returncode == 3
        assert "this needs root, and sudo does not allow it" in done.stderr
    let(host, FREE, "Defaults runas_default=nobody")
    done = admin(host, "log")
    assert done.returncode == 3
    assert "this needs root, and sudo started it as another user" in done.stderr
    shell(host, "mv /usr/bin/sudo /root/")
    try:
        done = admin(host, "log")
        assert done.returncode == 3
        assert "this needs root, and there is no sudo here" in done.stderr
    finally:
        shell(host, "mv /root/sudo /usr/bin/")


def test_a_password_is_asked_for_once_before_anything_is_on_screen(host: Host) -> None:
    """On the terminal; a wrong one is asked for again by sudo itself."""
    let(host, "admin ALL=(ALL) ALL")
    master, slave = pty.openpty()
    user = "setpriv --reuid=admin --regid=admin --init-groups"
    # script(1) gives it a terminal of the host's own, which sudo can name.
    argv = ["script", "-qec", f"stty rows 24 cols 80; {user} vxlan-tui --plan /home/admin/plan.toml", "/dev/null"]
    child = held(host.popen(argv, env={"TERM": "xterm-256color"}, stdin=slave, stdout=slave, stderr=slave))
    os.close(slave)
    said = b""

    def read_until(words: bytes) -> None:
        nonlocal said
        give_up = time.monotonic() + 60
        while words not in said:
            assert select.select([master], [], [], max(0, give_up - time.monotonic()))[0], said
            said += os.read(master, 65536)

    read_until(b"password for admin:")
    assert b"\x1b[?1049h" not in said
    os.write(master, b"open-sesame\n")
    read_until(b"F8")
    assert said.count(b"password for") == 1
    os.write(master, b"\x11")
    while select.select([master], [], [], 30)[0]:
        try:
            if not os.read(master, 65536):
                break
        except OSError:
            break
    assert child.wait(30) == 0
    os.close(master)


def test_why_a_host_refuses_the_login_is_told_for_root_who_asks_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind sudo it is root's ssh: to run it as the person that one is changes nothing."""
    said = "root@host-b: Permission denied (publickey)."
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert "`ssh-copy-id root@host-b` gives it your key" in refusals.refused("host-b", "root@host-b", said).fix
    monkeypatch.setenv("SUDO_USER", "admin")
    found = refusals.refused("host-b", "root@host-b", said).fix
    assert "`sudo ssh-copy-id root@host-b` gives it root's key" in found
    assert "`sudo ssh root@host-b` has to log in" in found
    changed = "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @"
    assert "`sudo ssh-keygen -R host-b`, then" in refusals.refused("host-b", "root@host-b", changed).fix


def test_what_the_program_reads_of_its_environment_is_handed_over_and_nothing_else() -> None:
    """As words of the command: a value is never the shell's."""
    environment = {
        "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22",
        "SSH_AUTH_SOCK": "/run/a b",
        "NO_COLOR": "$(reboot)",
        "PYTHONPATH": ".",
    }
    words = as_root.argv(["apply", "a plan.toml"], environment)
    assert words[:3] == ["sudo", "--", "env"]
    assert {"SSH_CONNECTION=192.0.2.1 1 192.0.2.2 22", "NO_COLOR=$(reboot)", "SSH_AUTH_SOCK=/run/a b"} < set(words)
    assert not any("PYTHONPATH" in word for word in words)
    assert words[-2:] == ["apply", "a plan.toml"]

"""Who changed a host is in its system journal: each command, by whom, from where, for which plan, and how it ended."""

import getpass
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.on_host import PLAN, shell
from tests.processes import held
from vxlan_tui import audit
from vxlan_tui.audit import Person, entry
from vxlan_tui.command import Command
from vxlan_tui.plan import Plan
from vxlan_tui.reach import Local
from vxlan_tui.rehearsal import Rehearsal
from vxlan_tui.rehearsal.host import Host

BY_SUDO = {"SUDO_USER": "admin", "SSH_CONNECTION": "203.0.113.9 50000 198.51.100.2 22"}

# systemd's own journald, which wants a tree of control groups: in a mount namespace, so that libvirt sees none.
_JOURNALD = r"""
mkdir -p /run/systemd/journal /run/log/journal
ln -sf /run/systemd/journal/dev-log /dev/log
exec unshare --mount sh -c 'mount -t cgroup2 cgroup2 /sys/fs/cgroup; exec /lib/systemd/systemd-journald'
"""


@pytest.fixture
def host(sandbox: None, sample_plan: Plan) -> Iterator[Host]:
    """The sample plan's first host, with a real journald."""
    with Rehearsal(sample_plan) as rehearsal:
        found = rehearsal["host-a"]
        held(found.popen(["sh", "-euc", _JOURNALD]))
        found.daemons.until("journald listens", lambda: found.has("/run/systemd/journal/io.systemd.journal"))
        yield found


def told(host: Host, since: int = 0) -> list[str]:
    """Return what the journal has by our name."""
    lines = shell(host, f"journalctl --sync; journalctl -t {audit.TAG} -o json --no-pager").splitlines()
    return [json.loads(line)["MESSAGE"] for line in lines][since:]


APPLY = ["vxlan-tui", "apply", PLAN, "--yes", "--only", "bridge"]

FAILING = r"""
printf '#!/bin/sh\n[ "$2" != add ] || exit 4\nexec /usr/bin/nmcli "$@"\n' >/usr/local/sbin/nmcli
chmod 755 /usr/local/sbin/nmcli
"""


def test_each_command_is_in_the_journal_of_the_host_with_who_from_where_plan_and_end(host: Host) -> None:
    """As the program tells it, and as its exported script does."""
    shell(host, FAILING)
    assert host.run(APPLY, env=BY_SUDO, check=False).returncode == 1
    (failed,) = told(host)
    assert failed.startswith(f"admin 203.0.113.9: {PLAN}: exit status 4: nmcli connection add type bridge ")
    shell(host, "rm /usr/local/sbin/nmcli")
    said = host.run(APPLY, env=BY_SUDO, timeout=120).stdout
    ran = [line[2:] for line in said.splitlines() if line.startswith("# ")]
    assert len(ran) > 3
    assert told(host, since=1) == [f"admin 203.0.113.9: {PLAN}: exit status 0: {command}" for command in ran]
    since = len(told(host))
    host.run(["bash", "-euc", f"vxlan-tui export {PLAN} --host host-a | bash"], env=BY_SUDO, timeout=120)
    by_script = told(host, since)
    assert any("nmcli connection add save no con-name Example" in line for line in by_script)
    assert all(line.startswith("admin 203.0.113.9 ") and f": {PLAN}: exit status 0: " in line for line in by_script)


def test_what_goes_to_standard_input_is_not_told() -> None:
    """It may be long, or a key."""
    command = Command(("virsh", "net-define", "/dev/stdin"), stdin="<network>a secret</network>")
    line = entry("admin", Path("/root/my plan.toml"), command, 1)
    assert line == "admin: /root/my plan.toml: exit status 1: virsh net-define /dev/stdin"


@pytest.mark.parametrize(
    ("environment", "login_uid", "user"),
    [({"SUDO_USER": "admin"}, "0", "admin"), ({}, "1", "daemon"), ({}, str(2**32 - 1), None), ({}, None, None)],
)
def test_behind_sudo_and_su_it_is_who_logged_in(
    environment: dict[str, str], login_uid: str | None, user: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "loginuid"
    if login_uid is not None:
        file.write_text(login_uid)
    assert audit._user(environment, file) == (user or getpass.getuser())


def test_on_another_host_the_console_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "console")
    elsewhere = Local()
    elsewhere.is_local = False
    assert Person("admin", "203.0.113.9").seen_from(Local()) == "admin 203.0.113.9"
    assert Person("admin").seen_from(elsewhere) == "admin@console"

"""Two real hosts from one console: the wizard on the first reaches the other by ssh, with nothing installed there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import over_ssh
from tests.on_host import PLAN, configuration, shell
from tests.test_ui_on_hosts import pilot_on
from vxlan_tui import plan
from vxlan_tui.rehearsal import SAMPLE, Rehearsal

ADDRESSES = {"host-a": ("198.51.100.2", "198.51.100.254"), "host-b": ("203.0.113.1", "203.0.113.254")}

_UP = """
nmcli connection add con-name Own ifname enp1s0 type ethernet ipv4.method manual ipv4.addresses {}/24 \
    ipv4.gateway {} ipv6.method disabled
nmcli connection up Own
"""

_CONFIG = """
mkdir -p -m 700 /root/.ssh
cat > /root/.ssh/config <<END
Host 203.0.113.1
    IdentityFile /root/id
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    LogLevel ERROR
END
"""


def as_it_is(text: str) -> str:
    """Give the sample plan with interfaces that are used as they are, no VMs, and host-b reached by SSH."""
    text = re.sub(r"\[hosts\.ethernet\]\n(.+\n)+", "", text.partition("[[vms]]")[0])
    for name, (address, _) in ADDRESSES.items():
        ssh = f'\nssh = "root@{address}"' if name == "host-b" else ""
        text = text.replace(f'name = "{name}"', f'name = "{name}"\nvtep = "{address}"{ssh}')
    return text


@pytest.fixture
def running(sandbox: None, tmp_path: Path) -> Iterator[Rehearsal]:
    """Two hosts whose interfaces are up; host-b lets root of host-a in."""
    path = tmp_path / "plan.toml"
    path.write_text(as_it_is(SAMPLE.read_text()))
    with Rehearsal(plan.load(path)) as made:
        for name, told in ADDRESSES.items():
            shell(made[name], _UP.format(*told))
            made[name].run(["tee", PLAN], input=path.read_text())
        over_ssh.let_in(made["host-b"], made["host-a"])
        shell(made["host-a"], _CONFIG)
        yield made


def test_all_hosts_are_set_up_verified_and_undone_from_the_wizard_on_one(running: Rehearsal) -> None:
    before = {host.name: configuration(host) for host in running.hosts}
    pilot_on(running["host-a"], "all_hosts")
    for host in running.hosts:
        assert shell(host, "nmcli -g GENERAL.STATE device show vxlan10").startswith("100"), host.name
        assert "8472" in shell(host, "firewall-cmd --list-all-zones"), host.name
        assert '"event": "run-ended"' in shell(host, "tail -n 1 /var/lib/vxlan-tui/journal")
    pilot_on(running["host-a"], "undo_all_hosts")
    assert {host.name: configuration(host) for host in running.hosts} == before

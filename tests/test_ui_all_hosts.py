"""Two real hosts from one console: the wizard on the first reaches the other by ssh, with nothing installed there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.on_host import PLAN, configuration, shell
from tests.test_ui_on_hosts import pilot_on
from vxlan_tui import plan
from vxlan_tui.rehearsal import SAMPLE, Rehearsal

ADDRESSES = {"host-a": "198.51.100.2", "host-b": "203.0.113.1"}


def as_it_is(text: str) -> str:
    """Give the sample plan with interfaces that are used as they are, and no VMs."""
    text = re.sub(r"\[hosts\.ethernet\]\n(.+\n)+", "", text.partition("[[vms]]")[0])
    for name, address in ADDRESSES.items():
        text = text.replace(f'name = "{name}"', f'name = "{name}"\nvtep = "{address}"')
    return text


@pytest.fixture
def running(sandbox: None, tmp_path: Path) -> Iterator[Rehearsal]:
    """Two hosts, of which the second has no vxlan-tui."""
    path = tmp_path / "plan.toml"
    path.write_text(as_it_is(SAMPLE.read_text()))
    with Rehearsal(plan.load(path), program_everywhere=False) as made:
        made["host-a"].run(["tee", PLAN], input=path.read_text())
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

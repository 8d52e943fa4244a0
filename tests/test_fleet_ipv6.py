"""Two real hosts over an IPv6 underlay, from one console: what can cut them off among it."""

import json
from pathlib import Path

from tests.cases import campaign
from tests.on_host import PLAN, configuration, program, rows, shell
from tests.test_fleet_on_hosts import HOST, SEGMENT, by_host
from vxlan_tui import plan as plans
from vxlan_tui.rehearsal import Rehearsal

ADDRESSES = {"a": ("2001:db8:1::2", "2001:db8:1::fe"), "b": ("2001:db8:2::1", "2001:db8:2::fe")}


@campaign
def test_two_hosts_are_set_up_verified_and_taken_back_over_ipv6(sandbox: None, tmp_path: Path) -> None:
    """The address that the SSH connection goes to is changed under it, and proven from both ends."""
    path = tmp_path / "plan.toml"
    hosts = (
        HOST.format(letter=letter, address=address, gateway=gateway).replace("/24", "/64")
        for letter, (address, gateway) in ADDRESSES.items()
    )
    path.write_text("".join(hosts) + SEGMENT)
    with Rehearsal(plans.load(path), program_everywhere=False) as rehearsal:
        console, second = rehearsal.hosts
        before = {host.name: configuration(host) for host in rehearsal.hosts}
        lines = rows(console, "apply", "--all")
        assert by_host(lines) == dict.fromkeys(before, "changed")
        assert [line["state"] for line in lines if line.get("step") == "guard.end"] == ["changed", "changed"]
        for host, peer in ((console, "b"), (second, "a")):
            assert "Example" in shell(host, "nmcli -g GENERAL.CONNECTION device show enp1s0")
            assert ADDRESSES[peer][0] in shell(host, "bridge fdb show dev vxlan10")
        told = program(console, "verify", PLAN, "--all", "--json")
        assert [json.loads(line)["host"] for line in told.splitlines()] == list(before)
        assert by_host(rows(console, "undo", "--all")) == dict.fromkeys(before, "changed")
        assert {host.name: configuration(host) for host in rehearsal.hosts} == before

"""The wizard through Pilot on real hosts: the whole way on one, and the live panels on the other."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cases import campaign
from tests.on_host import PLAN, program, shell
from tests.processes import held
from vxlan_tui.guard import SECONDS_VARIABLE
from vxlan_tui.plan import Plan
from vxlan_tui.rehearsal import Rehearsal
from vxlan_tui.rehearsal.host import Host

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def rehearsal(sandbox: None, sample_plan: Plan) -> Iterator[Rehearsal]:
    """Two hosts, of which host-b is as the plan wants it."""
    with Rehearsal(sample_plan, underlay_up=False, vms_running=True) as made:
        program(made["host-b"], "apply", "/root/plan.toml", "--yes")
        yield made


def pilot_on(host: Host, script: str, keep: int = 60) -> None:
    """Run a script of tests/pilot_on_host.py there, with seconds to confirm in; do with the daemons what it asks."""
    pipe = subprocess.PIPE
    argv = [host.inner_python, "-m", "tests.pilot_on_host", script]
    env = {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", SECONDS_VARIABLE: str(keep)}
    said = []
    options: dict[str, Any] = {"stdin": pipe, "stdout": pipe, "stderr": subprocess.STDOUT, "text": True}
    child = held(host.popen(argv, cwd=str(ROOT), env=env, **options))
    assert child.stdin is not None and child.stdout is not None
    for line in child.stdout:
        said.append(line)
        verb, _, daemon = line.strip().partition(" ")
        if verb in ("stop", "start") and daemon in ("libvirtd", "NetworkManager"):
            (host.daemons.stop if verb == "stop" else host.daemons.start)(daemon)
            child.stdin.write("done\n")
            child.stdin.flush()
    assert child.wait(60) == 0, "".join(said)


@campaign
def test_pilot_goes_from_an_empty_plan_to_a_green_verification(rehearsal: Rehearsal) -> None:
    host = rehearsal["host-a"]
    shell(host, "rm -f plan.toml")
    pilot_on(host, "whole_way")
    assert shell(host, "nmcli -g GENERAL.STATE device show vxlan10").startswith("100")
    assert "Example" in shell(host, "nmcli -g GENERAL.CONNECTION device show enp1s0")
    assert "dst 203.0.113.1" in shell(host, "bridge fdb show dev vxlan10 | grep -F 00:00:00:00:00:00")
    for scope in ("", "--permanent"):
        # The port is open to the other host alone.
        assert "8472" not in shell(host, f"firewall-cmd {scope} --list-ports")
        rules = shell(host, f"firewall-cmd {scope} --list-rich-rules")
        assert 'source address="203.0.113.1"' in rules and 'port port="8472" protocol="udp" accept' in rules
    assert "vxlan10-bridge" in shell(host, "virsh net-list --name --autostart")
    assert "vxlan10-bridge" in shell(host, "virsh domiflist vma")
    assert "vnet" in shell(host, "ip -br link show master bridge0")
    assert rehearsal.sees_arp_reply("vma", "192.0.2.2")
    assert shell(host, "stat -c %a new.toml") == "600\n"


def test_the_panels_follow_a_real_host_and_tell_of_a_daemon_that_stops_and_returns(rehearsal: Rehearsal) -> None:
    pilot_on(rehearsal["host-b"], "panels")


@campaign
def test_a_remedy_that_can_cut_the_host_off_is_guarded_as_its_section_is(rehearsal: Rehearsal) -> None:
    host = rehearsal["host-b"]
    shell(host, f"cp {PLAN} kept.toml; sed -i s,203.0.113.1/24,203.0.113.77/24, {PLAN}")
    pilot_on(host, "mend_the_underlay")
    assert "203.0.113.77/24" in shell(host, "ip -br address show enp1s0")
    shell(host, f"mv kept.toml {PLAN}")
    program(host, "apply", PLAN, "--yes")

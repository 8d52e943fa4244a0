"""The whole chapter, from nothing: two hosts, a VM on each, and one VM's ARP request answered by the other."""

import time
from pathlib import Path

import pytest

from tests.on_host import PLAN, configuration, rows, shell
from vxlan_tui import export, plan
from vxlan_tui.plan import Plan
from vxlan_tui.rehearsal import SAMPLE, Rehearsal
from vxlan_tui.rehearsal.host import Host


def apply(host: Host) -> None:
    """Set a host up with the program."""
    assert rows(host, "apply")[-1] == {"result": "changed"}


def undo(host: Host) -> None:
    """Take it back with the program."""
    assert rows(host, "undo")[-1] == {"result": "changed"}


def run_script(host: Host, plan: Plan) -> None:
    """Set a host up with its exported script."""
    host.run(["bash", "-s"], input=export.script(plan, plan.host(host.name)), timeout=240)


def run_undo_script(host: Host, plan: Plan) -> None:
    """Take it back with its exported script."""
    host.run(["bash", "-s"], input=export.undo_script(plan, plan.host(host.name)), timeout=240)


@pytest.fixture
def multicast_plan(tmp_path: Path) -> Plan:
    """The sample plan with both hosts in one subnet and a multicast group in place of the other host."""
    text = SAMPLE.read_text().replace("203.0.113.", "198.51.100.").replace("198.51.100.1/24", "198.51.100.3/24")
    path = tmp_path / "multicast.toml"
    path.write_text(text.replace("vni = 10\n", 'vni = 10\ngroup = "239.1.1.10"\n'))
    return plan.load(path)


def test_two_hosts_from_nothing_by_the_program(sandbox: None, sample_plan: Plan) -> None:
    """Apply on both, ARP across, undo on both: each is configured as before."""
    with Rehearsal(sample_plan, underlay_up=False) as rehearsal:
        before = {host.name: configuration(host) for host in rehearsal.hosts}
        rehearsal.in_parallel(apply, rehearsal.hosts)
        assert rehearsal.sees_arp_reply("vma", "192.0.2.2", timeout=120)
        assert rehearsal.sees_arp_reply("vmb", "192.0.2.1", timeout=120)
        rehearsal.in_parallel(undo, rehearsal.hosts)
        assert {host.name: configuration(host) for host in rehearsal.hosts} == before


def test_two_hosts_from_nothing_by_their_scripts(sandbox: None, sample_plan: Plan) -> None:
    """The same, with the exported scripts; and the program finds nothing left to do after them."""
    with Rehearsal(sample_plan, underlay_up=False) as rehearsal:
        before = {host.name: configuration(host) for host in rehearsal.hosts}
        rehearsal.in_parallel(lambda host: run_script(host, sample_plan), rehearsal.hosts)
        assert rehearsal.sees_arp_reply("vma", "192.0.2.2", timeout=120)
        assert rows(rehearsal["host-b"], "apply")[-1] == {"result": "unchanged"}
        rehearsal.in_parallel(lambda host: run_undo_script(host, sample_plan), rehearsal.hosts)
        assert {host.name: configuration(host) for host in rehearsal.hosts} == before


def test_the_next_generation_of_hosts(debian13: Path, sample_plan: Plan) -> None:
    """NetworkManager 1.52 with its own words, libvirt 11: one host by the program, one by its script."""
    with Rehearsal(sample_plan, root=debian13, underlay_up=False) as rehearsal:
        host_a, host_b = rehearsal.hosts
        before = configuration(host_a), configuration(host_b)
        apply(host_a)
        assert "controller bridge0" in shell(host_a, "vxlan-tui log")
        run_script(host_b, sample_plan)
        assert rehearsal.sees_arp_reply("vma", "192.0.2.2", timeout=120)
        assert rows(host_b, "apply")[-1] == {"result": "unchanged"}
        undo(host_b)
        run_undo_script(host_a, sample_plan)
        assert (configuration(host_a), configuration(host_b)) == before


def test_a_multicast_group_in_place_of_the_other_host(sandbox: None, multicast_plan: Plan) -> None:
    """Joined on the underlay interface; both hosts are in one subnet, where the group reaches."""
    with Rehearsal(multicast_plan, underlay_up=False) as rehearsal:
        before = {host.name: configuration(host) for host in rehearsal.hosts}
        rehearsal.in_parallel(apply, rehearsal.hosts)
        assert "group 239.1.1.10" in shell(rehearsal["host-a"], "ip -d link show vxlan10")
        assert rehearsal.sees_arp_reply("vma", "192.0.2.2", timeout=120)
        rehearsal.in_parallel(undo, rehearsal.hosts)
        assert {host.name: configuration(host) for host in rehearsal.hosts} == before


def test_a_running_vm_is_restarted_on_its_network_and_undo_gives_it_back_running(
    sandbox: None, sample_plan: Plan
) -> None:
    """It shuts down by itself, is waited for, and started; and the same on the way back."""
    with Rehearsal(sample_plan, underlay_up=False, vms_running=True) as rehearsal:
        host = rehearsal["host-a"]
        before = configuration(host)
        lines = rows(host, "apply")
        restart = next(line for line in lines if line.get("step") == "vm.restart")
        assert restart["commands"][0] == "virsh shutdown vma"
        assert restart["commands"][-1] == "virsh start vma"
        assert "vxlan10-bridge" in shell(host, "virsh domiflist vma")
        assert rows(host, "apply")[-1] == {"result": "unchanged"}
        _wait_until_booted_again(rehearsal)
        undo(host)
        assert configuration(host) == before
        assert shell(host, f"virsh domstate vma; test -e {PLAN}").strip() == "running"


def _wait_until_booted_again(rehearsal: Rehearsal) -> None:
    """A guest that is still booting does not hear a shutdown request, on any host."""
    for _ in range(120):
        if "rehearsal: up" in rehearsal.console("vma").rpartition("rehearsal: off")[2]:
            return
        time.sleep(0.5)
    raise AssertionError(rehearsal.console("vma")[-500:])

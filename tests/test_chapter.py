"""The whole chapter, from nothing: two hosts, a VM on each, and one VM's ARP request answered by the other."""

import time
from pathlib import Path

import pytest

from tests.cases import campaign
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


@campaign
def test_two_hosts_from_nothing_by_the_program(sandbox: None, sample_plan: Plan) -> None:
    """Apply on both, ARP across, undo on both: each is configured as before."""
    with Rehearsal(sample_plan, underlay_up=False) as rehearsal:
        before = {host.name: configuration(host) for host in rehearsal.hosts}
        rehearsal.in_parallel(apply, rehearsal.hosts)
        assert rehearsal.sees_arp_reply("vma", "192.0.2.2", timeout=120)
        assert rehearsal.sees_arp_reply("vmb", "192.0.2.1", timeout=120)
        rehearsal.in_parallel(undo, rehearsal.hosts)
        assert {host.name: configuration(host) for host in rehearsal.hosts} == before


@campaign
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
    """NetworkManager 1.52 understands the old words, and libvirt is 11: one host by the program, one by its script."""
    with Rehearsal(sample_plan, root=debian13, underlay_up=False) as rehearsal:
        host_a, host_b = rehearsal.hosts
        before = configuration(host_a), configuration(host_b)
        apply(host_a)
        assert "master bridge0" in shell(host_a, "vxlan-tui log")
        run_script(host_b, sample_plan)
        assert rehearsal.sees_arp_reply("vma", "192.0.2.2", timeout=120)
        assert rows(host_b, "apply")[-1] == {"result": "unchanged"}
        undo(host_b)
        run_undo_script(host_a, sample_plan)
        assert (configuration(host_a), configuration(host_b)) == before


@campaign
def test_a_multicast_group_in_place_of_the_other_host(sandbox: None, multicast_plan: Plan) -> None:
    """Joined on the underlay interface; both hosts are in one subnet, where the group reaches."""
    with Rehearsal(multicast_plan, underlay_up=False) as rehearsal:
        before = {host.name: configuration(host) for host in rehearsal.hosts}
        rehearsal.in_parallel(apply, rehearsal.hosts)
        assert "group 239.1.1.10" in shell(rehearsal["host-a"], "ip -d link show vxlan10")
        assert rehearsal.sees_arp_reply("vma", "192.0.2.2", timeout=120)
        rehearsal.in_parallel(undo, rehearsal.hosts)
        assert {host.name: configuration(host) for host in rehearsal.hosts} == before


@pytest.fixture
def two_ways(tmp_path: Path) -> Plan:
    """The sample plan, in which one VM is moved as it runs, and the other is to be restarted."""
    path = tmp_path / "plan.toml"
    path.write_text(
        SAMPLE.read_text().replace('name = "vmb"\n', 'name = "vmb"\nmove = "restart"\nshutdown_timeout = 120\n')
    )
    return plan.load(path)


@campaign
def test_a_running_vm_is_moved_as_it_runs_or_restarted_and_undo_gives_it_back_running(
    sandbox: None, two_ways: Plan
) -> None:
    """Both answer each other; the one has not stopped, the other shut down by itself and was waited for."""
    with Rehearsal(two_ways, underlay_up=False, vms_running=True) as rehearsal:
        here, there = rehearsal.hosts
        before = {host.name: configuration(host) for host in rehearsal.hosts}
        ran = shell(here, "virsh domid vma")
        moved = {host.name: _moved(host) for host in rehearsal.hosts}
        assert [command.split()[0] for command in moved["host-a"]] == ["virt-xml", "virt-xml"]
        assert [command.split()[0] for command in moved["host-b"]] == ["timeout", "virsh"]
        assert shell(here, "virsh domid vma") == ran
        for host, vm in ((here, "vma"), (there, "vmb")):
            assert "vxlan10-bridge" in shell(host, f"virsh domiflist {vm}")
            assert "vnet" in shell(host, "ip -br link show master bridge0")
            assert rows(host, "apply")[-1] == {"result": "unchanged"}
        assert rehearsal.sees_arp_reply("vma", "192.0.2.2", timeout=120)
        _wait_until_booted_again(rehearsal, "vmb")
        rehearsal.in_parallel(undo, rehearsal.hosts)
        assert {host.name: configuration(host) for host in rehearsal.hosts} == before
        assert shell(here, "virsh domid vma") == ran
        assert shell(there, f"virsh domstate vmb; test -e {PLAN}").strip() == "running"


def _moved(host: Host) -> list[str]:
    """Apply, and give the commands that moved its VM."""
    (move,) = (line["commands"] for line in rows(host, "apply") if line.get("step") == "vm.move")
    assert isinstance(move, list)
    return move


def _wait_until_booted_again(rehearsal: Rehearsal, vm: str) -> None:
    """A guest that is still booting does not hear a shutdown request, on any host."""
    for _ in range(240):
        if "rehearsal: up" in rehearsal.console(vm).rpartition("rehearsal: off")[2]:
            return
        time.sleep(0.5)
    raise AssertionError(rehearsal.console(vm)[-500:])

"""What a user gets without asking: a VM's lease at once, a move without a stop, no packet too large, any family."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import three_hosts
from tests.cases import campaign
from tests.faults import FAULTS, HERE, Field
from tests.on_host import PLAN, configuration, rows, shell
from tests.stand_in import StandIn, asks_by_dhcp, hub_of, reached, said_since, served, stand_in, under_a_ping
from tests.test_chapter import apply, run_script, run_undo_script, undo
from vxlan_tui import plan as plans
from vxlan_tui.plan import Plan
from vxlan_tui.rehearsal import SAMPLE, Rehearsal
from vxlan_tui.rehearsal.guest import INITRAMFS
from vxlan_tui.rehearsal.network import links

OVER_IPV6 = SAMPLE.read_text().replace("198.51.100.254", "2001:db8:1::fe").replace("203.0.113.254", "2001:db8:2::fe")
for _net, _six in (("198.51.100.", "2001:db8:1::"), ("203.0.113.", "2001:db8:2::")):
    OVER_IPV6 = re.sub(rf"{re.escape(_net)}(\d+)/24", rf"{_six}\1/64", OVER_IPV6).replace(_net, _six)
"""The sample plan with an underlay of IPv6."""

VM = '\n[[vms]]\nhost = "host-a"\nname = "vma"\nnetwork = "vxlan10-bridge"\naddress = "192.0.2.1"\n'

INNER = {4: 1450, 6: 1430}
"""What fits into the tunnel, by the family of an underlay of 1500 bytes."""


@pytest.fixture(scope="module")
def field(sandbox: None, sample_plan: Plan) -> Iterator[Field]:
    """The sample plan's hosts as apply leaves them, and nothing else done to them; their VMs run."""
    with Rehearsal(sample_plan, underlay_up=False) as rehearsal:
        rehearsal.in_parallel(apply, rehearsal.hosts)
        ground = Field(rehearsal)
        for host in rehearsal.hosts:
            ground.until_well(120, host.name)
        yield ground


def _planned(directory: Path, text: str) -> Plan:
    path = directory / "plan.toml"
    path.write_text(text)
    return plans.load(path)


@pytest.mark.parametrize(
    "carry_out",
    [f"vxlan-tui apply {PLAN} --yes", f"vxlan-tui export {PLAN} --host host-a | bash"],
    ids=["program", "script"],
)
def test_a_bridge_that_changes_keeps_the_running_vms_in_it(field: Field, carry_out: str) -> None:
    """Its STP and its MTU, there and back; NetworkManager takes their devices out of a bridge that it activates."""
    here = field.rehearsal.hosts[0]
    ports = "ip -br link show master bridge0 | awk '{print $1}' | sort"
    had = shell(here, ports)
    assert "vnet" in had and "vxlan10" in had
    shell(here, f"cp {PLAN} /root/kept.toml; sed -i 's/^vni = 10/&\\nstp = true\\nmtu = 1400/' {PLAN}")
    try:
        shell(here, carry_out)
        assert "stp_state 1" in shell(here, "ip -d link show bridge0")
        assert " mtu 1400 " in shell(here, "ip link show bridge0")
        assert shell(here, ports) == had
        shell(here, "ip link set dev bridge0 down")
    finally:
        shell(here, f"mv /root/kept.toml {PLAN}")
    shell(here, carry_out)
    assert "stp_state 0" in shell(here, "ip -d link show up dev bridge0")
    assert shell(here, ports) == had


MADE = (
    '\n[[vms]]\nhost = "host-a"\nname = "made"\nnetwork = "vxlan10-bridge"\ninstall = """'
    "--memory 128 --virt-type qemu --import --disk none --osinfo detect=off,require=off --graphics none --boot "
    'kernel=KERNEL,initrd=INITRD,kernel_args=\'console=ttyS0 quiet net.ifnames=0 rehearsal=192.0.2.77\'"""\n'
)
"""A VM as the rehearsal's own are, made by virt-install."""


def test_a_vm_that_the_plan_makes_runs_and_is_shut_down_before_it_goes(field: Field) -> None:
    """virt-install leaves it running; libvirt would forget a running one's definition, and keep the VM."""
    here = field.rehearsal.hosts[0]
    vms = "virsh list --all --name | sort"
    had, kernel = shell(here, vms), shell(here, "virsh dumpxml --xpath '//os/kernel/text()' vma").strip()
    shell(here, f"cp {PLAN} /root/kept.toml")
    here.run(["tee", "-a", PLAN], input=MADE.replace("KERNEL", kernel).replace("INITRD", INITRAMFS))
    try:
        apply(here)
        assert shell(here, "virsh domstate made").strip() == "running"
        assert 'bridge="bridge0"' in shell(here, "virsh dumpxml --xpath '//interface/source/@bridge' made")
    finally:
        shell(here, f"mv /root/kept.toml {PLAN}")
    apply(here)
    assert shell(here, vms) == had


def test_a_vm_that_starts_has_its_lease_with_the_first_request(field: Field) -> None:
    """Its port forwards before the guest has run at all, so no request for an address is lost on the way.

    A real DHCP client in the VM, and the server on the other host's bridge.
    """
    if not shutil.which("busybox"):
        pytest.skip("busybox is not there, whose DHCP client this takes")
    here, there = field.rehearsal.hosts
    asks_by_dhcp(here)
    with stand_in(there, "dhcp", "192.0.2.200/24", "bridge0") as server, served(server, "192.0.2.1"):
        shell(here, "virsh destroy vma; virsh start --paused vma")
        had = len(field.rehearsal.console("vma"))
        tap = shell(here, "virsh domiflist vma | awk '/vnet/{print $1}'").strip()
        assert shell(here, f"cat /sys/class/net/{tap}/brport/state").strip() == "3", "it does not forward at once"
        shell(here, "virsh resume vma")
        said = said_since(field.rehearsal, "vma", had, "has it at")
        log = shell(there, "cat /root/dhcp.log")
    assert "rehearsal: lease 192.0.2.1" in said
    sent, came = len(re.findall("discover", said)), log.count(" DHCPDISCOVER(")
    assert sent == came >= 1, f"{sent} requests were sent, {came} came\n{said}\n{log}"


def test_the_largest_packet_that_fits_gets_through_and_one_byte_more_does_not(field: Field) -> None:
    """To a VM on the other host, which was told the MTU; from a machine that was, and from one that was not."""
    with stand_in(field.rehearsal[HERE], "sender", "192.0.2.100/24", "bridge0") as sender:
        _only_what_fits(sender, "192.0.2.2", INNER[4])


def _only_what_fits(sender: StandIn, address: str, inner: int) -> None:
    reached(sender, address)
    assert sender.gets_through(address, inner)[0]
    assert not sender.gets_through(address, inner + 1)[0], "what is too large got through all the same"
    sender.run(f"ip link set nic mtu {inner}")
    assert sender.gets_through(address, inner)[0]
    through, said = sender.gets_through(address, inner + 1)
    assert not through
    assert re.search(f"[Mm]essage too long, mtu.{inner}", said), said


def test_a_nic_that_computes_wrong_checksums_is_named_and_the_remedy_gets_large_packets_through(field: Field) -> None:
    """ARP and small packets pass, large ones are dropped on the other host; after the remedy they are not."""
    (fault,) = (each for each in FAULTS if each.name == "a NIC that computes wrong checksums")
    field.inject(fault)
    try:
        with stand_in(field.rehearsal[HERE], "sender", "192.0.2.100/24", "bridge0") as sender:
            reached(sender, "192.0.2.2")
            assert not sender.gets_through("192.0.2.2", INNER[4])[0]
        said = field.verify()
        assert said.causes("fail") == ["checksum-offload"], said.told()
        (row,) = (row for row in said.checks if row["status"] == "fail")
        field.mend(row)
        with stand_in(field.rehearsal[HERE], "sender", "192.0.2.100/24", "bridge0") as sender:
            reached(sender, "192.0.2.2")
            assert sender.gets_through("192.0.2.2", INNER[4])[0], "with the NIC as faulty as before"
        field.until_well()
    finally:
        field.restore(fault)


def test_a_running_vm_is_moved_under_a_ping_and_never_off(sandbox: None, tmp_path: Path) -> None:
    """One boot, one process, one domain: it is the same VM before and after, and it answers again."""
    planned = _planned(tmp_path, three_hosts.text(2, VM))
    with Rehearsal(planned, vms_running=True) as rehearsal:
        host = rehearsal["host-a"]
        rows(host, "apply", "--only", "bridge,network")
        alive = "virsh domid vma; cat /run/libvirt/qemu/vma.pid; ls -d /proc/$(cat /run/libvirt/qemu/vma.pid)"
        before = shell(host, alive)
        with hub_of(host) as hub:
            moved = under_a_ping(hub, "192.0.2.1", lambda: rows(host, "apply"))
        print(moved)  # noqa: T201 (for who runs it with -s)
        assert shell(host, alive) == before
        assert rehearsal.console("vma").count("rehearsal: up") == 1
        assert "rehearsal: off" not in rehearsal.console("vma")
        assert "vxlan10-bridge" in shell(host, "virsh domiflist vma")
        assert moved.sent > moved.lost


@campaign
def test_an_underlay_of_ipv6_from_nothing_and_back(sandbox: None, tmp_path: Path) -> None:
    """One host by the program, one by its script, with the addresses by the plan's own profiles."""
    planned = _planned(tmp_path, OVER_IPV6.partition("[[vms]]")[0])
    with Rehearsal(planned, underlay_up=False) as rehearsal:
        field = Field(rehearsal)
        here, there = rehearsal.hosts
        before = {host.name: configuration(host) for host in rehearsal.hosts}
        rehearsal.in_parallel(lambda host: apply(host) if host is here else run_script(host, planned), rehearsal.hosts)
        for host in rehearsal.hosts:
            field.until_well(120, host.name)
        assert rows(there, "apply")[-1] == {"result": "unchanged"}
        assert "2001:db8:2::1/64" in shell(there, "ip -6 address show enp1s0")
        with (
            stand_in(here, "sender", "192.0.2.100/24", "bridge0") as sender,
            stand_in(there, "other", "192.0.2.101/24", "bridge0"),
        ):
            _only_what_fits(sender, "192.0.2.101", INNER[6])
        undo(there)
        run_undo_script(here, planned)
        assert {host.name: configuration(host) for host in rehearsal.hosts} == before


@campaign
@pytest.mark.parametrize("text", [SAMPLE.read_text(), OVER_IPV6], ids=["IPv4 VTEPs", "IPv6 VTEPs"])
def test_with_both_families_on_the_underlay_the_plans_own_one_carries_the_tunnel(
    sandbox: None, tmp_path: Path, text: str
) -> None:
    """The profile that is there already is taken over as it stands: its other address stays, and goes on answering."""
    planned = _planned(tmp_path, text.partition("[[vms]]")[0].replace('"Example"', '"uplink"'))
    with Rehearsal(planned, dual_stack=True) as rehearsal:
        field = Field(rehearsal)
        here, there = rehearsal.hosts
        before = {host.name: configuration(host) for host in rehearsal.hosts}
        rehearsal.in_parallel(apply, rehearsal.hosts)
        for host in rehearsal.hosts:
            field.until_well(60, host.name)
        with (
            stand_in(here, "sender", "192.0.2.100/24", "bridge0") as sender,
            stand_in(there, "other", "192.0.2.101/24", "bridge0"),
        ):
            _only_what_fits(sender, "192.0.2.101", INNER[planned.hosts[0].vtep.version])
        other = links(planned)[1].second[0].ip
        shell(here, f"for n in $(seq 15); do ping -c 1 -W 1 {other} && exit; sleep 0.5; done; exit 1")
        assert rows(here, "apply")[-1] == {"result": "unchanged"}
        rehearsal.in_parallel(undo, rehearsal.hosts)
        assert {host.name: configuration(host) for host in rehearsal.hosts} == before

"""Three real hosts and more: flood lists that stay, hosts that come and go, and what an edit leaves behind."""

import re
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from tests import three_hosts
from tests.cases import campaign, few
from tests.on_host import PLAN, configuration, rows, shell, states
from vxlan_tui import export
from vxlan_tui import plan as plans
from vxlan_tui.rehearsal import Rehearsal
from vxlan_tui.rehearsal.host import Host

PEERS = 'admit = "peers"\n'
VM = '\n[[vms]]\nhost = "host-a"\nname = "vma"\nnetwork = "{}"\n'

LIST = "bridge fdb show dev vxlan10 | sed -n 's/^00:00:00:00:00:00 dst //p' | cut -d' ' -f1 | sort"
COUNT = "nft list table bridge count | sed -n 's/.*counter packets \\([0-9]*\\) .*/\\1/p'"
CHAIN = """
nft add table bridge count
nft add chain bridge count in '{ type filter hook prerouting priority -300; }'
"""
COUNTER = CHAIN + "nft add rule bridge count in iifname vxlan10 ether type arp arp operation request counter"
OF_ONE = (
    "nft add rule bridge count in iifname vxlan10 ether daddr ff:ff:ff:ff:ff:ff "
    "arp saddr ip 192.0.2.{0} arp daddr ip 192.0.2.{0} counter"
)
"""What counts the words of one host about its own address: nobody asks for that but arping."""


@pytest.fixture(scope="module", params=few(["198.51.100.", "2001:db8::"], "198.51.100."))
def rehearsal(
    sandbox: None, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Rehearsal]:
    """Three hosts in one subnet, of IPv4 or IPv6, that let each other in alone; each test leaves them as they were."""
    path = tmp_path_factory.mktemp("three") / "plan.toml"
    path.write_text(three_hosts.text(3, PEERS, network=request.param))
    with Rehearsal(plans.load(path)) as hosts:
        yield hosts


@pytest.fixture(scope="module")
def beside_a_vm(sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """Two hosts, and a VM that runs on the first."""
    path = tmp_path_factory.mktemp("vm") / "plan.toml"
    path.write_text(three_hosts.text(2, VM.format("vxlan10-bridge")))
    with Rehearsal(plans.load(path), vms_running=True) as hosts:
        yield hosts


@pytest.fixture
def with_vm(beside_a_vm: Rehearsal) -> Iterator[Rehearsal]:
    """The same; each test leaves it as it was."""
    host = beside_a_vm["host-a"]
    text, before = host.run(["cat", PLAN]).stdout, configuration(host)
    yield beside_a_vm
    rows(host, "undo")
    assert configuration(host) == before
    _edit(host, text)


@pytest.fixture
def five(sandbox: None, tmp_path: Path) -> Iterator[Rehearsal]:
    """Five hosts in one subnet, of which the console alone has the program."""
    path = tmp_path / "plan.toml"
    path.write_text(three_hosts.text(5, PEERS))
    with Rehearsal(plans.load(path), program_everywhere=False) as hosts:
        yield hosts


def _edit(host: Host, text: str) -> None:
    host.run(["tee", PLAN], input=text)


def _apply(host: Host) -> None:
    assert rows(host, "apply", "--only", "bridge,network")[-1] == {"result": "changed"}


def _undo(host: Host) -> None:
    assert rows(host, "undo")[-1] == {"result": "changed"}


def _list(host: Host) -> list[str]:
    return shell(host, LIST).split()


def test_three_hosts_by_static_lists_and_each_frame_once(rehearsal: Rehearsal) -> None:
    """Every pair answers at full size, a broadcast arrives once, and nobody but the peers is let in."""
    network = rehearsal.plan.hosts[0].vtep
    size = 1450 if network.version == 4 else 1430
    before = {host.name: configuration(host) for host in rehearsal.hosts}
    rehearsal.in_parallel(_apply, rehearsal.hosts)
    for number, host in enumerate(rehearsal.hosts, 1):
        shell(host, f"ip address add 192.0.2.{number}/24 dev bridge0; {COUNTER}")
    for one, other in permutations((1, 2, 3), 2):
        sent = f"ping -q -c 1 -w 5 -M do -s {size - 28} 192.0.2.{other}"
        shell(rehearsal.hosts[one - 1], sent)
    had = [int(shell(host, COUNT)) for host in rehearsal.hosts]
    shell(rehearsal.hosts[0], "arping -q -U -c 3 -w 4 -I bridge0 192.0.2.1 || :")
    assert [int(shell(host, COUNT)) - then for host, then in zip(rehearsal.hosts, had, strict=True)] == [0, 3, 3]
    assert "8472" not in shell(rehearsal["host-a"], "firewall-cmd --list-ports; firewall-cmd --permanent --list-ports")
    for host in rehearsal.hosts:
        shell(host, "ip address flush dev bridge0 scope global; nft delete table bridge count")
    rehearsal.in_parallel(_undo, rehearsal.hosts)
    assert {host.name: configuration(host) for host in rehearsal.hosts} == before


@campaign
def test_five_hosts_set_up_from_one_console_and_each_frame_once(five: Rehearsal) -> None:
    """Every pair answers at full size, each host's broadcasts arrive once at each other, and undo leaves nothing."""
    numbers = range(1, len(five.hosts) + 1)
    before = [configuration(host) for host in five.hosts]
    lines = rows(five.hosts[0], "apply", "--all", "--only", "bridge,network")
    assert [line["result"] for line in lines if "result" in line] == ["changed"] * 5

    def prepare(host: Host) -> None:
        own = five.hosts.index(host) + 1
        counters = "\n".join(OF_ONE.format(number) for number in numbers)
        shell(host, f"ip address add 192.0.2.{own}/24 dev bridge0; {CHAIN}{counters}")

    def send(host: Host) -> None:
        own = five.hosts.index(host) + 1
        shell(host, f"arping -q -U -c 2 -w 3 -I bridge0 192.0.2.{own} || :")
        asked = "; ".join(f"ping -q -c 1 -w 5 -M do -s 1422 192.0.2.{number}" for number in numbers if number != own)
        shell(host, asked)

    five.in_parallel(prepare, five.hosts)
    five.in_parallel(send, five.hosts)
    for own, host in zip(numbers, five.hosts, strict=True):
        assert [int(each) for each in shell(host, COUNT).split()] == [2 * (number != own) for number in numbers]
        shell(host, "ip address flush dev bridge0 scope global; nft delete table bridge count")
    assert {line["result"] for line in rows(five.hosts[0], "undo", "--all") if "result" in line} == {"changed"}
    assert [configuration(host) for host in five.hosts] == before


@campaign
def test_the_scripts_do_and_undo_the_same(rehearsal: Rehearsal) -> None:
    """The program finds nothing left to do after the one; after the other, all is as before."""
    host, planned = rehearsal["host-a"], rehearsal.plan.read_from(Path(PLAN))
    before = configuration(host)
    for _ in range(2):
        script = export.script(planned, planned.host("host-a"))
        host.run(["bash", "-s"], input=script, timeout=120)
    assert host.run(["bash", "-s", "--", "--check"], input=script).stdout == ""
    assert rows(host, "apply")[-1] == {"result": "unchanged"}
    host.run(["bash", "-s"], input=export.undo_script(planned, planned.host("host-a")), timeout=120)
    assert configuration(host) == before


AWAIT = f"for _ in $(seq 100); do [ $({LIST} | wc -l) = 2 ] && break; sleep 0.05; done; {LIST}"


def test_the_list_is_there_again_whatever_happens_to_the_device(rehearsal: Rehearsal) -> None:
    """By NetworkManager alone, without this program; and drift of the list is told and mended."""
    host = rehearsal["host-a"]
    peers = sorted(str(peer.vtep) for peer in rehearsal.plan.hosts[1:])
    _apply(host)
    assert _list(host) == peers
    up = "nmcli connection up bridge0-vxlan10"
    for event in (up, f"nmcli connection down bridge0-vxlan10; {up}", f"ip link delete vxlan10; {up}"):
        assert shell(host, f"({event}) >/dev/null; {AWAIT}").split() == peers, event
    host.daemons.stop("NetworkManager")
    shell(host, "ip link delete vxlan10")
    host.daemons.start("NetworkManager")
    assert shell(host, AWAIT).split() == peers
    shell(
        host,
        f"bridge fdb delete 00:00:00:00:00:00 dev vxlan10 dst {peers[0]}; "
        f"bridge fdb append 00:00:00:00:00:00 dev vxlan10 dst {peers[0]}9",
    )
    lines = rows(host, "apply", "--only", "bridge")
    assert {step for step, state in states(lines).items() if state == "changed"} == {"bridge.flood"}
    assert _list(host) == peers
    _undo(host)


def test_a_host_joins_and_leaves_again(rehearsal: Rehearsal) -> None:
    """From two hosts with a remote to three with a list, and back: then all is as it was with two."""
    host, prefix = rehearsal["host-a"], re.sub(r"\d+$", "", str(rehearsal.plan.hosts[0].vtep))
    before = configuration(host)
    two, three = (three_hosts.text(hosts, PEERS, network=prefix) for hosts in (2, 3))
    _edit(host, two)
    _apply(host)
    with_two = configuration(host)
    _edit(host, three)
    _apply(host)
    assert len(_list(host)) == 2
    assert shell(host, "firewall-cmd --list-rich-rules | wc -l").strip() == "2"
    _edit(host, two)
    _apply(host)
    assert configuration(host) == with_two
    assert "remote" in shell(host, "ip -d link show vxlan10")
    _undo(host)
    assert configuration(host) == before
    _edit(host, three)


def _without_count(told: str) -> str:
    """Leave out what libvirt counts: a VM that ran before an edit is not counted at the network's new name."""
    return re.sub(r"<network connections='\d+'>", "<network>", told)


EDITS = {
    "another VNI": (("vni = 10", "vni = 20"), ("vxlan10-bridge", "vxlan20-bridge")),
    "another bridge": (('bridge = "bridge0"', 'bridge = "bridge1"'),),
    "another network": (("vni = 10", 'vni = 10\nnetwork = "blue"'), ("vxlan10-bridge", "blue")),
}


@campaign
@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_segment_leaves_nothing_behind(with_vm: Rehearsal, edit: str) -> None:
    """The running VM moves along, what the plan no longer names goes, and undo gives back what was before it all."""
    host = with_vm["host-a"]
    before = configuration(host)
    text = host.run(["cat", PLAN]).stdout
    assert rows(host, "apply")[-1] == {"result": "changed"}
    edited = text
    for old, new in EDITS[edit]:
        edited = edited.replace(old, new)
    _edit(host, edited)
    assert rows(host, "apply")[-1] == {"result": "changed"}
    fresh = _without_count(configuration(host))
    assert rows(host, "apply")[-1] == {"result": "unchanged"}
    assert shell(host, "virsh domstate vma").strip() == "running"
    rows(host, "undo")
    assert configuration(host) == before
    assert rows(host, "apply")[-1] == {"result": "changed"}
    assert _without_count(configuration(host)) == fresh


def test_a_vm_that_moved_to_another_host_in_the_plan_is_put_back_here(with_vm: Rehearsal) -> None:
    """It gets the network back that it had; the segment stays."""
    host = with_vm["host-a"]
    text = host.run(["cat", PLAN]).stdout
    without = text.partition("[[vms]]")[0]
    _edit(host, without)
    rows(host, "apply")
    alone = configuration(host)
    _edit(host, text)
    assert rows(host, "apply")[-1] == {"result": "changed"}
    _edit(host, text.replace('host = "host-a"\nname = "vma"', 'host = "host-b"\nname = "vma"'))
    changed = [line for line in rows(host, "apply") if line.get("state") == "changed"]
    assert {line["step"] for line in changed} <= {"vm.network.former", "vm.move.former"}
    assert configuration(host) == alone

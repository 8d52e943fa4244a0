"""`apply` and `undo` on real hosts: what is missing is done, what differs is changed, what is others' is left."""

import re
import signal
import time
from collections.abc import Iterator

import pytest

from tests.cases import campaign, few
from tests.fresh import Fresh
from tests.on_host import PLAN, boot, configuration, program, rows, shell, states
from tests.processes import held
from vxlan_tui.plan import Plan
from vxlan_tui.rehearsal import Rehearsal
from vxlan_tui.rehearsal.host import Host

CHAPTER = """
nmcli connection add con-name Example ifname enp1s0 type ethernet
nmcli connection modify Example ipv4.addresses 198.51.100.2/24 ipv4.method manual ipv4.gateway 198.51.100.254 \
    ipv4.dns 198.51.100.200 ipv4.dns-search example.com
nmcli connection up Example
nmcli connection add type bridge con-name bridge0 ifname bridge0 ipv4.method disabled ipv6.method disabled
nmcli connection add type vxlan slave-type bridge con-name bridge0-vxlan10 ifname vxlan10 id 10 \
    local 198.51.100.2 remote 203.0.113.1 master bridge0
"""
"""What the chapter has an admin type by hand."""

UP = "nmcli connection up bridge0\n"

PLANNED = """
for name in bridge0 bridge0-vxlan10; do nmcli connection modify $name 802-3-ethernet.mtu 1450; done
nmcli connection modify bridge0 bridge.stp no
"""
"""What a plan does beyond it: the tunnel's MTU, and no STP."""


@pytest.fixture(scope="module")
def fresh(sandbox: None, sample_plan: Plan) -> Iterator[Fresh]:
    """The sample plan's first host, which all tests share."""
    with Rehearsal(sample_plan, underlay_up=False) as rehearsal:
        yield Fresh(rehearsal["host-a"])


@pytest.fixture
def host(fresh: Fresh) -> Iterator[Host]:
    """The sample plan's first host, with nothing of the plan on it and its VM off."""
    yield fresh.host
    fresh.again()


def test_apply_does_nothing_twice_and_undo_restores_what_was(host: Host) -> None:
    """From nothing to done to done already to nothing again."""
    before = configuration(host)
    first = rows(host, "apply", "--only", "ethernet,bridge,network")
    assert set(states(first).values()) == {"changed"}
    assert first[-1] == {"result": "changed"}
    after = configuration(host)
    second = rows(host, "apply", "--only", "ethernet,bridge,network")
    assert set(states(second).values()) == {"done"}
    assert [line["commands"] for line in second[:-1]] == [[]] * len(second[:-1])
    assert second[-1] == {"result": "unchanged"}
    assert configuration(host) == after
    assert rows(host, "undo")[-1] == {"result": "changed"}
    assert configuration(host) == before
    assert rows(host, "undo")[-1] == {"result": "unchanged"}


OTHER = """
[[hosts]]
name = "host-a"
interface = "enp1s0"
vtep = "198.51.100.2"

[[hosts]]
name = "host-c"
interface = "enp1s0"
vtep = "203.0.113.9"

[[segments]]
vni = 20
bridge = "bridge1"
admit = "peers"
"""


def test_two_plans_on_a_host_share_a_port_and_neither_cuts_the_other_or_whom_the_admin_let_in(host: Host) -> None:
    """The last one that is undone takes back what both needed; what stays until then is said."""
    mine = "rule family=ipv4 source address=192.0.2.254 port port=8472 protocol=udp accept"
    shell(host, f"for when in '' --permanent; do firewall-cmd $when --zone=public --add-rich-rule='{mine}'; done")
    shell(host, f"sed -i '/^vni = 10/a admit = \"peers\"' {PLAN}")
    host.run(["tee", "/root/other.toml"], input=OTHER)
    before = configuration(host)
    for plan in (PLAN, "/root/other.toml", PLAN):
        program(host, "apply", plan, "--yes", "--only", "bridge")
    sources = {"192.0.2.254", "203.0.113.1", "203.0.113.9"}
    assert _let_in(host, "") == _let_in(host, "--permanent") == sources
    told = program(host, "undo", PLAN, "--yes")
    assert "It stays for vxlan20, of the plan /root/other.toml." in told
    assert "vxlan10" not in shell(host, "ip -br link")
    assert _let_in(host, "") == _let_in(host, "--permanent") == sources
    program(host, "undo", "/root/other.toml", "--yes")
    assert configuration(host) == before
    assert shell(host, "ls -A /var/lib/vxlan-tui/before") == ""


def _let_in(host: Host, when: str) -> set[str]:
    return set(re.findall('address="(.*?)"', shell(host, f"firewall-cmd {when} --zone=public --list-rich-rules")))


def test_a_check_says_what_would_run_and_changes_nothing(host: Host) -> None:
    """Exit status 1 where there is something to do, also over a pipe; 0 where there is nothing."""
    before, kept = configuration(host), shell(host, "cat /var/lib/vxlan-tui/* 2>/dev/null || true")
    told = program(host, "apply", PLAN, "--check", "--only", "network", status=1)
    assert "# virsh net-start vxlan10-bridge" in told
    assert configuration(host) == before
    assert shell(host, "cat /var/lib/vxlan-tui/* 2>/dev/null || true") == kept
    lines = rows(host, "apply", "--check", "--only", "network", status=1)
    assert states(lines)["network.define"] == "skipped"
    rows(host, "apply", "--only", "network")
    assert rows(host, "apply", "--check", "--only", "network")[-1] == {"result": "unchanged"}


def test_what_an_admin_did_by_hand_as_the_plan_says_is_left_alone(host: Host) -> None:
    """Only the firewall, which the hand-made set-up lacks, is opened; and only that is taken back."""
    shell(host, CHAPTER + PLANNED + UP)
    before = configuration(host)
    done = rows(host, "apply", "--only", "ethernet,bridge")
    changed = {step for step, state in states(done).items() if state == "changed"}
    assert changed == {"bridge.firewall", "bridge.firewall-permanent"}
    rows(host, "undo")
    assert configuration(host) == before


def test_the_profile_that_was_active_on_the_interface_is_active_again_after_undo(host: Host) -> None:
    """The plan's profile takes its place; undo gives it back before it deletes the plan's."""
    shell(
        host,
        "nmcli connection add con-name old ifname enp1s0 type ethernet ipv4.method manual "
        "ipv4.addresses 198.51.100.77/24 ipv4.gateway 198.51.100.254; nmcli connection up old",
    )
    before = configuration(host)
    rows(host, "apply", "--only", "ethernet,bridge")
    assert "198.51.100.2/24" in shell(host, "ip -4 address show enp1s0")
    rows(host, "undo")
    assert configuration(host) == before


def test_a_boot_right_after_apply_brings_up_the_plans_profile(host: Host) -> None:
    """Though the one that was there before was in use in the same second, which NetworkManager goes by otherwise."""
    shell(
        host,
        "nmcli connection add con-name old ifname enp1s0 type ethernet ipv4.method manual "
        "ipv4.addresses 198.51.100.77/24; nmcli connection up old",
    )
    in_use = "nmcli -g GENERAL.CONNECTION device show enp1s0"
    rows(host, "apply", "--only", "ethernet")
    boot(host)
    shell(host, "nm-online -q -t 30")
    assert shell(host, in_use) == "Example\n"
    rows(host, "undo")
    assert shell(host, in_use) == "old\n"


DIFFERENT = {
    "the chapter to the letter": (
        "nmcli connection modify bridge0 bridge.stp yes 802-3-ethernet.mtu ''",
        "stp: yes -> no",
    ),
    "another VNI": ("nmcli connection modify bridge0-vxlan10 vxlan.id 20", "vxlan.id: 20 -> 10"),
    "another remote": (
        "nmcli connection modify bridge0-vxlan10 remote 203.0.113.9",
        "remote: 203.0.113.9 -> 203.0.113.1",
    ),
    "another port": ("nmcli connection modify bridge0-vxlan10 destination-port 4789", "port: 4789 -> 8472"),
    "no autoconnect": ("nmcli connection modify bridge0-vxlan10 autoconnect no", "autoconnect: no -> yes"),
    "in another bridge": (
        "nmcli connection modify bridge0-vxlan10 master br7; "
        "nmcli connection add type bridge con-name br7 ifname br7 ipv4.method disabled ipv6.method disabled",
        "connection.master: br7 -> bridge0",
    ),
    "a bridge with an address": (
        "nmcli connection modify bridge0 ipv4.method manual ipv4.addresses 192.0.2.9/24 ipv4.dns 192.0.2.53",
        "ipv4.method: manual -> disabled",
    ),
    "another address": ("nmcli connection modify Example ipv4.addresses 198.51.100.3/24", "198.51.100.3/24 -> 198.51"),
    "DHCP": (
        "nmcli connection modify Example ipv4.method auto ipv4.addresses '' ipv4.gateway ''",
        "method: auto -> manual",
    ),
}


@pytest.mark.parametrize("difference", few(DIFFERENT, "the chapter to the letter"))
def test_what_differs_from_the_plan_is_shown_changed_and_put_back_by_undo(host: Host, difference: str) -> None:
    """Also where the kernel cannot change a device in place, and where the device was already active."""
    command, shown = DIFFERENT[difference]
    shell(host, f"{CHAPTER}{PLANNED}{UP}{command}")
    profile = command.split()[3]
    activate = f"nmcli --wait 5 connection up {profile} || nmcli connection down {profile}"
    shell(host, f"nmcli connection down {profile}; {activate}; sleep 1")
    before = configuration(host)
    out = program(host, "apply", PLAN, "--yes", "--only", "ethernet,bridge")
    assert shown in out
    link = shell(host, "ip -d link show vxlan10; ip -4 address show enp1s0; ip address show bridge0")
    assert "vxlan id 10 remote 203.0.113.1 local 198.51.100.2" in link
    assert "dstport 8472" in link
    assert "master bridge0" in link
    assert "198.51.100.2/24" in link
    assert "192.0.2.9" not in link
    assert set(states(rows(host, "apply", "--only", "ethernet,bridge")).values()) == {"done"}
    rows(host, "undo")
    assert configuration(host) == before


CONFLICTS = {
    "a bridge with other ports": (
        "ip link add dummy9 type veth peer name dummy8; "
        "nmcli connection add type bridge con-name bridge0 ifname bridge0 ipv4.method disabled ipv6.method disabled; "
        "nmcli connection add type ethernet con-name d ifname dummy9 slave-type bridge master bridge0; "
        "nmcli connection up d",
        "bridge0 has other ports: dummy9",
    ),
    "a bridge that NetworkManager did not make": (
        "ip link add bridge0 type bridge; ip link set bridge0 up; sleep 1",
        "the device bridge0 exists, and no",
    ),
    "a bridge by another profile": (
        "nmcli connection add type bridge con-name mine ifname bridge0 ipv4.method disabled ipv6.method disabled; "
        "nmcli connection up mine",
        "the device bridge0 exists, and not by the connection profile bridge0 (CONNECTION:mine)",
    ),
    "a bridge by another profile that is not active": (
        "nmcli connection add type bridge con-name mine ifname bridge0 autoconnect no "
        "ipv4.method disabled ipv6.method disabled",
        "the device bridge0 belongs to the connection profile mine",
    ),
    "two profiles of one name": (
        "for i in 1 2; do nmcli connection add con-name Example ifname enp1s0 type ethernet autoconnect no; done",
        "there are connection profiles named Example that are not the plan's, or several: connection.interface-name",
    ),
    "a profile of another type": (
        "nmcli connection add type dummy con-name bridge0 ifname dummy9",
        "that are not the plan's, or several: connection.interface-name:dummy9, connection.type:dummy",
    ),
    "a VNI and port in use": (
        "ip link add other type vxlan id 10 dstport 8472 remote 203.0.113.7",
        "VNI 10 on UDP port 8472 is taken by another device: ",
    ),
    "a VNI and port in a profile": (
        "nmcli connection add type vxlan con-name other ifname vx9 id 10 remote 203.0.113.7 autoconnect no",
        "VNI 10 on UDP port 8472 is taken by the connection profile other",
    ),
    "a network on another bridge": (
        'virsh net-define /dev/stdin <<<\'<network><name>vxlan10-bridge</name><forward mode="bridge"/>'
        '<bridge name="br7"/></network>\'',
        "a libvirt network vxlan10-bridge exists that is not the plan's: it has <bridge name='br7",
    ),
    "an underlay interface in a bridge": (
        "nmcli connection add type bridge con-name br7 ifname br7 ipv4.method disabled ipv6.method disabled; "
        "nmcli connection add type ethernet con-name p ifname enp1s0 slave-type bridge master br7; "
        "nmcli connection up p",
        "enp1s0 is a port of br7",
    ),
    "no such VM": ("virsh undefine vma", "there is no VM vma, and the plan does not say how"),
    "a VM with two NICs": (
        "virsh attach-interface vma --type network --source rehearsal-old --config",
        "the VM vma has 2 NICs",
    ),
}


@pytest.mark.parametrize("conflict", few(CONFLICTS, "a VNI and port in use", "no such VM"))
def test_what_belongs_to_somebody_else_stops_the_run_before_anything_is_changed(host: Host, conflict: str) -> None:
    """The step that is in conflict says with what; no step runs."""
    command, words = CONFLICTS[conflict]
    shell(host, command)
    before = configuration(host)
    lines = rows(host, "apply", status=1)
    failed = [line for line in lines if line.get("state") == "failed"]
    assert any(words in line["detail"] for line in failed), [line["detail"] for line in failed]
    assert "changed" not in states(lines).values()
    assert lines[-1] == {"result": "failed"}
    assert configuration(host) == before


DEAF = """
<domain type='qemu'>
  <name>deaf</name>
  <memory unit='MiB'>64</memory>
  <os><type>hvm</type></os>
  <features><acpi/></features>
  <devices><interface type='network'><source network='rehearsal-old'/></interface></devices>
</domain>
"""

DEAF_IN_PLAN = """
[[vms]]
host = "host-a"
name = "deaf"
network = "vxlan10-bridge"
move = "restart"
shutdown_timeout = 2
"""


def test_a_vm_that_will_not_shut_down_is_not_forced_and_fails_its_step_with_words(host: Host) -> None:
    """A VM without a guest that listens: it goes on running, and the words say what can be done."""
    host.run(["virsh", "define", "/dev/stdin"], input=DEAF)
    shell(host, "virsh start deaf")
    host.run(["tee", "-a", PLAN], input=DEAF_IN_PLAN)
    lines = rows(host, "apply", status=1)
    failed = {line["step"]: line["detail"] for line in lines if line.get("state") == "failed"}
    assert "did not shut down within 2 s. It was not forced off" in failed["vm.move"]
    assert shell(host, "virsh domstate deaf").strip() == "running"


@campaign
def test_a_vm_that_is_still_booting_is_asked_to_shut_down_again(host: Host) -> None:
    """It has not heard the first request: nobody in it listened yet."""
    shell(
        host, f"sed -i 's/^address = .192.0.2.1./move = \"restart\"\\nshutdown_timeout = 200/' {PLAN}; virsh start vma"
    )
    assert states(rows(host, "apply"))["vm.move"] == "changed"
    assert "vxlan10-bridge" in shell(host, "virsh domiflist vma")


@pytest.mark.parametrize("number", few([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], signal.SIGINT))
def test_an_interrupt_lets_the_command_end_records_it_and_stops(host: Host, number: signal.Signals) -> None:
    """Exit status 130; what had started is in the journal with its end; the next run finishes the work."""
    shell(host, _slow("nmcli"))
    started = held(host.popen(["vxlan-tui", "apply", PLAN, "--yes"]))
    _wait_for(host, "test -e /root/slow")
    started.send_signal(number)
    shell(host, "rm /usr/local/sbin/nmcli")
    assert started.wait(timeout=30) == 130
    log = program(host, "log")
    assert "cut off" not in log
    assert log.count("exit status 0") == 1
    assert rows(host, "apply", "--only", "ethernet,bridge,network")[-1] == {"result": "changed"}


def test_a_second_run_is_refused_and_told_who_holds_the_lock(host: Host) -> None:
    """Exit status 3, nothing done."""
    shell(host, _slow("nmcli"))
    started = held(host.popen(["vxlan-tui", "apply", PLAN, "--yes"]))
    _wait_for(host, "test -e /root/slow")
    out = program(host, "undo", PLAN, "--yes", status=3)
    assert re.search(r"being changed by `vxlan-tui apply /root/plan.toml` \(process \d+, since", out)
    shell(host, "rm /usr/local/sbin/nmcli")
    assert started.wait(timeout=60) == 0


def test_daemons_that_do_not_run_are_named_all_at_once_with_what_starts_them(host: Host) -> None:
    """Exit status 3 before anything is changed."""
    for daemon in ("firewalld", "libvirtd"):
        host.daemons.stop(daemon)
    try:
        out = program(host, "apply", PLAN, "--yes", status=3)
    finally:
        for daemon in ("firewalld", "libvirtd"):
            host.daemons.start(daemon)
    assert "systemctl enable --now firewalld" in out
    assert "systemctl enable --now libvirtd" in out
    assert "has run nothing on this host yet" in program(host, "log")


def test_without_yes_and_without_a_terminal_nothing_is_asked_and_nothing_is_done(host: Host) -> None:
    """A script has to say --yes."""
    assert "add --yes" in program(host, "apply", PLAN, status=2)


def _slow(tool: str) -> str:
    """A tool that takes a while over its first changing command, until it is removed."""
    return (
        f"cat > /usr/local/sbin/{tool} <<'END'\n#!/bin/bash\n"
        f'[[ " $* " != *" add "* ]] || {{ touch /root/slow; while [[ -e $0 ]]; do sleep 0.1; done; }}\n'
        f'exec /usr/bin/{tool} "$@"\nEND\nchmod 755 /usr/local/sbin/{tool}'
    )


def _wait_for(host: Host, condition: str) -> None:
    for _ in range(100):
        if host.run(["bash", "-c", condition], check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise AssertionError(condition)

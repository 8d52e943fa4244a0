"""A rehearsal: real hosts that reach each other, that cannot touch the machine, and that leave nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, suppress
from pathlib import Path
from textwrap import dedent

import pytest

from tests.cases import campaign, few
from tests.processes import held
from vxlan_tui.plan import Plan, parse
from vxlan_tui.rehearsal import SAMPLE, CommandFailed, NeedsUnmetError, Rehearsal, RehearsalError, rehearse
from vxlan_tui.rehearsal.needs import missing
from vxlan_tui.rehearsal.network import links

HOSTILE = """it's "a" <VM> & $(more)"""

SAME_SUBNET = f"""
    [[hosts]]
    name = "host-a"
    interface = "enp1s0"
    vtep = "198.51.100.2"

    [[hosts]]
    name = "host-b"
    interface = "enp1s0"
    vtep = "198.51.100.3"

    [[segments]]
    vni = 10
    bridge = "bridge0"
    group = "239.1.1.10"

    [[vms]]
    host = "host-a"
    name = '''{HOSTILE}'''
    network = "vxlan10-bridge"

    [[vms]]
    host = "host-a"
    name = "two nics"
    network = "vxlan10-bridge"
    mac = "52:54:00:aa:bb:01"
    address = "192.0.2.77"
"""

pytestmark = pytest.mark.usefixtures("sandbox")


def _plan(text: str) -> Plan:
    return parse(dedent(text).encode(), Path("no such directory/plan.toml"))


def _as_it_is(first: str, second: str) -> Plan:
    hosts = "".join(
        f'[[hosts]]\nname = "{name}"\ninterface = "enp1s0"\nvtep = "{vtep}"\n'
        for name, vtep in (("host-a", first), ("host-b", second))
    )
    return _plan(f'{hosts}[[segments]]\nvni = 10\nbridge = "bridge0"\n')


def _text(path: str) -> str | None:
    return Path(path).read_text() if Path(path).exists() else None


def _until(true: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.2)
    return False


@pytest.fixture(scope="module")
def started_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the machine that the hosts are started in, with a file."""
    directory = tmp_path_factory.mktemp("started-in")
    (directory / "mine").write_text("mine")
    return directory


@pytest.fixture(scope="module")
def up(sample_plan: Plan, sandbox: None, started_in: Path) -> Iterator[Rehearsal]:
    """The sample plan's hosts, for tests that do not get into each other's way."""
    with chdir(started_in), Rehearsal(sample_plan) as rehearsal:
        yield rehearsal


def test_each_host_has_its_name_its_plan_and_its_underlay_address_by_a_profile_of_another_name(up: Rehearsal) -> None:
    for host, address in zip(up.hosts, ("198.51.100.2/24", "203.0.113.1/24"), strict=True):
        assert host.run(["hostname"]).stdout.strip() == host.name
        assert host.run(["cat", "/root/plan.toml"]).stdout == SAMPLE.read_text()
        shown = "GENERAL.TYPE,GENERAL.CONNECTION,IP4.ADDRESS"
        said = host.run(["nmcli", "-g", shown, "device", "show", "enp1s0"]).stdout
        assert said.split() == ["ethernet", "uplink", address]


@pytest.mark.parametrize("address", ["host-b", "root@host-b", "203.0.113.1", "admin@host-b", "host-a"])
def test_the_console_logs_in_everywhere_by_name_and_by_address_without_a_question(up: Rehearsal, address: str) -> None:
    told = up["host-a"].run(["ssh", "-o", "BatchMode=yes", address, "hostname; sudo -n id -un; id -un"]).stdout
    user, _, name = address.rpartition("@")
    assert told.split() == ["host-a" if name == "host-a" else "host-b", "root", user or "root"]


def test_nobody_but_the_console_has_a_key(up: Rehearsal) -> None:
    refused = up["host-b"].run(["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "host-a"], check=False)
    assert "Permission denied (publickey)" in refused.stderr


def test_the_machines_own_keys_are_neither_used_nor_seen(up: Rehearsal) -> None:
    machine = [path.read_text() for path in Path("/etc/ssh").glob("ssh_host_*.pub")]
    for host in up.hosts:
        known = host.run(["sh", "-c", "cat /etc/ssh/*.pub /root/.ssh/*", "sh"], check=False).stdout
        assert "ssh-ed25519" in known
        assert not any(key.split()[1] in known for key in machine)
    assert "rehearsal" not in "".join(path.read_text() for path in Path.home().glob(".ssh/*") if path.is_file())


def test_a_cut_underlay_cuts_ssh(up: Rehearsal) -> None:
    ssh = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=1", "host-b", "true"]
    up.pull(up["host-b"])
    assert up["host-a"].run(ssh, check=False).returncode == 255
    up.plug(up["host-b"])
    assert _until(lambda: up["host-a"].run(ssh, check=False).returncode == 0)


def test_the_daemons_inside_are_the_real_ones(up: Rehearsal) -> None:
    for host in up.hosts:
        assert host.run(["nmcli", "-g", "RUNNING", "general"]).stdout.strip() == "running"
        assert host.run(["firewall-cmd", "--state"]).stdout.strip() == "running"
        assert "QEMU" in host.run(["virsh", "version"]).stdout


def test_vms_of_the_plan_are_defined_and_off_on_another_network_than_the_plans(up: Rehearsal) -> None:
    for host, vm in (("host-a", "vma"), ("host-b", "vmb")):
        assert up[host].run(["virsh", "domstate", vm]).stdout.strip() == "shut off"
        assert "rehearsal-old" in up[host].run(["virsh", "domiflist", vm]).stdout


def test_a_failed_command_says_what_it_said(up: Rehearsal) -> None:
    with pytest.raises(CommandFailed, match="no network with matching name"):
        up["host-a"].run(["virsh", "net-start", "missing"])


def test_signals_reach_the_command_itself(up: Rehearsal) -> None:
    child = up["host-a"].popen(["sleep", "3600"])
    child.kill()
    assert child.wait(timeout=5) == -signal.SIGKILL


@pytest.mark.parametrize("name", ["NetworkManager", "firewalld", "libvirtd", "sshd"])
def test_a_daemon_can_be_stopped_and_started_again(up: Rehearsal, name: str) -> None:
    daemons = up["host-b"].daemons
    daemons.stop(name)
    daemons.start(name)


def test_a_daemon_that_does_not_start_is_said_with_its_own_words(up: Rehearsal) -> None:
    host = up["host-a"]
    host.daemons.stop("libvirtd")
    host.run(["cp", "/etc/libvirt/libvirtd.conf", "/root/kept"])
    host.run(["tee", "/etc/libvirt/libvirtd.conf"], input="max_clients = nonsense\n")
    with pytest.raises(RehearsalError, match="Can't load config file"):
        host.daemons.start("libvirtd")
    host.run(["cp", "/root/kept", "/etc/libvirt/libvirtd.conf"])
    host.daemons.start("libvirtd")


VTEPS = {4: ("198.51.100.2", "203.0.113.1"), 6: ("2001:db8:1::2", "2001:db8:2::1")}


@pytest.mark.parametrize("version", few(VTEPS, 6))
def test_with_dual_stack_an_interface_used_as_it_is_has_an_address_of_both_families_and_the_router_joins_both(
    version: int,
) -> None:
    with Rehearsal(_as_it_is(*VTEPS[version]), dual_stack=True) as rehearsal:
        first, second = (link.addresses for link in links(rehearsal.plan))
        assert [address.version for address, _ in first] == [version, 10 - version]
        for (address, _), (other, _) in zip(first, second, strict=True):
            assert address.network != other.network
            # A router that has just come up may call a host unreachable until it has found it.
            asked = 'for try in $(seq 15); do ping -c 1 -W 1 "$0" && exit; sleep 0.5; done; exit 1'
            rehearsal["host-a"].run(["sh", "-c", asked, str(other.ip)])


ADDRESSED = """
    [[hosts]]
    name = "a"
    interface = "enp1s0"
    vtep = "2001:db8:1::2"
    ssh = "KVM-a.example.com"

    [[hosts]]
    name = "b"
    interface = "enp1s0"
    vtep = "2001:db8:2::2"
    ssh = "ssh://ops@10.1.2.3:2222"

    [[segments]]
    vni = 1
    bridge = "bridge0"
"""


def test_a_host_is_logged_in_to_as_its_ssh_says_by_an_alias_an_address_elsewhere_a_port_and_a_user() -> None:
    with Rehearsal(_plan(ADDRESSED)) as rehearsal:
        for host in rehearsal.plan.hosts:
            assert host.ssh is not None
            ssh = ["ssh", "-o", "BatchMode=yes", host.ssh, "hostname; sudo -n id -u"]
            assert rehearsal["a"].run(ssh).stdout.split() == [host.name, "0"]


EIGHT = (
    "198.51.100.2",
    "198.51.100.3",
    "198.51.100.4",
    "203.0.113.1",
    "203.0.113.2",
    "192.0.2.1",
    "10.0.0.1",
    "10.0.1.1",
)


def test_eight_hosts_of_which_some_share_a_subnet_all_answer_the_console() -> None:
    hosts = "".join(
        f'[[hosts]]\nname = "kvm{number}"\ninterface = "enp1s0"\nvtep = "{vtep}"\n' for number, vtep in enumerate(EIGHT)
    )
    plan = _plan(f'{hosts}[[segments]]\nvni = 10\nbridge = "bridge0"\n')
    assert len({link.bridge for link in links(plan)}) == 5
    with Rehearsal(plan) as rehearsal:
        ask = 'for each; do ssh -o BatchMode=yes "$each" hostname & done; wait'
        names = [host.name for host in rehearsal.hosts]
        said = rehearsal.hosts[0].run(["sh", "-c", ask, "sh", *names]).stdout
        assert sorted(said.split()) == names
        rehearsal.hosts[-1].run(["ping", "-c", "1", "-W", "5", EIGHT[0]])


DISPATCHED = "/etc/NetworkManager/dispatcher.d/50-told"


def test_networkmanager_runs_dispatcher_scripts(up: Rehearsal) -> None:
    host = up["host-a"]
    host.run(["tee", DISPATCHED], input='#!/bin/sh\necho "$1 $2" >> /root/told\n')
    host.run(["chmod", "755", DISPATCHED])
    host.run(["nmcli", "connection", "up", "uplink"])
    host.run(["nmcli", "device", "reapply", "enp1s0"])
    told = ["cat", "/root/told"]
    assert _until(lambda: {"enp1s0 up", "enp1s0 reapply"} <= set(host.run(told).stdout.splitlines()))
    assert not Path(DISPATCHED).exists()


@pytest.mark.parametrize("debian", few([12, 13], 13))
def test_with_evpn_in_the_plan_frr_runs_with_its_bgpd_and_speaks_to_the_other_hosts(
    debian: int, request: pytest.FixtureRequest
) -> None:
    root = request.getfixturevalue("debian13") if debian == 13 else None
    text = EVPN.format(*(f'name = "host-{n}"\ninterface = "enp1s0"\nvtep = "198.51.100.{n}"' for n in (2, 3)))
    if debian == 12 and not shutil.which("vtysh"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("missing: frr")
    before = _text("/etc/frr/daemons")
    with Rehearsal(_plan(text), root) as rehearsal:
        for host, peer in zip(rehearsal.hosts, (3, 2), strict=True):
            host.run(["firewall-cmd", "--add-port=179/tcp"])
            lines = ("router bgp 65000", "no bgp ebgp-requires-policy", f"neighbor 198.51.100.{peer} remote-as 65000")
            host.run(["vtysh", "-c", "configure terminal", *(word for line in lines for word in ("-c", line))])
            host.run(["vtysh", "-c", "write memory"])
        shown = ["vtysh", "-c", "show bgp ipv4 unicast summary json"]
        assert _until(lambda: "Established" in rehearsal["host-2"].run(shown).stdout)
        rehearsal["host-2"].daemons.stop("frr")
        rehearsal["host-2"].daemons.start("frr")
        assert _until(lambda: "Established" in rehearsal["host-2"].run(shown).stdout)
    assert _text("/etc/frr/daemons") == before


EVPN = """
[[hosts]]
{}
[[hosts]]
{}
[[segments]]
vni = 10
bridge = "bridge0"
control = "evpn"
[evpn]
asn = 65000
"""


def test_another_distributions_root_gives_its_own_versions_and_dhcp_hands_each_host_its_own_vtep(
    debian13: Path,
) -> None:
    dhcp = '[hosts.ethernet]\nprofile = "Example"\nmethod = "auto"\n'
    host = '[[hosts]]\nname = "{}"\ninterface = "enp1s0"\nvtep = "198.51.100.{}"\n' + dhcp
    text = host.format("host-a", 20) + host.format("host-b", 30) + '[[segments]]\nvni = 1\nbridge = "bridge0"\n'
    with Rehearsal(_plan(text), debian13, underlay_up=False) as rehearsal:
        assert "1.52" in rehearsal["host-a"].run(["nmcli", "--version"]).stdout
        assert 'VERSION_ID="13"' in rehearsal["host-b"].run(["cat", "/etc/os-release"]).stdout
        assert rehearsal["host-a"].run(["vxlan-tui", "--version"]).stdout
        for planned, link in zip(rehearsal.hosts, links(rehearsal.plan), strict=True):
            planned.run(["nmcli", "connection", "add", "type", "ethernet", "con-name", "Example", "ifname", "enp1s0"])
            planned.run(["nmcli", "connection", "up", "Example"])
            shown = json.loads(planned.run(["ip", "-4", "-j", "address", "show", "enp1s0"]).stdout)
            assert shown[0]["addr_info"][0]["local"] == str(link.host.vtep)


def test_hosts_of_one_subnet_share_a_wire_and_vms_with_hostile_names_answer_each_other_and_obey_a_shutdown() -> None:
    with Rehearsal(_plan(SAME_SUBNET), vms_running=True) as rehearsal:
        rehearsal["host-a"].run(["arping", "-c", "1", "-w", "5", "-I", "enp1s0", "198.51.100.3"])
        assert rehearsal.sees_arp_reply(HOSTILE, "192.0.2.77")
        assert rehearsal.sees_arp_reply("two nics", "192.0.2.1")
        rehearsal["host-a"].run(["virsh", "shutdown", "--domain", HOSTILE])
        state = ["virsh", "domstate", "--domain", HOSTILE]
        assert _until(lambda: rehearsal["host-a"].run(state).stdout.strip() == "shut off")


def test_what_is_written_inside_is_not_seen_outside(up: Rehearsal, started_in: Path) -> None:
    kept = ("etc", "root", "run", "etc/frr", "etc/wireguard", "etc/NetworkManager/dispatcher.d", "var/lib/vxlan-tui")
    places = [*(f"/{directory}/written-inside" for directory in kept), str(started_in / "written-inside")]
    host = up["host-b"]
    host.run(["sh", "-c", 'cd /; mkdir -p "$@"', "sh", *kept])
    for place in places:
        host.run(["tee", place], input="inside")
        assert not Path(place).exists()
    host.run(["rm", str(started_in / "mine"), "/etc/os-release"])
    assert (started_in / "mine").read_text() == "mine"
    assert Path("/etc/os-release").exists()


@pytest.mark.parametrize("setting", ["/proc/sys/kernel/panic", "/sys/kernel/mm/transparent_hugepage/enabled"])
def test_the_machines_settings_are_read_only(up: Rehearsal, setting: str) -> None:
    said = up["host-a"].run(["tee", setting], input="0\n", check=False)
    assert "Read-only file system" in said.stderr


def test_nobody_inside_may_set_the_clock_load_modules_or_make_disks(up: Rehearsal) -> None:
    status = up["host-a"].run(["grep", "CapEff", "/proc/self/status"]).stdout
    may = int(status.split()[1], 16)
    module, raw_io, boot, clock, device = 16, 17, 22, 25, 27  # linux/capability.h
    assert [bit for bit in (module, raw_io, boot, clock, device) if may & 1 << bit] == []


@campaign
def test_two_rehearsals_run_side_by_side(sample_plan: Plan) -> None:
    with Rehearsal(sample_plan) as one, Rehearsal(sample_plan) as other:
        one["host-a"].run(["nmcli", "connection", "add", "type", "bridge", "ifname", "bridge0"])
        assert "bridge0" in one["host-a"].run(["ip", "link"]).stdout
        assert "bridge0" not in other["host-a"].run(["ip", "link"]).stdout


def _namespaces(pid: int) -> set[str]:
    return {str(Path(f"/proc/{pid}/ns/{kind}").readlink()) for kind in ("mnt", "net", "pid", "uts", "ipc")}


def _is_dead(process: Path) -> bool:
    """Whether it has ended, and whoever inherited it has only not asked yet how: the machine's own init has time."""
    return (process / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"


def _holders(namespaces: set[str]) -> set[tuple[Path, str]]:
    """Give every process that holds one of these namespaces, by itself or by an open file, and when it began.

    Asked as long as they are there: the kernel gives the number of one that is gone to the next that anybody makes.
    """
    return {
        (each, began) for each in Path("/proc").glob("[0-9]*") if (began := _began(each)) and _holds(each, namespaces)
    }


def _holds(process: Path, namespaces: set[str]) -> bool:
    for directory in (process / "ns", process / "fd"):
        with suppress(OSError):  # the process is gone meanwhile
            for link in directory.iterdir():
                with suppress(OSError):  # the file is closed meanwhile
                    if str(link.readlink()) in namespaces:
                        return True
    return False


def _began(process: Path) -> str:
    """Give when a process began (proc(5), stat, field 22); empty where it is gone, or has ended."""
    try:
        return "" if _is_dead(process) else (process / "stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def _left(holders: set[tuple[Path, str]]) -> list[str]:
    """Give those of these processes that still run."""
    return [str(process) for process, began in holders if _began(process) == began]


def test_nothing_is_left_after_leaving_not_even_by_an_exception(sample_plan: Plan) -> None:
    mounts = Path("/proc/self/mountinfo").read_text()
    with pytest.raises(ZeroDivisionError), Rehearsal(sample_plan) as rehearsal:
        ours = _namespaces(os.getpid())
        namespaces = set().union(*(_namespaces(host.pid) for host in rehearsal.hosts)) - ours
        assert len(namespaces) == 2 * 5
        rehearsal["host-a"].popen(["sleep", "3600"])
        holders = _holders(namespaces)
        assert len(holders) > 2
        _ = 1 / 0
    assert _left({each for each in holders if each[0].name != str(os.getpid())}) == []
    assert not _holds(Path("/proc/self"), namespaces)
    assert Path("/proc/self/mountinfo").read_text() == mounts


OWNER = """
import sys, time
from pathlib import Path
from vxlan_tui.plan import load
from vxlan_tui.rehearsal import Rehearsal
with Rehearsal(load(Path(sys.argv[1])), vms_running=sys.argv[2:] == ["vms"]) as rehearsal:
    rehearsal.hosts[0].popen(["sleep", "3600"])
    print(*[host.pid for host in rehearsal.hosts], flush=True)
    time.sleep(3600)
"""


@pytest.mark.parametrize("number", few([signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT], signal.SIGKILL))
def test_nothing_is_left_when_the_owner_is_killed(number: signal.Signals) -> None:
    argv = [sys.executable, "-c", OWNER, str(SAMPLE), *(["vms"] if number == signal.SIGKILL else [])]
    owner = held(subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True))
    assert owner.stdout is not None
    pids = [int(word) for word in owner.stdout.readline().split()]
    namespaces = set().union(*(_namespaces(pid) for pid in pids)) - _namespaces(os.getpid())
    holders = _holders(namespaces)
    owner.send_signal(number)
    owner.wait(timeout=10)
    assert len(pids) == 2 < len(holders)
    assert _until(lambda: _left(holders) == [], 30), _left(holders)


@pytest.mark.parametrize("delay", few([0.02, 0.1, 0.2, 0.5, 1.0], 0.1, 0.5))
def test_nothing_is_left_when_the_owner_is_killed_while_hosts_come_up(delay: float) -> None:
    owner = held(subprocess.Popen([sys.executable, "-c", OWNER, str(SAMPLE)], stdout=subprocess.PIPE))
    children = Path(f"/proc/{owner.pid}/task/{owner.pid}/children")
    assert _until(lambda: children.read_text() != "", 10)
    time.sleep(delay)
    ours = _namespaces(os.getpid())
    namespaces: set[str] = set()
    for pid in map(int, children.read_text().split()):
        with suppress(FileNotFoundError):  # some are commands that have ended
            namespaces |= _namespaces(pid) - ours
    holders = _holders(namespaces)
    owner.kill()
    owner.wait(timeout=10)
    assert _until(lambda: _left(holders) == [], 30), _left(holders)


def test_all_that_is_missing_is_said_at_once_with_its_package(tmp_path: Path, sample_plan: Plan) -> None:
    with pytest.raises(NeedsUnmetError) as caught, Rehearsal(sample_plan, tmp_path):
        pass
    for package in ("network-manager", "NetworkManager", "firewalld", "qemu-system-x86", "kernel-core"):
        assert package in str(caught.value)


def test_a_root_that_is_not_there_is_said(tmp_path: Path, sample_plan: Plan) -> None:
    assert [need.what for need in missing(sample_plan, tmp_path / "none")] == [f"a directory {tmp_path}/none"]


def test_nothing_is_missing_here(sample_plan: Plan) -> None:
    assert missing(sample_plan, Path("/")) == ()


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """A plan of two hosts without VMs, in a directory that is the current one."""
    path = tmp_path / "mine.toml"
    path.write_text(SAMPLE.read_text().partition("[[vms]]")[0])
    return path


def test_the_verb_runs_a_command_on_the_console_which_alone_has_the_program_and_gives_its_exit_status(
    plan_file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(plan_file.parent)
    has_program = "command -v vxlan-tui"
    script = f"hostname; ls; cmp mine.toml /root/plan.toml; {has_program}; ssh host-b {has_program}; exit 7"
    assert rehearse(Path("mine.toml"), None, ["sh", "-c", script]) == 7
    assert capfd.readouterr().out == "host-a\nmine.toml\n/usr/local/bin/vxlan-tui\n"


def test_without_a_command_a_shell_says_that_this_is_a_rehearsal_and_where(plan_file: Path) -> None:
    argv = [sys.executable, "-m", "vxlan_tui", "rehearse", str(plan_file)]
    done = subprocess.run(argv, input="exit 3\n", capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 3
    assert "REHEARSAL on host-a" in done.stdout
    assert "REHEARSAL host-a" in done.stderr  # the prompt

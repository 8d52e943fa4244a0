"""Exported scripts, run where their tools only print what they are given: they decide what the program decides."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment

from tests import as_planned
from tests.stand_in_tools import commands, ran
from tests.test_back import FILE, STATE
from vxlan_tui import export, judge, plan
from vxlan_tui.export import ansible
from vxlan_tui.judge import Outputs
from vxlan_tui.plan import Plan
from vxlan_tui.procedures import things
from vxlan_tui.record import Record
from vxlan_tui.rehearsal import SAMPLE

RESTART = SAMPLE.read_text().replace('name = "vma"\n', 'name = "vma"\nmove = "restart"\n')
STORED, LIVE = "dumpxml .*--inactive .*interface vma$", "dumpxml --xpath"


def _plan(text: str) -> Plan:
    return plan.parse(text.encode(), FILE)


PLAN = _plan(SAMPLE.read_text())


def _right(of: Plan) -> Outputs:
    return as_planned.outputs(things(of, of.hosts[0], STATE))


def _script(of: Plan, form: str = "script") -> str:
    return (export.script if form == "script" else export.undo_script)(of, of.hosts[0])


def _records(of: Plan, before: Outputs) -> tuple[Record, ...]:
    rows = {row.record: row for row in things(of, of.hosts[0], STATE) if row.record}
    return tuple(Record(name, before.get(row.before.argv, "")) for name, row in rows.items())


def _as_the_program(of: Plan, shown: Outputs) -> list[str]:
    steps = judge.forward(things(of, of.hosts[0], STATE), shown)
    return [command.text.partition("\n")[0] for step in steps for command in step.commands]


DIFFERENT = {
    "all as planned": (PLAN, "net-info", "Active:", "Active:"),
    "a DNS server that is the gateway": (
        _plan(SAMPLE.read_text().replace('dns = ["198.51.100.200"]', 'dns = ["198.51.100.254"]', 1)),
        "device show enp1s0",
        "GATEWAY:",
        "IP4.GATEWAY:",
    ),
    "STP": (PLAN, "connection show id bridge0$", "bridge.stp:no", "bridge.stp:yes"),
    "another VNI": (PLAN, "^ip .* dev vxlan10$", "id 10 ", "id 11 "),
    "a network that is not active": (PLAN, "net-info", "Active:         yes", "Active:         no"),
    "a VM elsewhere": (PLAN, LIVE, "bridge0", "virbr0"),
    "a VM whose cable is out": (PLAN, LIVE, "bridge0", 'bridge0"\nstate="down'),
    "a VM's definition on a bridge": (PLAN, STORED, 'interface type="network', 'interface type="bridge'),
    "a VM elsewhere that is to be restarted": (_plan(RESTART), LIVE, "bridge0", "virbr0"),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_script_says_word_for_word_what_apply_would_run(name: str, tmp_path: Path) -> None:
    of, where, old, new = DIFFERENT[name]
    shown = as_planned.instead(_right(of), where, old, new)
    told = ran(_script(of), shown, tmp_path, "--check")
    assert told.stderr == ""
    assert commands(told.stdout) == _as_the_program(of, shown)
    assert told.returncode == (1 if told.stdout else 0)


def test_a_vm_that_is_to_be_restarted_is_waited_for_by_a_script_too(tmp_path: Path) -> None:
    """It runs to its end: all that the command is made of is there."""
    of = _plan(RESTART)
    elsewhere = as_planned.instead(_right(of), LIVE, "bridge0", "virbr0")
    off: Outputs = {("virsh", "list", "--name", "--state-shutoff"): "vma\n"}
    done = ran(_script(of), {**elsewhere, **off}, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in commands(done.stdout)] == ["timeout", "virsh"]


STOPPED = "error: Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory\n"


@pytest.mark.parametrize("form", ["script", "undo"])
def test_what_a_daemon_that_is_stopped_does_not_tell_is_not_taken_for_absent(form: str, tmp_path: Path) -> None:
    """No record of nothing is kept, and none is lost."""
    shown = _right(PLAN)
    fails = dict.fromkeys((argv for argv in shown if argv[0] == "virsh"), STOPPED)
    records = _records(PLAN, shown) if form == "undo" else ()
    ended = ran(_script(PLAN, form), shown, tmp_path, fails=fails, records=records)
    assert ended.returncode == 1
    assert "Failed to connect socket" in ended.stderr
    kept = {file.name for file in (tmp_path / "state/before").iterdir()}
    assert {record.name for record in records} <= kept
    assert form == "undo" or not [name for name in kept if name.startswith(("network", "nic", "live", "power"))]


@pytest.mark.parametrize(
    ("words", "how"),
    [(["--check"], ">/dev/full"), ([], ">/dev/full"), (["", "--check"], ""), ([], "2>/dev/full")],
    ids=str,
)
def test_what_cannot_be_said_is_not_done_and_check_is_never_passed_over(
    words: list[str], how: str, tmp_path: Path
) -> None:
    """A full disk, or a wrapper's empty variable: neither turns a stop, or a look, into a change."""
    shown = as_planned.gone(_right(PLAN), "--query-port")
    if how.startswith("2"):
        shown = as_planned.instead(_right(PLAN), "dumpxml .*interface.2.", "", ' address="52:54:00:00:00:01"')
    script = _script(PLAN).replace("set -uo pipefail", f"exec {how or '2>&1'}; set -uo pipefail", 1)
    ended = ran(script, shown, tmp_path, *words)
    assert ended.returncode == (2 if "" in words else 1)
    assert not list((tmp_path / "state/before").iterdir())


def test_what_is_read_at_the_second_time_is_there(tmp_path: Path) -> None:
    """A daemon that is being restarted: what it says then counts, and nothing is kept as if it had not been there."""
    shown = as_planned.gone(_right(PLAN), "domstate")
    flaky = 'if [[ -e ../again ]]; then echo "shut off"; else touch ../again; exit 1; fi'
    (tmp_path / "answers").mkdir()
    script = _script(PLAN).replace(
        "at power.vma virsh domstate vma", f"domstate() {{ cd {tmp_path}/answers; {flaky}; }}\nat power.vma domstate"
    )
    ended = ran(script, shown, tmp_path)
    assert commands(ended.stdout) == ["virsh start vma"]
    assert (tmp_path / "state/before/power.vma").read_text() == "shut off\n"


@pytest.mark.parametrize("mac", ["", "52:54:00:00:00:99"])
def test_a_vm_without_the_nic_stops_a_script(mac: str, tmp_path: Path) -> None:
    """With --check as well: it is not on the network, and nothing that would run says so."""
    of = _plan(SAMPLE.read_text().replace('name = "vma"\n', f'name = "vma"\nmac = "{mac}"\n')) if mac else PLAN
    shown = as_planned.gone(_right(of), "dumpxml")
    for words in ([], ["--check"]):
        ended = ran(_script(of), shown, tmp_path, *words)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert ended.stderr == f"Stopped in 10.5: the VM vma has no NIC{' with the MAC address ' if mac else ''}{mac}\n"


UNDERLAY = ("ip", "-o", "link", "show", "dev", "enp1s0")
LINK = "2: enp1s0: <BROADCAST,UP> mtu 1500 qdisc mq{} state UP\\    link/ether 52:54:00:00:00:02\n"


def test_an_underlay_that_is_a_port_stops_a_script(tmp_path: Path) -> None:
    """To activate a profile would take it out of its bridge, and the host off its address."""
    shown = {**as_planned.gone(_right(PLAN), "connection show"), UNDERLAY: LINK.format(" master br0")}
    stopped = ran(_script(PLAN), shown, tmp_path)
    assert (stopped.returncode, stopped.stdout, stopped.stderr) == (1, "", "Stopped in 10.2: in the way: master br0\n")


@pytest.mark.parametrize(
    ("argv", "text", "guarded"),
    [
        (("ip", "-o", "link"), "3: vlan7@enp1s0: <UP> mtu 1500\n", True),
        (("ip", "-o", "addr", "show", "dev", "enp1s0", "scope", "global"), "2: enp1s0    inet 192.0.2.7/24\n", True),
        (("ip", "-o", "link"), "2: enp1s0@if9: <UP> mtu 1500\n", False),
    ],
)
def test_a_change_under_an_address_is_guarded(argv: tuple[str, ...], text: str, guarded: bool, tmp_path: Path) -> None:
    """Also under that of a VLAN: there is no checkpoint to be had here, so it does not begin."""
    shown = {**as_planned.gone(_right(PLAN), "connection show id Example"), argv: text}
    ended = ran(_script(PLAN), shown, tmp_path)
    assert ("gives no checkpoint" in ended.stderr) == guarded
    assert (ended.returncode == 3) == guarded


@pytest.mark.parametrize(
    "records",
    [
        (Record("underlay.enp1s0", "GENERAL.STATE:30 (disconnected)\n"),),
        # As a script finds it where NetworkManager activates a profile that is added.
        (Record("underlay.enp1s0", "GENERAL.CON-UUID:7\n"), Record("profile.Example", "")),
    ],
    ids=["the profile was there", "the profile was made"],
)
def test_the_way_back_takes_no_connection_from_under_an_ssh_session(
    records: tuple[Record, ...], tmp_path: Path
) -> None:
    """The interface had none before, so there is nothing to go back to and nothing to guard."""
    shown = as_planned.instead(_right(PLAN), "device show enp1s0", "CONNECTION:", "GENERAL.CON-UUID:7\nCONNECTION:")
    shown = {**shown, ("nmcli", "-e", "no", "-g", "GENERAL.CONNECTION", "device", "show", "enp1s0"): "Example\n"}
    there = ("ss", "-Htn", "state", "established", "src", "198.51.100.2", "sport", "=", ":ssh")
    here = {**shown, there: "0 0 198.51.100.2:22 203.0.113.1:40000\n"}
    stopped = ran(_script(PLAN, "undo"), here, tmp_path, records=records)
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert "Stopped in 10.2: in the way: 0 0 198.51.100.2:22 203.0.113.1:40000" in stopped.stderr
    assert (tmp_path / "state/before/underlay.enp1s0").exists()
    ended = ran(_script(PLAN, "undo"), shown, tmp_path / "alone", records=records)
    assert commands(ended.stdout) in (["nmcli connection down id Example"], ["nmcli connection delete id Example"])
    elsewhere = {**here, **dict.fromkeys(shown, ""), **_right(PLAN), there: here[there]}
    assert "in the way" not in ran(_script(PLAN, "undo"), elsewhere, tmp_path / "else", records=records).stderr


def test_the_way_back_of_a_moved_vm_is_told_and_its_network_is_not_in_its_own_way(tmp_path: Path) -> None:
    """With --check it is still on the network that goes after it. What is in the way has no record to be named."""
    shown = _right(PLAN)
    users = tmp_path / "qemu/vma.xml"
    users.parent.mkdir()
    users.write_text("<source network='vxlan10-bridge'/>\n")
    records = _records(PLAN, {argv: text for argv, text in shown.items() if argv[-1] == "vma"})
    told = ran(_script(PLAN, "undo"), shown, tmp_path, "--check", records=records)
    assert (told.returncode, told.stderr) == (1, "")
    assert commands(told.stdout)[-1] == "nmcli connection delete id Example"
    assert "virsh net-undefine vxlan10-bridge" in commands(told.stdout)
    ended = ran(_script(PLAN, "undo"), shown, tmp_path, records=records)
    assert ended.stderr == f"Stopped in 10.4: in the way: {users}\n"


def test_the_way_back_of_a_vm_that_ran_on_no_network_stops_in_words_where_it_still_runs(tmp_path: Path) -> None:
    """A script cannot choose the restart that the program takes."""
    shown, record = _right(PLAN), Record("live.only.vma", ' type="bridge"\n bridge="br7"\n')
    stopped = ran(_script(PLAN, "undo"), shown, tmp_path, records=(record,))
    words = "Stopped in 10.5: the record live.only.vma has no network: put that back by hand, and come again\n"
    assert (stopped.returncode, stopped.stdout, stopped.stderr) == (1, "", words)
    assert (tmp_path / "state/before/live.only.vma").exists()
    off = as_planned.gone(shown, LIVE)
    assert ran(_script(PLAN, "undo"), off, tmp_path / "off", records=(record,)).returncode == 0


MEMORY = "Example:/run/NetworkManager/system-connections/Example.nmconnection\n"


def test_the_way_back_leaves_alone_what_was_never_recorded(tmp_path: Path) -> None:
    """A profile that somebody holds in memory, and hosts that somebody else named to FRR."""
    shown = {argv: MEMORY if "NAME,FILENAME" in argv else text for argv, text in _right(PLAN).items()}
    assert ran(_script(PLAN, "undo"), shown, tmp_path).stdout == ""
    was = as_planned.instead(_right(PLAN), "connection show id Example", "198.51.100.2/24", "198.51.100.3/24")
    records = tuple(record for record in _records(PLAN, was) if record.name == "profile.Example")
    saved = commands(ran(_script(PLAN, "undo"), shown, tmp_path, "--check", records=records).stdout)
    assert saved[-1] == "nmcli connection modify id Example connection.id Example"
    evpn = "\n[evpn]\nasn = 65000\n"
    undo = _script(_plan(SAMPLE.read_text().replace("vni = 10\n", 'vni = 10\ncontrol = "evpn"\n') + evpn), "undo")
    assert not re.search(r"^\s*(was|stood|fell) '' ", undo, re.MULTILINE)


def _fails(printed: str, status: int, *, check: bool) -> bool:
    """Return whether the play counts a script that ended like this as failed."""
    play = dict(ansible.directory(PLAN))["site.yml"]
    environment = Environment(autoescape=False)  # noqa: S701 (a condition, no page)
    environment.tests["search"] = lambda text, pattern: re.search(pattern, text) is not None
    condition = environment.compile_expression(" ".join(play.partition("failed_when: >-\n")[2].split()))
    shown = {"rc": status, "stdout": printed, "stderr": ""}
    return bool(condition(ran=shown, ansible_check_mode=check))


def test_a_play_fails_where_its_script_stops_also_with_check(tmp_path: Path) -> None:
    shown = _right(PLAN)
    lacking = {argv: "error: failed to get domain 'vma'\n" for argv in shown if argv[:2] == ("virsh", "dominfo")}
    stopped = ran(_script(PLAN), {}, tmp_path, "--check", fails=lacking)
    assert stopped.stderr.splitlines()[-1].startswith("Stopped in 10.5: there is no VM vma, and the plan does not")
    assert _fails(stopped.stdout + stopped.stderr, stopped.returncode, check=True)
    told = ran(_script(PLAN), {}, tmp_path / "whole", "--check")
    assert not _fails(told.stdout + told.stderr, told.returncode, check=True)
    assert _fails("line 12: x: unbound variable\n", 1, check=True)
    assert _fails("# nmcli connection up id Example\n", 1, check=False)
    assert _fails("", 3, check=True)


@pytest.mark.parametrize("came", [{"SSH_CONNECTION": "192.0.2.9 5 192.0.2.1 22"}, {"SUDO_USER": "ops"}], ids=str)
def test_a_bridge_that_an_ssh_session_may_come_in_over_stops_a_script(came: dict[str, str], tmp_path: Path) -> None:
    """Also behind sudo, which does not pass on that it was SSH."""
    address = ("ip", "addr", "show", "dev", "bridge0")
    shown = {**_right(PLAN), address: "    inet 198.51.100.7/24 scope global bridge0\n"}
    stopped = ran(_script(PLAN), shown, tmp_path, "--check", environment=came)
    assert (stopped.returncode, "Stopped in 10.3: in the way of profile.bridge0: " in stopped.stderr) == (1, True)
    assert ran(_script(PLAN), shown, tmp_path, "--check").returncode == 0


PEERS = _plan(SAMPLE.read_text().replace("vni = 10\n", 'vni = 10\nadmit = "peers"\n'))
LET_IN = 'rule family="ipv4" source address="{}" port port="8472" protocol="udp" accept\n'
PEER, LEFT, ADMINS = "203.0.113.1", "203.0.113.9", "192.0.2.254"


def _letting_in(*addresses: str) -> Outputs:
    rules = "".join(map(LET_IN.format, addresses))
    return {argv: rules if argv[-1] == "--list-rich-rules" else text for argv, text in _right(PEERS).items()}


def test_a_script_takes_out_a_host_that_has_left_and_nobody_whom_the_admin_let_in(tmp_path: Path) -> None:
    """The record says who was there before; where there is none, all of them were."""
    shown = _letting_in(ADMINS, PEER, LEFT)
    told = ran(_script(PEERS), shown, tmp_path, "--check", records=_records(PEERS, _letting_in(ADMINS)))
    assert told.stderr == ""
    assert [re.findall("--remove|[0-9.]{9,}", words) for words in commands(told.stdout)] == [["--remove", LEFT]] * 2
    assert ran(_script(PEERS), shown, tmp_path / "first", "--check").stdout == ""


LINKED = "7: {}: <UP> mtu 1450 \\    vxlan id 20 local 198.51.100.2 srcport 0 0 dstport {} ttl auto\n"
THIS, OTHER, ELSEWHERE = LINKED.format("vxlan10", 8472), LINKED.format("vxlan20", 8472), LINKED.format("vxlan20", 4789)
RECORDED = (Record("device.vxlan20:br20-vxlan20", ""),)


@pytest.mark.parametrize("of", [PLAN, PEERS], ids=["everybody", "peers"])
@pytest.mark.parametrize(
    ("links", "more", "stays"),
    [(THIS + OTHER, RECORDED, True), (THIS + ELSEWHERE, RECORDED, False), (THIS + OTHER, (), False)],
    ids=["in use", "another port", "not on record"],
)
def test_a_script_leaves_open_what_another_plan_on_the_host_uses(
    of: Plan, links: str, more: tuple[Record, ...], stays: bool, tmp_path: Path
) -> None:
    """Its VXLAN is on record and on the same UDP port. What stays keeps its record, for the last one to go by."""
    shown: Outputs = {**(_letting_in(PEER, LEFT) if of is PEERS else _right(of)), ("ip", "-d", "-o", "link"): links}
    records = (*(record for record in _records(of, {}) if record.kind.startswith(("port", "peers"))), *more)
    back = ran(_script(of, "undo"), shown, tmp_path, records=records)
    assert back.stderr == ""
    assert len([words for words in commands(back.stdout) if "--remove-" in words]) == (0 if stays else 2)
    kept = {file.name for file in (tmp_path / "state/before").iterdir()}
    assert kept == {record.name for record in (records if stays else more)}
    if of is PEERS and stays:
        assert ran(_script(of), shown, tmp_path, "--check").stdout == ""

"""EVPN by FRR: as things, and by the distribution's FRR on rehearsal hosts."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from tests import as_planned, three_hosts
from tests.cases import few
from tests.on_host import PLAN, configuration, program, rows, shell
from tests.stand_in_tools import commands, ran
from vxlan_tui import export, judge
from vxlan_tui import plan as plans
from vxlan_tui.judge import Outputs
from vxlan_tui.plan import Plan
from vxlan_tui.procedures import back, bridge, evpn, former, things
from vxlan_tui.record import Record
from vxlan_tui.rehearsal import CommandFailed, Rehearsal
from vxlan_tui.rehearsal.host import Host
from vxlan_tui.state import HostState, Zone
from vxlan_tui.steps import Step

KNOWN = HostState(zone=Zone("public"))


def _steps(plan: Plan, shown: dict[tuple[str, ...], str], place: int = 0) -> dict[str, Step]:
    rows_ = evpn.things(plan, plan.hosts[place], KNOWN)
    return {step.id: step for step in judge.forward(rows_, {**shown, ("cat", evpn.DAEMONS): "bgpd=no\n"})}


def _peers(plan: Plan, place: int) -> list[str]:
    (command,) = _steps(plan, {}, place)["evpn.peers"].commands
    return [word.split()[2] for word in command.argv if word.startswith("-c neighbor")]


def test_every_host_has_a_session_with_every_other_or_with_the_reflectors() -> None:
    """A reflector passes on what its clients tell; they have no session with each other."""
    plan = three_hosts.plan(4, three_hosts.EVPN)
    reflected = three_hosts.plan(4, f'{three_hosts.EVPN}reflectors = ["host-b"]\n')
    assert [len(_peers(plan, place)) for place in range(4)] == [3, 3, 3, 3]
    assert [_peers(reflected, place) for place in (0, 2, 3)] == [["198.51.100.3"]] * 3
    assert len(_peers(reflected, 1)) == 3
    for place in range(4):
        text = _steps(reflected, {}, place)["evpn.group"].commands[0].text
        assert ("'neighbor vxlan-tui route-reflector-client'" in text) == (place == 1)


def test_frr_is_needed_where_a_segment_is_found_by_it_alone() -> None:
    """A table [evpn] that no segment uses asks for nothing."""
    unused = three_hosts.plan(3, three_hosts.EVPN.replace('control = "evpn"', ""))
    assert (bridge.programs(unused), bridge.programs(three_hosts.plan(3, three_hosts.EVPN))) == ((), evpn.PROGRAMS)


FOREIGN = """router bgp {asn}
 bgp router-id 10.0.0.1
 neighbor 10.0.0.9 remote-as 65000
 !
 address-family ipv4 unicast
  network 10.0.0.0/8
 exit-address-family
 !
 address-family l2vpn evpn
  neighbor 10.0.0.9 activate
 exit-address-family
exit
"""


def test_what_frr_has_already_stays() -> None:
    """Lines are added beside a router of the same system; another system is a conflict with words."""
    plan = three_hosts.plan(3, three_hosts.EVPN)
    steps = _steps(plan, {evpn.RUNNING: FOREIGN.format(asn=65000)})
    assert steps["evpn.router"].commands == ()
    texts = [command.text for step in steps.values() for command in step.commands]
    assert not any("10.0.0.9" in text or "router-id" in text for text in texts)
    conflict = _steps(plan, {evpn.RUNNING: FOREIGN.format(asn=64999)})["evpn.router"].conflict
    assert conflict == "FRR speaks BGP for another autonomous system than 65000: router bgp 64999"
    told = FOREIGN.format(asn=65000)
    records = [Record(name, told, str(plan.path)) for name in ("evpn.router-65000", "evpn.group-65000")]
    after: dict[tuple[str, ...], str] = {evpn.RUNNING: f"{told} neighbor vxlan-tui remote-as 65000\n"}
    found = back.recorded(plan, plan.hosts[0], records, KNOWN)
    taken = {step.id: step for step in (judge.back(thing, record.text, after, "") for thing, record in found)}
    assert taken["evpn.router"].commands == ()
    assert "no neighbor vxlan-tui peer-group" in taken["evpn.group"].commands[0].text


SYSTEM = three_hosts.plan(3, three_hosts.EVPN)
EDITED = three_hosts.plan(3, three_hosts.EVPN.replace("65000", "65001"))
RECORDS = [Record(f"evpn.{what}-65000", "", str(SYSTEM.path)) for what in ("group", "router", "vnis")]


def _right(plan: Plan) -> Outputs:
    return as_planned.outputs(things(plan, plan.hosts[0], KNOWN))


def test_another_autonomous_system_in_the_plan_takes_the_place_of_the_one_that_was_made_for_it() -> None:
    """FRR has one; the old one goes first, and what was in it is gone with it."""
    left = former.find(EDITED, EDITED.hosts[0], RECORDS, KNOWN)
    assert (len(left.first), left.last) == (3, ())
    steps = former.steps(left.first, _right(SYSTEM))
    assert {step.restored for step in steps} == {record.name for record in RECORDS}
    assert [command.text for step in steps for command in step.commands] == [
        "vtysh -c 'configure terminal' -c 'no router bgp 65000'",
        "vtysh -c 'write memory'",
    ]
    ahead = judge.forward(evpn.things(EDITED, EDITED.hosts[0], KNOWN), left.unseen(_right(SYSTEM)))
    assert not any(step.conflict for step in ahead)


def test_what_was_in_a_router_that_is_not_there_any_more_is_not_taken_out_of_another_one(tmp_path: Path) -> None:
    """FRR refuses to, and whoever undoes could not finish; a script neither."""
    kept = [record for record in RECORDS if "router" not in record.name]
    for plan in (SYSTEM, EDITED):
        steps = back.steps(back.recorded(plan, plan.hosts[0], kept, KNOWN), _right(EDITED))
        assert {step.restored: step.commands for step in steps} == {record.name: () for record in kept}
    ended = ran(export.undo_script(SYSTEM, SYSTEM.hosts[0]), _right(EDITED), tmp_path, records=tuple(kept))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert list((tmp_path / "state/before").iterdir()) == []


def test_frr_that_ran_without_bgp_keeps_its_bgp_daemon_until_nothing_of_ours_is_left_in_it(tmp_path: Path) -> None:
    """What a daemon has that does not run cannot be taken out of what FRR has saved."""
    had = [
        Record("evpn.daemons", "bgpd=no\n", str(SYSTEM.path)),
        Record("evpn.running", " zebra watchfrr staticd\n", str(SYSTEM.path)),
        *RECORDS,
    ]
    steps = back.steps(back.recorded(SYSTEM, SYSTEM.hosts[0], had, KNOWN), _right(SYSTEM))
    texts = [command.text for step in steps for command in step.commands]
    assert texts == [
        "sed -i 's/^bgpd=.*/bgpd=no/' /etc/frr/daemons",
        "vtysh -c 'configure terminal' -c 'no router bgp 65000'",
        "vtysh -c 'write memory'",
        "systemctl restart frr",
    ]
    file = tmp_path / "daemons"
    file.write_text("bgpd=yes\n")
    undo = export.undo_script(SYSTEM, SYSTEM.hosts[0]).replace(evpn.DAEMONS, str(file))
    told = commands(ran(undo, _right(SYSTEM), tmp_path, "--check", records=tuple(had)).stdout)
    assert [text.replace(str(file), evpn.DAEMONS) for text in told] == texts


def test_what_a_plan_without_evpn_has_left_in_frr_goes_with_the_bridges_section() -> None:
    """Whoever carries that one out alone is left with no half of it."""
    plain = three_hosts.plan(3)
    had = [*RECORDS, *(Record(f"evpn.{what}", "", str(plain.path)) for what in ("daemons", "enabled", "running"))]
    left = former.find(plain, plain.hosts[0], had, KNOWN, ["bridge"])
    assert {record.name for _, record in left.all} == {record.name for record in had}


def _to_do(shown: Outputs) -> list[str]:
    """Return the ids of the steps for FRR that are not done."""
    steps = judge.forward(evpn.things(SYSTEM, SYSTEM.hosts[0], KNOWN), shown)
    return [step.id for step in steps if step.commands or step.conflict]


OURS = """router bgp 65000
 neighbor vxlan-tui peer-group
 neighbor vxlan-tui remote-as 65000
 neighbor vxlan-tui update-source 198.51.100.2
 neighbor 198.51.100.3 peer-group vxlan-tui
 neighbor 198.51.100.4 peer-group vxlan-tui
 !
 address-family l2vpn evpn
  neighbor vxlan-tui activate
  advertise-all-vni
 exit-address-family
exit
"""
ADMINS = """
 no bgp default ipv4-unicast
 neighbor vxlan-tui password of-the-admins
 neighbor vxlan-tui timers 3 9
 neighbor 10.0.0.9 remote-as 65000
 neighbor 10.0.0.9 password of-the-admins
"""
BGP = OURS.replace("\n", ADMINS, 1)


def _shows(running: str, saved: str) -> Outputs:
    """Return what a host shows where FRR runs and has saved this, and prints as much of it as it is asked for."""
    asked = evpn.RUNNING[-1].partition(" | include ")[2]
    told = "".join(line for line in running.splitlines(keepends=True) if re.search(asked, line))
    return {**_right(SYSTEM), evpn.RUNNING: told, ("cat", evpn.CONFIGURATION): saved}


def test_what_the_admin_says_of_all_neighbours_or_of_ours_stays_and_no_password_is_recorded() -> None:
    """Where neighbours are not of IPv4 by default FRR does not say that ours are not, but it says that they are."""
    shown = _shows(BGP, BGP)
    assert _to_do(shown) == []
    assert "password" not in shown[evpn.RUNNING]
    activate = "  neighbor vxlan-tui activate\n"
    of_both = BGP.replace(" !\n", f" !\n address-family ipv4 unicast\n{activate} exit-address-family\n !\n")
    assert _to_do(_shows(of_both, BGP)) == ["evpn.group"]
    assert _to_do(_shows(BGP, of_both)) == ["evpn.save"]


# As the distributions' FRR 8.4 and 10.3 print and have them when they are new.
NEW = """Building configuration...

Current configuration:
!
frr version 10.3
frr defaults traditional
hostname box
log syslog informational
no ip forwarding
no ipv6 forwarding
service integrated-vtysh-config
!
{}end
"""
NEW_FILE = """# default to using syslog. /etc/rsyslog.d/45-frr.conf places the log in
# /var/log/frr/frr.log
log syslog informational
"""
ROUTE = "ip route 192.0.2.0/24 198.51.100.1\n"


INTERFACE = "interface br7\n description old\nexit\n"


@pytest.mark.parametrize(
    ("running", "saved", "differ"),
    [
        ("", "", False),
        (f"{ROUTE}!\n{INTERFACE}!\n", f"{INTERFACE.replace(' desc', 'desc')}{ROUTE}", False),
        (OURS, "", False),
        (ROUTE, "", True),
        ("", ROUTE, True),
        (BGP, "", True),
    ],
    ids=["new", "the same in another form", "ours, of a run that was cut off", "a route", "an edit", "somebody's BGP"],
)
def test_frr_is_neither_restarted_nor_saved_over_what_is_not_saved_or_not_loaded(
    running: str, saved: str, differ: bool, tmp_path: Path
) -> None:
    """Routes would go, or edits of its file; where nothing is to be done it does not matter."""
    file = tmp_path / "frr.conf"
    file.write_text(NEW_FILE + saved)
    script = export.script(SYSTEM, SYSTEM.hosts[0]).replace(evpn.CONFIGURATION, str(file))
    shown = {**_right(SYSTEM), ("vtysh", "-c", "show running-config"): NEW.format(running)}
    starts = {**shown, ("vtysh", "-c", "show daemons"): "zebra\n"}
    ended = ran(script, starts, tmp_path, "--check")
    words = f"FRR's running configuration is not what {file} says"
    assert (f"in the way of evpn.running: {words}" in ended.stderr) == differ
    assert ("# systemctl restart frr" in ended.stdout) != differ
    told: Outputs = {("bash", "-c", evpn.UNSAVED): words if differ else ""}
    steps = judge.forward(evpn.things(SYSTEM, SYSTEM.hosts[0], KNOWN), {**starts, **told})
    assert [step.id for step in steps if step.conflict] == (["evpn.running"] if differ else [])
    assert _to_do({**shown, **told}) == []
    found = back.recorded(SYSTEM, SYSTEM.hosts[0], [Record("evpn.running", "", str(SYSTEM.path))], KNOWN)
    assert [bool(step.conflict) for step in back.steps(found, {**shown, **told})] == [differ]


def test_a_list_of_daemons_that_lacks_frrs_bgp_daemon_gets_it_and_loses_it_again(tmp_path: Path) -> None:
    """Whoever writes that file anew lists what they use."""
    file = tmp_path / "daemons"
    file.write_text("zebra=yes\n")
    (step,) = judge.forward([evpn.daemons()], {("cat", evpn.DAEMONS): file.read_text()})
    (make,) = step.commands
    script, undo = (
        of(SYSTEM, SYSTEM.hosts[0]).replace(evpn.DAEMONS, str(file)) for of in (export.script, export.undo_script)
    )
    told = commands(ran(script, _right(SYSTEM), tmp_path, "--check").stdout)
    assert make.text.replace(evpn.DAEMONS, str(file)) in told
    subprocess.run([*make.argv[:-1], file], check=True)
    assert file.read_text() == "zebra=yes\nbgpd=yes\n"
    assert ran(undo, _right(SYSTEM), tmp_path, records=(Record("evpn.daemons", "zebra=yes\n"),)).returncode == 0
    assert file.read_text() == "zebra=yes\n"


# A rehearsal host has no systemd: what is asked of it for FRR is done by FRR's own script.
SYSTEMCTL = """#!/bin/bash
[ "${*: -1}" = frr ] || exec /run/systemctl "$@"
case $1 in
    is-enabled) [ -e /run/frr.enabled ] && echo enabled || { echo disabled; exit 1; } ;;
    enable) touch /run/frr.enabled ;;
    disable) rm -f /run/frr.enabled ;;
    *)
        for fd in {3..99}; do eval "exec $fd>&-"; done # a daemon of systemd's holds no lock of whoever asked for it
        /usr/lib/frr/frrinit.sh "$1" >/var/log/frr.log 2>&1 </dev/null
        ;;
esac
"""
PREPARE = """
sed -i s/^bgpd=yes/bgpd=no/ /etc/frr/daemons
cp /usr/bin/systemctl /run/systemctl
cat >/run/instead && chmod 755 /run/instead && mount --bind /run/instead /usr/bin/systemctl
"""
# A stand-in for a VM: NetworkManager, to which it would be a device of the host, does not see it.
STAND_IN = """
ip netns add vm
ip link add tap0 master bridge0 type veth peer name vm0 netns vm
ip link set tap0 mtu 1450 up
ip -n vm link set vm0 mtu 1450 up
ip -n vm address add 192.0.2.{}/24 dev vm0
"""
IN_VM = "nsenter --net=/run/netns/vm "
KNOWN_THERE = """
ip -br link; ip -n vm -br address; ip -n vm neigh; bridge fdb show; bridge -d link; nmcli -t device
vtysh -c 'show evpn mac vni 10' -c 'show bgp l2vpn evpn summary'
"""
SESSIONS = "vtysh -c 'show running-config bgpd' | grep -c ' peer-group vxlan-tui$'"
LIST = "bridge fdb show dev vxlan10 | sed -n 's/^00:00:00:00:00:00 dst //p' | cut -d' ' -f1 | sort"
REFLECTED = 'reflectors = ["host-b"]\n'


@pytest.fixture(params=few(["", REFLECTED], REFLECTED), ids=["each with each", "by a reflector"])
def rehearsal(sandbox: None, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rehearsal]:
    """Three hosts with the distribution's FRR, which does not run yet."""
    if shutil.which("vtysh") is None:
        pytest.skip("there is no FRR here")
    path = tmp_path / "plan.toml"
    path.write_text(three_hosts.text(3, three_hosts.EVPN + request.param))
    with Rehearsal(plans.load(path)) as hosts:
        for host in hosts.hosts:
            host.daemons.stop("frr")
            host.run(["bash", "-euc", PREPARE], input=SYSTEMCTL)
        yield hosts


def _within(host: Host, seconds: int, what: str) -> None:
    """Wait until a test in shell succeeds on a host."""
    shell(host, f"for _ in $(seq {seconds * 10}); do {what} && exit; sleep 0.1; done; exit 1")


def _answers(rehearsal: Rehearsal, host: Host, address: str) -> None:
    """Wait until an address answers at full size; where it does not, tell what each host knows."""
    try:
        # One ping a time: a host that finds no address yet gives up a longer one by itself.
        _within(host, 2, f"{IN_VM}ping -q -c 1 -W 1 -M do -s 1422 {address}")
    except CommandFailed as failure:
        known = "".join(f"{h.name}\n{h.run(['bash', '-c', KNOWN_THERE], check=False).stdout}" for h in rehearsal.hosts)
        raise AssertionError(f"{address} does not answer {host.name}\n{known}") from failure


def _apply(host: Host) -> None:
    assert rows(host, "apply", "--only", "bridge,network")[-1] == {"result": "changed"}


def _stop_frr(host: Host) -> None:
    host.run(["/usr/lib/frr/frrinit.sh", "stop"], check=False)


ROUTES = f"systemctl start frr; vtysh -c 'configure terminal' -c '{ROUTE.strip()}'"
"""A host whose FRR routes, and has not saved it."""


def test_three_hosts_by_evpn(rehearsal: Rehearsal) -> None:
    """The lists hold every peer within 10 s, addresses come by BGP, a dead peer goes, and undo leaves no line.

    FRR routes on one of them already, and has no BGP. On another one the autonomous system becomes another one.
    """
    hosts, frr = rehearsal.hosts, "cat /etc/frr/daemons; grep -v -e ^frr -e ^hostname -e forwarding /etc/frr/frr.conf"
    before = [configuration(host) for host in hosts]
    try:
        shell(hosts[1], ROUTES)
        assert "vtysh -w" in str(rows(hosts[1], "apply", "--only", "bridge,network", status=1))
        shell(hosts[1], "vtysh -w")
        routing = shell(hosts[1], frr)
        rehearsal.in_parallel(_apply, hosts)
        for host in hosts:
            _within(host, 10, f"[ $({LIST} | wc -l) = 2 ]")
        reflected = rehearsal.plan.evpn is not None and bool(rehearsal.plan.evpn.reflectors)
        assert [shell(host, SESSIONS).strip() for host in hosts] == (["1", "2", "1"] if reflected else ["2"] * 3)
        for number, host in enumerate(hosts, 1):
            shell(host, STAND_IN.format(number))  # FRR tells of addresses behind the bridge's other ports
        for one, other in permutations((0, 1, 2), 2):
            _answers(rehearsal, hosts[one], f"192.0.2.{other + 1}")
        _within(hosts[0], 10, "bridge fdb show dev vxlan10 | grep -q extern_learn")
        for host in hosts[:2]:
            shell(host, "ip link delete tap0; ip netns delete vm")
        assert rows(hosts[0], "apply", "--only", "bridge,network")[-1] == {"result": "unchanged"}
        script = export.script(rehearsal.plan.read_from(Path(PLAN)), rehearsal.plan.hosts[0])
        assert hosts[0].run(["bash", "-s", "--", "--check"], input=script).stdout == ""
        _stop_frr(hosts[2])
        _within(hosts[0], 10, f"[ $({LIST}) = {rehearsal.plan.hosts[1].vtep} ]")
        shell(hosts[0], f"sed -i s/65000/65001/ {PLAN}")
        _apply(hosts[0])
        assert rows(hosts[0], "apply", "--only", "bridge,network")[-1] == {"result": "unchanged"}
        for host in hosts[:2]:
            program(host, "undo", PLAN, "--yes")
        assert (shell(hosts[1], frr), "bgpd" in shell(hosts[1], "vtysh -c 'show daemons'")) == (routing, False)
        assert configuration(hosts[0]) == before[0]
        assert "bgpd=yes" not in shell(hosts[0], frr)
        assert "bgp" not in shell(hosts[0], "cat /etc/frr/frr.conf")
        assert not hosts[0].run(["vtysh", "-c", "show daemons"], check=False).stdout
    finally:
        for host in hosts:
            _stop_frr(host)

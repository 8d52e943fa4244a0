"""The checks as pure functions: evidence in, findings out. No host is needed; every cause is named of some fault."""

from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path as File

import pytest

from tests import well
from tests.faults import ALWAYS
from tests.well import (
    FULL,
    Change,
    Known,
    arrives,
    causes,
    fact,
    gone,
    link,
    network,
    nic,
    no_link,
    nothing,
    of_state,
    renamed,
    settings,
    several,
    shows,
    shows_nothing,
    told,
    tunnel,
    vm,
    zone,
)
from vxlan_tui import checks
from vxlan_tui.checks import Finding, Status
from vxlan_tui.checks.causes import CAUSES
from vxlan_tui.checks.collect.facts import Later
from vxlan_tui.checks.evidence import (
    Echo,
    Facts,
    Frames,
    Heard,
    Inside,
    Packet,
    Path,
    Rejection,
    Replies,
    Sized,
    Tcp,
)
from vxlan_tui.checks.finding import healthy
from vxlan_tui.checks.flood import ANY_MAC
from vxlan_tui.facts.daemons import State
from vxlan_tui.facts.evpn import Evpn
from vxlan_tui.facts.firewalld import Rules, Zones
from vxlan_tui.facts.ipsec import Policy
from vxlan_tui.facts.netfilter import Chain, Netfilter
from vxlan_tui.plan import Plan, load, parse
from vxlan_tui.procedures import things
from vxlan_tui.rehearsal import SAMPLE
from vxlan_tui.state import BridgeLink, BridgePort, FdbEntry, Link, Route, VmState, VxlanLink, Zone

PLAN = load(SAMPLE)
THIS, OTHER = PLAN.hosts
PEER = "203.0.113.1"
MAC_A, MAC_B = (well.mac_of(PLAN, each) for each in PLAN.vms)

HEALTHY = well.answers(PLAN, THIS)
OWN = Replies({"192.0.2.1": MAC_A})

QUIET = replace(HEALTHY, replies_=OWN, heard_=Heard(seconds=2.1))
"""Answers where nothing comes back by the tunnel."""

SILENT = replace(QUIET, path_=Path(Echo(False, error="no answer")))
"""Answers where nothing at all comes back from the other host."""


def _said(answer: str, by: str = PEER) -> Known:
    return replace(QUIET, heard_=Heard(frozenset(), frozenset({Rejection(by, PEER, 8472, answer)}), 1.0))


def _findings(known: Facts, asked: Known | None = None, plan: Plan = PLAN) -> list[Finding]:
    return well.findings(plan, plan.hosts[0], known, asked or HEALTHY)


STP = link("bridge0", bridge=BridgeLink(stp=True, forward_delay=15.0, id="8000.a"))
ACTIVE, AUTOSTART = f"{'Active:':<16}yes\n", f"{'Autostart:':<16}yes"
NO_NETWORK = several(of_state(networks={}), shows_nothing("net-info"))
NO_AUTOSTART = several(
    network("vxlan10-bridge", autostart=False), shows("net-info", AUTOSTART, f"{'Autostart:':<16}no")
)
SECOND = Link("eth1", up=True, addresses=("192.0.2.9/24",))
DROPPING = Netfilter(frozenset({"iptables"}), {("ip", "filter", "FORWARD"): Chain("forward", "drop")})


@dataclass(frozen=True)
class Case:
    """A fault: what is then seen, the cause that has to be named, and what its remedy must hold."""

    cause: str
    change: Change
    fix: str
    answers: Known = HEALTHY
    status: Status = Status.FAIL

    def __str__(self) -> str:
        return f"{self.cause} {self.fix}"


CASES = (
    Case("networkmanager-not-running", gone("net"), "systemctl enable --now NetworkManager"),
    Case("networkmanager-not-running", gone("net", State.STOPPED), "systemctl restart NetworkManager"),
    Case("slow-answer", gone("net", State.RUNS, late=True), "look again", status=Status.WARN),
    Case("slow-answer", gone("firewall", State.UNKNOWN, late=True), "look again", status=Status.WARN),
    Case("unreadable", gone("net", State.UNKNOWN), "nmcli"),
    Case("underlay-down", no_link("enp1s0"), "correct `interface`", SILENT),
    Case("underlay-down", link("enp1s0", up=False, carrier=False), "nmcli connection up id Example", SILENT),
    Case("underlay-down", link("enp1s0", carrier=False), "connect the cable", SILENT),
    Case("underlay-address-missing", link("enp1s0", addresses=()), "nmcli connection up id Example", SILENT),
    Case("peer-unreachable", nothing, "see whether host-b is up", SILENT),
    Case("peer-unreachable", fact(routes={}), "nmcli connection up id Example", SILENT),
    Case(
        "path-mtu-too-small",
        nothing,
        "tracepath",
        replace(HEALTHY, path_=replace(arrives(), whole=Sized(1500, Echo(False, by="198.51.100.254", mtu=1400)))),
    ),
    Case(
        "path-mtu-too-small",
        link("enp1s0", mtu=1400),
        "ip link set dev enp1s0 mtu 1500",
        replace(HEALTHY, path_=replace(arrives(1500, 1400), pieces=Sized(1500, Echo(False)))),
    ),
    Case("bridge-missing", no_link("bridge0", "vxlan10"), "nmcli connection up id bridge0", QUIET),
    Case("bridge-down", link("bridge0", up=False), "ip link set dev bridge0 up", QUIET),
    Case("vxlan-missing", no_link("vxlan10"), "nmcli connection up id bridge0-vxlan10"),
    Case(
        "vxlan-wrong-vni",
        several(tunnel("vxlan10", vni=11), shows("^ip .* vxlan10$", "id 10", "id 11")),
        "nmcli connection down id bridge0-vxlan10",
    ),
    Case(
        "vxlan-wrong-vni",
        several(settings("bridge0-vxlan10", vxlan__id="11"), shows("bridge0-vxlan10$", "vxlan.id:10", "vxlan.id:11")),
        "vxlan.id 10",
    ),
    Case("vxlan-wrong-port", tunnel("vxlan10", port=4789), "nmcli connection up id bridge0-vxlan10"),
    Case("vxlan-wrong-local", tunnel("vxlan10", local="198.51.100.3"), "nmcli connection up id bridge0-vxlan10"),
    Case("vxlan-wrong-remote", tunnel("vxlan10", remote="203.0.113.2"), "nmcli connection up id bridge0-vxlan10"),
    Case("vxlan-down", link("vxlan10", up=False, port=BridgePort("disabled")), "ip link set dev vxlan10 up"),
    Case("vxlan-not-in-bridge", link("vxlan10", controller="", port=None), "bridge0-vxlan10"),
    Case(
        "flood-entry-missing",
        fact(tables={}),
        f"bridge fdb append 00:00:00:00:00:00 dev vxlan10 dst {PEER}",
    ),
    Case("bridge-port-blocked", several(STP, link("vxlan10", port=BridgePort("blocking"))), "joined by a second way"),
    Case(
        "bridge-port-blocked",
        link("vxlan10", port=BridgePort("disabled")),
        "bridge link set dev vxlan10 state 3",
    ),
    Case(
        "bridge-port-waits",
        several(STP, link("vxlan10", port=BridgePort("listening", 3.2))),
        "wait 19 s",
        QUIET,
        Status.WARN,
    ),
    Case(
        "bridge-filtered",
        fact(netfilter=DROPPING),
        "sysctl -w net.bridge.bridge-nf-call-iptables=0",
    ),
    Case("bridge-filtered", link("vxlan10", port=BridgePort("forwarding", flood=False)), "flood on"),
    Case(
        "bridge-filtered",
        several(
            link("vxlan10", port=BridgePort("forwarding", isolated=True)),
            link("vnet0", port=BridgePort("forwarding", isolated=True)),
        ),
        "isolated off",
    ),
    Case("firewalld-not-running", gone("firewall"), "systemctl enable --now firewalld"),
    Case("firewall-port-closed", zone(runtime=frozenset()), "firewall-cmd --zone=public --add-port=8472/udp"),
    Case(
        "firewall-not-permanent",
        zone(permanent=frozenset()),
        "firewall-cmd --permanent --zone=public --add-port=8472/udp",
    ),
    Case(
        "peer-firewall-rejects",
        nothing,
        "vxlan-tui apply",
        _said("rejected"),
    ),
    Case(
        "peer-firewall-rejects",
        nothing,
        "at 192.0.2.254",
        _said("rejected", "192.0.2.254"),
    ),
    Case(
        "peer-no-vxlan",
        nothing,
        "vxlan-tui apply",
        _said("refused"),
    ),
    Case(
        "peer-wrong-vni",
        nothing,
        "vxlan-tui apply",
        replace(QUIET, heard_=Heard(frozenset({Packet(PEER, 8472, 20)}))),
    ),
    Case("libvirt-not-running", gone("virt"), "systemctl enable --now"),
    Case("network-missing", NO_NETWORK, "virsh net-define"),
    Case(
        "network-inactive",
        several(network("vxlan10-bridge", active=False), shows("net-info", ACTIVE, "")),
        "virsh net-start vxlan10-bridge",
    ),
    Case("network-no-autostart", NO_AUTOSTART, "virsh net-autostart vxlan10-bridge"),
    Case("network-wrong-bridge", network("vxlan10-bridge", bridge="bridge7"), "virsh net-destroy vxlan10-bridge"),
    Case("network-wrong-bridge", network("vxlan10-bridge", forward="nat"), "virsh net-undefine vxlan10-bridge"),
    Case("vm-missing", of_state(vms={}), "say in the plan how to"),
    Case("vm-not-running", vm("vma", state="shut off", live_nics=()), "virsh start vma"),
    Case("vm-not-running", vm("vma", state="paused"), "virsh resume vma"),
    Case(
        "vm-wrong-network",
        several(
            nic("vma", live=False, stored=True, network="default", source="default"),
            shows("--inactive", "vxlan10-bridge", "default"),
        ),
        "virt-xml vma --edit",
    ),
    Case(
        "vm-wrong-network",
        several(
            nic("vma", network="default", source="default"),
            shows("dumpxml --xpath", "bridge0", "virbr0"),
        ),
        "virt-xml vma --edit --update",
    ),
    Case("vm-not-in-bridge", link("vnet0", controller="", port=None), "ip link set dev vnet0 master bridge0"),
    Case("vm-link-down", nic("vma", link_down=True), f"virsh domif-setlink vma {MAC_A} up"),
    Case("vm-no-arp-reply", nothing, "virsh console vma", replace(HEALTHY, replies_=Replies({"192.0.2.2": MAC_B}))),
    Case(
        "vm-no-arp-reply",
        nothing,
        "virsh console vma",
        replace(HEALTHY, replies_=Replies({"192.0.2.1": "52:54:00:00:00:99", "192.0.2.2": MAC_B})),
    ),
    Case("vm-no-arp-reply", nothing, "vxlan-tui verify", replace(HEALTHY, replies_=OWN)),
    Case("vm-no-arp-reply", nothing, "look inside vma", replace(HEALTHY, inside_=Inside(words="no reply"))),
    Case("profile-not-autoconnect", settings("Example", connection__autoconnect="no"), "connection.autoconnect yes"),
    Case("profile-not-autoconnect", settings("bridge0", connection__autoconnect="no"), "connection.autoconnect yes"),
    Case(
        "profile-not-autoconnect",
        settings("bridge0-vxlan10", connection__autoconnect="no"),
        "connection.autoconnect yes",
    ),
    Case("profile-missing", several(renamed("Example"), shows_nothing("nmcli .* Example$")), "nmcli connection add"),
    Case(
        "profile-differs",
        several(
            settings("Example", ipv4__dns="192.0.2.53"),
            shows("nmcli .* Example$", "ipv4.dns:198.51.100.200", "ipv4.dns:192.0.2.53"),
        ),
        "ipv4.dns 198.51.100.200",
        status=Status.WARN,
    ),
    Case(
        "flood-entry-stale",
        fact(tables={"vxlan10": (FdbEntry(ANY_MAC, PEER), FdbEntry(ANY_MAC, "203.0.113.77"))}),
        "bridge fdb delete 00:00:00:00:00:00 dev vxlan10 dst 203.0.113.77",
    ),
    Case("mtu-differs", link("bridge0", mtu=1400), "ip link set dev bridge0 mtu 1450"),
    Case(
        "mtu-differs",
        nothing,
        "vxlan-tui verify",
        replace(HEALTHY, frames_=Frames(FULL, {"192.0.2.1": FULL, "192.0.2.2": 600})),
    ),
    Case(
        "checksum-offload",
        nothing,
        "nmcli connection modify id Example ethtool.feature-tx-checksum-ip-generic off",
        replace(HEALTHY, frames_=Frames(FULL, {"192.0.2.1": FULL})),
    ),
    Case(
        "checksum-offload",
        fact(tables={"vxlan10": (FdbEntry(ANY_MAC, PEER), FdbEntry(MAC_B, PEER))}),
        "ethtool.feature-tx-checksum-ip-generic off",
        replace(HEALTHY, frames_=Frames(FULL, {"192.0.2.2": FULL}, {MAC_B: Tcp(40, 41)})),
    ),
    Case("guest-mtu", nic("vma", stored=True, mtu=0), "virt-xml vma --edit", status=Status.WARN),
    Case(
        "firewall-port-elsewhere",
        several(
            lambda known: of_state(links={**known.state.links, "eth1": SECOND})(known),
            fact(zones=Zones({"eth1": "home"}, "public", {"home": frozenset({8472})})),
        ),
        'admit = "peers"',
        status=Status.WARN,
    ),
)


def test_a_host_as_its_plan_wants_it_has_no_failing_check() -> None:
    found = _findings(well.facts(PLAN, THIS))
    assert causes(found, Status.FAIL) == []
    assert set(causes(found, Status.WARN)) == ALWAYS
    assert healthy(found)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_fault_is_one_failing_check_with_its_cause_and_remedy(case: Case) -> None:
    found = _findings(case.change(well.facts(PLAN, THIS)), case.answers)
    not_well = [each for each in found if each.status is case.status and each.cause not in ALWAYS]
    assert [each.cause for each in not_well] == [case.cause], told(found)
    assert case.fix in not_well[0].fix
    assert causes(found, Status.FAIL) == ([case.cause] if case.status is Status.FAIL else [])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_follows_is_skipped_and_says_what_from(case: Case) -> None:
    found = _findings(case.change(well.facts(PLAN, THIS)), case.answers)
    skipped = [each for each in found if each.status is Status.SKIP]
    assert all(each.evidence and not each.cause and not each.fix for each in skipped)
    assert all(each.evidence != "not yet" for each in found)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_title_says_what_is_so(case: Case) -> None:
    known, asked = case.change(well.facts(PLAN, THIS)), case.answers
    wrong = [each for each in _findings(known, asked) if each.cause]
    hoped = {each.key: each.title for each in checks.planned(PLAN, THIS)}
    assert wrong and all(each.title != hoped[each.key] and each.title for each in wrong)


def test_two_independent_faults_are_both_named() -> None:
    change = several(zone(permanent=frozenset()), NO_AUTOSTART, settings("bridge0", connection__autoconnect="no"))
    named = causes(_findings(change(well.facts(PLAN, THIS))), Status.FAIL)
    assert sorted(named) == ["firewall-not-permanent", "network-no-autostart", "profile-not-autoconnect"]


def test_a_remedy_is_the_text_of_its_commands_and_keeps_what_stood_before() -> None:
    found = _findings(zone(permanent=frozenset())(well.facts(PLAN, THIS)))
    finding = next(each for each in found if each.cause == "firewall-not-permanent")
    assert finding.fix == "\n".join(command.text for command in finding.remedy)
    assert [record.name for record in finding.before] == ["port-permanent.public.8472"]


def test_a_remedy_for_the_vxlan_leaves_the_bridge_and_the_mtu_alone() -> None:
    """A bridge that is activated anew loses its VMs; an underlay that is narrow just now has a remedy of its own."""
    change = several(
        settings("bridge0-vxlan10", vxlan__id="11"),
        shows("bridge0-vxlan10$", "vxlan.id:10", "vxlan.id:11"),
        settings("bridge0", connection__autoconnect="no"),
        shows("bridge0$", "connection.autoconnect:yes", "connection.autoconnect:no"),
        of_state(underlay_mtu=1400),
    )
    found = _findings(change(well.facts(PLAN, THIS)))
    finding = next(each for each in found if each.cause == "vxlan-wrong-vni")
    assert "vxlan.id 10" in finding.fix
    assert "mtu 1350" not in finding.fix
    assert "id bridge0 " not in finding.fix


def test_a_remedy_waits_for_nothing_that_it_does_not_need() -> None:
    """A firewalld or libvirt that takes its time must not keep what NetworkManager says from mending a VXLAN."""
    change = several(
        settings("bridge0-vxlan10", vxlan__id="11"), shows("bridge0-vxlan10$", "vxlan.id:10", "vxlan.id:11")
    )
    known, asked = change(well.facts(PLAN, THIS)), list[tuple[str, ...]]()

    def read(commands: list[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
        asked.extend(commands)
        return {argv: known.outputs[argv] for argv in commands if argv[0] not in ("firewall-cmd", "virsh")}

    later = Later(lambda: things(PLAN, THIS, known.state), read)
    finding = next(each for each in _findings(replace(known, outputs=later)) if each.cause == "vxlan-wrong-vni")
    assert "vxlan.id 10" in finding.fix
    assert {argv[0] for argv in asked} == {"nmcli", "ip"}
    assert len(asked) == len(set(asked))
    assert asked[0] in later
    assert not any(argv[0] == "virsh" for argv in later)


def test_a_remedy_for_another_host_is_not_run_here() -> None:
    found = _findings(well.facts(PLAN, THIS), _said("refused"))
    finding = next(each for each in found if each.cause == "peer-no-vxlan")
    assert (finding.remedy, finding.on_host) == ((), "host-b")
    assert finding.fix == "vxlan-tui apply sample.toml --host host-b --only bridge"


# --- The daemons ------------------------------------------------------------------------------------------------------


def test_a_daemon_that_took_long_is_well_and_said_to_be_slow() -> None:
    found = _findings(fact(seconds={"net": 6.2})(well.facts(PLAN, THIS)))
    assert next(each.evidence for each in found if each.id == "host.networkmanager").endswith("only after 6 s")
    assert healthy(found)


def test_vms_that_libvirt_does_not_tell_of_are_not_judged() -> None:
    found = _findings(several(gone("virt"), of_state(vms={}))(well.facts(PLAN, THIS)))
    assert [each.status for each in found if each.id == "vm.mtu"] == [Status.SKIP]


# --- The other host, told by what it answers --------------------------------------------------------------------------


def test_a_vni_that_is_not_heard_is_not_known_and_not_a_fault() -> None:
    found = _findings(well.facts(PLAN, THIS), QUIET)
    vni = next(each for each in found if each.id == "peer.vni")
    assert (vni.status, "cannot be known" in vni.evidence) == (Status.SKIP, True)


@pytest.mark.parametrize(
    "change",
    [
        fact(tables={"vxlan10": (FdbEntry(ANY_MAC, PEER, permanent=True), FdbEntry(MAC_B, PEER, age=3.0))}),
        several(STP, link("vxlan10", port=BridgePort("forwarding", designated="8000.b", hello_left=18.5))),
    ],
)
def test_what_came_before_counts_for_the_vni(change: Change) -> None:
    found = _findings(change(well.facts(PLAN, THIS)), QUIET)
    assert [each.status for each in found if each.id == "peer.vni"] == [Status.PASS]


def test_another_vni_of_this_host_on_that_port_is_no_wrong_one() -> None:
    known = well.facts(PLAN, THIS)
    other = Link("vxlan20", "vxlan", True, True, vxlan=VxlanLink(20, 8472))
    known = of_state(links={**known.state.links, "vxlan20": other})(known)
    asked = replace(QUIET, heard_=Heard(frozenset({Packet(PEER, 8472, 20)}), seconds=2.1))
    assert "peer-wrong-vni" not in causes(_findings(known, asked), Status.FAIL)


@pytest.mark.parametrize(("vnis", "named"), [({10, 99}, "vxlan20"), ({20, 99}, "vxlan10"), ({99}, "vxlan10")])
def test_one_wrong_vni_is_held_against_one_of_two_segments(vnis: set[int], named: str) -> None:
    """The one that nothing comes from; or else the one whose VM should have answered."""
    plan = parse(SAMPLE.read_bytes() + b'\n[[segments]]\nvni = 20\nbridge = "bridge1"\n', File("two.toml"))
    heard = Heard(frozenset(Packet(PEER, 8472, vni) for vni in vnis), seconds=4.0)
    found = _findings(well.facts(plan, plan.hosts[0]), replace(QUIET, heard_=heard), plan)
    assert [each.subject for each in found if each.cause == "peer-wrong-vni"] == [f"host-b:{named}"]


def test_a_host_that_answers_no_ping_is_reachable_where_its_vms_answer() -> None:
    asked = replace(HEALTHY, path_=Path(Echo(False, error="no answer")))
    assert causes(_findings(well.facts(PLAN, THIS), asked), Status.FAIL) == []


def test_a_host_that_answers_no_ping_and_yet_sends_is_a_warning() -> None:
    found = _findings(well.facts(PLAN, THIS), replace(SILENT, heard_=HEALTHY.heard_))
    assert "peer-unreachable" in causes(found, Status.WARN)
    assert [each.status for each in found if each.id == "peer.vxlan"] == [Status.SKIP]


@pytest.mark.parametrize("why", ["python3 is not on this host", "Operation not permitted"])
def test_what_cannot_be_asked_is_not_known_and_no_fault(why: str) -> None:
    asked = replace(
        HEALTHY,
        replies_=Replies(error=why),
        heard_=Heard(error=why),
        frames_=Frames(error=why),
        inside_=Inside(error=why),
    )
    found = _findings(well.facts(PLAN, THIS), asked)
    assert causes(found, Status.FAIL) == []
    assert {each.id for each in found if why in each.evidence} >= {"vm.arp", "peer.arp", "peer.vni", "vm.inside"}


# --- What fits, and what is encrypted ---------------------------------------------------------------------------------


def test_a_vm_whose_name_would_be_an_option_is_named_and_left_alone() -> None:
    known = well.facts(PLAN, THIS)
    other = VmState("--all", nics=(replace(known.state.vms["vma"].nics[0], mtu=0),))
    found = _findings(of_state(vms={**known.state.vms, "--all": other})(known))
    finding = next(each for each in found if each.cause == "guest-mtu")
    assert "--all (1500)" in finding.evidence
    assert not any("--all" in command.argv for command in finding.remedy)


def test_what_a_vm_is_told_of_the_mtu_can_be_taken_back() -> None:
    found = _findings(nic("vma", stored=True, mtu=0)(well.facts(PLAN, THIS)))
    finding = next(each for each in found if each.cause == "guest-mtu")
    assert [(record.kind, record.subject) for record in finding.before] == [("nic", "only.vma"), ("power", "vma")]


def test_a_guest_that_the_plan_does_not_name_is_told_of_the_mtu_without_a_record() -> None:
    """No undo of this plan would look at it."""
    known = well.facts(PLAN, THIS)
    other = VmState("vmx", nics=(replace(known.state.vms["vma"].nics[0], mtu=0),))
    found = _findings(of_state(vms={**known.state.vms, "vmx": other})(known))
    finding = next(each for each in found if each.cause == "guest-mtu")
    assert [command.argv[1] for command in finding.remedy] == ["vmx"]
    assert finding.before == ()


def test_a_set_up_that_leaves_the_mtu_to_the_kernel_is_warned_of_its_guests() -> None:
    change = several(link("vxlan10", mtu=1500), link("bridge0", mtu=1500), nic("vma", stored=True, mtu=0))
    found = _findings(change(well.facts(PLAN, THIS)), replace(HEALTHY, path_=arrives(1550, 1500)))
    assert causes(found, Status.FAIL) == []
    assert "guest-mtu" in causes(found, Status.WARN)


@pytest.mark.parametrize("kind", ["wireguard", "macsec"])
def test_a_way_that_a_device_encrypts_is_no_warning(kind: str) -> None:
    found = _findings(link("enp1s0", kind=kind)(well.facts(PLAN, THIS)))
    assert causes(found, Status.WARN) == []


def test_ipsec_between_the_vteps_is_no_warning_and_its_mtu_no_fault() -> None:
    policy = Policy(ip_network("198.51.100.0/24"), ip_network("203.0.113.1/32"))
    local = Echo(False, by=str(THIS.vtep), error="message too long, mtu=1438", mtu=1438)
    asked = replace(HEALTHY, path_=replace(arrives(), whole=Sized(1500, local)))
    found = _findings(fact(encrypted=(policy,))(well.facts(PLAN, THIS)), asked)
    assert (causes(found, Status.FAIL), causes(found, Status.WARN)) == ([], []), told(found)
    assert "1438" in next(each.evidence for each in found if each.id == "peer.mtu")


@pytest.mark.parametrize(("ports", "encrypted"), [({8472}, False), ({4789, 8472}, True), ({4789, 22}, False)])
def test_ipsec_that_leaves_the_port_of_a_segment_out_is_a_warning(ports: set[int], encrypted: bool) -> None:
    plan = PLANS["two segments"]
    policies = [Policy(ip_network(V4[0]), ip_network("198.51.100.0/24"), port) for port in ports]
    found = _first("two segments", fact(encrypted=tuple(policies)))
    assert [segment.port for segment in plan.segments] == [8472, 4789]
    assert causes(found, Status.WARN) == ([] if encrypted else ["not-encrypted"])


def test_a_way_without_encryption_that_the_plan_means_is_no_warning_and_is_not_called_encrypted() -> None:
    plan = parse(SAMPLE.read_bytes() + b'\n[encryption]\nmethod = "none"\n', File("clear.toml"))
    found = _findings(well.facts(plan, plan.hosts[0]), plan=plan)
    clear = next(each for each in found if each.id == "tunnel.encrypted")
    assert (clear.status, clear.cause, "is not encrypted" in clear.title) == (Status.PASS, "", True)


@pytest.mark.parametrize("name", ["three hosts", "only peers"])
def test_a_zone_that_lets_all_in_needs_no_port(name: str) -> None:
    def trusted(known: Facts) -> Facts:
        assert known.underlay_zone is not None
        changed = replace(known.underlay_zone, name="trusted", runtime=frozenset(), permanent=frozenset())
        return replace(known, state=replace(known.state, zone=changed), underlay_zone=changed, rules=Rules())

    assert causes(_first(name, trusted), Status.FAIL) == []


WIREGUARD = '[encryption]\nmethod = "wireguard"\nsubnet = "10.255.42.0/24"\n'


def _of_zone(segment: str = "", more: str = "") -> Plan:
    """Give the sample plan with a zone of its own for what lets the other hosts in."""
    text = SAMPLE.read_text().replace("[hosts.ethernet]", 'zone = "internal"\n[hosts.ethernet]')
    return parse((text.replace("vni = 10\n", f"vni = 10\n{segment}") + more).encode(), File("zone.toml"))


OF_ZONE = {
    "anybody": _of_zone(),
    "the other hosts": _of_zone('admit = "peers"\n'),
    "the encrypted tunnel": _of_zone(more=WIREGUARD),
}


def _underlay_elsewhere(sources: dict[str, str] | None = None) -> Change:
    """All that lets the other hosts in is in the zone internal, and the underlay interface in the zone public."""
    let_in = Zone("internal", frozenset({8472}), frozenset({8472}))
    zones = Zones({"wg-vxlan": "block"}, "public", {}, sources or {})
    return several(of_state(zone=let_in), fact(underlay_zone=Zone("public"), zones=zones))


@pytest.mark.parametrize("lets_in", OF_ZONE)
def test_what_lets_the_other_hosts_in_is_of_no_use_in_a_zone_that_the_underlay_is_not_in(lets_in: str) -> None:
    plan = OF_ZONE[lets_in]
    found = _findings(_underlay_elsewhere()(well.facts(plan, plan.hosts[0])), well.answers(plan, plan.hosts[0]), plan)
    assert causes(found, Status.FAIL) == ["firewall-port-closed"], told(found)
    named = next(each for each in found if each.status is Status.FAIL)
    assert "in the zone internal" in named.evidence and "enp1s0 is in the zone public" in named.evidence
    assert named.fix == "nmcli connection modify id Example connection.zone internal"


def test_an_underlay_that_no_profile_is_known_of_is_moved_by_hand() -> None:
    """To carry out the plan once more would change nothing."""
    named = next(each for each in _first("only peers", _underlay_elsewhere()) if each.status is Status.FAIL)
    assert named.cause == "firewall-port-closed"
    assert "firewall-cmd --permanent --zone=internal --change-interface=eth0" in named.fix


@pytest.mark.parametrize("lets_in", OF_ZONE)
@pytest.mark.parametrize("source", ["203.0.113.0/24", "203.0.113.1", "ipset:hosts"])
def test_a_zone_that_judges_the_other_hosts_by_their_addresses_lets_them_in(lets_in: str, source: str) -> None:
    plan = OF_ZONE[lets_in]
    known = _underlay_elsewhere({source: "internal"})(well.facts(plan, plan.hosts[0]))
    found = _findings(known, well.answers(plan, plan.hosts[0]), plan)
    assert causes(found, Status.FAIL) == [], told(found)


@pytest.mark.parametrize("source", ["192.0.2.0/24", "2001:db8::/32"])
def test_a_zone_that_judges_others_by_their_addresses_lets_nobody_in(source: str) -> None:
    plan = OF_ZONE["the other hosts"]
    known = _underlay_elsewhere({source: "internal"})(well.facts(plan, plan.hosts[0]))
    assert causes(_findings(known, plan=plan), Status.FAIL) == ["firewall-port-closed"]


def test_rules_in_another_zone_there_are_named_there() -> None:
    plan = OF_ZONE["the other hosts"]
    this, other = plan.hosts
    others = {"host-b": well.there(plan, other, _underlay_elsewhere()(well.facts(plan, other)))}
    found = well.findings(plan, this, well.facts(plan, this), QUIET, others)
    assert [(each.cause, each.read_on) for each in found if each.status is Status.FAIL] == [
        ("peer-firewall-rejects", "host-b")
    ]


# --- Plans of all kinds -----------------------------------------------------------------------------------------------


def test_checks_are_planned_by_the_same_names_as_they_are_found() -> None:
    planned = checks.planned(PLAN, THIS)
    assert [each.key for each in planned] == [each.key for each in _findings(well.facts(PLAN, THIS))]
    assert len({each.key for each in planned}) == len(planned)
    assert {each.evidence for each in planned} == {"not yet"}


def _plan(*vteps: str, segment: str = "", more: str = "", vms: int = 0) -> Plan:
    letters = "abcdefgh"
    hosts = (
        f'[[hosts]]\nname = "{n}"\ninterface = "eth0"\nvtep = "{v}"\n' for n, v in zip(letters, vteps, strict=False)
    )
    rows = (
        f'[[vms]]\nhost = "{n}"\nname = "vm{n}"\nnetwork = "vxlan1-bridge"\naddress = "192.0.2.{place + 1}"\n'
        for place, n in enumerate(letters[:vms])
    )
    text = f'{"".join(hosts)}[[segments]]\nvni = 1\nbridge = "br1"\n{segment}{"".join(rows)}{more}'
    return parse(text.encode(), File("plan.toml"))


V4 = ("198.51.100.1", "198.51.100.2", "198.51.100.3")
V6 = ("2001:db8::1", "2001:db8::2", "2001:db8::3")
EVPN = "[evpn]\nasn = 65000\n"

PLANS = {
    "three hosts": _plan(*V4, vms=3),
    "three hosts over IPv6": _plan(*V6, vms=3),
    "a group": _plan(*V6, segment='group = "ff05::1"\n', vms=2),
    "two segments": _plan(*V4, segment='[[segments]]\nvni = 2\nbridge = "br2"\nport = 4789\n', vms=2),
    "EVPN": _plan(*V4, segment='control = "evpn"\n', more=EVPN, vms=3),
    "EVPN without VMs": _plan(*V4, segment='control = "evpn"\n', more=EVPN),
    "EVPN by a reflector": _plan(*V4, segment='control = "evpn"\n', more=f'{EVPN}reflectors = ["c"]\n'),
    "encrypted": _plan(*V4, more=WIREGUARD, vms=3),
    "encrypted over IPv6": _plan(*V6, more=WIREGUARD, vms=2),
    "EVPN, encrypted": _plan(*V4, segment='control = "evpn"\n', more=EVPN + WIREGUARD),
    "only peers": _plan(*V4, segment='admit = "peers"\n'),
    "no VM": _plan(*V4[:2]),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_host_that_is_well_has_no_alarm_whatever_the_plan(name: str) -> None:
    plan = PLANS[name]
    for host in plan.hosts:
        found = well.findings(plan, host, well.facts(plan, host))
        assert causes(found, Status.FAIL) == [], told(found)
        assert causes(found, Status.WARN) == ([] if plan.encrypted else ["not-encrypted"]), told(found)
        assert len({each.key for each in found}) == len(found)


@pytest.mark.parametrize("name", PLANS)
def test_a_host_that_has_nothing_is_judged_whatever_the_plan(name: str) -> None:
    plan = PLANS[name]
    found = well.findings(plan, plan.hosts[0], Facts(), SILENT)
    assert "underlay-down" in causes(found, Status.FAIL)


def _first(name: str, change: Change, asked: Known | None = None) -> list[Finding]:
    plan = PLANS[name]
    host = plan.hosts[0]
    return well.findings(plan, host, change(well.facts(plan, host)), asked or well.answers(plan, host))


LEARNED = FdbEntry("52:54:00:11:22:33", V4[1], age=2.0)


@pytest.mark.parametrize(
    ("name", "change", "status"),
    [
        ("EVPN without VMs", fact(evpn=Evpn({V4[1]: "Established"})), Status.PASS),
        ("EVPN without VMs", fact(evpn=Evpn({V4[1]: "Active"})), Status.FAIL),
        ("EVPN without VMs", fact(evpn=Evpn(), tables={"vxlan1": (LEARNED,)}), Status.FAIL),
        ("EVPN", fact(evpn=Evpn({V4[1]: "Established"})), Status.FAIL),
        ("no VM", fact(tables={"vxlan1": (LEARNED,)}), Status.WARN),
        ("no VM", fact(tables={"vxlan1": (replace(LEARNED, age=31.0),)}), Status.FAIL),
        ("no VM", fact(tables={"vxlan1": (replace(LEARNED, permanent=True),)}), Status.FAIL),
        ("no VM", several(fact(tables={"vxlan1": (LEARNED,)}), fact(routes={})), Status.FAIL),
        ("three hosts", fact(tables={"vxlan1": (LEARNED,)}), Status.FAIL),
        ("EVPN, encrypted", several(fact(evpn=Evpn()), fact(handshakes={"10.255.42.2": 100.0})), Status.PASS),
        ("EVPN, encrypted", several(fact(evpn=Evpn()), fact(handshakes={"10.255.42.2": 200.0})), Status.FAIL),
    ],
)
def test_a_host_that_answers_nothing_is_not_unreachable_where_something_passed_a_moment_ago(
    name: str, change: Change, status: Status
) -> None:
    """What came from it alone is a warning. Where VMs should have answered, it counts for nothing: it may be down."""
    found = _first(name, change, SILENT)
    assert [each.status for each in found if each.key == ("peer.reach", "b")] == [status], told(found)


def test_a_host_that_forbids_pings_itself_can_be_reached() -> None:
    refused = replace(QUIET, path_=Path(Echo(False, by=PEER, error="administratively prohibited")))
    found = _findings(well.facts(PLAN, THIS), refused)
    assert next(each.status for each in found if each.id == "peer.reach") is Status.PASS


def _forgotten(known: Facts) -> Facts:
    """The rules are there, and gone after a reboot."""
    return replace(known, rules=replace(known.rules, permanent=frozenset()))


@pytest.mark.parametrize(
    ("name", "change", "cause", "fix"),
    [
        ("three hosts", fact(tables={"vxlan1": (FdbEntry(ANY_MAC, V4[1]),)}), "flood-entry-missing", f"dst {V4[2]}"),
        (
            "three hosts over IPv6",
            fact(tables={"vxlan1": tuple(FdbEntry(ANY_MAC, each) for each in (*V6[1:], "2001:db8::9"))}),
            "flood-entry-stale",
            "dst 2001:db8::9",
        ),
        ("EVPN", fact(evpn=Evpn(error="bgpd is not running")), "evpn-not-running", "bgpd=yes"),
        ("EVPN", fact(evpn=Evpn({V4[1]: "Established", V4[2]: "Active"})), "evpn-no-session", "179"),
        ("EVPN", fact(evpn=Evpn({V4[1]: "Established"})), "evpn-no-session", "apply the plan"),
        ("EVPN", fact(tables={"vxlan1": (FdbEntry(ANY_MAC, V4[1]),)}), "flood-entry-missing", "vtysh"),
        ("encrypted", tunnel("vxlan1", local=V4[0]), "sent-in-clear", ""),
        ("only peers", fact(rules=Rules()), "firewall-port-closed", "apply the plan"),
        ("encrypted", fact(outer_rules=Rules()), "firewall-port-closed", "apply the plan"),
        ("encrypted", fact(rules=Rules()), "firewall-port-closed", "apply the plan"),
        (
            "encrypted",
            fact(zones=Zones({"wg-vxlan": "public"}, "public", {})),
            "firewall-port-closed",
            "nmcli connection up id wg-vxlan",
        ),
        ("only peers", _forgotten, "firewall-not-permanent", "apply the plan"),
        ("encrypted", fact(routes={"b": Route("eth0"), "c": Route("wg-vxlan")}), "sent-in-clear", "wg-vxlan"),
    ],
)
def test_a_fault_of_a_larger_plan_is_named_alone(name: str, change: Change, cause: str, fix: str) -> None:
    found = _first(name, change)
    assert causes(found, Status.FAIL) == [cause], told(found)
    assert fix in next(each.fix for each in found if each.cause == cause)


def test_an_entry_beside_the_encrypted_tunnel_is_sent_in_the_clear() -> None:
    plan = PLANS["encrypted"]
    table = (*well.facts(plan, plan.hosts[0]).tables["vxlan1"], FdbEntry("52:54:00:00:00:77", V4[1]))
    found = _first("encrypted", fact(tables={"vxlan1": table}))
    assert causes(found, Status.FAIL) == ["sent-in-clear"], told(found)


def test_what_comes_in_beside_the_encrypted_tunnel_is_named_on_the_host_that_sends_it() -> None:
    plan = PLANS["encrypted"]
    asked = well.answers(plan, plan.hosts[0])
    heard = replace(asked.heard_, packets=asked.heard_.packets | {Packet(V4[1], 8472, 1)})
    found = _first("encrypted", nothing, replace(asked, heard_=heard))
    assert [(each.cause, each.on_host) for each in found if each.status is Status.FAIL] == [("sent-in-clear", "b")]


@pytest.mark.parametrize(
    ("change", "fix"),
    [
        (nothing, "wg show"),
        (fact(handshakes={}), "wg show"),
        (no_link("wg-vxlan"), "nmcli connection up id wg-vxlan"),
    ],
)
def test_an_encrypted_tunnel_that_is_down_is_named_for_each_host(change: Change, fix: str) -> None:
    plan = PLANS["encrypted"]
    asked = replace(
        well.answers(plan, plan.hosts[0]),
        path_=Path(Echo(False, error="no answer"), outside=Echo(True, 0.001)),
        replies_=Replies({"192.0.2.1": "52:54:00:00:00:00"}),
        heard_=Heard(seconds=2.0),
    )
    found = _first(
        "encrypted", several(change, fact(handshakes={str(plan.tunnel_address(plan.hosts[1])): 900.0})), asked
    )
    down = [each for each in found if each.status is Status.FAIL]
    assert {each.cause for each in down} == {"encryption-down"}, told(found)
    assert all(fix in each.fix for each in down)


def test_a_tunnel_that_is_down_since_two_hosts_have_one_key_pair_is_said_to_be_that() -> None:
    plan = PLANS["encrypted"]
    this, cloned = plan.hosts[0], plan.hosts[1]
    same = of_state(keys={cloned.name: well.state(plan, this).keys[this.name]})(well.facts(plan, cloned))
    silent = replace(well.answers(plan, this), path_=Path(Echo(False, error="no answer"), outside=Echo(True, 0.001)))
    facts, others = fact(handshakes={})(well.facts(plan, this)), {cloned.name: well.there(plan, cloned, same)}
    found = well.findings(plan, this, facts, silent, others)
    down = next(each for each in found if (each.cause, each.subject) == ("encryption-down", cloned.name))
    assert down.fix.startswith(f"{this.name} and {cloned.name} have the same WireGuard key pair")


def test_every_cause_has_a_fault_here_that_it_is_named_of() -> None:
    elsewhere = {"host-not-reached", "encryption-down", "sent-in-clear", "evpn-not-running", "evpn-no-session"}
    named = {case.cause for case in CASES} | ALWAYS | elsewhere
    assert set(CAUSES) - named == {"vxlan-wrong-parent"}


# --- Both ends --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "asked", "check", "cause", "fix"),
    [
        (
            zone(runtime=frozenset()),
            _said("rejected"),
            "peer.vxlan",
            "peer-firewall-rejects",
            "firewall-cmd --zone=public",
        ),
        (zone(runtime=frozenset()), QUIET, "peer.vxlan", "peer-firewall-rejects", "firewall-cmd --zone=public"),
        (no_link("vxlan10"), _said("refused"), "peer.vxlan", "peer-no-vxlan", "nmcli connection up id bridge0-vxlan10"),
        (tunnel("vxlan10", port=4789), QUIET, "peer.vxlan", "peer-no-vxlan", "nmcli connection up id bridge0-vxlan10"),
        (tunnel("vxlan10", vni=20), QUIET, "peer.vni", "peer-wrong-vni", "nmcli connection up id bridge0-vxlan10"),
        (vm("vmb", state="shut off", live_nics=()), QUIET, "peer.arp", "vm-no-arp-reply", "virsh start vmb"),
        (link("vnet1", controller="", port=None), QUIET, "peer.arp", "vm-no-arp-reply", "ip link set dev vnet1 master"),
        (gone("virt"), QUIET, "peer.arp", "vm-no-arp-reply", "systemctl enable --now"),
    ],
)
def test_what_could_only_be_told_is_read_and_named_on_the_other_host(
    change: Change, asked: Known, check: str, cause: str, fix: str
) -> None:
    others = {"host-b": well.there(PLAN, OTHER, change(well.facts(PLAN, OTHER)))}
    found = well.findings(PLAN, THIS, well.facts(PLAN, THIS), asked, others)
    assert causes(found, Status.FAIL) == [cause], told(found)
    named = next(each for each in found if each.cause == cause)
    assert (named.id, named.on_host, named.read_on, named.remedy) == (check, "host-b", "host-b", ())
    assert fix in named.fix and named.commands


TWO_OF_THREE = fact(tables={"vxlan1": (FdbEntry(ANY_MAC, V4[2], permanent=True),)})
"""What BGP tells of a plan's host a where it knows nothing of host b."""
NO_SESSION = several(TWO_OF_THREE, fact(evpn=Evpn({V4[1]: "Active", V4[2]: "Established"})))
STOPPED = fact(evpn=Evpn(error="bgpd is not running"))


@pytest.mark.parametrize(
    ("name", "here", "there", "cause", "read_on", "fix"),
    [
        ("EVPN without VMs", TWO_OF_THREE, no_link("vxlan1"), "peer-no-vxlan", "b", "br1-vxlan1"),
        ("EVPN without VMs", NO_SESSION, STOPPED, "evpn-no-session", "b", "bgpd=yes"),
        ("EVPN without VMs", NO_SESSION, fact(evpn=Evpn({V4[2]: "Established"})), "evpn-no-session", "b", "apply"),
        ("EVPN by a reflector", TWO_OF_THREE, STOPPED, "flood-entry-missing", "b", "bgpd=yes"),
        ("EVPN without VMs", NO_SESSION, fact(evpn=Evpn({V4[0]: "Active"})), "evpn-no-session", "", "179"),
        ("EVPN without VMs", TWO_OF_THREE, nothing, "flood-entry-missing", "", "vtysh"),
    ],
)
def test_what_bgp_does_not_tell_is_named_on_the_host_that_lacks_something(
    name: str, here: Change, there: Change, cause: str, read_on: str, fix: str
) -> None:
    """A way between two hosts that carries no BGP is a fault of both: else neither would name it."""
    plan = PLANS[name]
    a, b, _ = plan.hosts
    others = {"b": well.there(plan, b, there(well.facts(plan, b)))}
    found = well.findings(plan, a, here(well.facts(plan, a)), None, others)
    failed = [each for each in found if each.status is Status.FAIL]
    assert [(each.cause, each.read_on) for each in failed] == [(cause, read_on)], told(found)
    assert fix in failed[0].fix


def test_what_follows_from_another_hosts_own_finding_is_skipped_beside_it() -> None:
    others = {"host-b": well.there(PLAN, OTHER, no_link("vxlan10")(well.facts(PLAN, OTHER)))}
    found = well.findings(PLAN, THIS, well.facts(PLAN, THIS), _said("refused"), others)
    following = next(each for each in found if each.cause == "peer-no-vxlan").following
    assert (following.status, following.cause, following.fix, following.commands) == (Status.SKIP, "", "", ())
    assert "vxlan-missing" in following.evidence and "host-b" in following.evidence


def test_a_vni_that_is_read_there_needs_no_packet() -> None:
    others = {"host-b": well.there(PLAN, OTHER, well.facts(PLAN, OTHER))}
    found = well.findings(PLAN, THIS, well.facts(PLAN, THIS), replace(QUIET, replies_=HEALTHY.replies_), others)
    assert next(each.status for each in found if each.id == "peer.vni") is Status.PASS


def test_an_mtu_that_is_another_one_there_is_named_with_both() -> None:
    other = several(link("vxlan10", mtu=1400), link("bridge0", mtu=1400))(well.facts(PLAN, OTHER))
    found = well.findings(PLAN, THIS, well.facts(PLAN, THIS), None, {"host-b": well.there(PLAN, OTHER, other)})
    assert causes(found, Status.FAIL) == ["mtu-differs"], told(found)
    named = next(each for each in found if each.cause == "mtu-differs")
    assert "1450 here, and 1400 on host-b" in named.evidence and named.on_host == "host-b"


def test_frames_that_only_get_through_when_they_are_smaller_are_no_mtu_where_that_is_the_same() -> None:
    others = {"host-b": well.there(PLAN, OTHER, fact(bad_checksums=12)(well.facts(PLAN, OTHER)))}
    asked = replace(HEALTHY, frames_=Frames(FULL, {"192.0.2.1": FULL, "192.0.2.2": 600}))
    found = well.findings(PLAN, THIS, well.facts(PLAN, THIS), asked, others)
    named = next(each for each in found if each.status is Status.FAIL)
    assert (named.cause, "virtio_net" in named.evidence, "12 UDP packets" in named.evidence) == (
        "checksum-offload",
        True,
        True,
    )


def test_a_vm_whose_device_is_narrower_there_is_named_and_mended_there() -> None:
    others = {"host-b": well.there(PLAN, OTHER, link("vnet1", mtu=1000)(well.facts(PLAN, OTHER)))}
    asked = replace(HEALTHY, frames_=Frames(FULL, {"192.0.2.1": FULL, "192.0.2.2": 600}))
    found = well.findings(PLAN, THIS, well.facts(PLAN, THIS), asked, others)
    named = next(each for each in found if each.status is Status.FAIL)
    assert (named.cause, named.on_host, named.fix) == ("mtu-differs", "host-b", "ip link set dev vnet1 mtu 1450")


def test_a_host_that_lets_this_one_in_is_not_blamed_for_keeping_others_out() -> None:
    plan = PLANS["only peers"]
    a, b, _ = plan.hosts
    known = well.facts(plan, b)
    rules = frozenset(rule for rule in known.rules.runtime if V4[2] not in rule)
    others = {"b": well.there(plan, b, fact(rules=Rules(rules, rules))(known))}
    assert causes(well.findings(plan, a, well.facts(plan, a), None, others), Status.FAIL) == []


def test_the_matrix_says_who_reaches_whom_and_which_vm_answers() -> None:
    plan = PLANS["three hosts"]
    a, b, c = plan.hosts
    asked = well.answers(plan, b)
    silent = replace(asked, replies_=Replies({k: v for k, v in asked.replies_.by_address.items() if k != "192.0.2.3"}))
    narrow = replace(asked, path_=replace(asked.path_, whole=Sized(1500, Echo(False, mtu=1400))))
    found = {
        "a": well.findings(plan, a, well.facts(plan, a), narrow),
        "b": well.findings(plan, b, well.facts(plan, b), silent),
        "c": [checks.not_reached(c, "Connection refused")],
    }
    cells = checks.matrix(plan, found)
    assert {pair: cell.word for pair, cell in cells.items()} == {
        ("a", "b"): "mtu",
        ("a", "c"): "mtu",
        ("b", "a"): "ok",
        ("b", "c"): "vm",
        ("c", "a"): "?",
        ("c", "b"): "?",
    }
    assert cells["b", "c"].vms == {"vmc": False}

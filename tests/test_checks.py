"""The checks as pure functions: what was seen in, findings out. No host is needed, and every cause is named."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_network
from pathlib import Path as File
from typing import Any

import pytest

from tests import as_planned
from tests.faults import ALWAYS
from vxlan_tui import checks
from vxlan_tui.checks import Finding, Status
from vxlan_tui.checks import netfilter as filters
from vxlan_tui.checks.finding import healthy
from vxlan_tui.checks.probes import arp, echo, errors, listen, udp
from vxlan_tui.checks.seen import Echo, Facts, Gone, Heard, Inside, Packet, Path, Port, Rejection, Replies, Seen, Sized
from vxlan_tui.facts import daemons, iproute, ipsec, netfilter
from vxlan_tui.facts.daemons import Daemon, State
from vxlan_tui.facts.ipsec import Policy
from vxlan_tui.facts.netfilter import Chain, Netfilter
from vxlan_tui.plan import Plan, load, parse
from vxlan_tui.procedures import bridge, ethernet, profiles, things
from vxlan_tui.reach import Output
from vxlan_tui.rehearsal import SAMPLE
from vxlan_tui.state import (
    BridgeLink,
    BridgePort,
    FdbEntry,
    HostState,
    Link,
    Network,
    Nic,
    Profile,
    Route,
    VmState,
    VxlanLink,
    Zone,
)
from vxlan_tui.verbs import verify

PLAN = load(SAMPLE)
THIS = PLAN.host("host-a")
SEGMENT = PLAN.segments[0]
MAC_A, MAC_B = "52:54:00:00:00:0a", "52:54:00:00:00:0b"
PEER = "203.0.113.1"


ARRIVES = Path(Echo(True, 0.001), Sized(1500, Echo(True)), Sized(1550, Echo(True)))
UNHEARD = Port("silence")
BOTH = Replies({"192.0.2.1": MAC_A, "192.0.2.2": MAC_B})
OWN = Replies({"192.0.2.1": MAC_A})
TALKING = Heard(frozenset({Packet(PEER, 8472, 10)}), seconds=0.1)
NO_AGENT = Inside(error="no guest agent answers in the VM")


@dataclass(frozen=True)
class Known:
    """Answers that are there already."""

    path_: Path = ARRIVES
    port_: Port = UNHEARD
    replies_: Replies = BOTH
    heard_: Heard = TALKING
    inside_: Inside = NO_AGENT

    def path(self, host: str) -> Path:
        """Of every host the same."""
        return self.path_

    def port(self, host: str, port: int) -> Port:
        """Of every port the same."""
        return self.port_

    def replies(self, bridge: str) -> Replies:
        """On every bridge the same."""
        return self.replies_

    def heard(self) -> Heard:
        """What is there."""
        return self.heard_

    def inside(self, vm: str, address: str) -> Inside:
        """In every VM the same."""
        return self.inside_


HEALTHY = Known()

QUIET = Known(replies_=OWN, heard_=Heard(seconds=2.1))
"""Answers where nothing comes back by the tunnel."""

SILENT = replace(QUIET, path_=Path(Echo(False, error="no answer")))
"""Answers where nothing at all comes back from the other host."""


def _profile(wanted: profiles.Wanted, device: str) -> Profile:
    return Profile(f"uuid-{wanted.name}", wanted.name, wanted.type, device, activated=True, settings=wanted.expected)


def _state() -> HostState:
    assert THIS.ethernet is not None
    stp = BridgeLink(stp=True, forward_delay=15.0, id="8000.a")
    links = (
        Link("enp1s0", "", True, True, addresses=("198.51.100.2/24",)),
        Link("bridge0", "bridge", True, True, bridge=stp),
        Link(
            "vxlan10",
            "vxlan",
            True,
            True,
            controller="bridge0",
            vxlan=VxlanLink(10, 8472, "198.51.100.2", PEER),
            port=BridgePort("forwarding", designated="8000.a"),
        ),
        Link("vnet0", "tun", True, True, controller="bridge0", port=BridgePort("forwarding", designated="8000.a")),
    )
    nic = Nic(MAC_A, "network", "vxlan10-bridge", "vxlan10-bridge", "vnet0", mtu=1450)
    return HostState(
        nm_version=(1, 52),
        underlay_mtu=1500,
        links={link.name: link for link in links},
        profiles=(
            _profile(ethernet.wanted(THIS, THIS.ethernet), "enp1s0"),
            _profile(bridge.wanted_bridge(SEGMENT, "1450"), "bridge0"),
            _profile(bridge.wanted_vxlan(PLAN, THIS, SEGMENT, "1450"), "vxlan10"),
        ),
        underlay_addressing=frozenset({"198.51.100.2/24", "198.51.100.254", "198.51.100.200", "example.com"}),
        zone=Zone("public", frozenset({8472}), frozenset({8472})),
        networks={"vxlan10-bridge": Network("vxlan10-bridge", "bridge0", "bridge", active=True, autostart=True)},
        vms={"vma": VmState("vma", "running", nics=(replace(nic, device=""),), live_nics=(nic,))},
    )


def _facts() -> Facts:
    state = _state()
    return Facts(
        state=state,
        tables={"vxlan10": (FdbEntry("00:00:00:00:00:00", PEER, permanent=True),)},
        routes={"host-b": Route("enp1s0", "198.51.100.254")},
        underlay_zone=state.zone,
        netfilter=Netfilter(),
        outputs=as_planned.outputs(things(PLAN, THIS, state)),
    )


def _findings(facts: Facts, answers: Known = HEALTHY, plan: Plan = PLAN) -> list[Finding]:
    return list(checks.findings(checks.checks_of(plan, plan.hosts[0]), Seen(facts, answers)))


def _causes(found: list[Finding], status: Status) -> list[str]:
    return [finding.cause for finding in found if finding.status is status]


Change = Callable[[Facts], Facts]


def _nothing(facts: Facts) -> Facts:
    return facts


def _link(name: str, **changes: Any) -> Change:
    def change(facts: Facts) -> Facts:
        links = {**facts.state.links, name: replace(facts.state.links[name], **changes)}
        return replace(facts, state=replace(facts.state, links=links))

    return change


def _shows(of: str, old: str, new: str) -> Change:
    """What the commands that match show holds another text."""
    return lambda facts: replace(facts, outputs=as_planned.instead(facts.outputs, of, old, new))


def _shows_nothing(of: str) -> Change:
    """The commands that match find nothing."""
    return lambda facts: replace(facts, outputs=as_planned.gone(facts.outputs, of))


def _no_link(*names: str) -> Change:
    def change(facts: Facts) -> Facts:
        links = {name: link for name, link in facts.state.links.items() if name not in names}
        return replace(facts, state=replace(facts.state, links=links))

    return change


def _tunnel(**changes: Any) -> Change:
    return lambda facts: _link(
        "vxlan10", vxlan=replace(facts.state.links["vxlan10"].vxlan or VxlanLink(0, 0), **changes)
    )(facts)


def _settings(name: str, **changes: str) -> Change:
    def change(facts: Facts) -> Facts:
        keys = {key.replace("__", "."): value for key, value in changes.items()}
        changed = tuple(
            replace(each, settings={**each.settings, **keys}) if each.name == name else each
            for each in facts.state.profiles
        )
        return replace(facts, state=replace(facts.state, profiles=changed))

    return change


def _of_state(**changes: Any) -> Change:
    return lambda facts: replace(facts, state=replace(facts.state, **changes))


def _network(**changes: Any) -> Change:
    network = _state().networks["vxlan10-bridge"]
    return _of_state(networks={network.name: replace(network, **changes)})


def _vm(**changes: Any) -> Change:
    return _of_state(vms={"vma": replace(_state().vms["vma"], **changes)})


def _zone(**changes: Any) -> Change:
    zone = replace(Zone("public", frozenset({8472}), frozenset({8472})), **changes)
    closed = [of for of, ports in ((r"cmd --zone", zone.runtime), ("--permanent", zone.permanent)) if not ports]
    unseen = _all(*(_shows_nothing(f"{of}.* --query-port=8472/udp") for of in closed))
    return lambda facts: replace(unseen(facts), state=replace(facts.state, zone=zone), underlay_zone=zone)


def _gone(part: str, state: State = State.ABSENT, *, late: bool = False) -> Change:
    return lambda facts: replace(facts, gone={part: Gone("no answer", Daemon(state, "ps"), late)})


def _renamed(name: str) -> Change:
    return lambda facts: replace(
        facts,
        state=replace(
            facts.state,
            profiles=tuple(replace(each, name="other") if each.name == name else each for each in facts.state.profiles),
        ),
    )


def _all(*changes: Change) -> Change:
    def change(facts: Facts) -> Facts:
        for each in changes:
            facts = each(facts)
        return facts

    return change


NIC = _state().vms["vma"].live_nics[0]
ACTIVE, AUTOSTART = f"{'Active:':<16}yes\n", f"{'Autostart:':<16}yes"
NO_NETWORK = _all(_of_state(networks={}), _shows_nothing("net-info"))
NO_AUTOSTART = _all(_network(autostart=False), _shows("net-info", AUTOSTART, f"{'Autostart:':<16}no"))
UNTOLD = replace(NIC, mtu=0)
"""The NIC of a VM that libvirt tells no MTU."""

NOT_TOLD = _vm(nics=(UNTOLD,), live_nics=(UNTOLD,))
DROPPING = Netfilter(frozenset({"iptables"}), {("ip", "filter", "FORWARD"): Chain("forward", 0, "drop")})


@dataclass(frozen=True)
class Case:
    """A fault: what is then seen, the cause that has to be named, and what its remedy must hold."""

    cause: str
    change: Change
    fix: str
    answers: Known = field(default_factory=Known)
    status: Status = Status.FAIL

    def __str__(self) -> str:
        return f"{self.cause} {self.fix}"


CASES = (
    Case("networkmanager-not-running", _gone("net"), "systemctl enable --now NetworkManager"),
    Case("networkmanager-not-running", _gone("net", State.STOPPED), "systemctl restart NetworkManager"),
    Case("slow-answer", _gone("net", State.RUNS, late=True), "look again", status=Status.WARN),
    Case("slow-answer", _gone("firewall", State.UNKNOWN, late=True), "look again", status=Status.WARN),
    Case("unreadable", _gone("net", State.UNKNOWN), "nmcli"),
    Case("underlay-down", _no_link("enp1s0"), "correct `interface`", SILENT),
    Case("underlay-down", _link("enp1s0", up=False, carrier=False), "nmcli connection up id Example", SILENT),
    Case("underlay-down", _link("enp1s0", carrier=False), "connect the cable", SILENT),
    Case("underlay-address-missing", _link("enp1s0", addresses=()), "nmcli connection up id Example", SILENT),
    Case("peer-unreachable", _nothing, "see whether host-b is up", SILENT),
    Case("peer-unreachable", lambda facts: replace(facts, routes={}), "nmcli connection up id Example", SILENT),
    Case(
        "path-mtu-too-small",
        _nothing,
        "tracepath",
        Known(Path(Echo(True), Sized(1500, Echo(False, by="198.51.100.254", mtu=1400)))),
    ),
    Case(
        "path-mtu-too-small",
        _link("enp1s0", mtu=1400),
        "ip link set dev enp1s0 mtu 1500",
        Known(Path(Echo(True), Sized(1400, Echo(True)), Sized(1550, Echo(False)))),
    ),
    Case("bridge-missing", _no_link("bridge0", "vxlan10"), "nmcli connection up id bridge0", QUIET),
    Case("bridge-down", _link("bridge0", up=False), "ip link set dev bridge0 up", QUIET),
    Case("vxlan-missing", _no_link("vxlan10"), "nmcli connection up id bridge0-vxlan10"),
    Case(
        "vxlan-wrong-vni",
        _all(_tunnel(vni=11), _shows("^ip .* vxlan10$", "id 10", "id 11")),
        "nmcli connection down id bridge0-vxlan10",
    ),
    Case(
        "vxlan-wrong-vni",
        _all(_settings("bridge0-vxlan10", vxlan__id="11"), _shows("bridge0-vxlan10$", "vxlan.id:10", "vxlan.id:11")),
        "vxlan.id 10",
    ),
    Case("vxlan-wrong-port", _tunnel(port=4789), "nmcli connection up id bridge0-vxlan10"),
    Case("vxlan-wrong-local", _tunnel(local="198.51.100.3"), "nmcli connection up id bridge0-vxlan10"),
    Case("vxlan-wrong-remote", _tunnel(remote="203.0.113.2"), "nmcli connection up id bridge0-vxlan10"),
    Case("vxlan-down", _link("vxlan10", up=False, port=BridgePort("disabled")), "ip link set dev vxlan10 up"),
    Case("vxlan-not-in-bridge", _link("vxlan10", controller="", port=None), "bridge0-vxlan10"),
    Case(
        "flood-entry-missing",
        lambda facts: replace(facts, tables={}),
        f"bridge fdb append 00:00:00:00:00:00 dev vxlan10 dst {PEER}",
    ),
    Case("bridge-port-blocked", _link("vxlan10", port=BridgePort("blocking")), "joined by a second way"),
    Case(
        "bridge-port-blocked",
        _all(_link("bridge0", bridge=BridgeLink()), _link("vxlan10", port=BridgePort("disabled"))),
        "bridge link set dev vxlan10 state 3",
    ),
    Case("bridge-port-waits", _link("vxlan10", port=BridgePort("listening", 3.2)), "wait 19 s", QUIET, Status.WARN),
    Case(
        "bridge-filtered",
        lambda facts: replace(facts, netfilter=DROPPING),
        "sysctl -w net.bridge.bridge-nf-call-iptables=0",
    ),
    Case("bridge-filtered", _link("vxlan10", port=BridgePort("forwarding", flood=False)), "flood on"),
    Case(
        "bridge-filtered",
        _all(
            _link("vxlan10", port=BridgePort("forwarding", isolated=True)),
            _link("vnet0", port=BridgePort("forwarding", isolated=True)),
        ),
        "isolated off",
    ),
    Case("firewalld-not-running", _gone("firewall"), "systemctl enable --now firewalld"),
    Case("firewall-port-closed", _zone(runtime=frozenset()), "firewall-cmd --zone=public --add-port=8472/udp"),
    Case(
        "firewall-not-permanent",
        _zone(permanent=frozenset()),
        "firewall-cmd --permanent --zone=public --add-port=8472/udp",
    ),
    Case(
        "peer-firewall-rejects",
        _nothing,
        "vxlan-tui apply",
        replace(QUIET, port_=Port("rejected", PEER)),
    ),
    Case(
        "peer-firewall-rejects",
        _nothing,
        "vxlan-tui apply",
        replace(SILENT, path_=ARRIVES, heard_=Heard(rejections=frozenset({Rejection(PEER, PEER, 8472, "rejected")}))),
    ),
    Case(
        "peer-firewall-rejects",
        _nothing,
        "at 192.0.2.254",
        replace(QUIET, port_=Port("rejected", "192.0.2.254")),
    ),
    Case(
        "peer-no-vxlan",
        _nothing,
        "vxlan-tui apply",
        replace(QUIET, port_=Port("refused", PEER)),
    ),
    Case(
        "peer-wrong-vni",
        _nothing,
        "vxlan-tui apply",
        replace(QUIET, heard_=Heard(frozenset({Packet(PEER, 8472, 20)}))),
    ),
    Case("libvirt-not-running", _gone("virt"), "systemctl enable --now"),
    Case("network-missing", NO_NETWORK, "virsh net-define"),
    Case(
        "network-inactive",
        _all(_network(active=False), _shows("net-info", ACTIVE, "")),
        "virsh net-start vxlan10-bridge",
    ),
    Case("network-no-autostart", NO_AUTOSTART, "virsh net-autostart vxlan10-bridge"),
    Case("network-wrong-bridge", _network(bridge="bridge7"), "virsh net-destroy vxlan10-bridge"),
    Case("network-wrong-bridge", _network(forward="nat"), "virsh net-undefine vxlan10-bridge"),
    Case("vm-missing", _of_state(vms={}), "say in the plan how to"),
    Case("vm-not-running", _vm(state="shut off", live_nics=()), "virsh start vma"),
    Case("vm-not-running", _vm(state="paused"), "virsh resume vma"),
    Case(
        "vm-wrong-network",
        _all(
            _vm(nics=(replace(NIC, network="default", source="default"),)),
            _shows("--inactive", "vxlan10-bridge", "default"),
        ),
        "virt-xml vma --edit",
    ),
    Case(
        "vm-wrong-network",
        _all(
            _vm(live_nics=(replace(NIC, network="default", source="default"),)),
            _shows("dumpxml --xpath", "bridge0", "virbr0"),
        ),
        "virt-xml vma --edit --update",
    ),
    Case("vm-not-in-bridge", _link("vnet0", controller="", port=None), "ip link set dev vnet0 master bridge0"),
    Case("vm-link-down", _vm(live_nics=(replace(NIC, link_down=True),)), f"virsh domif-setlink vma {MAC_A} up"),
    Case("vm-no-arp-reply", _nothing, "virsh console vma", Known(replies_=Replies({"192.0.2.2": MAC_B}))),
    Case(
        "vm-no-arp-reply",
        _nothing,
        "virsh console vma",
        Known(replies_=Replies({"192.0.2.1": "52:54:00:00:00:99", "192.0.2.2": MAC_B})),
    ),
    Case("vm-no-arp-reply", _nothing, "vxlan-tui verify", Known(replies_=Replies({"192.0.2.1": MAC_A}))),
    Case("vm-no-arp-reply", _nothing, "look inside vma", Known(inside_=Inside(words="no reply"))),
    Case("profile-not-autoconnect", _settings("Example", connection__autoconnect="no"), "connection.autoconnect yes"),
    Case("profile-not-autoconnect", _settings("bridge0", connection__autoconnect="no"), "connection.autoconnect yes"),
    Case(
        "profile-not-autoconnect",
        _settings("bridge0-vxlan10", connection__autoconnect="no"),
        "connection.autoconnect yes",
    ),
    Case("profile-missing", _all(_renamed("Example"), _shows_nothing("nmcli .* Example$")), "nmcli connection add"),
    Case("guest-mtu", NOT_TOLD, "virt-xml vma --edit mac=", status=Status.WARN),
    Case(
        "profile-differs",
        _all(
            _settings("Example", ipv4__dns="192.0.2.53"),
            _shows("nmcli .* Example$", "ipv4.dns:198.51.100.200", "ipv4.dns:192.0.2.53"),
        ),
        "ipv4.dns 198.51.100.200",
        status=Status.WARN,
    ),
)


def test_a_host_as_the_chapter_leaves_it_has_no_failing_check() -> None:
    found = _findings(_facts())
    assert _causes(found, Status.FAIL) == []
    assert set(_causes(found, Status.WARN)) == ALWAYS
    assert healthy(found)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_fault_is_one_failing_check_with_its_cause_and_remedy(case: Case) -> None:
    found = _findings(case.change(_facts()), case.answers)
    not_well = [each for each in found if each.status is case.status and each.cause not in ALWAYS]
    assert [each.cause for each in not_well] == [case.cause]
    assert case.fix in not_well[0].fix
    assert _causes(found, Status.FAIL) == ([case.cause] if case.status is Status.FAIL else [])


def test_every_cause_of_the_contract_is_named_by_some_case() -> None:
    contract = """underlay-down underlay-address-missing peer-unreachable path-mtu-too-small vxlan-missing
        vxlan-wrong-vni vxlan-wrong-port vxlan-wrong-local vxlan-wrong-remote vxlan-down vxlan-not-in-bridge
        flood-entry-missing bridge-missing bridge-down bridge-port-blocked bridge-filtered firewall-port-closed
        firewall-not-permanent firewalld-not-running peer-firewall-rejects peer-no-vxlan peer-wrong-vni
        libvirt-not-running network-missing network-inactive network-no-autostart network-wrong-bridge vm-missing
        vm-not-running vm-wrong-network vm-not-in-bridge vm-no-arp-reply profile-not-autoconnect not-encrypted
        guest-mtu"""
    assert set(contract.split()) <= {case.cause for case in CASES} | ALWAYS


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_follows_is_skipped_and_says_what_from(case: Case) -> None:
    found = _findings(case.change(_facts()), case.answers)
    skipped = [each for each in found if each.status is Status.SKIP]
    assert all(each.evidence and not each.cause and not each.fix for each in skipped)
    assert all(each.evidence != "not yet" for each in found)


def test_two_independent_faults_are_both_named() -> None:
    change = _all(_zone(permanent=frozenset()), NO_AUTOSTART, _settings("bridge0", connection__autoconnect="no"))
    causes = _causes(_findings(change(_facts())), Status.FAIL)
    assert sorted(causes) == ["firewall-not-permanent", "network-no-autostart", "profile-not-autoconnect"]


def test_a_remedy_is_the_text_of_its_commands_and_keeps_what_stood_before() -> None:
    (finding,) = (
        each for each in _findings(_zone(permanent=frozenset())(_facts())) if each.cause == "firewall-not-permanent"
    )
    assert finding.fix == "\n".join(command.text for command in finding.remedy)
    assert [record.name for record in finding.before] == ["port-permanent.public.8472"]


def test_a_remedy_for_another_host_is_not_run_here() -> None:
    answers = replace(QUIET, port_=Port("refused", PEER))
    (finding,) = (each for each in _findings(_facts(), answers) if each.cause == "peer-no-vxlan")
    assert (finding.remedy, finding.on_host) == ((), "host-b")
    assert finding.fix == "vxlan-tui apply sample.toml --host host-b --only bridge"


def test_a_vni_that_is_not_heard_is_not_known_and_not_a_fault() -> None:
    found = _findings(_facts(), Known(heard_=Heard(seconds=2.1), replies_=Replies({"192.0.2.1": MAC_A})))
    (vni,) = (each for each in found if each.id == "peer.vni")
    assert (vni.status, "cannot be known" in vni.evidence) == (Status.SKIP, True)


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: replace(facts, tables={"vxlan10": (*facts.tables["vxlan10"], FdbEntry(MAC_B, PEER, age=3.0))}),
        _link("vxlan10", port=BridgePort("forwarding", designated="8000.b", hello_left=18.5)),
    ],
)
def test_what_came_before_counts_for_the_vni(change: Change) -> None:
    found = _findings(change(_facts()), Known(heard_=Heard(seconds=2.1), replies_=Replies({"192.0.2.1": MAC_A})))
    assert [each.status for each in found if each.id == "peer.vni"] == [Status.PASS]


def test_another_vni_of_this_host_on_that_port_is_no_wrong_one() -> None:
    other = Link("vxlan20", "vxlan", True, True, vxlan=VxlanLink(20, 8472))
    facts = _facts()
    facts = replace(facts, state=replace(facts.state, links={**facts.state.links, "vxlan20": other}))
    answers = Known(
        heard_=Heard(frozenset({Packet(PEER, 8472, 20)}), seconds=2.1), replies_=Replies({"192.0.2.1": MAC_A})
    )
    assert "peer-wrong-vni" not in _causes(_findings(facts, answers), Status.FAIL)


@pytest.mark.parametrize(("vnis", "named"), [({10, 99}, "vxlan20"), ({20, 99}, "vxlan10"), ({99}, "vxlan10")])
def test_one_wrong_vni_is_held_against_one_of_two_segments(vnis: set[int], named: str) -> None:
    """The one that nothing comes from; or else the one whose VM should have answered."""
    plan = parse(SAMPLE.read_bytes() + b'\n[[segments]]\nvni = 20\nbridge = "bridge1"\n', File("two.toml"))
    heard = Heard(frozenset(Packet(PEER, 8472, vni) for vni in vnis), seconds=4.0)
    found = _findings(_facts(), replace(QUIET, heard_=heard), plan)
    assert [each.subject for each in found if each.cause == "peer-wrong-vni"] == [f"host-b:{named}"]


@pytest.mark.parametrize(
    ("status", "listed", "state"),
    [
        (0, "  812 Ssl\n", State.RUNS),
        (0, "  812 Tsl\n", State.STOPPED),
        (0, "  812 Tsl\n  900 Ssl\n", State.RUNS),
        (0, "  812 Zs\n", State.ABSENT),
        (1, "", State.ABSENT),
    ],
)
def test_a_daemon_is_judged_by_its_process(status: int, listed: str, state: State) -> None:
    assert daemons.by_process(Output(status, listed, "")).state is state


def test_a_daemon_whose_process_cannot_be_listed_is_not_called_dead() -> None:
    assert daemons.by_process(Output(127, "", "ps: no such program on this host")).state is State.UNKNOWN


def test_a_daemon_that_took_long_is_well_and_said_to_be_slow() -> None:
    found = _findings(replace(_facts(), seconds={"net": 6.2}))
    assert next(each.evidence for each in found if each.id == "host.networkmanager").endswith("only after 6 s")
    assert healthy(found)


def test_a_host_that_answers_no_ping_is_reachable_where_its_vms_answer() -> None:
    found = _findings(_facts(), Known(path_=Path(Echo(False, error="no answer"))))
    assert _causes(found, Status.FAIL) == []


def test_a_host_that_answers_no_ping_and_yet_sends_is_a_warning() -> None:
    found = _findings(_facts(), replace(SILENT, heard_=TALKING))
    assert "peer-unreachable" in _causes(found, Status.WARN)
    assert [each.status for each in found if each.id == "peer.vxlan"] == [Status.SKIP]


def test_a_vm_whose_name_would_be_an_option_is_named_and_left_alone() -> None:
    vms = {**_state().vms, "--all": VmState("--all", nics=(UNTOLD,))}
    found = next(each for each in _findings(_of_state(vms=vms)(_facts())) if each.cause == "guest-mtu")
    assert "--all (1500)" in found.evidence
    assert not any("--all" in command.argv for command in found.remedy)


def test_what_a_vm_is_told_of_the_mtu_can_be_taken_back() -> None:
    found = next(each for each in _findings(NOT_TOLD(_facts())) if each.cause == "guest-mtu")
    assert [(record.kind, record.subject) for record in found.before] == [
        ("nic", "only.vma"),
        ("power", "vma"),
    ]


def test_a_guest_that_the_plan_does_not_name_is_told_of_the_mtu_without_a_record() -> None:
    """No undo of this plan would look at it."""
    vms = {**_state().vms, "vmx": VmState("vmx", nics=(UNTOLD,))}
    found = next(each for each in _findings(_of_state(vms=vms)(_facts())) if each.cause == "guest-mtu")
    assert [command.argv[1] for command in found.remedy] == ["vmx"]
    assert found.before == ()


@pytest.mark.parametrize("kind", ["wireguard", "macsec"])
def test_an_encrypted_underlay_is_no_warning(kind: str) -> None:
    found = _findings(_link("enp1s0", kind=kind)(_facts()))
    assert "not-encrypted" not in _causes(found, Status.WARN)


def test_ipsec_between_the_vteps_is_no_warning() -> None:
    policy = Policy(ip_network("198.51.100.0/24"), ip_network("203.0.113.1/32"))
    assert "not-encrypted" not in _causes(_findings(replace(_facts(), encrypted=(policy,))), Status.WARN)


@pytest.mark.parametrize(
    ("nic", "path", "link_mtu"),
    [
        (NIC, ARRIVES, 1500),
        (UNTOLD, Path(Echo(True), Sized(1550, Echo(True))), 9000),
    ],
)
def test_guests_that_fit_into_the_tunnel_are_no_warning(nic: Nic, path: Path, link_mtu: int) -> None:
    change = _all(_vm(live_nics=(nic,)), _link("enp1s0", mtu=link_mtu))
    assert "guest-mtu" not in _causes(_findings(change(_facts()), Known(path_=path)), Status.WARN)


def test_a_zone_that_lets_all_in_needs_no_port() -> None:
    found = _findings(_zone(name="trusted", runtime=frozenset(), permanent=frozenset())(_facts()))
    assert _causes(found, Status.FAIL) == []


def test_guests_on_a_path_that_was_not_measured_are_no_warning() -> None:
    found = _findings(NOT_TOLD(_facts()), Known(path_=Path(Echo(False, error="no answer"))))
    assert [each.status for each in found if each.id == "vm.mtu"] == [Status.SKIP]


@pytest.mark.parametrize("path", [Path(Echo(True), Sized(1450, Echo(True))), Path(Echo(False))])
def test_a_vxlan_with_a_smaller_mtu_than_its_guests_is_a_warning(path: Path) -> None:
    assert "guest-mtu" in _causes(_findings(_link("vxlan10", mtu=1400)(_facts()), Known(path_=path)), Status.WARN)


def test_checks_are_planned_by_the_same_names_as_they_are_found() -> None:
    planned = checks.planned(PLAN, THIS)
    assert [each.key for each in planned] == [each.key for each in _findings(_facts())]
    assert len({each.key for each in planned}) == len(planned)
    assert {each.evidence for each in planned} == {"not yet"}


GROUP = """
[[hosts]]
name = "a"
interface = "eth0"
vtep = "2001:db8::1"
[[hosts]]
name = "b"
interface = "eth0"
vtep = "2001:db8::2"
[[hosts]]
name = "c"
interface = "eth0"
vtep = "2001:db8::3"
[[segments]]
vni = 1
bridge = "br1"
group = "ff05::1"
[[segments]]
vni = 2
bridge = "br2"
port = 4789
group = "ff05::1"
[[vms]]
host = "a"
name = "two"
network = "vxlan1-bridge"
mac = "52:54:00:00:00:01"
address = "192.0.2.1"
[[vms]]
host = "a"
name = "two"
network = "vxlan2-bridge"
mac = "52:54:00:00:00:02"
[[vms]]
host = "c"
name = "far"
network = "vxlan1-bridge"
address = "192.0.2.3"
"""


def test_checks_of_many_hosts_and_segments_have_names_of_their_own_and_judge_an_empty_host() -> None:
    plan = parse(GROUP.encode(), File("group.toml"))
    for host in plan.hosts:
        found = list(checks.findings(checks.checks_of(plan, host), Seen(Facts(), SILENT)))
        assert len({each.key for each in found}) == len(found)
        assert "underlay-down" in _causes(found, Status.FAIL)
    planned = {each.key for each in checks.planned(plan, plan.hosts[0])}
    assert {("vm.network", "two 52:54:00:00:00:01"), ("vm.running", "two"), ("peer.vxlan", "b:4789/udp")} <= planned


def test_json_is_the_contracts_object() -> None:
    answer = verify.as_object("host-a", _findings(_zone(permanent=frozenset())(_facts())))
    assert (answer["ok"], answer["host"]) == (False, "host-a")
    rows = json.loads(json.dumps(answer))["checks"]
    keys = {"id", "section", "status", "command", "evidence", "cause", "fix"}
    assert all(keys <= row.keys() and row["status"] in ("pass", "warn", "fail", "skip") for row in rows)
    assert all((row["cause"] == "") == (row["status"] in ("pass", "skip")) for row in rows)
    assert all(row["section"] in ("10.2", "10.3", "10.4", "10.5") and row["command"] for row in rows)


def test_the_table_fits_80_columns_and_says_all_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    found = _findings(
        _all(_zone(permanent=frozenset()), _link("vxlan10", port=BridgePort("learning", 4.0)))(_facts()), SILENT
    )
    table = verify.Table(sys.stdout)
    for finding in found:
        table.row(finding)
    table.end("host-a", found)
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 or line.lstrip().startswith("# ") for line in lines)
    assert any(line.startswith("10.3  FAIL  ") for line in lines)
    assert any("firewall-not-permanent: " in line for line in lines)
    assert any(line.strip() == "# firewall-cmd --permanent --zone=public --add-port=8472/udp" for line in lines)
    assert any(line.startswith("10.3  WAIT  ") for line in lines)
    assert "Look again in 4 s" in "\n".join(lines)


def test_a_command_in_the_table_can_be_pasted_with_its_here_document(capsys: pytest.CaptureFixture[str]) -> None:
    table = verify.Table(sys.stdout)
    missing = next(each for each in _findings(NO_NETWORK(_facts())) if each.cause == "network-missing")
    table.row(missing)
    pasted = capsys.readouterr().out.partition("To mend it, run:\n")[2]
    assert re.sub(r"^ +# ", "", pasted, flags=re.MULTILINE) == f"{missing.fix}\n"


def test_vms_that_libvirt_does_not_tell_of_are_not_judged() -> None:
    found = _findings(_all(_gone("virt"), _of_state(vms={}))(_facts()))
    assert [each.status for each in found if each.id == "vm.mtu"] == [Status.SKIP]


# --- What the packet filter does -------------------------------------------------------------------------------

CALLS = frozenset({"iptables", "ip6tables", "arptables"})


def _rules(*rules: list[dict[str, Any]], policy: str = "drop", family: str = "ip", **chains: Chain) -> Netfilter:
    base = Chain("forward", 0, policy, tuple(tuple(rule) for rule in rules))
    others = {(family, "filter", name): chain for name, chain in chains.items()}
    return Netfilter(CALLS, {(family, "filter", "FORWARD"): base, **others})


def _is(key: str, value: Any, op: str = "==") -> dict[str, Any]:
    return {"match": {"op": op, "left": {"meta": {"key": key}}, "right": value}}


ACCEPT: dict[str, Any] = {"accept": None}
DROP: dict[str, Any] = {"drop": None}
FROM_SOMEWHERE = {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "10.0.0.1"}}
NEW = {"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}}


@pytest.mark.parametrize(
    ("rules", "dropped"),
    [
        (_rules(), True),
        (_rules(policy="accept"), False),
        (_rules([_is("iifname", "bridge0"), ACCEPT]), False),
        (_rules([_is("iifname", "br*"), ACCEPT]), False),
        (_rules([_is("iifname", {"set": ["docker0", "bridge0"]}), ACCEPT]), False),
        (_rules([_is("iifname", "docker0"), ACCEPT]), True),
        (_rules([_is("iifname", "docker0", "!="), ACCEPT]), False),
        (_rules([NEW, ACCEPT]), True),
        (_rules([FROM_SOMEWHERE, ACCEPT]), False),
        (_rules([FROM_SOMEWHERE, DROP], policy="accept"), False),
        (_rules([{"xt": {"type": "match", "name": "physdev"}}, {"counter": {}}, ACCEPT]), False),
        (_rules([{"counter": {}}, {"reject": {"type": "icmpx"}}], policy="accept"), True),
        (_rules([{"jump": {"target": "user"}}], user=Chain(rules=((ACCEPT,),))), False),
        (_rules([{"jump": {"target": "user"}}], user=Chain(rules=(({"return": None},), (ACCEPT,)))), True),
        (_rules([{"goto": {"target": "user"}}], [ACCEPT], user=Chain()), True),
        (_rules([_is("oifname", "docker0"), {"jump": {"target": "user"}}], user=Chain(rules=((ACCEPT,),))), True),
        (_rules([_is("iifname", {"set": ["a"]}), {"vmap": {}}]), True),
        (_rules([{"vmap": {"key": {"meta": {"key": "iifname"}}, "data": {"set": []}}}]), False),
        (_rules(family="ip6"), True),
        (_rules(family="inet"), True),
        (_rules(family="arp"), True),
        (_rules(family="bridge"), True),
        (_rules([_is("iifname", "vxlan10"), ACCEPT], family="bridge"), False),
        (_rules([_is("protocol", "ip"), ACCEPT], [_is("protocol", "ip6"), ACCEPT], family="inet"), False),
    ],
)
def test_the_packet_filter_is_followed_as_the_kernel_does(rules: Netfilter, dropped: bool) -> None:
    assert bool(list(filters.drops(rules, "bridge0", frozenset(), "vxlan10"))) is dropped


def test_a_filter_that_is_not_asked_drops_nothing() -> None:
    rules = replace(_rules(), calls=frozenset())
    assert not list(filters.drops(rules, "bridge0", frozenset(), "vxlan10"))
    assert list(filters.drops(rules, "bridge0", frozenset({"iptables"}), "vxlan10"))


def test_nfts_json_is_read() -> None:
    rows = [
        {"metainfo": {}},
        {"table": {"family": "ip", "name": "x"}},
        {
            "chain": {
                "family": "ip",
                "table": "x",
                "name": "F",
                "type": "filter",
                "hook": "forward",
                "prio": 0,
                "policy": "drop",
            }
        },
        {"rule": {"family": "ip", "table": "x", "chain": "F", "expr": [ACCEPT]}},
    ]
    chains = netfilter.parse_ruleset(json.dumps({"nftables": rows}))
    assert chains == {("ip", "x", "F"): Chain("forward", 0, "drop", ((ACCEPT,),))}


# --- What the tools and the packets say ------------------------------------------------------------------------


def test_a_vxlans_own_table_is_read(captured: Callable[[str], str]) -> None:
    entries = iproute.parse_fdb(captured("bridge-fdb-vxlan"))
    assert [(each.mac, each.permanent) for each in entries if each.permanent] == [("00:00:00:00:00:00", True)]
    assert {each.destination for each in entries} == {PEER}


def test_a_route_is_read(captured: Callable[[str], str]) -> None:
    assert iproute.parse_route(captured("ip-route-get")) == Route("enp1s0", "198.51.100.254")


def test_stp_is_read(captured: Callable[[str], str]) -> None:
    links = iproute.parse_links(captured("ip-link"))
    port, controller = links["vxlan10"].port, links["bridge0"].bridge
    assert port is not None and controller is not None
    assert (port.state, port.flood, port.isolated, port.designated) == ("forwarding", True, False, controller.id)
    assert controller.forward_delay == 15.0


@pytest.fixture(params=["debian12", "debian13"])
def captured(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """What the tools said on a real host, by the name of the capture."""
    directory = File(__file__).parent / "captured" / request.param
    return lambda name: (directory / f"{name}.txt").read_text()


def test_ipsec_policies_are_read() -> None:
    text = """src 198.51.100.2/32 dst 203.0.113.1/32 proto udp dport 8472
\tdir out priority 0
\ttmpl src 198.51.100.2 dst 203.0.113.1
\t\tproto esp reqid 1 mode transport
src 10.0.0.0/8 dst 10.1.0.0/16
\tdir in priority 0
\ttmpl src 0.0.0.0 dst 0.0.0.0
\t\tproto esp reqid 0 mode tunnel
src 10.0.0.0/8 dst 10.2.0.0/16
\tdir out priority 0
\ttmpl src 0.0.0.0 dst 0.0.0.0
\t\tproto esp reqid 0 mode tunnel
\t\tlevel use
"""
    assert list(ipsec.parse_policies(text)) == [Policy(ip_network("198.51.100.2/32"), ip_network("203.0.113.1/32"))]


def _ipv4(source: str, protocol: int, body: bytes, offset: int = 0) -> bytes:
    head = bytes([0x45, 0, 0, 0, 0, 0]) + offset.to_bytes(2, "big") + bytes([64, protocol, 0, 0])
    return head + ip_address(source).packed + ip_address("198.51.100.2").packed + body


def _ipv6(source: str, protocol: int, body: bytes) -> bytes:
    return (
        bytes([0x60, 0, 0, 0, 0, 0, protocol, 64]) + ip_address(source).packed + ip_address("2001:db8::1").packed + body
    )


VXLAN = bytes([0xC0, 0, 0x21, 0x18, 0, 0, 0, 0]) + bytes([8, 0, 0, 0, 0, 0, 10, 0]) + bytes(14)


def test_a_vxlan_packet_is_read_from_its_ip_header_on() -> None:
    assert listen.parse(_ipv4(PEER, 17, VXLAN)) == Packet(PEER, 8472, 10)
    assert listen.parse(_ipv6("2001:db8::2", 17, VXLAN)) == Packet("2001:db8::2", 8472, 10)
    assert listen.parse(_ipv4(PEER, 17, VXLAN, offset=0x2000)) == Packet(PEER, 8472, 10)


@pytest.mark.parametrize("cut", range(len(_ipv4(PEER, 17, VXLAN))))
def test_a_packet_that_is_cut_off_anywhere_is_no_error(cut: int) -> None:
    listen.parse(_ipv4(PEER, 17, VXLAN)[:cut])
    listen.parse(_ipv4(PEER, 1, bytes([3, 13, 0, 0, 0, 0, 0, 0]) + _ipv4(PEER, 17, VXLAN))[:cut])


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        _ipv4(PEER, 6, VXLAN),
        _ipv4(PEER, 17, VXLAN, offset=1),
        _ipv4(PEER, 17, bytes(40)),
        _ipv6("::2", 58, b"\x80"),
    ],
)
def test_what_is_no_vxlan_packet_is_none(packet: bytes) -> None:
    assert listen.parse(packet) is None


@pytest.mark.parametrize(("code", "answer"), [(3, "refused"), (13, "rejected"), (10, "rejected")])
def test_an_error_about_a_packet_of_ours_is_read(code: int, answer: str) -> None:
    about = bytearray(_ipv4("198.51.100.2", 17, VXLAN[:8]))
    about[16:20] = ip_address(PEER).packed
    said = listen.parse(_ipv4("198.51.100.254", 1, bytes([3, code, 0, 0, 0, 0, 0, 0]) + bytes(about)))
    assert said == Rejection("198.51.100.254", PEER, 8472, answer)


@pytest.mark.parametrize(
    ("kind", "code", "answer"),
    [
        (3, 3, "refused"),
        (1, 4, "refused"),
        (3, 1, "not sent"),
        (1, 3, "not sent"),
        (3, 13, "rejected"),
        (1, 1, "rejected"),
    ],
)
def test_icmp_errors_have_their_meaning(kind: int, code: int, answer: str) -> None:
    assert udp.meaning(kind, code) == answer


def test_the_kernels_error_is_read_with_its_sender() -> None:
    data = (113).to_bytes(4, "little") + bytes([2, 3, 13, 0]) + bytes(8) + (2).to_bytes(2, "little") + bytes(2)
    read = errors.parse(data + ip_address("198.51.100.254").packed + bytes(8))
    assert (read.number, read.type, read.code, read.by) == (113, 3, 13, "198.51.100.254")


def test_an_arp_reply_counts_only_to_us() -> None:
    own, other = bytes.fromhex("525400000001"), bytes.fromhex("525400000002")
    asked = arp.question(own, "192.0.2.2")
    assert arp.answer(asked, own) is None
    reply = own + other + asked[12:20] + b"\x00\x02" + other + ip_address("192.0.2.2").packed + own + bytes(4)
    assert arp.answer(reply, own) == ("192.0.2.2", "52:54:00:00:00:02")
    assert arp.answer(b"\xff" * 6 + reply[6:], own) is None
    assert arp.answer(reply[:30], own) is None


@pytest.mark.parametrize("size", [28, 29, 1500, 1550])
def test_an_echo_request_has_its_size_and_a_right_checksum(size: int) -> None:
    packet = echo.request(4, 7, 1, size)
    assert len(packet) + 20 == size
    assert echo.checksum(packet) == 0

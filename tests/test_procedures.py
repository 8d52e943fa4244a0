"""The chapter as functions: a plan and what the tools show of a host in, the commands that it takes out."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import as_planned, three_hosts
from vxlan_tui import judge, plan
from vxlan_tui.judge import Outputs
from vxlan_tui.plan import Plan, PlanError
from vxlan_tui.procedures import SECTIONS, things
from vxlan_tui.rehearsal import SAMPLE
from vxlan_tui.state import AdminPath, HostState, Link, Nic, Profile, VmState, Zone
from vxlan_tui.steps import Need, Step
from vxlan_tui.things import Thing, escaped

FILE = Path("/root/plan.toml")
MAC, OTHER_MAC = "52:54:00:00:00:01", "52:54:00:00:00:02"
STATE = HostState(
    underlay_mtu=1500, links={name: Link(name) for name in ("enp1s0", "eth0")}, zone=Zone("public"), path=AdminPath()
)


def read(old: str = "", new: str = "", more: str = "") -> Plan:
    """Return the sample plan with a change and an addition."""
    text = SAMPLE.read_text()
    assert old in text
    return plan.parse((text.replace(old, new) if old else text).encode() + more.encode(), FILE)


def rows(of: Plan, *sections: str, state: HostState | None = STATE) -> list[Thing]:
    """Return the first host's things."""
    return things(of, of.hosts[0], state, sections or SECTIONS)


def texts(steps: list[Step]) -> list[str]:
    """Return what steps would run, or why they would not."""
    return [
        words for step in steps for words in ([step.conflict] if step.conflict else [c.text for c in step.commands])
    ]


def wanted(of: Plan, *sections: str, state: HostState | None = STATE) -> tuple[list[Thing], Outputs]:
    """Return the first host's things, and what the tools show where all is right."""
    found = rows(of, *sections, state=state)
    return found, as_planned.outputs(found)


def test_a_new_host_takes_the_chapters_commands_in_its_order() -> None:
    """With its gaps closed: the zone is named, the port is open now too, and frames fit into the tunnel."""
    assert texts(judge.forward(rows(read(), "ethernet", "bridge", "network"), {})) == [
        "nmcli connection add save no con-name Example ifname enp1s0 type ethernet connection.autoconnect-priority 999",
        "nmcli connection modify --temporary id Example ipv4.addresses 198.51.100.2/24 ipv4.method manual "
        "ipv4.gateway 198.51.100.254 ipv4.dns 198.51.100.200 ipv4.dns-search example.com connection.autoconnect yes",
        "nmcli connection up id Example",
        "nmcli connection modify id Example connection.id Example",
        "nmcli connection add type bridge con-name bridge0 ifname bridge0 ipv4.method disabled ipv6.method disabled "
        "bridge.stp no 802-3-ethernet.mtu 1450",
        "nmcli connection add type vxlan slave-type bridge con-name bridge0-vxlan10 ifname vxlan10 id 10 "
        "local 198.51.100.2 remote 203.0.113.1 802-3-ethernet.mtu 1450 master bridge0",
        "nmcli connection up id bridge0",
        "nmcli connection up id bridge0-vxlan10",
        "firewall-cmd --permanent --zone=public --add-port=8472/udp",
        "firewall-cmd --zone=public --add-port=8472/udp",
        "virsh net-define /dev/stdin <<'EOF'\n"
        '<network><name>vxlan10-bridge</name><forward mode="bridge"/><bridge name="bridge0"/></network>\nEOF',
        "virsh net-start vxlan10-bridge",
        "virsh net-autostart vxlan10-bridge",
    ]


IPV6 = """
[[hosts]]
name = "a"
interface = "eth0"
vtep = "2001:db8::1"
zone = "internal"
[[hosts]]
name = "b"
interface = "eth0"
vtep = "2001:db8::2"
[[segments]]
vni = 1
bridge = "br1"
group = "ff05::1"
port = 4789
stp = true
mtu = 1300
[[segments]]
vni = 2
bridge = "br2"
port = 4789
[[vms]]
host = "a"
name = "two"
network = "vxlan1-bridge"
mac = "52:54:00:00:00:01"
[[vms]]
host = "a"
name = "two"
network = "vxlan2-bridge"
mac = "52:54:00:00:00:02"
move = "restart"
"""
PLANS = {
    "the chapter's": SAMPLE.read_text(),
    "IPv6, a group, two segments, a VM in both": IPV6,
    "three hosts, and only they are let in": three_hosts.text(3, 'admit = "peers"\n'),
    "three hosts, encrypted": three_hosts.encrypted(three_hosts.text(3)),
    "encrypted over IPv4, IPv6 inside": three_hosts.encrypted(SAMPLE.read_text(), subnet="fd42::/64"),
}


@pytest.fixture(params=PLANS)
def every(request: pytest.FixtureRequest) -> Plan:
    """Plans that hold everything that a plan can hold."""
    return plan.parse(PLANS[request.param].encode(), FILE)


def test_what_is_right_takes_nothing(every: Plan) -> None:
    steps = judge.forward(*wanted(every))
    assert texts(steps) == []
    assert {step.need for step in steps} == {Need.DONE}


def test_what_is_not_there_is_made_or_missed_in_words(every: Plan) -> None:
    for thing in rows(every):
        (step,) = judge.forward([thing], {})
        if not thing.wants:
            assert step.need is Need.DONE
        elif thing.missing:
            assert step.conflict == thing.missing
        else:
            assert step.need in (Need.RUN, Need.DONE)
            assert step.changes == ()


def test_each_value_that_differs_is_told_and_takes_what_changes_it(every: Plan) -> None:
    """Line by line of what each thing must show."""
    found, right = wanted(every)
    told = 0
    for thing in found:
        for line in thing.wants.splitlines():
            other = re.sub(r"(?<=[:= \"])[\w.]+(?=\"?$)", "other", line)
            if other == line or not re.search(thing.reading.pick, other):
                continue
            told += 1
            shown = {**right, thing.reading.argv: right[thing.reading.argv].replace(line, other)}
            (step,) = judge.forward([thing], shown)
            if step.conflict:
                assert step.commands == ()
                continue
            assert step.commands, (thing.id, other)
            assert step.commands == thing.change, (thing.id, other)
            assert any("other" in change.old and change.new for change in step.changes), (thing.id, other)
    assert told > 10


def test_a_change_is_no_change_where_only_the_order_of_lines_differs(every: Plan) -> None:
    found, right = wanted(every)
    assert texts(judge.forward(found, {argv: "\n".join(reversed(t.splitlines())) for argv, t in right.items()})) == []


@dataclass(frozen=True)
class Case:
    """A host that is as planned but for one thing: what is shown, and the commands that it takes, or why none."""

    name: str
    of: str
    old: str
    new: str
    takes: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


PROFILE, VXLAN, DEVICE = "^nmcli .* Example$", "^nmcli .* bridge0-vxlan10$", "^ip .* dev vxlan10$"

DIFFERENT = (
    Case(
        "no autostart", "net-info", "Autostart:      yes", "Autostart:      no", ("virsh net-autostart vxlan10-bridge",)
    ),
    Case("not active", "net-info", "Active:         yes", "Active:         no", ("virsh net-start vxlan10-bridge",)),
    Case(
        "a network that a reboot loses",
        "net-info",
        "Persistent:     yes",
        "Persistent:     no",
        (
            "virsh net-define /dev/stdin <<'EOF'\n"
            '<network><name>vxlan10-bridge</name><forward mode="bridge"/><bridge name="bridge0"/></network>\nEOF',
        ),
    ),
    Case("a port closed", "firewall-cmd --zone", "yes", "no", ("firewall-cmd --zone=public --add-port=8472/udp",)),
    Case(
        "a port closed at the next boot",
        "--permanent",
        "yes",
        "no",
        ("firewall-cmd --permanent --zone=public --add-port=8472/udp",),
    ),
    Case(
        "another VNI in the kernel",
        DEVICE,
        "vxlan id 10 ",
        "vxlan id 11 ",
        ("nmcli connection down id bridge0-vxlan10", "nmcli connection up id bridge0-vxlan10"),
    ),
    Case(
        "a bridge with an address",
        "^ip .* dev bridge0$",
        ",UP",
        ",UP\ninet 192.0.2.1/24 scope global",
        ("nmcli device reapply bridge0", "ip link set dev bridge0 up"),
    ),
    Case(
        "another profile in force",
        "device show enp1s0",
        "Example",
        "Old",
        ("nmcli connection up id Example",),
    ),
    Case(
        "another address in the profile",
        PROFILE,
        "ipv4.addresses:198.51.100.2/24",
        "ipv4.addresses:198.51.100.3/24",
        (
            "nmcli connection modify --temporary id Example",
            "nmcli connection modify id Example connection.id Example",
        ),
    ),
    Case(
        "several profiles of one name",
        PROFILE,
        "connection.type:802-3-ethernet\n",
        "connection.type:802-3-ethernet\n\nconnection.type:802-3-ethernet\n",
        ("there are connection profiles named Example",),
    ),
    Case(
        "a profile of another type",
        VXLAN,
        "connection.type:vxlan",
        "connection.type:dummy",
        ("there are connection profiles named bridge0-vxlan10 that are not the plan's",),
    ),
    Case(
        "a profile for another device",
        VXLAN,
        "interface-name:vxlan10",
        "interface-name:vx9",
        ("there are connection profiles named bridge0-vxlan10 that are not the plan's",),
    ),
)


@pytest.mark.parametrize("case", DIFFERENT, ids=str)
def test_one_thing_that_differs_takes_its_own_commands_and_no_others(case: Case) -> None:
    found, right = wanted(read(), "ethernet", "bridge", "network")
    taken = texts(judge.forward(found, as_planned.instead(right, case.of, case.old, case.new)))
    assert len(taken) == len(case.takes), taken
    assert all(text.startswith(words) for text, words in zip(taken, case.takes, strict=True)), taken


OTHERS = {
    "a port of somebody else's": (
        "link show master bridge0",
        "eth7             UP             \n",
        "bridge0 has other ports: eth7",
    ),
    "a device by hand": (
        "device show bridge0",
        "GENERAL.CONNECTION:bridge0\nGENERAL.STATE:100 (connected (externally))\n",
        "the device bridge0 exists, and",
    ),
    "a device by another profile": ("device show vxlan10", "GENERAL.CONNECTION:mine\n", "the device vxlan10"),
    "the VNI": (
        "link show type vxlan",
        "7: vx9: <BROADCAST> mtu 1500\\ link/ether  vxlan id 10 remote 192.0.2.9 srcport 0 0 dstport 8472 ttl auto\n",
        "VNI 10 on UDP port 8472 is taken by another device: ",
    ),
    "a network": (
        "net-dumpxml",
        "<forward mode='nat'>\n<bridge name='virbr7'/>\n",
        "a libvirt network vxlan10-bridge exists",
    ),
}


@pytest.mark.parametrize("whose", OTHERS)
def test_what_is_somebody_elses_is_a_conflict_in_words_and_takes_nothing(whose: str) -> None:
    of, shown, words = OTHERS[whose]
    found, right = wanted(read())
    (argv,) = (argv for argv in right if re.search(of, " ".join(argv)))
    stopped = [step for step in judge.forward(found, {**right, argv: shown}) if step.need is Need.CONFLICT]
    assert stopped
    assert all(step.conflict.startswith(words) and step.commands == () for step in stopped), stopped


VM = 'host = "host-a"\nname = "vma"\nnetwork = "vxlan10-bridge"\n'
EDIT = "virt-xml vma --edit --network network=vxlan10-bridge,mtu.size=1450"
MOVE = "virt-xml vma --edit --update --no-define --network network=vxlan10-bridge,link.state="
STORED, LIVE = "dumpxml .*--inactive", "dumpxml --xpath"


def test_a_vm_that_is_off_is_edited_and_started() -> None:
    found, shown = wanted(read(), "vms")
    shown = as_planned.instead(shown, STORED, "vxlan10-bridge", "default")
    shown = as_planned.gone(as_planned.instead(shown, "domstate", "running", "shut off"), LIVE)
    assert texts(judge.forward(found, shown)) == [EDIT, "virsh start vma"]


def test_a_vm_that_runs_is_moved_as_it_runs_with_its_link_down_and_up() -> None:
    """Its stored definition too, which tells the guest the tunnel's MTU at its next start."""
    found, shown = wanted(read(), "vms")
    off = as_planned.instead(shown, LIVE, "bridge0", "virbr0")
    assert texts(judge.forward(found, off)) == [f"{MOVE}down", f"{MOVE}up"]
    both = as_planned.instead(off, STORED, "1450", "9000")
    assert texts(judge.forward(found, both)) == [EDIT, f"{MOVE}down", f"{MOVE}up"]


@pytest.mark.parametrize("kind", ["bridge", "direct", "user"])
def test_a_vm_that_is_on_no_network_of_libvirts_is_moved_too(kind: str) -> None:
    """Its definition names no network and no MTU; and running, it is on another bridge, or on none."""
    found, shown = wanted(read(), "vms")
    (argv,) = (argv for argv in shown if "--security-info" in argv)
    stored = {**shown, argv: f'<interface type="{kind}">\n  <mac address="{MAC}"/>\n</interface>\n'}
    assert texts(judge.forward(found, stored)) == [EDIT]
    place = {"bridge": ' bridge="br7"\n', "direct": ' dev="eth7"\n mode="bridge"\n', "user": ""}[kind]
    (live,) = (argv for argv in shown if "//@*" in argv[-2])
    ran = {**stored, live: f' type="{kind}"\n{place} type="virtio"\n'}
    assert texts(judge.forward(found, ran)) == [EDIT, f"{MOVE}down", f"{MOVE}up"]


PLACES = {
    "a network": (Nic(MAC, "network", "default", "default"), False),
    "a network on a bridge": (Nic(MAC, "bridge", "lan", "lan"), False),
    "the plan's bridge": (Nic(MAC, "bridge", "bridge0"), False),
    "another bridge": (Nic(MAC, "bridge", "br7"), True),
    "a macvtap device": (Nic(MAC, "direct", "eth7"), True),
    "a network of macvtap devices": (Nic(MAC, "direct", "direct-net", "direct-net"), True),
    "no network": (Nic(MAC, "user"), True),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_running_vm_is_restarted_where_libvirt_cannot_move_it_there_and_back(place: str) -> None:
    nic, restarted = PLACES[place]
    state = replace(STATE, vms={"vma": VmState("vma", "running", nics=(OLD,), live_nics=(nic,))})
    found, shown = wanted(read(), "vms", state=state)
    taken = texts(judge.forward(found, as_planned.instead(shown, LIVE, "bridge0", "br7")))
    assert taken[-1] == ("virsh start vma" if restarted else f"{MOVE}up")


def test_a_cable_that_is_out_is_told_and_put_in() -> None:
    """A move that was cut off half way leaves it out, on the right bridge: the next run does not call that done."""
    found, shown = wanted(read(), "vms")
    out = as_planned.instead(shown, LIVE, 'bridge="bridge0"', 'bridge="bridge0"\n state="down"')
    (step,) = (step for step in judge.forward(found, out) if step.commands)
    assert texts([step]) == [f"{MOVE}down", f"{MOVE}up"]
    assert [change.old for change in step.changes] == ['state="down"']
    restarts = wanted(read(VM, f'{VM}move = "restart"\n'), "vms")[0]
    assert texts(judge.forward(restarts, out)) == []  # a restart would not put it in


def test_a_vm_is_shut_down_waited_for_and_started_where_the_plan_says_so() -> None:
    """`virsh start` before it is off would be an error; a guest that still boots is asked again."""
    found, shown = wanted(read(VM, f'{VM}move = "restart"\nshutdown_timeout = 7\n'), "vms")
    taken = texts(judge.forward(found, as_planned.instead(shown, LIVE, "bridge0", "virbr0")))
    assert [text.split()[0] for text in taken[-2:]] == ["timeout", "virsh"]
    assert taken[-2].startswith("timeout 7 bash -c ")
    assert taken[-2].endswith(" vma")
    assert 'virsh shutdown "$0"' in taken[-2]
    assert taken[-1] == "virsh start vma"


OLD = Nic(MAC, "network", "default", "default", "vnet0", "<interface/>")


def of_vm(vm: VmState, more: str = "") -> list[str]:
    """Return what the first host's VM takes, of which the tools show nothing as it should be."""
    of = read(VM, f"{VM}{more}")
    found, shown = wanted(of, "vms", state=replace(STATE, vms={"vma": vm}))
    return texts(judge.forward(found, as_planned.instead(shown, STORED, "vxlan10-bridge", "default")))


def test_the_nic_is_chosen_by_its_mac_where_a_vm_has_several() -> None:
    """Without a selector virt-xml would take the first, whichever that is."""
    several = VmState("vma", "running", nics=(replace(OLD, mac=OTHER_MAC), OLD), live_nics=(OLD,))
    (edit,) = of_vm(several, f'mac = "{MAC.upper()}"\n')
    assert edit == f"virt-xml vma --edit mac={MAC} --network network=vxlan10-bridge,mtu.size=1450"


@pytest.mark.parametrize(
    ("vm", "words"),
    [
        (VmState("vma", nics=(OLD, replace(OLD, mac=OTHER_MAC))), f"2 NICs ({MAC}, {OTHER_MAC}): say which one"),
        (VmState("vma", nics=()), "the VM vma has 0 NICs"),
        (VmState("vma", "running", persistent=False, live_nics=(OLD,)), "the VM vma is transient"),
    ],
)
def test_a_vm_that_cannot_be_moved_is_a_conflict_in_words(vm: VmState, words: str) -> None:
    taken = of_vm(vm)
    assert taken
    assert all(words in text for text in taken)


def test_a_vm_that_is_paused_is_left_as_it_is() -> None:
    found, shown = wanted(read(), "vms")
    taken = texts(judge.forward(found, as_planned.instead(shown, "domstate", "running", "paused")))
    assert taken == ["the VM vma is paused: resume it or shut it down first"]


def test_each_nic_of_a_vm_is_a_step_of_its_own() -> None:
    """The second look of one is not the other's."""
    of = plan.parse(IPV6.encode(), FILE)
    keys = [(step.id, step.subject) for step in judge.forward(rows(of, "vms"), {})]
    assert len(set(keys)) == len(keys)
    assert {subject for step, subject in keys if step == "vm.move"} == {f"two {MAC}", f"two {OTHER_MAC}"}


def test_a_vm_that_does_not_exist_is_created_where_the_plan_says_how() -> None:
    """The admin's options stand between the name and the network; virt-install must not wait on a console."""
    install = f"{VM}install = \"--memory 2048 --disk 'path=/a b.img,size=1' --import\"\n"
    taken = texts(judge.forward(rows(read(VM, install), "vms"), {}))
    assert taken[0] == (
        "virt-install --name vma --memory 2048 --disk 'path=/a b.img,size=1' --import "
        "--network network:vxlan10-bridge,mtu.size=1450 --noautoconsole"
    )
    assert texts(judge.forward(rows(read(), "vms"), {}))[0].startswith(
        "there is no VM vma, and the plan does not say how"
    )


def test_what_nothing_can_change_is_a_conflict_and_never_taken_for_done() -> None:
    found, shown = wanted(read(), "vms")
    taken = texts(judge.forward(found, as_planned.instead(shown, "dominfo", f"{'Name:':<16}vma", f"{'Name:':<16}vmx")))
    assert taken == ["nothing can change this as it is: vma: Name: vmx -> vma"]


# What only the host's state tells


OTHER = Profile("u", "mine", "bridge", settings={"connection.interface-name": "bridge0"})
TAKEN = Profile("v", "vx9", "vxlan", settings={"vxlan.id": "10", "vxlan.destination-port": "8472"})


@pytest.mark.parametrize(
    ("state", "step", "words"),
    [
        (replace(STATE, links={"lo": Link("lo"), "eth7": Link("eth7")}), "ethernet.profile", "it has eth7"),
        (replace(STATE, links={"enp1s0": Link("enp1s0", controller="br7")}), "ethernet.profile", "is a port of br7"),
        (replace(STATE, profiles=(OTHER,)), "bridge.bridge", "bridge0 belongs to the connection profile mine"),
        (replace(STATE, profiles=(TAKEN,)), "bridge.vxlan", "is taken by the connection profile vx9"),
        (replace(STATE, zone=Zone("odd", exists=False)), "bridge.firewall", "there is no firewalld zone odd"),
    ],
)
def test_what_the_host_cannot_give_is_a_conflict_in_words(state: HostState, step: str, words: str) -> None:
    stopped = {each.id: each.conflict for each in judge.forward(rows(read(), state=state), {}) if each.conflict}
    assert words in stopped[step]


def test_the_mtu_follows_the_underlay_unless_the_plan_says_one() -> None:
    """50 bytes less over IPv4, 70 over IPv6."""
    jumbo = replace(STATE, underlay_mtu=9000)
    assert "802-3-ethernet.mtu 8950" in texts(judge.forward(rows(read(), "bridge", state=jumbo), {}))[0]
    of = plan.parse(IPV6.encode(), FILE)
    made = [text for text in texts(judge.forward(rows(of, "bridge"), {})) if "connection add" in text]
    assert ["mtu 1300" in text for text in made] == [True, True, False, False]
    assert ["mtu 1430" in text for text in made] == [False, False, True, True]


def test_a_group_is_joined_on_the_underlay_and_a_port_is_opened_once() -> None:
    taken = texts(judge.forward(rows(plan.parse(IPV6.encode(), FILE), "bridge"), {}))
    assert "remote ff05::1 destination-port 4789 dev eth0" in next(text for text in taken if "ifname vxlan1 " in text)
    assert [text for text in taken if text.startswith("firewall-cmd")] == [
        "firewall-cmd --permanent --zone=public --add-port=4789/udp",
        "firewall-cmd --zone=public --add-port=4789/udp",
    ]


def test_an_interface_that_is_kept_takes_nothing_and_dhcp_no_addresses() -> None:
    table = SAMPLE.read_text().partition("[hosts.ethernet]\n")[2].partition("\n[[hosts]]")[0]
    vtep = 'vtep = "198.51.100.2"\n'
    assert rows(read(f"[hosts.ethernet]\n{table}", vtep), "ethernet") == []
    dhcp = read(f"[hosts.ethernet]\n{table}", f'{vtep}[hosts.ethernet]\nprofile = "Example"\nmethod = "auto"\n')
    right = as_planned.outputs(rows(dhcp, "ethernet"))
    static = as_planned.instead(right, PROFILE, "ipv4.method:auto", "ipv4.method:manual")
    shows = {argv: f"GENERAL.CONNECTION:Example\n{text}" if "device" in argv else text for argv, text in static.items()}
    change, up, save = texts(judge.forward(rows(dhcp, "ethernet"), shows))
    assert up == "nmcli connection up id Example"  # the device shows its profile, and the address that it had
    assert save == "nmcli connection modify id Example connection.id Example"
    assert (
        "ipv4.method auto ipv4.addresses '' ipv4.gateway ''" in change or "ipv4.addresses '' ipv4.method auto" in change
    )


IN_FORCE = (
    "GENERAL.STATE:100 (connected)\nGENERAL.CONNECTION:Example\nIP4.ADDRESS[1]:198.51.100.2/24\n"
    "IP4.GATEWAY:198.51.100.254\nIP4.DNS[1]:198.51.100.254\nIP4.DNS[2]:192.0.2.1\nIP4.SEARCHES[1]:example.com\n"
)


@pytest.mark.parametrize("method", ["manual", "auto"])
def test_a_gateway_that_is_the_dns_server_too_is_in_force_where_it_is_shown_as_both(method: str) -> None:
    """By DHCP the gateway is not the plan's; and what is shown of others does not count."""
    text = SAMPLE.read_text().replace('"198.51.100.200"', '"198.51.100.254", "198.51.100.254"', 1)
    if method == "auto":
        old = 'method = "manual"\naddress = "198.51.100.2/24"\ngateway = "198.51.100.254"\n'
        text = text.replace(old, 'method = "auto"\n', 1).replace("[hosts.eth", 'vtep = "198.51.100.2"\n[hosts.eth', 1)
    found = rows(plan.parse(text.encode(), FILE), "ethernet")
    (device,) = (thing for thing in found if thing.id == "ethernet.activate")
    assert device.reading.shown(IN_FORCE) == device.wants
    for other in (IN_FORCE.replace("DNS[1]:198.51.100.254", "DNS[1]:198.51.100.253"), IN_FORCE.replace("Ex", "Old-Ex")):
        assert device.reading.shown(other) != device.wants
    if method == "manual":
        assert device.reading.shown(IN_FORCE.replace("GATEWAY:198.51.100.254", "GATEWAY:")) != device.wants


# Names are data

NASTY = st.text(st.sampled_from("a-$`\"'\\;|&<>(){}[]*?!#~ =:%\n\té日"), max_size=12).map(lambda text: f"{text}zz")


@given(name=NASTY)
def test_a_hostile_name_is_one_word_of_a_command_or_the_plan_refuses_it(name: str) -> None:
    """And a reading of it shows that name and no other."""
    quoted = json.dumps(name, ensure_ascii=False)
    try:
        of = read('profile = "Example"', f"profile = {quoted}")
    except PlanError:
        return
    for thing in rows(of, "ethernet"):
        for command in (*thing.make, *thing.change, *thing.delete, *thing.restore, *thing.revive):
            if any(name in word for word in command.argv):
                assert name in command.argv
        for reading in thing.readings:
            assert re.fullmatch(escaped(name), name)
            assert name in reading.argv or not any(name in word for word in reading.argv)
    assert texts(judge.forward(*wanted(of, "ethernet"))) == []


@given(name=NASTY)
def test_a_hostile_network_name_stays_data_in_xml_and_readings(name: str) -> None:
    quoted = json.dumps(name, ensure_ascii=False)
    try:
        of = read("vni = 10\n", f"vni = 10\nnetwork = {quoted}\n")
    except PlanError:
        return
    for thing in rows(of, "network"):
        for command in thing.make:
            assert name in command.argv or ElementTree.fromstring(command.stdin).findtext("name") == name  # noqa: S314 (our own)
    assert texts(judge.forward(*wanted(of, "network"))) == []

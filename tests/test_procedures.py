"""The chapter as functions: what the plan asks for and what the host has, to the commands that it takes."""

from dataclasses import replace
from pathlib import Path

import pytest

from vxlan_tui import plan
from vxlan_tui.before import Record, network_record, nic_record, profile_record, underlay_record, vm_record
from vxlan_tui.plan import Plan
from vxlan_tui.procedures import SECTIONS, back, steps
from vxlan_tui.rehearsal import SAMPLE
from vxlan_tui.state import HostState, Link, Network, Nic, Profile, VmState, Zone
from vxlan_tui.steps import Need, Step

MAC = "52:54:00:00:00:01"
OTHER_MAC = "52:54:00:00:00:02"
OLD = Nic(MAC, "network", "default", "default", "vnet0", "<interface/>")
NEW = replace(OLD, source="vxlan10-bridge", network="vxlan10-bridge")
EMPTY = HostState(
    nm_version=(1, 52, 1),
    links={"enp1s0": Link("enp1s0")},
    zone=Zone("public"),
    vms={"vma": VmState("vma", nics=(OLD,))},
)


def read(text: str = "", old: str = "", new: str = "") -> Plan:
    """Give the sample plan with a change and an addition."""
    return plan.parse(
        (SAMPLE.read_text().replace(old, new) if old else SAMPLE.read_text()).encode() + text.encode(), FILE
    )


FILE = Path("/root/plan.toml")


def taken(of: Plan, state: HostState, section: str = ",".join(SECTIONS)) -> list[str]:
    """Give the commands that the first host takes, as text."""
    return [command.text for step in found(of, state, section) for command in step.commands]


def found(of: Plan, state: HostState, section: str = ",".join(SECTIONS)) -> list[Step]:
    """Give the first host's steps."""
    return steps(of, of.hosts[0], state, section.split(","))


def test_a_new_host_takes_the_chapters_commands_in_its_order() -> None:
    """With the gaps closed: the zone is named, the port is opened now too, and nothing is reloaded."""
    assert taken(read(), EMPTY) == [
        "nmcli connection add con-name Example ifname enp1s0 type ethernet",
        "nmcli connection modify id Example ipv4.addresses 198.51.100.2/24 ipv4.method manual "
        "ipv4.gateway 198.51.100.254 ipv4.dns 198.51.100.200 ipv4.dns-search example.com",
        "nmcli connection up id Example",
        "nmcli connection add type bridge con-name bridge0 ifname bridge0 ipv4.method disabled ipv6.method disabled",
        "nmcli connection add type vxlan port-type bridge con-name bridge0-vxlan10 ifname vxlan10 id 10 "
        "local 198.51.100.2 remote 203.0.113.1 controller bridge0",
        "nmcli connection up id bridge0",
        "firewall-cmd --permanent --zone=public --add-port=8472/udp",
        "firewall-cmd --zone=public --add-port=8472/udp",
        "install -D -m 600 /dev/stdin /run/vxlan-tui/vxlan10-bridge.xml <<'EOF'\n<network>\n"
        '  <name>vxlan10-bridge</name>\n  <forward mode="bridge"/>\n  <bridge name="bridge0"/>\n</network>\nEOF',
        "virsh net-define /run/vxlan-tui/vxlan10-bridge.xml",
        "rm /run/vxlan-tui/vxlan10-bridge.xml",
        "virsh net-start vxlan10-bridge",
        "virsh net-autostart vxlan10-bridge",
        "virt-xml vma --edit --network network=vxlan10-bridge",
        "virsh start vma",
    ]


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ((1, 42, 4), "type vxlan slave-type bridge "),
        ((1, 44, 9), "master bridge0"),
        ((1, 46, 0), "type vxlan port-type bridge "),
        ((1, 58), "controller bridge0"),
    ],
)
def test_networkmanager_is_asked_in_the_words_that_it_knows(version: tuple[int, ...], words: str) -> None:
    """Controller and port-type from 1.46 on, master and slave-type before."""
    assert words in "\n".join(taken(read(), replace(EMPTY, nm_version=version), "bridge"))


def test_dhcp_needs_no_addresses_and_an_interface_that_is_kept_needs_nothing() -> None:
    """Where [hosts.ethernet] is left out, nothing of section 10.2 runs."""
    table = SAMPLE.read_text().partition("[hosts.ethernet]\n")[2].partition("\n[[hosts]]")[0]
    vtep = 'vtep = "198.51.100.2"\n'
    dhcp = read("", f"[hosts.ethernet]\n{table}", f'{vtep}[hosts.ethernet]\nprofile = "Example"\nmethod = "auto"\n')
    assert taken(dhcp, EMPTY, "ethernet") == [
        "nmcli connection add con-name Example ifname enp1s0 type ethernet",
        "nmcli connection up id Example",
    ]
    assert found(read("", f"[hosts.ethernet]\n{table}", vtep), EMPTY, "ethernet") == []


def test_a_group_is_joined_on_the_underlay_and_another_port_is_said() -> None:
    """A multicast remote needs the VXLAN's parent; 8472 alone is NetworkManager's default."""
    grouped = read("", "vni = 10\n", 'vni = 10\ngroup = "239.1.1.10"\nport = 4789\n')
    commands = "\n".join(taken(grouped, EMPTY, "bridge"))
    assert "remote 239.1.1.10 destination-port 4789 dev enp1s0 controller bridge0" in commands
    assert "--add-port=4789/udp" in commands


def test_two_segments_on_one_port_open_it_once() -> None:
    """Nothing is done twice."""
    second = '\n[[segments]]\nvni = 20\nbridge = "bridge1"\n'
    assert sum("--add-port" in command for command in taken(read(second), EMPTY)) == 2


def vm_commands(vm: VmState, text: str = "", old: str = "", new: str = "") -> list[str]:
    """Give the commands for the first host's VM."""
    return taken(read(text, old, new), replace(EMPTY, vms={"vma": vm}), "vms")


WAIT = (
    'timeout 60 bash -c \'n=0; until virsh list --name --state-shutoff | grep -Fxq -e "$0"; do '
    'sleep 0.5; ((++n % 20)) || virsh shutdown "$0"; done\' vma'
)


def test_a_running_vm_is_edited_shut_down_waited_for_and_started() -> None:
    """`virsh start` before it is off would be an error."""
    vm = VmState("vma", "running", nics=(OLD,), live_nics=(OLD,))
    assert vm_commands(vm) == [
        "virt-xml vma --edit --network network=vxlan10-bridge",
        "virsh shutdown vma",
        WAIT,
        "virsh start vma",
    ]


def test_a_vm_that_was_edited_and_not_restarted_is_only_restarted() -> None:
    """Virt-xml changes the stored definition alone; a run may have been cut off after it."""
    vm = VmState("vma", "running", nics=(NEW,), live_nics=(OLD,))
    assert vm_commands(vm) == ["virsh shutdown vma", WAIT, "virsh start vma"]


def test_a_vm_that_runs_on_its_network_is_left_alone() -> None:
    """Also where libvirt says type bridge of the running NIC."""
    vm = VmState("vma", "running", nics=(NEW,), live_nics=(replace(NEW, type="bridge"),))
    assert vm_commands(vm) == []


def test_the_nic_is_chosen_by_its_mac_where_a_vm_has_several() -> None:
    """Without a selector virt-xml would take the first."""
    vm = VmState("vma", nics=(replace(OLD, mac=OTHER_MAC), OLD))
    address = 'address = "192.0.2.1"\n'
    commands = vm_commands(vm, "", address, f'{address}mac = "{MAC.upper()}"\n')
    assert commands[0] == f"virt-xml vma --edit mac={MAC} --network network=vxlan10-bridge"


def test_each_nic_of_a_vm_is_a_step_of_its_own() -> None:
    """The second look of one is not the other's."""
    vm = VmState("vma", nics=(OLD, replace(OLD, mac=OTHER_MAC)))
    address = 'address = "192.0.2.1"\n'
    row = '\n[[vms]]\nhost = "host-a"\nname = "vma"\nnetwork = "vxlan10-bridge"\n'
    of = read(f'{row}mac = "{OTHER_MAC}"\n', address, f'{address}mac = "{MAC}"\n')
    subjects = [step.subject for step in found(of, replace(EMPTY, vms={"vma": vm}), "vms")]
    assert subjects == [f"vma {MAC}", f"vma {OTHER_MAC}", "vma"]


@pytest.mark.parametrize(
    ("vm", "words"),
    [
        (VmState("vma", nics=(OLD, replace(OLD, mac=OTHER_MAC))), f"2 NICs ({MAC}, {OTHER_MAC}): say which one"),
        (VmState("vma", nics=()), "the VM vma has 0 NICs"),
        (VmState("vma", "paused", nics=(OLD,)), "the VM vma is paused: resume it or shut it down first"),
        (VmState("vma", "running", persistent=False, live_nics=(OLD,)), "the VM vma is transient"),
    ],
)
def test_a_vm_that_cannot_be_moved_is_a_conflict(vm: VmState, words: str) -> None:
    """In words, and without a command."""
    (conflict,) = [s for s in found(read(), replace(EMPTY, vms={"vma": vm}), "vms") if s.need is Need.CONFLICT]
    assert words in conflict.conflict


def test_a_vm_that_does_not_exist_is_created_where_the_plan_says_how() -> None:
    """The admin's options stand between the name and the network; virt-install must not wait on a console."""
    address = 'address = "192.0.2.1"\n'
    install = f"{address}install = \"--memory 2048 --disk 'path=/a b.img,size=1' --import\"\n"
    commands = taken(read("", address, install), replace(EMPTY, vms={}), "vms")
    assert commands == [
        "virt-install --name vma --memory 2048 --disk 'path=/a b.img,size=1' --import "
        "--network network:vxlan10-bridge --noautoconsole"
    ]
    (missing,) = found(read(), replace(EMPTY, vms={}), "vms")
    assert "there is no VM vma on this host" in missing.conflict


def test_a_network_that_only_lacks_its_autostart_gets_that_alone() -> None:
    """What exists and is right is left."""
    network = Network("vxlan10-bridge", "bridge0", "bridge", active=True)
    assert taken(read(), replace(EMPTY, networks={"vxlan10-bridge": network}), "network") == [
        "virsh net-autostart vxlan10-bridge"
    ]


def test_a_file_that_a_killed_run_left_is_removed() -> None:
    """It was written to define the network from."""
    network = Network("vxlan10-bridge", "bridge0", "bridge", active=True, autostart=True)
    left = frozenset({"/run/vxlan-tui/vxlan10-bridge.xml"})
    state = replace(EMPTY, networks={"vxlan10-bridge": network}, leftovers=left)
    assert taken(read(), state, "network") == ["rm /run/vxlan-tui/vxlan10-bridge.xml"]


def test_names_that_look_dangerous_are_one_word_of_a_command() -> None:
    """Whatever the plan admits stays data."""
    hostile = "$(reboot) \"x\" 'y'; z"
    escaped = hostile.replace('"', '\\"')
    of = read("", 'profile = "Example"', f'profile = "{escaped}"')
    for step in found(of, EMPTY, "ethernet"):
        for command in step.commands:
            assert hostile in command.argv


def test_every_profile_that_was_changed_for_the_underlay_gets_its_own_settings_back() -> None:
    """Of two, where the plan was edited from one to the other."""
    one, two = (
        Profile(name, name, "802-3-ethernet", settings={"connection.interface-name": "enp1s0", "ipv4.method": "auto"})
        for name in ("One", "Two")
    )
    records = [profile_record(str(FILE), each.name, each.type, each, ("ipv4.method",)) for each in (one, two)]
    changed = tuple(replace(each, settings={**each.settings, "ipv4.method": "manual"}) for each in (one, two))
    (step,) = back.steps(
        read(),
        read().hosts[0],
        [*records, underlay_record(str(FILE), "enp1s0", None)],
        replace(EMPTY, profiles=changed),
    )
    assert [command.text for command in step.commands] == [
        "nmcli connection modify id One ipv4.method auto",
        "nmcli connection modify id Two ipv4.method auto",
    ]


def undone(records: list[Record], state: HostState) -> list[str]:
    """Give the commands that undo takes, as text."""
    return [c.text for step in back.steps(read(), read().hosts[0], records, state) for c in step.commands]


def test_a_vm_that_runs_on_the_network_it_was_on_is_not_restarted_whatever_that_is_called() -> None:
    """Libvirt's XML has the name escaped."""
    old = replace(OLD, source="a&'b'", network="a&'b'", xml="<interface><source network='a&amp;&apos;b&apos;'/>")
    vm = VmState("vma", "running", nics=(old,), live_nics=(old,))
    records = [nic_record("vma", old), vm_record(str(FILE), "vma", vm)]
    assert undone(records, replace(EMPTY, vms={"vma": vm})) == []


def test_a_file_that_was_left_is_removed_though_a_vm_still_names_its_network() -> None:
    """The network itself is gone, so nothing of it is taken from the VM."""
    left = frozenset({"/run/vxlan-tui/vxlan10-bridge.xml"})
    state = replace(EMPTY, vms={"vmx": VmState("vmx", nics=(NEW,))}, leftovers=left)
    assert undone([network_record(str(FILE), "vxlan10-bridge", None)], state) == [
        "rm /run/vxlan-tui/vxlan10-bridge.xml"
    ]


RIGHT = {
    "connection.interface-name": "enp1s0",
    "connection.autoconnect": "yes",
    "ipv4.method": "manual",
    "ipv4.addresses": "198.51.100.2/24",
    "ipv4.gateway": "198.51.100.254",
    "ipv4.dns": "198.51.100.200",
    "ipv4.dns-search": "example.com",
}
IDLE = Profile("u", "Example", "802-3-ethernet", settings=RIGHT)
IN_FORCE = frozenset({"198.51.100.2/24", "198.51.100.254", "198.51.100.200", "example.com"})


def test_a_profile_that_was_there_and_only_had_to_be_activated_is_taken_down_by_undo() -> None:
    """Where nothing was active before."""
    state = replace(EMPTY, profiles=(IDLE,), underlay_addressing=IN_FORCE)
    (step,) = [step for step in found(read(), state, "ethernet") if step.commands]
    assert [command.text for command in step.commands] == ["nmcli connection up id Example"]
    active = replace(IDLE, device="enp1s0", activated=True)
    assert undone(list(step.before), replace(state, profiles=(active,))) == ["nmcli connection down id Example"]


def test_an_active_profile_that_is_not_saved_is_not_the_plans() -> None:
    """It would be gone with the next boot."""
    unsaved = replace(IDLE, uuid="v", device="enp1s0", activated=True, saved=False)
    state = replace(EMPTY, profiles=(IDLE, unsaved), underlay_addressing=IN_FORCE)
    assert taken(read(), state, "ethernet") == ["nmcli connection up id Example"]


def test_a_run_killed_between_two_records_leaves_none_that_no_undo_would_look_at() -> None:
    """Undo looks at a profile with its interface, and at a NIC with its VM: these come first, and go last."""
    records = [*found(read(), EMPTY, "ethernet")[0].before, *found(read(), EMPTY, "vms")[0].before]
    assert [record.kind for record in records] == ["underlay", "profile", "vm", "nic"]
    spent = [
        name.partition(".")[0] for step in back.steps(read(), read().hosts[0], records, EMPTY) for name in step.restored
    ]
    assert spent == ["nic", "vm", "profile", "underlay"]

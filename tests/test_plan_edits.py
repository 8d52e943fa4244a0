"""What an edit of the plan leaves behind is taken back by the next `apply`, as things, without a host."""

from dataclasses import replace

from tests import as_planned, three_hosts
from vxlan_tui import judge
from vxlan_tui.plan import Plan
from vxlan_tui.procedures import back, former, things
from vxlan_tui.record import Record
from vxlan_tui.state import HostState, Link, Profile, VxlanLink, Zone
from vxlan_tui.steps import Step

VM = '\n[[vms]]\nhost = "host-a"\nname = "vma"\nnetwork = "{}"\n'
TEN = three_hosts.SEGMENT
KNOWN = HostState(zone=Zone("public"), links={"enp1s0": Link("enp1s0")})


def _plan(segment: str = TEN, network: str = "vxlan10-bridge", host: str = "host-a", hosts: int = 3) -> Plan:
    return three_hosts.plan(hosts, VM.format(network).replace("host-a", host), segment)


def _after(before: Plan, plan: Plan, there: str = "") -> list[Step]:
    """Return what the plan takes on a host that was set up by `before`, all of which was not there before that."""
    host, made = plan.hosts[0], things(before, before.hosts[0], KNOWN)
    shown = as_planned.outputs([*things(plan, host, KNOWN), *made])
    for thing in things(plan, host, KNOWN):
        if thing.record not in {each.record for each in made}:
            shown = {**shown, **dict.fromkeys((reading.argv for reading in thing.readings), "")}
    shown = {**shown, **as_planned.outputs(made)}
    records = [Record(thing.record, there, str(plan.path)) for thing in made if thing.record]
    segment = before.segments[0]
    ports = {argv: f"{segment.vxlan} UNKNOWN <UP>\n" for argv in shown if argv[-2:] == ("master", segment.bridge)}
    shown = {**shown, **ports}
    link = Link(segment.vxlan, controller=segment.bridge, vxlan=VxlanLink(segment.vni, segment.port))
    profiles = tuple(Profile(name, name, "") for name in (segment.bridge, segment.vxlan_profile))
    state = replace(KNOWN, profiles=profiles, links={**KNOWN.links, link.name: link})
    left = former.find(plan, host, records, state)
    # A profile is asked for what its record says, which here is nothing.
    shown = {**{thing.before.argv: "connection.autoconnect:yes\n" for thing, _ in left.all}, **shown}
    rows = things(plan, host, left.without(state))
    ahead = judge.forward(rows, left.unseen(shown))
    return [*former.steps(left.first, shown), *ahead, *former.steps(left.last, shown)]


def _commands(steps: list[Step]) -> list[str]:
    assert [step.conflict for step in steps if step.conflict] == []
    return [command.text.partition("\n")[0] for step in steps for command in step.commands]


def test_a_plan_that_was_not_edited_leaves_nothing_behind() -> None:
    """What it names is not taken back, whatever was recorded of it."""
    assert _commands(_after(_plan(), _plan())) == []


def test_another_vni_takes_the_old_vxlan_away_first_and_its_network_last() -> None:
    """The bridge stays; the VM moves to the new network before the old one goes."""
    plan = _plan(TEN.replace("vni = 10", "vni = 20"), "vxlan20-bridge")
    commands = _commands(_after(_plan(), plan))
    assert set(commands[:2]) == {
        "nmcli connection delete id bridge0-vxlan10",
        "rm -f /etc/NetworkManager/dispatcher.d/90-vxlan-tui-vxlan10",
    }
    assert commands[-2:] == ["virsh net-destroy vxlan10-bridge", "virsh net-undefine vxlan10-bridge"]
    moved = next(place for place, text in enumerate(commands) if text.startswith("virt-xml vma"))
    assert 2 < moved < len(commands) - 2
    assert not any("bridge0 " in text and "delete" in text for text in commands)


def test_another_bridge_makes_the_device_of_the_same_name_anew_and_drops_the_old_bridge_last() -> None:
    """The VXLAN's device keeps its name and gets another profile, which has to be made after the old one has gone."""
    commands = _commands(_after(_plan(), _plan(TEN.replace("bridge0", "bridge1"))))
    assert commands[0] == "nmcli connection delete id bridge0-vxlan10"
    assert "nmcli connection up id bridge1-vxlan10" in commands
    assert "nmcli connection down id bridge1-vxlan10" not in commands
    assert commands[-1] == "nmcli connection delete id bridge0"


def test_a_vm_that_lives_on_another_host_now_is_put_back_here_and_its_segment_stays() -> None:
    """Its NIC gets the network back that it had; what it had is in its record."""
    steps = _after(_plan(), _plan(host="host-b"), there="source network='old'\n")
    assert {step.subject for step in steps if step.commands} == {"vma"}
    assert "virsh update-device vma /var/lib/vxlan-tui/before/nic.only.vma --config" in _commands(steps)


def test_a_port_open_to_everybody_is_closed_once_the_other_hosts_are_let_in() -> None:
    """And the other way round: it is never closed to the others in between."""
    peers = _plan(f'{TEN}admit = "peers"\n')
    commands = [text for text in _commands(_after(_plan(), peers)) if "firewall-cmd" in text]
    assert ["add-rich" in text for text in commands] == [True, True, False, False]
    assert commands[2:] == [
        "firewall-cmd --zone=public --remove-port=8472/udp",
        "firewall-cmd --permanent --zone=public --remove-port=8472/udp",
    ]
    commands = [text for text in _commands(_after(peers, _plan())) if "firewall-cmd" in text]
    assert ["--add-port" in text for text in commands] == [True, True, False, False]
    assert all("--remove-rich-rule=" in text for text in commands[2:])


def test_the_underlay_and_other_plans_are_left_alone() -> None:
    """A plan without [hosts.ethernet] uses the interface as it is; a record of another plan is that plan's."""
    plan = _plan()
    records = [
        Record("underlay.enp1s0", "", str(plan.path)),
        Record("profile.Example", "", str(plan.path)),
        Record("network.other", "", "/root/other.toml"),
        Record("device.vxlan99:bridge9-vxlan99", "", "/root/other.toml"),
    ]
    assert former.find(plan, plan.hosts[0], records, KNOWN).all == ()


def test_a_vm_whose_record_bears_another_name_since_it_has_a_second_nic_is_not_put_back() -> None:
    """The plan still names the VM: its record is for undo."""
    plan = _plan()
    records = [Record("nic.52-54-00-aa-bb-cc.vma", "x", str(plan.path)), Record("power.vma", "", str(plan.path))]
    assert former.find(plan, plan.hosts[0], records, KNOWN).all == ()
    assert len(back.recorded(plan, plan.hosts[0], records, KNOWN)) == 2

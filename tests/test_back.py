"""The way back as functions: records and what the tools show now in, the commands that undo takes out."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests import as_planned, three_hosts
from vxlan_tui import plan
from vxlan_tui import records as stored
from vxlan_tui.exits import CannotStart
from vxlan_tui.judge import Outputs
from vxlan_tui.paths import RECORDS_DIRECTORY
from vxlan_tui.plan import Plan
from vxlan_tui.procedures import back, things
from vxlan_tui.reach import Local
from vxlan_tui.record import Record
from vxlan_tui.rehearsal import SAMPLE
from vxlan_tui.state import HostState, Link, Nic, VmState, VxlanLink, Zone
from vxlan_tui.steps import Step

FILE = Path("/root/plan.toml")
SAMPLE_PLAN = plan.parse(SAMPLE.read_bytes(), FILE)
STATE = HostState(underlay_mtu=1500, links={"enp1s0": Link("enp1s0")}, zone=Zone("public"))


def records(of: Plan, before: Outputs) -> list[Record]:
    """Return the records of all of the first host's things, as the tools showed them before."""
    rows = {thing.record: thing for thing in things(of, of.hosts[0], STATE) if thing.record}
    return [Record(name, before.get(thing.before.argv, ""), str(FILE)) for name, thing in rows.items()]


def steps(of: Plan, had: list[Record], now: Outputs, state: HostState = STATE) -> list[Step]:
    """Return the way back of the first host."""
    return back.steps(back.recorded(of, of.hosts[0], had, state), now)


def texts(found: list[Step]) -> list[str]:
    """Return what steps would run, or why they would not."""
    return [
        words for step in found for words in ([step.conflict] if step.conflict else [c.text for c in step.commands])
    ]


def right(of: Plan) -> Outputs:
    """Return what the tools show of the first host where all is as planned."""
    return as_planned.outputs(things(of, of.hosts[0], STATE))


NOTHING = records(SAMPLE_PLAN, {})


def test_what_was_not_there_is_taken_away_the_last_first() -> None:
    """A device goes with its profile, and what a VM needs goes after the VM."""
    assert texts(
        steps(SAMPLE_PLAN, [r for r in NOTHING if r.kind not in ("vm", "nic", "live", "power")], right(SAMPLE_PLAN))
    ) == [
        "virsh net-destroy vxlan10-bridge",
        "virsh net-undefine vxlan10-bridge",
        "firewall-cmd --zone=public --remove-port=8472/udp",
        "firewall-cmd --permanent --zone=public --remove-port=8472/udp",
        "nmcli connection delete id bridge0-vxlan10",
        "nmcli connection delete id bridge0",
        "nmcli connection delete id Example",
    ]


ENCRYPTED = plan.parse(three_hosts.encrypted(SAMPLE.read_text()).encode(), FILE)


@pytest.mark.parametrize(
    "of", [SAMPLE_PLAN, three_hosts.plan(3, 'admit = "peers"\n'), ENCRYPTED], ids=["two", "three", "encrypted"]
)
def test_what_is_as_before_takes_nothing(of: Plan) -> None:
    """Whether it was there or not."""
    assert texts(steps(of, records(of, {}), {})) == []
    shown = right(of)
    assert texts(steps(of, records(of, shown), shown)) == []


@pytest.mark.parametrize("kept", [record.name for record in NOTHING])
def test_one_record_leads_to_its_own_thing_alone(kept: str) -> None:
    """Whatever a killed run recorded before it ended; each record is spent by a step that restores it."""
    had = [record for record in NOTHING if record.name == kept]
    found = steps(SAMPLE_PLAN, had, right(SAMPLE_PLAN))
    assert {step.restored for step in found if step.restored} == {kept}


BRIDGE = "connection.autoconnect:yes\nipv4.method:disabled\nipv4.dns-search:\nbridge.stp:no\n"


@pytest.mark.parametrize("of", [SAMPLE_PLAN, three_hosts.plan(3, segment="[[segments]]\nvni = 9\nbridge = 'other'\n")])
def test_a_property_that_was_not_there_is_taken_away_and_one_that_did_not_change_is_let_be(of: Plan) -> None:
    """A profile need not have an MTU; also where the plan does not name the bridge any more."""
    had = [Record("profile.bridge0", f"connection.type:bridge\n{BRIDGE}", str(FILE))]
    (step,) = steps(of, had, {})
    assert step.thing
    now = {step.thing.before.argv: f"{BRIDGE.replace('stp:no', 'stp:yes')}802-3-ethernet.mtu:1450\n"}
    assert texts(steps(of, had, now)) == ["nmcli connection modify id bridge0 bridge.stp no 802-3-ethernet.mtu ''"]


UNDERLAY = (
    "GENERAL.CONNECTION:Old\nGENERAL.CON-UUID:1d8e\nGENERAL.STATE:100 (connected)\nIP4.ADDRESS[1]:198.51.100.3/24\n"
)
DEVICE, PROFILE = "device show enp1s0", "connection show id Example"


def with_underlay(profile: str, device: str) -> list[Record]:
    """Return records of the underlay."""
    return [Record("underlay.enp1s0", device, str(FILE)), Record("profile.Example", profile, str(FILE))]


def test_the_profile_that_was_active_is_active_again_before_the_plans_is_deleted() -> None:
    shown = right(SAMPLE_PLAN)
    assert texts(steps(SAMPLE_PLAN, with_underlay("", UNDERLAY), shown)) == [
        "nmcli connection up uuid 1d8e",
        "nmcli connection delete id Example",
    ]


def test_a_profile_of_the_underlay_is_tried_in_memory_and_saved_on_the_way_back_too() -> None:
    """What differs is put back, and nothing else of it is touched."""
    shown = right(SAMPLE_PLAN)
    profile = next(text for argv, text in shown.items() if " ".join(argv).endswith(PROFILE))
    before = profile.replace("ipv4.addresses:198.51.100.2/24", "ipv4.addresses:198.51.100.3/24")
    assert texts(steps(SAMPLE_PLAN, with_underlay(before, ""), shown))[0] == (
        "nmcli connection modify --temporary id Example ipv4.addresses 198.51.100.3/24"
    )
    assert texts(steps(SAMPLE_PLAN, with_underlay(before, ""), shown))[-1] == (
        "nmcli connection modify id Example connection.id Example"
    )


def test_a_profile_that_is_put_back_is_brought_into_force_where_it_was() -> None:
    """The device shows the same profile before and after, and would keep the plan's address until the next boot."""
    shown = right(SAMPLE_PLAN)
    profile, device = (
        next(text for argv, text in shown.items() if " ".join(argv).endswith(end)) for end in (PROFILE, DEVICE)
    )
    before = profile.replace("ipv4.addresses:198.51.100.2/24", "ipv4.addresses:198.51.100.3/24")
    active = f"GENERAL.CONNECTION:Example\n{device}\nGENERAL.CON-UUID:1d8e\n"
    now = {argv: active if " ".join(argv).endswith(DEVICE) else text for argv, text in shown.items()}
    assert texts(steps(SAMPLE_PLAN, with_underlay(before, active), now)) == [
        "nmcli connection modify --temporary id Example ipv4.addresses 198.51.100.3/24",
        "nmcli connection up uuid 1d8e",
        "nmcli connection modify id Example connection.id Example",
    ]
    assert texts(steps(SAMPLE_PLAN, with_underlay(profile, active), now)) == []
    other = active.replace("CONNECTION:Example", "CONNECTION:Other")
    assert "up uuid" not in " ".join(texts(steps(SAMPLE_PLAN, with_underlay(before, other), now)))


def test_a_port_that_was_open_stays_open() -> None:
    shown = right(SAMPLE_PLAN)
    had = [Record("port.public.8472", "yes\n", str(FILE)), Record("port-permanent.public.8472", "no\n", str(FILE))]
    assert texts(steps(SAMPLE_PLAN, had, shown)) == ["firewall-cmd --permanent --zone=public --remove-port=8472/udp"]


INFO = "Name:           vxlan10-bridge\nActive:         {}\nPersistent:     {}\nAutostart:      {}\n"


@pytest.mark.parametrize(
    ("then", "takes"),
    [
        (INFO.format("yes", "yes", "yes"), []),
        (INFO.format("yes", "yes", "no"), ["virsh net-autostart vxlan10-bridge --disable"]),
        (INFO.format("no", "yes", "yes"), ["virsh net-destroy vxlan10-bridge"]),
        ("", ["virsh net-destroy vxlan10-bridge", "virsh net-undefine vxlan10-bridge"]),
    ],
)
def test_a_network_is_as_active_and_as_lasting_as_it_was(then: str, takes: list[str]) -> None:
    now = as_planned.instead(right(SAMPLE_PLAN), "net-info", "Active:", "Name:           vxlan10-bridge\nActive:")
    assert texts(steps(SAMPLE_PLAN, [Record("network.vxlan10-bridge", then, str(FILE))], now)) == takes


def test_a_network_that_other_vms_use_is_left_and_they_are_named() -> None:
    now = {
        **right(SAMPLE_PLAN),
        **{argv: "/etc/libvirt/qemu/vmx.xml\n" for argv in right(SAMPLE_PLAN) if argv[0] == "grep"},
    }
    found = texts(steps(SAMPLE_PLAN, [Record("network.vxlan10-bridge", "", str(FILE))], now))
    assert "VMs that this undo does not put back use vxlan10-bridge: /etc/libvirt/qemu/vmx.xml" in found


def test_a_bridge_with_ports_of_somebody_elses_is_left_and_they_are_named() -> None:
    (argv,) = (each for each in right(SAMPLE_PLAN) if "master bridge0" in " ".join(each))
    vxlan = Link("vxlan10", "vxlan", controller="bridge0", vxlan=VxlanLink(10, 8472))
    state = replace(STATE, links={**STATE.links, "vxlan10": vxlan})
    found = steps(SAMPLE_PLAN, NOTHING, {**right(SAMPLE_PLAN), argv: "vxlan10 UNKNOWN \nvnet7 UNKNOWN \n"}, state)
    assert [step.conflict for step in found if step.conflict] == ["bridge0 has other ports: vnet7"]


# VMs

MAC = "52:54:00:00:00:01"
NIC = Nic(MAC, "network", "vxlan10-bridge", "vxlan10-bridge", "vnet0")
OLD_XML = (
    "<interface type='network'>\n  <mac address='52:54:00:00:00:01'/>\n  <source network='default'/>\n</interface>\n"
)


def test_a_vm_that_ran_is_moved_back_as_it_runs() -> None:
    live = Record("live.only.vma", ' network="default"\n bridge="virbr0"\n', str(FILE))
    assert texts(steps(SAMPLE_PLAN, [live], right(SAMPLE_PLAN))) == [
        f"virt-xml vma --edit --update --no-define --network network=default,link.state={link}"
        for link in ("down", "up")
    ]


@pytest.mark.parametrize("ran_on", ['type="bridge"\n bridge="br7"', 'type="direct"\n dev="eth7"', 'type="user"'])
@pytest.mark.parametrize("of", [SAMPLE_PLAN, three_hosts.plan(2)], ids=["named", "not named any more"])
def test_a_vm_that_ran_on_no_network_of_libvirts_comes_back_by_a_restart(of: Plan, ran_on: str) -> None:
    """`virt-xml` could name none; the plan's own time to shut down counts."""
    live = Record("live.only.vma", f" {ran_on}\n", str(FILE))
    shut, start = texts(steps(of, [live], right(SAMPLE_PLAN)))
    assert (shut.split()[:2], start) == (["timeout", "60"], "virsh start vma")
    slow = plan.parse(SAMPLE.read_text().replace('name = "vma"', 'name = "vma"\nshutdown_timeout = 7').encode(), FILE)
    assert texts(steps(slow, [live], right(SAMPLE_PLAN)))[0].startswith("timeout 7 ")
    off = as_planned.gone(right(SAMPLE_PLAN), "dumpxml --xpath")
    assert texts(steps(of, [live], off)) == []


def test_a_cable_is_out_or_in_again_as_it_was_before() -> None:
    """Also where the way back was cut off half way; and a restart puts none in that was out."""
    live = Record("live.only.vma", ' network="default"\n bridge="virbr0"\n state="down"\n', str(FILE))
    assert [text[-4:] for text in texts(steps(SAMPLE_PLAN, [live], right(SAMPLE_PLAN)))] == ["down"]
    out = as_planned.instead(right(SAMPLE_PLAN), "dumpxml --xpath", 'bridge="bridge0"', 'bridge="virbr0"\nstate="down"')
    assert texts(steps(SAMPLE_PLAN, [live], out)) == []
    was_in = replace(live, text=live.text.partition(" state")[0])
    assert [text[-4:] for text in texts(steps(SAMPLE_PLAN, [was_in], out))] == ["down", "e=up"]
    on_none = replace(live, text=' bridge="virbr0"\n state="down"\n')
    back_there = as_planned.instead(right(SAMPLE_PLAN), "dumpxml --xpath", "bridge0", "virbr0")
    assert texts(steps(SAMPLE_PLAN, [on_none], back_there)) == []


def test_a_vm_that_was_off_is_shut_down_and_one_that_the_plan_created_is_undefined_with_its_disks_kept() -> None:
    off = texts(steps(SAMPLE_PLAN, [Record("power.vma", "shut off\n", str(FILE))], right(SAMPLE_PLAN)))
    assert [text.split()[0] for text in off] == ["timeout"]
    created = [Record(name, "", str(FILE)) for name in ("vm.vma", "nic.only.vma", "live.only.vma", "power.vma")]
    found = texts(steps(SAMPLE_PLAN, created, right(SAMPLE_PLAN)))
    assert [text.split()[0] for text in found] == ["timeout", "virsh"]
    assert found[-1].startswith("virsh undefine vma")
    assert "--remove-all-storage" not in found[-1]


def test_a_stored_nic_is_put_back_whole_from_its_record() -> None:
    """The file on the host holds what virsh printed, and libvirt reads it again."""
    nic = Record("nic.only.vma", OLD_XML.replace("'", '"'), str(FILE))
    (text,) = texts(steps(SAMPLE_PLAN, [nic], right(SAMPLE_PLAN)))
    assert text == f"virsh update-device vma {RECORDS_DIRECTORY}/nic.only.vma --config"


# Records without their plan


def test_what_the_plan_does_not_name_any_more_is_known_by_its_record() -> None:
    """The plan was edited since: the records of this very file count, those of others do not."""
    of = three_hosts.plan(2, segment='[[segments]]\nvni = 77\nbridge = "br77"\n')
    mine, others = (
        [replace(record, plan=path) for record in NOTHING if record.kind in ("profile", "network")]
        for path in (str(FILE), "/root/other.toml")
    )
    now = right(SAMPLE_PLAN)
    assert {step.restored for step in steps(of, mine, now)} == {record.name for record in mine}
    assert steps(of, others, now) == []


def test_every_record_leads_back_to_a_thing_with_the_same_record_and_the_same_look() -> None:
    """The name alone, and what stood, are enough."""
    shown = right(SAMPLE_PLAN)
    for thing in things(SAMPLE_PLAN, SAMPLE_PLAN.hosts[0], STATE):
        if not thing.record:
            continue
        record = Record(thing.record, shown.get(thing.before.argv, ""), str(FILE))
        found = [each for each in back.of_record(record) if each.id == thing.id or each.record == thing.record]
        assert found, thing.record
        assert any(each.before.argv[0] == thing.before.argv[0] for each in found), thing.record


def test_a_record_of_an_unknown_kind_is_left_alone() -> None:
    assert back.of_record(Record("comet.halley", "")) == ()
    assert steps(SAMPLE_PLAN, [Record("comet.halley", "", str(FILE))], {}) == []


def test_nothing_is_put_back_twice_and_each_record_is_spent_once() -> None:
    found = steps(SAMPLE_PLAN, NOTHING, right(SAMPLE_PLAN))
    keys = [step.key for step in found if step.commands]
    assert len(set(keys)) == len(keys)
    assert not re.search(r"\0", " ".join(texts(found)))
    assert {step.restored for step in found if step.restored} == {record.name for record in NOTHING}


def test_vms_that_are_put_back_do_not_bar_the_way() -> None:
    """Of the bridge, by their taps; and of the network, by their stored definitions."""
    vm = VmState("vma", "running", nics=(NIC,), live_nics=(NIC,))
    state = replace(STATE, vms={"vma": vm}, links={**STATE.links, "vnet0": Link("vnet0", "tun", controller="bridge0")})
    shown = right(SAMPLE_PLAN)
    (ports,) = (each for each in shown if "master bridge0" in " ".join(each))
    (users,) = (each for each in shown if each[0] == "grep")
    now = {**shown, ports: "vnet0 UNKNOWN\n", users: "/etc/libvirt/qemu/vma.xml\n"}
    assert not [step.conflict for step in steps(SAMPLE_PLAN, NOTHING, now, state) if step.conflict]


def test_records_of_an_earlier_version_are_refused_with_words_and_the_command_that_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of them is read, so nothing is half undone."""
    monkeypatch.setattr(stored, "RECORDS_DIRECTORY", str(tmp_path))
    (tmp_path / "profile.bridge0").write_text("")
    assert [record.name for record in stored.Records(Local()).read()] == ["profile.bridge0"]
    (tmp_path / "profile.Example").write_text("plan /root/plan.toml\nnone\n")
    with pytest.raises(CannotStart, match=r"profile\.Example.*Nothing was changed") as refused:
        stored.Records(Local()).read()
    assert f"rm -r {tmp_path}" in str(refused.value)

"""The segment as a drawing, and hosts beside each other: both are text, and made without a screen."""

from pathlib import Path

import pytest

from vxlan_tui.checks.finding import Finding, Status
from vxlan_tui.command import Command
from vxlan_tui.plan import Plan, parse
from vxlan_tui.steps import Step
from vxlan_tui.ui import matrix
from vxlan_tui.ui.picture import Mark, Marks, drawn, of_findings, of_steps, text_of

UP: Marks = {"bridge0": Mark.UP, "vxlan10": Mark.UP, "8472/udp": Mark.UP, "vma": Mark.UP, "vmb": Mark.UP}


def of_hosts(names: list[str], vms: dict[str, str]) -> Plan:
    """Give a plan of these hosts, and these VMs on them."""
    rows = [
        f'[[hosts]]\nname = "{name}"\ninterface = "enp1s0"\nvtep = "198.51.100.{number}"'
        for number, name in enumerate(names, 1)
    ]
    rows += ['[[segments]]\nvni = 10\nbridge = "bridge0"']
    rows += [f'[[vms]]\nname = "{vm}"\nhost = "{host}"\nnetwork = "vxlan10-bridge"' for vm, host in vms.items()]
    return parse("\n".join(rows).encode(), Path("/plan.toml"))


@pytest.fixture
def plan() -> Plan:
    """Two hosts with a VM each."""
    return of_hosts(["host-a", "host-b"], {"vma": "host-a", "vmb": "host-b"})


def first_line(plan: Plan, **marks: Marks) -> str:
    """Draw, as host-a sees it."""
    lines = drawn(plan, plan.hosts[0], lambda name: marks.get(name.replace("-", "_"), {}))
    return text_of(lines).splitlines()[0]


def test_it_lights_up_step_by_step(plan: Plan) -> None:
    assert first_line(plan) == "(vma) ... (bridge0) ... (vxlan10) ... host-b? ... vmb?"
    some = {"bridge0": Mark.UP, "vxlan10": Mark.UP}
    assert first_line(plan, host_a=some) == "(vma) ... bridge0 --- vxlan10 ... host-b? ... vmb?"
    assert first_line(plan, host_a=UP, host_b=UP) == "vma --- bridge0 --- vxlan10 === host-b --- vmb"


def test_a_closed_port_breaks_the_tunnel_and_is_told_without_colours(plan: Plan) -> None:
    closed = {**UP, "8472/udp": Mark.WRONG, "host-b": Mark.UP}
    assert first_line(plan, host_a=closed) == "vma --- bridge0 ... !vxlan10 =x= host-b --- vmb"
    assert "!: not right" in text_of(drawn(plan, plan.hosts[0], lambda _: closed))


def test_what_answers_from_here_is_seen_without_a_look_over_there(plan: Plan) -> None:
    there = {**UP, "host-b": Mark.UP, "host-b:vxlan10": Mark.UP}
    assert first_line(plan, host_a=there) == "vma --- bridge0 --- vxlan10 === host-b --- vmb"
    silent = {**there, "host-b:vxlan10": Mark.WRONG}
    assert first_line(plan, host_a=silent).endswith("=x= !host-b ... !vmb")


def test_a_vm_that_does_not_answer_breaks_no_tunnel(plan: Plan) -> None:
    silent = {**UP, "host-b": Mark.UP, "host-b:vxlan10": Mark.UP, "host-b:vmb": Mark.WRONG}
    assert first_line(plan, host_a=silent).endswith("vxlan10 === host-b ... !vmb")
    assert first_line(plan, host_a=silent, host_b=UP).endswith("vxlan10 === host-b ... !vmb")


def test_many_hosts_stand_below_each_other_and_the_rest_is_counted() -> None:
    names = [f"kvm{number:02}" for number in range(12)]
    plan = of_hosts(names, {"vm0": "kvm00", "vm1": "kvm00"})
    lines = text_of(drawn(plan, plan.hosts[0], lambda _: {**UP, "vm0": Mark.UP, "vm1": Mark.UP})).splitlines()
    assert lines == [
        "vm0 -+- bridge0 --- vxlan10 === kvm01",
        "vm1 -+                      +== kvm02",
        "                            +== kvm03",
        "                            +== kvm04",
        "                            +== kvm05",
        "                            +== 6 more",
    ]


def test_without_room_the_other_hosts_stand_below_and_nothing_is_cut() -> None:
    names = ["kvm-of-the-first-site", "kvm-of-the-second-site"]
    vms = {f"guest{number}": names[number % 2] for number in range(8)}
    plan = of_hosts(names, vms)
    marks = {**UP, **dict.fromkeys((*names, *vms), Mark.UP)}
    lines = text_of(drawn(plan, plan.hosts[0], lambda _: marks, 51)).splitlines()
    assert lines == [
        "guest0 -+- bridge0 --- vxlan10",
        "guest2 -+",
        "guest4 -+",
        "guest6 -+",
        "     === kvm-of-the-second-site --- guest1, guest3,",
        "          guest5, guest7",
    ]


def test_a_thing_is_up_when_all_of_its_steps_are_done() -> None:
    done = Step("bridge.bridge", "10.3", "bridge0", "made")
    left = Step("bridge.activate", "10.3", "bridge0", "activated", commands=(Command(("do", "it")),))
    other = Step("bridge.vxlan", "10.3", "vxlan10", "made", conflict="somebody else's")
    assert of_steps([left, done, other]) == {"bridge0": Mark.OPEN, "vxlan10": Mark.WRONG}


def finding(identity: str, status: Status, subject: str = "vxlan10") -> Finding:
    """Return what a check found."""
    return Finding(identity, "10.3", subject, "", status, "", "")


def test_a_thing_is_wrong_when_one_check_of_it_failed() -> None:
    told = [finding("vxlan.device", Status.PASS), finding("vxlan.flood", Status.FAIL), finding("a", Status.SKIP)]
    assert of_findings(told) == {"vxlan10": Mark.WRONG}
    assert of_findings([finding("vxlan.device", Status.WARN)]) == {"vxlan10": Mark.UP}


def test_a_vm_without_a_guest_agent_is_not_called_unknown() -> None:
    told = [finding("vm.replies", Status.PASS, "vma"), finding("vm.inside", Status.SKIP, "vma")]
    assert of_findings(told) == {"vma": Mark.UP}


def test_a_column_a_host_while_there_is_room() -> None:
    states = [{"host-a": "done", "host-b": "will change"}, {"host-a": "FAILED"}]
    widths = matrix.column_widths(states, ["host-a", "host-b"], 56)
    assert widths == (8, 11)
    assert matrix.head(["host-a", "host-b"], widths, 56) == " " * 35 + "host-a    host-b     "
    line = matrix.line("Connection profile of the bridge bridge0", ["done", "will change"], widths, 56)
    assert line == "Connection profile of the bridg..  done      will change"
    assert matrix.column_widths(states, [f"host-{n}" for n in range(12)], 56) == ()


def test_with_many_hosts_the_exceptions_are_named() -> None:
    names = [f"host-{letter}" for letter in "abcdefghijkl"]
    state = {**dict.fromkeys(names, "done"), "host-c": "FAILED", "host-d": "will run"}
    assert matrix.exceptions(state, names) == "done on 10; host-c FAILED, host-d will run"
    assert matrix.exceptions(dict.fromkeys(names, "will run"), names) == "will run"


def test_who_reaches_whom_is_a_table_of_numbers() -> None:
    lines = matrix.who_reaches_whom(["host-a", "b"], {("host-a", "b"): "ok", ("b", "host-a"): "FAIL"})
    assert lines == ["            1    2", "1 host-a    -   ok", "2 b      FAIL    -"]

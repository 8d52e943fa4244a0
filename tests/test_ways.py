"""Which machine a host of a plan is: this one, another one over SSH, or none that can be reached from here."""

import pytest

from tests import three_hosts
from vxlan_tui.exits import Refused
from vxlan_tui.plan import Plan, parse
from vxlan_tui.reach import Local, Ssh
from vxlan_tui.state import Link
from vxlan_tui.verbs.common import choose_host
from vxlan_tui.verbs.reaches import Reaches


def _plan(ssh: bool) -> Plan:
    text = three_hosts.text(3)
    return parse((text if ssh else text.replace('ssh = "', '# "')).encode(), three_hosts.PATH)


@pytest.fixture
def on_host_a(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine be called host-a."""
    monkeypatch.setattr("socket.gethostname", lambda: "host-a.example.com")


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine be none of the plan's hosts, as far as its name and its addresses tell."""
    monkeypatch.setattr("socket.gethostname", lambda: "console")
    monkeypatch.setattr("vxlan_tui.facts.iproute.read_links", lambda reach: {})


@pytest.mark.usefixtures("on_host_a")
def test_another_host_is_worked_on_over_ssh_and_never_by_changing_this_machine_in_its_place() -> None:
    plan = _plan(ssh=True)
    with Reaches(plan) as reaches:
        assert isinstance(reaches.to_one(plan.host("host-a")), Local)
        there = reaches.to_one(plan.host("host-b"))
        assert isinstance(there, Ssh)
        assert there.destination == "root@host-b"


@pytest.mark.usefixtures("on_host_a")
def test_another_host_without_ssh_is_refused_with_what_mends_it() -> None:
    plan = _plan(ssh=False)
    with Reaches(plan) as reaches:
        assert isinstance(reaches.to_one(plan.host("host-a")), Local)
        with pytest.raises(Refused, match="host-b is another machine, and the plan has no `ssh` for it: add `ssh = "):
            reaches.to_one(plan.host("host-b"))


@pytest.mark.usefixtures("elsewhere")
def test_a_machine_that_nothing_tells_apart_is_the_host_that_a_person_names_where_the_plan_has_no_ssh_for_it() -> None:
    plan = _plan(ssh=False)
    with Reaches(plan) as reaches:
        assert isinstance(reaches.to_one(plan.host("host-b")), Local)
        assert reaches.to(plan.host("host-b")) is None


SAME_SHORT_NAME = (
    three_hosts.text(3).replace("host-a", "kvm1.ber.example.com").replace("host-b", "kvm1.fra.example.com")
)


@pytest.mark.parametrize(
    ("called", "address", "is_this"),
    [
        ("kvm1.ber.example.com", "198.51.100.3", "kvm1.ber.example.com"),
        ("kvm1", "198.51.100.3", "kvm1.fra.example.com"),
        ("kvm1", "192.0.2.9", ""),
    ],
    ids=["by its exact name", "by its address", "nothing tells"],
)
def test_of_two_hosts_that_share_a_short_name_at_most_one_is_worked_on_as_this_machine(
    monkeypatch: pytest.MonkeyPatch, called: str, address: str, is_this: str
) -> None:
    """Where nothing tells them apart, each is reached over SSH, and the person is asked which one it is."""
    links = {"enp1s0": Link("enp1s0", addresses=(f"{address}/24",))}
    monkeypatch.setattr("socket.gethostname", lambda: called)
    monkeypatch.setattr("vxlan_tui.facts.iproute.read_links", lambda reach: links)
    plan = parse(SAME_SHORT_NAME.encode(), three_hosts.PATH)
    with Reaches(plan) as reaches:
        here = [host.name for host in plan.hosts if isinstance(reaches.to(host), Local)]
    assert here == ([is_this] if is_this else [])
    if is_this:
        assert choose_host(plan, None, Local()).name == is_this
    else:
        with pytest.raises(Refused, match="which host of the plan is this machine"):
            choose_host(plan, None, Local())


def test_a_machine_that_can_be_either_of_two_hosts_is_never_taken_for_a_third(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "kvm1")
    monkeypatch.setattr("vxlan_tui.facts.iproute.read_links", lambda reach: {})
    plan = parse(SAME_SHORT_NAME.replace('ssh = "', '# "').encode(), three_hosts.PATH)
    with Reaches(plan) as reaches:
        assert isinstance(reaches.to_one(plan.host("kvm1.fra.example.com")), Local)
        with pytest.raises(Refused, match="host-c is another machine"):
            reaches.to_one(plan.host("host-c"))

"""Which machine a host of a plan is: this one, another one over SSH, or none that can be reached from here."""

import pytest

from tests import three_hosts
from vxlan_tui.exits import Refused
from vxlan_tui.plan import Plan, parse
from vxlan_tui.reach import Local, Ssh
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

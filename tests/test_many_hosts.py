"""More than two hosts: flood lists, and only the other hosts let in; as things, without a host."""

import subprocess

import pytest

from tests import as_planned, three_hosts
from vxlan_tui import judge
from vxlan_tui.plan import Plan, parse
from vxlan_tui.procedures import flood, things, whose
from vxlan_tui.procedures.back import of_record, recorded
from vxlan_tui.record import Record
from vxlan_tui.state import HostState, Link, Zone
from vxlan_tui.steps import Step

PEERS = 'admit = "peers"\n'
KNOWN = HostState(zone=Zone("public"), links={"enp1s0": Link("enp1s0")})
ADD = 'firewall-cmd --zone=public \'--add-rich-rule=rule family="ipv4" source address="{}" port port="8472"'


def _steps(plan: Plan, before: Plan | None = None, state: HostState = KNOWN) -> dict[str, Step]:
    """Return what the plan's first host takes where it is as another plan of it wants it; by the steps' ids."""
    made = things(before, before.hosts[0], state, ["bridge"]) if before else []
    had, records = as_planned.outputs(made), [Record(each.record, "", str(plan.path)) for each in made if each.record]
    of = whose.others(plan, records, (), state)
    rows = whose.with_what_stays(things(plan, plan.hosts[0], state, ["bridge"]), records, of)
    return {step.id: step for step in judge.forward(rows, had)}


def test_a_host_more_and_one_less_change_the_list_and_who_is_let_in_and_nothing_else() -> None:
    """Of a flood list that stands, what is new is added and what is stale taken away; the devices stay as they are."""
    three, four = three_hosts.plan(3, PEERS), three_hosts.plan(4, PEERS)
    more, less = _steps(four, three), _steps(three, four)
    changed = ["bridge.flood-script", "bridge.flood", "bridge.firewall-permanent", "bridge.firewall"]
    assert [name for name, step in more.items() if step.commands] == changed
    assert [name for name, step in less.items() if step.commands] == changed
    assert str(more["bridge.flood"].changes[0]) == "vxlan10: nothing -> 00:00:00:00:00:00 dst 198.51.100.5"
    assert [c.text for c in more["bridge.firewall"].commands] == [
        ADD.format("198.51.100.5") + ' protocol="udp" accept\''
    ]
    assert [c.text for c in less["bridge.firewall"].commands] == [
        ADD.format("198.51.100.5").replace("--add", "--remove") + ' protocol="udp" accept\''
    ]


def test_whom_somebody_else_has_let_in_is_no_difference_where_nothing_tells_who_did() -> None:
    """As `verify` asks, which reads no records: it has no fault to tell, and nothing to take away as its mending."""
    rows, more = (things(three_hosts.plan(n, PEERS), three_hosts.plan(n).hosts[0], KNOWN, ["bridge"]) for n in (3, 4))
    shown = as_planned.outputs([row for row in more if row.members])
    assert not [step.commands for step in judge.forward([row for row in rows if row.members], shown) if step.commands]


def test_from_two_hosts_to_three_the_vxlan_loses_its_remote() -> None:
    """A remote beside the list would send each broadcast to that host twice."""
    steps = _steps(three_hosts.plan(3), three_hosts.plan(2))
    assert "vxlan.remote: 198.51.100.3 -> nothing" in " ".join(map(str, steps["bridge.vxlan"].changes))
    assert not any("remote" in " ".join(command.argv) for command in steps["bridge.activate"].commands)


@pytest.mark.parametrize("kind", ["wireguard", "tun", "gre"])
def test_an_underlay_that_is_a_tunnel_never_opens_the_port_to_its_whole_zone(kind: str) -> None:
    """Its zone is often the default one, with the NIC that faces the outside."""
    through = HostState(zone=Zone("public"), links={"enp1s0": Link("enp1s0", kind=kind)})
    for host, state in ((through, KNOWN), (KNOWN, KNOWN)):
        texts = [c.text for step in _steps(three_hosts.plan(3), state=host).values() for c in step.commands]
        assert any("--add-port=8472/udp" in text for text in texts) == (host is state)
        assert any("--add-rich-rule=" in text for text in texts) != (host is state)


def test_who_is_let_in_goes_as_it_came_from_the_records_alone() -> None:
    """The plan may say `any` meanwhile: what was made for `peers` is found by its record, and taken away."""
    plan = three_hosts.plan(3)
    made = [Record(f"peers{when}.public.8472", "", str(plan.path)) for when in ("", "-permanent")]
    rule = 'rule family="ipv4" source address="198.51.100.{}" port port="8472" protocol="udp" accept\n'
    listed = (
        rule.format(3) + rule.format(9) + 'rule family="ipv4" source address="192.0.2.1" service name="ssh" accept\n'
    )
    found = recorded(plan, plan.hosts[0], made, KNOWN)
    shown = {argv: listed for thing, _ in found for argv in [thing.reading.argv]}
    for thing, record in found:
        (command,) = judge.back(thing, record.text, shown, "").commands
        assert [word.partition("=")[0] for word in command.argv if "rule" in word] == ["--remove-rich-rule"] * 2
    had = judge.back(found[0][0], rule.format(9), shown, "").commands
    assert [command.argv[-1] for command in had] == [f"--remove-rich-rule={rule.format(3).strip()}"]


def test_a_thousand_peers_are_let_in_by_commands_that_ssh_can_carry() -> None:
    """Linux takes no word of a command that is longer than 128 KiB, and ssh makes one word of it."""
    addresses = [f"2001:db8:ffff:ffff:ffff:ffff:{n:x}:ffff" for n in range(1000)]
    rows = (f'[[hosts]]\nname = "h{n}"\ninterface = "enp1s0"\nvtep = "{each}"\n' for n, each in enumerate(addresses))
    plan = parse(("".join(rows) + three_hosts.SEGMENT + PEERS).encode(), three_hosts.PATH)
    commands = _steps(plan)["bridge.firewall"].commands
    assert sum(len(command.argv) - 2 for command in commands) == 999
    assert max(len(command.text) for command in commands) < 0x20000


def test_the_dispatcher_script_makes_of_any_list_the_planned_one() -> None:
    """Run in a namespace of its own: what is missing is appended, what is stale deleted, and other names left alone."""
    script = flood.text("vx", [str(host.vtep) for host in three_hosts.plan(4).hosts[1:]])
    steps = (
        "ip link add vx type vxlan id 7 local 192.0.2.1 dstport 8472",
        "bridge fdb append 00:00:00:00:00:00 dev vx dst 198.51.100.4",
        "bridge fdb append 00:00:00:00:00:00 dev vx dst 192.0.2.99",
        'sh -c "$1" FILE other up && bridge fdb show dev vx && echo --',
        'sh -c "$1" FILE vx pre-up && bridge fdb show dev vx && echo --',
        'sh -c "$1" FILE vx up && bridge fdb show dev vx && echo --',
        'sh -c "$1" FILE vx reapply && bridge fdb show dev vx',
    )
    ran = subprocess.run(
        ["unshare", "-n", "sh", "-euc", "\n".join(steps), "sh", script], capture_output=True, text=True, check=True
    )
    told = [sorted(line.split()[2] for line in part.splitlines()) for part in ran.stdout.split("--\n")]
    had, wanted = ["192.0.2.99", "198.51.100.4"], ["198.51.100.3", "198.51.100.4", "198.51.100.5"]
    assert told == [had, had, wanted, wanted]
    assert ran.stderr == ""


def test_every_record_of_many_hosts_leads_back_to_its_thing() -> None:
    """The name of a record is all that is left once the plan has changed."""
    plan = three_hosts.plan(3, PEERS)
    for thing in things(plan, plan.hosts[0], KNOWN, ["bridge"]):
        if thing.record:
            assert thing.record in [each.record for each in of_record(Record(thing.record, ""))]

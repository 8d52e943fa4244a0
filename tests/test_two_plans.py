"""Two plans that share a host and a UDP port, each with a segment and another host: neither cuts the other."""

from dataclasses import dataclass, field, replace
from itertools import permutations
from pathlib import Path

import pytest

from tests import as_planned, three_hosts
from vxlan_tui import judge
from vxlan_tui.command import Command
from vxlan_tui.plan import WIREGUARD_DEVICE, Plan, parse
from vxlan_tui.procedures import back, former, things, whose
from vxlan_tui.record import Record
from vxlan_tui.rehearsal import SAMPLE
from vxlan_tui.state import HostState, Link, VxlanLink, Zone
from vxlan_tui.steps import Step

EVERYBODY, PEERS = "", 'admit = "peers"\n'


KNOWN = HostState(zone=Zone("public"), links={"enp1s0": Link("enp1s0")}, underlay_mtu=1500)


def _plan(name: str, vni: int, peer: str, more: str = PEERS) -> Plan:
    hosts = (three_hosts.HOST.format(letter=each, vtep=f"198.51.100.{ord(each)}") for each in ("a", peer))
    segment = f'[[segments]]\nvni = {vni}\nbridge = "br{vni}"\n{more}'
    return parse("\n".join([*hosts, segment]).encode(), Path(f"/root/{name}.toml"))


@dataclass
class Shared:
    """A host with firewalld, which does what it is told: `shows` is what each of its readings prints, as a set."""

    shows: dict[tuple[str, ...], set[str]] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    state: HostState = KNOWN

    def apply(self, plan: Plan) -> None:
        """Carry a plan out: what lets the others in by its commands, the VXLAN as if it were there by them."""
        host = plan.hosts[0]
        named = former.named(plan, host, self.state)
        of = whose.others(plan, self.records, named, self.state)
        rows = whose.with_what_stays(things(plan, host, self.state, ["bridge"]), self.records, of)
        left = former.find(plan, host, self.records, self.state)
        outputs = self._outputs()
        known = {record.name for record in self.records}
        for step in judge.forward(rows, outputs):
            if step.thing and step.thing.record and step.commands and step.thing.record not in known:
                text = outputs.get(step.thing.before.argv, "")
                self.records.append(Record(step.thing.record, text, str(plan.path)))
            self._do(step)
        for step in former.steps(left.all, outputs):
            self._do(step)
        for segment in plan.segments:
            remote = str(plan.remote(host, segment) or "")
            link = Link(segment.vxlan, vxlan=VxlanLink(segment.vni, segment.port, remote=remote))
            self.state = replace(self.state, links={**self.state.links, segment.vxlan: link})

    def undo(self, plan: Plan) -> list[str]:
        """Take a plan back, and give what is said of what stays."""
        found = back.recorded(plan, plan.hosts[0], self.records, self.state)
        rows = [thing for thing, _ in found if thing.id.startswith("bridge.") and "firewall" not in thing.id]
        steps = back.steps(found, {**as_planned.outputs(rows), **self._outputs()})
        for step in steps:
            self._do(step)
        spent = {step.restored for step in steps}
        self.records = [record for record in self.records if record.name not in spent]
        gone = {segment.vxlan for segment in plan.segments}
        links = {name: link for name, link in self.state.links.items() if name not in gone}
        self.state = replace(self.state, links=links)
        return list(dict.fromkeys(step.note for step in steps if step.note.startswith("It stays")))

    def lets_in(self, plan: Plan) -> bool:
        """Whether the other host's packets come in, now and after a reboot."""
        rows = [row for row in things(plan, plan.hosts[0], self.state, ["bridge"]) if "firewall" in row.id]
        return bool(rows) and not any(step.commands for step in judge.forward(rows, self._outputs()))

    def _outputs(self) -> dict[tuple[str, ...], str]:
        return {argv: "".join(f"{line}\n" for line in sorted(rows)) for argv, rows in self.shows.items()}

    def _do(self, step: Step) -> None:
        for command in step.commands:
            if command.argv[0] == "firewall-cmd":
                self._firewall(command)

    def _firewall(self, command: Command) -> None:
        for word in (word for word in command.argv if word.startswith(("--add-", "--remove-"))):
            what, _, value = word.partition("=")
            asked = tuple(each for each in command.argv if not each.startswith(("--add-", "--remove-")))
            is_port = what.endswith("-port")
            reading = f"--query-port={value}" if is_port else "--list-rich-rules"
            rows = self.shows.setdefault((*asked, reading), set())
            (rows.add if what.startswith("--add-") else rows.remove)("yes" if is_port else value)


@pytest.mark.parametrize("admit", [(EVERYBODY, EVERYBODY), (PEERS, PEERS), (EVERYBODY, PEERS), (PEERS, EVERYBODY)])
@pytest.mark.parametrize("undone", list(permutations("ab")), ids="".join)
@pytest.mark.parametrize("applied", ["ab", "ba", "aba", "abab"])
def test_each_segment_works_until_its_own_plan_is_undone(
    applied: str, undone: tuple[str, str], admit: tuple[str, str]
) -> None:
    """Whoever came first, and whichever goes first; after both nothing is left, and the admin's own rule stays."""
    plans = {"a": _plan("a", 10, "b", admit[0]), "b": _plan("b", 20, "c", admit[1])}
    host = Shared()
    own = 'rule family="ipv4" source address="192.0.2.9" port port="8472" protocol="udp" accept'
    for argv in (("firewall-cmd", *more, "--zone=public", "--list-rich-rules") for more in ((), ("--permanent",))):
        host.shows[argv] = {own}
    before = host._outputs()
    for name in applied:
        host.apply(plans[name])
        assert all(own in rows for argv, rows in host.shows.items() if argv in before)
    assert all(host.lets_in(plan) for plan in plans.values())
    first, last = undone
    said = host.undo(plans[first])
    assert host.lets_in(plans[last])
    assert said == [f"It stays for vxlan{plans[last].segments[0].vni}, of the plan /root/{last}.toml."]
    host.undo(plans[last])
    assert {argv: text for argv, text in host._outputs().items() if text} == before
    assert host.records == []


def test_an_edit_of_one_plan_does_not_close_the_port_of_the_other() -> None:
    """It says `peers` now, and the port was open to everybody; once the other plan has gone, it is closed."""
    host, edited, other = Shared(), _plan("a", 10, "b"), _plan("b", 20, "c", EVERYBODY)
    for plan in (_plan("a", 10, "b", EVERYBODY), other, edited):
        host.apply(plan)
    assert host.lets_in(other)
    host.undo(other)
    host.apply(edited)
    assert not host.lets_in(other)
    assert host.lets_in(edited)


def test_a_plan_that_was_moved_since_takes_back_all_that_was_done_by_its_old_name() -> None:
    """Or by another console, which has it elsewhere: the VXLAN on record is its own."""
    host, plan = Shared(), _plan("a", 10, "b")
    host.apply(plan)
    assert host.undo(_plan("moved", 10, "b")) == []
    assert not any(host._outputs().values())
    assert host.records == []


FILLED, LISTED, REMOTE, INSIDE = (
    VxlanLink(20, 4790, "198.51.100.97", learning=False),
    VxlanLink(20, 4790, "198.51.100.97"),
    VxlanLink(20, 4790, "198.51.100.97", "198.51.100.99"),
    VxlanLink(20, 4790, "10.255.42.1", "10.255.42.2"),
)


@pytest.mark.parametrize(
    ("name", "users"),
    [
        ("evpn.router-65000", [FILLED]),
        ("bgp.public.179", [FILLED]),
        ("wireguard.wg-vxlan", [INSIDE]),
        ("icmp.block.4", [INSIDE]),
        ("port.public.8472", []),
        ("port.public.4790", [FILLED, LISTED, REMOTE, INSIDE]),
        ("flood.vxlan10", []),
    ],
)
def test_what_two_plans_share_stays_for_a_vxlan_that_needs_it(name: str, users: list[VxlanLink]) -> None:
    """FRR for one that nothing else fills, the encrypted tunnel for one inside it, a port for one on that port."""
    plan = _plan("a", 10, "b")
    theirs = [Record(each, "", "/root/b.toml") for each in ("device.vxlan20:br20-vxlan20", "flood.vxlan20")]
    records = [Record(name, "", str(plan.path)), *theirs]
    (thing, *_) = back.of_record(records[0])
    for other in (FILLED, LISTED, REMOTE, INSIDE):
        links = {"vxlan20": Link("vxlan20", vxlan=other), WIREGUARD_DEVICE: Link(WIREGUARD_DEVICE, addresses=SUBNET)}
        of = whose.others(plan, records, (), HostState(links=links))
        assert bool(of.stays(thing, records[0])) == (other in users), other
    assert whose.others(plan, records, (), HostState()).stays(thing, records[0]) == ""


def test_a_hosts_own_connection_stays_for_the_plan_that_made_it() -> None:
    """The other plan says the same of it, and its undo would take the address away from under both."""
    plan = parse(SAMPLE.read_bytes(), Path("/root/b.toml"))
    names = ("underlay.enp1s0", "profile.Example", "device.vxlan99:br99-vxlan99")
    records = [Record(name, "", "/root/a.toml") for name in names]
    rows = things(plan, plan.hosts[0], KNOWN)
    steps = back.steps(back.recorded(plan, plan.hosts[0], records, KNOWN), as_planned.outputs(rows))
    assert [(step.commands, step.note) for step in steps] == [
        ((), "It stays for vxlan99, of the plan /root/a.toml.")
    ] * 2
    alone = back.recorded(plan, plan.hosts[0], records[:2], KNOWN)
    assert any(step.commands for step in back.steps(alone, as_planned.outputs(rows)))


SUBNET = ("10.255.42.1/24",)

"""A host joins a plan and leaves it again: every other host is then what it was, told command by command."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from tests import as_planned, three_hosts
from vxlan_tui import judge
from vxlan_tui.command import Command
from vxlan_tui.plan import Plan, parse
from vxlan_tui.procedures import evpn, flood, former, things, whose
from vxlan_tui.record import Record
from vxlan_tui.state import HostState, Link, Zone

KNOWN = HostState(zone=Zone("public"), links={"enp1s0": Link("enp1s0")}, underlay_mtu=1500)

STATIC, PEERS = "", 'admit = "peers"\n'
REFLECTED = three_hosts.EVPN + "reflectors = [{}]\n"
WAYS = (STATIC, PEERS, three_hosts.EVPN, REFLECTED)

Argv = tuple[str, ...]


@dataclass
class Told:
    """A host that does what it is told, and shows it: `shows` is what its readings print, a set of lines each."""

    shows: dict[Argv, set[str]]
    records: list[Record] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    def outputs(self) -> dict[Argv, str]:
        """Return what the readings print."""
        return {argv: "".join(f"{line}\n" for line in sorted(rows)) for argv, rows in self.shows.items() if rows}

    def apply(self, plan: Plan, name: str) -> list[str]:
        """Take the steps that a plan takes on it, as a session does, and give those that did something."""
        host = plan.host(name)
        others = whose.others(plan, self.records, former.named(plan, host, KNOWN), KNOWN)
        rows = whose.with_what_stays(things(plan, host, KNOWN), self.records, others)
        left = former.find(plan, host, self.records, KNOWN)
        shown = self.outputs()
        ahead = judge.forward(rows, left.unseen(shown))
        steps = [*former.steps(left.first, shown), *ahead, *former.steps(left.last, shown)]
        assert not [step.conflict for step in steps if step.conflict]
        had = {record.name for record in self.records}
        done = [step for step in steps if step.commands]
        for step in done:
            record = step.thing.record if step.thing and not step.restored else ""
            if step.thing and record and record not in had:
                self.records.append(Record(record, shown.get(step.thing.before.argv, ""), str(plan.path)))
            for command in step.commands:
                self.do(command)
        back = {record.name for _, record in left.all}
        self.records = [record for record in self.records if record.name not in back]
        return [step.id for step in done]

    def do(self, command: Command) -> None:
        """Do what a command does; one that no test knows is a failure."""
        match command.argv:
            case ("firewall-cmd", *words) if "rich-rule=" in command.argv[-1]:
                asked = ("firewall-cmd", *(w for w in words if "rich-rule=" not in w), "--list-rich-rules")
                for sign, _, rule in (w[2:].partition("-rich-rule=") for w in words if "rich-rule=" in w):
                    self._member(asked, rule, sign == "add")
            case ("nmcli", "connection", "modify", "id", name, *pairs):
                self._set(self.shows[self._one("nmcli", name)], dict(zip(pairs[::2], pairs[1::2], strict=True)))
            case ("nmcli", "connection", "down", "id", _):
                self.shows[self._one("link", "vxlan10")].clear()
                self.shows[FLOOD] = set()
            case ("nmcli", "connection", "up", "id", _):
                self._up()
            case ("install", *_, file):
                self.files[file] = str(command.stdin)
                self.shows[self._one("find", file)] = {hashlib.sha256(self.files[file].encode()).hexdigest()}
            case ("rm", "-f", file):
                self.files.pop(file)
                self.shows[self._one("find", file)] = set()
            case (file, "vxlan10", "up") if file in self.files:
                self._dispatched()
            case ("vtysh", "-c", "write memory"):
                self.shows["cat", evpn.CONFIGURATION] = {
                    row for row in self.shows[evpn.RUNNING] if not row.startswith("router ")
                }
            case ("vtysh", "-c", "configure terminal", "-c", _, *words):
                for word in words:
                    line = word.removeprefix("-c")
                    assert re.fullmatch("(no)? neighbor [^ ]+ peer-group vxlan-tui", line), word
                    self._member(evpn.RUNNING, line.removeprefix("no"), not line.startswith("no"))
            case _:
                raise AssertionError(command.text)

    @staticmethod
    def _set(profile: set[str], settings: Mapping[str, str]) -> None:
        profile.difference_update([row for row in profile if row.partition(":")[0] in settings])
        profile.update(f"{key}:{value}" for key, value in settings.items())

    def _one(self, *words: str) -> Argv:
        """Return the reading whose words these are among; of a file that nobody has looked for, a new one."""
        found = [argv for argv in self.shows if all(word in argv for word in words)]
        return found[0] if found else _finding(words[-1])

    def _member(self, argv: Argv, line: str, is_new: bool) -> None:
        rows = self.shows.setdefault(argv, set())
        assert (line in rows) != is_new, line
        (rows.add if is_new else rows.remove)(line)

    def _up(self) -> None:
        rows = self.shows[self._one("nmcli", "bridge0-vxlan10")]
        has = dict(row.split(":", 1) for row in rows)
        to = f"remote {has['vxlan.remote']} " if has["vxlan.remote"] else ""
        tunnel = f"vxlan id {has['vxlan.id']} {to}local {has['vxlan.local']} srcport 0 0 dstport 8472"
        mtu = has["802-3-ethernet.mtu"]
        self.shows[self._one("link", "vxlan10")] = {",UP", f" mtu {mtu} qdisc", "master bridge0", tunnel}
        self.shows[FLOOD] = {f"{flood.ALL} dst {has['vxlan.remote']}"} if has["vxlan.remote"] else set()
        self._dispatched()

    def _dispatched(self) -> None:
        for text in self.files.values():
            listed = re.search("peers='([^']*)'", text)
            assert listed
            self.shows[FLOOD] = {f"{flood.ALL} dst {peer}" for peer in listed[1].split()}


FLOOD = ("bridge", "fdb", "show", "dev", "vxlan10")


def _finding(file: str) -> Argv:
    return flood.script(file.rpartition("-")[2]).reading.argv


def _set_up(plan: Plan, name: str) -> Told:
    """Return a host as the plan wants it, with the records of all that was not there before.

    Its admin had let somebody else in at each port that is open to the other hosts alone.
    """
    rows = things(plan, plan.host(name), KNOWN)
    shows = {argv: set(text.splitlines()) for argv, text in as_planned.outputs(rows).items()}
    host = plan.host(name)
    remote = plan.remote(host, plan.segments[0])
    if remote:
        shows[FLOOD] = {f"{flood.ALL} dst {remote}"}
    files = {t.make[0].argv[-1]: str(t.make[0].stdin) for t in rows if t.id == "bridge.flood-script"}
    had = {
        t.record: re.sub('address="[^"]*"', 'address="192.0.2.254"', t.wants.split("\n")[0]) for t in rows if t.members
    }
    for thing in rows:
        shows[thing.reading.argv] |= {had[thing.record]} if thing.record in had and thing.record else set()
    return Told(shows, [Record(t.record, had.get(t.record, ""), str(plan.path)) for t in rows if t.record], files)


@st.composite
def _joins(draw: st.DrawFn) -> tuple[Plan, Plan, str]:
    """Draw a plan, the same with a host more at any place, and who that is; in one way to find each other."""
    number = draw(st.integers(3, 7))
    joins = draw(st.integers(0, number - 1))
    ways = [("2001:db8::", STATIC), ("2001:db8::", PEERS), *(("198.51.100.", each) for each in WAYS)]
    network, way = draw(st.sampled_from(ways))  # FRR has EVPN over IPv4
    ends = draw(st.permutations(range(2, number + 2)))
    letters = "abcdefg"[:number]
    reflectors = draw(st.sets(st.sampled_from(letters), min_size=1, max_size=number - 1))

    def plan(of: str) -> Plan:
        addresses = dict(zip(letters, ends, strict=True))
        rows = (three_hosts.HOST.format(letter=one, vtep=f"{network}{addresses[one]}") for one in of)
        named = ", ".join(f'"host-{one}"' for one in of if one in reflectors)
        return parse(("".join(rows) + three_hosts.SEGMENT + way.replace("{}", named)).encode(), three_hosts.PATH)

    return plan(letters.replace(letters[joins], "")), plan(letters), f"host-{letters[joins]}"


@given(_joins())
def test_a_host_that_joins_and_leaves_again_leaves_every_other_as_it_was(drawn: tuple[Plan, Plan, str]) -> None:
    """After each of the two, nothing is left to do; after both, each shows and remembers what it did before."""
    before, after, new = drawn
    for name in (host.name for host in before.hosts):
        told = _set_up(before, name)
        steps, shown = judge.forward(things(before, before.host(name), KNOWN), told.outputs()), told.outputs()
        kept = sorted(record.name for record in told.records)
        assert not [step for step in steps if step.commands or step.conflict]
        told.apply(after, name)
        assert told.apply(after, name) == []
        assert _knows(told, after, name) == _wanted(after, name)
        told.apply(before, name)
        assert judge.forward(things(before, before.host(name), KNOWN), told.outputs()) == steps
        assert (told.outputs(), sorted(record.name for record in told.records)) == (shown, kept), new


def _knows(told: Told, plan: Plan, name: str) -> Mapping[str, set[str]]:
    """Return which addresses a host floods to, and whom it has a BGP session with."""
    listed = {row.split()[2] for row in told.shows.get(FLOOD, ())}
    sessions = {row.split()[1] for row in told.shows.get(evpn.RUNNING, ()) if row.endswith("peer-group vxlan-tui")}
    return {"floods to": listed, "speaks BGP with": sessions}


def _wanted(plan: Plan, name: str) -> Mapping[str, set[str]]:
    """Return the same by the plan alone."""
    host = plan.host(name)
    others = {str(other.vtep) for other in plan.hosts if other is not host}
    if plan.evpn is None:
        return {"floods to": others, "speaks BGP with": set()}
    reflectors = plan.evpn.reflectors
    among = {str(plan.host(each).vtep) for each in reflectors} if reflectors and name not in reflectors else others
    return {"floods to": set(), "speaks BGP with": among}

"""What a guarded change that was killed has left is finished by the next run, and what came after it is left alone."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests import three_hosts
from tests.fake_host import JOURNAL, FakeHost, Silent
from vxlan_tui import fleet, guard, journal, judge
from vxlan_tui.command import Command
from vxlan_tui.exits import CannotStart
from vxlan_tui.facts.checkpoints import Checkpoint
from vxlan_tui.guard import NOBODY, Ended, Guard
from vxlan_tui.journal import Journal
from vxlan_tui.plan import parse
from vxlan_tui.procedures import ethernet, profiles
from vxlan_tui.reach import Outcome
from vxlan_tui.session import Session, StepRun
from vxlan_tui.state import HostState
from vxlan_tui.steps import Step
from vxlan_tui.verbs import change

OLD, NEW, BY_HAND = "198.51.100.77/24", "198.51.100.2/24", "198.51.100.99/24"

PLAN = parse(
    three_hosts.text(2)
    .replace('ssh = "root@host-a"', f'ethernet = {{ profile = "Old", method = "manual", address = "{NEW}" }}')
    .encode(),
    three_hosts.PATH,
)
HERE = PLAN.host("host-a")


class Killed(BaseException):
    """The run is no more."""


class Host(FakeHost):
    """A host whose one profile is active. `killed_at` is the word of the command with which a run on it ends."""

    def __init__(self) -> None:
        super().__init__()
        self.profile = self.in_force = OLD
        self.files = {"/proc/uptime": "100.0 1", "/proc/sys/kernel/random/boot_id": "one"}
        self.killed_at = ""
        self.broken = ""
        self.clock, self.takes = 0.0, 0.0
        self.dead = False

    def append(self, path: str, text: str) -> None:
        if self.dead:
            raise Killed
        super().append(path, text)

    def shows(self, argv: tuple[str, ...]) -> str:
        if argv == profiles.FILES:
            return "Old:/etc/NetworkManager/system-connections/Old.nmconnection\n"
        if "device" in argv:
            return (
                "GENERAL.CONNECTION:Old\nGENERAL.CON-UUID:one\nGENERAL.STATE:100 (connected)\n"
                f"IP4.ADDRESS[1]:{self.in_force}\n"
            )
        kind = "connection.type:802-3-ethernet\nconnection.interface-name:enp1s0\nconnection.autoconnect:yes\n"
        return f"{kind}ipv4.method:manual\nipv4.addresses:{self.profile}\nipv4.gateway:\n"

    def does(self, asked: Command) -> Outcome:
        if self.dead or (self.killed_at and self.killed_at in asked.argv):
            self.dead = True
            raise Killed
        self.clock += self.takes
        if self.broken and self.broken in asked.argv:
            return Outcome(asked, 1, 0.0, "it is broken")
        if "ipv4.addresses" in asked.argv:
            self.profile = asked.argv[asked.argv.index("ipv4.addresses") + 1]
        if "up" in asked.argv:
            self.in_force = self.profile
        return Outcome(asked, 0, 0.0, 'o "/org/freedesktop/NetworkManager/Checkpoint/1"')


def session_on(host: Any) -> Session:
    return Session(PLAN, HERE, host, Journal(host, JOURNAL))


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    """A host on which each change is confirmed, and on which no checkpoint is left when the next run looks."""
    made = Host()
    clock = SimpleNamespace(monotonic=lambda: made.clock, sleep=lambda seconds: setattr(made, "clock", made.clock + 1))
    monkeypatch.setattr("vxlan_tui.guard.change.time", clock)
    monkeypatch.setattr("vxlan_tui.facts.host.read_net", lambda reach: HostState())
    monkeypatch.setattr("vxlan_tui.session.audit.tell", lambda *told: None)
    monkeypatch.setattr("vxlan_tui.guard.run.Underlay", lambda *of: SimpleNamespace(before=lambda proof: None))
    monkeypatch.setattr("vxlan_tui.guard.Guard._confirmed", lambda *of: True)
    monkeypatch.setattr("vxlan_tui.guard.change.read_checkpoints", lambda reach: ())
    return made


def begin(host: Any, killed_at: str) -> None:
    """Let a run change the host's address, and be killed."""
    session = session_on(host)
    things = list(ethernet.things(HERE, None))
    outputs = session.read(judge.readings(things))
    steps = [Step(**{**vars(step), "cuts": "it is in use"}) for step in judge.forward(things, outputs)]
    host.killed_at = killed_at
    with pytest.raises(Killed):
        Guard(session, Silent(), NOBODY).run(StepRun(session, HostState(), steps, outputs), tuple(steps))
    host.killed_at, host.dead, host.ran = "", False, []


def recovered(host: Any) -> Ended | None:
    return guard.recover(session_on(host), Silent())


BACK = [
    f"nmcli connection modify --temporary id Old ipv4.addresses {OLD}",
    "nmcli connection up uuid one",
    "nmcli connection modify id Old connection.id Old",
]
"""What brings the address back."""

SAVE = "connection.id"
"""What saves the change once it is confirmed: it is in force by then."""


@pytest.mark.parametrize(
    ("now", "how", "ran", "is_so"),
    [
        (OLD, "taken-back", [], OLD),
        (NEW, "taken-back", BACK, OLD),
        (BY_HAND, "left", [], BY_HAND),
    ],
    ids=["NetworkManager took it back", "it is as the killed run left it", "somebody has set another address since"],
)
def test_what_the_killed_run_itself_left_is_taken_back_and_what_somebody_did_since_is_left_alone(
    host: Host, now: str, how: str, ran: list[str], is_so: str
) -> None:
    begin(host, SAVE)
    host.profile = host.in_force = now
    ended = recovered(host)
    assert ended is not None
    assert (ended.how, host.ran, host.in_force) == (how, ran, is_so)
    assert recovered(host) is None
    fleet.hold_to_recovered({"host-a": ended})


def test_a_later_change_that_was_confirmed_is_not_touched(host: Host) -> None:
    begin(host, "up")
    opened = session_on(host).journal
    opened.write("guard-ended", guard=opened.write("guard", subject="enp1s0"), how="kept", words="It is kept.")
    host.profile = host.in_force = NEW
    assert recovered(host) is None
    assert host.ran == []
    assert all(row.how for row in journal.guarded(host.rows()))


def test_what_an_earlier_version_began_is_left_alone_where_it_is_not_as_before(host: Host) -> None:
    """Its journal does not say what it was to bring about."""
    begin(host, SAVE)
    host.files["journal"] = host.files["journal"].replace('"wants": ', '"were": ')
    ended = recovered(host)
    assert ended is not None
    assert (ended.how, host.ran) == ("left", [])


@pytest.mark.parametrize(("now", "how"), [(NEW, "kept"), (OLD, "taken-back"), (BY_HAND, "left")])
def test_a_change_that_was_confirmed_was_kept_only_where_it_stands(host: Host, now: str, how: str) -> None:
    """NetworkManager's time may have run out just before it was told to keep it."""
    begin(host, "CheckpointDestroy")
    host.profile = host.in_force = now
    ended = recovered(host)
    assert ended is not None
    assert (ended.how, host.ran, host.in_force) == (how, [], now)


def test_as_long_as_the_checkpoint_is_there_it_is_rolled_back(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(host, "up")
    there = Checkpoint("/org/freedesktop/NetworkManager/Checkpoint/1", 100.0, 60.0, 10.0)
    monkeypatch.setattr("vxlan_tui.guard.change.read_checkpoints", lambda reach: (there,))
    host.profile = BY_HAND
    ended = recovered(host)
    assert ended is not None
    assert ended.how == "taken-back"
    assert any("CheckpointRollback" in each for each in host.ran)


def test_a_slow_way_back_that_succeeds_is_no_failure(host: Host) -> None:
    """It is looked at after its last command, however long that took."""
    begin(host, SAVE)
    host.takes = 40.0
    ended = recovered(host)
    assert ended is not None
    assert (ended.how, host.in_force) == ("taken-back", OLD)


def test_no_run_goes_on_from_what_cannot_be_taken_back_and_the_words_say_what_to_do(host: Host) -> None:
    begin(host, SAVE)
    host.broken = "modify"
    ended = recovered(host)
    assert ended is not None
    assert ended.how == "stuck"
    assert f"This is still needed:\n{BACK[0]}" in ended.story
    with pytest.raises(CannotStart, match="run by hand what is still needed"):
        fleet.hold_to_recovered({"host-a": ended})
    host.broken = ""
    again = recovered(host)
    assert again is not None
    assert again.how == "taken-back"


@pytest.mark.parametrize(
    ("how", "word", "status"),
    [("", "unchanged", 0), ("kept", "unchanged", 0), ("taken-back", "rolled-back", 4), ("stuck", "failed", 1)],
)
def test_undo_of_what_is_unconfirmed_tells_what_became_of_it(how: str, word: str, status: int) -> None:
    """A script goes by the exit status."""
    ends: list[str] = []
    member: Any = SimpleNamespace(name="host-a", status=None)
    report: Any = SimpleNamespace(end=ends.append)
    assert change.recovered([member], {"host-a": Ended(how) if how else None}, {"host-a": report}) == status
    assert (ends, member.status) == ([word], status)

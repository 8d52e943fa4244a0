"""WireGuard's key pairs in a run: made where that was agreed to and nothing else is in the way, and told to others."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import three_hosts
from tests.fake_host import JOURNAL, FakeHost, Silent
from vxlan_tui import fleet, judge
from vxlan_tui.command import Command
from vxlan_tui.exits import CannotStart
from vxlan_tui.fleet import Member
from vxlan_tui.guard import NOBODY
from vxlan_tui.journal import Journal
from vxlan_tui.plan import parse
from vxlan_tui.procedures import wireguard
from vxlan_tui.reach import Outcome, Unreachable
from vxlan_tui.session import NotReady, Result, Session, StepRun
from vxlan_tui.state import HostState
from vxlan_tui.steps import Step
from vxlan_tui.ui.controllers.engine import Order
from vxlan_tui.ui.controllers.matching import CHANGED_SINCE
from vxlan_tui.ui.controllers.steps_run import preview, run_steps
from vxlan_tui.verbs import change
from vxlan_tui.verbs.common import Which
from vxlan_tui.verbs.reaches import Reaches

PLAN = parse(three_hosts.encrypted(three_hosts.text(2), keys=0).encode(), three_hosts.PATH)
KEYS = {"host-a": three_hosts.key(0), "host-b": three_hosts.key(1)}


class Host(FakeHost):
    """A host with a key pair or without, and with a connection profile wg-vxlan that is somebody else's or without."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.has_pair = self.is_taken = False

    def shows(self, argv: tuple[str, ...]) -> str:
        if argv == wireguard.PUBLIC_KEY:
            return f"{KEYS[self.name]}\n" if self.has_pair else ""
        if argv[0] == "find":
            return "root 600\n" if self.has_pair else ""
        return "1d8e:wg-vxlan\n" if "UUID,NAME" in argv and self.is_taken else ""

    def does(self, asked: Command) -> Outcome:
        self.has_pair = self.has_pair or "wg genkey" in asked.text
        return super().does(asked)


class OnHost(Session):
    """A session on such a host, about the encrypted tunnel alone."""

    def forward(self, sections: Iterable[str] = ()) -> StepRun:
        state = HostState(keys=self.keys)
        rows = list(wireguard.things(self.plan, self.host, state))
        outputs = self.read(judge.readings(rows))
        return StepRun(self, state, judge.forward(rows, outputs), outputs)


class Told(Silent):
    """Keeps the words of what did not run, and all that was told to have changed."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}
        self.changed: list[str] = []

    def result(self, step: Step, result: Result) -> None:
        if result.state == "failed":
            self.words[step.id] = result.detail
        else:
            self.changed.append(step.id)


class Wizard:
    """Runs an order on two hosts; what is left to run behind the keys is in `ran`."""

    def __init__(self) -> None:
        self.hosts: dict[str, Any] = {name: Host(name) for name in KEYS}
        self.told = {name: Told() for name in KEYS}
        self.ran: list[str] = []

    def session(self, name: str) -> Session:
        return OnHost(PLAN, PLAN.host(name), self.hosts[name], Journal(self.hosts[name], JOURNAL))

    def shown(self, name: str) -> list[Step]:
        """Return the steps as a person has seen them."""
        session = self.session(name)
        fleet.keys.exchange({name: session}, {other: self.hosts[other] for other in KEYS}, all_make=True)
        return preview(session, Order("forward", "bridge", {}, PLAN, ("bridge",)))

    def run(self, steps: Mapping[str, list[Step]]) -> str:
        """Run these steps, and return how that ended."""
        members = [Member(self.session(name), self.told[name]) for name in steps]
        order = Order("forward", "bridge", {name: tuple(each) for name, each in steps.items()}, PLAN, ("bridge",))
        others = {name: host for name, host in self.hosts.items() if name not in steps}
        return run_steps(order, members, NOBODY, others)

    def behind_the_keys(self, members: list[Member], keeper: object) -> None:
        for member in members:
            self.ran += [command.text for region in member.left for step in region for command in step.commands]

    @property
    def pairs(self) -> list[str]:
        """The hosts that have a key pair."""
        return [name for name, host in self.hosts.items() if host.has_pair]


@pytest.fixture
def wizard(monkeypatch: pytest.MonkeyPatch) -> Wizard:
    """Two hosts without key pairs."""
    made = Wizard()
    monkeypatch.setattr(fleet, "run", made.behind_the_keys)
    monkeypatch.setattr("vxlan_tui.session.audit.tell", lambda *told: None)
    return made


def test_pairs_are_made_on_all_hosts_and_the_rest_runs_with_the_keys(wizard: Wizard) -> None:
    assert wizard.run({name: wizard.shown(name) for name in KEYS}) == "done"
    assert wizard.pairs == list(KEYS)
    written = [text for text in wizard.ran if "[wireguard-peer." in text]
    assert len(written) == 2
    assert not any("made first" in text for text in wizard.ran)


def test_where_a_person_has_left_the_key_pair_out_none_is_made_and_no_profile_has_words_for_its_key(
    wizard: Wizard,
) -> None:
    shown = {name: wizard.shown(name) for name in KEYS}
    shown["host-b"] = [step for step in shown["host-b"] if step.id != wireguard.KEY_PAIR]
    assert wizard.run(shown) == "failed"
    assert wizard.pairs == ["host-a"]
    assert "public key of host-b is not known here" in wizard.told["host-a"].words["bridge.wireguard"]
    assert wizard.ran == []


def test_where_a_host_is_not_as_it_was_shown_no_pair_is_made_on_any(wizard: Wizard) -> None:
    shown = {name: wizard.shown(name) for name in KEYS}
    shown["host-b"] = [Step(**{**vars(step), "commands": (Command(("else",)),)}) for step in shown["host-b"]]
    assert wizard.run(shown) == "failed"
    assert wizard.pairs == []
    assert wizard.told["host-b"].words[wireguard.KEY_PAIR] == CHANGED_SINCE


def test_a_host_alone_makes_its_pair_and_tells_its_public_key_though_it_does_not_know_the_others(
    wizard: Wizard,
) -> None:
    """Or two hosts would wait for each other for ever."""
    assert wizard.run({"host-a": wizard.shown("host-a")}) == "failed"
    assert wizard.pairs == ["host-a"]
    assert f"this host's own is {KEYS['host-a']}" in wizard.told["host-a"].words["bridge.wireguard"]


def test_what_is_somebody_elses_keeps_a_pair_from_being_made_also_where_a_key_is_not_known(wizard: Wizard) -> None:
    shown = wizard.shown("host-a")
    wizard.hosts["host-a"].is_taken = True
    assert wizard.run({"host-a": shown}) == "failed"
    assert wizard.pairs == []
    assert "that is not the plan's: 1d8e:wg-vxlan" in wizard.told["host-a"].words["bridge.wireguard"]


def test_where_a_run_stops_behind_the_keys_it_is_not_said_that_nothing_was_changed(
    wizard: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = {name: wizard.shown(name) for name in KEYS}
    forward = OnHost.forward

    def lost(session: OnHost, sections: Iterable[str] = ()) -> StepRun:
        if wizard.hosts["host-b"].has_pair:
            raise NotReady([])
        return forward(session, sections)

    monkeypatch.setattr(OnHost, "forward", lost)
    with pytest.raises(CannotStart, match="nothing else was changed on any host"):
        wizard.run(shown)


@pytest.mark.parametrize("answers", [True, False])
def test_apply_on_one_host_asks_the_others_for_their_public_keys_and_goes_on_without_those_that_do_not_answer(
    wizard: Wizard,
    answers: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wizard.hosts["host-b"].has_pair = True
    monkeypatch.setattr(Reaches, "to", lambda reaches, host: wizard.hosts[host.name])
    monkeypatch.setattr(change, "Session", OnHost)
    if not answers:
        monkeypatch.setattr(wizard.hosts["host-b"], "read_all", unreachable)
    path = tmp_path / "plan.toml"
    path.write_text(three_hosts.encrypted(three_hosts.text(2), keys=0))
    assert change.apply(path, Which(("host-a",)), ("bridge",), change.Manner(check=True)) == 1
    said = capsys.readouterr().out
    assert (f"[wireguard-peer.{KEYS['host-b']}]" in said) == answers
    assert ("the WireGuard public key of host-b is not known here" in said) != answers


def unreachable(*asked: object) -> None:
    raise Unreachable("host-b", "no route")

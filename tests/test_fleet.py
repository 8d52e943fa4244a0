"""Several hosts in step, without hosts: what is kept by all or by none, and how the worst of them counts."""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests import three_hosts
from tests.fake_host import JOURNAL, FakeHost, Silent
from vxlan_tui import exits, guard, judge
from vxlan_tui.command import Command
from vxlan_tui.exits import CannotStart
from vxlan_tui.facts.system import Missing
from vxlan_tui.fleet import Member, NotStarted, Together, keys, look, run, side_by_side
from vxlan_tui.fleet.together import Proof, merged
from vxlan_tui.guard import Ended, Question
from vxlan_tui.journal import Journal, Unwritten
from vxlan_tui.procedures import things
from vxlan_tui.reach import Interrupted, Output, Unreachable
from vxlan_tui.session import NotReady, Result, Session, StepRun
from vxlan_tui.state import HostState, Link
from vxlan_tui.steps import Step
from vxlan_tui.verbs import change

RUN: Any = sys.modules["vxlan_tui.fleet.run"]

NAMES = ("host-a", "host-b", "host-c")


@dataclass
class Answering:
    """A host that tells its public key, empty for none; None: it is not reached."""

    key: str | None

    def read_all(self, commands: Iterable[tuple[str, ...]], timeout: float) -> list[Output]:
        if self.key is None:
            raise Unreachable("b", "no route")
        missing = "bash: line 1: /var/lib/vxlan-tui/wireguard.key: No such file or directory"
        return [Output(0 if self.key else 1, f"{self.key}\n", "" if self.key else missing) for _ in commands]


A, B, C = map(three_hosts.key, range(3))


@pytest.mark.parametrize(
    ("told", "more", "all_make", "known"),
    [
        ((A, B), C, False, {"host-a": A, "host-b": B, "host-c": C}),
        ((A, ""), "", False, {"host-a": A, "host-b": ""}),
        ((A, ""), "", True, {"host-a": A, "host-b": "", "host-c": ""}),
        ((A, B), None, True, {"host-a": A, "host-b": B}),
        ((A, f"{B}]\nallowed-ips=0.0.0.0/0;\n[ipv4]\ndns=192.0.2.66"), f"\x1b[2J{C}", True, {"host-a": A}),
    ],
)
def test_hosts_tell_each_other_their_public_keys(
    told: tuple[str, str], more: str | None, all_make: bool, known: Mapping[str, str]
) -> None:
    """One that has none yet makes it in this run, where it takes part; one that is not reached is not known.

    Nor is one that tells more than a key: it goes into the others' profiles, which are root's.
    """
    of: Any = SimpleNamespace(encrypted=True)
    sessions: Any = {
        name: SimpleNamespace(plan=of, reach=Answering(key), keys={}) for name, key in zip(NAMES[:2], told, strict=True)
    }
    others: Any = {NAMES[2]: Answering(more)}
    keys.exchange(sessions, others, all_make=all_make)
    assert [session.keys for session in sessions.values()] == [known, known]


def question(left: float = 5.0, proven: bool | None = True) -> Question:
    """Give a question that has so many seconds left."""
    until = time.monotonic() + left
    news = ("The gateway answers.",)
    return Question("enp1s0", "it is in use", news, proven, True, lambda: until - time.monotonic(), lambda: False)


@dataclass
class Person:
    """Who confirms: what is answered, and what was asked."""

    answer: bool = True
    proof: bool = True
    asked: list[Question] = field(default_factory=list)

    def keep(self, question: Question) -> bool:
        self.asked.append(question)
        return self.answer


def well(name: str, question: Question) -> Iterable[Proof]:
    """Let a host answer as it has to."""
    return [(True, f"{name} answers")]


@dataclass
class Hosts:
    """Guards of several hosts, each in a thread: what each does in place of asking or of saving is told by its name."""

    person: Person = field(default_factory=Person)
    prove: Callable[[str, Question], Iterable[Proof]] = well
    instead: Mapping[str, str] = field(default_factory=dict)
    left: float = 5.0
    proven: Mapping[str, bool | None] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    why: str = ""

    def run(self) -> dict[str, bool]:
        """Give what each host's change came to: whether it was kept."""
        together = Together(NAMES, self.person, self.prove, lambda name, words: self.said.append(f"{name}: {words}"))

        def guard(name: str) -> bool:
            try:
                if self.instead.get(name) == "fails":
                    return False
                if self.instead.get(name) == "hangs":
                    time.sleep(self.left + 1)
                if not together.of(name).keep(question(self.left, self.proven.get(name, True))):
                    return False
                return together.agreed(name, self.instead.get(name) != "cannot save")
            finally:
                together.leave(name)

        with ThreadPoolExecutor(len(NAMES)) as pool:
            kept = dict(zip(NAMES, pool.map(guard, NAMES), strict=True))
        self.why = together.why
        return kept


def test_all_are_kept_where_all_answer_and_the_question_is_asked_once_for_all() -> None:
    hosts = Hosts()
    assert hosts.run() == dict.fromkeys(NAMES, True)
    (asked,) = hosts.person.asked
    assert asked.subject == "enp1s0 on host-a, enp1s0 on host-b, enp1s0 on host-c"
    assert asked.news[0] == "host-a: The gateway answers."
    assert sorted(hosts.said) == [f"{name}: {name} answers" for name in NAMES]


@pytest.mark.parametrize(
    ("hosts", "words", "asked"),
    [
        (Hosts(instead={"host-b": "fails"}), "host-a: host-b did not get so far: nothing is kept", 0),
        (Hosts(instead={"host-b": "hangs"}, left=0.5), "host-c: host-b did not get so far in time", 0),
        (Hosts(instead={"host-c": "cannot save"}), "", 1),
        (Hosts(Person(answer=False)), "", 1),
        (
            Hosts(prove=lambda name, question: [(name != "host-c", "asked")]),
            "host-a: host-c did not answer as it has to: nothing is kept on any host.",
            0,
        ),
    ],
    ids=["a step fails", "it hangs", "it cannot be saved", "the answer is no", "no new login"],
)
def test_what_goes_wrong_on_one_host_is_a_no_for_all(hosts: Hosts, words: str, asked: int) -> None:
    assert hosts.run() == dict.fromkeys(NAMES, False)
    assert len(hosts.person.asked) == asked
    assert not words or any(said.startswith(words) for said in hosts.said), hosts.said
    assert words.partition(": ")[2] in hosts.why


def test_a_host_that_stops_once_all_have_agreed_takes_nothing_from_the_others() -> None:
    together = Together(("a", "b"), Person(), well, lambda name, words: None)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda name: together.of(name).keep(question()), "ab")) == [True, True]
        assert list(pool.map(lambda name: together.agreed(name, True), "ab")) == [True, True]
    together.leave("a")
    assert together.agreed("b", True)


@pytest.mark.parametrize(
    ("proven", "remote", "found"),
    [
        ((True, True), (), True),
        ((True, False), ("b",), False),
        ((True, None), ("b",), True),  # a host with nobody to ask has let a new login in
        ((None, True), ("b",), None),
    ],
)
def test_nothing_is_proven_that_is_not_proven_of_each(
    proven: tuple[bool | None, bool | None], remote: tuple[str, ...], found: bool | None
) -> None:
    questions = {name: replace(question(), proven=each) for name, each in zip("ab", proven, strict=True)}
    assert merged(questions, remote).proven is found


def test_one_host_alone_is_asked_what_its_guard_asks() -> None:
    asked = question()
    assert merged({"host-a": asked}, ()) == asked


def test_what_is_missing_is_told_host_by_host_with_what_mends_it() -> None:
    errors: dict[str, Exception] = {
        "host-b": NotReady([Missing("firewall-cmd: not installed", "apt-get install -y firewalld")]),
        "host-c": Unreachable("host-c", "nothing answers there"),
    }
    assert str(NotStarted(errors, 3)).splitlines() == [
        "nothing was changed on any host.",
        "host-b: it is not ready:",
        "host-b: firewall-cmd: not installed.",
        "host-b:     To mend it: apt-get install -y firewalld",
        "host-c: host-c cannot be reached: nothing answers there.",
    ]
    assert str(NotStarted({"host-c": errors["host-c"]}, 1)) == "host-c cannot be reached: nothing answers there."


def test_work_on_hosts_is_side_by_side_and_what_stops_one_stops_no_other() -> None:
    meet = threading.Barrier(3, timeout=10)

    def work(name: str) -> str:
        meet.wait()
        if name == "host-b":
            raise CannotStart("no")
        return name

    given, stopped = side_by_side(work, {name: name for name in NAMES})
    assert given == {"host-a": "host-a", "host-c": "host-c"}
    assert str(stopped["host-b"]) == "no"


def test_the_worst_host_gives_the_exit_status() -> None:
    assert exits.worst([exits.DONE, exits.DONE]) == exits.DONE
    assert exits.worst([exits.DONE, exits.ROLLED_BACK, exits.DONE]) == exits.ROLLED_BACK
    assert exits.worst([exits.ROLLED_BACK, exits.FAILED]) == exits.FAILED
    assert exits.worst([exits.FAILED, exits.INTERRUPTED]) == exits.INTERRUPTED


@pytest.mark.parametrize(
    ("hows", "error", "status"),
    [
        ({"changed", "kept"}, None, exits.DONE),
        (set(), None, exits.DONE),
        ({"changed", "taken-back"}, None, exits.ROLLED_BACK),
        ({"changed", "failed"}, None, exits.FAILED),
        ({"changed"}, Interrupted("stopped"), exits.INTERRUPTED),
        (set(), CannotStart("no"), exits.NOT_STARTED),
    ],
)
def test_how_a_run_ended_on_a_host_is_an_exit_status(hows: set[str], error: Exception | None, status: int) -> None:
    ended, _ = member("host-a", Course())
    ended.hows, ended.error = hows, error
    assert ended.ended == status


class Course:
    """The steps of one host: what each does is told by its title; `ran` are those that ran."""

    is_back = False

    def __init__(self, *steps: Step, waits: threading.Event | None = None) -> None:
        self.steps = list(steps)
        self.ran: list[str] = []
        self.waits = waits or threading.Event()

    def run_together(self, steps: Iterable[Step], report: object) -> Iterator[tuple[Step, Result]]:
        for step in steps:
            self.ran.append(step.id)
            if step.title == "waits":
                assert self.waits.wait(10)
            yield step, Result("failed", "because") if step.title == "fails" else Result("changed")


class Told:
    """Keeps what is told of a host, and lets go on whoever waits for a failure."""

    def __init__(self, failed: threading.Event) -> None:
        self.results: dict[str, Result] = {}
        self._failed = failed

    def result(self, step: Step, result: Result) -> None:
        self.results[step.id] = result
        if result.state == "failed":
            self._failed.set()


def member(name: str, course: Course) -> tuple[Member, Told]:
    """Give a host with these steps before it."""
    told = Told(course.waits)
    session: Any = SimpleNamespace(host=SimpleNamespace(name=name))
    made = Member(session, told)  # type: ignore[arg-type]
    made.take(course)  # type: ignore[arg-type]
    return made, told


def step(name: str, section: str, title: str = "", conflict: str = "") -> Step:
    """Give a step with something to run."""
    return Step(name, section, name, title, commands=(Command(("true",)),), conflict=conflict)


def test_where_one_host_is_in_conflict_nothing_runs_on_any_and_each_is_told_why() -> None:
    one, other = Course(step("bridge", "10.3")), Course(step("bridge", "10.3", conflict="it is somebody's"))
    (a, told_a), (b, told_b) = member("host-a", one), member("host-b", other)
    run([a, b], Person())
    assert one.ran == other.ran == []
    assert told_a.results["bridge"].detail == "something is in conflict on another host: host-b: it is somebody's"
    assert told_b.results["bridge"] == Result("failed", "it is somebody's")
    assert not a.stopped and b.stopped


def test_where_one_host_stops_the_others_end_their_section_and_begin_no_other() -> None:
    failed = threading.Event()
    one = Course(step("bridge", "10.3", "waits"), step("vxlan", "10.3"), step("network", "10.4"), waits=failed)
    other = Course(step("bridge", "10.3", "fails"), step("vxlan", "10.3"), waits=failed)
    (a, told_a), (b, told_b) = member("host-a", one), member("host-b", other)
    run([a, b], Person())
    assert one.ran == ["bridge", "vxlan"]
    assert told_a.results["network"] == Result("skipped", "the run stopped on host-b")
    assert other.ran == ["bridge"]
    assert told_b.results["vxlan"] == Result("skipped", "the run stopped before it")


# What fits into the tunnel


def looked_at(more: str, sections: Sequence[str] = ("bridge",)) -> None:
    """Look at two hosts for what a plan's sections take; the underlay of the first lets larger packets out."""
    of = three_hosts.plan(2, more)
    states = {
        each.name: HostState(links={"enp1s0": Link("enp1s0", mtu=mtu)}, underlay_mtu=mtu)
        for each, mtu in zip(of.hosts, (9000, 1500), strict=True)
    }

    def course(session: Session) -> StepRun:
        state = states[session.host.name]
        rows = things(of, session.host, state, sections)
        return StepRun(session, state, judge.forward(rows, {}), {})

    reach: Any = FakeHost()
    look([Member(Session(of, each, reach, Unwritten()), Silent()) for each in of.hosts], course)


def test_hosts_whose_underlays_leave_different_mtus_are_not_set_up_before_the_plan_says_one() -> None:
    """Each would have a segment of its own size, and large frames from one be lost on the way to the other."""
    with pytest.raises(NotStarted) as stopped:
        looked_at("")
    assert str(stopped.value).splitlines() == [
        "nothing was changed on any host.",
        "host-a: the MTU of its underlay is 9000, and that of host-b's is 1500: give the segment `mtu = 1450`, "
        "which fits all hosts, in the plan, and apply it on all",
    ]
    looked_at("mtu = 1450")
    looked_at("", ["network"])


# A host that is cut off


class Broken:
    """A guard whose host is cut off; before that, `writes` are the changes that get into its journal, each with how."""

    writes: tuple[str, ...] = ()

    def __init__(self, session: Any, *of: object) -> None:
        self.journal = session.journal

    def run(self, ahead: object, region: object) -> Ended:
        for how in self.writes:
            write_guarded(self.journal, how)
        raise Unreachable("host-a", "the connection broke")


def write_guarded(journal: Journal, how: str) -> None:
    journal.write("guard-ended", guard=journal.write("guard", subject="enp1s0"), how=how, words="")


@dataclass
class CutOff:
    """A run on one host that is cut off. `stops` are what the next looks at it raise."""

    stops: list[Exception] = field(default_factory=list)
    host: FakeHost = field(default_factory=FakeHost)
    on_open: Callable[[], None] = lambda: None

    def run(self, monkeypatch: pytest.MonkeyPatch, writes: tuple[str, ...] = ()) -> tuple[Member, Told]:
        reach: Any = self.host
        cuts = replace(step("ethernet.activate", "10.2"), cuts="it is in use")
        cut_off, told = member("host-a", Course(cuts))
        told.say = lambda text="": None  # type: ignore[attr-defined]
        cut_off.session.reach, cut_off.session.journal = reach, Journal(reach, JOURNAL)
        self.host.is_local = False

        def opens(of: Member, doing: str) -> None:
            self.on_open()
            if self.stops:
                raise self.stops.pop(0)
            of.session.journal = Journal(reach, JOURNAL)

        monkeypatch.setattr(Broken, "writes", writes)
        monkeypatch.setattr(Member, "open", opens)
        monkeypatch.setattr(RUN, "Guard", Broken)
        monkeypatch.setattr(RUN.time, "sleep", lambda seconds: None)
        monkeypatch.setattr(guard, "recover", lambda session, report: None)
        run([cut_off], Person())
        return cut_off, told


def test_a_stop_while_a_cut_off_host_is_waited_for_tells_it_as_unreachable_with_the_persons_exit_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cut_off = CutOff([Interrupted("stopped")])
    cut_off.on_open = cut_off.host.interrupts.stop
    ended, _ = cut_off.run(monkeypatch)
    said: list[str] = []
    report: Any = SimpleNamespace(say=said.append, end=lambda word, why: said.append(word))
    with pytest.raises(Interrupted):
        change.told([ended], {"host-a": report})
    assert said == ["\nhost-a cannot be reached: the connection broke.", "unreachable"]


def test_a_host_that_comes_back_is_waited_for_until_its_daemons_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off = CutOff([Unreachable("host-a", "no route"), NotReady([Missing("NetworkManager does not answer", "")])])
    ended, told = cut_off.run(monkeypatch, ("taken-back",))
    assert (ended.word, ended.ended) == ("rolled-back", exits.ROLLED_BACK)
    assert told.results["ethernet.activate"].state == "taken back"


def test_a_break_before_a_second_change_is_not_told_as_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off = CutOff()
    reach: Any = cut_off.host
    write_guarded(Journal(reach, JOURNAL), "kept")
    ended, told = cut_off.run(monkeypatch)
    assert str(ended.error) == "the connection to host-a broke before anything was changed there"
    assert told.results["ethernet.activate"].state == "skipped"

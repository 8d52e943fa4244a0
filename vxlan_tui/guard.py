"""A change that can cut the admin off: made so that it takes itself back unless it is confirmed.

Around it stands a NetworkManager checkpoint. After it somebody, or the gateway's answer, confirms that the host
can still be reached; any doubt is no. What NetworkManager does not take back, because it knows only the profiles
that were active, this run takes back from the journal; and where this run is killed, the next one does.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Protocol

from vxlan_tui import journal
from vxlan_tui.before import Record
from vxlan_tui.command import Command
from vxlan_tui.exits import CannotStart
from vxlan_tui.facts import host as facts
from vxlan_tui.facts import reach, system
from vxlan_tui.facts.checkpoints import Checkpoint, read_checkpoints, since_boot
from vxlan_tui.facts.libvirt import LibvirtUnavailable
from vxlan_tui.journal import Guarded
from vxlan_tui.procedures import checkpoint, cuts
from vxlan_tui.runner import CommandFailed, Runner
from vxlan_tui.session import Course, NotReady, Reporter, Result, Session
from vxlan_tui.state import HostState
from vxlan_tui.steps import Step

SECONDS = 60
"""Seconds to confirm in, unless the environment says otherwise."""

SECONDS_VARIABLE = "VXLAN_TUI_KEEP_SECONDS"

SETTLE = 20.0
"""Seconds for the host to be as before once it was taken back."""


def seconds() -> int:
    """Give the seconds to confirm in: 60, or what VXLAN_TUI_KEEP_SECONDS says, from 5 to 600."""
    told = os.environ.get(SECONDS_VARIABLE, "")
    return min(600, max(5, int(told))) if told.isascii() and told.isdigit() else SECONDS


@dataclass(frozen=True)
class Question:
    """What is known when it is asked whether to keep a change.

    `proven` is whether somebody answers over the new configuration, None where there is nobody to ask. `left`
    gives the seconds until no answer is a no; `stopped` whether the run was asked to stop.
    """

    subject: str
    why: str
    news: tuple[str, ...]
    proven: bool | None
    over_ssh: bool
    left: Callable[[], float]
    stopped: Callable[[], bool]


class Without(StrEnum):
    """What to do where NetworkManager gives no checkpoint."""

    DELAYED = "delayed"
    NONE = "none"
    STOP = "stop"


class Keeper(Protocol):
    """Who confirms."""

    proof: bool
    """Whether the answers of others are what confirms."""

    def keep(self, question: Question) -> bool:
        """Say whether to keep the change; any doubt is no."""

    def without(self, why: str) -> Without:
        """Say what to do where there is no checkpoint, for this reason."""


@dataclass
class Ended:
    """How a guarded change ended: kept, taken-back or stuck; with each step's result, and the story in words."""

    how: str
    results: list[tuple[Step, Result]] = field(default_factory=list)
    story: str = ""
    error: BaseException | None = None


def regions(steps: Iterable[Step]) -> Iterator[tuple[Step, ...]]:
    """Group steps: those in a row that can cut the connection together, every other one by itself."""
    for cutting, group in groupby(steps, lambda step: bool(step.cuts)):
        if cutting:
            yield tuple(group)
        else:
            yield from ((step,) for step in group)


def is_guarded(region: tuple[Step, ...]) -> bool:
    """Whether a region is one of those that can cut the connection."""
    return bool(region and region[0].cuts)


def preview(region: tuple[Step, ...], after: int) -> list[Step]:
    """Give a guarded region's steps with what is put before and after them, as it is shown."""
    return [_begin(region, after), *region, _end(region)] if is_guarded(region) else list(region)


def _begin(region: tuple[Step, ...], after: int) -> Step:
    return Step(
        "guard.begin",
        region[0].section,
        region[0].subject,
        f"Let NetworkManager take the next steps back after {after} s",
        f"They can cut you off: {region[0].cuts}.",
        commands=(checkpoint.create(after),),
    )


def _end(region: tuple[Step, ...], *commands: Command) -> Step:
    title = "Keep this if you confirm it, or take it back"
    return Step("guard.end", region[0].section, region[0].subject, title, commands=commands)


def check_foreign(session: Session, steps: Iterable[Step]) -> None:
    """Raise CannotStart where somebody else's checkpoint would take back what these steps do."""
    if not any(step.commands and step.section in ("10.2", "10.3") for step in steps):
        return
    try:
        found = read_checkpoints(session.runner)
    except CommandFailed:
        return  # none that could be read: the guard says so where it needs one
    if found:
        raise CannotStart(_foreign_words(found[0]))


def _foreign_words(found: Checkpoint) -> str:
    when = f"in {found.left:.0f} s" if found.timeout else "when its owner says so"
    return (
        f"NetworkManager holds a checkpoint that is not ours ({found.path}): {when} it takes back what is changed now. "
        f"Nothing was changed. Wait until it has ended, or end it and keep what it guards: "
        f"{checkpoint.destroy(found.path).text}"
    )


def recover(session: Session, reporter: Reporter) -> Ended | None:
    """Finish what a run that was cut off left unconfirmed, and tell how; None where there is nothing.

    Raises NotReady where NetworkManager does not answer.
    """
    rows = journal.guarded(journal.events(session.journal.path))
    open_ones = [each for each in rows if not each.how]
    ended = [_recover(session, reporter, each) for each in reversed(open_ones)]
    return ended[0] if ended else None


def _recover(session: Session, reporter: Reporter, row: Guarded) -> Ended:
    found = _Change(session, reporter, row.number, row.subject, _stands(row), tuple(row.row.get("new", ())))
    found.addresses = {name: list(of) for name, of in dict(row.row.get("addresses", {})).items()}
    try:
        found.checkpoint = _still_there(row, read_checkpoints(session.runner))
    except CommandFailed as failure:
        raise NotReady([system.daemon("net", failure.outcome.words)]) from failure
    began = f"A change of {row.subject}, begun {row.time}, was cut off"
    if row.keeping:
        if found.checkpoint:
            found.execute(checkpoint.destroy(found.checkpoint))
        return found.finish("kept", f"{began} after it was confirmed: it was kept.")
    alone = "" if found.checkpoint else " NetworkManager had done so by itself, as far as it could."
    ended = found.take_back()
    return found.finish(ended.how, f"{began} before it was confirmed, so it was taken back.{alone} {ended.story}")


def _stands(row: Guarded) -> tuple[Record, ...]:
    return tuple(Record(str(name), str(text)) for name, text in row.row.get("stands", ()))


def _still_there(row: Guarded, found: Iterable[Checkpoint]) -> str:
    """Give our checkpoint where it still exists; its path may not have reached the journal, but the time did."""
    began = float(row.row.get("since_boot", 0))
    ours = (row.checkpoint,) if row.checkpoint else ()
    return next(
        (each.path for each in found if each.path in ours or (not ours and 0 <= each.created - began < 10)),
        "",
    )


@dataclass
class _Change:
    """A guarded change under way: what is needed to take it back, or to keep it."""

    session: Session
    reporter: Reporter
    number: int
    subject: str
    stands: tuple[Record, ...]
    new: tuple[str, ...]
    checkpoint: str = ""
    delayed: bool = False
    addresses: dict[str, list[str]] = field(default_factory=dict)
    ran: list[Command] = field(default_factory=list)
    deadline: float = 0.0

    def left(self) -> float:
        """Give the seconds until no answer is a no."""
        return self.deadline - time.monotonic()

    def execute(self, asked: Command) -> bool:
        """Run a command of the guard's own, which no interrupt keeps from running; say whether it succeeded."""
        runner = Runner(inherited=self.session.runner.inherited)
        self.ran.append(asked)
        try:
            return self.session.execute(Step("guard.end", "", self.subject, ""), asked, self.reporter, runner).ok
        except OSError:  # a journal that cannot be written is no reason to leave a host cut off
            return runner.run(asked, self.reporter.line).ok

    def keep(self) -> bool:
        """Keep the change; False where it turns out that it was taken back meanwhile."""
        self.session.journal.write("guard-keeping", guard=self.number)
        if self.delayed:
            self.execute(checkpoint.not_delayed())
        return not self.checkpoint or self.execute(checkpoint.destroy(self.checkpoint))

    def take_back(self) -> Ended:
        """Bring back what stood before, whatever of it is left to NetworkManager or to us."""
        if self.checkpoint:
            self.execute(checkpoint.roll_back(self.checkpoint))
        left = self._until_back()
        if self.delayed:
            self.execute(checkpoint.not_delayed())
        if left:
            return Ended("stuck", story=f"Not all of it could be taken back. This is still needed:\n{left}")
        with suppress(OSError):  # then the next start does it: the change stays open in the journal
            self.session.records.forget(self.new)
        return Ended("taken-back", story=self._where())

    def _until_back(self) -> str:
        """Run what NetworkManager left to do until nothing is, and give in words what cannot be done."""
        give_up = time.monotonic() + SETTLE
        patience = time.monotonic() + (3.0 if self.checkpoint else 0.0)
        tried: set[Command] = set()
        while True:
            try:
                state = facts.read_net(self.session.runner)
                commands = [c for step in checkpoint.take_back(self.stands, state) for c in step.commands]
                words = "\n".join(command.text for command in commands)
                if not commands and (self._has_addresses(state) or time.monotonic() > give_up):
                    return ""
            except CommandFailed as failure:
                commands, words = [], str(failure)
            if commands and time.monotonic() > patience:
                for each in commands:
                    if each not in tried:
                        tried.add(each)
                        self.execute(each)
            if time.monotonic() > give_up:
                return words
            time.sleep(0.2)

    def _has_addresses(self, state: HostState) -> bool:
        return all(set(had) <= set(cuts.addresses(name, state)) for name, had in self.addresses.items())

    def _where(self) -> str:
        """Say what is so again."""
        try:
            state = facts.read_net(self.session.runner)
        except CommandFailed:
            return ""
        told = [
            f"{name} has {', '.join(cuts.addresses(name, state)) or 'no address'}"
            + ("" if set(had) <= set(cuts.addresses(name, state)) else f" (before: {', '.join(had)})")
            for name, had in self.addresses.items()
        ]
        return f"As before, {' and '.join(told)}." if told else "It is as before."

    def finish(self, how: str, story: str) -> Ended:
        """Write down how it ended."""
        if how != "stuck":
            with suppress(OSError):
                self.session.journal.write("guard-ended", guard=self.number, how=how, words=story)
        return Ended(how, story=story)


@dataclass(frozen=True)
class _Answers:
    """Who answers over the underlay: the gateways in force, and the plan's other hosts."""

    gateways: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()


class Guard:
    """Makes guarded changes of one session, told to a reporter and confirmed by a keeper."""

    def __init__(self, session: Session, reporter: Reporter, keeper: Keeper) -> None:
        self.session = session
        self.reporter = reporter
        self.keeper = keeper
        self.seconds = seconds()

    def run(self, course: Course, region: tuple[Step, ...]) -> Ended:
        """Run a guarded region; `Ended.error` holds what broke it off, once everything was taken back.

        Raises CannotStart where it was not begun, Interrupted and OSError likewise.
        """
        before = self._answering()
        change, begin = self._begin(region)
        results: list[tuple[Step, Result]] = []
        error: BaseException | None = None
        kept = False
        try:
            for step in region:
                results.append((step, course.run(step, self.reporter, spend=False)))
                if results[-1][1].state == "failed":
                    break
            else:
                kept = self._confirmed(course, region, change, before)
        except BaseException as broken_off:  # whatever it was: the host must not stay cut off
            error = broken_off
        ended = self._keep(course, region, change) if kept else None
        if ended is None:
            taken = change.take_back()
            why = "" if kept or error else _failure(results) or "It was not confirmed. "
            ended = change.finish(taken.how, f"{why}{_TAKEN.get(taken.how, '')}{taken.story}")
        else:
            self.session.records.forget(name for step in region for name in step.restored)
        ended.error = error
        told = results if ended.how == "kept" else [(step, _undone(result)) for step, result in results]
        end = _end(region, *change.ran)
        last = (end, Result("changed" if ended.how != "stuck" else "failed", ended.story))
        ended.results = [*begin, *told, last]
        return ended

    def _begin(self, region: tuple[Step, ...]) -> tuple[_Change, list[tuple[Step, Result]]]:
        stands = {record.name: record for step in reversed(region) for record in step.stands}
        had = {record.name for record in self.session.records.read()}
        new = tuple(dict.fromkeys(r.name for step in region for r in step.before if r.name not in had))
        state = facts.read_net(self.session.runner)
        names = [record.subject for record in stands.values() if record.kind == "underlay"]
        addresses = {name: cuts.addresses(name, state) for name in names}
        subject = region[0].subject if not names else names[0]
        step = _begin(region, self.seconds)
        self.session.runner.interrupts.check()
        number = self.session.journal.write(
            "guard",
            subject=subject,
            seconds=self.seconds,
            since_boot=since_boot(),
            addresses=addresses,
            new=new,
            stands=[(record.name, record.text) for record in stands.values()],
        )
        change = _Change(self.session, self.reporter, number, subject, tuple(stands.values()), new, addresses=addresses)
        self.reporter.step(step)
        change.deadline = time.monotonic() + self.seconds - MARGIN
        try:
            begun = self._checkpoint(step, change)
        except BaseException:
            change.finish("not-begun", "Nothing was changed.")
            raise
        return change, [(step, Result("changed", begun))]

    def _checkpoint(self, step: Step, change: _Change) -> str:
        """Make the checkpoint, or what stands in for it, and say so where it is not the checkpoint."""
        outcome = self.session.execute(step, step.commands[0], self.reporter)
        change.checkpoint = checkpoint.path_of(outcome.words) if outcome.ok else ""
        if change.checkpoint:
            self.session.journal.write("guard-checkpoint", guard=change.number, path=change.checkpoint)
            return ""
        check_foreign(self.session, [step])
        why = outcome.words.strip() or outcome.error
        answer = self.keeper.without(why)
        if answer is Without.DELAYED:
            delayed = checkpoint.delayed(self.seconds, self._program())
            change.delayed = self.session.execute(step, delayed, self.reporter).ok
            if change.delayed:
                return f"NetworkManager gives no checkpoint ({why}): systemd takes the change back in its place."
        if answer is Without.NONE:
            return f"NetworkManager gives no checkpoint ({why}): only this run can take the change back."
        raise CannotStart(
            f"NetworkManager gives no checkpoint ({why}), and these steps can cut you off: {step.why} "
            f"Nothing of it was changed. Run this from the host's console, or let an admin allow it."
        )

    def _program(self) -> list[str]:
        started = Path(sys.argv[0])
        program = [str(started.resolve())] if started.name == "vxlan-tui" else [sys.executable, "-m", "vxlan_tui"]
        return [*program, "undo", str(self.session.plan.path), f"--host={self.session.host.name}", *_UNCONFIRMED]

    def _confirmed(self, course: Course, region: tuple[Step, ...], change: _Change, before: _Answers) -> bool:
        if change.checkpoint and change.left() < self.seconds / 2:
            step = _end(region)
            if self.session.execute(step, checkpoint.again(change.checkpoint, self.seconds), self.reporter).ok:
                change.deadline = time.monotonic() + self.seconds - MARGIN
        self.reporter.step(_end(region))
        now = self._prove(region, change, before)
        proven = bool(now.gateways or now.peers)
        nobody = bool(course.records) and not self._gateways()
        interrupts = self.session.runner.interrupts
        interrupts.check()
        return (
            self.keeper.keep(
                Question(
                    change.subject,
                    region[0].cuts,
                    tuple(_news(before, now)),
                    None if nobody and not proven else proven,
                    course.state.way.ssh and (course.state.way.unknown or change.subject in course.state.way.devices),
                    change.left,
                    lambda: bool(interrupts.asked),
                )
            )
            and not interrupts.asked
        )

    def _keep(self, course: Course, region: tuple[Step, ...], change: _Change) -> Ended | None:
        """Keep the change; None where it is no longer there to be kept."""
        if change.keep():
            return change.finish("kept", "It was confirmed, and is kept.")
        left = {(step.id, step.subject) for step in region}
        try:
            state = self.session.read(("net",), course.state, course.records)
            undone = [s for s in course.judge(state) if (s.id, s.subject) in left and s.commands]
        except (CommandFailed, LibvirtUnavailable):
            return None
        if undone:
            return None
        return change.finish("kept", "It was confirmed, and is kept; NetworkManager had dropped the checkpoint itself.")

    # Who answers

    def _gateways(self) -> tuple[str, ...]:
        host = self.session.host
        return reach.read_gateways(self.session.runner, host.interface, host.vtep.version)

    def _peers(self) -> list[str]:
        return [str(other.vtep) for other in self.session.plan.hosts if other is not self.session.host][:MAX_PEERS]

    def _answering(self) -> _Answers:
        """Give who answers before the change."""
        gateways = self._gateways()
        peers = [] if self.keeper.proof and gateways else self._peers()
        return _Answers(tuple(filter(self._answers_now, gateways)), tuple(filter(self._answers_now, peers)))

    def _answers_now(self, address: str) -> bool:
        interface, runner = self.session.host.interface, self.session.runner
        try:
            runner.read(*reach.ping(interface, address, 2).argv)
        except CommandFailed:
            return reach.is_neighbour(runner, interface, address)
        return True

    def _prove(self, region: tuple[Step, ...], change: _Change, before: _Answers) -> _Answers:
        """Give who answers after it: the gateways, and the peers where there is none or one answered before."""
        gateways = self._gateways()
        found = tuple(gateway for gateway in gateways if self._answers(region, change, gateway))
        if self.keeper.proof and gateways:
            return _Answers(found)
        asked = self._peers() if self.keeper.proof else before.peers
        return _Answers(found, tuple(peer for peer in asked if self._answers(region, change, peer)))

    def _answers(self, region: tuple[Step, ...], change: _Change, address: str) -> bool:
        interface = self.session.host.interface
        patience = max(1, min(PATIENCE, int(change.left() / 3)))
        asked = reach.ping(interface, address, patience)
        change.ran.append(asked)
        ok = self.session.execute(_end(region), asked, self.reporter).ok
        return ok or reach.is_neighbour(self.session.runner, interface, address)


MARGIN = 2.0
"""Seconds before NetworkManager's own rollback in which this run does it, so as to tell of it."""

PATIENCE = 10
"""Seconds in which somebody has to answer."""

MAX_PEERS = 3
"""So many other hosts are asked."""

_UNCONFIRMED = ("--yes", "--unconfirmed")

_TAKEN = {"taken-back": "It was taken back. "}


def _failure(results: list[tuple[Step, Result]]) -> str:
    return "A step failed. " if results and results[-1][1].state == "failed" else ""


def _undone(result: Result) -> Result:
    """Give the result of a step that was taken back."""
    return result if result.state != "changed" else Result("failed", "It was done, and taken back: see below.")


def _news(before: _Answers, now: _Answers) -> Iterator[str]:
    """Say who answers, and first of all who does not any more."""
    for who, had, has in (("The gateway", before.gateways, now.gateways), ("The host", before.peers, now.peers)):
        for address in had:
            if address not in has:
                yield f"{who} {address} answered before and does not now."
    for who, has in (("The gateway", now.gateways), ("The host", now.peers)):
        for address in has:
            yield f"{who} {address} answers."
    if not (now.gateways or now.peers):
        yield "Nobody who was asked answers over the new configuration."

"""A guarded change under way, or one that a run which was cut off has left: kept or taken back."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from vxlan_tui import journal, judge
from vxlan_tui.command import Command
from vxlan_tui.facts import host as facts
from vxlan_tui.facts import system
from vxlan_tui.facts.checkpoints import Checkpoint, boot_id, read_checkpoints
from vxlan_tui.guard.question import Ended
from vxlan_tui.journal import Guarded
from vxlan_tui.judge import Outputs
from vxlan_tui.procedures import back, checkpoint, lockout, profiles
from vxlan_tui.reach import CommandFailed
from vxlan_tui.record import Record
from vxlan_tui.session import NotReady, Reporter, Session
from vxlan_tui.state import HostState
from vxlan_tui.steps import Step
from vxlan_tui.things import Reading

Recorded = back.Recorded

Wants = Mapping[str, tuple[Reading, str]]
"""What a change is to bring about: by the names of the records, what has to show what."""

SETTLE = 20.0
"""Seconds for the host to be as before once it was taken back."""


@dataclass
class Change:
    """A guarded change under way: what is needed to take it back, or to keep it.

    `wants` is empty where nobody wrote it down, as earlier versions did not.
    """

    session: Session
    reporter: Reporter
    number: int
    subject: str
    stands: tuple[Recorded, ...]
    new: tuple[str, ...]
    wants: Wants = field(default_factory=dict)
    checkpoint: str = ""
    addresses: dict[str, list[str]] = field(default_factory=dict)
    unsaved: tuple[str, ...] = ()
    ran: list[Command] = field(default_factory=list)
    deadline: float = 0.0

    def left(self) -> float:
        """Give the seconds until no answer is a no."""
        return self.deadline - time.monotonic()

    def execute(self, asked: Command) -> bool:
        """Run a command of the guard's own, which no interrupt keeps from running; say whether it succeeded."""
        reach = self.session.reach.uninterrupted()
        self.ran.append(asked)
        try:
            return self.session.execute(Step("guard.end", "", self.subject, ""), asked, self.reporter, reach).ok
        except OSError:  # a journal that cannot be written is no reason to leave a host cut off
            return reach.run(asked, self.reporter.line).ok

    def ask(self, asked: Command) -> bool:
        """Run a command that asks somebody, as long as nobody asked to stop; say whether an answer came."""
        self.ran.append(asked)
        return self.session.execute(Step("guard.end", "", self.subject, ""), asked, self.reporter).ok

    def keep(self) -> bool:
        """Keep the change; False where it turns out that it was taken back meanwhile."""
        self.session.journal.write("guard-keeping", guard=self.number)
        return not self.checkpoint or self.execute(checkpoint.destroy(self.checkpoint))

    def take_back(self) -> Ended:
        """Bring back what stood before, whatever of it is left to NetworkManager or to us."""
        if self.checkpoint:
            self.execute(checkpoint.roll_back(self.checkpoint))
        self._drop_copies()
        left = self._until_back()
        if left:
            return Ended("stuck", story=f"Not all of it could be taken back. This is still needed:\n{left}")
        with suppress(OSError):  # then the next start does it: the change stays open in the journal
            self.session.records.forget(self.new)
        return Ended("taken-back", story=self._where())

    def _drop_copies(self) -> None:
        """Drop what a rollback leaves of profiles in memory: it would stand before the file that is as it was."""
        names = [each.saves.subject for each, _ in self.stands if each.saves]
        with suppress(CommandFailed):
            output = self.session.read([profiles.FILES])[profiles.FILES]
            for name, copy in profiles.in_memory(names, output).items():
                if name not in self.unsaved and profiles.COPY in (self.session.reach.read_file(copy) or ""):
                    for each in profiles.drop(copy):
                        self.execute(each)

    def is_kept(self) -> bool:
        """Keep what was confirmed, and return whether it stands: NetworkManager's time may have run out before."""
        if self.checkpoint and self.execute(checkpoint.destroy(self.checkpoint)):
            return True
        self.checkpoint = ""
        return _comes_true(self._stands_as_wanted) if self.wants else bool(self._differing())

    def changed_since(self) -> list[str]:
        """Return what neither is as before nor as this change was to make it, once it has had the time to settle."""
        _comes_true(lambda: not self._differing())
        return self._differing()

    def _stands_as_wanted(self) -> bool:
        outputs = self.session.read(reading.argv for reading, _ in self.wants.values())
        return all(self._is_as_wanted(name, outputs) for name in self.wants)

    def _is_as_wanted(self, name: str, outputs: Outputs) -> bool:
        if name not in self.wants:
            return False
        reading, text = self.wants[name]
        return judge.shown(reading, outputs) == text

    def _differing(self) -> list[str]:
        """Return what neither is as before nor as this change was to make it; raise CommandFailed."""
        wanted = (reading.argv for reading, _ in self.wants.values())
        outputs = self.session.read((*back.readings(self.stands), *wanted))
        steps = [step for step in back.steps(self.stands, outputs) if step.restored and not step.again]
        differing = [step for step in steps if step.commands and not self._is_as_wanted(step.restored, outputs)]
        return list(dict.fromkeys(step.subject for step in differing))

    def _until_back(self) -> str:
        """Run what NetworkManager left to do until nothing is, and give in words what cannot be done."""
        give_up = time.monotonic() + SETTLE
        patience = time.monotonic() + (3.0 if self.checkpoint else 0.0)
        tried: set[Command] = set()
        while True:
            try:
                state = facts.read_net(self.session.reach)
                outputs = self.session.read(back.readings(self.stands))
                steps = back.steps(self.stands, outputs)
                commands = [c for s in steps for c in s.commands if not (s.confirms and s.subject in self.unsaved)]
                words = "\n".join(command.text for command in commands)
                if not commands and (self._has_addresses(state) or time.monotonic() > give_up):
                    return ""
            except CommandFailed as failure:
                commands, words = [], str(failure)
            untried = [each for each in commands if each not in tried] if time.monotonic() > patience else []
            for each in untried:
                tried.add(each)
                self.execute(each)
            if untried:  # what it came to is looked at, however long it took
                give_up = time.monotonic() + SETTLE
            elif time.monotonic() > give_up:
                return words
            time.sleep(0.2)

    def _has_addresses(self, state: HostState) -> bool:
        return all(set(had) <= set(lockout.addresses(name, state)) for name, had in self.addresses.items())

    def _where(self) -> str:
        """Say what is so again."""
        try:
            state = facts.read_net(self.session.reach)
        except CommandFailed:
            return ""
        told = [
            f"{name} has {', '.join(lockout.addresses(name, state)) or 'no address'}"
            + ("" if set(had) <= set(lockout.addresses(name, state)) else f" (before: {', '.join(had)})")
            for name, had in self.addresses.items()
        ]
        return f"As before, {' and '.join(told)}." if told else "It is as before."

    def finish(self, how: str, story: str) -> Ended:
        """Write down how it ended."""
        if how != "stuck":
            with suppress(OSError):
                self.session.journal.write("guard-ended", guard=self.number, how=how, words=story)
        return Ended(how, story=story)


def recover(session: Session, reporter: Reporter) -> Ended | None:
    """Finish what a run that was cut off left unconfirmed, and tell how; None where there is nothing.

    What the last change that was kept stands on was its own to judge. Raises NotReady where NetworkManager does not
    answer, CommandFailed where it cannot be seen how things stand.
    """
    rows = journal.guarded(journal.events(session.reach, session.journal.path))
    last_kept = max((each.number for each in rows if each.how == "kept"), default=0)
    open_ones = [each for each in reversed(rows) if not each.how]
    for each in open_ones:
        if each.number < last_kept:
            Change(session, reporter, each.number, each.subject, (), ()).finish("left", _OVER)
    ended = [_recover(session, reporter, each) for each in open_ones if each.number > last_kept]
    return ended[0] if ended else None


_OVER = "It was cut off. A later change was confirmed since, so this one is over."


def _recover(session: Session, reporter: Reporter, row: Guarded) -> Ended:
    found = Change(session, reporter, row.number, row.subject, _stands(row), tuple(row.row.get("new", ())), _wants(row))
    this_boot = row.row.get("boot") == boot_id(session.reach)
    found.unsaved = tuple(row.row.get("unsaved", ()))
    found.addresses = {name: list(of) for name, of in dict(row.row.get("addresses", {})).items()}
    try:
        # NetworkManager gives the paths of checkpoints again after a boot: this one may be somebody else's then.
        found.checkpoint = _still_there(row, read_checkpoints(session.reach)) if this_boot else ""
    except CommandFailed as failure:
        raise NotReady([system.daemon("net", failure.outcome.words, session.reach)]) from failure
    reporter.step(
        Step("guard.recover", "", row.subject, f"What was not confirmed when a run was cut off: {row.subject}")
    )
    began = f"A change of {row.subject}, begun {row.time}, was cut off"
    if row.keeping and found.is_kept():
        return found.finish("kept", f"{began} after it was confirmed: it was kept.")
    # As long as the checkpoint is there, NetworkManager takes back what was changed since as well.
    if not found.checkpoint and (others := found.changed_since()):
        return found.finish("left", f"{began}. {', '.join(others)}: {_LEFT}")
    by_itself = "NetworkManager had done so by itself" if this_boot else "the boot since then had done so"
    alone = "" if found.checkpoint else f" As far as it could, {by_itself}."
    when = "as it was confirmed, too late to be kept" if row.keeping else "before it was confirmed"
    ended = found.take_back()
    taken = ", so it was taken back" if ended.how == "taken-back" else ""
    return found.finish(ended.how, f"{began} {when}{taken}.{alone} {ended.story}")


_LEFT = (
    "now neither as before, nor as that change is known to have made it. Somebody has changed it since, and it was "
    "left alone; `undo` puts back what stood before."
)


def _comes_true(look: Callable[[], bool]) -> bool:
    """Return whether something is so, which may take a moment: a boot, or NetworkManager, is still at it."""
    give_up = time.monotonic() + SETTLE
    while not (found := look()) and time.monotonic() < give_up:
        time.sleep(0.2)
    return found


def _wants(row: Guarded) -> Wants:
    told = row.row.get("wants", ())
    return {str(name): (Reading(tuple(argv), str(pick)), str(text)) for name, argv, pick, text in told}


def _stands(row: Guarded) -> tuple[Recorded, ...]:
    records = [Record(str(name), str(text)) for name, text in row.row.get("stands", ())]
    return tuple((thing, record) for record in records for thing in back.of_record(record))


def _still_there(row: Guarded, found: Iterable[Checkpoint]) -> str:
    """Give our checkpoint where it still exists; its path may not have reached the journal, but the time did."""
    began = float(row.row.get("since_boot", 0))
    ours = (row.checkpoint,) if row.checkpoint else ()
    return next(
        (each.path for each in found if each.path in ours or (not ours and 0 <= each.created - began < 10)),
        "",
    )

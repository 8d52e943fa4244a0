"""The making of a guarded change."""

import time
from collections.abc import Callable
from contextlib import suppress

from vxlan_tui.exits import CannotStart
from vxlan_tui.facts import host as facts
from vxlan_tui.facts.checkpoints import boot_id, since_boot
from vxlan_tui.guard.answers import Answers, Underlay, news
from vxlan_tui.guard.change import Change, Wants
from vxlan_tui.guard.question import Ended, Keeper, Question, seconds
from vxlan_tui.guard.regions import begin_step, check_foreign, end_step
from vxlan_tui.procedures import checkpoint, lockout, profiles
from vxlan_tui.reach import CommandFailed
from vxlan_tui.session import Reporter, Result, Session, StepRun
from vxlan_tui.steps import Step

MARGIN = 2.0
"""Seconds before NetworkManager's own rollback in which this run does it, so as to tell of it."""


class Guard:
    """Makes guarded changes of one session, told to a reporter and confirmed by a keeper.

    `agreed` is asked once what was confirmed is saved, or is not: whether it is to stay.
    """

    def __init__(
        self, session: Session, reporter: Reporter, keeper: Keeper, agreed: Callable[[bool], bool] = bool
    ) -> None:
        self.session = session
        self.reporter = reporter
        self.keeper = keeper
        self.agreed = agreed
        self.seconds = seconds()
        self.underlay = Underlay(session.plan, session.host, session.reach)

    def run(self, ahead: StepRun, region: tuple[Step, ...]) -> Ended:
        """Run a guarded region; `Ended.error` holds what broke it off, once everything was taken back.

        Raises CannotStart where it was not begun, Interrupted and OSError likewise.
        """
        before = self.underlay.before(self.keeper.proof)
        change, begin = self._begin(ahead, region)
        results: list[tuple[Step, Result]] = []
        error: BaseException | None = None
        kept = False
        try:
            for step in region:
                if step.confirms:
                    continue
                results.append((step, ahead.run(step, self.reporter, spend=False)))
                if results[-1][1].state == "failed":
                    break
            else:
                kept = self._confirmed(ahead, region, change, before) and self.agreed(
                    self._saved(ahead, region, results)
                )
        except BaseException as broken_off:  # whatever it was: the host must not stay cut off
            error = broken_off
        ended = None
        if kept:
            try:
                ended = self._keep(ahead, region, change)
            except OSError as broken_off:  # what is not in the journal was not confirmed
                error = broken_off
        if ended is None:
            taken = change.take_back()
            why = "" if kept or error else _failure(results) or "It was not confirmed. "
            ended = change.finish(taken.how, f"{why}{_TAKEN.get(taken.how, '')}{taken.story}")
        else:
            with suppress(OSError):  # a spent record does no harm: the next undo finds nothing to do for it
                self.session.records.forget(step.restored for step in region if step.restored)
        ended.error = error
        told = results if ended.how == "kept" else [(step, _undone(result, ended)) for step, result in results]
        end = end_step(region, *change.ran)
        last = (end, Result(STATE_OF.get(ended.how, "changed"), ended.story))
        ended.results = [*begin, *told, last]
        return ended

    def _saved(self, ahead: StepRun, region: tuple[Step, ...], results: list[tuple[Step, Result]]) -> bool:
        """Save what was held in memory until it was confirmed; a boot brings that up from now on."""
        for step in region:
            if step.confirms:
                results.append((step, ahead.run(step, self.reporter, spend=False)))
        return all(result.state != "failed" for _, result in results)

    def _begin(self, ahead: StepRun, region: tuple[Step, ...]) -> tuple[Change, list[tuple[Step, Result]]]:
        things = [step.thing for step in region if step.thing and step.thing.record]
        stands = tuple((thing, ahead.record_of(thing)) for thing in things)
        had = {record.name for record in self.session.records.read()}
        new = () if ahead.is_back else tuple(record.name for _, record in stands if record.name not in had)
        state = facts.read_net(self.session.reach)
        names = [record.subject for _, record in stands if record.kind == "underlay"]
        held = [thing.saves.subject for thing in things if thing.saves]
        files = self.session.read([profiles.FILES])[profiles.FILES] if held else ""
        unsaved = tuple(profiles.in_memory(held, files))
        addresses = {name: lockout.addresses(name, state) for name in names}
        subject = region[0].subject if not names else names[0]
        step = begin_step(region, self.seconds)
        self.session.reach.interrupts.check()
        number = self.session.journal.write(
            "guard",
            subject=subject,
            seconds=self.seconds,
            since_boot=since_boot(self.session.reach),
            boot=boot_id(self.session.reach),
            addresses=addresses,
            new=new,
            unsaved=unsaved,
            stands=[(record.name, record.text) for _, record in stands],
            wants=[(name, reading.argv, reading.pick, text) for name, (reading, text) in _wants(ahead, region).items()],
        )
        change = Change(self.session, self.reporter, number, subject, stands, new, addresses=addresses, unsaved=unsaved)
        self.reporter.step(step)
        change.deadline = time.monotonic() + self.seconds - MARGIN
        try:
            self._checkpoint(step, change)
        except BaseException:
            if change.checkpoint:
                change.execute(checkpoint.destroy(change.checkpoint))
            change.finish("not-begun", "Nothing was changed.")
            raise
        return change, [(step, Result("changed"))]

    def _checkpoint(self, step: Step, change: Change) -> None:
        """Make the checkpoint; raise CannotStart where there is none."""
        outcome = self.session.execute(step, step.commands[0], self.reporter)
        change.checkpoint = checkpoint.path_of(outcome.words) if outcome.ok else ""
        if change.checkpoint:
            self.session.journal.write("guard-checkpoint", guard=change.number, path=change.checkpoint)
            return
        check_foreign(self.session, [step])
        why = outcome.words.strip() or outcome.error
        raise CannotStart(
            f"NetworkManager gives no checkpoint ({why}), and these steps can cut you off: {step.why} Nothing was "
            f"changed. Run this from the host's console, or let an admin allow it."
        )

    def _confirmed(self, ahead: StepRun, region: tuple[Step, ...], change: Change, before: Answers) -> bool:
        if change.checkpoint and change.left() < self.seconds / 2:
            step = end_step(region)
            if self.session.execute(step, checkpoint.again(change.checkpoint, self.seconds), self.reporter).ok:
                change.deadline = time.monotonic() + self.seconds - MARGIN
        self.reporter.step(end_step(region))
        now = self.underlay.now(self.keeper.proof, before, change.left(), change.ask)
        # What undo goes back to may have no gateway; what a plan sets up has one, or another host to ask.
        nobody = ahead.is_back and not self.underlay.gateways() and not now
        interrupts = self.session.reach.interrupts
        interrupts.check()
        question = Question(
            change.subject,
            region[0].cuts,
            tuple(news(before, now)),
            None if nobody else bool(now),
            any(lockout.is_session(step.cuts) for step in region),
            change.left,
            lambda: bool(interrupts.asked),
            lambda address: self.underlay.asks(address, change.left(), change.ask),
        )
        kept = self.keeper.keep(question)
        interrupts.check()
        return kept

    def _keep(self, ahead: StepRun, region: tuple[Step, ...], change: Change) -> Ended | None:
        """Keep the change; None where it is no longer there to be kept."""
        if change.keep():
            return change.finish("kept", "It was confirmed, and is kept.")
        try:
            undone = [step for step in region if not ahead.is_done(step)]
        except CommandFailed:
            return None
        if undone:
            return None
        return change.finish("kept", "It was confirmed, and is kept; NetworkManager had dropped the checkpoint itself.")


def _wants(ahead: StepRun, region: tuple[Step, ...]) -> Wants:
    """Return what the steps of a region are to bring about."""
    found = {}
    for step in region:
        if step.thing and step.restored:
            found[step.restored] = (step.thing.before, step.thing.before.shown(ahead.records[step.restored].text))
        elif step.thing and step.thing.record:
            found[step.thing.record] = (step.thing.reading, step.thing.wants)
    return found


STATE_OF = {"kept": "changed", "taken-back": "taken back", "stuck": "failed"}
"""The state of the step that ends a change, by how that ended."""

_TAKEN = {"taken-back": "It was taken back. "}


def _failure(results: list[tuple[Step, Result]]) -> str:
    return "A step failed. " if results and results[-1][1].state == "failed" else ""


def _undone(result: Result, ended: Ended) -> Result:
    """Give the result of a step that was taken back, as far as that went."""
    state = "taken back" if ended.how == "taken-back" else "failed"
    return result if result.state != "changed" else Result(state, f"It was done, but not kept. {ended.story}")

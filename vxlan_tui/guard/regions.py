"""Which steps are guarded together, and what stands in the way of that."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from vxlan_tui.command import Command
from vxlan_tui.exits import CannotStart
from vxlan_tui.facts.checkpoints import Checkpoint, read_checkpoints
from vxlan_tui.procedures import checkpoint
from vxlan_tui.reach import CommandFailed
from vxlan_tui.sections import BRIDGE, ETHERNET
from vxlan_tui.session import Session
from vxlan_tui.steps import Step


def regions(steps: Iterable[Step]) -> Iterator[tuple[Step, ...]]:
    """Group steps: those in a row that can cut the connection together, with what confirms them; others alone."""
    for cutting, group in groupby(_with_cuts(steps), lambda pair: pair[1]):
        members = tuple(step for step, _ in group)
        if cutting:
            yield members
        else:
            yield from ((step,) for step in members)


def _with_cuts(steps: Iterable[Step]) -> Iterator[tuple[Step, bool]]:
    before = False
    for step in steps:
        before = bool(step.cuts) or (before and (step.confirms or not step.commands) and not step.conflict)
        yield step, before


def is_guarded(region: tuple[Step, ...]) -> bool:
    """Whether a region is one of those that can cut the connection."""
    return bool(region and region[0].cuts)


def preview(region: tuple[Step, ...], after: int) -> list[Step]:
    """Give a guarded region's steps behind the one that guards them, as it is shown."""
    return [begin_step(region, after), *region] if is_guarded(region) else list(region)


def begin_step(region: tuple[Step, ...], after: int) -> Step:
    """Give the step that guards a region: NetworkManager goes back by itself after so many seconds."""
    return Step(
        "guard.begin",
        region[0].section,
        region[0].subject,
        f"Have NetworkManager take the next steps back after {after} s, unless they are confirmed",
        f"They can cut you off: {region[0].cuts}.",
        commands=(checkpoint.create(after),),
    )


def end_step(region: tuple[Step, ...], *commands: Command) -> Step:
    """Give the step that ends a guarded region, with the commands that it took."""
    return Step("guard.end", region[0].section, region[0].subject, "Keep it, or take it back", commands=commands)


def check_foreign(session: Session, steps: Iterable[Step]) -> None:
    """Raise CannotStart where somebody else's checkpoint would take back what these steps do."""
    if not any(step.commands and step.section in (ETHERNET.number, BRIDGE.number) for step in steps):
        return
    try:
        found = read_checkpoints(session.reach)
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

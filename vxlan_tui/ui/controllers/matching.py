"""What was shown against what a fresh look finds: only what is the same runs."""

import re
from collections.abc import Iterable, Sequence

from vxlan_tui.command import Command
from vxlan_tui.procedures.wireguard import ANY_KEY, PENDING
from vxlan_tui.steps import Step

CHANGED_SINCE = "The host is no longer as it was when this was shown. Nothing was run; look at the steps again."


def matched(shown: Iterable[Step], found: Iterable[Step]) -> tuple[list[Step], list[tuple[Step, str]]]:
    """Return the steps as they are found now, and those that are not what was shown, each with why it does not run."""
    fresh = {(step.id, step.subject): step for step in found}
    todo, refused = [], []
    for step in shown:
        now = fresh.get((step.id, step.subject))
        if now is None or (now.commands and not _is_as_shown(now.commands, step.commands)):
            refused.append((step, CHANGED_SINCE))
        elif now.conflict:
            refused.append((step, now.conflict))
        else:
            todo.append(now)
    return todo, refused


def _is_as_shown(now: Sequence[Command], shown: Sequence[Command]) -> bool:
    """Return whether these are the commands that were shown; a key that was still to be made may be any now."""
    pairs = list(zip(now, shown, strict=False))
    return len(now) == len(shown) and all(a == b or _fits(a.text, b.text) for a, b in pairs)


def _fits(now: str, shown: str) -> bool:
    parts = re.split(PENDING, shown)
    return len(parts) > 1 and re.fullmatch(ANY_KEY.join(map(re.escape, parts)), now) is not None

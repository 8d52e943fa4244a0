"""What was shown against what a fresh look finds: only what is the same runs."""

from collections.abc import Iterable

from vxlan_tui.fleet import keys
from vxlan_tui.steps import Step

CHANGED_SINCE = "The host is no longer as it was when this was shown. Nothing was run; look at the steps again."


def matched(shown: Iterable[Step], found: Iterable[Step]) -> tuple[list[Step], list[tuple[Step, str]]]:
    """Return the steps as they are found now, and those that are not what was shown, each with why it does not run."""
    fresh = {(step.id, step.subject): step for step in found}
    todo, refused = [], []
    for step in shown:
        now = fresh.get((step.id, step.subject))
        if now is None or (now.commands and not keys.as_shown(now.commands, step.commands)):
            refused.append((step, CHANGED_SINCE))
        elif now.conflict:
            refused.append((step, now.conflict))
        else:
            todo.append(now)
    return todo, refused

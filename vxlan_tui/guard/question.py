"""What is asked about a guarded change, of whom, and how it ends."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from vxlan_tui.session import Result
from vxlan_tui.steps import Step

SECONDS = 60
"""Seconds to confirm in, unless the environment says otherwise."""

SECONDS_VARIABLE = "VXLAN_TUI_KEEP_SECONDS"


def seconds() -> int:
    """Give the seconds to confirm in: 60, or what VXLAN_TUI_KEEP_SECONDS says, from 5 to 600."""
    told = os.environ.get(SECONDS_VARIABLE, "")
    return min(600, max(5, int(told))) if told.isascii() and told.isdigit() else SECONDS


@dataclass(frozen=True)
class Question:
    """What is known when it is asked whether to keep a change.

    `proven` is whether somebody answers over the new configuration, None where there is nobody to ask. `left`
    gives the seconds until no answer is a no; `stopped` whether the run was asked to stop. `asks` has an address of
    the underlay asked for an answer.
    """

    subject: str
    why: str
    news: tuple[str, ...]
    proven: bool | None
    over_ssh: bool
    left: Callable[[], float]
    stopped: Callable[[], bool]
    asks: Callable[[str], bool] = lambda address: False


class Keeper(Protocol):
    """Who confirms."""

    proof: bool
    """Whether the answers of others are what confirms."""

    def keep(self, question: Question) -> bool:
        """Say whether to keep the change; any doubt is no."""


@dataclass
class Ended:
    """How a guarded change ended: kept, taken-back or stuck; with each step's result, and the story in words.

    One that a run which was cut off has begun may be left as well: to whoever has changed it since.
    """

    how: str
    results: list[tuple[Step, Result]] = field(default_factory=list)
    story: str = ""
    error: BaseException | None = None


class _Nobody:
    """For where nobody is asked: nothing is kept."""

    proof = False

    def keep(self, question: Question) -> bool:
        """Keep nothing."""
        del question
        return False


NOBODY: Keeper = _Nobody()

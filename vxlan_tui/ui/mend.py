"""What mends this host, as steps like any other: what it lacks, and what a check has found."""

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from vxlan_tui.checks.finding import Finding
from vxlan_tui.command import Command
from vxlan_tui.facts.system import Missing
from vxlan_tui.session import Session, StepRun
from vxlan_tui.state import HostState
from vxlan_tui.steps import Step

INSTALL_TIMEOUT = 1800.0
"""Seconds for a package manager, which may fetch much."""


def of_missing(missing: Iterable[Missing]) -> list[Step]:
    """Give a step for each thing that a command mends."""
    return [_of_missing(each) for each in missing if _is_command(each.fix)]


def _is_command(fix: str) -> bool:
    return fix.startswith(("dnf ", "apt-get ", "systemctl "))


def _of_missing(each: Missing) -> Step:
    run = Command(tuple(shlex.split(each.fix)), timeout=INSTALL_TIMEOUT)
    return Step("host.mend", "", each.what, each.what, "The wizard's commands need it.", commands=(run,))


def of_finding(finding: Finding) -> Step:
    """Give the step that mends what a check has found."""
    words = f"Mend: {finding.title}"
    return Step(
        finding.id,
        finding.section,
        finding.subject,
        words,
        finding.fix,
        commands=finding.remedy,
        before=finding.before,
    )


@dataclass
class Mending(StepRun):
    """A run of such steps. `lacking` looks again; without it, the next verification is the second look."""

    lacking: Callable[[], Iterable[Step]] = list

    def again(self, step: Step) -> Step:
        """Return the step as it is now: without commands where it is not lacking any more."""
        left = next((left for left in self.lacking() if left.subject == step.subject), None)
        return left or replace(step, commands=())


def run_of(session: Session, steps: Iterable[Step], lacking: Callable[[], Iterable[Step]]) -> Mending:
    """Give the run of these steps."""
    return Mending(session, HostState(), list(steps), {}, {}, lacking)

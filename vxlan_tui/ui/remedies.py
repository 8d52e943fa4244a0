"""What mends a host, as steps like any other: what it lacks, and what a check has found."""

import shlex
from collections.abc import Iterable

from vxlan_tui.checks.finding import Finding
from vxlan_tui.command import Command
from vxlan_tui.facts.system import Missing
from vxlan_tui.procedures.vms import stopped_by
from vxlan_tui.steps import Step

INSTALL_TIMEOUT = 1800.0
"""Seconds for a package manager, which may fetch much."""


def of_missing(missing: Iterable[Missing]) -> list[Step]:
    """Return a step for each thing that a command mends."""
    return [_of_missing(each) for each in missing if _is_command(each.fix)]


def _is_command(fix: str) -> bool:
    return fix.startswith(("dnf ", "apt-get ", "systemctl "))


def _of_missing(each: Missing) -> Step:
    run = Command(tuple(shlex.split(each.fix)), timeout=INSTALL_TIMEOUT)
    return Step("host.mend", "", each.what, each.what, "The wizard's commands need it.", commands=(run,))


def of_finding(finding: Finding) -> Step:
    """Return the step that mends what a check has found."""
    title = f"Mend: {finding.title}"
    commands, before = finding.remedy, finding.before
    return Step(finding.id, finding.section, finding.subject, title, finding.fix, commands=commands, before=before)


def stopped_vms(steps: Iterable[Step]) -> list[str]:
    """Return the VMs that these steps shut down, in their order."""
    return stopped_by(command for step in steps for command in step.commands)

"""The chapter's verifications, and what lies behind a failure.

    findings = checks.run(plan, host, Runner(), tell)

`run` reads this host, asks the others, and gives a finding per check, in the chapter's order; `tell` gets each
as it arrives, from the thread that called `run`. It changes nothing, takes no lock, and ends within ten seconds
whatever hangs. `planned` names the checks before any has run, by the same ids and subjects. `missing` says
what this host lacks to run them at all; a daemon that is stopped is a finding, not missing.
"""

from collections.abc import Callable

from vxlan_tui.checks.finding import Finding, Status, healthy
from vxlan_tui.facts.system import Missing
from vxlan_tui.plan import Host, Plan
from vxlan_tui.runner import Runner

__all__ = ["Finding", "Status", "healthy", "missing", "planned", "run"]


def missing(plan: Plan, host: Host) -> list[Missing]:
    """Say what this host lacks to be checked (programs, root), each with what mends it; empty where nothing."""
    raise NotImplementedError


def planned(plan: Plan, host: Host) -> list[Finding]:
    """Give the checks to come, in their order: findings with status SKIP and the evidence `not yet`."""
    raise NotImplementedError


def run(
    plan: Plan, host: Host, runner: Runner, tell: Callable[[Finding], None] = lambda finding: None
) -> list[Finding]:
    """Run every check of the plan on this host, and give what each says."""
    raise NotImplementedError

"""The chapter's verifications, and what lies behind a failure.

    findings = checks.run(plan, host, Local(), tell)

`run` reads this host, asks the others, and gives a finding per check, in the chapter's order; `tell` gets each
as it arrives, from the thread that called `run`. It changes nothing, takes no lock, and ends within ten seconds
whatever hangs. `planned` names the checks before any has run, by the same ids and subjects. `missing` says
what this host lacks to run them at all; a daemon that is stopped is a finding, not missing.
"""

from collections.abc import Callable

from vxlan_tui.checks import bridge, ethernet, network, tunnel, vms
from vxlan_tui.checks.check import Check, findings
from vxlan_tui.checks.finding import Finding, Status, healthy
from vxlan_tui.checks.seen import Unreadable
from vxlan_tui.facts import system
from vxlan_tui.facts.system import Missing
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import Local, Reach

__all__ = ["Finding", "Status", "Unreadable", "checks_of", "findings", "healthy", "missing", "planned", "run"]

_PROGRAMS = ("ip", "bridge", "nmcli", "busctl")


def missing(plan: Plan, host: Host) -> list[Missing]:
    """Say what this host lacks to be checked, each with what mends it; empty where nothing."""
    del plan, host  # they may come to matter: what is asked depends on them
    root = system.not_root(Local())
    if root:
        root = [Missing("The checks read what only root may read, and you are not root", root[0].fix)]
    return root + system.missing_programs(Local(), _PROGRAMS)


def checks_of(plan: Plan, host: Host) -> list[Check]:
    """Give the checks of a host, in the chapter's order; each is pure, and judges what was seen."""
    parts = (ethernet, bridge, tunnel, network, vms)
    return [check for part in parts for check in part.checks(plan, host)]


def planned(plan: Plan, host: Host) -> list[Finding]:
    """Give the checks to come, in their order: findings with status SKIP and the evidence `not yet`."""
    return [check.pending for check in checks_of(plan, host)]


def run(plan: Plan, host: Host, reach: Reach, tell: Callable[[Finding], None] = lambda finding: None) -> list[Finding]:
    """Run every check of the plan on this host, and give what each says; raises Unreadable."""
    from vxlan_tui.checks import look  # noqa: PLC0415 (libvirt and the reach are not loaded for the pure part)

    found = []
    for finding in findings(checks_of(plan, host), look.look(plan, host, reach)):
        found.append(finding)
        tell(finding)
    return found

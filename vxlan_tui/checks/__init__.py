"""The chapter's verifications, and what lies behind a failure.

    findings = checks.run(plan, host, Local(), tell)

`run` reads a host, asks the network from there, and gives a finding per check, in the chapter's order; `tell` gets
each as it arrives, from the thread that called `run`. With `peers`, the other hosts are read as well: what else could
only be told by what they answer is then named there. `run_all` does so for several hosts at once, and `matrix` is what
it found of each host's way to each other one. Nothing is changed, no lock is taken, and it ends within ten seconds
whatever hangs.
`planned` names the checks before any has run, by the same ids and subjects. `missing` says what a host lacks to run
them at all; a daemon that is stopped is a finding, not missing.
"""

import time
from collections.abc import Callable, Mapping

from vxlan_tui.checks import (
    arp,
    bridge,
    encryption,
    ethernet,
    evpn,
    firewall,
    flood,
    forwarding,
    frames,
    mtu,
    network,
    peers,
    vms,
    ways,
)
from vxlan_tui.checks.causes import title
from vxlan_tui.checks.check import Check, findings
from vxlan_tui.checks.evidence import Evidence, Facts, There, Unreadable
from vxlan_tui.checks.finding import Finding, Status, healthy
from vxlan_tui.checks.matrix import Cell, Matrix, matrix
from vxlan_tui.facts import system
from vxlan_tui.facts.system import Missing
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import Reach
from vxlan_tui.sections import ETHERNET

__all__ = [
    "Cell",
    "Finding",
    "Matrix",
    "Status",
    "Unreadable",
    "checks_of",
    "findings",
    "healthy",
    "matrix",
    "missing",
    "not_reached",
    "planned",
    "run",
    "run_all",
    "there",
]

OTHERS_LIMIT, LEAST, LOGIN_LIMIT = 8.0, 1.0, 20.0
"""Seconds in which other hosts have to be read, and that they get once this one is; where all are verified, for all."""

_PROGRAMS = ("ip", "bridge", "nmcli", "busctl", "ping")


def missing(plan: Plan, host: Host, reach: Reach) -> list[Missing]:
    """Say what a host lacks to be checked, each with what mends it; empty where nothing. Raises Unreachable."""
    del plan, host  # they may come to matter: what is asked depends on them
    root = system.not_root(reach)
    if root:
        root = [Missing("The checks read what only root may read, and you are not root", root[0].fix)]
    return root + system.missing_programs(reach, _PROGRAMS)


def checks_of(plan: Plan, host: Host) -> list[Check]:
    """Give the checks of a host, in the chapter's order; each is pure, and judges what was collected."""
    found = [*ethernet.checks(plan, host), *ways.checks(plan, host)]
    found += [] if plan.encrypted else ways.sizes(plan, host)
    found += evpn.checks(plan, host)
    for segment in plan.segments:
        found += [*bridge.checks(plan, host, segment), mtu.of_devices(plan, host, segment)]
        found += [*forwarding.checks(segment), *flood.checks(plan, host, segment)]
    found += [*firewall.checks(plan, host), *encryption.checks(plan, host)]
    found += ways.sizes(plan, host) if plan.encrypted else []
    found += [*peers.checks(plan, host), *network.checks(plan, host), *vms.checks(plan, host)]
    found += [mtu.of_guests(plan, segment) for segment in plan.segments]
    return [*found, *arp.checks(plan, host), *frames.checks(plan, host)]


def planned(plan: Plan, host: Host) -> list[Finding]:
    """Give the checks to come, in their order: findings with status SKIP and the evidence `not yet`."""
    return [check.pending for check in checks_of(plan, host)]


Tell = Callable[[Finding], None]


def run(
    plan: Plan,
    host: Host,
    reach: Reach,
    tell: Tell = lambda finding: None,
    peers: Mapping[str, Reach] | None = None,
) -> list[Finding]:
    """Run every check of the plan on a host, and give what each says; raises Unreachable, Unreadable.

    `peers` reach other hosts of the plan, by their names; one that cannot be read is passed over.
    """
    from vxlan_tui.checks import collect  # noqa: PLC0415 (libvirt and the reach are not loaded for the pure part)

    began = time.monotonic()
    own = collect.Reading(plan, host, reach, asks=True)
    others = {name: collect.Reading(plan, plan.host(name), each, asks=False) for name, each in (peers or {}).items()}
    facts = own.facts()
    left = max(LEAST, began + OTHERS_LIMIT - time.monotonic())
    evidence = Evidence(facts, own.answers, there(plan, collect.read(others, left)))
    found = []
    for finding in findings(checks_of(plan, host), evidence):
        found.append(finding)
        tell(finding)
    return found


def run_all(
    plan: Plan, reaches: Mapping[str, Reach], tell: Callable[[str, Finding], None] = lambda host, finding: None
) -> dict[str, list[Finding]]:
    """Run every check on several hosts at once, and give what each says, by the host's name.

    What was read on another of these hosts follows from the finding there. A host that cannot be read has one finding.
    """
    from vxlan_tui.checks import collect  # noqa: PLC0415

    readings = {name: collect.Reading(plan, plan.host(name), reach, asks=True) for name, reach in reaches.items()}
    facts = collect.read(readings, LOGIN_LIMIT)
    read = there(plan, facts)
    found: dict[str, list[Finding]] = {}
    for name, reading in readings.items():
        if name not in facts:
            found[name] = [not_reached(plan.host(name), reading.failure)]
            tell(name, found[name][0])
            continue
        others = {other: each for other, each in read.items() if other != name}
        found[name] = []
        for finding in findings(checks_of(plan, plan.host(name)), Evidence(facts[name], reading.answers, others)):
            found[name].append(finding.following if finding.read_on in facts else finding)
            tell(name, found[name][-1])
    return found


def not_reached(host: Host, why: str) -> Finding:
    """Give the finding that stands for all checks of a host that could not be read."""
    cause, shown = "host-not-reached", f"ssh {host.ssh or host.name}"
    words = f"`{shown}` has to work without a question, as root or with sudo"
    return Finding(
        "host.reach", ETHERNET.number, host.name, title(cause, host.name), Status.FAIL, shown, why, cause, words
    )


def there(plan: Plan, facts: Mapping[str, Facts]) -> dict[str, There]:
    """Judge hosts by their facts alone, each as it would itself."""
    found = {}
    for name, known in facts.items():
        asked = [check for check in checks_of(plan, plan.host(name)) if not check.asks]
        judged = findings(asked, Evidence(known))
        found[name] = There(known, {finding.key: finding for finding in judged})
    return found

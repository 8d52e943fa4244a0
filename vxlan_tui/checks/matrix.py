"""Who reaches whom: what the checks of several hosts say of each host's way to each other one, and to its VMs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vxlan_tui.checks.finding import FOLLOWS, Finding, Status
from vxlan_tui.plan import Plan
from vxlan_tui.procedures.vms import subject


@dataclass(frozen=True)
class Cell:
    """One host's way to another: whether that answers, full-size frames get there, and each VM there answers ARP.

    None: that is not known.
    """

    reached: bool | None = None
    full: bool | None = None
    vms: Mapping[str, bool | None] = field(default_factory=dict)

    @property
    def word(self) -> str:
        """What a table shows of it: the worst that is known."""
        known = (self.reached, self.full, *self.vms.values())
        if self.reached is False:
            return "no"
        if self.full is False:
            return "mtu"
        if False in known:
            return "vm"
        return "?" if None in known else "ok"


Matrix = Mapping[tuple[str, str], Cell]
"""By who asks and who is asked."""


def matrix(plan: Plan, found: Mapping[str, Iterable[Finding]], hosts: Iterable[str] = ()) -> Matrix:
    """Return the cells between these hosts, or all of the plan, in the plan's order."""
    asked = set(hosts) or {host.name for host in plan.hosts}
    cells = {}
    for host in (host for host in plan.hosts if host.name in asked):
        known = {finding.key: _known(finding) for finding in found.get(host.name, ())}
        for peer in (peer for peer in plan.peers(host) if peer.name in asked):
            vms = {subject(plan, vm): f"{peer.name}:{subject(plan, vm)}" for vm in plan.vms_of(peer) if vm.address}
            cells[host.name, peer.name] = Cell(
                known.get(("peer.reach", peer.name)),
                known.get(("peer.mtu", peer.name)),
                {vm: known.get(("peer.arp", name)) for vm, name in vms.items()},
            )
    return cells


def _known(finding: Finding) -> bool | None:
    if finding.status is Status.SKIP:
        return False if finding.evidence.startswith(FOLLOWS) else None
    return finding.status is not Status.FAIL

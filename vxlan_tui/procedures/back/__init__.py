"""The way back: from what stood before to the commands that restore it, last thing first.

Each step looks at the host again, so that an undo that was cut off goes on where it stopped, and so that
nothing is taken back that is already gone.
"""

from collections.abc import Iterable

from vxlan_tui.before import Record
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures.back import firewall, network, profiles, vms
from vxlan_tui.state import HostState
from vxlan_tui.steps import Step


def steps(plan: Plan, host: Host, records: Iterable[Record], state: HostState) -> list[Step]:
    """Give the steps that take back what was done on this host for this plan, in reverse order."""
    ours = {record.name: record for record in records if _is_ours(record, plan, host)}
    nics = {record.name: record for record in records if record.kind == "nic"}
    by_kind = {kind: [r for r in ours.values() if r.kind == kind] for kind in _KINDS}
    restored = by_kind["vm"]
    return [
        *(vms.step(plan, record, nics, state) for record in restored),
        *(network.step(record, state, restored) for record in by_kind["network"]),
        *(firewall.step(plan, record, state) for record in by_kind["port"]),
        *profiles.virtual_steps(by_kind["profile"], state, restored),
        *(profiles.underlay_step(record, by_kind["profile"], state) for record in by_kind["underlay"]),
    ]


_KINDS = ("vm", "network", "port", "profile", "underlay")


def _is_ours(record: Record, plan: Plan, host: Host) -> bool:
    """Whether the plan names the thing, or the record was made for this very plan file (which was edited since)."""
    return (
        record.fields.get("plan") == str(plan.path) or record.name in _named(plan, host) or _is_our_port(record, plan)
    )


def _named(plan: Plan, host: Host) -> set[str]:
    segments = plan.segments
    names = {f"underlay.{host.interface}"}
    names |= {f"profile.{host.ethernet.profile}"} if host.ethernet else set()
    names |= {f"profile.{name}" for segment in segments for name in (segment.bridge, segment.vxlan_profile)}
    names |= {f"network.{segment.network}" for segment in segments}
    return names | {f"vm.{vm.name}" for vm in plan.vms_of(host)}


def _is_our_port(record: Record, plan: Plan) -> bool:
    return record.kind == "port" and record.name.rpartition(".")[2] in {str(s.port) for s in plan.segments}

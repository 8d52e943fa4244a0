"""Section 10.5 taken back: NICs, the power state, and VMs that were created."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from xml.sax.saxutils import escape

from vxlan_tui.before import Record
from vxlan_tui.command import command
from vxlan_tui.paths import RECORDS_DIRECTORY
from vxlan_tui.plan import Plan
from vxlan_tui.procedures import vms
from vxlan_tui.state import HostState, Nic, VmState
from vxlan_tui.steps import Change, Step

DEFAULT_SHUTDOWN_TIMEOUT = 60
"""Seconds, for a VM that the plan does not name any more."""


def step(plan: Plan, record: Record, nics: Mapping[str, Record], state: HostState) -> Step:
    """Give the step that puts a VM back as it was."""
    name = record.subject
    own = [r for r in nics.values() if r.subject.partition(".")[2] == name]
    spent = (*(r.name for r in own), record.name)
    vm = state.vms.get(name)
    timeout = max((v.shutdown_timeout for v in plan.vms if v.name == name), default=DEFAULT_SHUTDOWN_TIMEOUT)
    base = Step("vm.restore", vms.SECTION, name, f"Put {name} back as it was", restored=spent)
    if vm is None:
        return replace(base, note=f"there is no VM {name} any more") if record.says("existed") else base
    if not record.says("existed"):
        return _remove(base, vm, timeout)
    return _restore(base, vm, own, record.says("running"), timeout)


def _remove(step: Step, vm: VmState, timeout: int) -> Step:
    down = () if vm.off else vms.shut_down(vm.name, timeout)
    undefine = command("virsh", "undefine", vm.name, "--nvram", "--managed-save")
    note = "its disks are kept: what is on them is yours to judge"
    return replace(step, title=f"Remove the VM {vm.name}", commands=(*down, undefine), note=note)


def _restore(step: Step, vm: VmState, own: list[Record], ran: bool, timeout: int) -> Step:
    differing = [record for record in own if _differs(record, vm.nics)]
    edits = tuple(
        command("virsh", "update-device", vm.name, f"{RECORDS_DIRECTORY}/{record.name}", "--config")
        for record in differing
    )
    changes = tuple(Change(f"{vm.name}: NIC {_mac(record)}", "the plan's network", "as before") for record in differing)
    stale = [record for record in own if _runs_elsewhere(record, vm)]
    down = vms.shut_down(vm.name, timeout) if not vm.off and (stale or not ran) else ()
    start = (vms.start(vm.name),) if ran and (vm.off or stale) else ()
    return replace(step, commands=(*edits, *down, *start), changes=changes)


def _mac(record: Record) -> str:
    return record.subject.partition(".")[0].replace("-", ":")


def _differs(record: Record, nics: Iterable[Nic]) -> bool:
    return any(nic.mac == _mac(record) and nic.xml != record.text for nic in nics)


def _runs_elsewhere(record: Record, vm: VmState) -> bool:
    """Whether the VM runs with a NIC that is connected to something else than the record's."""
    live = next((nic for nic in vm.live_nics if nic.mac == _mac(record)), None)
    return live is not None and bool(live.source) and f"'{escape(live.source, _ENTITIES)}'" not in record.text


_ENTITIES = {"'": "&apos;", '"': "&quot;"}
"""What libvirt escapes in XML beside `&`, `<` and `>`."""

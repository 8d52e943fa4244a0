"""What changes the rows of a plan's draft: hosts, segments and VMs come and go."""

from collections.abc import Callable

from vxlan_tui.ui.choices import networks
from vxlan_tui.ui.draft import segment
from vxlan_tui.ui.work import Work

# An edit gives the key of the field to go to, or `=` and an action.
Edit = Callable[[Work, int], str]


def _add_host(work: Work, _: int) -> str:
    work.draft.hosts.append({"interface": work.draft.get(f"hosts[{work.draft.here}].interface")})
    return f"hosts[{len(work.draft.hosts) - 1}].name"


def _remove_host(work: Work, row: int) -> str:
    del work.draft.hosts[row]
    work.draft.here -= 1 if row < work.draft.here else 0
    return "=add_host"


def _add_segment(work: Work, _: int) -> str:
    rows = work.draft.rows("segments")
    rows.append(segment(rows, work.survey))
    return f"segments[{len(rows) - 1}].vni"


def _remove_segment(work: Work, row: int) -> str:
    del work.draft.rows("segments")[row]
    return "=add_segment"


def _add_vm(work: Work, _: int) -> str:
    rows = work.draft.rows("vms")
    rows.append({"host": work.draft.get(f"hosts[{work.draft.peer}].name"), "network": _network(work)})
    return f"vms[{len(rows) - 1}].name"


def _remove_vm(work: Work, row: int) -> str:
    del work.draft.rows("vms")[row]
    return "=pick_vms"


EDITS: dict[str, Edit] = {
    "add_host": _add_host,
    "remove_host": _remove_host,
    "add_segment": _add_segment,
    "remove_segment": _remove_segment,
    "add_vm": _add_vm,
    "remove_vm": _remove_vm,
}


def type_in(work: Work, key: str, text: str) -> None:
    """Take a typed value into the draft; VMs follow when their host or their network is renamed by it."""
    work.edited |= work.draft.get(key) != text.strip()
    hosts, names = [row.get("name") for row in work.draft.hosts], networks(work)
    work.draft.set(key, text)
    renamed = dict(zip(hosts, [row.get("name", "") for row in work.draft.hosts], strict=True))
    follows = dict(zip(names, networks(work), strict=True))
    for vm in work.draft.rows("vms"):
        if key.endswith(".name") and key.startswith("hosts"):
            vm["host"] = renamed.get(vm.get("host"), vm.get("host"))
        if key.startswith("segments"):
            vm["network"] = follows.get(str(vm.get("network")), vm.get("network"))


def _network(work: Work) -> str:
    return next(iter(networks(work)), "")


def vm_rows(work: Work) -> tuple[list[tuple[str, str]], set[str]]:
    """Give this host's NICs to choose from, by `mac name`, with their words, and those that the draft has."""
    vms = work.survey.vms.values() if work.survey else ()
    rows = [
        (f"{nic.mac} {vm.name}", f"{vm.name}  {nic.mac}  now on {nic.source or nic.type}")
        for vm in vms
        for nic in vm.nics
    ]
    return rows, {key for key, _ in rows if _row_of(work, key, [key for key, _ in rows]) is not None}


def _row_of(work: Work, key: str, known: list[str]) -> dict[str, object] | None:
    mac, _, name = key.partition(" ")
    alone = sum(other.partition(" ")[2] == name for other in known) == 1
    return next((r for r in _own(work) if r.get("name") == name and (r.get("mac") == mac or alone)), None)


def _own(work: Work) -> list[dict[str, object]]:
    here = work.draft.get(f"hosts[{work.draft.here}].name")
    return [row for row in work.draft.rows("vms") if row.get("host") == here]


def set_vms(work: Work, chosen: set[str]) -> None:
    """Make the draft's VMs of this host those that were chosen; what was typed about one that stays, stays."""
    rows, before = vm_rows(work)
    known = [key for key, _ in rows]
    here = work.draft.get(f"hosts[{work.draft.here}].name")
    vms = work.draft.rows("vms")
    for key in before - chosen:
        row = _row_of(work, key, known)
        if row in vms:
            vms.remove(row)
    for key in [key for key in known if key in chosen - before]:
        mac, _, name = key.partition(" ")
        several = sum(other.partition(" ")[2] == name for other in known) > 1
        vms.append({"host": here, "name": name, "network": _network(work), **({"mac": mac} if several else {})})

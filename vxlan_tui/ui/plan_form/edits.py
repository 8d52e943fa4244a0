"""What changes the rows of a plan's draft: hosts, segments and VMs come and go."""

from collections.abc import Callable

from vxlan_tui.ui.plan_form.choices import networks
from vxlan_tui.ui.plan_form.draft import HERE, Draft, Surveys, Table, segment

# An edit gives the key of the field to go to, or `=` and an action.
Edit = Callable[[Draft, int, Surveys], str]


def _add_host(draft: Draft, _: int, surveys: Surveys) -> str:
    draft.hosts.append({"interface": draft.get(f"hosts[{draft.here}].interface")})
    return f"hosts[{len(draft.hosts) - 1}].name"


def _remove_host(draft: Draft, row: int, surveys: Surveys) -> str:
    del draft.hosts[row]
    draft.here -= 1 if row < draft.here else 0
    return "=add_host"


def _add_segment(draft: Draft, _: int, surveys: Surveys) -> str:
    rows = draft.rows("segments")
    rows.append(segment(rows, surveys.get(HERE)))
    return f"segments[{len(rows) - 1}].vni"


def _remove_segment(draft: Draft, row: int, surveys: Surveys) -> str:
    del draft.rows("segments")[row]
    return "=add_segment"


def _add_vm(draft: Draft, _: int, surveys: Surveys) -> str:
    rows = draft.rows("vms")
    rows.append({"host": draft.get(f"hosts[{draft.peer}].name"), "network": _network(draft)})
    return f"vms[{len(rows) - 1}].name"


def _remove_vm(draft: Draft, row: int, surveys: Surveys) -> str:
    del draft.rows("vms")[row]
    return "=pick_vms"


def _fold(key: str) -> Edit:
    """Return the edit that shows the rarely needed fields of a table, or hides them again."""

    def edit(draft: Draft, row: int, surveys: Surveys) -> str:
        draft.unfolded ^= {f"{key}[{row}]"}
        return f"=more_{key}[{row}]"

    return edit


FOLDS: dict[str, Edit] = {f"more_{key}": _fold(key) for key in ("hosts", "segments", "vms")}
"""The edits that change what is shown, and nothing of the plan."""

EDITS: dict[str, Edit] = {
    **FOLDS,
    "add_host": _add_host,
    "remove_host": _remove_host,
    "add_segment": _add_segment,
    "remove_segment": _remove_segment,
    "add_vm": _add_vm,
    "remove_vm": _remove_vm,
}


def type_in(draft: Draft, key: str, text: str) -> None:
    """Take a typed value into the draft; VMs follow when their host or their network is renamed by it."""
    draft.edited |= draft.get(key) != text.strip()
    draft.unfolded.add(key)  # a field that is cleared stays where it is
    if draft.typed_in != key:
        draft.typed_in, draft.follow = key, _followers(draft, key)
    draft.set(key, text)
    networks_now = networks(draft)
    for vm, row in draft.follow:
        if key.startswith("hosts"):
            vm["host"] = text.strip()
        else:
            vm["network"] = networks_now[row]


def _followers(draft: Draft, key: str) -> list[tuple[Table, int]]:
    """Return the VMs that are to follow what is typed into a field, each with the row of what it belongs to.

    They are told before the first letter: half of a new name may be another host's.
    """
    vms, row = draft.rows("vms"), int(key.partition("[")[2].partition("]")[0] or 0)
    if key.startswith("hosts") and key.endswith(".name"):
        return [(vm, row) for vm in vms if str(vm.get("host", "")) == draft.get(key)]
    if key.startswith("segments"):
        name = networks(draft)[row]
        return [(vm, row) for vm in vms if str(vm.get("network")) == name]
    return []


def _network(draft: Draft) -> str:
    return next(iter(networks(draft)), "")


def vm_rows(draft: Draft, surveys: Surveys) -> tuple[list[tuple[str, str]], set[str]]:
    """Give this host's NICs to choose from, by `mac name`, with their words, and those that the draft has."""
    survey = surveys.get(HERE)
    vms = survey.vms.values() if survey else ()
    rows = [
        (f"{nic.mac} {vm.name}", f"{vm.name}  {nic.mac}  now on {nic.source or nic.type}")
        for vm in vms
        for nic in vm.nics
    ]
    return rows, {key for key, _ in rows if _row_of(draft, key, [key for key, _ in rows]) is not None}


def _row_of(draft: Draft, key: str, known: list[str]) -> dict[str, object] | None:
    mac, _, name = key.partition(" ")
    alone = sum(other.partition(" ")[2] == name for other in known) == 1
    return next((r for r in _own(draft) if r.get("name") == name and (r.get("mac") == mac or alone)), None)


def _own(draft: Draft) -> list[dict[str, object]]:
    here = draft.get(f"hosts[{draft.here}].name")
    return [row for row in draft.rows("vms") if row.get("host") == here]


def set_vms(draft: Draft, chosen: set[str], surveys: Surveys) -> str:
    """Make the draft's VMs of this host those that were chosen; what was typed about one that stays, stays.

    Return the field to go to: the address of the first one that came.
    """
    rows, before = vm_rows(draft, surveys)
    known = [key for key, _ in rows]
    here = draft.get(f"hosts[{draft.here}].name")
    vms = draft.rows("vms")
    for key in before - chosen:
        row = _row_of(draft, key, known)
        if row in vms:
            vms.remove(row)
    for key in [key for key in known if key in chosen - before]:
        mac, _, name = key.partition(" ")
        several = sum(other.partition(" ")[2] == name for other in known) > 1
        vms.append({"host": here, "name": name, "network": _network(draft), **({"mac": mac} if several else {})})
    first = len(vms) - len(chosen - before)
    return f"vms[{first}].address" if chosen - before else "=pick_vms"

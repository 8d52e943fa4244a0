"""What changes the rows of a plan's draft: hosts, segments and VMs come and go."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from vxlan_tui.ui.plan_form.choices import drop_evpn, networks
from vxlan_tui.ui.plan_form.draft import HERE, Draft, Surveys, Table, segment, survey_of
from vxlan_tui.ui.plan_form.fields import Spec, items

if TYPE_CHECKING:
    from vxlan_tui.facts.survey import Survey
    from vxlan_tui.state import Nic, VmState

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
    before = draft.get(f"segments[{row}].control")
    del draft.rows("segments")[row]
    drop_evpn(before, draft)
    return "=add_segment"


def _add_vm(draft: Draft, _: int, surveys: Surveys) -> str:
    rows = draft.rows("vms")
    rows.append({"host": draft.get(f"hosts[{draft.peer}].name"), "network": _network(draft)})
    return f"vms[{len(rows) - 1}].name"


def _remove_vm(draft: Draft, row: int, surveys: Surveys) -> str:
    del draft.rows("vms")[row]
    return "=pick_vms"


def _fields(draft: Draft) -> list[str]:
    return [item.key for item in items(draft) if isinstance(item, Spec)]


def _fold(key: str) -> Edit:
    """Return the edit that shows the rarely needed fields of a table, and goes to the first of them, or hides them."""

    def edit(draft: Draft, row: int, surveys: Surveys) -> str:
        before = _fields(draft)
        draft.unfolded ^= {f"{key}[{row}]"}
        came = [field for field in _fields(draft) if field not in before]
        return next(iter(came), f"=more_{key}[{row}]")

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


def edit(draft: Draft, action: str, row: int, surveys: Surveys) -> str:
    """Do what a line of the form is for, and return the field to go to, or `=` and an action."""
    if action not in FOLDS:
        draft.changed()
    return EDITS[action](draft, row, surveys)


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
    """Give the NICs of every host that was looked at, with their words, and those that the draft has.

    Their keys are the host, the address and the name, a line each; this machine's come first.
    """
    hosts = vm_hosts(draft, surveys)
    rows = [
        (f"{host}\n{nic.mac}\n{vm.name}", f"{f'{host}: ' if len(hosts) > 1 else ''}{_told(vm, nic)}")
        for host, survey in hosts.items()
        for vm in survey.vms.values()
        for nic in vm.nics
    ]
    known = [key for key, _ in rows]
    return rows, {key for key in known if _row_of(draft, key, known) is not None}


def vm_hosts(draft: Draft, surveys: Surveys) -> "dict[str, Survey]":
    """Return what was found on the draft's hosts, by their names, this machine first."""
    places = sorted(range(len(draft.hosts)), key=lambda place: place != draft.here)
    found = {place: survey_of(draft, place, surveys) for place in places}
    return {str(draft.hosts[place].get("name", "")): survey for place, survey in found.items() if survey is not None}


def _told(vm: "VmState", nic: "Nic") -> str:
    return f"{vm.name}  {nic.mac}  now on {nic.source or nic.type}"


def _parts(key: str) -> tuple[str, str, str]:
    host, mac, name = key.split("\n", 2)
    return host, mac, name


def _is_alone(key: str, known: list[str]) -> bool:
    """Return whether a NIC is its VM's only one."""
    host, _, name = _parts(key)
    return sum(_parts(other)[0] == host and _parts(other)[2] == name for other in known) == 1


def _row_of(draft: Draft, key: str, known: list[str]) -> Table | None:
    host, mac, name = _parts(key)
    own = [row for row in draft.rows("vms") if row.get("host") == host and row.get("name") == name]
    return next((row for row in own if row.get("mac") == mac or _is_alone(key, known)), None)


def set_vms(draft: Draft, chosen: set[str], surveys: Surveys) -> str:
    """Make the draft's VMs of the hosts that were looked at those that were chosen; what was typed about one stays.

    Return the field to go to: the address of the first one that came.
    """
    draft.changed()
    rows, before = vm_rows(draft, surveys)
    known = [key for key, _ in rows]
    vms = draft.rows("vms")
    for key in before - chosen:
        row = _row_of(draft, key, known)
        if row in vms:
            vms.remove(row)
    for key in [key for key in known if key in chosen - before]:
        host, mac, name = _parts(key)
        only = {} if _is_alone(key, known) else {"mac": mac}
        vms.append({"host": host, "name": name, "network": _network(draft), **only})
    first = len(vms) - len(chosen - before)
    return f"vms[{first}].address" if chosen - before else "=pick_vms"

"""What stands at the end, in words: on the last screen, and on the terminal when the wizard is left."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vxlan_tui.paths import STATE_DIRECTORY
from vxlan_tui.ui.model import FINISH, STEP_SECTIONS
from vxlan_tui.ui.render import counted

if TYPE_CHECKING:
    from vxlan_tui.plan import Host
    from vxlan_tui.ui.model import Model


def changed(model: "Model") -> list[str]:
    """Return on which host what was changed from here, and where that is written down."""
    rows = [f"{work.name or 'this host'}: {counted(work.ran, 'command')}" for work in model.hosts.values() if work.ran]
    return [f"Ran from here: {'; '.join(rows) or 'nothing'}. The log: F9, {STATE_DIRECTORY}/journal on each host."]


def left(model: "Model") -> list[str]:
    """Return what is left to the person."""
    found = list(_left(model))
    return ["Left to you:", *found] if found else []


def _left(model: "Model") -> Iterator[str]:
    plan = model.plan
    for host in plan.hosts if plan is not None else ():
        work = model.work_of(host.name)
        if host not in model.worked:
            yield f"{host.name}: run its script there, or take the plan there, and"
            yield f"  vxlan-tui apply {model.draft.path.name} --host {host.name}"
        elif work.unreached:
            yield f"{host.name}: it is not reached."
        elif skipped := [name for name in STEP_SECTIONS if work.state(name) == "skipped"]:
            yield f"{host.name}: steps are skipped in {', '.join(skipped)}."


def of_leaving(model: "Model") -> list[str]:
    """Return what to say on the terminal when the wizard was left; nothing where there is no plan."""
    plan = model.plan
    if plan is None:
        return []
    saved = "saved" if model.draft.is_saved else "NOT saved"
    return [f"Plan: {plan.path} ({saved})", *(_of_host(model, host) for host in plan.hosts), *changed(model)[:1]]


def _of_host(model: "Model", host: "Host") -> str:
    work = model.work_of(host.name)
    if host not in model.worked:
        return (
            f"{host.name}: not worked on from here; there: vxlan-tui apply {model.draft.path.name} --host {host.name}"
        )
    if work.unreached:
        return f"{host.name}: not reached"
    if not work.steps:
        return f"{host.name}: not looked at"
    if work.all_undone(FINISH):
        return f"{host.name}: undone, as it was before"
    open_ones = [f"{name} {work.state(name)}" for name in STEP_SECTIONS if not work.is_done(name)]
    done = f"not done: {', '.join(open_ones)}" if open_ones else "set up"
    return f"{host.name}: {done}; verified: {work.verified or 'not yet'}"

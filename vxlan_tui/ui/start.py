"""The beginning, after the first frame: look at the host, open the plan, and go where the last run stopped."""

from pathlib import Path
from typing import TYPE_CHECKING

from vxlan_tui import last_run
from vxlan_tui import plan as plans
from vxlan_tui.exits import CannotStart, Refused
from vxlan_tui.facts import system
from vxlan_tui.facts.survey import Survey, survey
from vxlan_tui.last_run import LastRun
from vxlan_tui.paths import STATE_DIRECTORY
from vxlan_tui.reach import Local
from vxlan_tui.steps import Step
from vxlan_tui.ui import draft as drafts
from vxlan_tui.ui import run
from vxlan_tui.ui.draft import Draft
from vxlan_tui.ui.reporter import ScreenReporter
from vxlan_tui.ui.work import STEP_SECTIONS, Work
from vxlan_tui.verbs.common import choose_host

if TYPE_CHECKING:
    from vxlan_tui.ui.app import Wizard

OVER_SSH = (
    "You are in an SSH session outside tmux and screen: if the connection breaks, the wizard ends after the command "
    "that runs then. Start it again, and it goes on where it stopped."
)


def begin(app: "Wizard") -> None:
    """Look at the host in a thread, then open the plan."""

    def work() -> None:
        told = _recovered()
        found = survey(Local())
        last = _last()
        app.call_from_thread(app.call_later, _began, app, found, last)
        if told:
            app.call_later(app.notify, told, severity="warning", timeout=60)

    app.run_worker(work, thread=True, group="look", exit_on_error=True)


def _recovered() -> str:
    """Finish what the last run left unconfirmed where it was cut off, and give in words what that took."""
    work = Work(Draft(Path()))
    try:
        told = run.recover(ScreenReporter(work, "", lambda: None)) if not system.not_root(Local()) else ""
    except (CannotStart, OSError):
        return ""
    ran = [f"# {shown.text}" for step in work.runs.values() for shown in step.commands]
    return "\n".join([told, *ran]) if told else ""


def _last() -> LastRun | None:
    try:
        return last_run.last(Local(), Path(STATE_DIRECTORY) / "journal")
    except OSError:
        return None


async def _began(app: "Wizard", found: Survey, last: LastRun | None) -> None:
    app.work.survey = found
    app.work.draft = _draft(app, found, last)
    await show_draft(app)
    await app._fit_panels()
    if found.login.ssh and not found.login.multiplexer:
        app.notify(OVER_SSH, timeout=15)
    if last is not None and app.work.plan is not None and last.plan == app.work.draft.path:
        await _go_on(app, last)
    elif app.current == "host" and not found.missing:
        app.screen_stack[0].refresh()


async def _go_on(app: "Wizard", last: LastRun) -> None:
    """Open where the last run stopped, with the truth about it."""
    section = {"vm": "vms"}.get(last.step.partition(".")[0], last.step.partition(".")[0])
    if last.words and section in STEP_SECTIONS:
        app.work.stopped[section] = last.words
    elif last.words:
        app.notify(last.words, severity="warning", timeout=20)
    if section in STEP_SECTIONS and app.current == "host":
        await app.action_go(section)


def _draft(app: "Wizard", found: Survey, last: LastRun | None) -> Draft:
    """Give the plan to begin with: the one named, else that of the last run, else one here, else a new one."""
    path = app.work.draft.path
    if not app.plan_given and last is not None and last.plan.is_absolute() and last.plan.is_file():
        path = last.plan
    if not path.exists():
        return drafts.from_survey(path, found)
    return open_draft(app, path, found) or drafts.from_survey(_beside(path), found)


def _beside(path: Path) -> Path:
    """Give a name for a new plan where the file of that name is none."""
    return path.with_name(f"{path.stem}-new.toml")


def open_draft(app: "Wizard", path: Path, found: Survey | None) -> Draft | None:
    """Open a plan file, faults and all; says in words why it cannot be, and gives None."""
    try:
        draft = drafts.opened(path.absolute())
    except (OSError, ValueError) as error:
        app.notify(f"{path} cannot be opened: {error}", severity="error", timeout=15)
        return None
    app.work.opened = True
    draft.here = _here(app, draft, found)
    return draft


def _here(app: "Wizard", draft: Draft, found: Survey | None) -> int:
    names = [row.get("name") for row in draft.hosts]
    if app.work.asked_host in names:
        return names.index(app.work.asked_host)
    plan, _ = draft.check()
    if plan is not None:
        try:
            return names.index(choose_host(plan, None, Local()).name)
        except Refused:
            app.notify("Which host of the plan is this machine? Choose it on the plan's screen.", severity="warning")
    return names.index(found.name) if found and found.name in names else 0


async def show_draft(app: "Wizard") -> None:
    """Check the draft, and show it; the form may be on screen already, with another one."""
    from vxlan_tui.ui.screens.plan import PlanPane  # noqa: PLC0415 (after the first frame)

    app.work.forget_looks()
    app.work.plan, faults = app.work.draft.check()
    app.work.plan_faults = len(faults)
    for pane in app.screen_stack[0].query(PlanPane):
        await pane.rebuild()
        if app.pane is pane:
            app.call_after_refresh(pane.opened)
    app.show_all()


def look(app: "Wizard") -> None:
    """Look at the host in a thread; what was shown stays until the new look is there."""
    if app.work.running:
        return
    plan, host = app.work.plan, app.work.host
    app.work.looking = True

    def work() -> None:
        found = survey(Local()) if app.current == "host" else None
        steps = run.look(plan, host) if plan and host and not system.not_root(Local()) else {}
        app.call_from_thread(_looked, app, plan, found, steps)

    app.run_worker(work, thread=True, group="look", exclusive=True)


def _looked(app: "Wizard", plan: plans.Plan | None, found: Survey | None, steps: dict[str, list[Step] | str]) -> None:
    work = app.work
    work.looking = False
    if found is not None:
        work.survey = found
    if plan != work.plan:
        app.call_later(look, app)  # the plan was edited while we looked
    else:
        work.steps = {name: value for name, value in steps.items() if isinstance(value, list)}
        work.not_ready = {name: value for name, value in steps.items() if isinstance(value, str)}
        work.forget_stale_runs()
        if plan is not None and system.not_root(Local()):
            work.not_ready = dict.fromkeys(STEP_SECTIONS, "This changes the host, and you are not root: use sudo.")
    app._follow()
    app.show_all()
    if not work.looking and work.advance:
        if work.advance == app.current and not work.running:
            app.call_after_refresh(app.pane.opened)
        work.advance = ""

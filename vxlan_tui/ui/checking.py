"""The checks for the screen: run in a thread, each finding shown as it arrives."""

from typing import TYPE_CHECKING

from vxlan_tui import checks
from vxlan_tui.checks.finding import Finding, Status
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import CommandFailed, Interrupts, Local
from vxlan_tui.ui.screens.pane import Pane

if TYPE_CHECKING:
    from vxlan_tui.ui.app import Wizard


def begin(app: "Wizard", by_itself: bool = False) -> None:
    """Run all checks anew; what is shown stays until its new finding is there.

    Checks that ran `by_itself` leave the mark where it is.
    """
    plan, host = app.work.plan, app.work.host
    if plan is None or host is None or app.checking:
        return
    missing = checks.missing(plan, host)
    if missing:
        app.work.not_ready["verify"] = "\n".join(str(each) for each in missing)
        app.work.verified = "not ready"
        app.show_all()
        return
    app.work.not_ready.pop("verify", None)
    planned = checks.planned(plan, host)
    before = {finding.key: finding for finding in app.findings}
    app.findings = [before.get(finding.key, finding) for finding in planned]
    app.pending = {finding.key for finding in planned}
    app.checking = True
    _stop_waiting(app)
    app.work.verified = "running"
    app.show_all()
    app.run_worker(lambda: _in_thread(app, plan, host, by_itself), thread=True, group="checks")


def _in_thread(app: "Wizard", plan: Plan, host: Host, by_itself: bool) -> None:
    try:
        findings = checks.run(
            plan, host, Local(Interrupts()), lambda finding: app.call_from_thread(_found, app, finding)
        )
        app.call_from_thread(_ended, app, findings, by_itself)
    except (CommandFailed, OSError) as error:
        app.call_from_thread(_stopped, app, str(error))


def _found(app: "Wizard", finding: Finding) -> None:
    app.pending.discard(finding.key)
    keys = [known.key for known in app.findings]
    if finding.key in keys:
        app.findings[keys.index(finding.key)] = finding
    else:
        app.findings.append(finding)
    app.on_wizard_progress()


def _stopped(app: "Wizard", why: str) -> None:
    """Say why the checks stopped; what was not judged anew is not shown as if it were."""
    app.findings = [finding for finding in app.findings if finding.key not in app.pending]
    app.pending, app.checking = set(), False
    app.work.not_ready["verify"] = why
    app.work.verified = "not ready"
    app.show_all()


def _ended(app: "Wizard", findings: list[Finding], by_itself: bool) -> None:
    app.findings, app.pending, app.checking = list(findings), set(), False
    app.work.verified = verdict(findings)
    wait = max((finding.wait for finding in findings), default=0.0)
    if wait:
        app.waits = wait + 1
        app.countdown = app.set_interval(1, lambda: _count_down(app))
        _say_the_wait(app)
    app.show_all()
    focused = app.screen_stack[0].focused
    nothing_marked = isinstance(focused, Pane | None)
    on_a_check = focused is not None and app.pane in focused.ancestors
    if app.current == "verify" and (nothing_marked or (on_a_check and not by_itself)):
        app.call_after_refresh(app.pane.opened)


def _count_down(app: "Wizard") -> None:
    """Say for how long something is not ready yet; then check again."""
    app.waits -= 1
    if app.work.running:
        _stop_waiting(app)
    elif app.waits <= 0:
        begin(app, by_itself=True)
    else:
        _say_the_wait(app)
        app.show_all()


def _say_the_wait(app: "Wizard") -> None:
    if not any(finding.status is Status.FAIL for finding in app.findings):
        app.work.verified = f"waits {app.waits:.0f} s"


def _stop_waiting(app: "Wizard") -> None:
    app.waits = 0.0
    if app.countdown is not None:
        app.countdown.stop()


def verdict(findings: list[Finding]) -> str:
    """Say in a word how the checks ended."""
    failed = sum(finding.status is Status.FAIL for finding in findings)
    warned = sum(finding.status is Status.WARN for finding in findings)
    if failed:
        return f"{failed} failed"
    return f"OK, {warned} warned" if warned else "OK"

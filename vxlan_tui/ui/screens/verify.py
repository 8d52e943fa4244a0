"""The checks: each with its command, what that shows, a verdict in words, and on failure cause and remedy."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from vxlan_tui.checks.finding import Finding, Status
from vxlan_tui.plan import printable
from vxlan_tui.ui import mend
from vxlan_tui.ui.keybar import Key
from vxlan_tui.ui.screens.pane import Pane
from vxlan_tui.ui.words import printable_lines, ran_text
from vxlan_tui.ui.work import StepRun, key_of

HELP = """\
The chapter's verifications, and what lies behind a failure. They change nothing.

a      run all checks (again)
Enter  on a failed check: run what mends it, the commands that are shown
y      copy the marked check's command

PASS  as it should be
WARN  works, but you should know
FAIL  does not work: the cause, and what mends it
SKIP  follows from another failure, or cannot be known from here"""

WORDS = {Status.PASS: "PASS", Status.WARN: "WARN", Status.FAIL: "FAIL", Status.SKIP: "SKIP"}
STYLES = {Status.PASS: "green", Status.WARN: "yellow", Status.FAIL: "bold red", Status.SKIP: ""}


class FindingView(Static, can_focus=True):
    """One check."""

    def __init__(self, finding: Finding, run: StepRun | None, pending: bool) -> None:
        super().__init__(markup=False)
        self.put(finding, run, pending)

    def put(self, finding: Finding, run: StepRun | None, pending: bool) -> None:
        """Show what it says now."""
        self.finding = finding
        self.update(_text(finding, run, pending))


class VerifyPane(Pane):
    """The checks in the chapter's order."""

    section = "verify"
    help = HELP
    keys: ClassVar[tuple[Key, ...]] = (
        ("a", "Run all checks", "pane('check')"),
        ("Enter", "Run the remedy", "pane('remedy')"),
        ("y", "Copy command", "pane('copy')"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a,r", "check", show=False),
        Binding("enter", "remedy", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="pane-verify")

    def compose(self) -> ComposeResult:
        """Give the heading; the checks come when they are run."""
        yield Static("Verify", classes="heading", markup=False)
        yield Static(classes="note", markup=False)

    def own_keys(self) -> tuple[Key, ...]:
        """Give the keys that hold now."""
        return (("x", "Stop after this command", "stop"),) if self.work.running else self.keys

    def show(self) -> None:
        """Show each check as far as it is known."""
        findings, pending = self.wizard.findings, self.wizard.pending
        self.query_one(".note", Static).update(self._note())
        views = {view.finding.key: view for view in self.query(FindingView)}
        if list(views) == [finding.key for finding in findings]:
            for finding in findings:
                views[finding.key].put(finding, self._ran(finding), finding.key in pending)
            return
        for view in views.values():
            view.remove()
        self.mount_all([FindingView(f, self._ran(f), f.key in pending) for f in findings])

    def _ran(self, finding: Finding) -> StepRun | None:
        return self.work.runs.get(key_of("verify", mend.of_finding(finding)))

    def _note(self) -> str:
        if self.work.plan is None:
            return "There is no plan yet: fill in section 2 first (key 2)."
        if "verify" in self.work.not_ready:
            return f"The checks cannot be run:\n{self.work.not_ready['verify']}"
        if self.wizard.checking:
            return f"Checking ... {len(self.wizard.pending)} to come."
        return f"Result: {self.work.verified}. a runs them again." if self.work.verified else "a runs the checks."

    def opened(self) -> None:
        """Run the checks when the section is opened first, and mark what failed."""
        views = list(self.query(FindingView))
        if not views and not self.wizard.checking:
            self.wizard.start_checks()
        worst = next((v for v in views if v.finding.status is Status.FAIL), next(iter(views), None))
        (worst or self).focus()

    def _chosen(self) -> FindingView | None:
        return next((view for view in self.query(FindingView) if view.has_focus), None)

    def action_check(self) -> None:
        """Run all checks."""
        self.wizard.start_checks()

    def action_remedy(self) -> None:
        """Run what mends the marked check."""
        view = self._chosen()
        if view is not None and not self.in_sight(view):
            return
        if view is not None and view.finding.remedy and view.finding.status in (Status.FAIL, Status.WARN):
            self.wizard.run_steps("remedy", "verify", (mend.of_finding(view.finding),))
        elif view is not None and view.finding.fix:
            self.app.notify("What mends this is not a command for this host: see its words.")
        else:
            self.app.notify("Nothing is marked that a command mends.")

    def action_copy(self) -> None:
        """Copy the marked check's command."""
        view = self._chosen()
        if view is not None:
            self.wizard.copy(view.finding.command)


def _text(finding: Finding, run: StepRun | None, pending: bool) -> Text:
    text = Text()
    if pending:
        text.append("[checking] ", "yellow")
    else:
        text.append(f"[{WORDS[finding.status]}] ", STYLES[finding.status])
    text.append(printable(finding.title), "bold")
    if finding.command:
        text.append(f"\n# {finding.command}", "cyan")
    if pending:
        return text
    text.append(f"\n{printable_lines(finding.evidence)}")
    if finding.cause:
        text.append(f"\ncause: {finding.cause}", STYLES[finding.status])
    if finding.on_host:
        text.append(f"\non {finding.on_host}:", "bold")
    for line in finding.fix.splitlines():
        text.append(f"\nto mend it: {printable(line)}", "bold")
    if finding.remedy:
        text.append("\nEnter runs this.", "yellow")
    for shown in run.commands if run else ():
        text.append("\n").append_text(ran_text(shown))
    return text

"""The checks: each with its command, what that shows, a verdict in words, and on failure cause and remedy."""

from collections import Counter
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from vxlan_tui.checks.finding import Finding, Status
from vxlan_tui.plan import printable
from vxlan_tui.ui import mend
from vxlan_tui.ui.keybar import STOP, Key
from vxlan_tui.ui.screens.pane import Pane
from vxlan_tui.ui.words import printable_lines, ran_text
from vxlan_tui.ui.work import StepRun, key_of

HELP = """\
The verifications of Red Hat's guide, and what lies behind them.
They change nothing.

a      run all checks (again)
g      go to the next failure
Enter  on a check that commands mend: run them, as they are shown
y      copy the marked check's command

PASS   as it should be
WAIT   not ready yet; the checks run again by themselves
WARN   works, but you should know
FAIL   is not so: what was found, and what mends it
SKIP   follows from another failure, or cannot be known from here

The word in parentheses is the cause's name, also in
`vxlan-tui verify --json`."""

WORDS = {Status.PASS: "PASS", Status.WARN: "WARN", Status.FAIL: "FAIL", Status.SKIP: "SKIP"}
STYLES = {Status.PASS: "green", Status.WARN: "yellow", Status.FAIL: "bold red", Status.SKIP: ""}


class FindingView(Static, can_focus=True):
    """One check."""

    def __init__(self, finding: Finding, run: StepRun | None, pending: bool) -> None:
        super().__init__(markup=False)
        self.put(finding, run, pending)

    def put(self, finding: Finding, run: StepRun | None, pending: bool) -> None:
        """Show what it says now."""
        self.finding, self.run, self.pending = finding, run, pending
        self._draw()

    @property
    def can_mend(self) -> bool:
        """Whether commands for this host mend what it found."""
        return bool(self.finding.remedy) and self.finding.status in (Status.FAIL, Status.WARN) and not self.pending

    def _draw(self) -> None:
        text = _text(self.finding, self.pending)
        if self.can_mend and self.has_focus:
            number = len(self.finding.remedy)
            words = "this command" if number == 1 else f"these {number} commands"
            text.append(f"\nEnter runs {words}.", "yellow")
        for shown in self.run.commands if self.run else ():
            text.append("\n").append_text(ran_text(shown))
        self.update(text)

    def watch_has_focus(self, has_focus: bool) -> None:
        """Say what Enter does of the marked one alone."""
        super().watch_has_focus(has_focus)
        self._draw()


class VerifyPane(Pane):
    """The checks in the chapter's order."""

    section = "verify"
    help = HELP
    keys: ClassVar[tuple[Key, ...]] = (
        ("a", "Run all checks", "pane('check')"),
        ("y", "Copy command", "pane('copy')"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a,r", "check", show=False),
        Binding("enter", "remedy", show=False),
        Binding("y", "copy", show=False),
        Binding("g", "next_failure", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="pane-verify")

    def compose(self) -> ComposeResult:
        """Give the result, which stays in sight; the checks come when they are run."""
        with Vertical(classes="top"):
            yield Static("Verify", classes="heading", markup=False)
            yield Static(classes="note", markup=False)

    def own_keys(self) -> tuple[Key, ...]:
        """Give the keys that hold now."""
        if self.work.running:
            return STOP
        view = self._chosen()
        remedy = (("Enter", "Run what mends it", "pane('remedy')"),) if view is not None and view.can_mend else ()
        failed = any(finding.status is Status.FAIL for finding in self.wizard.findings)
        following = (("g", "Go to the next failure", "pane('next_failure')"),) if failed else ()
        return (*remedy, *following, *self.keys)

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
        if not self.work.verified:
            return "a runs the checks; what stands here is of before the last change."
        counted = Counter(word_of(finding) for finding in self.wizard.findings)
        numbers = ", ".join(f"{number} {word}" for word, number in counted.items())
        again = "They run again by themselves." if self.wizard.waits else "a runs them again."
        unknown = self.work.verified.startswith("OK") and counted[WORDS[Status.SKIP]]
        hole = " What is skipped could not be seen from here." if unknown else ""
        return f"Result: {self.work.verified} ({numbers}). {again}{hole}"

    def opened(self) -> None:
        """Run the checks when the section is opened first, and mark what failed."""
        views = list(self.query(FindingView))
        by_weight = sorted(views, key=lambda view: _WEIGHTS.get(view.finding.status, len(_WEIGHTS)))
        (by_weight[0] if by_weight else self).focus()
        if not self.work.verified and not self.wizard.checking:
            self.wizard.start_checks()

    def _chosen(self) -> FindingView | None:
        return next((view for view in self.query(FindingView) if view.has_focus), None)

    def action_check(self) -> None:
        """Run all checks."""
        self.wizard.start_checks()

    def action_next_failure(self) -> None:
        """Mark the failure after the marked one; after the last one, the first."""
        views = list(self.query(FindingView))
        place = next((n + 1 for n, view in enumerate(views) if view.has_focus), 0)
        around = [*views[place:], *views[:place]]
        following = next((view for view in around if view.finding.status is Status.FAIL), None)
        if following is not None:
            following.focus()

    def action_remedy(self) -> None:
        """Run what mends the marked check."""
        view = self._chosen()
        if view is not None and not self.in_sight(view):
            return
        if view is not None and view.can_mend:
            self._mend(view.finding)
        elif view is not None and view.finding.fix:
            self.app.notify("What mends this is not a command for this host: see its words.")
        else:
            self.app.notify("Nothing is marked that a command mends.")

    def _mend(self, finding: Finding) -> None:
        """Run the remedy; what stops a VM for it is asked for first."""
        from vxlan_tui.ui.screens.ask import Ask  # noqa: PLC0415

        def run(answer: str | None) -> None:
            if answer == "yes":
                self.wizard.run_steps("remedy", "verify", (mend.of_finding(finding),))

        stopped = [command.argv[-1] for command in finding.remedy if command.argv[:2] == ("virsh", "shutdown")]
        if not stopped:
            run("yes")
            return
        question = f"This shuts {', '.join(stopped)} down, and starts it again."
        self.app.push_screen(Ask(question, [("no", "No, leave it running"), ("yes", "Yes, run it")]), run)

    def reveal(self) -> None:
        """Keep the end of what runs now in sight."""
        for view in self.query(FindingView):
            if view.run is not None and view.run.result is None:
                self.keep_in_sight(view)

    def action_copy(self) -> None:
        """Copy the marked check's command."""
        view = self._chosen()
        if view is not None:
            self.wizard.copy(view.finding.command)


_WEIGHTS = {Status.FAIL: 0, Status.WARN: 1}


def word_of(finding: Finding) -> str:
    """Give the verdict in a word."""
    return "WAIT" if finding.status is Status.WARN and finding.wait else WORDS[finding.status]


def _text(finding: Finding, pending: bool) -> Text:
    text = Text()
    if pending:
        text.append("[checking] ", "yellow")
    else:
        text.append(f"[{word_of(finding)}] ", STYLES[finding.status])
    text.append(printable(finding.title), "bold")
    if finding.command:
        text.append(f"\n# {finding.command}", "cyan")
    if pending:
        return text
    wrong = "found: " if finding.cause else ""
    text.append(f"\n{wrong}{printable_lines(finding.evidence)}", STYLES[finding.status] if wrong else "")
    if finding.cause:
        text.append(f" ({finding.cause})")
    if finding.remedy:
        text.append("\nto mend it:", "bold")
        for command in finding.remedy:
            text.append(f"\n{command.printed}", "cyan")
    elif finding.fix:
        where = f"on {printable(finding.on_host)}, " if finding.on_host else ""
        text.append(f"\n{where}to mend it: {printable_lines(finding.fix)}", "bold")
    return text

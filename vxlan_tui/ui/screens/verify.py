"""The checks: what failed first, each with its command, what that shows, and what mends it; what passed is counted."""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from vxlan_tui.checks.finding import Finding, Status
from vxlan_tui.ui import overview, remedies
from vxlan_tui.ui.model import SECTION_NUMBERS, SECTIONS, Model
from vxlan_tui.ui.render import Block, counted, role_of
from vxlan_tui.ui.render_checks import (
    VERDICT_WIDTH,
    WHILE_RUNNING,
    can_accept,
    can_mend,
    check_blocks,
    check_line,
    numbers,
    word_of,
)
from vxlan_tui.ui.screens.list_pane import FIND, HostsListPane
from vxlan_tui.ui.screens.messages import (
    AcceptRequested,
    CheckRequested,
    CopyRequested,
    MarkChanged,
    RemedyRequested,
    Told,
)
from vxlan_tui.ui.widgets.folds import Item
from vxlan_tui.ui.widgets.ink import content
from vxlan_tui.ui.widgets.key_bar import STOP, Key

HELP = """\
The verifications of Red Hat's guide, and what lies behind them.
They change nothing. What is not well comes first; what passed is
counted, a line a section, and Enter opens it.

a, r   run all checks (again)
g      go to the next failure
Enter  on a check that commands mend: run them, as they are shown;
       on a way that is not encrypted: have the plan say that this is meant
y      copy the marked check's command
/      filter the checks; Esc shows all again

PASS   as it should be
WAIT   not ready yet; the checks run again by themselves
WARN   works, but you should know
FAIL   is not so: what was found, and what mends it
SKIP   follows from another failure, or cannot be known from here

The word in parentheses is the cause's name, also in
`vxlan-tui verify --json`."""

_WEIGHTS = {"FAIL": 0, "WARN": 1, "WAIT": 2}


class VerifyPane(HostsListPane):
    """The checks."""

    section = "verify"
    help = HELP
    keys: ClassVar[tuple[Key, ...]] = (
        *FIND,
        ("a", "Run all checks", "pane('check')"),
        ("y", "Copy command", "pane('copy')"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a,r", "check", show=False),
        Binding("enter", "choose", show=False),
        Binding("y", "copy", show=False),
        Binding("g", "next_failure", show=False),
    ]

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self._unfolded: set[str] = set()

    def compose(self) -> ComposeResult:
        """Give the result, which stays in sight; the checks come when they are run."""
        yield Static("Verify", classes="heading", markup=False)
        yield Static(classes="note", markup=False)
        yield Static(classes="hosts", markup=False)
        yield Static(classes="picture")
        yield from self.compose_list()

    # What it shows

    def show(self) -> None:
        """Show each check as far as it is known."""
        self.query_one(".note", Static).update(self._note())
        self._show_hosts()
        self.query_one(".picture", Static).update(content(*overview.picture(self.model, self.folds.room)))
        self.folds.put([*self._items(), *self._reaching()])

    def _show_hosts(self) -> None:
        """Show how the checks ended on each host, where there are several."""
        line, works = self.query_one(".hosts", Static), self.model.works
        line.display = len(works) > 1
        line.update(overview.verdicts(works, self.model.work.name, self.folds.room))

    def _reaching(self) -> Iterator[Item]:
        """Give the table of who reaches whom, where there are many hosts."""
        table = overview.who_reaches_whom(self.model.works, self.folds.room)
        if table:
            yield Item("reach", (("Who reaches whom at full size: rows ask columns", "title"),), heading=True)
        for number, line in enumerate(table):
            yield Item(("reach", number), line, heading=True)

    def _items(self) -> Iterator[Item]:
        work = self.model.work
        loud = [each for each in work.findings if each.key not in work.pending and word_of(each) in _WEIGHTS]
        loud.sort(key=lambda finding: _WEIGHTS[word_of(finding)])
        for finding in loud:
            yield self._item(finding, stays=finding.status is Status.FAIL)
        quiet = [finding for finding in work.findings if finding not in loud]
        for number in dict.fromkeys(finding.section for finding in quiet):
            group = [finding for finding in quiet if finding.section == number]
            yield self._group(number, group)
            if number in self._unfolded or self.folds.needle:
                yield from map(self._item, group)

    def _item(self, finding: Finding, stays: bool = False) -> Item:
        work = self.model.work
        pending = finding.key in work.pending
        output = work.output("verify", remedies.of_finding(finding))
        body = check_blocks(finding, output, pending)
        return Item(finding.key, check_line(finding, pending), tuple(body), stays or output is not None)

    def _group(self, number: str, group: list[Finding]) -> Item:
        pending = sum(finding.key in self.model.work.pending for finding in group)
        skipped = sum(finding.status is Status.SKIP for finding in group)
        word = "checking" if pending else "SKIP" if skipped == len(group) else "PASS"
        names = {number: SECTIONS[name] for name, number in SECTION_NUMBERS.items()}
        told = [counted(len(group), "check"), f"of {names.get(number, number)} ({number})"]
        told += [f"{skipped} skipped"] if skipped and not pending and word != "SKIP" else []
        told += [f"{pending} to come"] if pending else []
        sign = "-" if number in self._unfolded or number == self.folds.key else "+"
        head = ((f"{word:<{VERDICT_WIDTH}}", role_of(word)), (f"{sign} {told[0]} {', '.join(told[1:])}", ""))
        briefs = [_brief(finding, finding.key in self.model.work.pending) for finding in group]
        return Item(number, head, () if number in self._unfolded else tuple(briefs))

    def _note(self) -> str:
        work = self.model.work
        if self.model.plan is None:
            return "There is no plan yet: fill in section 2 first (key 2)."
        if work.unchecked:
            return f"The checks cannot be run:\n{work.unchecked}"
        if self.model.checking:
            return f"Checking ... {len(work.findings) - len(work.pending)} of {len(work.findings)} done."
        if not work.verified:
            what_next = WHILE_RUNNING if self.model.running else "a runs the checks."
            return what_next + (" What stands here is of before the last change." if work.findings else "")
        again = f"They run again in {self.model.waits:.0f} s." if self.model.waits else "a runs them again."
        skipped = any(finding.status is Status.SKIP for finding in work.findings)
        unknown = work.verified.startswith("OK") and skipped
        hole = " What is skipped could not be seen from here." if unknown else ""
        return f"Result: {work.verified} ({numbers(work.findings)}). {again}{hole}"

    def own_keys(self) -> tuple[Key, ...]:
        """Return the keys that hold now."""
        if self.model.running:
            return STOP
        finding, key = self._chosen(told=True), self.folds.key
        enter: tuple[Key, ...] = ()
        if finding is not None and can_mend(finding):
            enter = (("Enter", "Run what mends it", "pane('choose')"),)
        elif finding is not None and can_accept(finding):
            enter = (("Enter", "It is meant so", "pane('choose')"),)
        elif isinstance(key, str):
            enter = (("Enter", "Fold" if key in self._unfolded else "Keep open", "pane('choose')"),)
        failed = any(finding.status is Status.FAIL for finding in self.model.work.findings)
        following = (("g", "Next failure", "pane('next_failure')"),) if failed else ()
        return (*enter, *following, *self.host_keys(), *self.keys)

    def _chosen(self, told: bool = False) -> Finding | None:
        """Return the marked check; where it is to have `told` what it found, None as long as that is to come."""
        key, work = self.folds.key, self.model.work
        if told and key in work.pending:
            return None
        return next((finding for finding in work.findings if finding.key == key), None)

    # What it does

    def opened(self) -> None:
        """Mark the first failure, and run the checks when the section is opened first."""
        folds = self.folds
        folds.focus()
        self.settled()
        if not (self.model.work.verified or self.model.checking or self.model.running):
            self.post_message(CheckRequested())

    def settled(self) -> None:
        """Mark what comes first."""
        folds = self.folds
        if folds.items:
            folds.mark(folds.items[0].key)

    def action_check(self) -> None:
        """Run all checks."""
        self.post_message(CheckRequested())

    def action_next_failure(self) -> None:
        """Mark the failure after the marked one; after the last one, the first."""
        folds = self.folds
        failed = [finding.key for finding in self.model.work.findings if finding.status is Status.FAIL]
        keys = [item.key for item in folds.items if item.key in failed]
        if keys:
            folds.mark(keys[(keys.index(folds.key) + 1) % len(keys)] if folds.key in keys else keys[0])

    def action_choose(self) -> None:
        """Run what mends the marked check; open or fold what is marked where it is a count."""
        finding, key = self._chosen(told=True), self.folds.key
        if isinstance(key, str):
            self._unfolded ^= {key}
            self.show()
            self.post_message(MarkChanged())
        elif finding is not None and can_mend(finding):
            self.post_message(RemedyRequested(self.model.work.name, finding))
        elif finding is not None and can_accept(finding):
            self.post_message(AcceptRequested())
        elif key in self.model.work.pending:
            self.post_message(Told("This check is still to come: see what it finds first."))
        elif finding is not None and finding.fix:
            self.post_message(Told("What mends this is not a command for this host: see its words."))
        else:
            self.post_message(Told("Nothing is marked that a command mends."))

    def action_copy(self) -> None:
        """Copy the marked check's command."""
        finding = self._chosen()
        if finding is not None:
            self.post_message(CopyRequested(finding.command))

    def on_folds_marked(self) -> None:
        """Show the keys that hold for what is marked, and the sign of what it opens."""
        self.show()
        self.post_message(MarkChanged())


def _brief(finding: Finding, pending: bool) -> Block:
    """Return a check in a line, without what it found."""
    return Block(check_line(finding, pending), 0, VERDICT_WIDTH)

"""The screen of a section of the guide: its steps, a line each, with their states; the marked one is opened."""

from collections.abc import Hashable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from vxlan_tui.session import Result
from vxlan_tui.steps import Need, Step
from vxlan_tui.ui.host_work import HostWork, key_of, undo_of
from vxlan_tui.ui.model import SECTION_NUMBERS, SECTIONS, Model, StepsByHost
from vxlan_tui.ui.render import block, listed, waited
from vxlan_tui.ui.render_steps import step_blocks, step_line
from vxlan_tui.ui.screens.list_pane import FIND, HostsListPane
from vxlan_tui.ui.screens.messages import (
    ActionRequested,
    CopyRequested,
    MarkChanged,
    RunRequested,
    SkipRequested,
    Told,
    UndoRequested,
)
from vxlan_tui.ui.step_rows import Columns, StepRow, columns, rows_of
from vxlan_tui.ui.widgets.folds import INDENT, Item
from vxlan_tui.ui.widgets.key_bar import STOP, Key

TITLES = {
    "ethernet": "Ethernet",
    "bridge": "Bridge and VXLAN",
    "network": "Libvirt network",
    "vms": "VMs",
}

WORDS = {
    "ethernet": "The host needs an address that the other hosts can reach.",
    "bridge": "A bridge, the tunnel as its port, and the firewall open for it.",
    "network": "VMs name this network; libvirt puts their devices on the bridge.",
    "vms": "The VMs of this host, connected to the network.",
}

HELP = """\
A line a step, with its state. The marked one shows the commands that it
runs, as a root shell takes them. 10.x is the section of Red Hat's guide,
"Using a VXLAN to create a virtual layer-2 domain for VMs", that these
steps follow.

Enter  run the marked step, and what it needs before it
a      run all steps of this section
A      run everything that is left, in all sections
s      skip the marked step, or take it up again
e      edit the plan and come back
u      undo this section: shows its commands first
y      copy the marked step's commands
r      look at the host again
/      filter the steps; Esc shows all again
x      stop after the command that runs now

to do         this host lacks it
to change     it exists, and differs from the plan: old -> new
conflict      it is somebody else's: change it or the plan first
taken back    it was not confirmed: the host is as it was before"""


class StepsPane(HostsListPane):
    """A section's steps in their order."""

    help = HELP

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run_step", show=False),
        Binding("a", "run_all", show=False),
        Binding("E", "run_everywhere", show=False),
        Binding("s", "skip", show=False),
        Binding("e", "app.go('plan')", show=False),
        Binding("u", "undo", show=False),
        Binding("y", "copy", show=False),
        Binding("r", "app.look_again", show=False),
    ]

    keys: ClassVar[tuple[Key, ...]] = (
        ("u", "Undo", "pane('undo')"),
        *FIND,
        ("e", "Edit plan", "go('plan')"),
        ("y", "Copy", "pane('copy')"),
        ("r", "Look again", "look_again"),
        ("A", "Everything left", "run_everything"),
    )

    def __init__(self, model: Model, section: str) -> None:
        self.section = section
        self._failed: dict[Hashable, Result] = {}
        super().__init__(model)

    def compose(self) -> ComposeResult:
        """Give the heading; the steps come when the host has been looked at."""
        yield Static(f"{TITLES[self.section]} ({SECTION_NUMBERS[self.section]} in Red Hat's guide)", classes="heading")
        yield Static(classes="note", markup=False)
        yield Static(classes="hosts", markup=False)
        yield from self.compose_list()

    # What it shows

    def show(self) -> None:
        """Show each step, and what an undo has shown beneath."""
        self.query_one(".note", Static).update(self._note())
        work = self.model.work
        items = self._items()
        undone = [step for step in work.undone.get(self.section, ()) if step.commands]
        if undone:
            items.append(Item("undo", (("Undo", "title"),), heading=True))
            items.extend(self._item(undo_of(self.section), step) for step in undone)
        folds = self.folds
        is_first = not folds.items
        folds.put(items, follow_end=bool(self.model.running) or self._has_failed())
        runs = {key for key, output in work.outputs.items() if output.state == "running"}
        if is_first:
            self._mark_next()
        running = next((item.key for item in items if item.key in runs), None)
        if running is not None and folds.key != running:
            folds.mark(running)

    def _has_failed(self) -> bool:
        """Return whether the marked step has failed since the last time: its words are at its end."""
        before = self._failed
        outputs = self.model.work.outputs.items()
        self._failed = {key: output.result for key, output in outputs if output.result and output.state in _STAYS}
        key = self.folds.key
        return key in self._failed and self._failed[key] != before.get(key)

    def _items(self) -> list[Item]:
        """Give the marked host's steps; with several hosts those of all, each once, with its state on each."""
        hosts = [host.name for host in self.model.worked]
        head = self.query_one(".hosts", Static)
        head.display = len(hosts) > 1
        if len(hosts) < 2:
            return [self._item(self.section, step) for step in self.model.work.steps.get(self.section, ())]
        rows = rows_of(self.model.works, self.section)
        found = columns(rows, hosts, self.folds.room - INDENT)
        head.update(" " * INDENT + found.head(self.model.work.name))
        return [self._row(row, found) for row in rows]

    def _row(self, row: StepRow, found: Columns) -> Item:
        work = self.model.work
        step = row.steps.get(work.name)
        if step is None:
            has_none = "is not reached" if work.unreached else "has no step like this"
            body = [block(f"{work.name} {has_none}. Left and Right mark another host.", "dim")]
            return Item((self.section, *row.key), found.line(row), tuple(body))
        status = row.states[work.name]
        body = step_blocks(step, work.output(self.section, step), status)
        if not found.widths:
            body = [block(found.told(row), "dim"), *body]
        return Item(
            (self.section, *row.key), found.line(row), (block(f"{step.title}, on {work.name}:", "title"), *body)
        )

    def _item(self, name: str, step: Step) -> Item:
        work = self.model.work
        output, status = work.output(name, step), work.status(name, step)
        if name != self.section and output is not None and output.state == "changed":
            status = "done"
        title = output.title if output is not None and output.title else step.title
        is_first = bool(self._left()) and step is self._left()[0] and not self.model.running
        word = "next" if is_first and status in ("to do", "to change") else status
        body = step_blocks(step, output, status)
        return Item(key_of(name, step), step_line(title, word), tuple(body), stays=status in _STAYS)

    def _note(self) -> str:
        work = self.model.work
        if self.model.plan is None:
            return "There is no plan yet: fill in section 2 first (key 2)."
        if work.unreached:
            return f"{work.name} is not reached: {work.unreached}"
        if self.section in work.not_ready:
            return f"This host is not ready for this:\n{work.not_ready[self.section]}"
        if not work.steps.get(self.section):
            looking = f"Looking at the host ... {waited(self.model.look_seconds)}"
            return self._nothing() if self.section in work.steps else looking
        return self._advice() or WORDS[self.section]

    def _advice(self) -> str:
        """Say what to know before going on; empty where there is nothing."""
        work = self.model.work
        if stopped := work.stopped.get(self.section, ""):
            return f"{stopped}\nThe steps show how the host stands now."
        if doubt := self.model.doubt:
            return f"{doubt} The plan says so (key 2)."
        if earlier := self.model.open_before(self.section):
            names = listed(SECTIONS[name] for name in earlier)
            return f"Not done yet, and needed first: {names}. A runs everything that is left."
        return ""

    def _nothing(self) -> str:
        host = self.model.host
        if self.section == "ethernet" and host is not None:
            return f"Nothing to do: the plan uses {host.interface} ({host.vtep}) as it is. F8 goes on."
        return "Nothing to do: the plan names no VM of this host. F8 goes on."

    def own_keys(self) -> tuple[Key, ...]:
        """Return the keys that hold now."""
        if self.model.running:
            return STOP
        step = self._chosen()
        if self.model.is_done(self.section) or not self._are_steps:
            names = list(SECTIONS)
            following = SECTIONS[names[names.index(self.section) + 1]]
            skip = self._skip_key(step)
            return (("Enter", f"Go on to {following}", "next"), *self.host_keys(), *skip, *self.keys)
        enter = self._enter(step) if step is not None else ()
        count = sum(len(work.left(self.section)) for work in self.model.works)
        section: tuple[Key, ...] = (("a", f"Run section ({count})", "pane('run_all')"),) if count else ()
        everywhere: tuple[Key, ...] = (("E", "Everywhere", "pane('run_everywhere')"),) if self.host_keys() else ()
        return (*enter, *everywhere, *self.host_keys(), *section, *self._skip_key(step), *self.keys)

    def _enter(self, step: Step) -> tuple[Key, ...]:
        if step.conflict:
            return ()
        if step.need is Need.DONE:
            return (("Enter", "Next open step", "pane('run_step')"),)
        together = self._together(step)
        words = "Run step" if len(together) == 1 else f"Run {len(together)} steps to here"
        return (("Enter", words, "pane('run_step')"),)

    def _skip_key(self, step: Step | None) -> tuple[Key, ...]:
        if step is None or not step.commands:
            return ()
        skipped = key_of(self.section, step) in self.model.work.skipped
        return (("s", "Unskip" if skipped else "Skip", "pane('skip')"),)

    @property
    def _are_steps(self) -> bool:
        return any(work.steps.get(self.section) for work in self.model.works)

    def _left(self) -> list[Step]:
        return self.model.work.left(self.section)

    def _chosen(self) -> Step | None:
        key = self.folds.key
        steps = self.model.work.steps.get(self.section, [])
        return next((step for step in steps if key_of(self.section, step) == key), None)

    # What it does

    def opened(self) -> None:
        """Mark the first step that is not done."""
        folds = self.folds
        folds.focus()
        self._mark_next()

    def _mark_next(self) -> None:
        left = self._left()
        if left:
            self.folds.mark(key_of(self.section, left[0]))

    def action_run_step(self) -> None:
        """Run the marked step, and those before it that are open: it stands on them."""
        step = self._chosen()
        if self.model.is_done(self.section) or not self._are_steps:
            self.post_message(ActionRequested("next"))
        elif step is None:
            self.post_message(Told(f"{self.model.work.name} has no step like this."))
        elif step.need is Need.DONE:
            self._mark_next()
        elif step.conflict:
            self.post_message(Told("This step is in conflict: see what is in the way.", "warning"))
        else:
            self._run(self._together(step))

    def _together(self, step: Step, work: HostWork | None = None) -> tuple[Step, ...]:
        """Return the step with those it stands on, and all that are guarded together where it is one of those."""
        work = work or self.model.work
        steps, left = work.steps.get(self.section, []), work.left(self.section)
        upto = steps[: steps.index(step) + 1]
        guarded = [other for other in steps if other.cuts or other.id == "guard.begin"]
        if any(each in guarded for each in upto if each.commands):
            last = max(steps.index(step), steps.index(guarded[-1]))
            upto = steps[: last + 1]
        return tuple(each for each in upto if each == step or each in left or each.conflict)

    def action_run_all(self) -> None:
        """Run what is not done, skipped or in conflict; with several hosts, on all of them."""
        wanted = {
            work.name: (*(step for step in work.steps.get(self.section, ()) if step.conflict), *left)
            for work in self.model.works
            if (left := work.left(self.section))
        }
        if wanted:
            self._run_on(wanted)
        elif self.section in self.model.work.steps:
            self.post_message(Told("Nothing is left to run here. F8 goes on."))
        else:
            self.post_message(Told(self._note()))

    def action_run_everywhere(self) -> None:
        """Run the marked step on every host that has it open, with what it stands on there."""
        step = self._chosen()
        row = next((row for row in rows_of(self.model.works, self.section) if self._is_marked(row)), None)
        if row is None:
            return
        still = {work.name: row.steps[work.name] for work in self.model.works if work.name in row.steps}
        works = {work.name: work for work in self.model.works}
        wanted = {name: self._together(each, works[name]) for name, each in still.items() if each.need is not Need.DONE}
        if wanted:
            self._run_on(wanted)
        elif step is not None:
            self.post_message(Told("This step is done on every host."))

    def _is_marked(self, row: StepRow) -> bool:
        return (self.section, *row.key) == self.folds.key

    def _run(self, steps: tuple[Step, ...]) -> None:
        self._run_on({self.model.work.name: steps})

    def _run_on(self, wanted: StepsByHost) -> None:
        in_conflict = [(host, step) for host, steps in wanted.items() for step in steps if step.conflict]
        if in_conflict:
            host, step = in_conflict[0]
            on_it = f" on {host}" if len(self.model.works) > 1 else ""
            self.post_message(Told(f"Nothing was run. In conflict{on_it}: {step.title}.", "warning"))
        else:
            self.post_message(RunRequested(self.section, wanted))

    def action_skip(self) -> None:
        """Skip the marked step, or take it up again."""
        step = self._chosen()
        if step is not None and step.commands:
            self.post_message(SkipRequested(self.model.work.name, self.section, step))

    def action_undo(self) -> None:
        """Show what undoing the section takes, and ask."""
        self.post_message(UndoRequested(self.section))

    def action_copy(self) -> None:
        """Copy the marked step's commands."""
        step = self._chosen()
        if step is not None:
            output = self.model.work.output(self.section, step)
            ran = [command.text for command in output.commands] if output is not None else []
            text = "\n".join(command.text for command in step.commands) or "\n".join(ran)
            self.post_message(CopyRequested(text))

    def on_folds_marked(self) -> None:
        """Show the keys that hold for what is marked."""
        self.post_message(MarkChanged())


_STAYS = ("running", "failed", "taken back", "conflict")
"""States in which a step stays opened: what it said is to be read."""

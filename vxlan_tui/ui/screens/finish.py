"""The end of the way: what stands now, the scripts, and what is left to do on the other hosts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from vxlan_tui.plan import Host, Plan
from vxlan_tui.ui import overview, summary
from vxlan_tui.ui.host_work import key_of, undo_of
from vxlan_tui.ui.model import FINISH, SECTIONS, STEP_SECTIONS
from vxlan_tui.ui.render import block, wrapped
from vxlan_tui.ui.render_steps import step_blocks, step_line
from vxlan_tui.ui.screens.list_pane import FIND, HostsListPane
from vxlan_tui.ui.screens.messages import MarkChanged, ScriptRequested, UndoRequested
from vxlan_tui.ui.widgets.folds import Item
from vxlan_tui.ui.widgets.key_bar import STOP, Key

HELP = """\
The scripts do what the wizard does, with nothing but the tools.
Each can be run again without harm.

Enter  show the marked script
w      write it to a file
y      copy it
c      copy the plan file's text
u      undo everything on all hosts: shows the commands first

On a host that cannot be reached from here: take the plan file there
and run the wizard or `vxlan-tui apply`, or run its script as root."""


@dataclass(frozen=True)
class Script:
    """A script that is offered."""

    title: str
    file: str
    host: Host
    undo: bool = False


class FinishPane(HostsListPane):
    """What was done and what is left to do."""

    section = FINISH
    help = HELP
    keys: ClassVar[tuple[Key, ...]] = (
        ("Enter", "Show script", "pane('preview')"),
        ("w", "Write to a file", "pane('write')"),
        ("u", "Undo everything", "pane('undo')"),
        ("y", "Copy", "pane('copy')"),
        ("c", "Copy the plan", "copy_plan"),
        *FIND,
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "preview", show=False),
        Binding("w", "write", show=False),
        Binding("y", "copy", show=False),
        Binding("c", "app.copy_plan", show=False),
        Binding("u", "undo", show=False),
    ]

    def compose(self) -> ComposeResult:
        """Give the heading; what there is to offer depends on the plan."""
        yield Static("Finish", classes="heading", markup=False)
        yield Static(classes="note", markup=False)
        yield from self.compose_list()

    def show(self) -> None:
        """Show what was done, and offer the scripts."""
        plan = self.model.plan
        self.query_one(".note", Static).update(self._headline())
        if plan is None or self.model.host is None:
            return
        items = [*self._drawing(), *self._states(), *self._told(), *self._undone()]
        items += self._scripts(plan)
        self.folds.put(items, follow_end=bool(self.model.running))

    def _states(self) -> list[Item]:
        """Tell how each section stands on each host; of one host the list of sections tells it."""
        if len(self.model.works) < 2:
            return []
        names = (*STEP_SECTIONS, "verify")
        room = max(40, self.folds.room)
        lines = overview.sections_of(self.model, {name: SECTIONS[name] for name in names}, room)
        return [Item(("state", number), line, heading=True) for number, line in enumerate(lines)]

    def _drawing(self) -> list[Item]:
        lines = [*overview.picture(self.model, self.folds.room), ()]
        return [Item(("picture", number), line, heading=True) for number, line in enumerate(lines)]

    def _told(self) -> list[Item]:
        """Tell what was changed, what is left to the person, and where the log lies."""
        words = [*summary.changed(self.model), *summary.left(self.model)]
        lines = wrapped([block(text, "", 0, 2) for text in words], max(40, self.folds.room))
        return [Item(("told", number), line, heading=True) for number, line in enumerate(lines)]

    def _undone(self) -> list[Item]:
        work = self.model.work
        items = []
        for step in work.undone.get(self.section, ()):
            name = undo_of(self.section)
            output, status = work.output(name, step), work.status(name, step)
            if step.commands or output is not None:
                status = "done" if output is not None and output.state == "changed" else status
                body = tuple(step_blocks(step, output, status))
                items.append(Item(key_of(name, step), step_line(step.title, status), body, status == "failed"))
        return [Item("undo", (("Undo", "title"),), heading=True), *items] if items else []

    def _scripts(self, plan: Plan) -> list[Item]:
        hosts = sorted(plan.hosts, key=lambda host: host is not self.model.host)
        body = {script: f"w writes it to {script.file}" for script in _scripts_of(hosts, self.model.here)}
        return [
            Item("space", (), heading=True),
            Item("scripts", (("The scripts", "title"),), heading=True),
            *(Item(script, ((script.title, ""),), (block(words, "dim"),)) for script, words in body.items()),
        ]

    def opened(self) -> None:
        """Put the focus on the scripts, and show what stands now."""
        folds = self.folds
        folds.focus()
        script = next((item.key for item in folds.items if isinstance(item.key, Script)), None)
        if script is not None:
            folds.mark(folds.key if isinstance(folds.key, Script) else script)
            folds.scroll_to(y=0, animate=False, force=True)  # first what stands now

    def _headline(self) -> str:
        """Say in a line where this host stands."""
        if self.model.plan is None:
            return "There is no plan yet: fill in section 2 first (key 2)."
        if self.model.running:
            return "Undoing what was done ..." if self.model.running == self.section else "Something runs now ..."
        several = len(self.model.works) > 1
        where = "these hosts" if several else "this host"
        if all(work.all_undone(self.section) for work in self.model.works):
            as_before = "they are as they were" if several else "it is as it was"
            return f"What was done on {where} is undone: {as_before} before."
        still = [SECTIONS[name] for name in STEP_SECTIONS if not self.model.is_done(name)]
        if still:
            return f"Not all is done on {where}: {', '.join(still)}."
        are = "All hosts are" if several else "This host is"
        if not self.model.state("verify").startswith("OK"):
            return f"{are} set up. Verify (key 7) tells whether {'they work' if several else 'it works'}."
        return f"{are} set up, and verified. The plan is saved. ^Q quits; what was done stays."

    def own_keys(self) -> tuple[Key, ...]:
        """Return the keys that hold now."""
        enter, *others = self.keys
        return STOP if self.model.running else (enter, *self.host_keys(), *others)

    def _ask(self, what: str) -> None:
        key = self.folds.key
        if isinstance(key, Script):
            self.post_message(ScriptRequested(what, key.host, key.undo))

    def action_preview(self) -> None:
        """Show the marked script."""
        self._ask("read")

    def action_write(self) -> None:
        """Write the marked script to a file."""
        self._ask("write")

    def action_copy(self) -> None:
        """Copy the marked script."""
        self._ask("copy")

    def action_undo(self) -> None:
        """Show what undoing everything takes, and ask."""
        self.post_message(UndoRequested(self.section))

    def on_folds_marked(self) -> None:
        """Show the keys that hold for what is marked."""
        self.post_message(MarkChanged())


def _scripts_of(hosts: Sequence[Host], here: Host | None) -> list[Script]:
    names = {host.name: f"this host, {host.name}" if host is here else host.name for host in hosts}
    found = [Script(f"Script for {names[host.name]}", f"{host.name}.sh", host) for host in hosts]
    return found + [
        Script(f"Undo script for {names[host.name]}", f"{host.name}-undo.sh", host, undo=True) for host in hosts
    ]

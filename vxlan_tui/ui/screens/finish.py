"""The end of the way: what was done, the scripts, and what to do on the other hosts."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from vxlan_tui.plan import Host, Plan
from vxlan_tui.ui.keybar import STOP, Key
from vxlan_tui.ui.screens.pane import Pane
from vxlan_tui.ui.screens.undone import Undone
from vxlan_tui.ui.work import SECTIONS, STEP_SECTIONS

HELP = """\
The scripts do what the wizard does, with nothing but the tools.
Each can be run again without harm.

Enter  show the marked script
w      write it to a file
y      copy it
p      copy the plan file's text
u      undo everything on this host: shows its commands first

On each other host: take the plan file there and run the wizard or
`vxlan-tui apply`, or take that host's script and run it as root."""


@dataclass(frozen=True)
class Script:
    """A script that is offered."""

    title: str
    file: str
    host: Host
    undo: bool = False

    def text(self, plan: Plan) -> str:
        """Give the script."""
        from vxlan_tui import export  # noqa: PLC0415 (jinja2 comes when it is asked for)

        return (export.undo_script if self.undo else export.script)(plan, self.host)


class ScriptView(Static, can_focus=True):
    """One script of the list."""

    def __init__(self, script: Script) -> None:
        super().__init__(f"{script.title}\n    w writes it to {script.file}", classes="script", markup=False)
        self.script = script


class FinishPane(Pane):
    """What was done and what is left to do."""

    section = "finish"
    help = HELP
    keys: ClassVar[tuple[Key, ...]] = (
        ("Enter", "Show script", "pane('preview')"),
        ("w", "Write to a file", "pane('write')"),
        ("y", "Copy", "pane('copy')"),
        ("p", "Copy the plan", "pane('copy_plan')"),
        ("u", "Undo everything", "pane('undo')"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "preview", show=False),
        Binding("w", "write", show=False),
        Binding("y", "copy", show=False),
        Binding("p", "copy_plan", show=False),
        Binding("u", "undo", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="pane-finish")

    def compose(self) -> ComposeResult:
        """Give the heading; what there is to offer depends on the plan."""
        yield Static("Finish", classes="heading", markup=False)
        yield Static(id="done", classes="note", markup=False)
        yield Undone()
        yield Static("The scripts", classes="group", markup=False)
        yield Static(id="others", markup=False)

    def show(self) -> None:
        """Show what was done, and offer the scripts."""
        plan, here = self.work.plan, self.work.host
        self.query_one("#done", Static).update(self._done())
        self.query_one(Undone).show(self.work, self.section)
        if plan is None or here is None:
            return
        self.query_one("#others", Static).update(_others(plan, here, str(self.work.draft.path)))
        scripts = _scripts(plan, here)
        views = list(self.query(ScriptView))
        if [view.script for view in views] != scripts:
            for view in views:
                view.remove()
            self.mount_all([ScriptView(script) for script in scripts], before=self.query_one("#others"))
            self.call_after_refresh(self.opened)

    def opened(self) -> None:
        """Put the focus on the first script."""
        views = list(self.query(ScriptView))
        (views[0] if views else self).focus()

    def _done(self) -> str:
        if self.work.plan is None:
            return "There is no plan yet: fill in section 2 first (key 2)."
        rows = [f"{SECTIONS[name]:<18}{self.work.state(name)}" for name in (*STEP_SECTIONS, "verify")]
        return "\n".join([self._headline(), "", *rows, "F9 shows every command that ran on this host."])

    def _headline(self) -> str:
        """Say in a line where this host stands."""
        if self.work.running:
            return "Undoing what was done ..."
        if self.work.all_undone(self.section):
            return "What was done on this host is undone: it is as it was before."
        still = [SECTIONS[name] for name in STEP_SECTIONS if not self.work.is_done(name)]
        if still:
            return f"Not all is done on this host: {', '.join(still)}."
        if not self.work.verified.startswith("OK"):
            return "This host is set up. Verify (key 7) tells whether it works."
        return "This host is set up, and verified. The plan is saved. ^Q quits; what was done stays."

    def own_keys(self) -> tuple[Key, ...]:
        """Give the keys that hold now."""
        return STOP if self.work.running else self.keys

    def reveal(self) -> None:
        """Keep the end of what is being undone in sight."""
        if self.work.running:
            self.keep_in_sight(self.query_one(Undone))

    def _chosen(self) -> Script | None:
        views = list(self.query(ScriptView))
        return next((view.script for view in views if view.has_focus), None)

    def _text(self) -> str:
        script, plan = self._chosen(), self.work.plan
        return script.text(plan) if script is not None and plan is not None else ""

    def action_preview(self) -> None:
        """Show the marked script."""
        from vxlan_tui.ui.screens.ask import Read  # noqa: PLC0415

        script, text = self._chosen(), self._text()
        if script is not None and text:
            self.app.push_screen(Read(script.title, text))

    def action_write(self) -> None:
        """Write the marked script to a file."""
        script, text = self._chosen(), self._text()
        if script is not None and text:
            self.wizard.write_file(str(self.work.draft.path.with_name(script.file)), text)

    def action_copy(self) -> None:
        """Copy the marked script."""
        text = self._text()
        if text:
            self.wizard.copy(text)

    def action_undo(self) -> None:
        """Show what undoing everything takes, and ask."""
        self.wizard.ask_undo(self.section)

    def action_copy_plan(self) -> None:
        """Copy the plan file's text."""
        self.wizard.copy(self.work.draft.text())


def _scripts(plan: Plan, here: Host) -> list[Script]:
    others = [Script(f"Script for {host.name}", f"{host.name}.sh", host) for host in plan.peers(here)]
    mine = [
        Script(f"Script for this host, {here.name}", f"{here.name}.sh", here),
        *others,
        Script(f"Undo script for this host, {here.name}", f"{here.name}-undo.sh", here, undo=True),
    ]
    return mine + [
        Script(f"Undo script for {host.name}", f"{host.name}-undo.sh", host, undo=True) for host in plan.peers(here)
    ]


def _others(plan: Plan, here: Host, path: str) -> str:
    lines = ["", "On each other host that is not set up yet, as root, one of these:"]
    for host in plan.peers(here):
        lines += [
            f"  {host.name}: take {path} there, and run",
            f"      vxlan-tui apply {Path(path).name} --host {host.name}",
            f"    or take {host.name}.sh there, and run",
            f"      bash {host.name}.sh",
        ]
    return "\n".join([*lines, "Then come back to Verify (key 7) here, and verify there."])

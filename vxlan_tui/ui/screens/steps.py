"""The screen of a section of the chapter: its steps, each with its commands, its state, and what it said."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from vxlan_tui.steps import Need, Step
from vxlan_tui.ui.keybar import STOP, Key
from vxlan_tui.ui.screens.pane import Pane
from vxlan_tui.ui.screens.undone import Undone
from vxlan_tui.ui.words import step_text
from vxlan_tui.ui.work import SECTION_NUMBERS, SECTIONS, StepRun, key_of

if TYPE_CHECKING:
    from vxlan_tui.ui.work import Work

WORDS = {
    "ethernet": "The host needs an address that the other hosts can reach.",
    "bridge": "A bridge, the tunnel as its port, and the firewall open for it.",
    "network": "VMs name this network; libvirt puts their devices on the bridge.",
    "vms": "The VMs of this host, connected to the network.",
}

HELP = """\
Each step shows the commands that it runs, as a root shell takes them.
10.x is the section of Red Hat's guide, "Using a VXLAN to create a
virtual layer-2 domain for VMs", that these steps follow.

Enter  run the step that is marked
a      run all steps of this section
s      skip the marked step, or take it up again
e      edit the plan and come back
u      undo this section: shows its commands first
y      copy the marked step's commands
r      look at the host again
x      stop after the command that runs now

will run      this host lacks it
will change   it exists, and differs from the plan: old -> new
CONFLICT      it is somebody else's: change it or the plan first"""


class StepView(Static, can_focus=True):
    """One step."""

    def __init__(self, step: Step, run: StepRun | None, skipped: bool, looking: bool = False) -> None:
        super().__init__(classes="step", markup=False)
        self.put(step, run, skipped, looking)

    def put(self, step: Step, run: StepRun | None, skipped: bool, looking: bool = False) -> None:
        """Show the step as it stands now; `looking` is whether a new look at the host is to come."""
        self.step = step
        self.update(step_text(step, run, skipped, "done" if looking else ""))


class StepsPane(Pane):
    """A section's steps in their order."""

    help = HELP

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run_step", show=False),
        Binding("a", "run_all", show=False),
        Binding("s", "skip", show=False),
        Binding("e", "app.go('plan')", show=False),
        Binding("u", "undo", show=False),
        Binding("y", "copy", show=False),
        Binding("r", "app.look_again", show=False),
    ]

    keys: ClassVar[tuple[Key, ...]] = (
        ("e", "Edit plan", "go('plan')"),
        ("u", "Undo", "pane('undo')"),
        ("y", "Copy", "pane('copy')"),
        ("r", "Look again", "look_again"),
    )

    def __init__(self, section: str) -> None:
        super().__init__(id=f"pane-{section}")
        self.section = section

    def compose(self) -> ComposeResult:
        """Give the heading; the steps come when the host has been looked at."""
        yield Static(classes="heading", markup=False)
        yield Static(classes="note", markup=False)
        yield Undone()

    def own_keys(self) -> tuple[Key, ...]:
        """Give the keys that hold now."""
        if self.work.running:
            return STOP
        left = self._left()
        if left:
            view = self._chosen()
            done = view is not None and view.step.need is Need.DONE
            skipped = view is not None and key_of(self.section, view.step) in self.work.skipped
            mine = ("s", "Unskip" if skipped else "Skip", "pane('skip')")
            return (
                ("Enter", "Next open step" if done else "Run step", "pane('run_step')"),
                ("a", f"Run section ({len(left)})", "pane('run_all')"),
                *(() if done else (mine,)),
                *self.keys,
            )
        if not self.work.is_done(self.section):
            return self.keys
        names = list(SECTIONS)
        following = SECTIONS[names[names.index(self.section) + 1]]
        return (("Enter", f"Go on to {following}", "next"), *self.keys[1:])

    def _left(self) -> "tuple[Step, ...]":
        """Give the steps that would run with the section."""
        steps = self.work.steps.get(self.section, [])
        return tuple(s for s in steps if s.commands and key_of(self.section, s) not in self.work.skipped)

    def show(self) -> None:
        """Show each step; a view stays the same as long as its step is the same."""
        heading = f"{SECTIONS[self.section]} ({SECTION_NUMBERS[self.section]} in Red Hat's guide)"
        self.query_one(".heading", Static).update(heading)
        note = self._note()
        self.query_one(".note", Static).update(note or WORDS[self.section])
        self.query_one(Undone).show(self.work, self.section)
        steps = self.work.steps.get(self.section, [])
        views = list(self.query(StepView))
        if [view.step.id + view.step.subject for view in views] == [step.id + step.subject for step in steps]:
            for view, step in zip(views, steps, strict=True):
                view.put(step, *self._told(step))
        else:
            had_focus = any(view.has_focus for view in views)
            for view in views:
                view.remove()
            self.mount_all([StepView(step, *self._told(step)) for step in steps])
            if had_focus or self.has_focus:
                self.call_after_refresh(self.opened)

    def _told(self, step: Step) -> tuple[StepRun | None, bool, bool]:
        key = key_of(self.section, step)
        return self.work.runs.get(key), key in self.work.skipped, self.work.looking or bool(self.work.running)

    def _note(self) -> str:
        work: Work = self.work
        if work.plan is None:
            return "There is no plan yet: fill in section 2 first (key 2)."
        if self.section in work.not_ready:
            return f"This host is not ready for this section.\n{work.not_ready[self.section]}"
        if self.section not in work.steps:
            return "Looking at this host ..."
        if not work.steps[self.section]:
            return self._nothing()
        stopped = self.work.stopped.get(self.section, "")
        return f"{stopped}\nThe steps show how the host stands now." if stopped else ""

    def _nothing(self) -> str:
        host = self.work.host
        if self.section == "ethernet" and host is not None:
            return f"Nothing to do: the plan uses {host.interface} ({host.vtep}) as it is. F8 goes on."
        return "Nothing to do: the plan names no VM of this host. F8 goes on."

    def opened(self) -> None:
        """Put the focus on the first step that is not done."""
        views = list(self.query(StepView))
        first = next((view for view in views if view.step.need is not Need.DONE), next(iter(views), None))
        if first is None:
            super().opened()
        else:
            first.focus()

    def reveal(self) -> None:
        """Keep the end of what runs now in sight."""
        for view in self.query(StepView):
            run, *_ = self._told(view.step)
            if run is not None and run.result is None:
                self.keep_in_sight(view)

    def _chosen(self) -> StepView | None:
        return next((view for view in self.query(StepView) if view.has_focus), None)

    def action_run_step(self) -> None:
        """Run the marked step."""
        view = self._chosen()
        if self.work.is_done(self.section):
            self.app.call_later(self.wizard.action_next)
        elif view is None:
            self.opened()
        elif not self.in_sight(view):
            return
        elif view.step.need is Need.DONE:
            self._next_open(view)
        elif view.step.conflict:
            self.app.notify("This step is in conflict: see what is in the way.", severity="warning")
        else:
            self.wizard.run_steps("forward", self.section, self._together(view.step))

    def _next_open(self, done: StepView) -> None:
        """Mark the next step that is not done."""
        views = list(self.query(StepView))
        later = views[views.index(done) + 1 :]
        following = next((view for view in later if view.step.need is not Need.DONE), None)
        if following is None:
            self.opened()
        else:
            following.focus()

    def _together(self, step: Step) -> tuple[Step, ...]:
        """Give the step, or all that are guarded together where it is one of those."""
        steps = self.work.steps.get(self.section, [])
        guarded = [other for other in steps if other.cuts or other.id == "guard.begin"]
        return tuple(guarded) if step in guarded else (step,)

    def action_run_all(self) -> None:
        """Run what is not done, skipped or in conflict."""
        steps = self.work.steps.get(self.section, [])
        if any(step.conflict for step in steps):
            self.app.notify("A step is in conflict: nothing of this section was run.", severity="warning")
        elif left := self._left():
            self.wizard.run_steps("forward", self.section, left)
        elif self.section in self.work.steps:
            self.app.notify("Nothing is left to run here. F8 goes on.")
        else:
            self.app.notify(self._note())

    def action_skip(self) -> None:
        """Skip the marked step, or take it up again."""
        view = self._chosen()
        if view is not None and view.step.commands:
            self.work.skipped ^= {key_of(self.section, view.step)}
            self.wizard.show_all()

    def action_undo(self) -> None:
        """Show what undoing the section takes, and ask."""
        self.wizard.ask_undo(self.section)

    def action_copy(self) -> None:
        """Copy the marked step's commands, or all of the section's."""
        view = self._chosen()
        steps = [view.step] if view is not None else self.work.steps.get(self.section, [])
        text = "\n".join(command.text for step in steps for command in step.commands)
        ran = [shown.text for step in steps for shown in (self._told(step)[0] or StepRun()).commands]
        self.wizard.copy(text or "\n".join(ran))

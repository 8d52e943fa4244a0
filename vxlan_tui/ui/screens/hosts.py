"""The first screen: what was found on the host, what is missing, and the commands that mend it."""

import os
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from vxlan_tui.paths import REHEARSAL
from vxlan_tui.ui.render import block
from vxlan_tui.ui.render_hosts import found_blocks, host_blocks, host_line, summary
from vxlan_tui.ui.screens.list_pane import FIND, ListPane
from vxlan_tui.ui.screens.messages import ActionRequested, HostRequested, MarkChanged, MendRequested
from vxlan_tui.ui.widgets.folds import Item
from vxlan_tui.ui.widgets.key_bar import STOP, Key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vxlan_tui.facts.survey import Survey
    from vxlan_tui.steps import Step

HELP = """\
What this host has, and what the commands need and do not find.

Enter  run the marked command that mends something
n      add another host to the plan by its SSH destination, filled in from what is found there
r      look again
/      filter the hosts; Esc shows all again
F8     go on to the plan

Nothing is changed by looking. Every command is shown before it runs."""

_REHEARSED = (
    "A rehearsal: this host and the others are sandboxed, and nothing of your machine changes. "
    "The bridge rehearsal0 and the network rehearsal-old stand for what a host had before."
)


class HostsPane(ListPane):
    """What was found."""

    section = "hosts"
    help = HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run_step", show=False),
        Binding("r", "app.look_again", show=False),
        Binding("n", "app.add_by_ssh", show=False),
    ]

    def compose(self) -> ComposeResult:
        """Give the words; what is missing comes with the look."""
        yield Static("Hosts", classes="heading", markup=False)
        if os.environ.get(REHEARSAL):
            yield Static(_REHEARSED, classes="note", markup=False)
        yield from self.compose_list()

    def own_keys(self) -> tuple[Key, ...]:
        """Return the keys that hold now."""
        if self.model.running:
            return STOP
        enter = "Run the marked command" if self._chosen() else "Go on to Plan"
        return (
            ("Enter", enter, "pane('run_step')"),
            ("n", "Add a host by SSH", "add_by_ssh"),
            ("r", "Look again", "look_again"),
            *FIND,
        )

    def show(self) -> None:
        """Show what was found, and a step for what a command mends."""
        folds, survey = self.folds, self.model.survey
        if survey is None:
            folds.put([Item("", (("Looking at this host ...", ""),))])
        elif len(self.model.worked) > 1:
            folds.put(list(self._hosts()))
        else:
            found = Item("found", summary(survey), found_blocks(survey), stays=True)
            folds.put([*self._missing(survey), found])

    def _hosts(self) -> "Iterator[Item]":
        """Give the hosts of the plan; beneath the marked one what it lacks, with the commands that mend it."""
        model = self.model
        for host in model.plan.hosts if model.plan else ():
            survey, is_here = model.survey_of(host), host is model.here
            told = (host, is_here, survey, model.work_of(host.name).unreached)
            yield Item(host.name, host_line(*told), host_blocks(*told))
            if host is model.host and survey is not None:
                yield from self._missing(survey)

    def _missing(self, survey: "Survey") -> "Iterator[Item]":
        from vxlan_tui.ui.render_steps import step_blocks, step_line  # noqa: PLC0415 (comes after the first frame)

        steps = self._steps()
        known = {step.subject for step in steps}
        for each in survey.missing:
            if each.what not in known:
                yield Item(each.what, (("missing    ", "bad"), (each.what, "")), (block(each.fix),), stays=True)
        for step in steps:
            output = self.model.work.output("hosts", step)
            status = output.state if output is not None else "missing"
            yield Item(step, step_line(step.title, status), tuple(step_blocks(step, output, status)), stays=True)

    def _steps(self) -> "list[Step]":
        survey = self._survey
        if survey is None:
            return []
        from vxlan_tui.ui import remedies  # noqa: PLC0415 (comes after the first frame)

        return remedies.of_missing(survey.missing)

    @property
    def _survey(self) -> "Survey | None":
        """What was found on the marked host."""
        return self.model.survey_of(self.model.host) if self.model.host is not None else self.model.survey

    def _chosen(self) -> "Step | None":
        key = self.folds.key
        return next((step for step in self._steps() if step == key), None)

    def opened(self) -> None:
        """Put the focus on what was found."""
        self.folds.focus()

    def action_run_step(self) -> None:
        """Run the marked command; with nothing missing, go on."""
        step = self._chosen()
        if step is not None:
            self.post_message(MendRequested(self.model.work.name, "hosts", (step,)))
        else:
            self.post_message(ActionRequested("next"))

    def on_folds_marked(self) -> None:
        """Mark the host that is marked here everywhere, where it can be worked on."""
        key = self.folds.key
        if isinstance(key, str) and key in [host.name for host in self.model.worked]:
            self.post_message(HostRequested(key))
        self.post_message(MarkChanged())

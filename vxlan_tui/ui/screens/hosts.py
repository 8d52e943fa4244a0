"""The first screen: what was found on the host, what is missing, and the commands that mend it."""

import os
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from vxlan_tui.paths import REHEARSAL
from vxlan_tui.ui.render import Block, block
from vxlan_tui.ui.screens.messages import ActionRequested, MendRequested
from vxlan_tui.ui.screens.pane import Pane
from vxlan_tui.ui.widgets.folds import Folds, Item
from vxlan_tui.ui.widgets.key_bar import STOP, Key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vxlan_tui.facts.survey import Survey
    from vxlan_tui.steps import Step

HELP = """\
What this host has, and what the commands need and do not find.

Enter  run the marked command that mends something
r      look again
F8     go on to the plan

Nothing is changed by looking. Every command is shown before it runs."""

_REHEARSED = (
    "A rehearsal: this host and the others are sandboxed, and nothing of your machine changes. The others are set up "
    "already. The bridge rehearsal0 and the network rehearsal-old stand for what a host had before."
)

MANY = 12
"""So many rows of a kind are named; the live panels show all."""


class HostsPane(Pane):
    """What was found."""

    section = "hosts"
    help = HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run_step", show=False),
        Binding("r", "app.look_again", show=False),
    ]

    def compose(self) -> ComposeResult:
        """Give the words; what is missing comes with the look."""
        yield Static("Hosts", classes="heading", markup=False)
        if os.environ.get(REHEARSAL):
            yield Static(_REHEARSED, classes="note", markup=False)
        yield Folds()

    def own_keys(self) -> tuple[Key, ...]:
        """Return the keys that hold now."""
        if self.model.running:
            return STOP
        enter = "Run the marked command" if self._chosen() else "Go on to Plan"
        return (("Enter", enter, "pane('run_step')"), ("r", "Look again", "look_again"))

    def show(self) -> None:
        """Show what was found, and a step for what a command mends."""
        survey = self.model.survey
        if survey is None:
            self.query_one(Folds).put([Item("", (("Looking at this host ...", ""),))])
            return
        self.query_one(Folds).put([*self._missing(survey), Item("found", _summary(survey), _found(survey), stays=True)])

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
        from vxlan_tui.ui import remedies  # noqa: PLC0415

        return remedies.of_missing(self.model.survey.missing) if self.model.survey else []

    def _chosen(self) -> "Step | None":
        key = self.query_one(Folds).key
        return next((step for step in self._steps() if step == key), None) if self.model.survey else None

    def opened(self) -> None:
        """Put the focus on what was found."""
        self.query_one(Folds).focus()

    def action_run_step(self) -> None:
        """Run the marked command; with nothing missing, go on."""
        step = self._chosen()
        if step is not None:
            self.post_message(MendRequested("hosts", (step,)))
        else:
            self.post_message(ActionRequested("next"))


def _summary(survey: "Survey") -> tuple[tuple[str, str], ...]:
    if survey.missing:
        return (("found      ", ""), (f"on this host, {survey.name}", ""))
    return (("ready      ", "good"), (f"this host, {survey.name}: nothing is missing", ""))


def _found(survey: "Survey") -> tuple[Block, ...]:
    return tuple(Block(((f"{label:<15}", "title"), (value, "")), 0, 15) for label, value in _rows(survey))


def _rows(survey: "Survey") -> "Iterator[tuple[str, str]]":
    yield "distribution", survey.distribution
    yield "NetworkManager", survey.networkmanager or "does not answer"
    yield "firewalld", survey.firewalld or "does not answer"
    yield "libvirt", survey.libvirt or "does not answer"
    yield "you are", _seat(survey)
    nics = {link.name for link in survey.nics}
    others = [link for link in survey.links.values() if link.name not in nics and link.name != "lo"]
    yield from _listed("interfaces", [_link(survey, link.name) for link in survey.nics])
    yield from _listed("bridges", [f"{link.name}" for link in others if link.kind == "bridge"])
    yield from _listed("VXLANs", [f"{link.name}, VNI {link.vxlan.vni}" for link in others if link.vxlan])
    networks = survey.networks.values()
    yield from _listed("networks", [f"{net.name} ({'active' if net.active else 'inactive'})" for net in networks])
    yield from _listed("VMs", [f"{vm.name} ({vm.state})" for vm in survey.vms.values()])


def _listed(label: str, values: list[str]) -> "Iterator[tuple[str, str]]":
    more = [f"and {len(values) - MANY} more"] if len(values) > MANY else []
    for number, value in enumerate([*values[:MANY], *more] or ["none"]):
        yield (label if number == 0 else ""), value


def _link(survey: "Survey", name: str) -> str:
    link = survey.links[name]
    words = [", ".join(link.addresses) or "no address"]
    words += ["default route"] if name == survey.default_interface else []
    words += ["your SSH session comes in here"] if name == survey.login_interface else []
    words += [] if link.carrier else ["no carrier"]
    return f"{name}: {'; '.join(words)}"


def _seat(survey: "Survey") -> str:
    login = survey.login
    if not login.ssh:
        return "on this machine's own terminal"
    over = f" over {survey.login_interface}" if survey.login_interface else ""
    inside = ", inside tmux or screen" if login.multiplexer else ", outside tmux and screen"
    return f"in an SSH session from {login.client_address}{over}{inside}"

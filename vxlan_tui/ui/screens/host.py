"""The first screen: what was found on this host, what is missing, and the commands that mend it."""

import os
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from vxlan_tui.paths import REHEARSAL
from vxlan_tui.ui.keybar import STOP, Key
from vxlan_tui.ui.screens.pane import Pane

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vxlan_tui.facts.survey import Survey

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


class HostPane(Pane):
    """What was found."""

    section = "host"
    help = HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "run_step", show=False),
        Binding("r", "app.look_again", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="pane-host")

    def compose(self) -> ComposeResult:
        """Give the words; what is missing comes with the look."""
        yield Static("This host", classes="heading", markup=False)
        if os.environ.get(REHEARSAL):
            yield Static(_REHEARSED, classes="note", markup=False)
        yield Static("Looking at this host ...", id="found", markup=False)
        yield Static(id="missing", markup=False)

    def own_keys(self) -> tuple[Key, ...]:
        """Give the keys that hold now."""
        if self.work.running:
            return STOP
        enter = "Run the marked command" if len(self.query(".step")) else "Go on to Plan"
        return (("Enter", enter, "pane('run_step')"), ("r", "Look again", "look_again"))

    def show(self) -> None:
        """Show what was found, and a step for what a command mends."""
        survey = self.work.survey
        if survey is None:
            return
        from vxlan_tui.ui import mend  # noqa: PLC0415 (comes after the first frame)
        from vxlan_tui.ui.screens.steps import StepView  # noqa: PLC0415
        from vxlan_tui.ui.work import key_of  # noqa: PLC0415

        self.query_one("#found", Static).update(_found(survey))
        steps = mend.of_missing(survey.missing)
        other = [each for each in survey.missing if each.what not in {step.subject for step in steps}]
        self.query_one("#missing", Static).update(_rest(other, bool(steps)))
        views = list(self.query(StepView))
        told = {step.subject: self.work.runs.get(key_of("host", step)) for step in steps}
        if [view.step for view in views] != steps:
            for view in views:
                view.remove()
            self.mount_all([StepView(step, told[step.subject], False) for step in steps])
        else:
            for view in views:
                view.put(view.step, told[view.step.subject], False)

    def action_run_step(self) -> None:
        """Run the marked command; with nothing missing, go on."""
        from vxlan_tui.ui.screens.steps import StepView  # noqa: PLC0415

        views = list(self.query(StepView))
        chosen = next((view for view in views if view.has_focus), None)
        if chosen is not None:
            self.wizard.run_steps("mend", "host", (chosen.step,))
        elif views:
            views[0].focus()
        else:
            self.app.call_later(self.wizard.action_next)


def _rest(missing: "Iterable[object]", steps: bool) -> Text:
    text = Text()
    for each in missing:
        text.append(f"\nmissing: {each}", "bold red")
    if steps:
        text.append("\nMissing, and what mends it:", "bold red")
    elif not text:
        text.append("\nNothing is missing. F8 or Enter goes on to the plan.", "green")
    return text


def _found(survey: "Survey") -> Text:
    text = Text()
    for label, value in _rows(survey):
        text.append(f"{label:<16}", "bold").append(f"{value}\n")
    return text


def _rows(survey: "Survey") -> "Iterator[tuple[str, str]]":
    yield "name", survey.name
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

"""Runs for the screens: begun, followed and ended; one at a time."""

from typing import TYPE_CHECKING

from vxlan_tui.exits import CannotStart
from vxlan_tui.runner import Interrupted, Interrupts
from vxlan_tui.session import NotReady
from vxlan_tui.steps import Step
from vxlan_tui.ui import run, saving, start
from vxlan_tui.ui.keep import Modal
from vxlan_tui.ui.reporter import ScreenReporter
from vxlan_tui.ui.run import Order
from vxlan_tui.ui.screens.ask import Ask
from vxlan_tui.ui.screens.pane import Pane
from vxlan_tui.ui.work import undo_of

if TYPE_CHECKING:
    from vxlan_tui.ui.app import Wizard


def begin(app: "Wizard", way: str, section: str, steps: tuple[Step, ...]) -> None:
    """Run steps as they are shown; the plan is saved first."""
    work = app.work
    if work.running:
        app.notify("Something runs already. x stops it after its command.", severity="warning")
        return
    if work.plan is not None and way != "mend" and not saving.save(app, quietly=True):
        return
    order = Order(way, section, steps, work.plan, work.host)
    interrupts = Interrupts()
    reporter = ScreenReporter(work, undo_of(section) if way == "back" else section, app.progress)
    work.stopped.clear()
    work.undone[section] = steps if way == "back" else ()
    work.running, app.interrupts, app.doing = section, interrupts, lambda: reporter.doing
    app.show_all()

    def say(words: str) -> None:
        app.call_later(app.notify, words, timeout=15)

    def in_thread() -> None:
        try:
            ended = run.run(order, reporter, interrupts, say, Modal(app))
        except Interrupted:
            ended = "You stopped it. The steps show how the host stands now."
        except (CannotStart, OSError) as error:
            ended = str(error)
        app.call_from_thread(_ended, app, order, ended)

    app.run_worker(in_thread, thread=True, group="run")


def _ended(app: "Wizard", order: Order, words: str) -> None:
    app.work.running, app.interrupts, app.doing = "", None, lambda: ""
    if app.leaving:
        app.exit(130)
        return
    if words == "failed":
        app.notify("A step has failed: its words stay on screen.", severity="error")
    elif words != "done":
        app.notify(words, severity="warning", timeout=15)
    if app._hub is not None:
        app._hub.refresh()
    app.work.verified = ""
    start.look(app)
    app.show_all()
    if order.way == "remedy":
        app.start_checks()
    elif words == "done" and order.way == "forward":
        app.set_timer(0.3, lambda: _go_to_next(app, order.section))


def _go_to_next(app: "Wizard", section: str) -> None:
    if app.current == section and not app.work.running and app.is_running:
        for pane in app.screen_stack[0].query(f"#pane-{section}").results(Pane):
            pane.opened()


def ask_undo(app: "Wizard", section: str) -> None:
    """Show what undoing a section takes, and ask."""
    work = app.work
    if work.plan is None or work.host is None or work.running:
        return
    order = Order("back", section, (), work.plan, work.host)

    def in_thread() -> None:
        try:
            steps: list[Step] | str = run.preview(order)
        except (NotReady, CannotStart, OSError) as error:
            steps = str(error)
        app.call_from_thread(_ask, app, section, steps)

    app.run_worker(in_thread, thread=True, group="look")


def _ask(app: "Wizard", section: str, steps: list[Step] | str) -> None:
    if isinstance(steps, str):
        app.notify(steps, severity="error", timeout=15)
        return
    commands = [command.printed for step in steps for command in step.commands]
    in_the_way = [step.conflict for step in steps if step.conflict]
    if in_the_way:
        app.notify(f"This cannot be undone yet: {'; '.join(in_the_way)}", severity="warning", timeout=15)
    elif not commands:
        app.notify("Nothing of this section was done from here: there is nothing to undo.")
    else:
        question = "Undo this section? It takes these commands:\n\n" + "\n".join(commands)
        answers = [("no", "No, leave it as it is"), ("yes", f"Yes, run {_counted(len(commands))}")]
        app.push_screen(Ask(question, answers), lambda answer: _undo(app, section, steps, answer))


def _undo(app: "Wizard", section: str, steps: list[Step], answer: str | None) -> None:
    if answer == "yes":
        for key in [key for key in app.work.runs if key[0] in (section, undo_of(section))]:
            del app.work.runs[key]
        begin(app, "back", section, tuple(steps))


def _counted(number: int) -> str:
    return "this command" if number == 1 else f"these {number} commands"

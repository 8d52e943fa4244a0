"""Runs for the screens: begun, followed and ended; one at a time."""

from dataclasses import replace
from typing import TYPE_CHECKING

from vxlan_tui.exits import CannotStart
from vxlan_tui.reach import Interrupted, Interrupts
from vxlan_tui.session import NotReady
from vxlan_tui.steps import Step
from vxlan_tui.ui import run, saving, start
from vxlan_tui.ui.keep import Modal
from vxlan_tui.ui.reporter import ScreenReporter
from vxlan_tui.ui.run import Order
from vxlan_tui.ui.screens.ask import Ask
from vxlan_tui.ui.work import SECTION_NUMBERS, SECTIONS, STEP_SECTIONS, undo_of

if TYPE_CHECKING:
    from vxlan_tui.ui.app import Wizard


def begin(app: "Wizard", way: str, section: str, steps: tuple[Step, ...]) -> None:
    """Run steps as they are shown; the plan is saved first."""
    begin_order(app, Order(way, section, steps, app.work.plan, app.work.host))


def begin_order(app: "Wizard", order: Order) -> None:
    """Run an order; the plan is saved first."""
    work, section, back = app.work, order.section, order.way == "back"
    if work.running:
        app.notify("Something runs already. x stops it after its command.", severity="warning")
        return
    if work.plan is not None and order.way != "mend" and not saving.save(app, quietly=True):
        return
    interrupts = Interrupts()
    reporter = ScreenReporter(work, undo_of(section) if back else section, app.progress)
    work.stopped.clear()
    work.undone[section] = order.steps if back else ()
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
    app.work.advance = order.section if words == "done" and order.way == "forward" else ""
    start.look(app)
    app.show_all()
    if order.way == "remedy":
        app.start_checks()


def ask_undo(app: "Wizard", section: str) -> None:
    """Show what undoing a section takes, and what stands on it, and ask; Finish is for all sections."""
    work = app.work
    if work.plan is None or work.host is None or work.running:
        return
    every = STEP_SECTIONS[STEP_SECTIONS.index(section) :] if section in STEP_SECTIONS else STEP_SECTIONS
    only = every[:1] if section in STEP_SECTIONS else every
    orders = [Order("back", section, (), work.plan, work.host, each) for each in (only, every)]
    app.notify("Looking for what there is to undo ...", timeout=2)

    def in_thread() -> None:
        try:
            found = [replace(order, steps=tuple(run.preview(order))) for order in orders]
        except (NotReady, CannotStart, OSError) as error:
            app.call_from_thread(app.notify, str(error), severity="error", timeout=15)
            return
        app.call_from_thread(_ask, app, *found)

    app.run_worker(in_thread, thread=True, group="look")


def _ask(app: "Wizard", only: Order, every: Order) -> None:
    later = [name for name in every.taken_back if name not in only.taken_back and _commands_of(every, name)]
    in_the_way = [step.conflict for step in only.steps if step.conflict]
    if in_the_way:
        app.notify(f"This cannot be undone yet: {'; '.join(in_the_way)}", severity="warning", timeout=15)
    elif not _commands(only):
        app.notify("Nothing of this was done from here: there is nothing to undo.")
    else:
        orders = {"yes": only}
        answers = [("no", "No, leave it as it is"), ("yes", f"Yes, run {_counted(len(_commands(only)))}")]
        words = ["Undo everything?" if len(only.taken_back) > 1 else f"Undo {SECTIONS[only.section]}?"]
        if later:
            names = " and ".join(SECTIONS[name] for name in later)
            words += [f"{names} stand{'s' if len(later) == 1 else ''} on it, and would be left without it."]
            answers[1] = ("yes", f"Yes, only this: run {_counted(len(_commands(only)))}")
            if not any(step.conflict for step in every.steps):
                orders["every"] = every
                answers.insert(1, ("every", f"Undo {names} first, then this: {len(_commands(every))} commands in all"))
        question = "\n".join([*words, "", "This will run:", *_commands(only)])
        app.push_screen(Ask(question, answers), lambda answer: _undo(app, orders.get(answer or "")))


def _commands(order: Order) -> list[str]:
    return [command.printed for step in order.steps for command in step.commands]


def _commands_of(order: Order, section: str) -> bool:
    return any(step.commands for step in order.steps if step.section == SECTION_NUMBERS[section])


def _undo(app: "Wizard", order: Order | None) -> None:
    if order is not None:
        gone = {name for section in (order.section, *order.taken_back) for name in (section, undo_of(section))}
        for key in [key for key in app.work.runs if key[0] in gone]:
            del app.work.runs[key]
        begin_order(app, order)


def _counted(number: int) -> str:
    return "this command" if number == 1 else f"these {number} commands"

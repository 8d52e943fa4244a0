"""Runs: begun, followed and ended; one at a time."""

import signal
from contextlib import suppress
from dataclasses import replace

from vxlan_tui.fleet import STOPS
from vxlan_tui.plan import Plan
from vxlan_tui.procedures.lockout import is_put_in_force
from vxlan_tui.reach import Interrupted, Interrupts
from vxlan_tui.session import Result
from vxlan_tui.steps import Step
from vxlan_tui.ui import remedies
from vxlan_tui.ui.controllers.engine import Engine, Order, Telling
from vxlan_tui.ui.controllers.keeping import ByDialog
from vxlan_tui.ui.controllers.looking import Looking
from vxlan_tui.ui.controllers.planning import Planning
from vxlan_tui.ui.controllers.reporter import ModelReporter
from vxlan_tui.ui.controllers.shell import Shell
from vxlan_tui.ui.dialogs.ask import Ask
from vxlan_tui.ui.host_work import key_of, undo_of
from vxlan_tui.ui.model import EVERYTHING, FINISH, SECTION_NUMBERS, SECTIONS, STEP_SECTIONS, Model, Run, StepsByHost
from vxlan_tui.ui.render import Block, block, counted, listed
from vxlan_tui.ui.render_steps import to_run

PLAN_CHANGED = "The plan has changed since this was shown. Nothing was run; look at the steps again."


class Running:
    """Runs steps as they are shown."""

    def __init__(self, model: Model, engine: Engine, shell: Shell, planning: Planning, looking: Looking) -> None:
        self._model = model
        self._engine = engine
        self._shell = shell
        self._planning = planning
        self._looking = looking
        self._interrupts: Interrupts | None = None

    # What is asked first

    async def run_steps(self, section: str, steps: StepsByHost) -> bool:
        """Run a section's steps; what they stand on first, and nothing that stops a VM without a question."""
        model, order = self._model, Order("forward", section, steps, self._model.plan, (section,))
        earlier = [
            name
            for name in STEP_SECTIONS
            if any(name in model.open_before(section, model.work_of(host)) for host in steps)
        ]
        if earlier:
            return await self._run_after(order, earlier)
        return await self._run(order)

    async def _run_after(self, order: Order, earlier: list[str]) -> bool:
        section, steps, names = order.section, order.steps, listed(SECTIONS[name] for name in earlier)
        left = self._model.left(earlier)
        first = {host: left.get(host, ()) for host in steps}
        works = [self._model.work_of(host) for host in steps]
        states = [(name, work.state(name)) for name in earlier for work in works]
        stuck = next(((name, state) for name, state in states if state in ("conflict", "not ready")), None)
        if stuck is not None:
            self._shell.tell(f"{SECTIONS[stuck[0]]} comes first, and is {stuck[1]}.", "warning")
            return False
        count = sum(map(len, first.values()))
        question = f"{SECTIONS[section]} stands on {names}, where {counted(count, 'step')} "
        question += "is not done." if count == 1 else "are not done."
        all_steps = {host: (*first[host], *mine) for host, mine in steps.items()}
        total = sum(map(len, all_steps.values()))
        answers = [(True, f"Run {names} first, then this: {total} steps"), (False, "Back")]
        if not await self._shell.ask(Ask(question, answers)):
            return False
        return await self._run(replace(order, steps=all_steps, sections=(*earlier, section)))

    async def run_everything(self) -> None:
        """Run what is left in all sections, and verify."""
        model = self._model
        if model.running:
            self._shell.tell("Something runs already. x stops it after its command.", "warning")
            return
        self._planning.check()
        if model.plan is None:
            self._shell.tell("The plan is not complete: fill it in first (key 2).", "warning")
            return
        if not await self._looking.seen():
            return
        sections = tuple(name for name in STEP_SECTIONS if not model.is_done(name))
        stuck = next((name for name in sections if model.state(name) in ("conflict", "not ready", "looking")), "")
        if stuck:
            self._shell.tell(f"{SECTIONS[stuck]}: {model.state(stuck)}. Nothing was run.", "warning")
            return
        steps = model.left(sections)
        if steps:
            order = Order("forward", EVERYTHING, steps, model.plan, sections)
            question = self._everything(steps, sections)
            answers = [(True, "Run them, then verify"), (False, "Back")]
            # What is doubtful about a host is to be read: an Enter alone does not run it.
            doubtful = any(key.startswith(("here", "hosts[")) for key in model.doubts)
            if not await self._shell.ask(Ask(question, answers[::-1] if doubtful else answers)):
                return
            if not await self._begin(order):
                return
        await self._shell.go("verify")

    def _everything(self, steps: StepsByHost, sections: tuple[str, ...]) -> list[Block]:
        """Tell what a run of everything takes: by section on one host, by host on several."""
        model = self._model
        count = sum(map(len, steps.values()))
        told = [block(f"Run everything that is left on {listed(steps)}: {counted(count, 'step')}.")]
        if len(steps) == 1:
            numbers = {SECTIONS[name]: sum(map(len, model.left((name,)).values())) for name in sections}
        else:
            numbers = {host: len(mine) for host, mine in steps.items()}
        told += [block(f"{name}: {number}", "", 2) for name, number in numbers.items()]
        told += [block(words, "caution") for words in model.doubts.values()]
        stops = remedies.stopped_vms(step for mine in steps.values() for step in mine)
        told += [block(f"This shuts {listed(stops)} down, and starts it again.", "caution")] if stops else []
        return told + to_run(steps)

    async def _run(self, order: Order) -> bool:
        if not await self._may_stop_vms(tuple(step for mine in order.steps.values() for step in mine)):
            return False
        return await self._begin(order)

    async def _may_stop_vms(self, steps: tuple[Step, ...]) -> bool:
        stops = remedies.stopped_vms(steps)
        if not stops:
            return True
        question = f"This shuts {listed(stops)} down, and starts it again."
        answers = [(False, "No, leave it running"), (True, "Yes, run it")]
        return bool(await self._shell.ask(Ask(question, answers)))

    async def mend(self, host: str, section: str, steps: tuple[Step, ...]) -> None:
        """Run what a host lacks; on this machine that takes no plan, and there may be none yet."""
        here = self._model.here
        if host and (here is None or host != here.name):
            await self._begin(Order("mend", section, {host: steps}, self._model.plan))
        else:
            await self._begin(Order("mend", section, {"": steps}))

    async def remedy(self, host: str, step: Step) -> bool:
        """Run what mends a host's finding; return whether it ran. Where a section would do that guarded, it is that."""
        plan = self._model.plan
        if not await self._may_stop_vms((step,)):
            return False
        if any(map(is_put_in_force, step.commands)):
            self._looking.look()
            if not await self._looking.seen():
                return False
            if section := self._guarding(host, step):
                return await self._as_section(host, section)
        return await self._begin(Order("remedy", "verify", {host: (step,)}, plan))

    def _guarding(self, host: str, remedy: Step) -> str:
        """Return the section that has these commands left there, among steps that can cut somebody off, or nothing."""
        for section in STEP_SECTIONS:
            left = self._model.work_of(host).left(section)
            commands = {command for step in left for command in step.commands}
            if any(step.cuts for step in left) and commands.issuperset(remedy.commands):
                return section
        return ""

    async def _as_section(self, host: str, section: str) -> bool:
        left = tuple(self._model.work_of(host).left(section))
        order = Order("forward", section, {host: left}, self._model.plan, (section,))
        why = next(step.cuts for step in left if step.cuts)
        question = [
            block(f"This can cut you off: {why}."),
            block(
                f"It is what is left in {SECTIONS[section]}, and runs there: it is taken back unless it is confirmed."
            ),
            *to_run({host: left}),
        ]
        if not await self._shell.ask(Ask(question, [(True, "Run it"), (False, "Back")])):
            return False
        await self._shell.go(section)
        ran = await self._begin(order)
        await self._shell.go("verify")
        return ran

    # The run

    async def _begin(self, order: Order) -> bool:
        """Run an order, and return whether it went well to its end; its plan is saved first, and no other one runs."""
        model = self._model
        if model.running:
            self._shell.tell("Something runs already. x stops it after its command.", "warning")
            return False
        if order.plan is not None and not await self._is_saved(order.plan):
            return False
        self._interrupts = Interrupts()
        model.run = Run(order.section, count=order.count)
        if order.way == "forward" and len(order.sections) > 1:
            model.run.followed = order.sections[0]
            await self._shell.go(order.sections[0])
        model.runs += 1
        for name in order.steps:
            work = model.work_of(name)
            work.stopped.clear()
            if order.way == "back":
                work.undone[order.section] = order.steps[name]
            else:
                for section in (order.section, *order.sections, FINISH):
                    work.undone.pop(section, None)
        self._shell.show()
        telling = self._telling(order, model.run, self._interrupts)
        try:
            ended = await self._shell.in_thread(lambda: self._engine.run(order, telling))
        except Interrupted:
            ended = "You stopped it. The steps show how the host stands now."
        except STOPS as error:
            ended = str(error)
        self._end(order, ended)
        return ended == "done"

    async def _is_saved(self, plan: Plan) -> bool:
        """Save the plan that the shown steps are of, and return whether the file holds that one and no other."""
        return self._is_current(plan) and await self._planning.save(quietly=True) and self._is_current(plan)

    def _is_current(self, plan: Plan) -> bool:
        self._planning.check()
        if plan != self._model.plan:
            self._shell.tell(PLAN_CHANGED, "warning", 20)
            self._looking.look()
        return plan == self._model.plan

    def _telling(self, order: Order, run: Run, interrupts: Interrupts) -> Telling:
        model, shell = self._model, self._shell
        of_number = {number: name for name, number in SECTION_NUMBERS.items()}

        def section_of(step: Step) -> str:
            if order.way == "back":
                return undo_of(order.section)
            return of_number.get(step.section, order.section) if order.way == "forward" else order.section

        def news() -> None:
            shell.from_thread(self._news, run)

        return Telling(
            lambda name: ModelReporter(model.work_of(name), section_of, run, news),
            ByDialog(shell),
            interrupts,
            lambda words: shell.from_thread(shell.tell, words, "warning", 20),
        )

    def _news(self, run: Run) -> None:
        """Draw what has come, and open the section whose step runs on the marked host."""
        model = self._model
        here = next((name for name in STEP_SECTIONS if model.work.runs_in(name)), "")
        if here not in ("", run.followed) and run.followed == model.current and model.run is run:
            run.followed = here
            self._shell.begin(self._shell.go(here))
        self._shell.show()

    def _end(self, order: Order, words: str) -> None:
        model = self._model
        model.run, self._interrupts = None, None
        for name in order.steps:
            work = model.work_of(name)
            work.verified = ""
            for output in work.outputs.values():
                if output.result is None:  # a host that was cut off and did not return: it runs no longer from here
                    output.result = Result("stopped", "The run ended before it was told how this did.")
        if model.leaving:
            self._shell.leave(130)
            return
        states = {model.work_of(host).state(name) for host in order.steps for name in order.sections}
        if words == "failed" and "taken back" in states and "failed" not in states:
            self._shell.tell("Taken back: what was changed is as it was before.", "warning", 20)
        elif words == "failed":
            self._shell.tell("A step was not done: its words stay on screen.", "error")
        elif words != "done":
            self._shell.tell(words, "warning", 20)
        model.advance = order.section if words == "done" and order.way == "forward" else ""
        self._looking.look()
        self._shell.show()

    def stop(self, number: int = signal.SIGINT) -> bool:
        """Stop what runs after its command, and return whether something runs."""
        if self._interrupts is not None:
            self._interrupts.stop(number)
        return self._interrupts is not None

    def skip(self, host: str, section: str, step: Step) -> None:
        """Skip a host's step, or take it up again."""
        self._model.work_of(host).skipped ^= {key_of(section, step)}
        self._shell.show()

    # The way back

    async def undo(self, order: Order) -> None:
        """Run a way back that was agreed to."""
        gone = {name for section in (order.section, *order.sections) for name in (section, undo_of(section))}
        for name in order.steps:
            outputs = self._model.work_of(name).outputs
            for key in [key for key in outputs if key[0] in gone]:
                with suppress(KeyError):
                    del outputs[key]
        if await self._begin(order):
            hosts = [name for name in order.steps if name]
            where = f" on {listed(hosts)}" if len(hosts) > 1 else ""
            self._shell.tell(f"Undone{where}, and looked at: what stood there before stands there again.")

"""Undo: what there is to take back is shown, with what stands on it, and asked for."""

from dataclasses import replace

from vxlan_tui.fleet import STOPS
from vxlan_tui.steps import Step
from vxlan_tui.ui.controllers.engine import Engine, Order
from vxlan_tui.ui.controllers.running import Running
from vxlan_tui.ui.controllers.shell import Shell
from vxlan_tui.ui.dialogs.ask import Ask
from vxlan_tui.ui.dialogs.wait import Wait
from vxlan_tui.ui.model import SECTION_NUMBERS, SECTIONS, STEP_SECTIONS, Model
from vxlan_tui.ui.render import Block, block, listed
from vxlan_tui.ui.render_steps import to_run


class Undoing:
    """Asks for an undo, and has it run."""

    def __init__(self, model: Model, engine: Engine, shell: Shell, running: Running) -> None:
        self._model = model
        self._engine = engine
        self._shell = shell
        self._running = running

    async def ask(self, section: str) -> None:
        """Show what undoing a section takes, and ask; Finish is for all sections."""
        if self._model.plan is None or self._model.host is None or self._model.running:
            return
        every = STEP_SECTIONS[STEP_SECTIONS.index(section) :] if section in STEP_SECTIONS else STEP_SECTIONS
        only = every[:1] if section in STEP_SECTIONS else every
        try:
            looks = self._shell.in_thread(lambda: self._orders(section, only, every))
            found = await self._shell.meanwhile(Wait("Looking for what there is to undo ..."), looks)
        except STOPS as error:
            self._shell.tell(str(error), "error", 20)
            return
        order = await self._agree(*found) if found is not None else None
        if order is not None:
            await self._running.undo(order)

    def _orders(self, section: str, only: tuple[str, ...], every: tuple[str, ...]) -> tuple[Order, Order]:
        first = self._order(section, only)
        return first, first if every == only else self._order(section, every)

    def _order(self, section: str, sections: tuple[str, ...]) -> Order:
        """Give the way back of sections on every host that is reached."""
        plan = self._model.plan
        assert plan is not None  # noqa: S101 (asked before)
        hosts = [host for host in self._model.worked if not self._model.work_of(host.name).unreached]
        steps = {host.name: tuple(self._engine.way_back(plan, host, sections)) for host in hosts}
        return Order("back", section, {name: each for name, each in steps.items() if each}, plan, sections)

    async def _agree(self, only: Order, every: Order) -> Order | None:
        in_the_way = [step.conflict for step in _steps(only) if step.conflict]
        if in_the_way:
            self._shell.tell(f"This cannot be undone yet: {'; '.join(in_the_way)}", "warning", 20)
            return None
        if not _count(only):
            self._shell.tell("Nothing of this was done from here: there is nothing to undo.")
            return None
        later = [name for name in every.sections if name not in only.sections and _commands_of(every, name)]
        marked = self._model.work.name
        alone = (
            replace(only, steps={marked: only.steps[marked]}) if len(only.steps) > 1 and marked in only.steps else None
        )
        dialog = Ask(_question(only, later), _answers(only, every, later, alone))
        return await self._shell.ask(dialog)


def _question(only: Order, later: list[str]) -> list[Block]:
    title = "Undo everything?" if len(only.sections) > 1 else f"Undo {SECTIONS[only.section]}?"
    told = [block(title, "title")]
    if later:
        stands = "stands" if len(later) == 1 else "stand"
        names = listed(SECTIONS[name] for name in later)
        told.append(block(f"{names} {stands} on it, and would be left without it.", "caution"))
    return told + to_run(only.steps)


def _answers(only: Order, every: Order, later: list[str], alone: Order | None) -> list[tuple[Order | None, str]]:
    count = _count(only)
    these = "this command" if count == 1 else f"these {count} commands"
    answers: list[tuple[Order | None, str]] = [(None, "No, leave it as it is")]
    if later and not any(step.conflict for step in _steps(every)):
        names = listed(SECTIONS[name] for name in later)
        answers.append((every, f"Undo {names} first, then this: {_count(every)} commands in all"))
    if alone is not None:
        answers.append((alone, f"Yes, on {listed(alone.steps)} alone: run {_count(alone)} of them"))
    answers.append((only, f"Yes, only this: run {these}" if later else f"Yes, run {these}"))
    return answers


def _steps(order: Order) -> list[Step]:
    return [step for steps in order.steps.values() for step in steps]


def _count(order: Order) -> int:
    return sum(len(step.commands) for step in _steps(order))


def _commands_of(order: Order, section: str) -> bool:
    return any(step.commands for step in _steps(order) if step.section == SECTION_NUMBERS[section])

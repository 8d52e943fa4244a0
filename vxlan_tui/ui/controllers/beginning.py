"""The beginning, after the first frame: look at this machine, open the plan, and go where the last run stopped."""

from contextlib import suppress

from vxlan_tui.facts.survey import Survey
from vxlan_tui.files import BadName, find
from vxlan_tui.last_run import LastRun
from vxlan_tui.ui.controllers.engine import Engine
from vxlan_tui.ui.controllers.looking import Looking
from vxlan_tui.ui.controllers.planning import Planning
from vxlan_tui.ui.controllers.reporter import ModelReporter
from vxlan_tui.ui.controllers.shell import Shell
from vxlan_tui.ui.host_work import HostWork
from vxlan_tui.ui.model import STEP_SECTIONS, Model, Run
from vxlan_tui.ui.plan_form import draft as drafts
from vxlan_tui.ui.plan_form.draft import HERE

OVER_SSH = (
    "You are in an SSH session outside tmux and screen: if the connection breaks, the wizard ends after the command "
    "that runs then. Start it again, and it goes on where it stopped."
)


class Beginning:
    """Begins. `plan_given` is whether the person named the plan's file."""

    def __init__(self, model: Model, engine: Engine, shell: Shell, planning: Planning, looking: Looking) -> None:
        self._model = model
        self._engine = engine
        self._shell = shell
        self._planning = planning
        self._looking = looking

    async def begin(self, plan_given: bool) -> None:
        """Look, and open the plan."""
        recovered = await self._shell.in_thread(self._recover)
        found = await self._shell.in_thread(lambda: self._engine.survey(HERE))
        last = await self._shell.in_thread(self._engine.last)
        self._model.surveys[HERE] = found
        await self._open(found, last, plan_given)
        if recovered:
            self._shell.tell(recovered, "warning", 60)
        elif found.login.ssh and not found.login.multiplexer:
            self._shell.tell(OVER_SSH, seconds=20)
        self._shell.show()
        if last is not None and self._model.plan is not None and last.plan == self._model.draft.path:
            await self._go_on(last)
        self._shell.refresh_panels()
        self._looking.look()

    def _recover(self) -> str:
        """Finish what the last run left unconfirmed where it was cut off, and say what that took."""
        work = HostWork()
        told = self._engine.recover(ModelReporter(work, lambda step: "", Run(), lambda: None))
        ran = [f"# {command.text}" for output in work.outputs.values() for command in output.commands]
        return "\n".join([told, *ran]) if told else ""

    async def _open(self, found: Survey, last: LastRun | None, plan_given: bool) -> None:
        """Open the plan to begin with: the one named, else that of the last run, else one here, else a new one."""
        path = self._model.draft.path
        if not plan_given and last is not None and last.plan.is_absolute():
            with suppress(OSError):
                path = last.plan if last.plan.is_file() else path
        try:
            _, is_there = find(path)
        except BadName:
            is_there = True  # to open it tells why it cannot be
        if not is_there:
            self._planning.put(drafts.from_survey(path, found))
        elif not await self._planning.open(path):
            beside = path.with_name(f"{path.stem}-new.toml")
            self._planning.put(drafts.from_survey(beside, found))

    async def _go_on(self, last: LastRun) -> None:
        """Open where the last run stopped, with the truth about it."""
        section = {"vm": "vms"}.get(last.step.partition(".")[0], last.step.partition(".")[0])
        if last.words and section in STEP_SECTIONS:
            self._model.work.stopped[section] = last.words
        elif last.words:
            self._shell.tell(last.words, "warning", 20)
        if section in STEP_SECTIONS and self._model.current == "hosts":
            await self._shell.go(section)

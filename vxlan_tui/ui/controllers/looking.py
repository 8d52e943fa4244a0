"""Looking at the hosts: in a thread, and what was shown stays until the new look is there."""

from vxlan_tui.exits import CannotStart
from vxlan_tui.ui.controllers.engine import Engine, Look
from vxlan_tui.ui.controllers.shell import Shell
from vxlan_tui.ui.model import Model
from vxlan_tui.ui.plan_form.draft import HERE


class Looking:
    """Keeps what the model knows of the hosts fresh."""

    def __init__(self, model: Model, engine: Engine, shell: Shell) -> None:
        self._model = model
        self._engine = engine
        self._shell = shell
        self._again = False

    def look(self) -> None:
        """Look at the hosts; while a look is under way, once more after it."""
        if self._model.running:
            return
        if self._model.looking:
            self._again = True
            return
        self._model.looking = True
        self._shell.show()
        self._shell.begin(self._look())

    async def _look(self) -> None:
        model = self._model
        try:
            await self._survey()
            while True:
                self._again = False
                plan, host = model.plan, model.host
                found: Look = {}
                if plan is not None and host is not None:
                    found = await self._shell.in_thread(lambda p=plan, h=host: self._engine.look(p, h))  # type: ignore[misc]
                if plan is model.plan and host == model.host and not self._again:
                    break
            if host is not None:
                self._take(host.name, found)
        except CannotStart as error:
            self._shell.tell(str(error), "warning")
        finally:
            model.looking = False
        self._shell.refresh_panels()
        self._shell.show()
        if model.advance and not model.running:
            advance, model.advance = model.advance, ""
            self._shell.settled(advance)

    async def _survey(self) -> None:
        """Look at this machine as such: what the first section and the plan's form tell of."""
        self._model.surveys[HERE] = await self._shell.in_thread(lambda: self._engine.survey(HERE))

    def _take(self, name: str, found: Look) -> None:
        work = self._model.work_of(name)
        work.steps = {section: value for section, value in found.items() if isinstance(value, list)}
        work.not_ready = {section: value for section, value in found.items() if isinstance(value, str)}
        work.forget_stale_outputs()

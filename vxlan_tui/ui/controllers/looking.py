"""Looking at the hosts: in a thread, and what was shown stays until the new look is there."""

import asyncio
import time

from vxlan_tui.fleet import STOPS
from vxlan_tui.plan import Host, Plan
from vxlan_tui.ui.controllers.engine import Engine
from vxlan_tui.ui.controllers.shell import Shell
from vxlan_tui.ui.dialogs.wait import Wait
from vxlan_tui.ui.model import Basis, Model
from vxlan_tui.ui.plan_form.draft import HERE
from vxlan_tui.ui.render import listed


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
        self._model.looks_since = time.monotonic()
        self._shell.show()
        self._shell.begin(self._look())

    async def seen(self) -> bool:
        """Wait for the look that is under way, at every host; return whether it ended, and was not left before."""
        model = self._model
        if model.unseen:
            self.look()
        if model.looking:
            names = model.unseen or [work.name for work in model.works]
            await self._shell.meanwhile(Wait(f"Looking at {listed(names)} first ..."), self._until_seen())
        return not (model.looking or model.unseen)

    async def _until_seen(self) -> None:
        while self._model.looking:
            await asyncio.sleep(0.05)

    async def _look(self) -> None:
        model = self._model
        try:
            while True:
                self._again = False
                basis, hosts = model.basis, tuple(model.worked)
                self._engine.take_for_here(basis.here.name if basis.here is not None else "")
                await asyncio.gather(self._survey_here(basis.plan), *(self._look_at(basis, host) for host in hosts))
                if model.running or (basis == model.basis and not self._again):
                    break  # after a run it is looked anew
        finally:
            model.looks_since = None
        self._shell.refresh_panels()
        self._shell.show()
        if model.advance and not model.running:
            advance, model.advance = model.advance, ""
            self._shell.settled(advance)

    async def _survey_here(self, plan: Plan | None) -> None:
        """Look at this machine as such; where that is stopped, what was found before stays."""
        try:
            await self._survey(HERE, plan)
        except STOPS as error:
            self._shell.tell(f"This host cannot be looked at: {error}", "error", 20)

    async def _survey(self, destination: str, plan: Plan | None) -> None:
        """Look at a host as such: what the first section and the plan's form tell of."""
        encrypted = plan is not None and plan.encrypted
        found = await self._shell.in_thread(lambda: self._engine.survey(destination, encrypted))
        self._model.surveys[destination] = found

    async def _look_at(self, basis: Basis, host: Host) -> None:
        """Look at a host of the plan; what was found stands as soon as it is there."""
        plan, work = basis.plan, self._model.work_of(host.name)
        if plan is None:
            return
        try:
            if host is not self._model.here and host.ssh:
                await self._survey(host.ssh, plan)
            found = await self._shell.in_thread(lambda: self._engine.look(plan, host))
            work.unreached = ""
        except STOPS as error:
            found, work.unreached = {}, str(error)
        if basis == self._model.basis:
            work.take(found)
        self._shell.show()

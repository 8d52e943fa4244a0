"""Leaving: asked first where a command runs, or where the plan is not saved."""

import signal

from vxlan_tui.ui.controllers.planning import Planning
from vxlan_tui.ui.controllers.running import Running
from vxlan_tui.ui.controllers.shell import Shell
from vxlan_tui.ui.dialogs.ask import Ask
from vxlan_tui.ui.model import Model
from vxlan_tui.ui.render import block, command_blocks


class Leaving:
    """Ends the wizard, or asks."""

    def __init__(self, model: Model, shell: Shell, planning: Planning, running: Running) -> None:
        self._model = model
        self._shell = shell
        self._planning = planning
        self._running = running
        self._asks = False

    async def ask(self) -> None:
        """End, or ask; only once at a time."""
        if self._asks:
            return
        self._asks = True
        try:
            if self._model.run is not None:
                await self._leave_running(self._model.run.command)
            elif self._model.draft.edited and not self._model.draft.is_saved:
                await self._leave_unsaved()
            else:
                self._shell.leave(0)
        finally:
            self._asks = False

    async def _leave_running(self, command: str) -> None:
        question = [block("This runs now:"), block(""), *command_blocks(f"# {command}")]
        answers = [(False, "Let it go on, and stay"), (True, "Let this command end, then stop and quit")]
        if await self._shell.ask(Ask(question if command else "A step runs now.", answers)):
            self.signalled(signal.SIGINT)

    async def _leave_unsaved(self) -> None:
        answers = [("save", "Save it and quit"), ("drop", "Quit without saving"), ("stay", "Stay")]
        answer = await self._shell.ask(Ask(f"The plan is not saved to {self._model.draft.path}.", answers))
        if answer == "drop" or (answer == "save" and await self._planning.save(quietly=True)):
            self._shell.leave(0)

    def signalled(self, number: int) -> None:
        """End for a signal: at once, or when the command that runs has ended."""
        self._model.leaving = 128 + number
        if not self._running.stop(number):
            self._shell.leave(130)

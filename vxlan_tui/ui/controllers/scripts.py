"""The scripts: read, copied, and written to files; and the log."""

from collections.abc import Sequence
from pathlib import Path

from vxlan_tui.files import UnsafePath, find, write_whole
from vxlan_tui.fleet import STOPS
from vxlan_tui.plan import Host
from vxlan_tui.ui.controllers.engine import Engine
from vxlan_tui.ui.controllers.shell import Shell
from vxlan_tui.ui.dialogs.ask import Ask
from vxlan_tui.ui.dialogs.log import Log
from vxlan_tui.ui.dialogs.read import Read
from vxlan_tui.ui.dialogs.type import Type
from vxlan_tui.ui.model import Model
from vxlan_tui.ui.render import Block


class Scripts:
    """Gives what there is to take along."""

    def __init__(self, model: Model, engine: Engine, shell: Shell) -> None:
        self._model = model
        self._engine = engine
        self._shell = shell

    async def give(self, what: str, host: Host, undo: bool) -> None:
        """Show, copy or write a host's script."""
        plan = self._model.plan
        if plan is None:
            return
        from vxlan_tui.procedures.wireguard import unknown_keys  # noqa: PLC0415 (with what the look brings)

        if not undo and (cannot := unknown_keys(plan)):
            self._shell.tell(cannot, "warning", 20)
            return
        text = await self._shell.in_thread(lambda: self._engine.script(plan, host, undo))
        name = f"{host.name}{'-undo' if undo else ''}.sh"
        if what == "read":
            await self.read(name, text)
        elif what == "copy":
            self._shell.copy(text)
        else:
            await self._write(self._model.draft.path.with_name(name), text)

    async def read(self, title: str, text: str, blocks: Sequence[Block] = ()) -> None:
        """Show a text, or blocks of it; it can be copied from there."""
        copied = await self._shell.ask(Read(title, text, blocks))
        if copied is not None:
            self._shell.copy(copied)

    def copy_plan(self) -> None:
        """Copy the plan file's text."""
        self._shell.copy(self._model.draft.text())

    async def show_log(self) -> None:
        """Show the commands that ran on the marked host."""
        host = self._model.host
        where = "this host" if host is None or host is self._model.here else host.name
        try:
            found = await self._shell.in_thread(lambda: self._engine.log(host))
        except STOPS as error:
            self._shell.tell(f"The journal cannot be read: {error}", "error", 20)
            return
        copied = await self._shell.ask(Log(f"What ran on {where}, the last run at the end", found))
        if copied is not None:
            self._shell.copy(copied)

    async def _write(self, proposed: Path, text: str) -> None:
        """Ask for a name, and write to a file that does not exist yet, or that may be replaced."""
        name = await self._shell.ask(Type("Write it to:", str(proposed)))
        if not name:
            return
        try:
            path, is_there = find(name)
            if is_there and not await self._shell.ask(
                Ask(f"{path} exists.", [(False, "Leave it"), (True, "Replace it")])
            ):
                return
            if path.is_symlink() or (path.exists() and not path.is_file()):
                raise UnsafePath(f"{path} is not a plain file: choose another name")
            write_whole(path, text, 0o700)
        except (OSError, UnsafePath) as error:
            self._shell.tell(f"Not written: {error}", "error", 20)
            return
        self._shell.tell(f"Written: {path}")
        self._shell.show()

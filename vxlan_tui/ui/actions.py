"""What keys, clicks and the palette do beside the way: each in a module of its own, read when it is first asked for."""

import signal
from typing import TYPE_CHECKING, cast

from vxlan_tui.ui.keys import InOrder

if TYPE_CHECKING:
    from vxlan_tui.reach import Interrupts
    from vxlan_tui.steps import Step
    from vxlan_tui.ui.app import Wizard


class Actions(InOrder):
    """The wizard's actions."""

    interrupts: "Interrupts | None" = None

    @property
    def _wizard(self) -> "Wizard":
        return cast("Wizard", self)

    def action_panel(self, name: str) -> None:
        """Show a live panel."""
        from vxlan_tui.ui.screens.panel import show_panel  # noqa: PLC0415

        show_panel(self._wizard, name)

    def action_help(self) -> None:
        """Show the help of what is on screen."""
        from vxlan_tui.ui.screens.help import show_help  # noqa: PLC0415

        show_help(self._wizard)

    def action_log(self) -> None:
        """Show the commands that ran on this host."""
        from vxlan_tui.ui.screens.log import show_log  # noqa: PLC0415

        show_log(self._wizard)

    def action_save(self) -> None:
        """Save the plan."""
        from vxlan_tui.ui import saving  # noqa: PLC0415

        saving.save(self._wizard)

    def action_open_file(self) -> None:
        """Open a plan file, or name the one to save to."""
        from vxlan_tui.ui import saving  # noqa: PLC0415

        saving.ask_file(self._wizard)

    def write_file(self, path: str, text: str) -> None:
        """Ask for a file's name, and write a text to it."""
        from vxlan_tui.ui import saving  # noqa: PLC0415

        saving.write_file(self._wizard, path, text)

    def copy(self, text: str) -> None:
        """Copy a text to the terminal's clipboard."""
        if text:
            self.copy_to_clipboard(text)
            self.notify("Sent to your terminal's clipboard (OSC 52). Not every terminal takes it.")

    def action_look_again(self) -> None:
        """Look at the host afresh."""
        from vxlan_tui.ui import start  # noqa: PLC0415

        start.look(self._wizard)

    def run_steps(self, way: str, section: str, steps: "tuple[Step, ...]") -> None:
        """Run steps as they are shown."""
        from vxlan_tui.ui import running  # noqa: PLC0415

        running.begin(self._wizard, way, section, steps)

    def ask_undo(self, section: str) -> None:
        """Show what undoing a section takes, and ask."""
        from vxlan_tui.ui import running  # noqa: PLC0415

        running.ask_undo(self._wizard, section)

    async def action_undo_everything(self) -> None:
        """Show what undoing everything takes, and ask."""
        await self._wizard.action_go("finish")
        self.ask_undo("finish")

    def start_checks(self) -> None:
        """Run the checks."""
        from vxlan_tui.ui import checking  # noqa: PLC0415

        checking.begin(self._wizard)

    def action_stop(self) -> None:
        """Stop what runs, after the command that runs now."""
        if self.interrupts is not None:
            self.interrupts.stop(signal.SIGINT)
            self.notify("Stopping after this command; one that only waits is cut off at once.")

    async def action_quit(self) -> None:
        """End; asks first where a command runs or the plan is not saved."""
        from vxlan_tui.ui.leaving import ask_to_leave  # noqa: PLC0415

        ask_to_leave(self._wizard)

    def action_command_palette(self) -> None:
        """Open the palette: every action by its name."""
        from textual.command import CommandPalette  # noqa: PLC0415

        if not any(isinstance(screen, CommandPalette) for screen in self.screen_stack):
            self.push_screen(CommandPalette(placeholder="Type a part of what you want to do", id="--command-palette"))

"""The application: the frame around the sections, the way between them, and who does what a screen asks for."""

import asyncio
import gc
import signal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.scrollbar import ScrollBar, ScrollBarRender

from vxlan_tui.ui.frame import Frame
from vxlan_tui.ui.model import FINISH, SECTIONS, STEP_SECTIONS, Model
from vxlan_tui.ui.plan_form.draft import Draft
from vxlan_tui.ui.screens import messages
from vxlan_tui.ui.terminal_style import TerminalStyle
from vxlan_tui.ui.themes import FULL, SIXTEEN, NoColour, PlainBar

if TYPE_CHECKING:
    from vxlan_tui.ui.controllers.all import Controllers
    from vxlan_tui.ui.controllers.engine import Engine
    from vxlan_tui.ui.panels.hub import MakeSource


class Wizard(Frame):
    """The wizard. `engine` is what reaches the hosts; the program's own is made when it is first needed."""

    CSS_PATH = "frame.tcss"
    TITLE = "vxlan-tui"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,question_mark", "help", show=False),
        Binding("f8,n", "next", show=False),
        Binding("f7,b", "back", show=False),
        Binding("f2,d", "panel('devices')", show=False),
        Binding("f3,f", "panel('fdb')", show=False),
        Binding("f4,w", "panel('networks')", show=False),
        Binding("f5,p", "picture", show=False),
        Binding("f9,l", "log", show=False),
        Binding("A", "run_everything", show=False),
        Binding("x", "stop", show=False),
        Binding("escape", "work", show=False),
        Binding("ctrl+s", "save", show=False, priority=True),
        Binding("ctrl+o", "open_file", show=False, priority=True),
        Binding("ctrl+q,ctrl+c", "quit", show=False, priority=True),
        *(Binding(str(n), f"go('{name}')", show=False) for n, name in enumerate(SECTIONS, 1)),
    ]

    def __init__(
        self, model: Model, style: TerminalStyle, engine: "Engine | None" = None, plan_given: bool = False
    ) -> None:
        super().__init__()
        self.model = model
        self.style = style
        self._engine = engine
        self._plan_given = plan_given
        self.register_theme(FULL)
        self.register_theme(SIXTEEN)
        self.set_class(style.plain, "-plain")
        if style.no_colour:
            self._filters[:] = [NoColour()]
        # Before anything is drawn: the style sheets are read once, with this theme's colours.
        self.set_reactive(App.theme, SIXTEEN.name if style.few_colours else FULL.name)
        self.stylesheet.set_variables(self.get_css_variables())

    def on_mount(self) -> None:
        """Begin: the frame first, then what takes longer."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled, number)
        self.pane.opened()
        self.show_frame()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        gc.freeze()
        gc.enable()
        self.stylesheet.read(Path(__file__).with_name("styles.tcss"))
        self.refresh_css(animate=False)
        self.complete_frame()
        self.begin(self.controllers.beginning.begin(self._plan_given))
        self.set_interval(1, self._second)

    @cached_property
    def controllers(self) -> "Controllers":
        """Who does what, loaded after the first frame."""
        from vxlan_tui.ui.controllers.all import Controllers  # noqa: PLC0415
        from vxlan_tui.ui.controllers.hosts import Hosts  # noqa: PLC0415

        return Controllers(self.model, self._engine or Hosts(), self)

    def _second(self) -> None:
        self.controllers.checking.second()
        if self.model.looking:
            self.show()
        elif self.model.run is not None:
            self.show_frame()

    def make_source(self) -> "MakeSource":
        """Return what makes the panels' sources."""
        return self.controllers.engine.source

    async def go(self, section: str) -> None:
        """Open a section; what was not looked at yet is looked at."""
        if self.model.current == "plan":
            self.controllers.planning.check()  # before its field is told that it is left: what comes next needs it
        await super().go(section)
        unseen = any(name not in work.steps for work in self.model.works for name in STEP_SECTIONS)
        if section in (*STEP_SECTIONS, FINISH) and unseen:
            self.controllers.looking.look()

    # What screens ask for

    @on(messages.Hinted)
    def _hinted(self, event: messages.Hinted) -> None:
        self.hint(event.words if self.model.current == "plan" else "")

    @on(messages.Told)
    def _told(self, event: messages.Told) -> None:
        self.tell(event.words, event.severity)

    @on(messages.ActionRequested)
    async def _asked_for(self, event: messages.ActionRequested) -> None:
        await self.run_action(event.action)

    @on(messages.MarkChanged)
    def _mark_changed(self) -> None:
        self.show_frame()

    @on(messages.HostRequested)
    def _mark_host(self, event: messages.HostRequested) -> None:
        if event.name != self.model.marked:
            self.model.marked = event.name
            self.refresh_panels()
            self.show()

    @on(messages.CopyRequested)
    def _copy(self, event: messages.CopyRequested) -> None:
        self.copy(event.text)

    @on(messages.RunRequested)
    def _run(self, event: messages.RunRequested) -> None:
        self.begin(self.controllers.running.run_steps(event.section, event.steps))

    @on(messages.MendRequested)
    def _mend(self, event: messages.MendRequested) -> None:
        if self._is_marked(event.host):
            self.begin(self.controllers.running.mend(event.host, event.section, event.steps))

    @on(messages.SkipRequested)
    def _skip(self, event: messages.SkipRequested) -> None:
        if self._is_marked(event.host):
            self.controllers.running.skip(event.host, event.section, event.step)

    @on(messages.UndoRequested)
    def _undo(self, event: messages.UndoRequested) -> None:
        self.begin(self.controllers.undoing.ask(event.section))

    @on(messages.CheckRequested)
    def action_check(self) -> None:
        """Run the checks."""
        self.begin(self.controllers.checking.check())

    @on(messages.RemedyRequested)
    def _remedy(self, event: messages.RemedyRequested) -> None:
        if self._is_marked(event.host):
            self.begin(self.controllers.checking.remedy(event.host, event.finding))

    def _is_marked(self, host: str) -> bool:
        """Return whether a host is still the marked one; a key can come before the next one's commands are shown."""
        marked = self.model.work.name
        if host != marked:
            self.tell(f"Nothing was done: {marked} is marked now, and no longer {host}.", "warning")
        return host == marked

    @on(messages.AcceptRequested)
    def _accept(self) -> None:
        self.begin(self._accepted())

    async def _accepted(self) -> None:
        if await self.controllers.planning.accept_in_the_clear():
            await self.controllers.checking.check()

    @on(messages.ScriptRequested)
    def _script(self, event: messages.ScriptRequested) -> None:
        self.begin(self.controllers.scripts.give(event.what, event.host, event.undo))

    @on(messages.EditRequested)
    def _edit(self, event: messages.EditRequested) -> None:
        if self._has_begun():
            self.begin(self.controllers.planning.edit(event.action, event.row, event.words))

    def _has_begun(self) -> bool:
        """Return whether there is a plan to change yet; say so where there is none."""
        if not self.model.begun:
            self.tell("The plan is not open yet: this host is looked at first.", "warning")
        return self.model.begun

    @on(messages.PlanChanged)
    def _plan_changed(self) -> None:
        self.refresh_panels()

    @on(messages.ListRequested)
    def _list(self, event: messages.ListRequested) -> None:
        self.begin(self._choose(event))

    async def _choose(self, event: messages.ListRequested) -> None:
        from vxlan_tui.ui.dialogs.ask import Ask  # noqa: PLC0415

        value = await self.ask(Ask(event.question, event.values))
        if value is not None:
            event.choose(value)

    # Keys and the palette

    def action_look_again(self) -> None:
        """Look at the hosts afresh."""
        self.controllers.looking.look()

    def action_add_by_ssh(self) -> None:
        """Add a host to the plan by its SSH destination."""
        if len(self.screen_stack) == 1 and self._has_begun():
            self.begin(self.controllers.adding.add())

    def action_run_everything(self) -> None:
        """Run what is left in all sections, and verify."""
        if self._has_begun():
            self.begin(self.controllers.running.run_everything())

    async def action_undo_everything(self) -> None:
        """Show what undoing everything takes, and ask."""
        await self.go(FINISH)
        self.begin(self.controllers.undoing.ask(FINISH))

    async def action_verify(self) -> None:
        """Open the checks, and run them."""
        await self.go("verify")
        self.action_check()

    def action_save(self) -> None:
        """Save the plan."""
        if self._has_begun():
            self.begin(self._save())

    async def _save(self) -> None:
        await self.controllers.planning.save()

    def action_open_file(self) -> None:
        """Open a plan file, or name the one to save to."""
        if len(self.screen_stack) == 1 and self._has_begun():
            self.begin(self.controllers.planning.ask_file())

    def action_copy_plan(self) -> None:
        """Copy the plan file's text."""
        self.controllers.scripts.copy_plan()

    def action_log(self) -> None:
        """Show the commands that ran on this host."""
        if len(self.screen_stack) == 1:
            self.begin(self.controllers.scripts.show_log())

    def action_help(self) -> None:
        """Show the help of the open section, and what holds everywhere."""
        from vxlan_tui.ui.help import EVERYWHERE, paragraphs  # noqa: PLC0415

        if len(self.screen_stack) == 1:
            text = f"{self.pane.help_text()}\n\n{EVERYWHERE}"
            self.begin(self.controllers.scripts.read("Help", text, paragraphs(text)))

    def action_picture(self) -> None:
        """Show the segments as a drawing."""
        from vxlan_tui.ui.dialogs.picture import Picture  # noqa: PLC0415

        if len(self.screen_stack) == 1:
            self.push_screen(Picture(self.model))

    def action_stop(self) -> None:
        """Stop what runs, after the command that runs now."""
        if self.controllers.running.stop():
            self.tell("Stopping after this command; one that only waits is cut off at once.")

    async def action_quit(self) -> None:
        """End; asks first where a command runs or the plan is not saved."""
        self.begin(self.controllers.leaving.ask())

    def _signalled(self, number: int) -> None:
        self.controllers.leaving.signalled(number)

    def action_command_palette(self) -> None:
        """Open the palette: every action by its name."""
        from textual.command import CommandPalette  # noqa: PLC0415

        if len(self.screen_stack) == 1:
            self.push_screen(CommandPalette(placeholder="Type a part of what you want to do", id="--command-palette"))

    def get_system_commands(self, screen: Any) -> Any:
        """Give the palette every action."""
        from vxlan_tui.ui.palette import entries  # noqa: PLC0415

        for words, about, action in entries(self.pane.own_keys()):
            yield SystemCommand(words, about, lambda action=action: self.call_later(self.run_action, action))

    def on_unmount(self) -> None:
        """End the live sources."""
        self.stop_panels()
        if "controllers" in self.__dict__:
            self.controllers.engine.close()


def wizard(path: Path | None, host: str | None, style: TerminalStyle, engine: "Engine | None" = None) -> Wizard:
    """Make the application, for the program and for tests alike."""
    model = Model(Draft(path or Path("plan.toml")), asked_host=host)
    ScrollBar.renderer = PlainBar if style.plain or style.no_colour else ScrollBarRender
    return Wizard(model, style, engine, plan_given=path is not None)

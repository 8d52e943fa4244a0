"""The application: the frame around the sections, the way between them, and who does what a screen asks for."""

import asyncio
import os
import signal
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.message import Message
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.widgets import Static

from vxlan_tui.paths import REHEARSAL
from vxlan_tui.ui.base import Base
from vxlan_tui.ui.model import SECTIONS, STEP_SECTIONS, Model
from vxlan_tui.ui.plan_form.draft import Draft
from vxlan_tui.ui.render import Line, duration, role_of
from vxlan_tui.ui.screens import messages
from vxlan_tui.ui.screens.hosts import HostsPane
from vxlan_tui.ui.screens.pane import Pane
from vxlan_tui.ui.terminal_style import TerminalStyle
from vxlan_tui.ui.themes import FULL, SIXTEEN, NoColour, PlainBar
from vxlan_tui.ui.widgets.choice import Choice
from vxlan_tui.ui.widgets.field import field_of
from vxlan_tui.ui.widgets.key_bar import KeyBar
from vxlan_tui.ui.widgets.news import News
from vxlan_tui.ui.widgets.section_list import SectionList

if TYPE_CHECKING:
    from vxlan_tui.ui.controllers.all import Controllers
    from vxlan_tui.ui.controllers.engine import Engine
    from vxlan_tui.ui.panels.hub import Hub

WIDE = 118
"""Columns from which the panels stand beside the work."""
HUGE = 170

PANEL_KEYS = (("Up Down PgUp PgDn Home End", "Scroll", "work"), ("Esc", "Back to the work", "work"))
"""The keys of a panel beside the work."""


class Wizard(Base):
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
        Binding("f9,l", "log", show=False),
        Binding("A", "run_everything", show=False),
        Binding("x", "stop", show=False),
        Binding("escape", "work", show=False),
        Binding("ctrl+s", "save", show=False, priority=True),
        Binding("ctrl+o", "open_file", show=False, priority=True),
        Binding("ctrl+q,ctrl+c", "quit", show=False, priority=True),
        *(Binding(str(n), f"go('{name}')", show=False) for n, name in enumerate(SECTIONS, 1)),
    ]

    class PanelNews(Message):
        """A live source has changed."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(
        self, model: Model, style: TerminalStyle, engine: "Engine | None" = None, plan_given: bool = False
    ) -> None:
        super().__init__()
        self.model = model
        self.style = style
        self._engine = engine
        self._plan_given = plan_given
        self._hub: Hub | None = None
        self._show_due = False
        self.register_theme(FULL)
        self.register_theme(SIXTEEN)
        self.set_class(style.plain, "-plain")
        if style.no_colour:
            self._filters[:] = [NoColour()]
        self.theme = SIXTEEN.name if style.few_colours else FULL.name

    # The frame

    def compose(self) -> ComposeResult:
        """Give the frame, with the first section in it."""
        yield Static(self._banner(), id="banner", markup=False)
        with Horizontal(id="middle"):
            yield SectionList()
            with Container(id="work"):
                yield HostsPane(self.model)
            yield Container(id="panels")
        yield News()
        yield Static(id="hint", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin: the frame first, then what takes longer."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled, number)
        self.pane.opened()
        self.show_frame()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.stylesheet.read(Path(__file__).with_name("styles.tcss"))
        self.refresh_css(animate=False)
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
        if self.model.run is not None:
            self.show_frame()

    def _banner(self) -> str:
        host = self.model.draft.get(f"hosts[{self.model.draft.here}].name")
        where = f"{host}  " if host else ""
        rehearsal = "REHEARSAL on a clone  " if os.environ.get(REHEARSAL) else ""
        words, path = f"vxlan-tui  {rehearsal}{where}", str(self.model.draft.path)
        room = max(12, self.size.width - len(words) - 2)
        return f"{words}{path if len(path) <= room else '...' + path[3 - room :]}"

    @property
    def frame(self) -> Any:
        """The screen below all dialogs."""
        return self.screen_stack[0]

    @property
    def pane(self) -> Pane:
        """The section that is open."""
        found: Pane = self.frame.query_one(f"#pane-{self.model.current}", Pane)
        return found

    def show(self) -> None:
        """Draw soon what the model holds now, and once for all that changes until then."""
        if not self._show_due:
            self._show_due = True
            self.set_timer(0.03, self._show)

    def _show(self) -> None:
        self._show_due = False
        if self.is_running:
            self.pane.show()
            self.show_frame()

    def show_frame(self) -> None:
        """Show what the frame tells: the sections' states, the file, the keys."""
        rows = [(title, self.model.state(name), role_of(self.model.state(name))) for name, title in SECTIONS.items()]
        self.frame.query_one(SectionList).put(rows, list(SECTIONS).index(self.model.current), list(self._foot()))
        self.frame.query_one("#banner", Static).update(self._banner())
        self.show_keys()

    def _foot(self) -> Iterator[Line]:
        """Tell below the sections what runs, or what is left in all of them."""
        run = self.model.run
        if run is not None:
            yield ((f"running {run.done}/{run.count}", "next"),)
            yield ((duration(run.seconds), "next"),)
        elif count := sum(map(len, self.model.left().values())):
            yield ((f"{count} steps left:", ""),)
            yield (("A runs them all", "next"),)

    def show_keys(self) -> None:
        """Show the keys that hold now."""
        focused = self.frame.focused
        in_panels = focused is not None and self.frame.query_one("#panels") in focused.ancestors
        self.frame.query_one(KeyBar).show(PANEL_KEYS if in_panels else self.pane.own_keys())

    def on_descendant_focus(self) -> None:
        """Show the keys of what has the focus now."""
        self.show_keys()

    # The way

    async def go(self, section: str) -> None:
        """Open a section."""
        if not self.frame.query(f"#pane-{section}"):
            await self.frame.query_one("#work").mount(_made(section, self.model))
        self.model.current = section
        self.hint("")
        pane = self.pane
        for other in self.frame.query(Pane):
            other.display = other is pane
        pane.show()
        self.show_frame()
        self.call_after_refresh(pane.opened)
        unseen = any(name not in work.steps for work in self.model.works for name in STEP_SECTIONS)
        if section in (*STEP_SECTIONS, "finish") and unseen:
            self.controllers.looking.look()

    def settled(self, section: str) -> None:
        """Mark what comes next in a section, where it is the one on screen and has the focus."""
        pane, focused = self.pane, self.frame.focused
        if section == self.model.current and (focused is None or pane in focused.ancestors_with_self):
            pane.show()
            self.call_after_refresh(pane.settled)

    async def action_go(self, section: str) -> None:
        """Open a section."""
        await self.go(section)

    async def action_next(self) -> None:
        """Open the section that follows."""
        current = self.model.current
        if current == "plan" and not self._plan_is_whole():
            return
        if current in STEP_SECTIONS and not self.model.is_done(current):
            self.tell(f"{SECTIONS[current]} is not done: {self.model.state(current)}.")
        await self._go_by(1)

    async def action_back(self) -> None:
        """Open the section before."""
        await self._go_by(-1)

    async def _go_by(self, by: int) -> None:
        names = list(SECTIONS)
        place = max(0, min(len(names) - 1, names.index(self.model.current) + by))
        await self.go(names[place])

    def _plan_is_whole(self) -> bool:
        from vxlan_tui.ui.screens.plan import PlanPane  # noqa: PLC0415

        pane = self.pane
        if isinstance(pane, PlanPane):
            pane.check()
            if self.model.plan is None:
                pane.complain()
                self.tell("The plan is not complete: see the words beneath the fields.", "warning")
                return False
        return True

    def action_sections(self) -> None:
        """Put the focus on the list of sections."""
        self.query_one(SectionList).focus()

    def action_work(self) -> None:
        """Put the focus on the open section."""
        self.pane.opened()

    @on(SectionList.Chosen)
    async def _chosen(self, event: SectionList.Chosen) -> None:
        await self.go(list(SECTIONS)[event.number])

    async def action_pane(self, action: str) -> None:
        """Do what a key of the open section does."""
        await self.pane.run_action(action)

    def hint(self, words: str) -> None:
        """Say below the work what the thing in focus is for."""
        line = self.frame.query_one("#hint", Static)
        line.update(words)
        line.display = bool(words)

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
        self.begin(self.controllers.running.mend(event.section, event.steps))

    @on(messages.SkipRequested)
    def _skip(self, event: messages.SkipRequested) -> None:
        self.controllers.running.skip(event.section, event.step)

    @on(messages.UndoRequested)
    def _undo(self, event: messages.UndoRequested) -> None:
        self.begin(self.controllers.undoing.ask(event.section))

    @on(messages.CheckRequested)
    def action_check(self) -> None:
        """Run the checks."""
        self.begin(self.controllers.checking.check())

    @on(messages.RemedyRequested)
    def _remedy(self, event: messages.RemedyRequested) -> None:
        self.begin(self.controllers.checking.remedy(event.finding))

    @on(messages.ScriptRequested)
    def _script(self, event: messages.ScriptRequested) -> None:
        self.begin(self.controllers.scripts.give(event.what, event.host, event.undo))

    @on(messages.EditRequested)
    def _edit(self, event: messages.EditRequested) -> None:
        self.begin(self.controllers.planning.edit(event.action, event.row, event.words))

    @on(messages.PlanChanged)
    def _plan_changed(self) -> None:
        self.refresh_panels()

    @on(Choice.ListRequested)
    def _list(self, event: Choice.ListRequested) -> None:
        self.begin(self._choose(event.choice))

    async def _choose(self, choice: Choice) -> None:
        from vxlan_tui.ui.dialogs.ask import Ask  # noqa: PLC0415

        field = field_of(choice)
        value = await self.ask(Ask(f"{field.label.strip()}: {field.about}" if field else "Choose", choice.values))
        if value is not None:
            choice.choose(value)

    # Keys and the palette

    def action_look_again(self) -> None:
        """Look at the hosts afresh."""
        self.controllers.looking.look()

    def action_run_everything(self) -> None:
        """Run what is left in all sections, and verify."""
        self.begin(self.controllers.running.run_everything())

    async def action_undo_everything(self) -> None:
        """Show what undoing everything takes, and ask."""
        await self.go("finish")
        self.begin(self.controllers.undoing.ask("finish"))

    async def action_verify(self) -> None:
        """Open the checks, and run them."""
        await self.go("verify")
        self.action_check()

    def action_save(self) -> None:
        """Save the plan."""
        self.begin(self._save())

    async def _save(self) -> None:
        await self.controllers.planning.save()

    def action_open_file(self) -> None:
        """Open a plan file, or name the one to save to."""
        if len(self.screen_stack) == 1:
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
        from vxlan_tui.ui.help import EVERYWHERE  # noqa: PLC0415

        if len(self.screen_stack) == 1:
            self.begin(self.controllers.scripts.read("Help", f"{self.pane.help_text()}\n\n{EVERYWHERE}"))

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

    # The panels

    @property
    def hub(self) -> "Hub":
        """The live sources."""
        if self._hub is None:
            from vxlan_tui.ui.panels.hub import Hub  # noqa: PLC0415

            self._hub = Hub(self.controllers.engine.source, self._panel_changed, self.style)
            self._follow(self._hub)
        return self._hub

    def _panel_changed(self, name: str) -> None:
        if self.is_running:
            self.post_message(self.PanelNews(name))

    @on(PanelNews)
    def _draw_panels(self, event: PanelNews) -> None:
        from vxlan_tui.ui.panels.live import LivePanel  # noqa: PLC0415

        for screen in self.screen_stack:
            for panel in screen.query(LivePanel):
                panel.news(event.name)

    def _follow(self, hub: "Hub") -> bool:
        return hub.follow(self.model.plan, self.model.host)

    def refresh_panels(self) -> None:
        """Have the live panels follow the model, and read again what the system sends no event about."""
        if self._hub is not None:
            self._hub.refresh()
            if self._follow(self._hub):
                self.frame.query_one("#panels").remove_children()
        self.call_after_refresh(self._fit_panels)

    def on_app_focus(self) -> None:
        """Read again what the system sends no event about: it may have been changed in another window."""
        if self._hub is not None:
            self._hub.refresh()

    def on_resize(self) -> None:
        """Show the panels beside the work where there is room."""
        self.call_later(self._fit_panels)

    async def _fit_panels(self) -> None:
        wide = self.size.width >= WIDE
        self.frame.set_class(wide, "-wide")
        self.frame.set_class(self.size.width >= HUGE, "-huge")
        panels = self.frame.query_one("#panels")
        if wide and self.model.survey is not None and not panels.children:
            from vxlan_tui.ui.panels.hub import NAMES  # noqa: PLC0415

            await panels.mount_all([self.hub.panel(name) for name in NAMES])

    def action_panel(self, name: str) -> None:
        """Put the focus on a panel beside the work; where there is none, or it has the focus, show it in full."""
        from vxlan_tui.ui.dialogs.panel import PanelScreen  # noqa: PLC0415
        from vxlan_tui.ui.panels.live import LivePanel  # noqa: PLC0415

        top = self.screen
        if isinstance(top, PanelScreen):
            if top.name == name:
                top.dismiss(None)
            else:
                self.switch_screen(PanelScreen(name, self.hub.panel(name)))
        elif len(self.screen_stack) == 1:
            source = self.hub.source(name)
            beside = [panel for panel in self.frame.query(LivePanel) if panel.source is source]
            if beside and beside[0].region and not beside[0].table.has_focus:
                beside[0].table.focus()
            else:
                self.push_screen(PanelScreen(name, self.hub.panel(name)), lambda _: self._catch_up())

    def _catch_up(self) -> None:
        """Draw the panels that were covered."""
        from vxlan_tui.ui.panels.live import LivePanel  # noqa: PLC0415

        for panel in self.frame.query(LivePanel):
            panel.draw()

    def on_unmount(self) -> None:
        """End the live sources."""
        if self._hub is not None:
            self._hub.stop()
        if "controllers" in self.__dict__:
            self.controllers.engine.close()


def _made(section: str, model: Model) -> Pane:
    if section == "plan":
        from vxlan_tui.ui.screens.plan import PlanPane  # noqa: PLC0415

        return PlanPane(model)
    if section == "verify":
        from vxlan_tui.ui.screens.verify import VerifyPane  # noqa: PLC0415

        return VerifyPane(model)
    if section == "finish":
        from vxlan_tui.ui.screens.finish import FinishPane  # noqa: PLC0415

        return FinishPane(model)
    from vxlan_tui.ui.screens.steps import StepsPane  # noqa: PLC0415

    return StepsPane(model, section)


def wizard(path: Path | None, host: str | None, style: TerminalStyle, engine: "Engine | None" = None) -> Wizard:
    """Make the application, for the program and for tests alike."""
    model = Model(Draft(path or Path("plan.toml")), asked_host=host)
    ScrollBar.renderer = PlainBar if style.plain or style.no_colour else ScrollBarRender
    return Wizard(model, style, engine, plan_given=path is not None)

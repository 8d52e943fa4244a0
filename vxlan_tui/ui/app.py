"""The application: the frame around the sections, the way between them, and what runs behind."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.message import Message
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.timer import Timer
from textual.widgets import Static

from vxlan_tui.paths import REHEARSAL
from vxlan_tui.ui.actions import Actions
from vxlan_tui.ui.keybar import KeyBar
from vxlan_tui.ui.look import Look
from vxlan_tui.ui.screens.host import HostPane
from vxlan_tui.ui.screens.pane import Pane
from vxlan_tui.ui.sidebar import SectionList
from vxlan_tui.ui.themes import FULL, SIXTEEN, NoColour, PlainBar
from vxlan_tui.ui.work import SECTIONS, STEP_SECTIONS, Work

if TYPE_CHECKING:
    from vxlan_tui.checks.finding import Finding
    from vxlan_tui.ui.panels.hub import Hub

WIDE = 118
"""Columns from which the panels stand beside the work."""
HUGE = 170


PANEL_KEYS = (("Up Down PgUp PgDn Home End", "Scroll", "work"), ("Esc", "Back to the work", "work"))
"""The keys of a panel beside the work."""


class Wizard(Actions):
    """The wizard."""

    CSS_PATH = "frame.tcss"
    TITLE = "vxlan-tui"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,question_mark", "help", "Help", show=False),
        Binding("f8,n", "next", "Next section", show=False),
        Binding("f7,b", "back", "Section before", show=False),
        Binding("f2,d", "panel('devices')", "Devices", show=False),
        Binding("f3,f", "panel('fdb')", "FDB", show=False),
        Binding("f4,w", "panel('networks')", "Networks", show=False),
        Binding("f9,l", "log", "Command log", show=False),
        Binding("x", "stop", "Stop", show=False),
        Binding("escape", "work", "To the work", show=False),
        Binding("ctrl+s", "save", "Save the plan", show=False, priority=True),
        Binding("ctrl+o", "open_file", "Open a plan", show=False, priority=True),
        Binding("ctrl+q,ctrl+c", "quit", "Quit", show=False, priority=True),
        *(Binding(str(n), f"go('{name}')", show=False) for n, name in enumerate(SECTIONS, 1)),
    ]

    class Progress(Message):
        """Something that runs has told something."""

    class PanelNews(Message):
        """A live source has changed."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, work: Work, look: Look, plan_given: bool = False) -> None:
        super().__init__()
        self.work = work
        self.look = look
        self.plan_given = plan_given
        self.current = "host"
        self.findings: list[Finding] = []
        self.pending: set[tuple[str, str]] = set()
        self.checking = False
        self.waits = 0.0
        self.countdown: Timer | None = None
        self.doing: Callable[[], str] = lambda: ""
        self.leaving = 0
        self._hub: Hub | None = None
        self._progress_due = False
        self.register_theme(FULL)
        self.register_theme(SIXTEEN)
        self.set_class(look.plain, "-plain")
        if look.no_colour:
            self._filters[:] = [NoColour()]
        self.theme = SIXTEEN.name if look.few_colours else FULL.name

    # The frame

    def compose(self) -> ComposeResult:
        """Give the frame, with the first section in it."""
        yield Static(self._banner(), id="banner", markup=False)
        with Horizontal(id="middle"):
            yield SectionList(self.work)
            with Container(id="work"):
                yield HostPane()
            yield Container(id="panels")
        yield Static(id="hint", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin: the frame first, then what takes longer."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.add_signal_handler(number, self.signalled, number)
        self.pane.focus()
        self.show_frame()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.stylesheet.read(Path(__file__).with_name("styles.tcss"))
        self.refresh_css(animate=False)
        from vxlan_tui.ui import start  # noqa: PLC0415 (after the first frame)

        start.begin(self)

    def _banner(self) -> str:
        host = self.work.draft.get(f"hosts[{self.work.draft.here}].name")
        where = f"{host}  " if host else ""
        rehearsal = "REHEARSAL on a clone  " if os.environ.get(REHEARSAL) else ""
        words, path = f"vxlan-tui  {rehearsal}{where}", str(self.work.draft.path)
        room = max(12, self.size.width - len(words) - 2)
        return f"{words}{path if len(path) <= room else '...' + path[3 - room :]}"

    @property
    def pane(self) -> Pane:
        """The section that is open."""
        return self.query_one(f"#pane-{self.current}", Pane)

    @property
    def hub(self) -> "Hub":
        """The live sources."""
        if self._hub is None:
            from vxlan_tui.ui.panels.hub import Hub  # noqa: PLC0415

            self._hub = Hub(lambda name: self._from_thread(self.PanelNews(name)))
            self._follow()
        return self._hub

    def _from_thread(self, message: Message) -> None:
        if self.is_running:
            self.post_message(message)

    def show_frame(self) -> None:
        """Show what the frame tells: the sections' states, the file, the keys."""
        frame = self.screen_stack[0]
        frame.query_one("#banner", Static).update(self._banner())
        frame.query_one(SectionList).show(self.current)
        self.show_keys()

    def show_keys(self) -> None:
        """Show the keys that hold now."""
        frame = self.screen_stack[0]
        in_panels = frame.focused is not None and frame.query_one("#panels") in frame.focused.ancestors
        pane = frame.query_one(f"#pane-{self.current}", Pane)
        frame.query_one(KeyBar).show(PANEL_KEYS if in_panels else pane.own_keys())

    def on_descendant_focus(self) -> None:
        """Show the keys of what has the focus now."""
        self.show_keys()

    def hint(self, words: str) -> None:
        """Say below the work what the thing in focus is for."""
        line = self.screen_stack[0].query_one("#hint", Static)
        line.update(words)
        line.display = bool(words)

    def show_all(self) -> None:
        """Show everything anew."""
        for pane in self.screen_stack[0].query(Pane):
            pane.show()
        self.show_frame()

    # The way

    async def action_go(self, section: str) -> None:
        """Open a section."""
        frame = self.screen_stack[0]
        pane = next(iter(frame.query(f"#pane-{section}").results(Pane)), None)
        if pane is None:
            pane = _made(section)
            await frame.query_one("#work").mount(pane)
        for other in frame.query(Pane):
            other.display = other is pane
        self.current = section
        self.hint("")
        pane.show()
        self.show_frame()
        pane.opened()
        told = STEP_SECTIONS if section == "finish" else (section,)
        if any(name in STEP_SECTIONS and name not in self.work.steps for name in told):
            self.action_look_again()

    async def action_next(self) -> None:
        """Open the section that follows."""
        if self.current == "plan" and not self._plan_is_whole():
            return
        if self.current in STEP_SECTIONS and not self.work.is_done(self.current):
            self.notify(f"{SECTIONS[self.current]} is not done: {self.work.state(self.current)}.")
        await self._go_by(1)

    async def action_back(self) -> None:
        """Open the section before."""
        await self._go_by(-1)

    async def _go_by(self, by: int) -> None:
        names = list(SECTIONS)
        place = max(0, min(len(names) - 1, names.index(self.current) + by))
        await self.action_go(names[place])

    def _plan_is_whole(self) -> bool:
        from vxlan_tui.ui.screens.plan import PlanPane  # noqa: PLC0415

        pane = self.pane
        if isinstance(pane, PlanPane):
            pane.check()
            if self.work.plan is None:
                pane.complain()
                self.notify("The plan is not complete: see the words beneath the fields.", severity="warning")
                return False
        return True

    def action_sections(self) -> None:
        """Put the focus on the list of sections."""
        self.query_one(SectionList).focus()

    def action_work(self) -> None:
        """Put the focus on the open section."""
        self.pane.opened()

    async def on_section_list_chosen(self, event: SectionList.Chosen) -> None:
        """Open the section that was chosen."""
        await self.action_go(event.section)

    async def action_pane(self, action: str) -> None:
        """Do what a key of the open section does."""
        await self.pane.run_action(action)

    def on_resize(self) -> None:
        """Show the panels beside the work where there is room."""
        self.call_later(self._fit_panels)

    async def _fit_panels(self) -> None:
        frame = self.screen_stack[0]
        wide = self.size.width >= WIDE
        frame.set_class(wide, "-wide")
        frame.set_class(self.size.width >= HUGE, "-huge")
        panels = frame.query_one("#panels")
        if wide and self.work.survey is not None and not panels.children:
            from vxlan_tui.ui.panels.hub import NAMES  # noqa: PLC0415

            await panels.mount_all([self.hub.panel(name) for name in NAMES])

    def on_wizard_panel_news(self, event: PanelNews) -> None:
        """Draw the panels of a source that has changed."""
        from vxlan_tui.ui.panels.live import LivePanel  # noqa: PLC0415

        for screen in self.screen_stack:
            for panel in screen.query(LivePanel):
                panel.news(event.name)

    def on_app_focus(self) -> None:
        """Read again what the system sends no event about: it may have been changed in another window."""
        if self._hub is not None:
            self._hub.refresh()

    def _follow(self) -> None:
        """Let the panels follow the plan."""
        if self._hub is None:
            return
        host = self.work.host
        if self._hub.follow(self.work.plan, host.interface if host else ""):
            for panels in self.screen_stack[0].query("#panels"):
                panels.remove_children()
            self.call_after_refresh(self._fit_panels)

    def signalled(self, number: int) -> None:
        """End for a signal: at once, or when the command that runs has ended."""
        self.leaving = 128 + number
        if self.interrupts is not None:
            self.interrupts.stop(number)
        else:
            self.exit(130)

    def on_wizard_progress(self) -> None:
        """Draw soon what a run has told, and once for all that comes until then."""
        if not self._progress_due:
            self._progress_due = True
            self.set_timer(0.05, self._show_progress)

    def _show_progress(self) -> None:
        self._progress_due = False
        if not self.is_running:
            return
        for pane in self.screen_stack[0].query(f"#pane-{self.current}").results(Pane):
            pane.show()
            self.call_after_refresh(pane.reveal)

    def progress(self) -> None:
        """Say from a run's thread that it has told something."""
        self._from_thread(self.Progress())

    def get_system_commands(self, screen: Any) -> Any:
        """Give the palette every action."""
        from vxlan_tui.ui.palette import commands  # noqa: PLC0415

        yield from commands(self)

    def on_unmount(self) -> None:
        """End the live sources."""
        if self._hub is not None:
            self._hub.stop()


def _made(section: str) -> Pane:
    if section == "plan":
        from vxlan_tui.ui.screens.plan import PlanPane  # noqa: PLC0415

        return PlanPane()
    if section == "verify":
        from vxlan_tui.ui.screens.verify import VerifyPane  # noqa: PLC0415

        return VerifyPane()
    if section == "finish":
        from vxlan_tui.ui.screens.finish import FinishPane  # noqa: PLC0415

        return FinishPane()
    from vxlan_tui.ui.screens.steps import StepsPane  # noqa: PLC0415

    return StepsPane(section)


def wizard(path: Path | None, host: str | None, look: Look) -> Wizard:
    """Make the application, for the program and for tests alike."""
    from vxlan_tui.ui.draft import Draft  # noqa: PLC0415

    work = Work(Draft(path or Path("plan.toml")), asked_host=host)
    ScrollBar.renderer = PlainBar if look.plain or look.no_colour else ScrollBarRender
    return Wizard(work, look, plan_given=path is not None)

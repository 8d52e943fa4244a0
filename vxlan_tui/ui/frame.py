"""The frame around the sections, and the way between them."""

import os
from collections.abc import Iterator

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.widgets import Static

from vxlan_tui.paths import REHEARSAL
from vxlan_tui.ui.model import FINISH, SECTIONS, STEP_SECTIONS, Model
from vxlan_tui.ui.render import Line, duration, listed, role_of, waited
from vxlan_tui.ui.screens.hosts import HostsPane
from vxlan_tui.ui.screens.pane import Pane
from vxlan_tui.ui.side_panels import SidePanels
from vxlan_tui.ui.widgets.key_bar import KeyBar
from vxlan_tui.ui.widgets.news import News
from vxlan_tui.ui.widgets.one_line import OneLine
from vxlan_tui.ui.widgets.section_list import SectionList

PANEL_KEYS = (
    ("Up Down PgUp PgDn", "Scroll", "work"),
    ("/", "Filter", "simulate_key('slash')"),
    ("Esc", "Back to the work", "work"),
)
"""The keys of a panel beside the work."""

SECTION_KEYS = (
    ("Up Down", "Section", "sections"),
    ("Enter", "Open it", "simulate_key('enter')"),
)
"""The keys of the list of sections."""

FINDER_KEYS = (
    ("Enter", "Keep the filter", "simulate_key('enter')"),
    ("Esc", "Show all", "simulate_key('escape')"),
    ("Up Down", "Go", "simulate_key('down')"),
)
"""The keys of the line that narrows a list."""


SHORT = {"taken back": "put back"}
"""States whose words are too long for the list of sections."""


class Frame(SidePanels):
    """The application's part that shows the sections."""

    _show_due = False

    def compose(self) -> ComposeResult:
        """Give the frame, with the first section in it."""
        self.fit_frame()
        yield OneLine(self._banner(), id="banner")
        with Horizontal(id="middle"):
            yield SectionList()
            yield HostsPane(self.model)
            yield Container(id="panels")
        yield KeyBar()

    def complete_frame(self) -> None:
        """Add the lines that are empty in the first frame: it does not wait for them."""
        self.frame.mount(News(), Static(id="hint", markup=False), before=self.frame.query_one(KeyBar))

    def _banner(self) -> str:
        host = self.model.draft.get(f"hosts[{self.model.draft.here}].name")
        where = f"{host}  " if host else ""
        rehearsal = "REHEARSAL on a clone  " if os.environ.get(REHEARSAL) else ""
        words, path = f"vxlan-tui  {rehearsal}{where}", str(self.model.draft.path)
        room = max(12, self.size.width - len(words) - 2)
        return f"{words}{path if len(path) <= room else '...' + path[3 - room :]}"

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
        states = {name: self.model.state(name) for name in SECTIONS}
        rows = [(SECTIONS[name], SHORT.get(state, state), role_of(state)) for name, state in states.items()]
        self.frame.query_one(SectionList).put(rows, list(SECTIONS).index(self.model.current), list(self._foot()))
        self.frame.query_one("#banner", OneLine).put(self._banner())
        self.show_keys()

    def _foot(self) -> Iterator[Line]:
        """Tell below the sections what runs, or what is left in all of them."""
        run = self.model.run
        if run is not None:
            yield ((f"running {run.done}/{run.count}", "next"),)
            yield ((duration(run.seconds), "next"),)
        elif self.model.looking and self.model.unseen and self.model.left():
            yield (("looking at", ""),)
            yield ((listed(self.model.unseen), ""),)
            yield ((waited(self.model.look_seconds), ""),)
        elif count := sum(map(len, self.model.left().values())):
            yield ((f"{count} steps left:", ""),)
            yield (("A runs them all", "next"),)

    def show_keys(self) -> None:
        """Show the keys that hold now."""
        focused = self.frame.focused
        in_panels = focused is not None and self.frame.query_one("#panels") in focused.ancestors
        finds = focused is not None and focused.has_class("finder")
        keys = FINDER_KEYS if finds else PANEL_KEYS if in_panels else self.pane.own_keys()
        if isinstance(focused, SectionList):
            keys = SECTION_KEYS
        self.frame.query_one(KeyBar).show(keys)

    def on_descendant_focus(self) -> None:
        """Show the keys of what has the focus now; what is said of a field is not said of anything else."""
        self.show_keys()
        focused = self.frame.focused
        if focused is not None and self.pane not in focused.ancestors:
            self.hint("")

    # The way

    async def go(self, section: str) -> None:
        """Open a section."""
        if not self.frame.query(f"#pane-{section}"):
            await self.frame.query_one("#middle").mount(_made(section, self.model), before="#panels")
        self.model.current = section
        self.hint("")
        pane = self.pane
        for other in self.frame.query(Pane):
            other.display = other is pane
        pane.show()
        self.show_frame()
        self.call_after_refresh(pane.opened)

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
            self.tell(f"Left open: {SECTIONS[current]}.")
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
        for line in self.frame.query("#hint").results(Static):  # it comes after the first frame
            line.update(words)
            line.display = bool(words)


def _made(section: str, model: Model) -> Pane:
    if section == "plan":
        from vxlan_tui.ui.screens.plan import PlanPane  # noqa: PLC0415

        return PlanPane(model)
    if section == "verify":
        from vxlan_tui.ui.screens.verify import VerifyPane  # noqa: PLC0415

        return VerifyPane(model)
    if section == FINISH:
        from vxlan_tui.ui.screens.finish import FinishPane  # noqa: PLC0415

        return FinishPane(model)
    from vxlan_tui.ui.screens.steps import StepsPane  # noqa: PLC0415

    return StepsPane(model, section)

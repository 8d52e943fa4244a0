"""The live panels: beside the work where there is room, over the whole terminal where there is none."""

from typing import TYPE_CHECKING, Any

from textual import on
from textual.events import Resize
from textual.message import Message

from vxlan_tui.ui.base import Base
from vxlan_tui.ui.model import Model
from vxlan_tui.ui.terminal_style import TerminalStyle

if TYPE_CHECKING:
    from vxlan_tui.ui.panels.hub import Hub, MakeSource

WIDE = 118
"""Columns from which the panels stand beside the work."""
HUGE = 170
LEAST = (80, 24)
"""Columns and lines from which nothing is cut off."""


class SidePanels(Base):
    """The application's part that shows what the marked host has now."""

    model: Model
    style: TerminalStyle
    _hub: "Hub | None" = None
    _is_small = False

    class PanelNews(Message):
        """A live source has changed."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def make_source(self) -> "MakeSource":
        """Return what makes the panels' sources."""
        raise NotImplementedError

    @property
    def frame(self) -> Any:
        """The screen below all dialogs."""
        return self.screen_stack[0]

    @property
    def hub(self) -> "Hub":
        """The live sources."""
        if self._hub is None:
            from vxlan_tui.ui.panels.hub import Hub  # noqa: PLC0415

            self._hub = Hub(self.make_source(), self._panel_changed, self.style)
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

    def on_resize(self, event: Resize) -> None:
        """Show the panels beside the work where there is room; say so where there is too little for the work itself."""
        self.call_later(self._fit_panels)
        width, height = event.size
        was_small, self._is_small = self._is_small, width < LEAST[0] or height < LEAST[1]
        if self._is_small and not was_small:
            self.tell(f"This terminal has {width}x{height}: below {LEAST[0]}x{LEAST[1]} some is cut off.")

    def fit_frame(self) -> None:
        """Keep the place of the panels free where there is room for them."""
        self.frame.set_class(self.size.width >= WIDE, "-wide")
        self.frame.set_class(self.size.width >= HUGE, "-huge")

    async def _fit_panels(self) -> None:
        self.fit_frame()
        panels = self.frame.query_one("#panels")
        if self.size.width >= WIDE and self.model.survey is not None and not panels.children:
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

    def stop_panels(self) -> None:
        """End the live sources."""
        if self._hub is not None:
            self._hub.stop()

"""A live panel over the whole terminal, for where there is no room beside the work."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from vxlan_tui.ui.panels.live import COVERS, LivePanel

if TYPE_CHECKING:
    from vxlan_tui.ui.app import Wizard


class PanelScreen(ModalScreen[None]):
    """One panel. The keys of the others change over to them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", show=False),
        Binding("f2,d", "app.panel('devices')", show=False),
        Binding("f3,f", "app.panel('fdb')", show=False),
        Binding("f4,w", "app.panel('networks')", show=False),
    ]

    def __init__(self, name: str, panel: LivePanel) -> None:
        super().__init__(name=name, classes=COVERS)
        self.panel = panel

    def compose(self) -> ComposeResult:
        """Give the panel above the keys."""
        with Vertical(classes="full"):
            yield self.panel
            yield Static(
                "Up Down PgUp PgDn Home End: scroll  F2 Devices F3 FDB F4 Networks  Esc: back",
                classes="foot",
                markup=False,
            )

    def on_mount(self) -> None:
        """Let the keys scroll."""
        self.panel.table.focus()

    def on_unmount(self) -> None:
        """Let the panels that were covered catch up."""
        for panel in self.app.screen_stack[0].query(LivePanel):
            panel.draw()


def show_panel(app: "Wizard", name: str) -> None:
    """Put the focus on a panel beside the work; where there is none, or it has the focus, show it in full."""
    top = app.screen
    over = isinstance(top, PanelScreen)
    if over and top.name == name:
        top.dismiss(None)
        return
    if not over and len(app.screen_stack) > 1:
        return
    source = app.hub.source(name)
    beside = [panel for panel in app.screen_stack[0].query(LivePanel) if panel.source is source]
    if not over and beside and beside[0].region and not beside[0].table.has_focus:
        beside[0].table.focus()
    elif over:
        app.switch_screen(PanelScreen(name, app.hub.panel(name)))
    else:
        app.push_screen(PanelScreen(name, app.hub.panel(name)))

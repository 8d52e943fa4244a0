"""A live panel over the whole terminal, for where there is no room beside the work."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from vxlan_tui.ui.panels.live import COVERS, LivePanel


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
                "Up Down PgUp PgDn: scroll  /: filter  F2 Devices F3 FDB F4 Networks  Esc: back",
                classes="foot",
                markup=False,
            )

    def on_mount(self) -> None:
        """Let the keys scroll."""
        self.panel.table.focus()

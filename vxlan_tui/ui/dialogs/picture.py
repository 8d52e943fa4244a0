"""The segments as a drawing over the whole terminal, with how far each host is."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from vxlan_tui.ui import overview
from vxlan_tui.ui.model import SECTIONS, STEP_SECTIONS, Model
from vxlan_tui.ui.render import Line
from vxlan_tui.ui.widgets.ink import content


class Picture(ModalScreen[None]):
    """What stands, as a drawing that follows what is done meanwhile."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,f5,p", "dismiss(None)", show=False)]

    def __init__(self, model: Model) -> None:
        super().__init__()
        self._model = model

    def compose(self) -> ComposeResult:
        """Give the drawing above the keys."""
        with Vertical(classes="full"):
            yield Static("The segments, as the marked host sees them", classes="heading", markup=False)
            with VerticalScroll():
                yield Static(classes="picture")
            yield Static("Up Down PgUp PgDn: scroll   Esc: back", classes="foot", markup=False)

    def on_mount(self) -> None:
        """Draw it, and again each second."""
        self.query_one(VerticalScroll).focus()
        self._draw()
        self.set_interval(1, self._draw)

    def _draw(self) -> None:
        room = min(max(40, self.size.width - 2), 30 + 16 * len(self._model.works))
        sections = {name: SECTIONS[name] for name in (*STEP_SECTIONS, "verify")}
        table = overview.sections_of(self._model, sections, room) if self._model.works else []
        reaching = overview.who_reaches_whom(self._model.works, room)
        nothing: list[Line] = [(("There is no plan yet.", ""),)]
        lines = [*(overview.picture(self._model, max(40, self.size.width - 2)) or nothing), (), *table, (), *reaching]
        self.query_one(".picture", Static).update(content(*lines))

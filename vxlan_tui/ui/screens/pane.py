"""What the sections' screens share."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical

from vxlan_tui.ui.model import Model
from vxlan_tui.ui.widgets.key_bar import Key


class Pane(Vertical):
    """A section's screen. It stays as it is left, with its mark, when another one is opened."""

    section = ""
    keys: ClassVar[tuple[Key, ...]] = ()
    help: ClassVar[str] = ""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.sections", show=False)]

    def __init__(self, model: Model) -> None:
        super().__init__(id=f"pane-{self.section}")
        self.model = model

    def show(self) -> None:
        """Put what the model holds now on screen; called when the section is opened and when something changed."""

    def on_resize(self) -> None:
        """Fit what is shown into the new width."""
        self.show()

    def opened(self) -> None:
        """The section was opened: put the focus where the next thing is to be done."""

    def settled(self) -> None:
        """A run or the checks have ended well: mark what comes next."""
        self.opened()

    def own_keys(self) -> tuple[Key, ...]:
        """Return the keys that hold in this section now."""
        return self.keys

    def help_text(self) -> str:
        """Return the section's help, for what has the focus."""
        return self.help

"""The lines of a form: a field with its words beneath, and something to do."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Click
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from vxlan_tui.ui.widgets.choice import Choice
from vxlan_tui.ui.widgets.line import Line


class Field(Vertical):
    """A label, what is typed or chosen, and words beneath where it is not allowed.

    `held` is the value that it was given last, or that was taken from it last.
    """

    def __init__(self, key: str, label: str, about: str, editor: Line | Choice) -> None:
        super().__init__(classes="field")
        self.key = key
        self.label = label
        self.about = about
        self.editor = editor
        self.held = editor.value
        self.visited = False
        self._words = Static(classes="fault", markup=False)
        self._words.display = False

    def compose(self) -> ComposeResult:
        """Give the line and the words."""
        with Horizontal():
            yield Static(self.label, classes="label", markup=False)
            yield self.editor
        yield self._words

    def tell(self, words: str, caution: bool = False) -> None:
        """Show what is not allowed, or what to mind, or nothing."""
        self._words.update(words)
        self._words.set_class(caution, "-caution")
        self._words.display = bool(words)

    @property
    def value(self) -> str:
        """What is typed or chosen."""
        return self.editor.value

    def hold(self, value: str) -> None:
        """Show a value that was not typed or chosen here."""
        self.held = self.editor.value = value


class ActLine(Static, can_focus=True):
    """Something to do: Enter does it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "do", show=False)]

    class Done(Message):
        """It is to be done."""

        def __init__(self, line: "ActLine") -> None:
            super().__init__()
            self.line = line

    def __init__(self, words: str, action: str, row: int) -> None:
        super().__init__(f"[ {words} ]", classes="act", markup=False)
        self.words = words
        self.action = action
        self.row = row

    def action_do(self) -> None:
        """Do it."""
        self.post_message(self.Done(self))

    def on_click(self, event: Click) -> None:
        """Do it with the mouse."""
        event.stop()
        self.action_do()


def field_of(widget: Widget | None) -> Field | None:
    """Return the field that a widget is in."""
    found = widget.ancestors_with_self if widget is not None else []
    return next((each for each in found if isinstance(each, Field)), None)

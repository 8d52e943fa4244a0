"""What opens over the screens: a question with its answers, a text to read, and a line to type."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from vxlan_tui.ui.form import Line

if TYPE_CHECKING:
    from vxlan_tui.ui.app import Wizard


class Ask(ModalScreen[str | None]):
    """A question and its answers, one of which is given back; None where it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(self, question: str, answers: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._question = question
        self._answers = list(answers)

    def compose(self) -> ComposeResult:
        """Give the question above its answers."""
        with Vertical(classes="box"):
            with VerticalScroll(classes="question"):
                yield Static(self._question, markup=False)
            yield OptionList(*[Option(_unmarked(words)) for _, words in self._answers])
            yield Static("Up, Down: choose   Enter: take it   Esc: back", classes="foot", markup=False)

    def on_mount(self) -> None:
        """Begin at the first answer."""
        self.set_focus(self.query_one(OptionList))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Mark the answer that Enter takes: it is to be seen without colours."""
        for index, (_, words) in enumerate(self._answers):
            mark = _marked if index == event.option_index else _unmarked
            event.option_list.replace_option_prompt_at_index(index, mark(words))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Give the answer back."""
        if self.is_current:  # a second Enter can follow at once
            self.dismiss(self._answers[event.option_index][0])


def _marked(words: str) -> Text:
    return Text(f"> {words}", "bold")


def _unmarked(words: str) -> Text:
    return Text(f"  {words}")


class Read(ModalScreen[None]):
    """A text to read, scroll and copy."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1,question_mark", "dismiss(None)", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """Give the text under its title."""
        with Vertical(classes="box tall"):
            yield Static(self._title, classes="heading", markup=False)
            with VerticalScroll():
                yield Static(self._text, markup=False)
            yield Static("Up, Down, PgUp, PgDn: scroll   y: copy   Esc: back", classes="foot", markup=False)

    def on_mount(self) -> None:
        """Let the keys scroll."""
        self.set_focus(self.query_one(VerticalScroll))

    def action_copy(self) -> None:
        """Copy the text."""
        cast("Wizard", self.app).copy(self._text)


class Type(ModalScreen[str | None]):
    """A line to type; given back with Enter, None where it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(self, question: str, value: str) -> None:
        super().__init__()
        self._question = question
        self._value = value

    def compose(self) -> ComposeResult:
        """Give the question above the line."""
        with Vertical(classes="box"):
            yield Static(self._question, markup=False)
            yield Line(self._value, "")
            yield Static("Enter: take it   Esc: back", classes="foot", markup=False)

    def on_mount(self) -> None:
        """Begin to type."""
        self.set_focus(self.query_one(Line))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the line back."""
        event.stop()
        if self.is_current:
            self.dismiss(event.value.strip())

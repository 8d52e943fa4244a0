"""The widgets of a form: a field with its words beneath, a choice, and something to do."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Click, Key
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from vxlan_tui.ui.fields import Act, Spec
from vxlan_tui.ui.keys import LINE_KEYS, is_typed


class Choice(Static, can_focus=True):
    """One of several values: Left and Right step through them, Enter lists them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", show=False),
        Binding("right,space", "step(1)", show=False),
        Binding("enter", "list", show=False),
    ]

    class Changed(Message):
        """Another value was chosen."""

        def __init__(self, choice: "Choice") -> None:
            super().__init__()
            self.choice = choice

    def __init__(self, values: Sequence[tuple[str, str]], value: str) -> None:
        super().__init__(markup=False)
        self.values = list(values)
        if value not in [known for known, _ in self.values]:
            self.values.append((value, f"{value} (not on this host)" if value else "choose"))
        self.value = value
        self._draw()

    def _draw(self) -> None:
        self.update(Text(f"< {dict(self.values).get(self.value, self.value)} >", no_wrap=True, overflow="ellipsis"))

    def choose(self, value: str) -> None:
        """Take a value."""
        self.value = value
        self._draw()
        self.post_message(self.Changed(self))

    def action_step(self, by: int) -> None:
        """Take the next value, or the one before."""
        known = [value for value, _ in self.values]
        self.choose(known[(known.index(self.value) + by) % len(known)])

    def action_list(self) -> None:
        """List the values."""
        from vxlan_tui.ui.screens.ask import Ask  # noqa: PLC0415

        def chosen(value: str | None) -> None:
            if value is not None:
                self.choose(value)

        field = next((each for each in self.ancestors if isinstance(each, Field)), None)
        title = f"{field.spec.label.strip()}: {field.spec.help}" if field else "Choose"
        self.app.push_screen(Ask(title, self.values), chosen)

    def on_click(self) -> None:
        """Step on with the mouse."""
        self.action_step(1)


class Field(Vertical):
    """A label, what is typed or chosen, and words beneath where it is not allowed."""

    def __init__(self, spec: Spec, editor: Widget) -> None:
        super().__init__(classes="field")
        self.spec = spec
        self.editor = editor
        self.visited = False
        self._words = Static(classes="fault", markup=False)
        self._words.display = False

    def compose(self) -> ComposeResult:
        """Give the line and the words."""
        with Horizontal():
            yield Static(self.spec.label, classes="label", markup=False)
            yield self.editor
        yield self._words

    def tell(self, words: str) -> None:
        """Show what is not allowed, or nothing."""
        self._words.update(words)
        self._words.display = bool(words)

    @property
    def value(self) -> str:
        """What is typed or chosen."""
        return str(getattr(self.editor, "value", ""))


class Line(Input):
    """A line to type in. The cursor does not blink: a screen at rest sends nothing."""

    def __init__(self, value: str, default: str) -> None:
        super().__init__(value, select_on_focus=False)
        self.cursor_blink = False
        self.tell_default(default)

    def tell_default(self, default: str) -> None:
        """Show what holds where nothing is typed."""
        self.placeholder = f"({default})" if default else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Enter to the form, where this is one of its lines."""
        del parameters
        return not (action == "submit" and isinstance(self.parent, Horizontal))

    async def _on_key(self, event: Key) -> None:
        """Take the line's own keys as they come, in turn with what is typed."""
        if not event.is_printable and is_typed(event, self):
            event.stop()
            event.prevent_default()
            await self.run_action(LINE_KEYS[event.key])
        else:
            await super()._on_key(event)


class ActLine(Static, can_focus=True):
    """Something to do: Enter does it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "do", show=False)]

    def __init__(self, act: Act, do: Callable[[Act], None]) -> None:
        super().__init__(f"[ {act.text} ]", classes="act", markup=False)
        self.act = act
        self._do = do

    def action_do(self) -> None:
        """Do it."""
        self._do(self.act)

    def on_click(self, event: Click) -> None:
        """Do it with the mouse."""
        event.stop()
        self._do(self.act)

"""The colours, and what is drawn in place of glyphs that a console's font lacks."""

from rich.color import Color
from rich.segment import Segment, Segments
from rich.style import Style
from textual.filter import LineFilter
from textual.scrollbar import ScrollBarRender
from textual.theme import Theme


def _bar(bar: str, background: str) -> dict[str, str]:
    """Give a scrollbar's colours: Textual's own are too near to each other to tell `#` from `|`."""
    states = ("", "-hover", "-active")
    bars = {f"scrollbar{state}": bar for state in states}
    return bars | {f"scrollbar-background{state}": background for state in states}


FULL = Theme(
    name="vxlan",
    primary="#1f4e79",
    secondary="#5f7f9f",
    accent="#7fc8f8",
    foreground="#e0e0e0",
    background="#101418",
    surface="#1c242c",
    panel="#2c3844",
    success="#7fd78f",
    warning="#e8c060",
    error="#ff8080",
    dark=True,
    variables={
        **_bar("#5f7f9f", "#101418"),
        "command": "#8fd0d8",
        "dim": "#9aa6b2",
        "bright": "#ffffff",
        "bar": "#2f6ea5",
        "bar-text": "#ffffff",
        "field": "#1c2a38",
        "field-dim": "#9aa6b2",
    },
)

# Of the sixteen colours that each terminal has, so that none is rounded to another.
SIXTEEN = Theme(
    name="vxlan-16",
    primary="#0000aa",
    secondary="#aaaaaa",
    accent="#55ffff",
    foreground="#aaaaaa",
    background="#000000",
    surface="#000000",
    panel="#000000",
    success="#55ff55",
    warning="#ffff55",
    error="#ff5555",
    dark=True,
    variables={
        **_bar("#aaaaaa", "#000000"),
        "command": "#00aaaa",
        "dim": "#aaaaaa",
        "bright": "#ffffff",
        "bar": "#00aaaa",
        "bar-text": "#000000",
        "field": "#0000aa",
        "field-dim": "#aaaaaa",
    },
)
"""`bar` is what has the focus: one colour for it everywhere, and no other thing has it."""


_BLACK, _WHITE = Color.parse("black"), Color.parse("white")


class NoColour(LineFilter):
    """Takes all colour away (NO_COLOR). Textual's own answer to that are shades of grey, which are colours as well."""

    def apply(self, segments: list[Segment], background: object) -> list[Segment]:
        """Give the segments without colours."""
        return [
            Segment(text, style and style.without_color + Style(meta=style.meta or None), control)
            for text, style, control in segments
        ]


class PlainBar(ScrollBarRender):
    """A scrollbar of ASCII characters: `|` and, where the view is, `#`."""

    @classmethod
    def render_bar(  # noqa: PLR0913, PLR0917 (Textual's own signature)
        cls,
        size: int = 25,
        virtual_size: float = 50,
        window_size: float = 20,
        position: float = 0,
        thickness: int = 1,
        vertical: bool = True,
        back_color: Color = _BLACK,
        bar_color: Color = _WHITE,
    ) -> Segments:
        """Give the characters, from the top or from the left."""
        share = min(1.0, window_size / virtual_size) if virtual_size else 1.0
        length = max(1, round(size * share))
        room = max(1.0, virtual_size - window_size)
        start = round((size - length) * min(1.0, position / room))
        places = ["#" if start <= place < start + length else "|" for place in range(size)]
        width = thickness if vertical else 1
        style = Style(color=bar_color, bgcolor=back_color)
        segments = [Segment(char * width, _meta(style, place < start)) for place, char in enumerate(places)]
        if vertical:
            return Segments(segments, new_lines=True)
        return Segments([*segments, Segment.line()] * thickness, new_lines=False)


def _meta(style: Style, before: bool) -> Style:
    return style + Style(meta={"@mouse.down": "scroll_up" if before else "scroll_down"})

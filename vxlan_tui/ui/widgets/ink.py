"""The colours of roles: a style sheet gives each role its own, and text alone says enough without any."""

from rich.style import Style
from textual.content import Content
from textual.widget import Widget

from vxlan_tui.ui.render import Line

INK = {f"ink--{role}" for role in ("title", "command", "dim", "good", "next", "caution", "bad")}


def inks(widget: Widget) -> dict[str, Style]:
    """Return the style of each role on a widget whose component classes are INK."""
    return {name.removeprefix("ink--"): widget.get_component_rich_style(name, partial=True) for name in INK}


_MARKUP = {
    "title": "bold",
    "command": "$command",
    "dim": "$dim",
    "good": "$success",
    "next": "$accent",
    "caution": "bold $warning",
    "bad": "bold $error",
}


def content(*lines: Line) -> Content:
    """Return lines as a Static takes them."""
    parts = [[(text, _MARKUP.get(role, "")) for text, role in line] for line in lines]
    return Content("\n").join(Content.assemble(*line) for line in parts)

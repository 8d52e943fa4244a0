"""Paragraphs, broken to the width that there is."""

from collections.abc import Iterable

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from vxlan_tui.ui.render import Block, wrapped
from vxlan_tui.ui.widgets.ink import content


class Text(Widget):
    """Shows paragraphs; as high as they are."""

    DEFAULT_CSS = "Text { height: auto; width: 1fr; }"

    def __init__(self, blocks: Iterable[Block] = (), classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._blocks = tuple(blocks)

    def put(self, blocks: Iterable[Block]) -> None:
        """Show these paragraphs."""
        new = tuple(blocks)
        if new != self._blocks:
            self._blocks = new
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the lines that it takes in so many columns."""
        del container, viewport
        return len(wrapped(self._blocks, width))

    def render(self) -> Content:
        """Give what is drawn."""
        return content(*wrapped(self._blocks, self.content_size.width))

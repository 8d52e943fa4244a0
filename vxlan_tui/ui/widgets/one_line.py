"""A line of text that changes often."""

from textual.content import Content
from textual.widget import Widget


class OneLine(Widget):
    """A line of text: what it says is drawn anew, and nothing is laid out anew.

    Static can do that since Textual 5.0 alone.
    """

    DEFAULT_CSS = "OneLine { height: 1; }"

    def __init__(self, words: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.words = words

    def put(self, words: str) -> None:
        """Say this from now on."""
        if words != self.words:
            self.words = words
            self.refresh()

    def render(self) -> Content:
        """Return what it says."""
        return Content(self.words)

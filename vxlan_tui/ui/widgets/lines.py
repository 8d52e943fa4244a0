"""Lines of text whose size stays as it is: new words cost a repaint of them, and no new layout of the screen."""

from rich.text import Text
from textual.widget import Widget


class Lines(Widget):
    """Some lines of text, as high as its style says."""

    def __init__(self, classes: str) -> None:
        super().__init__(classes=classes)
        self.text = Text()

    def put(self, text: Text) -> None:
        """Show this text."""
        if text != self.text:
            self.text = text
            self.refresh()

    def render(self) -> Text:
        """Give what is drawn."""
        return self.text

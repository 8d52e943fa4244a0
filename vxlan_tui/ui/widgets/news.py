"""A line or two that tell what has just happened, below the work, where they cover nothing."""

from textual.widgets import Static

SECONDS = 12.0
"""So long news stay, unless a key or other news take their place."""

ROLES = {"information": "", "warning": "bold $warning", "error": "bold $error"}


class News(Static):
    """The last news; nothing where they are old."""

    def __init__(self) -> None:
        super().__init__(id="news", markup=False)
        self.display = False
        self.words = ""

    def tell(self, words: str, severity: str = "information", seconds: float = SECONDS) -> None:
        """Show these words."""
        from textual.content import Content  # noqa: PLC0415 (comes after the first frame)

        self.words = words
        self.update(Content.styled(words, ROLES.get(severity, "")))
        self.display = bool(words)
        if words:
            self.set_timer(seconds, lambda: self._fade(words))

    def _fade(self, words: str) -> None:
        if words == self.words:
            self.clear()

    def clear(self) -> None:
        """Take them away."""
        self.words = ""
        self.display = False

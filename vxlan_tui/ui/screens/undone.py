"""What an undo has shown: its steps, with their commands and how they ended."""

from rich.text import Text
from textual.widgets import Static

from vxlan_tui.ui.words import step_text
from vxlan_tui.ui.work import Work, key_of, undo_of


class Undone(Static):
    """The last undo that was asked for in a section; nothing where there was none."""

    def __init__(self) -> None:
        super().__init__(classes="undone", markup=False)
        self.display = False

    def show(self, work: Work, section: str) -> None:
        """Show what is known of it now."""
        steps = work.undone.get(section, ())
        told = Text().append("Undo", "bold")
        for step in steps:
            run = work.runs.get(key_of(undo_of(section), step))
            if step.commands or run is not None:
                told.append("\n").append_text(step_text(step, run, False, "undone"))
        self.update(told.append("\n"))
        self.display = bool(steps)

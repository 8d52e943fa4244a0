"""What ran on a host, a line a run; the marked one is opened, with its commands."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from vxlan_tui.plan import printable
from vxlan_tui.runs import NOTHING, Run, as_text, end_of
from vxlan_tui.ui.render import Block, Line, block, command_blocks, counted, role_of
from vxlan_tui.ui.widgets.finder import Finder
from vxlan_tui.ui.widgets.folds import Folds, Item


class Log(ModalScreen[str | None]):
    """The runs, the last one marked. What is given back is the text of the one that is to be copied."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f9", "dismiss(None)", show=False),
        Binding("slash", "find", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self, title: str, found: Sequence[Run]) -> None:
        super().__init__()
        self._title = title
        self._runs = tuple(found)

    def compose(self) -> ComposeResult:
        """Give the runs under their title."""
        folds = Folds()
        with Vertical(classes="box tall"):
            yield Static(self._title, classes="heading", markup=False)
            yield folds
            yield Finder(folds)
            yield Static("Up, Down: run   PgUp, PgDn: read   /: filter   y: copy   Esc: back", classes="foot")

    def on_mount(self) -> None:
        """Mark the last run."""
        folds = self.query_one(Folds)
        folds.put([Item(number, _head(run), tuple(_body(run))) for number, run in enumerate(self._runs)])
        if not self._runs:
            folds.put([Item("", ((NOTHING, ""),), heading=True)])
        folds.focus()
        self.call_after_refresh(folds.mark, len(self._runs) - 1)

    def action_find(self) -> None:
        """Look for a part of a run."""
        self.query_one(Finder).begin()

    def action_copy(self) -> None:
        """Give back the marked run."""
        number = self.query_one(Folds).key
        if isinstance(number, int):
            self.dismiss(as_text([self._runs[number]]))


def _head(run: Run) -> Line:
    when, told = run.time[:16].replace("T", " "), f"{run.verb}, {counted(len(run.commands), 'command')}"
    return ((f"{when}  ", "dim"), (f"{run.result:<11} ", role_of(run.result)), (told, ""))


def _body(run: Run) -> Iterator[Block]:
    yield block(printable(run.told), hang=2)
    for ran in run.commands:
        yield block(f"{ran.step}, {ran.time[11:19]}: {end_of(ran)}", "bad" if ran.status else "dim")
        yield from command_blocks(f"# {printable(ran.text)}" if "\n" not in ran.text else f"# {ran.text}")
    yield from (block(printable(change.story), "caution", hang=2) for change in run.changes)

"""A screen that is a list: it can be filtered."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from vxlan_tui.ui.screens.messages import ActionRequested, HostRequested
from vxlan_tui.ui.screens.pane import Pane
from vxlan_tui.ui.widgets.folds import Folds
from vxlan_tui.ui.widgets.key_bar import Key

if TYPE_CHECKING:
    from vxlan_tui.ui.widgets.finder import Finder

FIND: tuple[Key, ...] = (("/", "Filter", "pane('find')"),)


class ListPane(Pane):
    """A pane with a list of things."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("slash", "find", show=False),
    ]

    _finder: "Finder | None" = None

    @property
    def folds(self) -> Folds:
        """The list."""
        return self.query_one(Folds)

    def compose_list(self) -> ComposeResult:
        """Give the list; the line that narrows it comes when it is asked for."""
        yield Folds()

    async def action_find(self) -> None:
        """Look for a part of a thing."""
        if self._finder is None:
            from vxlan_tui.ui.widgets.finder import Finder  # noqa: PLC0415 (comes after the first frame)

            self._finder = Finder(self.folds)
            await self.mount(self._finder)
        self._finder.begin()

    def action_leave(self) -> None:
        """Show all again where something was looked for, else go to the list of sections."""
        if self._finder is not None and self._finder.value:
            self._finder.action_show_all()
        else:
            self.post_message(ActionRequested("sections"))

    def on_finder_sought(self) -> None:
        """Show what is looked for also where it was folded away."""
        self.show()


class HostsListPane(ListPane):
    """A list of which a part is of the marked host."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,[", "mark_host(-1)", show=False),
        Binding("right,]", "mark_host(1)", show=False),
    ]

    def host_keys(self) -> tuple[Key, ...]:
        """Return the keys that mark another host, where there is one."""
        return (("Left Right", "Host", "pane('mark_host(1)')"),) if len(self.model.worked) > 1 else ()

    def action_mark_host(self, by: int) -> None:
        """Mark another host."""
        self.post_message(HostRequested(self.model.host_beside(by)))

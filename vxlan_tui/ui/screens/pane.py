"""What the sections' screens share."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from vxlan_tui.ui.keybar import Key
from vxlan_tui.ui.work import Work

if TYPE_CHECKING:
    from vxlan_tui.ui.app import Wizard


class Pane(VerticalScroll, can_focus=True):
    """A section's screen. It stays as it is left, with its scroll and focus, when another one is opened."""

    section = ""
    keys: ClassVar[tuple[Key, ...]] = ()
    help: ClassVar[str] = ""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "previous", show=False),
        Binding("down", "following", show=False),
        Binding("escape", "app.sections", show=False),
    ]

    @property
    def wizard(self) -> "Wizard":
        """The application."""
        return cast("Wizard", self.app)

    @property
    def work(self) -> Work:
        """The wizard's work."""
        return self.wizard.work

    def show(self) -> None:
        """Put what the work holds now on screen; called when the section is opened and when something changed."""

    def opened(self) -> None:
        """The section was opened: put the focus where the next thing is to be done."""
        self.focus(scroll_visible=False)

    def own_keys(self) -> tuple[Key, ...]:
        """Give the keys that hold in this section now."""
        return self.keys

    def help_text(self) -> str:
        """Give the section's help, for what has the focus."""
        return self.help

    def shows(self, view: Widget) -> bool:
        """Whether any of a view is on screen."""
        return view.region.intersection(self.region).area > 0

    def in_sight(self, view: Widget) -> bool:
        """Whether any of a view is on screen. Where not, go to it and say so: nothing runs that is not seen."""
        if self.shows(view):
            return True
        self.scroll_to_widget(view, animate=False, top=True)
        self.app.notify("What is marked was out of sight: look at it, then press Enter again.")
        return False

    def reveal(self) -> None:
        """Keep the end of what runs now in sight."""

    def keep_in_sight(self, view: Widget) -> None:
        """Show a view, and of one that is too tall its end."""
        if view.virtual_region.height <= self.size.height:
            self.scroll_to_widget(view, animate=False)
        else:
            self.scroll_to(y=view.virtual_region.bottom - self.size.height, animate=False)

    def action_page_down(self) -> None:
        """Scroll a page, and take the mark along."""
        self._scroll_with_mark(self.scroll_offset.y + self.size.height, 0)

    def action_page_up(self) -> None:
        """Scroll a page back, and take the mark along."""
        self._scroll_with_mark(self.scroll_offset.y - self.size.height, -1)

    def action_scroll_home(self) -> None:
        """Scroll to the beginning, and take the mark along."""
        self._scroll_with_mark(0, 0)

    def action_scroll_end(self) -> None:
        """Scroll to the end, and take the mark along."""
        self._scroll_with_mark(self.max_scroll_y, -1)

    def _scroll_with_mark(self, y: float, which: int) -> None:
        self.scroll_to(y=y, animate=False, immediate=True)
        self.call_after_refresh(self._mark_what_is_seen, which)

    def _mark_what_is_seen(self, which: int) -> None:
        """Mark the first or the last of what is in sight, where what is marked is not."""
        chain = [widget for widget in self.screen.focus_chain if self in widget.ancestors]
        focused = self.screen.focused
        seen = [widget for widget in chain if self.shows(widget)]
        if focused in chain and focused not in seen and seen:
            self.screen.set_focus(seen[which], scroll_visible=False)

    def action_previous(self) -> None:
        """Go to what can be chosen above."""
        self._step(-1)

    def action_following(self) -> None:
        """Go to what can be chosen below."""
        self._step(1)

    def _step(self, by: int) -> None:
        chain = [widget for widget in self.screen.focus_chain if self in widget.ancestors]
        focused = self.screen.focused
        if focused in chain:
            place = chain.index(focused) + by
            if 0 <= place < len(chain) and self._reaches(chain[place]):
                self.screen.set_focus(chain[place])
                return
        elif chain:
            self.screen.set_focus(chain[0])
            return
        self.scroll_relative(y=by * 2, animate=False)

    def _reaches(self, other: object) -> bool:
        """Whether the next one can be seen without passing over what is still hidden of this one."""
        focused = self.screen.focused
        if focused is None:
            return True
        top, bottom = focused.region.y, focused.region.bottom
        visible = self.region
        below = getattr(other, "region", focused.region).y >= bottom
        return bottom <= visible.bottom if below else top >= visible.y

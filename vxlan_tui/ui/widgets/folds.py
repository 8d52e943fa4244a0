"""A list of one line a thing, of which the marked one is opened: its lines are drawn, and no widget is made for any."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from vxlan_tui.ui.render import CUT, Block, Line, wrapped
from vxlan_tui.ui.widgets.ink import INK, inks
from vxlan_tui.ui.widgets.words import has

INDENT = 2
"""Columns that what is opened stands in from the left; the mark stands in them."""


@dataclass(frozen=True)
class Item:
    """A thing of the list: its line, and what opens beneath it.

    `stays` keeps it open where it is not marked; `heading` is a line that cannot be marked.
    """

    key: Hashable
    head: Line
    body: tuple[Block, ...] = ()
    stays: bool = False
    heading: bool = False

    @property
    def text(self) -> str:
        """All that it says."""
        return "\n".join(["".join(text for text, _ in self.head), *(each.text for each in self.body)])


class Folds(ScrollView, can_focus=True):
    """The list. The mark stays on its thing while others come and go, and is always in sight."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*INK, "ink--bar"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "mark(-1)", show=False),
        Binding("down,j", "mark(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "mark(-1000000)", show=False),
        Binding("end", "mark(1000000)", show=False),
    ]

    class Marked(Message):
        """Another thing is marked."""

    class Clicked(Message):
        """What is marked was clicked once more."""

    def __init__(self, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self.items: tuple[Item, ...] = ()
        """What is shown: all, or what was looked for."""
        self.needle = ""
        self._all: tuple[Item, ...] = ()
        self._place = 0
        self._lines: list[tuple[int, Line]] = []
        self._follow_end = False

    @property
    def marked(self) -> Item | None:
        """The thing that is marked."""
        return self.items[self._place] if self._place < len(self.items) else None

    @property
    def key(self) -> Hashable:
        """The key of what is marked, None where there is nothing."""
        return self.marked.key if self.marked is not None else None

    def put(self, items: Sequence[Item], follow_end: bool = False) -> None:
        """Show these things; `follow_end` keeps the end of what is marked in sight, as it grows."""
        if tuple(items) != self._all:
            self._all = tuple(items)
            self._show(follow_end)

    def narrow(self, words: str) -> None:
        """Show the things alone that have these words in them, and no headings; all for none."""
        self.needle = words.strip()
        self._show(False)
        self.post_message(self.Marked())

    def step(self, by: int) -> None:
        """Move the mark."""
        self.action_mark(by)

    def _show(self, follow_end: bool) -> None:
        key, near = self.key, self._place
        found = (item for item in self._all if not item.heading and has(self.needle, item.text))
        self.items = tuple(found) if self.needle else self._all
        places = [place for place, item in enumerate(self.items) if item.key == key and not item.heading]
        self._place = places[0] if places else self._nearest(near)
        self._follow_end = follow_end
        self._lay_out(is_read=bool(places) and not follow_end)

    def mark(self, key: Hashable) -> None:
        """Mark the thing of that key."""
        place = next((place for place, item in enumerate(self.items) if item.key == key), None)
        if place is not None:
            self._move_to(place)

    def _nearest(self, place: int) -> int:
        """Return the place of what can be marked from here on; where there is none, the last one before."""
        ahead, behind = range(place, len(self.items)), reversed(range(min(place, len(self.items))))
        return next((n for n in (*ahead, *behind) if not self.items[n].heading), 0)

    def action_mark(self, by: int) -> None:
        """Move the mark."""
        open_ones = [place for place, item in enumerate(self.items) if not item.heading]
        if open_ones:
            now = open_ones.index(self._place) if self._place in open_ones else 0
            if now == 0 and by < 0:
                self.scroll_to(y=0, animate=False, force=True)  # what stands above the first is to be read as well
                return
            self._move_to(open_ones[max(0, min(len(open_ones) - 1, now + by))])

    def action_page(self, by: int) -> None:
        """Scroll through what is opened; where its end is in sight, move the mark by a page."""
        top, height = self.scroll_offset.y, max(1, self.size.height)
        first, last = self._extent(self._place)
        if by > 0 and last >= top + height:
            self.scroll_to(y=min(last + 1 - height, top + height - 1), animate=False, force=True)
        elif by < 0 and (first < top or self._place == self._nearest(0)):
            least = 0 if self._place == self._nearest(0) else first
            self.scroll_to(y=max(least, top - height + 1), animate=False, force=True)
        else:
            self.action_mark(by * max(1, height // 2))

    def _move_to(self, place: int) -> None:
        moved = place != self._place
        self._place = place
        self._follow_end = False
        self._lay_out()
        if moved:
            self.post_message(self.Marked())

    def _lay_out(self, is_read: bool = False) -> None:
        """Work out the lines, and bring what is marked into sight; `is_read` leaves what is being read where it is."""
        room = self.room
        self._lines = []
        for place, item in enumerate(self.items):
            self._lines.append((place, item.head))
            if item.stays or place == self._place:
                self._lines.extend((place, ((" " * INDENT, ""), *line)) for line in wrapped(item.body, room - INDENT))
        self.virtual_size = Size(room, len(self._lines))  # no wider than what is left: Left and Right are the pane's
        self._bring_into_sight(is_read)
        self.refresh()

    @property
    def room(self) -> int:
        """The columns for text; one is left for the scroll bar, which may come."""
        return max(1, self.content_region.width - 1)

    def _extent(self, place: int) -> tuple[int, int]:
        numbers = [number for number, (at, _) in enumerate(self._lines) if at == place]
        return (numbers[0], numbers[-1]) if numbers else (0, 0)

    def _bring_into_sight(self, is_read: bool = False) -> None:
        first, last = self._extent(self._place)
        top, height = int(self.scroll_offset.y), self.content_region.height
        if not height:
            return  # not on screen yet
        if is_read and last - first >= height and first < top + height and last >= top:
            return  # a part of what is opened, which is longer than the screen: somebody reads it
        if self._place == self._nearest(0) and last < height:
            first = 0  # what stands above the first is a heading
        wanted = max(top, last + 1 - height)
        if not self._follow_end:
            wanted = min(wanted, first)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        """Draw one line in sight."""
        number = int(self.scroll_offset.y) + y
        width, base = self.size.width, self.rich_style
        if number >= len(self._lines):
            return Strip.blank(width, base)
        place, parts = self._lines[number]
        is_head = number == 0 or self._lines[number - 1][0] != place
        item, styles = self.items[place], inks(self)
        is_marked = is_head and place == self._place and not item.heading
        if is_head:
            parts = _cut(parts, width - (0 if item.heading else INDENT))
        if is_marked and self.has_focus:
            style = self.get_component_rich_style("ink--bar")
            return self._strip([Segment("> ", style), *(Segment(text, style) for text, _ in parts)], width, style)
        sign = "> " if is_marked else "  "
        start = [Segment(sign, base)] if is_head and not item.heading else []
        found = [Segment(text, base + styles.get(role, Style())) for text, role in parts]
        return self._strip([*start, *found], width, base)

    @staticmethod
    def _strip(segments: list[Segment], width: int, style: Style) -> Strip:
        return Strip(segments).adjust_cell_length(width, style)

    def on_focus(self) -> None:
        """Show the mark."""
        self.refresh()

    def on_blur(self) -> None:
        """Show the mark as what is not in focus."""
        self.refresh()

    def on_click(self, event: Click) -> None:
        """Mark what is under the mouse."""
        number = int(self.scroll_offset.y) + event.y
        place = self._lines[number][0] if number < len(self._lines) else -1
        if place >= 0 and not self.items[place].heading:
            again = place == self._place
            self._move_to(place)
            if again:
                self.post_message(self.Clicked())


def _cut(parts: Line, room: int) -> Line:
    """Return a line that fits; a sign stands where its end was cut off."""
    if sum(len(text) for text, _ in parts) <= room:
        return parts
    found: list[tuple[str, str]] = []
    left = max(0, room - len(CUT))
    for text, role in parts:
        found.append((text[:left], role))
        left -= len(found[-1][0])
    return (*found, (CUT, ""))

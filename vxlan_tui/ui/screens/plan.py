"""The plan's screen: a form filled in from what was found, checked field by field as each is left."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import DescendantBlur, DescendantFocus
from textual.widget import Widget
from textual.widgets import Input, Static

from vxlan_tui.ui.model import Model
from vxlan_tui.ui.plan_form.choices import choices_of, set_choice, value_of
from vxlan_tui.ui.plan_form.edits import type_in
from vxlan_tui.ui.plan_form.fields import Act, Heading, Item, Spec, items
from vxlan_tui.ui.screens.messages import EditRequested, Hinted, ListRequested, MarkChanged, PlanChanged
from vxlan_tui.ui.screens.pane import Pane
from vxlan_tui.ui.widgets.choice import Choice
from vxlan_tui.ui.widgets.field import ActLine, Field, field_of
from vxlan_tui.ui.widgets.key_bar import Key
from vxlan_tui.ui.widgets.line import Line

if TYPE_CHECKING:
    from vxlan_tui.plan import Fault

HELP = """\
One plan describes the whole segment, and is the same on every host.

Up, Down, Tab  go from field to field
Left, Right    choose, in a field that looks < like this >; Enter lists what there is
F6             choose from the VMs of the hosts that were looked at
^S             save the plan; it is also saved before anything runs
^O             open a plan file, or name the file to save to
F8             go on

What is not allowed is said beneath its field as you leave it. An empty field in
parentheses has the default that is shown. Digits and letters go into the field:
F7, F8, or Esc and then a number, change the section."""


class Form(VerticalScroll, inherit_bindings=False):
    """The fields. Keys move the mark from field to field, and the form scrolls along."""


class PlanPane(Pane):
    """The form."""

    section = "plan"
    help = HELP
    keys: ClassVar[tuple[Key, ...]] = (
        ("F6", "Choose VMs", "pane('pick_vms')"),
        ("^S", "Save", "save"),
        ("^O", "Open or name the file", "open_file"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f6", "pick_vms", show=False),
        Binding("enter,down", "step(1)", show=False),
        Binding("up", "step(-1)", show=False),
        Binding("pagedown", "step(8)", show=False),
        Binding("pageup", "step(-8)", show=False),
        Binding("ctrl+home", "step(-100000)", show=False),
        Binding("ctrl+end", "step(100000)", show=False),
    ]

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self._all = False
        self._shown: tuple[object, ...] = ()
        self._mark = ""

    def compose(self) -> ComposeResult:
        """Give the heading and the form."""
        yield Static(classes="heading", markup=False)
        yield Static(classes="note", id="faults", markup=False)
        yield Form(id="form", can_focus=False)

    async def on_mount(self) -> None:
        """Draw the form, and check what is there already."""
        # Words beneath a field: with some versions of Textual they have their place before the form has its new height.
        self.watch(self.query_one(Form), "virtual_size", self._keep_focus_in_sight, init=False)
        await self.build()

    # The form

    def _widget(self, item: Item) -> Widget:
        if isinstance(item, Heading):
            return Static(item.text, classes="group", markup=False)
        if isinstance(item, Act):
            return ActLine(item.text, item.action, item.row)
        return Field(item.key, item.label, item.help, self._editor(item))

    def _editor(self, spec: Spec) -> Line | Choice:
        if spec.kind == "choice":
            values, value = choices_of(spec.key, self.model.draft, self.model.surveys)
            return Choice(values, value)
        return Line(value_of(spec.key, self.model.draft), spec.default)

    def _items(self) -> list[Item]:
        return list(items(self.model.draft)) if self.model.begun else []

    async def build(self, focus: str = "") -> None:
        """Draw the form anew, with the focus where it was, or on the field of that key, or on `=` and an action."""
        form = self.query_one(Form)
        focused = field_of(self.screen.focused)
        key = focus or (focused.key if focused else "")
        visited = {each.key for each in self.query(Field) if each.visited}
        self._shown = self._shape()
        with self.app.batch_update():
            await form.remove_children()
            await form.mount_all([self._widget(item) for item in self._items()])
        for each in self.query(Field):
            each.visited = each.key in visited
        self.check()
        if key:
            self.mark(key)
        elif self.display and self.screen.focused is None:
            self.call_after_refresh(self.opened)

    def on_resize(self) -> None:
        """Fit what is shown into the new width, and keep the focus in sight."""
        super().on_resize()
        self._keep_focus_in_sight()

    def mark(self, key: str) -> None:
        """Put the focus on the field of that key, or on `=` and an action."""
        found: list[Widget] = [field.editor for field in self.query(Field) if field.key == key]
        found += [act for act in self.query(ActLine) if key in (f"={act.action}", f"={act.action}[{act.row}]")]
        if found:
            self.screen.set_focus(found[0], scroll_visible=False)
            self._keep_focus_in_sight()

    def _keep_focus_in_sight(self) -> None:
        self.call_after_refresh(self._show_focus)

    def _show_focus(self) -> None:
        focused = self.screen.focused
        if focused is not None and self in focused.ancestors:
            self.query_one("#form").scroll_to_widget(field_of(focused) or focused, animate=False)

    def _shape(self) -> tuple[object, ...]:
        """Return what the form is made for: its draft, and its fields without the defaults that follow."""
        draft = self.model.draft
        rows = [item.key if isinstance(item, Spec) else item for item in self._items()]
        return (id(draft), draft.here, *rows)

    def show(self) -> None:
        """Show which file the plan is, and whether it is saved; draw the form anew where it has other fields now."""
        saved = "saved" if self.model.draft.is_saved else "not saved yet"
        self.query_one(".heading", Static).update(f"Plan: {self.model.draft.path.name} ({saved})")
        focus, self.model.form_focus = self.model.form_focus, ""
        if self._shown and self._shown != self._shape():
            self._shown = self._shape()
            self.call_later(self.build, focus)
        elif self._follow():
            self._tell()
            self.mark(focus)
        else:
            self.tell_note()

    def _follow(self) -> bool:
        """Show in the fields what came into the draft by another way than theirs; return whether something did.

        What is typed meanwhile stays: a field's value is compared with the last one, and not with what is on screen.
        """
        draft = self.model.draft
        changed = [field for field in self.query(Field) if field.held != value_of(field.key, draft)]
        for field in changed:
            field.hold(value_of(field.key, draft))
        if changed:
            self._tell_defaults()
            for field in self.query(Field):
                if isinstance(field.editor, Choice):
                    field.editor.offer(choices_of(field.key, draft, self.model.surveys)[0])
        return bool(changed)

    def opened(self) -> None:
        """Put the focus on the first field that needs something, else on the first; where it was, it stays."""
        focused = self.screen.focused
        if focused is not None and self in focused.ancestors:
            self._show_focus()
            return
        keys = {self._field_key(fault.key) for fault in self.model.faults}
        fields = list(self.query(Field))
        first = next((field for field in fields if field.key in keys), next(iter(fields), None))
        if first is not None:
            self.mark(first.key)

    # What is right

    def check(self) -> None:
        """Check the draft, and put each fault's words beneath its field, once that field has been left."""
        before = self.model.plan
        self.model.check_plan()
        self._tell()
        if self.model.plan is not before:
            self.post_message(PlanChanged())
        self.post_message(MarkChanged())

    def _tell(self) -> None:
        """Put the words of what was checked last beneath the fields, and above the form."""
        everything = self._all or self.model.opened
        words = self._words()
        for field in self.query(Field):
            field.tell("\n".join(words.get(field.key, ())) if field.visited or everything else "")
        self._tell_doubts()
        self.tell_note()

    def _tell_doubts(self) -> None:
        """Say beneath a field without fault what is worth a second look."""
        found = self.model.doubts
        wrong = self._words()
        for field in self.query(Field):
            if field.key not in wrong:
                field.tell(found.get(field.key, ""), caution=True)

    def _words(self) -> dict[str, list[str]]:
        words: dict[str, list[str]] = {}
        for fault in self.model.faults:
            words.setdefault(self._field_key(fault.key), []).append(_words(fault))
        return words

    def tell_note(self) -> None:
        """Say above the form how the plan stands."""
        words = self._words()
        fields = {field.key for field in self.query(Field)}
        loose = [str(fault) for fault in self.model.faults if self._field_key(fault.key) not in fields]
        if not self.model.begun:
            note = "Looking at this host ..."
        elif self.model.plan is not None:
            note = "The plan is complete. F8 goes on; Esc then A runs all."
        elif loose:
            note = "\n".join(loose)
        else:
            note = f"Still to fill in or mend: {len(words)}. Filled in from this host where it could be."
        self.query_one("#faults", Static).update(note)

    def _field_key(self, key: str) -> str:
        """Return the field that a fault is about: `hosts[0].ethernet.dns[1]` is about the field dns."""
        known = {field.key for field in self.query(Field)}
        while key and key not in known:
            cut = max(key.rfind("."), key.rfind("["))
            key = key[:cut] if cut > 0 else ""
        return key

    def complain(self) -> None:
        """Show every fault, also of fields that were not visited, and go to the first."""
        self._all = True
        self.check()
        self.screen.set_focus(None)
        self.opened()

    # What is typed and chosen

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        """Keep what is typed at once: nothing is lost, whatever happens next."""
        field = field_of(event.input)
        if field is not None and value_of(field.key, self.model.draft) != field.value.strip():
            type_in(self.model.draft, field.key, field.value)
            field.held = value_of(field.key, self.model.draft)
            self._tell_defaults()
            self.show()

    def _tell_defaults(self) -> None:
        """Show the defaults that follow from what was typed: a name that has the VNI in it."""
        defaults = {item.key: item.default for item in items(self.model.draft) if isinstance(item, Spec)}
        for field in self.query(Field):
            if isinstance(field.editor, Line):
                field.editor.tell_default(defaults.get(field.key, ""))

    @on(Choice.Changed)
    async def _chosen(self, event: Choice.Changed) -> None:
        """Take what was chosen; the form may change with it."""
        field = field_of(event.choice)
        if field is not None:
            set_choice(field.key, event.choice.value, self.model.draft, self.model.surveys)
            await self.build(field.key)

    @on(Choice.ListRequested)
    def _list(self, event: Choice.ListRequested) -> None:
        """Ask for one of a field's values."""
        field, choice = field_of(event.choice), event.choice
        question = f"{field.label.strip()}: {field.about}" if field else "Choose"
        self.post_message(ListRequested(question, choice.values, choice.choose))

    def on_act_line_done(self, event: ActLine.Done) -> None:
        """Do what a line of the form is for."""
        self.post_message(EditRequested(event.line.action, event.line.row, event.line.words))

    # The focus

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say what the field in focus is for; where keys follow fast, that is another one than the event's."""
        widget = self.screen.focused or event.widget
        field = field_of(widget)
        act = f"Enter: {widget.words}" if isinstance(widget, ActLine) else ""
        self.post_message(Hinted(field.about if field else act))

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Check as a field is left."""
        field = field_of(event.widget)
        if field is not None and field.is_attached:
            field.visited = True
            self.check()
            self._keep_focus_in_sight()  # words that have come above it push it out of sight

    def action_step(self, by: int) -> None:
        """Go to the fields below or above."""
        chain = [widget for widget in self.screen.focus_chain if self in widget.ancestors]
        focused = self.screen.focused
        if chain:
            place = chain.index(focused) + by if focused in chain else 0
            self.screen.set_focus(chain[max(0, min(len(chain) - 1, place))], scroll_visible=False)
            self._show_focus()

    def own_keys(self) -> tuple[Key, ...]:
        """Return the keys that hold for the field that is marked."""
        focused = self.screen.focused if self.is_attached else None
        own: tuple[Key, ...] = (("Up Down", "Fields", "pane('step(1)')"),)
        if isinstance(focused, Choice):
            own += (("Left Right", "Choose", "pane('choose')"), ("Enter", "List", "pane('list')"))
        elif isinstance(focused, ActLine):
            own += (("Enter", focused.words.partition(":")[0], "pane('act')"),)
        return (*own, *self.keys)

    def action_choose(self) -> None:
        """Choose the next value of the marked field."""
        if isinstance(self.screen.focused, Choice):
            self.screen.focused.action_step(1)

    def action_list(self) -> None:
        """List the values of the marked field."""
        if isinstance(self.screen.focused, Choice):
            self.screen.focused.action_list()

    def action_pick_vms(self) -> None:
        """Choose from the VMs of the hosts."""
        self.post_message(EditRequested("pick_vms", 0, ""))

    def action_act(self) -> None:
        """Do what is marked."""
        if isinstance(self.screen.focused, ActLine):
            self.screen.focused.action_do()

    def help_text(self) -> str:
        """Return the help of the field first."""
        field = field_of(self.screen.focused)
        return f"{field.label.strip()}: {field.about}\n\n{HELP}" if field else HELP


def _words(fault: "Fault") -> str:
    if fault.found != "nothing":
        return f"found {fault.found}; allowed: {fault.allowed}"
    return "needed" if fault.allowed.startswith("a value;") else f"needed: {fault.allowed}"

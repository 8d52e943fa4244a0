"""The plan's screen: a form filled in from what was found, checked field by field as each is left."""

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import DescendantBlur, DescendantFocus
from textual.widget import Widget
from textual.widgets import Input, Static

from vxlan_tui.ui import edits
from vxlan_tui.ui.choices import choices_of, set_choice
from vxlan_tui.ui.fields import Act, Heading, Item, Spec, items
from vxlan_tui.ui.form import ActLine, Choice, Field, Line
from vxlan_tui.ui.keybar import Key
from vxlan_tui.ui.screens.pane import Pane

if TYPE_CHECKING:
    from vxlan_tui.plan import Fault

HELP = """\
One plan describes the whole segment, and is the same on every host.

Up, Down, Tab  go from field to field
Left, Right    choose, in a field that looks < like this >; Enter lists what there is
^S             save the plan; it is also saved before anything runs
^O             open a plan file, or name the file to save to
F8             go on

What is not allowed is said beneath its field as you leave it. An empty field in
parentheses has the default that is shown."""


class PlanPane(Pane):
    """The form."""

    section = "plan"
    help = HELP
    keys: ClassVar[tuple[Key, ...]] = (
        ("^S", "Save", "save"),
        ("^O", "Open or name the file", "open_file"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "following", show=False)]

    def __init__(self) -> None:
        super().__init__(id="pane-plan")
        self._all = False

    def compose(self) -> ComposeResult:
        """Give the heading and the form."""
        yield Static(classes="heading", markup=False)
        yield Static(classes="note", id="faults", markup=False)
        yield Vertical(*self._widgets(), id="form")

    def on_mount(self) -> None:
        """Check what is there already."""
        self.check()

    def _widgets(self) -> list[Widget]:
        return [self._widget(item) for item in items(self.work.draft)]

    def _widget(self, item: Item) -> Widget:
        if isinstance(item, Heading):
            return Static(item.text, classes="group", markup=False)
        if isinstance(item, Act):
            return ActLine(item, self._act)
        return Field(item, self._editor(item))

    def _editor(self, spec: Spec) -> Widget:
        if spec.kind == "choice":
            values, value = choices_of(spec.key, self.work)
            return Choice(values, value)
        return Line(self.work.draft.get(spec.key), spec.default)

    async def rebuild(self, focus: str = "") -> None:
        """Draw the form anew after its rows have changed, with the focus where it was."""
        form = self.query_one("#form", Vertical)
        focused = self.screen.focused
        field = next((a for a in focused.ancestors if isinstance(a, Field)), None) if focused else None
        key = focus or (field.spec.key if field else "")
        visited = {each.spec.key for each in self.query(Field) if each.visited}
        await form.remove_children()
        await form.mount_all(self._widgets())
        for each in self.query(Field):
            each.visited = each.spec.key in visited
            if each.spec.key == key:
                self.call_after_refresh(each.editor.focus)
        for act in self.query(ActLine):
            if key == f"={act.act.action}":
                self.call_after_refresh(act.focus)
        self.check()

    def show(self) -> None:
        """Show which file the plan is, and whether it is saved."""
        saved = "saved" if self.work.draft.is_saved else "not saved yet"
        self.query_one(".heading", Static).update(f"Plan: {self.work.draft.path.name} ({saved})")

    def opened(self) -> None:
        """Put the focus on the first field that needs something, else on the first."""
        fields = list(self.query(Field))
        if self.screen.focused is not None and self in self.screen.focused.ancestors:
            return
        keys = {self._field_key(fault.key) for fault in self._faults}
        first = next((field for field in fields if field.spec.key in keys), next(iter(fields), None))
        if first is not None:
            first.editor.focus()

    _faults: "tuple[Fault, ...]" = ()

    def check(self) -> None:
        """Check the draft, and put each fault's words beneath its field, once that field has been left."""
        plan, self._faults = self.work.draft.check()
        if plan != self.work.plan:
            self.work.forget_looks()
            self.work.plan = plan
        self.work.plan_faults = len(self._faults)
        everything = self._all or self.work.opened
        fields = {field.spec.key: field for field in self.query(Field)}
        words: dict[str, list[str]] = {}
        for fault in self._faults:
            words.setdefault(self._field_key(fault.key), []).append(_words(fault))
        for key, field in fields.items():
            field.tell("\n".join(words.get(key, ())) if field.visited or everything else "")
        loose = [str(fault) for fault in self._faults if self._field_key(fault.key) not in fields]
        if self.work.survey is None:
            note = "Looking at this host ..."
        elif plan is not None:
            note = "The plan is complete. F8 goes on."
        elif loose:
            note = "\n".join(loose)
        else:
            note = f"Still to fill in or mend: {len(words)}. Filled in from this host where it could be."
        self.query_one("#faults", Static).update(note)
        self.wizard.show_frame()
        self.show()

    def _field_key(self, key: str) -> str:
        """Give the field that a fault is about: `hosts[0].ethernet.dns[1]` is about the field dns."""
        known = {field.spec.key for field in self.query(Field)}
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

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep what is typed at once: nothing is lost, whatever happens next."""
        field = _field_of(event.input)
        if field is not None:
            edits.type_in(self.work, field.spec.key, event.value)
            self._tell_defaults()
            self.show()

    def _tell_defaults(self) -> None:
        """Show the defaults that follow from what was typed: a name that has the VNI in it."""
        defaults = {item.key: item.default for item in items(self.work.draft) if isinstance(item, Spec)}
        for field in self.query(Field):
            if isinstance(field.editor, Line):
                field.editor.tell_default(defaults.get(field.spec.key, ""))

    async def on_choice_changed(self, event: Choice.Changed) -> None:
        """Take what was chosen; the form may change with it."""
        field = _field_of(event.choice)
        if field is not None:
            self.work.edited = True
            set_choice(field.spec.key, event.choice.value, self.work)
            await self.rebuild(field.spec.key)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say what the field is for."""
        field, widget = _field_of(event.widget), event.widget
        act = f"Enter: {widget.act.text}" if isinstance(widget, ActLine) else ""
        self.wizard.hint(field.spec.help if field else act)

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Check as a field is left."""
        field = _field_of(event.widget)
        if field is not None and field.is_attached:
            field.visited = True
            self.check()

    def own_keys(self) -> tuple[Key, ...]:
        """Give the keys that hold for the field that is marked."""
        focused = self.screen.focused
        own: tuple[Key, ...] = (("Up Down", "Fields", "pane('following')"),)
        if isinstance(focused, Choice):
            own += (("Left Right", "Choose", "pane('choose')"), ("Enter", "List", "pane('list')"))
        elif isinstance(focused, ActLine):
            own += (("Enter", focused.act.text, "pane('act')"),)
        return (*own, *self.keys)

    def _reaches(self, other: object) -> bool:
        """A field is a line: there is nothing hidden of it to pass over."""
        del other
        return True

    def action_choose(self) -> None:
        """Choose the next value of the marked field."""
        if isinstance(self.screen.focused, Choice):
            self.screen.focused.action_step(1)

    def action_list(self) -> None:
        """List the values of the marked field."""
        if isinstance(self.screen.focused, Choice):
            self.screen.focused.action_list()

    def action_act(self) -> None:
        """Do what is marked."""
        if isinstance(self.screen.focused, ActLine):
            self.screen.focused.action_do()

    def help_text(self) -> str:
        """Give the help of the field first."""
        field = _field_of(self.screen.focused) if self.screen.focused else None
        return f"{field.spec.label.strip()}: {field.spec.help}\n\n{HELP}" if field else HELP

    def _act(self, act: Act) -> None:
        if act.action == "pick_vms":
            self._pick_vms()
            return
        if act.action.startswith("remove"):
            from vxlan_tui.ui.screens.ask import Ask  # noqa: PLC0415

            question = f"{act.text}? Its fields go with it."
            answers = [("no", "No, leave it"), ("yes", f"Yes: {act.text}")]
            self.app.push_screen(Ask(question, answers), lambda answer: self._edit(act) if answer == "yes" else None)
        else:
            self._edit(act)

    def _edit(self, act: Act) -> None:
        self.work.edited = True
        focus = edits.EDITS[act.action](self.work, act.row)
        self.call_later(self.rebuild, focus)

    def _pick_vms(self) -> None:
        from vxlan_tui.ui.screens.pick import Pick  # noqa: PLC0415

        def picked(chosen: set[str] | None) -> None:
            if chosen is not None:
                self.work.edited = True
                edits.set_vms(self.work, chosen)
                self.call_later(self.rebuild, "=pick_vms")

        rows, chosen = edits.vm_rows(self.work)
        self.app.push_screen(Pick("VMs of this host", rows, chosen), picked)


def _words(fault: "Fault") -> str:
    if fault.found != "nothing":
        return f"found {fault.found}; allowed: {fault.allowed}"
    return "needed" if fault.allowed.startswith("a value;") else f"needed: {fault.allowed}"


def _field_of(widget: Widget) -> Field | None:
    return next((a for a in widget.ancestors if isinstance(a, Field)), None)

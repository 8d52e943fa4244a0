"""The plan's file, and the rows of its form."""

from pathlib import Path

from vxlan_tui.exits import Refused
from vxlan_tui.files import BadName, UnsafePath, find
from vxlan_tui.ui.controllers.engine import Engine
from vxlan_tui.ui.controllers.looking import Looking
from vxlan_tui.ui.controllers.shell import Shell
from vxlan_tui.ui.dialogs.ask import Ask
from vxlan_tui.ui.dialogs.pick import Pick
from vxlan_tui.ui.dialogs.type import Type
from vxlan_tui.ui.model import Model
from vxlan_tui.ui.plan_form import draft as drafts
from vxlan_tui.ui.plan_form import edits
from vxlan_tui.ui.plan_form.choices import set_choice
from vxlan_tui.ui.plan_form.draft import Draft
from vxlan_tui.ui.render import listed


class Planning:
    """Opens, saves and edits the plan."""

    def __init__(self, model: Model, engine: Engine, shell: Shell, looking: Looking) -> None:
        self._model = model
        self._engine = engine
        self._shell = shell
        self._looking = looking

    def check(self) -> None:
        """Check the plan as it stands, with what is typed in a field that was not left yet."""
        before = self._model.plan
        self._model.check_plan()
        if self._model.plan is not before:
            self._shell.refresh_panels()
        self._shell.show()

    # Saving

    async def save(self, quietly: bool = False) -> bool:
        """Save the plan, and return whether the file now holds it; ask before it takes the place of another file."""
        self.check()
        draft = self._model.draft
        if draft.is_saved:
            if not quietly:
                self._shell.tell(f"{draft.path} holds this plan already.")
            return True
        try:
            is_taken = draft.saved is None and find(draft.path)[1]
        except BadName as error:
            self._not_saved(error)
            return False
        if is_taken:
            question = f"{draft.path} exists, and was not opened here."
            answers = [("name", "Leave it; name another file"), ("replace", "Replace it by this plan")]
            answer = await self._shell.ask(Ask(question, answers))
            if answer == "name":
                await self.ask_file()
            if answer != "replace":
                return False
        return self._write(draft, quietly)

    def _write(self, draft: Draft, quietly: bool) -> bool:
        try:
            draft.save()
        except (OSError, UnsafePath) as error:
            self._not_saved(error)
            return False
        left = f" It is not complete: {len(self._model.faults)} still to fill in or mend." if self._model.faults else ""
        if not quietly:
            self._shell.tell(f"Saved: {draft.path}.{left}")
        self._shell.show()
        return True

    def _not_saved(self, error: OSError) -> None:
        self._shell.tell(f"The plan was not saved: {error}. ^O names another file.", "error", 20)

    # Opening

    async def ask_file(self) -> None:
        """Ask for a file: one that exists is opened, another one is where this plan will be saved."""
        if self._model.running:
            self._shell.tell("Something runs: open another plan when it has ended.", "warning")
            return
        question = "The plan's file. One that exists is opened; another name is where a plan is saved:"
        text = await self._shell.ask(Type(question, str(self._model.draft.path)))
        if not text:
            return
        try:
            path, is_there = find(text)
        except BadName as error:
            self._shell.tell(str(error), "error", 20)
            return
        if path == self._model.draft.path and self._model.draft.saved is not None:
            return
        if is_there:
            if await self._may_drop(f"open {path}") and await self.open(path):
                self._looking.look()
        else:
            await self._name(path)

    async def _name(self, path: Path) -> None:
        answers = [("this", "Save this plan there"), ("new", "Begin a new plan there, filled in from this host")]
        answer = await self._shell.ask(Ask(f"{path} does not exist yet.", answers))
        if answer == "this":
            self._save_as(path)
        elif answer == "new" and self._model.survey is not None and await self._may_drop("begin a new one"):
            self._model.opened = False
            self.put(drafts.from_survey(path, self._model.survey))
            self._looking.look()

    def _save_as(self, path: Path) -> None:
        draft = self._model.draft
        before = (draft.path, draft.saved)
        draft.path, draft.saved = path, None
        if not self._write(draft, False):
            draft.path, draft.saved = before
            return
        self.check()  # what runs from now on is of the plan in that file
        self._looking.look()

    async def _may_drop(self, what: str) -> bool:
        """Ask before what was changed and not saved is dropped."""
        draft = self._model.draft
        if not draft.edited or draft.is_saved:
            return True
        answers = [(False, "Back"), (True, f"Drop it, and {what}")]
        return bool(await self._shell.ask(Ask(f"What was changed in {draft.path} is not saved.", answers)))

    async def open(self, path: Path) -> bool:
        """Open a plan file, faults and all, and return whether it could be."""
        try:
            draft = await self._shell.in_thread(lambda: drafts.opened(path.absolute()))
        except (OSError, ValueError) as error:
            words = error.strerror if isinstance(error, OSError) and error.strerror else error
            self._shell.tell(f"{path} cannot be opened: {words}", "error", 20)
            return False
        self._model.opened = True
        self.put(draft)
        await self._find_here()
        return True

    def put(self, draft: Draft) -> None:
        """Take a draft in place of the one that there is."""
        self._model.draft, self._model.begun = draft, True
        self._model.hosts.clear()
        self._model.check_plan()
        self._shell.show()

    async def _find_here(self) -> None:
        """Find which host of the plan this machine is."""
        model, draft = self._model, self._model.draft
        names = [row.get("name") for row in draft.hosts]
        if model.asked_host in names:
            draft.here = names.index(model.asked_host)
        elif model.plan is not None:
            plan = model.plan
            try:
                draft.here = names.index(await self._shell.in_thread(lambda: self._engine.this_host(plan)))
            except Refused:
                self._shell.tell("Which host of the plan is this machine? Choose it on the plan's screen.", "warning")
        elif model.survey is not None and model.survey.name in names:
            draft.here = names.index(model.survey.name)
        model.check_plan()
        self._shell.show()

    # The form

    async def accept_in_the_clear(self) -> bool:
        """Ask, and have the plan say that it is meant not to encrypt; return whether the file says so now."""
        draft = self._model.draft
        question = (
            "Nothing encrypts what leaves between the hosts: whoever is on the way can read and change it. Is that "
            f'meant? Then {draft.path.name} says so (`[encryption]`, method = "none"), and the checks do not warn.'
        )
        answers = [(False, "No, go on warning"), (True, "Yes, it is meant: write it into the plan")]
        if not await self._shell.ask(Ask(question, answers)):
            return False
        set_choice("encryption", "none", draft, self._model.surveys)
        self.check()
        self._looking.look()
        return await self.save(quietly=True)

    async def edit(self, action: str, row: int, words: str) -> None:
        """Do what a line of the form is for."""
        if action == "pick_vms":
            await self._pick_vms()
            return
        if action.startswith("remove"):
            answers = [(False, "No, leave it"), (True, f"Yes: {words}")]
            if not await self._shell.ask(Ask(f"{words}? Its fields go with it.", answers)):
                return
        self._model.form_focus = edits.edit(self._model.draft, action, row, self._model.surveys)
        self.check()

    async def _pick_vms(self) -> None:
        draft, surveys = self._model.draft, self._model.surveys
        rows, before = edits.vm_rows(draft, surveys)
        names = list(edits.vm_hosts(draft, surveys))
        chosen = await self._shell.ask(Pick(f"VMs of {listed(names) or 'this host'}", rows, before))
        if chosen is not None:
            self._model.form_focus = edits.set_vms(draft, chosen, surveys)
            self.check()

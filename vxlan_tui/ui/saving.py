"""Files that the wizard writes and opens: the plan, and scripts."""

from pathlib import Path
from typing import TYPE_CHECKING

from vxlan_tui.files import UnsafePath, write_whole
from vxlan_tui.ui.draft import Draft, from_survey
from vxlan_tui.ui.screens.ask import Ask, Type

if TYPE_CHECKING:
    from vxlan_tui.ui.app import Wizard


def save(app: "Wizard", quietly: bool = False) -> bool:
    """Save the plan, and give whether the file now holds it; asks before it takes the place of another file."""
    draft = app.work.draft
    if draft.is_saved:
        if not quietly:
            app.notify(f"{draft.path} holds this plan already.")
        return True
    if draft.saved is None and draft.path.exists():
        question = f"{draft.path} exists, and was not opened here."
        answers = [("no", "Leave it; name another file"), ("yes", "Replace it by this plan")]
        app.push_screen(Ask(question, answers), lambda answer: _replace(app, answer))
        return False
    return _write(app, quietly)


def _replace(app: "Wizard", answer: str | None) -> None:
    if answer == "yes":
        _write(app, False)
    elif answer == "no":
        ask_file(app)


def _write(app: "Wizard", quietly: bool) -> bool:
    try:
        app.work.draft.save()
    except (OSError, UnsafePath) as error:
        app.notify(f"The plan was not saved: {error}. ^O names another file.", severity="error", timeout=15)
        return False
    _, faults = app.work.draft.check()
    if not quietly:
        left = f" It is not complete: {len(faults)} still to fill in or mend." if faults else ""
        app.notify(f"Saved: {app.work.draft.path}.{left}")
    app.show_all()
    return True


def ask_file(app: "Wizard") -> None:
    """Ask for a file: one that exists is opened, another one is where this plan will be saved."""
    if app.work.running:
        app.notify("Something runs: open another plan when it has ended.", severity="warning")
        return
    question = "The plan's file. One that exists is opened; another name is where a plan is saved:"
    app.push_screen(Type(question, str(app.work.draft.path)), lambda text: _named(app, text))


def _named(app: "Wizard", text: str | None) -> None:
    if not text:
        return
    path = Path(text).expanduser().absolute()
    if path == app.work.draft.path and app.work.draft.saved is not None:
        return
    if path.exists():
        _open(app, path)
    else:
        question = f"{path} does not exist yet."
        answers = [("this", "Save this plan there"), ("new", "Begin a new plan there, filled in from this host")]
        app.push_screen(Ask(question, answers), lambda answer: _begin(app, path, answer))


def _begin(app: "Wizard", path: Path, answer: str | None) -> None:
    if answer == "this":
        app.work.draft.path, app.work.draft.saved = path, None
        _write(app, False)
    elif answer == "new" and app.work.survey is not None:
        app.work.opened = False
        _put(app, from_survey(path, app.work.survey))


def _open(app: "Wizard", path: Path) -> None:
    if app.work.draft.saved is not None and not app.work.draft.is_saved:
        question = f"What was changed in {app.work.draft.path} is not saved."
        answers = [("no", "Back"), ("yes", f"Drop it, and open {path}")]
        app.push_screen(Ask(question, answers), lambda answer: _take(app, path) if answer == "yes" else None)
    else:
        _take(app, path)


def _take(app: "Wizard", path: Path) -> None:
    from vxlan_tui.ui import start  # noqa: PLC0415 (it imports this module's users)

    draft = start.open_draft(app, path, app.work.survey)
    if draft is not None:
        _put(app, draft)


def _put(app: "Wizard", draft: Draft) -> None:
    app.work.draft = draft
    app.work.runs.clear()
    app.work.skipped.clear()
    app.call_later(_taken, app)


async def _taken(app: "Wizard") -> None:
    from vxlan_tui.ui import start  # noqa: PLC0415

    await start.show_draft(app)
    start.look(app)


def write_file(app: "Wizard", proposed: str, text: str) -> None:
    """Ask for a name, and write a text to a file that does not exist yet, or that may be replaced."""
    app.push_screen(Type("Write it to:", proposed), lambda name: _to_file(app, name, text))


def _to_file(app: "Wizard", name: str | None, text: str) -> None:
    if not name:
        return
    path = Path(name).expanduser().absolute()
    if path.exists():
        answers = [("no", "Leave it"), ("yes", "Replace it")]
        app.push_screen(
            Ask(f"{path} exists.", answers), lambda answer: _write_text(app, path, text) if answer == "yes" else None
        )
    else:
        _write_text(app, path, text)


def _write_text(app: "Wizard", path: Path, text: str) -> None:
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise UnsafePath(f"{path} is not a plain file: choose another name")
        write_whole(path, text, 0o700)
    except (OSError, UnsafePath) as error:
        app.notify(f"Not written: {error}", severity="error", timeout=15)
        return
    app.work.finished = "saved"
    app.notify(f"Written: {path}")
    app.show_all()

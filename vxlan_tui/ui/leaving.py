"""Leaving: asked first where a command runs, or where the plan is not saved."""

import signal
from typing import TYPE_CHECKING

from vxlan_tui.ui import saving
from vxlan_tui.ui.screens.ask import Ask

if TYPE_CHECKING:
    from vxlan_tui.ui.app import Wizard


def ask_to_leave(app: "Wizard") -> None:
    """End, or ask."""
    if any(isinstance(screen, Ask) for screen in app.screen_stack):
        return
    if app.interrupts is not None:
        doing = app.doing()
        question = f"This runs now:\n\n# {doing}" if doing else "A step runs now."
        answers = [("stay", "Let it go on, and stay"), ("leave", "Let this command end, then stop and quit")]
        app.push_screen(Ask(question, answers), lambda answer: _leave_running(app, answer))
    elif app.work.survey is not None and app.work.edited and not app.work.draft.is_saved:
        question = f"The plan is not saved to {app.work.draft.path}."
        answers = [("save", "Save it and quit"), ("drop", "Quit without saving"), ("stay", "Stay")]
        app.push_screen(Ask(question, answers), lambda answer: _leave_unsaved(app, answer))
    else:
        app.exit(0)


def _leave_running(app: "Wizard", answer: str | None) -> None:
    if answer == "leave":
        app.signalled(signal.SIGINT)


def _leave_unsaved(app: "Wizard", answer: str | None) -> None:
    if answer == "drop" or (answer == "save" and saving.save(app, quietly=True)):
        app.exit(0)

"""How things are put on screen: states, steps, commands and their output, in words first and colour second."""

from rich.text import Text

from vxlan_tui.plan import printable
from vxlan_tui.reach import Outcome
from vxlan_tui.steps import Need, Step
from vxlan_tui.ui.work import Shown, StepRun

NEEDS = {
    Need.DONE: "done already",
    Need.RUN: "will run",
    Need.CHANGE: "will change",
    Need.CONFLICT: "CONFLICT",
}
GOOD = ("done", "undone", "done already", "changed", "ready", "OK", "saved", "skipped")
BAD = ("conflict", "failed", "FAIL", "CONFLICT", "FAILED", "not ready")

ENDS = {"failed": "FAILED", "stopped": "stopped"}
"""How a step that is still to be done ended when it ran."""

SHOWN_LINES = 12
"""So many last lines of output a step that went well shows; a failure shows all that was kept."""


def style_of(state: str) -> str:
    """Give the colour that goes with a word; the word alone says enough."""
    if state in GOOD:
        return "green"
    return "bold red" if state in BAD or "missing" in state or "failed" in state else "yellow"


def step_state(step: Step, run: StepRun | None, skipped: bool, over: str = "") -> str:
    """Say in a word how a step stands: what the host shows counts, then what happened here.

    `over` is the word for a step that is not looked at again once it has run.
    """
    if run is not None and run.result is None:
        return "running"
    if over and run is not None and run.result is not None and run.result.state in ("changed", "done"):
        return over
    if step.need is Need.DONE:
        return "done" if run is not None and run.result and run.result.state == "changed" else "done already"
    if run is not None and run.result is not None and run.result.state in ENDS:
        return ENDS[run.result.state]
    return "skipped" if skipped and not step.conflict else NEEDS[step.need]


def step_text(step: Step, run: StepRun | None, skipped: bool, over: str = "") -> Text:
    """Give all that a step shows."""
    state = step_state(step, run, skipped, over)
    text = Text()
    title = run.title if run is not None and run.title else step.title
    text.append(f"[{state}] ", style_of(state)).append(printable(title), "bold")
    if step.why:
        text.append(f"\n{printable(step.why)}")
    if step.conflict:
        text.append(f"\nIn the way: {printable(step.conflict)}", "bold red")
    if step.cuts:
        text.append(f"\nMind: {printable(step.cuts)}", "yellow")
    for change in step.changes:
        text.append(f"\nchanges {printable(str(change))}", "yellow")
    if run is not None and run.commands:
        for shown in run.commands:
            text.append("\n").append_text(ran_text(shown))
        text.append_text(_result_text(run))
    else:
        for command in step.commands if not step.conflict else ():
            text.append(f"\n{command.printed}", "cyan")
        text.append_text(_result_text(run))
    return text


def _result_text(run: StepRun | None) -> Text:
    if run is None or run.result is None or not run.result.detail:
        return Text()
    failed = run.result.state == "failed"
    lines = printable_lines(run.result.detail)
    text = Text(f"\n{lines}", "bold red" if failed else "")
    if failed:
        text.append("\nWhat can be done: Enter again, s skip, e edit the plan, u undo the section.", "yellow")
    return text


def ran_text(shown: Shown) -> Text:
    """Give a command, its output and its end."""
    text = Text().append(f"# {shown.text}", "cyan")
    failed = shown.outcome is not None and not shown.outcome.ok
    lines = list(shown.lines)
    cut = 0 if failed else max(0, len(lines) - SHOWN_LINES)
    if cut:
        text.append(f"\n  ({cut} lines above)")
    for line in lines[cut:]:
        text.append(f"\n  {line}", "")
    return text.append("\n  ").append_text(_end(shown.outcome))


def _end(outcome: Outcome | None) -> Text:
    if outcome is None:
        return Text("running ...", "yellow")
    words = f"exit status {outcome.status}, {outcome.seconds:.1f} s"
    return Text(
        f"{words}, stopped: it took too long" if outcome.timed_out else words, "green" if outcome.ok else "bold red"
    )


def printable_lines(text: str) -> str:
    """Give text of several lines, each without what could drive the terminal."""
    return "\n".join(printable(line) for line in text.splitlines())

"""A step in words: its line, and what opens beneath it."""

from collections.abc import Iterator, Mapping, Sequence

from vxlan_tui.plan import printable
from vxlan_tui.reach import Outcome
from vxlan_tui.steps import Step
from vxlan_tui.ui.host_work import CommandOutput, StepOutput
from vxlan_tui.ui.render import COMMAND_HANG, Block, Line, block, command_blocks, role_of

SHOWN_LINES = 12
"""So many last lines of the output of a command that runs are shown; of one that failed, all that was kept."""

STATUS_WIDTH = 11


def step_line(title: str, status: str) -> Line:
    """Return a step in one line."""
    return ((f"{status:<{STATUS_WIDTH}}", role_of(status)), (printable(title), ""))


def step_blocks(step: Step, output: StepOutput | None, status: str) -> list[Block]:
    """Return what a step shows where it is opened."""
    return [*_about(step), *_commands(step, output), *_result(output, status)]


def _about(step: Step) -> Iterator[Block]:
    if step.why:
        yield block(printable(step.why))
    if step.conflict:
        yield block(f"In the way: {printable(step.conflict)}", "bad", hang=2)
    if step.cuts:
        yield block(f"Mind: {printable(step.cuts)}", "caution", hang=2)
    for change in step.changes:
        yield block(f"changes {printable(str(change))}", "caution", hang=2)


def _commands(step: Step, output: StepOutput | None) -> Iterator[Block]:
    if output is not None and output.commands:
        for command in output.commands:
            yield from ran_blocks(command)
    elif not step.conflict:
        for planned in step.commands:
            yield from command_blocks(planned.printed)
    if not step.commands and not step.conflict and (output is None or not output.commands):
        yield block("It is so already: nothing to run.", "dim")


def _result(output: StepOutput | None, status: str) -> Iterator[Block]:
    if output is None or output.result is None:
        return
    role = role_of(status) if status in ("failed", "taken back") else ""
    for line in output.result.detail.splitlines():
        yield block(printable(line), role, hang=2)
    if status == "failed":
        yield block("What can be done: Enter again, s skip, e edit the plan, u undo the section.", "next", hang=2)


def ran_blocks(command: CommandOutput) -> Iterator[Block]:
    """Give a command, its output, and how it ended: of one that succeeded, its exit status and time alone."""
    yield from command_blocks(f"# {command.text}")
    outcome = command.outcome
    if outcome is not None and outcome.ok:
        count = len([line for line in command.lines if line.strip()])
        folded = f", {count} line{'s' if count != 1 else ''} of output: F9" if count else ""
        yield block(f"{_end(outcome)}{folded}", "good", COMMAND_HANG - 2)
        return
    lines = command.lines if outcome is not None else command.lines[-SHOWN_LINES:]
    if len(lines) < len(command.lines):
        yield block(f"({len(command.lines) - len(lines)} lines above)", "dim", COMMAND_HANG - 2)
    for line in lines:
        yield block(line, "", COMMAND_HANG - 2, 2)
    yield block(_end(outcome), "next" if outcome is None else "bad", COMMAND_HANG - 2)


def _end(outcome: Outcome | None) -> str:
    if outcome is None:
        return "running ..."
    words = f"exit status {outcome.status}, {outcome.seconds:.1f} s"
    return f"{words}, stopped: it took too long" if outcome.timed_out else words


def to_run(steps: Mapping[str, Sequence[Step]]) -> list[Block]:
    """Return the commands that are going to run, by host and under their step's title: what is agreed to."""
    told = [block(""), block("This will run:")]
    for host, mine in steps.items():
        if len(steps) > 1:
            told.append(block(f"On {host}:", "title"))
        for step in mine:
            told += [block(f"{printable(step.title)}:")] if step.commands else []
            told += [each for command in step.commands for each in command_blocks(command.printed)]
    return told

"""A check in words: its verdict, its line, what opens beneath it, and the verdict on all of them."""

from collections import Counter
from collections.abc import Iterable, Iterator

from vxlan_tui.checks.finding import Finding, Status
from vxlan_tui.plan import printable
from vxlan_tui.ui.host_work import StepOutput
from vxlan_tui.ui.render import Block, Line, block, command_blocks, role_of
from vxlan_tui.ui.render_steps import ran_blocks

WORDS = {Status.PASS: "PASS", Status.WARN: "WARN", Status.FAIL: "FAIL", Status.SKIP: "SKIP"}

VERDICT_WIDTH = 9

WHILE_RUNNING = "Something runs now: check when it has ended."
"""Why no checks are begun."""

NOT_ENCRYPTED = "not-encrypted"
"""The cause of the one warning that a plan has a key for."""


def word_of(finding: Finding) -> str:
    """Return the verdict in a word."""
    return "WAIT" if finding.status is Status.WARN and finding.wait else WORDS[finding.status]


def check_line(finding: Finding, pending: bool) -> Line:
    """Return a check in one line: what is asked, and where it is not so, what is so."""
    word = "checking" if pending else word_of(finding)
    return ((f"{word:<{VERDICT_WIDTH}}", role_of(word)), (printable(_what_is_so(finding, word)), ""))


def _what_is_so(finding: Finding, word: str) -> str:
    if word == "WAIT":
        return f"not yet: {finding.title}"
    first, _, _ = finding.evidence.partition("\n")
    return first if word in ("FAIL", "WARN") and first else finding.title


def check_blocks(finding: Finding, output: StepOutput | None, pending: bool) -> list[Block]:
    """Return what a check shows where it is opened."""
    return [*_about(finding, pending), *_remedy(finding, pending, output)]


def _about(finding: Finding, pending: bool) -> Iterator[Block]:
    word = word_of(finding)
    if not pending and word in ("FAIL", "WARN"):
        yield block(printable(finding.title), hang=2)
    if finding.command:
        yield from command_blocks(f"# {finding.command}")
    if not pending:
        yield from _found(finding, word)


def _found(finding: Finding, word: str) -> Iterator[Block]:
    cause = f" ({finding.cause})" if finding.cause else ""
    role = role_of(word) if word in ("FAIL", "WARN", "WAIT") else ""
    lines = finding.evidence.splitlines() or [""]
    for number, line in enumerate(lines):
        found = ("when it was checked: " if word == "WAIT" else "found: ") if finding.cause and number == 0 else ""
        end = cause if number == len(lines) - 1 else ""
        yield block(f"{found}{printable(line)}{end}", role, 2, 2)


def _remedy(finding: Finding, pending: bool, output: StepOutput | None) -> Iterator[Block]:
    if output is not None:
        for command in output.commands:
            yield from ran_blocks(command)
    if pending:
        return
    if finding.remedy:
        yield block("To mend it, Enter runs:", "title")
        for planned in finding.remedy:
            yield from command_blocks(planned.printed)
    elif finding.fix:
        where = f"on {printable(finding.on_host)}, " if finding.on_host else ""
        for number, line in enumerate(finding.fix.splitlines()):
            yield block(f"{f'{where}to mend it: ' if number == 0 else ''}{printable(line)}", "title", hang=2)


def can_mend(finding: Finding) -> bool:
    """Return whether commands for the host mend what a check found."""
    return bool(finding.remedy) and finding.status in (Status.FAIL, Status.WARN)


def can_accept(finding: Finding) -> bool:
    """Return whether the plan can say that what a warning tells of is meant."""
    return finding.status is Status.WARN and finding.cause == NOT_ENCRYPTED


def verdict(findings: Iterable[Finding]) -> str:
    """Return in a word or two how the checks ended."""
    counts = Counter(finding.status for finding in findings)
    if counts[Status.FAIL]:
        return f"{counts[Status.FAIL]} failed"
    return f"OK, {counts[Status.WARN]} warn" if counts[Status.WARN] else "OK"


def numbers(findings: Iterable[Finding]) -> str:
    """Return how many checks ended how."""
    counts = Counter(map(word_of, findings))
    order = ("FAIL", "WARN", "WAIT", "PASS", "SKIP")
    return ", ".join(f"{counts[word]} {word}" for word in order if counts[word])

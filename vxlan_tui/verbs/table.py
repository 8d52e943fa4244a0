"""What the checks found, for people: a line a check, what is not well below it, and who reaches whom."""

import textwrap
from collections.abc import Sequence
from typing import TextIO

from vxlan_tui.checks import Finding, Matrix, Status
from vxlan_tui.plan import printable

WIDTH = 80
_INDENT = " " * 12

_WORDS = {Status.PASS: "OK", Status.WARN: "WARN", Status.FAIL: "FAIL", Status.SKIP: "skip"}


class Table:
    """The table for people. With `host`, each line bears its name."""

    def __init__(self, out: TextIO, host: str = "") -> None:
        self._out = out
        self._host = f"{host}: " if host else ""

    def row(self, finding: Finding) -> None:
        """Print a finding as it arrives."""
        word = "WAIT" if finding.status is Status.WARN and finding.wait else _WORDS[finding.status]
        self._say(f"{finding.section}  {word:<4}  {finding.title}")
        if finding.status is Status.PASS:
            return
        self._say(f"{finding.cause}: {finding.evidence}" if finding.cause else finding.evidence, _INDENT)
        if finding.fix:
            self._mend(finding)

    def end(self, host: str, found: list[Finding]) -> None:
        """Sum up."""
        counts = {status: sum(each.status is status for each in found) for status in Status}
        failed, warned = counts[Status.FAIL], counts[Status.WARN]
        self._say("")
        words = [
            f"{counts[Status.PASS]} of {len(found)} checks passed",
            f"{failed} failed" if failed else "",
            f"{warned} warned" if warned else "",
            f"{counts[Status.SKIP]} skipped" if counts[Status.SKIP] else "",
        ]
        name = "" if self._host else f"{host}: "
        self._say(f"{name}{', '.join(word for word in words if word)}.")
        wait = max((each.wait for each in found), default=0)
        if wait:
            self._say(f"Look again in {wait:.0f} s: something is not ready yet.")

    def _mend(self, finding: Finding) -> None:
        where = f"On {finding.on_host}, run:" if finding.on_host else "To mend it, run:"
        if not finding.commands:
            self._say(f"To mend it{f' on {finding.on_host}' if finding.on_host else ''}: {finding.fix}", _INDENT)
            return
        self._say(where, _INDENT)
        for command in finding.commands:
            # Never broken or indented further than at its start: it is there to be copied, a here-document too.
            first, *rest = (printable(line) for line in command.text.splitlines())
            self._out.write("\n".join([f"{self._host}{_INDENT}# {first}", *rest]) + "\n")

    def _say(self, text: str, indent: str = "") -> None:
        for line in text.splitlines() or [""]:
            hanging = indent or _INDENT
            room = max(WIDTH - len(self._host), WIDTH // 2)
            broken = textwrap.wrap(
                printable(line), room, initial_indent=indent, subsequent_indent=hanging, break_on_hyphens=False
            )
            self._out.write("".join(f"{self._host}{each}".rstrip() + "\n" for each in broken or [""]))
        self._out.flush()


MATRIX_WORDS = {
    "ok": "full-size frames get there, and the VMs there answer",
    "vm": "a VM there does not answer",
    "mtu": "full-size frames do not get there",
    "no": "the host there does not answer",
    "?": "it is not known",
}


def matrix_lines(hosts: Sequence[str], matrix: Matrix) -> list[str]:
    """Return who reaches whom: a row is who asks, a column, by its number, who is asked."""
    digits = len(str(len(hosts)))
    lead = digits + 1 + max(map(len, hosts))
    width = max(3, digits)
    lines = ["Who reaches whom, at full size:"]
    lines += [" " * lead + "".join(f" {number:>{width}}" for number in range(1, len(hosts) + 1))]
    for number, asks in enumerate(hosts, 1):
        words = ("-" if asks == asked else matrix[asks, asked].word for asked in hosts)
        lines += [f"{number:>{digits}} {asks}".ljust(lead) + "".join(f" {word:>{width}}" for word in words)]
    used = {cell.word for cell in matrix.values()}
    return [*lines, *(f"{word}: {meaning}" for word, meaning in MATRIX_WORDS.items() if word in used)]

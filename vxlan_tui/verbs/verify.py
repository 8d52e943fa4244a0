"""`verify`: the checks, as a table for people or as JSON for programs. It changes nothing and takes no lock."""

import json
import sys
import textwrap
from pathlib import Path
from typing import TextIO

from vxlan_tui import checks, exits, plan
from vxlan_tui.checks import Finding, Status
from vxlan_tui.exits import CannotStart
from vxlan_tui.plan import printable
from vxlan_tui.reach import Local
from vxlan_tui.verbs.common import choose_host

WIDTH = 80
_INDENT = " " * 12

_WORDS = {Status.PASS: "OK", Status.WARN: "WARN", Status.FAIL: "FAIL", Status.SKIP: "skip"}


def verify(path: Path, name: str | None, as_json: bool) -> int:
    """Run the checks on this host, print what they say, and give the exit status."""
    loaded = plan.load(path)
    reach = Local()
    host = choose_host(loaded, name, reach)
    if missing := checks.missing(loaded, host):
        raise CannotStart("this host cannot be checked:\n" + "\n".join(str(each) for each in missing))
    table = Table(sys.stdout)
    try:
        found = checks.run(loaded, host, reach, (lambda finding: None) if as_json else table.row)
    except checks.Unreadable as error:
        raise CannotStart(f"this host cannot be read: {error}") from error
    if as_json:
        sys.stdout.write(f"{json.dumps(as_object(host.name, found))}\n")
    else:
        table.end(host.name, found)
    return exits.DONE if checks.healthy(found) else exits.FAILED


def as_object(host: str, found: list[Finding]) -> dict[str, object]:
    """Give what `--json` prints."""
    rows = [
        {
            "id": finding.id,
            "section": finding.section,
            "subject": finding.subject,
            "title": finding.title,
            "status": finding.status.value,
            "command": finding.command,
            "evidence": finding.evidence,
            "cause": finding.cause,
            "fix": finding.fix,
            "fix_commands": commands_of(finding),
            "fix_on": finding.on_host or host if finding.fix else "",
            "wait": finding.wait,
        }
        for finding in found
    ]
    return {"ok": checks.healthy(found), "host": host, "checks": rows}


def commands_of(finding: Finding) -> list[str]:
    """Give the commands of a fix, each as one would paste it; none where the fix is words."""
    return [finding.fix] if finding.on_host else [command.text for command in finding.remedy]


class Table:
    """The table for people: a line per check, and below it what is not well and how to mend it."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

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
        self._say(f"{host}: {', '.join(word for word in words if word)}.")
        wait = max((each.wait for each in found), default=0)
        if wait:
            self._say(f"Look again in {wait:.0f} s: something is not ready yet.")

    def _mend(self, finding: Finding) -> None:
        where = f"On {finding.on_host}, run:" if finding.on_host else "To mend it, run:"
        if not (finding.remedy or finding.on_host):
            self._say(f"To mend it: {finding.fix}", _INDENT)
            return
        self._say(where, _INDENT)
        for command in commands_of(finding):
            # Never broken or indented further than at its start: it is there to be copied, a here-document too.
            self._out.write("\n".join(printable(line) for line in f"{_INDENT}# {command}".splitlines()) + "\n")

    def _say(self, text: str, indent: str = "") -> None:
        for line in text.splitlines() or [""]:
            hanging = indent or _INDENT
            broken = textwrap.wrap(
                printable(line), WIDTH, initial_indent=indent, subsequent_indent=hanging, break_on_hyphens=False
            )
            self._out.write("\n".join(broken) + "\n")
        self._out.flush()

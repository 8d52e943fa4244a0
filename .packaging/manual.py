"""The manual pages, made from the parser and from the plan's tables: vxlan-tui(1) and vxlan-tui-plan(5)."""

import argparse
import re
import time
from collections.abc import Iterable, Iterator

from vxlan_tui.plan.reference import Key, TableText

_AFTER = """
.SH EXIT STATUS
.TP
.B 0
Done, or all checks passed (warnings are allowed).
.TP
.B 1
A step or a check failed; with
.BR \\-\\-check ,
something is missing.
.TP
.B 2
Wrong usage, or a plan that is refused.
.TP
.B 3
Not started: no root, another run holds the lock, a program or a daemon is missing. The message says how to mend it.
.TP
.B 4
The change was rolled back.
.TP
.B 130
Interrupted by the person.
.SH ENVIRONMENT
.TP
.B VXLAN_TUI_KEEP_SECONDS
How many seconds there are to confirm a change that can cut you off: 5 to 600, by default 60.
.TP
.B NO_COLOR
Where it is set, the wizard uses no colours.
.SH FILES
.TP
.I /var/lib/vxlan\\-tui
What stood on this host before the first change, and the commands that ran
.RB ( "vxlan\\-tui log" ).
Who ran them, and from where, is in the system journal as well:
.BR "journalctl \\-t vxlan\\-tui" .
.SH SEE ALSO
.BR vxlan\\-tui\\-plan (5),
.BR nmcli (1),
.BR firewall\\-cmd (1),
.BR virsh (1),
.BR bridge (8)
"""


def command_page(parser: argparse.ArgumentParser, version: str, epoch: int) -> str:
    """Return vxlan-tui(1), as of `epoch` seconds since 1970."""
    verbs = _verbs(parser)
    lines = [_title("VXLAN-TUI", 1, version, epoch), ".SH NAME", f"vxlan\\-tui \\- {_name(parser.description)}"]
    lines += [".SH SYNOPSIS", _synopsis(parser)]
    for verb in verbs.choices.values():
        lines += [".br", _synopsis(verb)]
    lines += [".SH DESCRIPTION", text(parser.description), "Without a verb it opens the wizard, with these options."]
    lines += [".SH OPTIONS", *_options(parser), ".SH VERBS"]
    words = {action.dest: action.help for action in verbs._choices_actions}
    for name, verb in verbs.choices.items():
        lines += [f".SS {escaped(name)}", text(verb.description or words[name]), *_options(verb)]
    return "\n".join(lines) + _AFTER


def plan_page(tables: Iterable[TableText], sample: str, version: str, epoch: int) -> str:
    """Return vxlan-tui-plan(5), as of `epoch` seconds since 1970."""
    lines = [_title("VXLAN-TUI-PLAN", 5, version, epoch), ".SH NAME", "vxlan\\-tui\\-plan \\- the plan of vxlan\\-tui"]
    lines += [".SH DESCRIPTION", text(_ABOUT_PLAN), ".SH TABLES"]
    for table in tables:
        lines += [f".SS {escaped(table.header)}", text(table.meaning)]
        for key in table.keys:
            lines += [".TP", f"\\fB{escaped(key.name)}\\fR \\(em {escaped(key.takes)}", text(_meaning(key))]
    lines += [".SH EXAMPLE", ".nf", *(text(line) or "\\&" for line in sample.splitlines()), ".fi"]
    lines += [
        ".PP",
        "A longer one, which has every key with its meaning, is printed by",
        '.BR "vxlan\\-tui plan \\-\\-example" .',
    ]
    return "\n".join([*lines, ".SH SEE ALSO", ".BR vxlan\\-tui (1)", ""])


_ABOUT_PLAN = (
    "One TOML file for the whole segment, the same on every host. A key that is unknown, a wrong type or a value that "
    "cannot be is refused, with its place, what was found and what is allowed."
)


def _meaning(key: Key) -> str:
    needed = " Needed." if key.needed else ""
    return f"{key.meaning}{f' Default: {key.default}.' if key.default else ''}{needed}"


def _title(name: str, section: int, version: str, epoch: int) -> str:
    date = time.strftime("%Y-%m-%d", time.gmtime(epoch))
    return f'.TH {escaped(name)} {section} {date} "vxlan\\-tui {escaped(version)}"'


def _name(description: str | None) -> str:
    """Return a description as the one line of NAME: without a capital and a full stop."""
    words = (description or "").rstrip(".")
    return escaped(words[:1].lower() + words[1:])


def _verbs(parser: argparse.ArgumentParser) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    return next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))


def _synopsis(parser: argparse.ArgumentParser) -> str:
    """Return how a command line is written, as --help has it: what is typed in bold, what stands for it in italics."""
    formatter = argparse.HelpFormatter(parser.prog, width=9999)
    formatter.add_usage(parser.usage, parser._actions, parser._mutually_exclusive_groups, prefix="")
    words = re.split(r"(--?[a-z][a-z-]*|[A-Z]{2,})", formatter.format_help().strip().removeprefix(parser.prog))
    return f"\\fB{escaped(parser.prog)}\\fR" + "".join(_styled(word) for word in words)


def _styled(word: str) -> str:
    font = "B" if word.startswith("-") else "I" if word.isupper() else ""
    return f"\\f{font}{escaped(word)}\\fR" if font else escaped(word)


def _called(action: argparse.Action) -> str:
    """Return an option with its argument, or an argument."""
    options = ", ".join(f"\\fB{escaped(option)}\\fR" for option in action.option_strings)
    if action.nargs == 0:
        return options
    value = action.metavar if isinstance(action.metavar, str) else "|".join(action.choices or [action.dest.upper()])
    return f"{options} \\fI{escaped(value)}\\fR".strip()


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction | argparse._HelpAction):
            yield from (".TP", _called(action), text((action.help or "") % {**vars(action), "prog": parser.prog}))


def text(words: str | None) -> str:
    """Return words as a line of text, which roff does not take for a request."""
    line = escaped(words or "")
    return f"\\&{line}" if line.startswith((".", "'")) else line


def escaped(words: str) -> str:
    """Return words with what roff reads otherwise: its escape character, hyphens that are typed, and all but ASCII."""
    words = words.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"[^\x00-\x7f]", lambda found: f"\\[u{ord(found[0]):04X}]", words)

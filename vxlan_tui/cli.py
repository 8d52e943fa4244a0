"""The verbs: arguments in, exit status out."""

import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, TypeAlias

from vxlan_tui import __version__
from vxlan_tui.exits import DONE, FAILED, INTERRUPTED, NOT_STARTED, USAGE, CannotStart, Refused
from vxlan_tui.sections import SECTIONS

if TYPE_CHECKING:
    import argparse

    from vxlan_tui.verbs.common import Which

FORMATS = ("script", "undo", "ansible", "map")
_FORMAT = "a host's script (the default), its undo, a directory for ansible-playbook, a diagram in Mermaid"

Asked: TypeAlias = "argparse.Namespace | SimpleNamespace"
Parser: TypeAlias = "argparse.ArgumentParser"
Verb: TypeAlias = "Callable[[Asked], int]"


def run(arguments: Sequence[str]) -> int:
    """Run the verb, and turn what stops it into words on standard error and an exit status."""
    ours, command = _split(_each_host(arguments))
    asked: Asked | None = _without_verb(ours) if command is None else None
    if asked is None:
        parser = command_line()
        asked = parser.parse_args(ours)
        if command is not None and asked.verb is not _rehearse:
            parser.error("only rehearse takes a command after `--`")
    asked.command = command or []
    verb: Verb = asked.verb
    try:
        if os.geteuid() != 0 and verb in (_wizard, _apply, _verify, _undo, _log):
            verb = _as_root(arguments)
        status = _while_read(verb, asked) if verb in _READ_ONLY else verb(asked)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return _stop("stopped", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has gone; nothing is left to say, also not by Python as it ends.
        sys.stdout = None
        return DONE if verb in _READ_ONLY else INTERRUPTED
    except Exception as error:
        status = _status(error)
        if isinstance(error, OSError):
            sys.stdout = None  # a full disk under our output, say: Python is not to try once more as it ends
        return _stop(str(error), status)


def _status(error: Exception) -> int:
    """Give the exit status of what the core raises, or raise it again; imported here, for a quick first frame."""
    from vxlan_tui.plan import PlanError  # noqa: PLC0415
    from vxlan_tui.reach import Interrupted  # noqa: PLC0415

    statuses = ((Refused, USAGE), (PlanError, USAGE), (CannotStart, NOT_STARTED), (Interrupted, INTERRUPTED))
    for kind, status in (*statuses, (OSError, FAILED)):
        if isinstance(error, kind):
            return status
    raise error


def _split(arguments: Sequence[str]) -> tuple[Sequence[str], list[str] | None]:
    """Part the program's own arguments from a command after `--`, which argparse would mix with PLAN."""
    if "--" not in arguments:
        return arguments, None
    end = list(arguments).index("--")
    return arguments[:end], list(arguments[end + 1 :])


def _each_host(arguments: Sequence[str]) -> Sequence[str]:
    """Give each of several names behind `PLAN --host` an option of its own, as argparse takes them.

    Of argparse's own several values to an option the last would be PLAN, where that stands behind them.
    """
    if len(arguments) < 3 or arguments[0] not in _ON_SEVERAL or arguments[1].startswith("-"):
        return arguments
    found, behind = list(arguments[:2]), False
    for word in arguments[2:]:
        is_value = not word.startswith("-")
        if is_value and behind and found[-1] != "--host":
            found.append("--host")
        behind = behind if is_value else word.partition("=")[0] == "--host"
        found.append(word)
    return found


_ON_SEVERAL = ("apply", "verify", "undo")
"""The verbs that work on several hosts."""


def _stop(words: str, status: int) -> int:
    sys.stderr.write(f"vxlan-tui: {words}\n")
    return status


def command_line() -> Parser:
    """Return the parser of the whole command line; the manual page and the completion are made from it as well."""
    import argparse  # noqa: PLC0415 (the wizard's first frame does without)

    parser = argparse.ArgumentParser(
        prog="vxlan-tui",
        description="Give virtual machines on different KVM hosts a common layer-2 network over VXLAN.",
        epilog="Exit status: 0 done; 1 a step or check failed; 2 wrong usage or plan; 3 not started; "
        "4 rolled back; 130 interrupted.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"vxlan-tui {__version__}")
    parser.set_defaults(verb=_wizard)
    parser.add_argument("--plan", dest="wizard_plan", type=Path, metavar="FILE", help="the plan to open, or to save to")
    parser.add_argument("--host", dest="wizard_host", metavar="NAME", help="the host of the plan that this machine is")
    parser.add_argument("--ascii", dest="wizard_ascii", action="store_true", help="nothing but ASCII on screen")
    verbs = parser.add_subparsers(metavar="VERB", description="Without a verb: the wizard, with these options.")
    _changing(verbs, "apply", _apply, "carry out on hosts what the plan asks for and is missing", only=True)
    words = "check this host, or others, and the ways between them; changes nothing"
    verify = _with_plan(verbs, "verify", _verify, words, several=True)
    verify.add_argument("--json", action="store_true", help="one JSON object on standard output")
    _changing(verbs, "undo", _undo, "take back what was done on hosts for the plan, and nothing else")
    export = _with_plan(verbs, "export", _export, "write shell scripts, plays for Ansible, or a map; touches no host")
    export.add_argument("--format", choices=FORMATS, default="script", help=_FORMAT)
    export.add_argument("--output", type=Path, metavar="PATH", help="a file, or for ansible a directory; else stdout")
    export.add_argument("--force", action="store_true", help="replace what exists at PATH")
    _plan_parser(verbs)
    _log_parser(verbs)
    _rehearse_parser(verbs)
    return parser


def _without_verb(arguments: Sequence[str]) -> SimpleNamespace | None:
    """Take what opens the wizard; None for all else, errors as well. It does without argparse, which takes a while."""
    found: dict[str, object] = {"verb": _wizard, "wizard_plan": None, "wizard_host": None, "wizard_ascii": False}
    words = iter(arguments)
    for word in words:
        value = next(words, "") if word in ("--plan", "--host") else ""
        if word == "--ascii":
            found["wizard_ascii"] = True
        elif value and not value.startswith("-"):
            found[f"wizard_{word[2:]}"] = Path(value) if word == "--plan" else value
        else:
            return None
    return SimpleNamespace(**found)


Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _with_plan(verbs: Verbs, name: str, verb: Verb, words: str, *, several: bool = False) -> Parser:
    parser = verbs.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.", allow_abbrev=False)
    parser.set_defaults(verb=verb)
    parser.add_argument("plan", type=Path, metavar="PLAN", help="the plan file (TOML)")
    if several:
        hosts = parser.add_mutually_exclusive_group()
        hosts.add_argument("--host", metavar="NAME", action="append", default=[], help=f"{_WHICH}; or several")
        hosts.add_argument("--all", dest="every", action="store_true", help="every host of the plan")
    else:
        parser.add_argument("--host", metavar="NAME", help=_WHICH)
    return parser


_WHICH = "a host of the plan; default: the one that this machine is"


def _log_parser(verbs: Verbs) -> None:
    words = "show the commands that ran on a host"
    parser = verbs.add_parser("log", help=words, description=f"{words.capitalize()}.", allow_abbrev=False)
    parser.set_defaults(verb=_log)
    parser.add_argument("plan", nargs="?", type=Path, metavar="PLAN", help="the plan file; without it: this machine")
    parser.add_argument("--host", metavar="NAME", help=_WHICH)
    parser.add_argument("--json", action="store_true", help="JSON lines")


def _changing(verbs: Verbs, name: str, verb: Verb, words: str, only: bool = False) -> None:
    parser = _with_plan(verbs, name, verb, words, several=True)
    parser.add_argument("--yes", action="store_true", help="do not ask before changing the host")
    parser.add_argument("--json", action="store_true", help="JSON lines on standard output")
    if not only:
        parser.add_argument("--unconfirmed", action="store_true", help=_UNCONFIRMED)
    if only:
        parser.add_argument("--check", action="store_true", help="say what would run, and change nothing")
        parser.add_argument("--only", type=_sections, default=SECTIONS, metavar="SECTION[,SECTION…]", help=_ONLY)


_UNCONFIRMED = "take back no more than a change that was cut off before it was confirmed"
_ONLY = f"some of the sections: {', '.join(SECTIONS)}"


def _sections(text: str) -> tuple[str, ...]:
    names = text.split(",")
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        from argparse import ArgumentTypeError  # noqa: PLC0415

        raise ArgumentTypeError(f"{unknown[0]!r} is not a section; allowed: {', '.join(SECTIONS)}")
    return tuple(name for name in SECTIONS if name in names)


def _plan_parser(verbs: Verbs) -> None:
    words = "check a plan file, or show what may stand in one; touches no host"
    schema = "its first line is `#:schema ./plan.schema.json`, which `vxlan-tui plan --schema > plan.schema.json` makes"
    about = f"{words.capitalize()}. Editors with a TOML language server complete and check a plan where {schema}."
    parser = verbs.add_parser("plan", help=words, description=about, allow_abbrev=False)
    parser.set_defaults(verb=_plan)
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("plan", nargs="?", type=Path, metavar="FILE", help="say what is wrong with it, or what it holds")
    asked.add_argument("--example", action="store_true", help="an example plan with every key and its meaning")
    asked.add_argument("--schema", action="store_true", help="a JSON schema of the plan, for editors")


def _rehearse_parser(verbs: Verbs) -> None:
    words = "try a plan on sandboxed hosts on this machine, with the real daemons"
    usage = "vxlan-tui rehearse [-h] [--root DIR] [PLAN] [-- COMMAND …]"
    about = f"{words.capitalize()}. With COMMAND it runs that on the first host; without, it opens the wizard there."
    parser = verbs.add_parser("rehearse", usage=usage, help=words, description=about, allow_abbrev=False)
    parser.set_defaults(verb=_rehearse)
    parser.add_argument("plan", nargs="?", type=Path, metavar="PLAN", help="default: a sample plan of two hosts")
    parser.add_argument(
        "--root", type=Path, metavar="DIR", help="another distribution's root in place of this machine's"
    )


# Each verb imports what it needs: `--help` and `export` stay quick.


def _as_root(arguments: Sequence[str]) -> Verb:
    from vxlan_tui.verbs import as_root  # noqa: PLC0415

    return lambda asked: as_root.again(arguments)


def _while_read(verb: Verb, asked: Asked) -> int:
    from vxlan_tui.verbs.while_read import while_read  # noqa: PLC0415

    with while_read():
        return verb(asked)


def _wizard(asked: Asked) -> int:
    gc.disable()  # what is made until the first frame is kept: looking for garbage in it takes a tenth of the time
    from vxlan_tui.ui.entry import open_wizard  # noqa: PLC0415

    return open_wizard(asked.wizard_plan, asked.wizard_host, asked.wizard_ascii)


def _apply(asked: Asked) -> int:
    from vxlan_tui.verbs import change  # noqa: PLC0415

    return change.apply(asked.plan, _which(asked), asked.only, change.Manner(asked.yes, asked.json, check=asked.check))


def _verify(asked: Asked) -> int:
    from vxlan_tui.verbs import verify  # noqa: PLC0415

    return verify.verify(asked.plan, _which(asked), as_json=asked.json)


def _undo(asked: Asked) -> int:
    from vxlan_tui.verbs import change  # noqa: PLC0415

    return change.undo(asked.plan, _which(asked), change.Manner(asked.yes, asked.json, asked.unconfirmed))


def _which(asked: Asked) -> "Which":
    from vxlan_tui.verbs.common import Which  # noqa: PLC0415

    return Which(tuple(asked.host), asked.every)


def _export(asked: Asked) -> int:
    from vxlan_tui.verbs import export  # noqa: PLC0415

    return export.export(asked.plan, asked.host, asked.format, asked.output, asked.force)


def _plan(asked: Asked) -> int:
    from vxlan_tui.verbs import plan  # noqa: PLC0415

    if asked.example:
        return plan.example()
    return plan.schema() if asked.schema else plan.check(asked.plan)


def _log(asked: Asked) -> int:
    from vxlan_tui.verbs import log  # noqa: PLC0415

    return log.log(asked.plan, asked.host, asked.json)


def _rehearse(asked: Asked) -> int:
    from vxlan_tui.verbs import rehearse  # noqa: PLC0415

    return rehearse.rehearse(asked.plan, asked.root, asked.command)


_READ_ONLY = (_verify, _export, _plan, _log)
"""The verbs that change nothing: whoever reads their output may go before its end."""

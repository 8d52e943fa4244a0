"""`export`: a host's shell script or a map of the plan, on standard output or in a file; a directory for Ansible."""

import sys
from pathlib import Path
from typing import Literal

from vxlan_tui import plan
from vxlan_tui.exits import DONE, Refused
from vxlan_tui.export import directory, map_of, script, undo_script
from vxlan_tui.files import write_whole
from vxlan_tui.plan import Plan
from vxlan_tui.procedures.wireguard import unknown_keys
from vxlan_tui.reach import Local
from vxlan_tui.verbs.common import choose_host

EXECUTABLE = 0o700
"""A script's mode: it may hold what the plan gives virt-install, so others cannot read it."""

READABLE = 0o644


Form = Literal["script", "undo", "ansible", "map"]


def export(path: Path, name: str | None, form: Form, output: Path | None, force: bool) -> int:
    """Write what is asked for of the plan, and return the exit status; raise Refused."""
    loaded = plan.load(path)
    if form in ("script", "ansible") and (cannot := unknown_keys(loaded)):
        raise Refused(cannot)
    if form == "ansible":
        return _directory(loaded, name, output, force)
    if form == "map":
        text, mode = map_of(loaded), READABLE
    else:
        text, mode = (undo_script if form == "undo" else script)(loaded, choose_host(loaded, name, Local())), EXECUTABLE
    if output is None:
        sys.stdout.buffer.write(text.encode(errors="surrogateescape"))
        sys.stdout.buffer.flush()
    else:
        _write(output, text, force, mode)
    return DONE


def _directory(loaded: Plan, name: str | None, output: Path | None, force: bool) -> int:
    if output is None:
        raise Refused("--format ansible writes a directory: name it with --output")
    if name is not None:
        raise Refused("--format ansible is for all hosts of the plan; ansible-playbook has --limit")
    if output.exists() and not output.is_dir():
        raise Refused(f"--output: {output} is not a directory")
    if output.exists() and any(output.iterdir()) and not force:
        raise Refused(f"--output: {output} is not empty: name another directory, or write into it with --force")
    try:
        for play in ("site", "undo"):
            (output / play).mkdir(parents=True, exist_ok=True, mode=EXECUTABLE)
        for file, text in directory(loaded):
            (output / file).write_text(text, encoding="utf-8", errors="surrogateescape")
            (output / file).chmod(EXECUTABLE if file.endswith(".sh") else READABLE)
    except OSError as error:
        raise Refused(f"--output: {output} cannot be written ({error.strerror})") from error
    return DONE


def _write(output: Path, text: str, force: bool, mode: int) -> None:
    """Write a file whole; what is not a file (a terminal, a pipe, /dev/null) is written to, not replaced.

    A file that exists is replaced only with `force`; raises Refused.
    """
    try:
        if output.exists() and not output.is_file():
            output.write_text(text, encoding="utf-8", errors="surrogateescape")
        elif output.is_symlink():
            raise Refused(f"--output: {output} is a link: name the file itself")
        elif output.exists() and not force:
            raise Refused(f"--output: {output} exists: name another file, or replace it with --force")
        else:
            write_whole(output.absolute(), text, mode)
    except OSError as error:
        raise Refused(f"--output: {output} cannot be written ({error.strerror})") from error

"""`export`: a host's shell script, on standard output or in a file."""

import sys
from pathlib import Path
from typing import Literal

from vxlan_tui import plan
from vxlan_tui.exits import DONE, Refused
from vxlan_tui.export import script, undo_script
from vxlan_tui.files import write_whole
from vxlan_tui.reach import Local
from vxlan_tui.verbs.common import choose_host

EXECUTABLE = 0o700
"""A script's mode: it may hold what the plan gives virt-install, so others cannot read it."""


def export(path: Path, name: str | None, form: Literal["script", "undo"], output: Path | None, force: bool) -> int:
    """Write the script for a host of the plan, and give the exit status."""
    loaded = plan.load(path)
    host = choose_host(loaded, name, Local())
    text = (undo_script if form == "undo" else script)(loaded, host)
    if output is None:
        sys.stdout.buffer.write(text.encode(errors="surrogateescape"))
        sys.stdout.buffer.flush()
    else:
        _write(output, text, force)
    return DONE


def _write(output: Path, text: str, force: bool) -> None:
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
            write_whole(output.absolute(), text, EXECUTABLE)
    except OSError as error:
        raise Refused(f"--output: {output} cannot be written ({error.strerror})") from error

"""The programs for what no tool does: they run on the host that is verified, by its own Python, and stay nowhere."""

import shlex
from pathlib import Path

from vxlan_tui.reach import Output

_SCRIPTS = Path(__file__).parents[1] / "scripts"


def command(name: str, asked: str, is_local: bool) -> tuple[str, ...]:
    """Return the command that runs one: its file here, its text on another host."""
    file = _SCRIPTS / name
    which = (str(file),) if is_local else ("-c", file.read_text(encoding="utf-8"))
    return ("python3", "-IS", *which, asked)


def shown(argv: tuple[str, ...]) -> str:
    """Return the command for people; what is asked is cut off where it is long, with very many hosts."""
    text = shlex.join(argv)
    return text if len(text) < SHOWN else f"{text[:SHOWN]}..."


SHOWN = 600


def error(output: Output) -> str:
    """Return in words why one did not run."""
    said = output.errors.strip().splitlines()
    if output.status == 127:
        return "python3 is not on this host"
    return said[-1] if said else f"python3 ended with exit status {output.status}"

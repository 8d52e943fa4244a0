"""`rehearse`: sandboxed hosts on this machine."""

from pathlib import Path

from vxlan_tui import rehearsal


def rehearse(path: Path | None, root: Path | None, command: list[str]) -> int:
    """Run a command, or open the program, on the first of the plan's hosts, and give its exit status."""
    return rehearsal.rehearse(path, root, command)

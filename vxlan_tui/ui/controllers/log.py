"""The command log as text: what was done on this host, and under it the exact commands, ready to paste."""

from itertools import groupby

from vxlan_tui.journal import Ran


def as_text(rows: list[Ran]) -> str:
    """Return the commands as a root shell takes them, with what they were for and how they ended as comments."""
    if not rows:
        return "Nothing has run on this host yet."
    parts = []
    for step, group in groupby(rows, key=lambda row: row.step):
        parts.append(f"\n# {step}")
        parts += [f"{row.text}\n#   {_end(row)}" for row in group]
    return "\n".join(parts).strip("\n")


def _end(row: Ran) -> str:
    if row.status is None:
        return f"{row.time}: cut off, or still running"
    return f"{row.time}: exit status {row.status}, {row.seconds or 0.0:.1f} s"

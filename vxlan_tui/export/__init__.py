"""A host's shell script: what `apply` or `undo` would do there, for bash and the tools alone.

The script is a library of bash, in `library/`, and data: calls that say what the plan says. Like the procedures it
looks first, judges every step, and only then runs what is needed; tests hold the two to the same decisions.
"""

from vxlan_tui.export.scripts import script, undo_script

__all__ = ["script", "undo_script"]

"""What a plan becomes on paper: the scripts that do on a host what `apply` and `undo` do there.

They hold the same rows as the program, as text, and decide nothing of their own.
"""

from vxlan_tui.export.script import script, undo_script

__all__ = ["script", "undo_script"]

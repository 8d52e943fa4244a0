"""What a plan becomes on paper: scripts that do on a host what `apply` and `undo` do there, plays that run them, a map.

The scripts hold the same rows as the program, as text, and decide nothing of their own.
"""

from vxlan_tui.export.ansible import directory
from vxlan_tui.export.map import map_of
from vxlan_tui.export.script import script, undo_script

__all__ = ["directory", "map_of", "script", "undo_script"]

"""Where things lie on a host. The program and the scripts that it exports use the same places."""

STATE_DIRECTORY = "/var/lib/vxlan-tui"
"""The journal, the lock and the records of what stood before: root's alone."""

RECORDS_DIRECTORY = f"{STATE_DIRECTORY}/before"

XML_DIRECTORY = "/run/vxlan-tui"
"""Where a network's XML lies while it is defined; gone at the next boot."""

REHEARSAL = "VXLAN_TUI_REHEARSAL"
"""The environment's variable that holds the name of a rehearsal's host, on that host."""

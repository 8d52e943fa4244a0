"""Where things lie on a host. The program and the scripts that it exports use the same places."""

STATE_DIRECTORY = "/var/lib/vxlan-tui"
"""The journal, the lock and the records of what stood before: root's alone."""

LOCK = f"{STATE_DIRECTORY}/lock"
"""Held, and signed, by the run that changes the host."""

CONFIGURATION = ("/etc/NetworkManager", "/etc/firewalld", "/etc/libvirt", "/etc/frr", "/var/lib/NetworkManager")
"""Where the daemons keep what they are told to keep.

That is also which profile NetworkManager used last: of several for one device it takes that one at a boot.
"""

JOURNAL = f"{STATE_DIRECTORY}/journal"
"""What ran on the host, and how it ended."""

RECORDS_DIRECTORY = f"{STATE_DIRECTORY}/before"

PLANS_DIRECTORY = f"{STATE_DIRECTORY}/plans"
"""For each record the plan that it was made for."""

WIREGUARD_KEY = f"{STATE_DIRECTORY}/wireguard.key"
"""The host's private key for the encrypted tunnel. Nothing of it leaves the host."""

REHEARSAL = "VXLAN_TUI_REHEARSAL"
"""The environment's variable that holds the name of a rehearsal's host, on that host."""

"""One seam to a host: this machine, or another one over SSH.

What reads, changes, locks and records is written against `Reach` and does not know which it is. Every change to a
host is an argv that goes through `run`, so what is shown is what runs.
"""

from vxlan_tui.reach.base import Lock, OnLine, Reach, Stream
from vxlan_tui.reach.interrupts import Interrupted, Interrupts
from vxlan_tui.reach.local import Local
from vxlan_tui.reach.login import Login
from vxlan_tui.reach.outcome import CommandFailed, Outcome, Output, ProgramMissing, Unreachable
from vxlan_tui.reach.ssh import Ssh

__all__ = [
    "CommandFailed",
    "Interrupted",
    "Interrupts",
    "Local",
    "Lock",
    "Login",
    "OnLine",
    "Outcome",
    "Output",
    "ProgramMissing",
    "Reach",
    "Ssh",
    "Stream",
    "Unreachable",
]

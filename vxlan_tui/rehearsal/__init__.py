"""Sandboxed hosts on this machine: the plan tried out with the real tools, and nothing of the machine touched."""

from vxlan_tui.rehearsal.needs import Need, NeedsUnmetError
from vxlan_tui.rehearsal.rehearsal import Rehearsal
from vxlan_tui.rehearsal.sandbox import CommandFailed, RehearsalError
from vxlan_tui.rehearsal.verb import SAMPLE, rehearse

__all__ = ["SAMPLE", "CommandFailed", "Need", "NeedsUnmetError", "Rehearsal", "RehearsalError", "rehearse"]

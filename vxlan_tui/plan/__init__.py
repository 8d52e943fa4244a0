"""What the admin wants: the plan file, read and checked (contract: the plan file).

A plan is one TOML file for the whole segment, the same on every host. `load` gives a `Plan` or raises
`PlanError`, which names every fault of the file at once.
"""

from vxlan_tui.plan.check import check
from vxlan_tui.plan.fault import Fault, PlanError, printable
from vxlan_tui.plan.file import load, parse
from vxlan_tui.plan.model import DEFAULT_PORT, Ethernet, Host, IpAddress, IpInterface, Plan, Segment, Vm

__all__ = [
    "DEFAULT_PORT",
    "Ethernet",
    "Fault",
    "Host",
    "IpAddress",
    "IpInterface",
    "Plan",
    "PlanError",
    "Segment",
    "Vm",
    "check",
    "load",
    "parse",
    "printable",
]

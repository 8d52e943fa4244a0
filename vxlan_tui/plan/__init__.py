"""What the admin wants: the plan file, read and checked.

A plan is one TOML file for the whole segment, the same on every host. `load` gives a `Plan` or raises
`PlanError`, which names every fault of the file at once.
"""

from vxlan_tui.plan.check import check
from vxlan_tui.plan.fault import Fault, PlanError, printable
from vxlan_tui.plan.file import load, parse
from vxlan_tui.plan.model import Flood, Plan
from vxlan_tui.plan.sizes import WIREGUARD_OVERHEAD, overhead
from vxlan_tui.plan.tables import (
    DEFAULT_PORT,
    DEFAULT_SHUTDOWN_TIMEOUT,
    WIREGUARD_DEVICE,
    WIREGUARD_PORT,
    Encryption,
    Ethernet,
    Evpn,
    Host,
    Segment,
    Vm,
    with_default_names,
)
from vxlan_tui.plan.values import IpAddress, IpInterface, IpNetwork

__all__ = [
    "DEFAULT_PORT",
    "DEFAULT_SHUTDOWN_TIMEOUT",
    "WIREGUARD_DEVICE",
    "WIREGUARD_OVERHEAD",
    "WIREGUARD_PORT",
    "Encryption",
    "Ethernet",
    "Evpn",
    "Fault",
    "Flood",
    "Host",
    "IpAddress",
    "IpInterface",
    "IpNetwork",
    "Plan",
    "PlanError",
    "Segment",
    "Vm",
    "check",
    "load",
    "overhead",
    "parse",
    "printable",
    "with_default_names",
]

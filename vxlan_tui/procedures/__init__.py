"""The chapter as pure functions: what the plan asks for and what the host has, to steps with their commands.

The same steps are previewed, run, exported and verified. A step without commands is done.
"""

from collections.abc import Iterable

from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures import bridge, ethernet, network, vms
from vxlan_tui.state import HostState
from vxlan_tui.steps import Step

SECTIONS = ("ethernet", "bridge", "network", "vms")
"""The chapter's sections 10.2 to 10.5, in their order."""


def steps(plan: Plan, host: Host, state: HostState, sections: Iterable[str] = SECTIONS) -> list[Step]:
    """Give the steps of these sections on this host, in the chapter's order."""
    asked = set(sections)
    by_section = {
        "ethernet": lambda: ethernet.steps(plan, host, state),
        "bridge": lambda: bridge.steps(plan, host, state),
        "network": lambda: network.steps(plan, state),
        "vms": lambda: vms.steps(plan, host, state),
    }
    return [step for name in SECTIONS if name in asked for step in by_section[name]()]

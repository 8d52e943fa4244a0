"""The chapter as pure functions: what the plan asks for on a host, as things.

The same things are previewed, run, exported, verified and taken back.
"""

from collections.abc import Iterable, Iterator

from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures import bridge, ethernet, network, vms
from vxlan_tui.sections import BY_NAME, BY_NUMBER, SECTIONS, TABLE, Section
from vxlan_tui.state import HostState
from vxlan_tui.things import Thing

__all__ = ["BY_NAME", "BY_NUMBER", "SECTIONS", "TABLE", "Section", "things"]


def things(plan: Plan, host: Host, state: HostState | None, sections: Iterable[str] = SECTIONS) -> list[Thing]:
    """Return the things of these sections on this host, in the chapter's order.

    `state` is what is known of the host; None where only the host itself can say it, as in an exported script.
    """
    asked = set(sections)
    return [thing for name in SECTIONS if name in asked for thing in _of(name, plan, host, state)]


def _of(name: str, plan: Plan, host: Host, state: HostState | None) -> Iterator[Thing]:
    match name:
        case "ethernet":
            yield from ethernet.things(host, state)
        case "bridge":
            yield from bridge.things(plan, host, state)
        case "network":
            yield from network.things(plan)
        case _:
            yield from vms.things(plan, host, state)

"""The other hosts as things name them: by their addresses; in a script, which lists them once, by a mark for each."""

from dataclasses import dataclass

from vxlan_tui.plan import Host, Plan
from vxlan_tui.state import HostState
from vxlan_tui.things import PEER


@dataclass(frozen=True)
class Peers:
    """Addresses of hosts, all of one IP version."""

    addresses: tuple[str, ...] = ()
    version: int = 4


def others(plan: Plan, host: Host, state: HostState | None) -> Peers:
    """Return all other hosts, by their addresses on the tunnels."""
    addresses = (PEER,) if state is None else plan.others(host)
    return Peers(addresses, plan.tunnel_address(host).version)


def of_bgp(plan: Plan, host: Host, state: HostState | None) -> Peers:
    """Return the hosts that `host` has a BGP session with."""
    found = plan.bgp_peers(host)
    if len(found) == len(plan.hosts) - 1:
        return others(plan, host, state)
    return Peers(tuple(str(plan.tunnel_address(peer)) for peer in found), plan.tunnel_address(host).version)

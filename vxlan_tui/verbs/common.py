"""What verbs share: which hosts of the plan are meant, and the ways to them."""

from dataclasses import dataclass

from vxlan_tui.exits import Refused
from vxlan_tui.facts import system
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import Local, Reach
from vxlan_tui.verbs.reaches import Reaches, no_way


@dataclass(frozen=True)
class Which:
    """The hosts that a person means: these, or every one; without either, the one that this machine is."""

    names: tuple[str, ...] = ()
    every: bool = False


def chosen(plan: Plan, which: Which) -> list[Host]:
    """Give the hosts that are meant, in the plan's order; raise Refused, which names the hosts."""
    if which.every:
        return list(plan.hosts)
    meant = [choose_host(plan, name, Local()) for name in which.names or (None,)]
    return [host for host in plan.hosts if host in meant]


def ways(plan: Plan, which: Which, reaches: Reaches) -> list[tuple[Host, Reach]]:
    """Give the hosts that are meant, each with the way to it; raise Refused where one has none."""
    hosts = chosen(plan, which)
    if len(hosts) == 1:
        return [(hosts[0], reaches.to_one(hosts[0]))]
    found = [(host, reaches.to(host)) for host in hosts]
    if without := [no_way(host) for host, reach in found if reach is None]:
        raise Refused("\n".join(without))
    return [(host, reach) for host, reach in found if reach is not None]


def choose_host(plan: Plan, name: str | None, reach: Reach) -> Host:
    """Give the host of that name, or the one that this machine is; raises Refused, which names the hosts."""
    names = ", ".join(host.name for host in plan.hosts)
    if name is not None:
        found = [host for host in plan.hosts if host.name == name]
        if not found:
            raise Refused(f"--host: found {name!r}; allowed: {names}")
        return found[0]
    hosts = system.hosts_of_this_machine(plan, reach)
    if len(hosts) != 1:
        raise Refused(f"which host of the plan is this machine? Say it with --host: {names}")
    return hosts[0]

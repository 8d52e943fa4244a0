"""What verbs share: which host of the plan this machine is, and the lock around a change."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vxlan_tui import lock
from vxlan_tui.exits import CannotStart, Refused
from vxlan_tui.facts import iproute, system
from vxlan_tui.paths import STATE_DIRECTORY
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import CommandFailed, Reach
from vxlan_tui.state import Link


def choose_host(plan: Plan, name: str | None, reach: Reach) -> Host:
    """Give the host of that name, or the one that this machine is; raises Refused, which names the hosts."""
    names = ", ".join(host.name for host in plan.hosts)
    if name is not None:
        found = [host for host in plan.hosts if host.name == name]
        if not found:
            raise Refused(f"--host: found {name!r}; allowed: {names}")
        return found[0]
    hosts = system.hosts_of_this_machine(plan, ()) or system.hosts_of_this_machine(plan, _links(reach))
    if len(hosts) != 1:
        raise Refused(f"which host of the plan is this machine? Say it with --host: {names}")
    return hosts[0]


def _links(reach: Reach) -> tuple[Link, ...]:
    try:
        return tuple(iproute.read_links(reach).values())
    except (CommandFailed, ValueError):
        return ()


@contextmanager
def one_run(reach: Reach, doing: str, say: Callable[[str], None]) -> Iterator[None]:
    """Hold a host's lock; raises CannotStart with who holds it, Unreachable."""
    try:
        reach.private_directory(STATE_DIRECTORY)
    except OSError as error:
        raise CannotStart(f"the state directory cannot be used: {error}") from error
    try:
        with lock.held(reach, f"{STATE_DIRECTORY}/lock", doing, say):
            yield
    except lock.Locked as locked:
        raise CannotStart(f"this host is being changed by {locked}; try again when it has ended") from locked
    except lock.NoLock as error:
        raise CannotStart(f"the state directory cannot be used: {error}") from error

"""The ways to the hosts of a plan: this machine itself, and the others over the plan's `ssh`."""

from vxlan_tui.exits import Refused
from vxlan_tui.facts import system
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import Interrupts, Local, Reach, Ssh


class Reaches:
    """A way to each host of a plan that has one; a context manager that leaves no connection behind.

    `interrupts` stop what runs on all of them; without them, each host has its own.
    """

    def __init__(self, plan: Plan, interrupts: Interrupts | None = None) -> None:
        self._here = Local(interrupts)
        self._interrupts = interrupts
        self._ssh: list[Ssh] = []
        self._perhaps_this = {host.name for host in system.hosts_of_this_machine(plan, self._here)}

    def to(self, host: Host) -> Reach | None:
        """Return the way to a host; None where it is another machine, and the plan does not say how to reach it."""
        if self._perhaps_this == {host.name}:
            return self._here
        if not host.ssh:
            return None
        self._ssh.append(Ssh(host.ssh, host.name, self._interrupts or Interrupts()))
        return self._ssh[-1]

    def to_one(self, host: Host) -> Reach:
        """Return the way to the one host that a person named; raise Refused where there is none.

        Where no name and no address says which host of the plan this machine is, and the named one cannot be another
        machine for want of `ssh`, it is this one: the person says so.
        """
        can_be_this = not self._perhaps_this or host.name in self._perhaps_this
        reach = self.to(host) or (self._here if can_be_this else None)
        if reach is None:
            raise Refused(no_way(host))
        return reach

    def __enter__(self) -> "Reaches":
        return self

    def __exit__(self, *_: object) -> None:
        for reach in self._ssh:
            reach.interrupts.stop()  # one that is still logging in is given up
            reach.close()


def no_way(host: Host) -> str:
    """Return in words why there is no way to a host of the plan."""
    return (
        f'{host.name} is another machine, and the plan has no `ssh` for it: add `ssh = "root@{host.name}"` to the '
        f"host in the plan, or run this on {host.name} itself"
    )

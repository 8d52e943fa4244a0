"""The ways to the hosts of a plan: this machine, and a connection a host over SSH, kept while the wizard is open."""

import threading

from vxlan_tui.plan import Host
from vxlan_tui.reach import Interrupts, Local, Reach, Ssh


class Reaches:
    """Gives the way to a host; `here` is the name of the one that this machine is."""

    def __init__(self) -> None:
        self.here = ""
        self._opening = threading.Lock()
        self._known: dict[str, Ssh] = {}

    def to(self, host: Host | None, interrupts: Interrupts | None = None) -> Reach:
        """Return the way to a host of the plan, which `interrupts` stops; to this machine where there is none."""
        if host is None or host.name in ("", self.here) or not host.ssh:
            return Local(interrupts)
        return self.over(host.ssh, host.name, interrupts)

    def over(self, destination: str, name: str = "", interrupts: Interrupts | None = None) -> Reach:
        """Return the way to an SSH destination, by the connection that there is; to this machine for none."""
        if not destination:
            return Local(interrupts)
        with self._opening:
            if destination not in self._known:
                self._known[destination] = Ssh(destination, name)
            known = self._known[destination]
        mine = known.uninterrupted()
        mine.interrupts = interrupts or mine.interrupts
        return mine

    def close(self) -> None:
        """End all connections; nothing is left behind on any host."""
        with self._opening:
            known, self._known = list(self._known.values()), {}
        for reach in known:
            reach.close()

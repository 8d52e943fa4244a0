"""Who answers over the underlay, before a change and after it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vxlan_tui.command import Command
from vxlan_tui.facts import neighbours
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures import checkpoint
from vxlan_tui.reach import CommandFailed, Reach

PATIENCE = 10
"""Seconds in which somebody has to answer."""


@dataclass(frozen=True)
class Answers:
    """The addresses that answer: gateways in force, and the plan's other hosts."""

    gateways: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gateways or self.peers)


class Underlay:
    """Asks over the underlay of one host of the plan; `execute` runs a command that is shown."""

    def __init__(self, plan: Plan, host: Host, reach: Reach) -> None:
        self._interface = host.interface
        self._version = host.vtep.version
        self._peers = checkpoint.peers(plan, host)
        self._reach = reach

    def gateways(self) -> tuple[str, ...]:
        """Give the gateways in force."""
        return neighbours.read_gateways(self._reach, self._interface, self._version)

    def before(self, proof: bool) -> Answers:
        """Give who answers before the change; for a proof, the gateway is enough where there is one."""
        gateways = self.gateways()
        peers = () if proof and gateways else self._peers
        return Answers(tuple(filter(self._answers, gateways)), tuple(filter(self._answers, peers)))

    def _answers(self, address: str) -> bool:
        try:
            self._reach.read(*neighbours.ping(self._interface, address, 2).argv)
        except CommandFailed:
            return neighbours.is_neighbour(self._reach, self._interface, address)
        return True

    def asks(self, address: str, left: float, execute: Callable[[Command], bool]) -> bool:
        """Ask an address; say whether it answers, or has just been resolved on the link."""
        asked = neighbours.ping(self._interface, address, max(1, min(PATIENCE, int(left / 3))))
        return execute(asked) or neighbours.is_neighbour(self._reach, self._interface, address)

    def now(self, proof: bool, before: Answers, seconds: float, execute: Callable[[Command], bool]) -> Answers:
        """Give who answers after it: the gateways; and the others, for a proof without one or if they did before."""
        gateways = self.gateways()

        def answers(address: str) -> bool:
            return self.asks(address, seconds, execute)

        found = tuple(filter(answers, gateways))
        if proof and gateways:
            return Answers(found)
        return Answers(found, tuple(filter(answers, self._peers if proof else before.peers)))


def news(before: Answers, now: Answers) -> Iterator[str]:
    """Say who answers, and first of all who does not any more."""
    for who, had, has in (("The gateway", before.gateways, now.gateways), ("The host", before.peers, now.peers)):
        for address in had:
            if address not in has:
                yield f"{who} {address} answered before and does not now."
    for who, has in (("The gateway", now.gateways), ("The host", now.peers)):
        for address in has:
            yield f"{who} {address} answers."
    if not now:
        yield "Nobody who was asked answers over the new configuration."

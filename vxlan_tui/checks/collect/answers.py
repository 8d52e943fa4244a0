"""What the network answers: all of it asked for at once, and waited for as it is needed."""

import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import replace
from functools import partial
from typing import TypeVar

from vxlan_tui.checks.arp import inside_questions
from vxlan_tui.checks.collect.parts import STRANGE, start
from vxlan_tui.checks.evidence import Answers, Echo, Facts, Frames, Heard, Inside, Path, Replies, Sized
from vxlan_tui.checks.probes import agent, arping, frames, listening, ping
from vxlan_tui.checks.sizes import frame_bytes, segment_bytes
from vxlan_tui.plan import Host, Plan, Segment, overhead
from vxlan_tui.procedures import vms
from vxlan_tui.reach import Output, Reach, Unreachable

T = TypeVar("T")

LIMIT, LIMIT_OVER_SSH = 9.3, 15.0
"""Seconds for everything."""

TOGETHER, ALONE = 64, 8
"""So many commands are asked of another host at once, and of this machine by one thread."""

_LATE = "not answered in time"
_NOTHING = Echo(False, error=_LATE)


class Asked(Answers):
    """The answers, each waited for as it is needed. `know` hands over the facts, on which some questions depend."""

    def __init__(self, plan: Plan, this: Host, reach: Reach) -> None:
        self._end = time.monotonic() + (LIMIT if reach.is_local else LIMIT_OVER_SSH)
        self._plan, self._this, self._reach = plan, this, reach
        self._facts: Future[Facts] = Future()
        self._heard = start(self._listen)
        self._paths = start(self._measure)
        self._replies = start(self._ask_for_vms)
        self._frames = start(self._send_frames)
        self._inside: dict[tuple[str, str], Future[Inside]] = {}

    def know(self, known: Facts) -> None:
        """Hand over the facts."""
        self._facts.set_result(known)
        for vm, address in inside_questions(self._plan, self._this):
            found = known.state.vms.get(vm.name)
            nic = vms.selected(vm, found.live_nics) if found else None
            if found and found.agent == "connected" and nic:
                ask = partial(agent.ask, self._reach, vm.name, nic.mac, address)
                self._inside[vm.name, address] = start(ask)

    def path(self, host: str) -> Path:
        """Give what echo requests to a host came to."""
        return self._wait(self._paths, {}).get(host, Path(_NOTHING))

    def replies(self, bridge: str) -> Replies:
        """Give who answered ARP on a bridge."""
        return self._wait(self._replies, {}).get(bridge, Replies(error=_LATE))

    def frames(self, bridge: str) -> Frames:
        """Give what full-size frames on a bridge came to."""
        return self._wait(self._frames, {}).get(bridge, Frames(error=_LATE))

    def heard(self) -> Heard:
        """Give the VXLAN packets and the ICMP errors that came in."""
        return self._wait(self._heard, Heard(error=_LATE))

    def inside(self, vm: str, address: str) -> Inside:
        """Give what an ARP request from inside a VM came to."""
        future = self._inside.get((vm, address))
        return self._wait(future, Inside(error=_LATE)) if future else Inside(error="no guest agent answers in the VM")

    def _wait(self, future: "Future[T]", otherwise: T) -> T:
        try:
            return future.result(max(0.0, self._end - time.monotonic()))
        except (TookTooLong, Unreachable, *STRANGE):
            return otherwise

    def _ask(self, commands: Sequence[tuple[str, ...]]) -> list[Output]:
        """Run commands side by side, as many as may be, for the time that is left."""
        size = ALONE if self._reach.is_local else TOGETHER
        groups = [commands[place : place + size] for place in range(0, len(commands), size)]
        left = max(0.5, self._end - time.monotonic())
        if self._reach.is_local:
            running = [start(partial(self._reach.read_all, group, left)) for group in groups]
            return [output for each in running for output in each.result()]
        return [output for group in groups for output in self._reach.read_all(group, left)]

    def _listen(self) -> Heard:
        return listening.parse(*self._ask([listening.command(self._plan, self._this, is_local=self._reach.is_local)]))

    def _measure(self) -> dict[str, Path]:
        """Ask with a small packet first; where that comes back, with large ones."""
        plan, peers, own = self._plan, self._plan.peers(self._this), self._plan.tunnel_address(self._this)
        outside = peers if plan.encrypted else ()
        asked = [ping.command(own, plan.tunnel_address(peer)) for peer in peers]
        asked += [ping.command(self._this.vtep, peer.vtep) for peer in outside]
        echoes = [ping.parse(output, own) for output in self._ask(asked)]
        found = {
            peer.name: Path(echo, outside=echoes[len(peers) + number] if outside else None)
            for number, (peer, echo) in enumerate(zip(peers, echoes, strict=False))
        }
        there = [peer for peer in peers if found[peer.name].ping.replied]
        return {**found, **self._measure_sizes(there, found)}

    def _measure_sizes(self, peers: Sequence[Host], found: dict[str, Path]) -> dict[str, Path]:
        plan, own, known = self._plan, self._plan.tunnel_address(self._this), self._facts.result(LIMIT)
        size = frame_bytes(plan, known.state) + overhead(own)
        most = {peer.name: min(size, leaves_with(known, peer) or size) for peer in peers}
        asked = [
            ping.command(own, plan.tunnel_address(peer), bytes_, whole)
            for peer in peers
            for bytes_, whole in ((most[peer.name], True), (size, False))
        ]
        echoes = [ping.parse(output, own) for output in self._ask(asked)]
        return {
            peer.name: replace(found[peer.name], whole=Sized(most[peer.name], whole), pieces=Sized(size, pieces))
            for peer, whole, pieces in zip(peers, echoes[::2], echoes[1::2], strict=True)
        }

    def _ask_for_vms(self) -> dict[str, Replies]:
        segments = self._plan.segments
        asked = [(segment.bridge, address) for segment in segments for address in addresses(self._plan, segment)]
        said = dict(zip(asked, self._ask([arping.command(*each) for each in asked]), strict=True))
        return {
            bridge: arping.parse({address: said[at, address] for at, address in asked if at == bridge})
            for bridge in dict.fromkeys(bridge for bridge, _ in asked)
        }

    def _send_frames(self) -> dict[str, Frames]:
        """Send large requests once the small ones are through: their replies are alike."""
        replies, state = self._replies.result(LIMIT), self._facts.result(LIMIT).state
        asked = [each for each in self._plan.segments if {each.vxlan, each.bridge} <= set(state.links)]
        sizes = {segment: segment_bytes(segment, state) for segment in asked}
        commands = [
            frames.command(each, size, replies.get(each.bridge, Replies()).by_address, is_local=self._reach.is_local)
            for each, size in sizes.items()
        ]
        said = zip(sizes.items(), self._ask(commands), strict=True)
        return {segment.bridge: frames.parse(output, size) for (segment, size), output in said}


def leaves_with(known: Facts, peer: Host) -> int:
    """Return the MTU of the device that packets to a host leave by; 0 where that is not known."""
    route = known.routes.get(peer.name)
    link = known.state.links.get(route.device) if route else None
    return link.mtu if link else 0


def addresses(plan: Plan, segment: Segment) -> list[str]:
    """Return the addresses of a segment's VMs."""
    return [str(vm.address) for vm in plan.vms if vm.network == segment.network and vm.address]

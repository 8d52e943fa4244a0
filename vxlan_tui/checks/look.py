"""The edge: facts read side by side, the others asked meanwhile, each within its time.

Threads that a stopped daemon keeps waiting are left behind: they change nothing, and do not hold the end up.
"""

import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, wait
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from vxlan_tui import judge, readings
from vxlan_tui.checks.probes import agent, arp, echo, listen, udp
from vxlan_tui.checks.seen import (
    Answers,
    Echo,
    Facts,
    Gone,
    Heard,
    Inside,
    Packet,
    Path,
    Port,
    Replies,
    Seen,
    Sized,
    Unreadable,
)
from vxlan_tui.checks.sizes import frame_bytes
from vxlan_tui.checks.vms import inside_questions
from vxlan_tui.facts import firewalld, host, iproute, ipsec, netfilter, nmcli
from vxlan_tui.facts.daemons import NAMES, Daemon, State, read_daemon
from vxlan_tui.facts.libvirt import LibvirtUnavailable
from vxlan_tui.plan import Host, Plan, Segment, overhead
from vxlan_tui.procedures import things, vms
from vxlan_tui.reach import CommandFailed, Reach
from vxlan_tui.state import Route

T = TypeVar("T")
D = TypeVar("D")

FACTS_LIMIT, OUTPUTS_LIMIT = 6.5, 1.5
"""Seconds for a daemon to answer, which on a busy machine takes long; and for the things' readings after that."""

GLANCE, LOOK_LIMIT = 2.0, 1.5
"""Seconds after which a daemon that has not answered is looked at itself, and that this may take."""

LIMIT = 9.0
"""Seconds for everything."""

PATIENCE = 2.0
"""Seconds for an echo that must come back to."""

SIZED_PATIENCE = 1.2
"""Seconds for a large one, once a small one has come back."""

LISTENING, LISTENING_FOR_VMS = 2.05, 4.0
"""Seconds to listen: a bridge with STP says hello every 2 (ip-link(8), bridge, hello_time).

Where a VM on the other host has to answer ARP, listening ends as it does; the longer time is for one that does not.
"""

_SIDE_BY_SIDE = threading.BoundedSemaphore(32)
"""So many hosts are asked at once."""


def start(work: Callable[[], T]) -> "Future[T]":
    """Do some work in a thread of its own, which nobody has to wait for."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


Part = Callable[[Facts], Facts]
"""What was read of a part, as a function that adds it to what is known."""


def facts(plan: Plan, this: Host, reach: Reach) -> Facts:
    """Read this host, each part from its own daemon; a part that does not answer in time is `gone`.

    Raises Unreadable where not even ip(8) tells anything: then nothing can be judged.
    """
    kernel = start(partial(_kernel, plan, this, reach))
    work: dict[str, Callable[[], Part]] = {
        "net": partial(_part, plan, this, reach, "net"),
        "firewall": partial(_firewall, plan, this, reach),
        "virt": partial(_part, plan, this, reach, "virt"),
        "netfilter": partial(_netfilter, reach),
    }
    parts = [start(partial(_read, part, read, reach)) for part, read in work.items()]
    try:
        known = kernel.result(FACTS_LIMIT)(Facts())
    except TookTooLong:
        raise Unreadable(f"ip(8) and bridge(8) did not answer within {FACTS_LIMIT:g} s") from None
    except CommandFailed as failure:
        raise Unreadable(str(failure)) from failure
    except _STRANGE as strange:
        raise Unreadable(f"what ip(8) or bridge(8) said was not understood ({strange})") from strange
    for part in parts:
        known = part.result()(known)
    return replace(known, outputs=_outputs(plan, this, reach, known))


def _outputs(plan: Plan, this: Host, reach: Reach, known: Facts) -> judge.Outputs:
    """Return what the plan's things show, by which faults are mended; nothing where that takes too long."""
    rows = [thing for thing in things(plan, this, known.state) if _NEEDS[thing.section] not in known.gone]
    asked = [argv for argv in judge.readings(rows) if not any("\0" in word for word in argv)]  # a zone not known
    reading = start(partial(readings.read_what_answers, reach, asked))
    wait([reading], OUTPUTS_LIMIT)
    return reading.result() if reading.done() else {}


_NEEDS = {"10.2": "net", "10.3": "net", "10.4": "virt", "10.5": "virt"}
"""The part that has to answer for a section's things to be read."""


def _read(part: str, work: Callable[[], Part], reach: Reach) -> Part:
    """Read a part, or say why that could not be. One whose daemon stands still is not waited for to the end."""
    began = time.monotonic()
    reading = start(work)
    wait([reading], GLANCE)
    daemon = None if reading.done() else _daemon(reach, part)
    if daemon is not None and daemon.state not in (State.ABSENT, State.STOPPED):
        wait([reading], began + FACTS_LIMIT - time.monotonic())
    try:
        if not reading.done():
            late = f"it has not answered for {time.monotonic() - began:.0f} s"
            return partial(_without, part, Gone(late, daemon or Daemon(), late=True))
        return partial(_after, part, time.monotonic() - began, reading.result())
    except CommandFailed as failure:
        why = failure.outcome.words.strip() or str(failure)
    except LibvirtUnavailable as failure:
        why = str(failure)
    except _STRANGE as strange:
        why = f"what it said was not understood ({strange})"
    return partial(_without, part, Gone(why, daemon or _daemon(reach, part)))


def _after(part: str, seconds: float, found: Part, known: Facts) -> Facts:
    return replace(found(known), seconds={**known.seconds, part: seconds})


def _without(part: str, gone: Gone, known: Facts) -> Facts:
    return replace(known, gone={**known.gone, part: gone})


def _daemon(reach: Reach, part: str) -> Daemon:
    """Look at a part's daemon itself, which may take long as well."""
    if part not in NAMES:
        return Daemon()
    try:
        return start(partial(read_daemon, reach, part, LOOK_LIMIT)).result(LOOK_LIMIT)
    except (TookTooLong, CommandFailed, *_STRANGE):
        return Daemon(State.UNKNOWN, "whether it runs cannot be seen in time")


_STRANGE = (ValueError, LookupError, TypeError, AttributeError)
"""What reading an answer of a form that is not known ends in."""


def _kernel(plan: Plan, this: Host, reach: Reach) -> Part:
    links = iproute.read_links(reach)
    ours = [segment.vxlan for segment in plan.segments if segment.vxlan in links]
    tables = {name: _or(partial(iproute.read_fdb, reach, name), ()) for name in ours if links[name].vxlan}
    routes = {peer.name: _route(reach, this, peer) for peer in plan.peers(this)}
    found = {name: route for name, route in routes.items() if route}
    encrypted = _or(partial(ipsec.read_policies, reach), ())

    def merge(known: Facts) -> Facts:
        state = replace(known.state, links=links)
        return replace(known, state=state, tables=tables, routes=found, encrypted=encrypted)

    return merge


def _route(reach: Reach, this: Host, peer: Host) -> Route | None:
    return _or(lambda: iproute.read_route(reach, str(peer.vtep), str(this.vtep)), None)


def _or(read: Callable[[], T], none: D) -> T | D:
    """Give what a read gives, or `none` where it fails: what is not there cannot be read."""
    try:
        return read()
    except CommandFailed:
        return none


def _part(plan: Plan, this: Host, reach: Reach, part: str) -> Part:
    state = host.read(plan, this, reach, (part,))
    names = {"net": ("nm_version", "profiles", "underlay_addressing", "underlay_mtu"), "virt": ("networks", "vms")}
    fields: dict[str, Any] = {name: getattr(state, name) for name in names[part]}
    active = state.active_on(this.interface)
    mtu = nmcli.read_mtu(reach, active) if active and active.saved else 0

    def merge(known: Facts) -> Facts:
        merged = replace(known, state=replace(known.state, **fields))
        return replace(merged, underlay_mtu=mtu) if part == "net" else merged

    return merge


def _firewall(plan: Plan, this: Host, reach: Reach) -> Part:
    ports = {segment.port for segment in plan.segments}
    planned = firewalld.read_zone(reach, this.interface, this.zone, ports)
    actual = firewalld.read_zone(reach, this.interface, None, ports) if this.zone else planned
    return lambda known: replace(known, state=replace(known.state, zone=planned), underlay_zone=actual)


def _netfilter(reach: Reach) -> Part:
    found = netfilter.read(reach)
    return lambda known: replace(known, netfilter=found)


class Live(Answers):
    """Answers of the others, asked for at once and waited for when they are needed."""

    def __init__(self, plan: Plan, this: Host) -> None:
        self._end = time.monotonic() + LIMIT
        self._plan, self._this = plan, this
        self._sizes: Future[dict[str, int]] = Future()
        self._facts: Future[Facts] = Future()
        self._heard = start(self._listen)
        self._ports = {
            (peer.name, port): start(partial(self._probe, peer, port))
            for peer in plan.peers(this)
            for port in sorted({segment.port for segment in plan.segments})
        }
        self._paths = {peer.name: start(partial(self._measure, peer)) for peer in plan.peers(this)}
        self._replies = {
            segment.bridge: start(partial(arp.ask, segment.bridge, _addresses(plan, segment)))
            for segment in plan.segments
            if _addresses(plan, segment)
        }
        self._inside: dict[tuple[str, str], Future[Inside]] = {}

    def know(self, known: Facts) -> None:
        """Hand over the facts, on which some questions depend."""
        self._facts.set_result(known)
        for vm, address in inside_questions(self._plan, self._this):
            found = known.state.vms.get(vm.name)
            nic = vms.selected(vm, found.live_nics) if found else None
            if found and found.agent == "connected" and nic:
                self._inside[vm.name, address] = start(partial(agent.ask, vm.name, nic.mac, address))

    def path(self, host: str) -> Path:
        """Give what echo requests to a host came to."""
        return self._wait(self._paths[host], Path(_NOTHING))

    def port(self, host: str, port: int) -> Port:
        """Give what a packet to a host's UDP port came to."""
        return self._wait(self._ports[host, port], Port("not sent", words=_LATE))

    def replies(self, bridge: str) -> Replies:
        """Give who answered ARP on a bridge."""
        return self._wait(self._replies[bridge], Replies(error=_LATE))

    def heard(self) -> Heard:
        """Give the VXLAN packets that came in."""
        return self._wait(self._heard, Heard(error=_LATE))

    def inside(self, vm: str, address: str) -> Inside:
        """Give what an ARP request from inside a VM came to."""
        future = self._inside.get((vm, address))
        return self._wait(future, Inside(error=_LATE)) if future else Inside(error="no guest agent answers in the VM")

    def _wait(self, future: "Future[T]", otherwise: T) -> T:
        try:
            return future.result(max(0.0, self._end - time.monotonic()))
        except TookTooLong:
            return otherwise

    def _probe(self, peer: Host, port: int) -> Port:
        with _SIDE_BY_SIDE:
            return udp.probe(self._this.vtep, peer.vtep, port)

    def _measure(self, peer: Host) -> Path:
        """Ask with a small packet first; where that comes back, with large ones."""
        ask = partial(echo.echo, self._this.vtep, peer.vtep)
        with _SIDE_BY_SIDE:
            ping = ask(echo.HEADERS[peer.vtep.version] + 56, whole=True, patience=PATIENCE)
        if not ping.replied:
            return Path(ping)
        known = self._facts.result(LIMIT)
        size = frame_bytes(self._plan, known.state) + overhead(peer.vtep)
        link = known.state.links.get(known.routes[peer.name].device if peer.name in known.routes else "")
        most = min(link.mtu, size) if link else size
        with _SIDE_BY_SIDE:
            whole = Sized(most, ask(most, whole=True, patience=SIZED_PATIENCE))
            if most == size or not whole.echo.replied:
                return Path(ping, whole)
            return Path(ping, whole, Sized(size, ask(size, whole=False, patience=SIZED_PATIENCE)))

    def _listen(self) -> Heard:
        peers = self._plan.peers(self._this)
        every = {Packet(str(peer.vtep), segment.port, segment.vni) for peer in peers for segment in self._plan.segments}
        talking = {
            Packet(str(self._plan.host(vm.host).vtep), segment.port, segment.vni)
            for vm in self._plan.vms
            for segment in [self._plan.segment_of(vm.network)]
            if vm.host != self._this.name and vm.address
        }
        hello = time.monotonic() + LISTENING
        return listen.listen(
            self._this.interface,
            [peer.vtep for peer in peers],
            LISTENING_FOR_VMS if talking else LISTENING,
            lambda heard: every <= heard or (talking <= heard and time.monotonic() > hello),
        )


_LATE = "not answered in time"

_NOTHING = Echo(False, error=_LATE)


def _addresses(plan: Plan, segment: Segment) -> Collection[str]:
    return [str(vm.address) for vm in plan.vms if vm.network == segment.network and vm.address]


def look(plan: Plan, this: Host, reach: Reach) -> Seen:
    """Ask the others, read this host meanwhile, and give both; answers are waited for as they are judged."""
    live = Live(plan, this)
    known = facts(plan, this, reach)
    live.know(known)
    return Seen(known, live)

"""The facts of a host, read side by side: the kernel's, and each daemon's by itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import TimeoutError as TookTooLong
from concurrent.futures import wait
from dataclasses import replace
from functools import cached_property, partial

from vxlan_tui import judge, readings
from vxlan_tui.checks.collect import parts
from vxlan_tui.checks.collect.parts import Part, start
from vxlan_tui.checks.evidence import Facts, Unreadable
from vxlan_tui.command import Command
from vxlan_tui.facts import evpn, firewalld, iproute, ipsec, libvirt, netfilter, nmcli, offload, wireguard
from vxlan_tui.facts.firewalld import Rules
from vxlan_tui.plan import WIREGUARD_DEVICE, Host, Plan
from vxlan_tui.procedures import BY_NUMBER, things
from vxlan_tui.procedures.firewall import TUNNEL_ZONE
from vxlan_tui.reach import CommandFailed, Outcome, Output, Reach
from vxlan_tui.state import Link
from vxlan_tui.things import Thing

OUTPUTS_LIMIT, GRACE = 6.0, 0.5
"""Seconds for what one program tells of one section's things, by which faults are mended; and for that to be told.

It takes a fraction of a second, but where the host is busy: then a remedy that mends is worth the wait.
"""


Argv = tuple[str, ...]

Read = Callable[[list[Argv]], judge.Outputs]
"""Returns what these commands show, without those that could not tell in time."""


def facts(plan: Plan, this: Host, reach: Reach) -> Facts:
    """Read a host; a part that does not answer in time is `gone`.

    Raises Unreachable, and Unreadable where not even ip(8) tells anything: then nothing can be judged.
    """
    kernel = start(partial(_kernel, plan, this, reach))
    work: dict[str, Callable[[], Part]] = {
        "net": partial(_net, plan, this, reach),
        "firewall": partial(_firewall, plan, this, reach),
        "virt": partial(_virt, reach),
        "netfilter": partial(_netfilter, reach),
    }
    asked = [start(partial(parts.read, part, read, reach)) for part, read in work.items()]
    try:
        known = kernel.result(parts.KERNEL_LIMIT)(Facts())
    except TookTooLong:
        words = f"ip(8) and bridge(8) did not answer within {parts.KERNEL_LIMIT:g} s: the host is too busy"
        raise Unreadable(words) from None
    except CommandFailed as failure:
        raise Unreadable(str(failure)) from failure
    except parts.STRANGE as strange:
        raise Unreadable(f"what ip(8) or bridge(8) said was not understood ({strange})") from strange
    for part in asked:
        known = part.result()(known)
    return replace(known, outputs=Later(partial(_things, plan, this, known), partial(_outputs, reach)))


class Later(Mapping[Argv, str]):
    """What the plan's things show; a reading that could not tell in time is left out.

    What one program tells of one section is read as soon as any of it is asked for, and nothing before: one fault's
    remedy does not wait for what others need.
    """

    def __init__(self, things: Callable[[], Iterable[Thing]], read: Read) -> None:
        self._things, self._read = things, read
        self._known: dict[tuple[str, str], judge.Outputs] = {}

    @cached_property
    def _groups(self) -> dict[Argv, tuple[str, str]]:
        pairs = ((argv, thing.section) for thing in self._things() for argv in judge.readings([thing]))
        named = (pair for pair in pairs if not any("\0" in word for word in pair[0]))  # a zone may not be known
        return {argv: (section, argv[0]) for argv, section in named}

    def __getitem__(self, argv: Argv) -> str:
        group = self._groups[argv]
        if group not in self._known:
            self._known[group] = self._read([each for each, of in self._groups.items() if of == group])
        return self._known[group][argv]

    def __iter__(self) -> Iterator[Argv]:
        return (argv for argv in self._groups if argv in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _things(plan: Plan, this: Host, known: Facts) -> Iterator[Thing]:
    """Return the things whose parts answer."""
    for thing in things(plan, this, known.state):
        if not _needs(thing) & set(known.gone):
            yield thing


def _outputs(reach: Reach, asked: list[Argv]) -> judge.Outputs:
    """Return what these commands show; nothing where that takes too long."""
    reading = start(partial(readings.read_what_answers, reach, asked, OUTPUTS_LIMIT))
    wait([reading], OUTPUTS_LIMIT + GRACE)
    return reading.result() if reading.done() else {}


def _needs(thing: Thing) -> set[str]:
    """Return the parts that have to answer for a thing to be read."""
    asks = {argv[0] for argv in judge.readings([thing])}
    return {BY_NUMBER[thing.section].parts[0], *(("firewall",) if "firewall-cmd" in asks else ())}


def _kernel(plan: Plan, this: Host, reach: Reach) -> Part:
    """Read what needs no daemon, all of it at once."""
    tables = {segment.vxlan: ("bridge", "-j", "-s", "fdb", "show", "dev", segment.vxlan) for segment in plan.segments}
    routes = {
        peer.name: ("ip", "-j", "route", "get", str(plan.tunnel_address(peer)), "from", str(plan.tunnel_address(this)))
        for peer in plan.peers(this)
    }
    asked = [("ip", "-j", "-d", "address", "show"), *tables.values(), *routes.values(), *_also(plan, this)]
    said = dict(zip(asked, reach.read_all(asked, parts.LIMIT), strict=True))
    links = iproute.parse_links(_text(said[asked[0]], asked[0]))
    found = Facts(
        tables={
            name: iproute.parse_fdb(said[argv].text)
            for name, argv in tables.items()
            if said[argv].ok and name in links and links[name].vxlan
        },
        routes={name: iproute.parse_route(said[argv].text) for name, argv in routes.items() if said[argv].ok},
        encrypted=tuple(ipsec.parse_policies(said[_POLICIES].text)),
        bad_checksums=offload.parse_bad_checksums(said[offload.BAD_CHECKSUMS].text),
        driver=offload.parse_driver(*(said[argv] for argv in offload.driver(this.interface))),
        handshakes=wireguard.parse_handshakes(*(said[argv] for argv in _WIREGUARD)) if plan.encrypted else None,
        evpn=evpn.parse_summary(said[evpn.SUMMARY]) if evpn.SUMMARY in said else None,
    )
    return partial(_with_kernel, found, links, this)


_POLICIES = ("ip", "xfrm", "policy")
_WIREGUARD = wireguard.commands(WIREGUARD_DEVICE)


def _also(plan: Plan, this: Host) -> tuple[tuple[str, ...], ...]:
    by_bgp = any(plan.flood(segment) == "evpn" for segment in plan.segments)
    more = (*(_WIREGUARD if plan.encrypted else ()), *((evpn.SUMMARY,) if by_bgp else ()))
    return (_POLICIES, offload.BAD_CHECKSUMS, *offload.driver(this.interface), *more)


def _text(output: Output, argv: tuple[str, ...]) -> str:
    if not output.ok:
        raise CommandFailed(Outcome(Command(argv), output.status, 0.0, output.errors))
    return output.text


def _with_kernel(found: Facts, links: Mapping[str, Link], this: Host, known: Facts) -> Facts:
    mtu = links[this.interface].mtu if this.interface in links else 0
    return replace(found, state=replace(known.state, links=links, underlay_mtu=mtu))


def _net(plan: Plan, this: Host, reach: Reach) -> Part:
    version, profiles = nmcli.read_version(reach), nmcli.read_profiles(reach)
    addressing = nmcli.read_addressing(reach, this.interface)
    active = next((each for each in profiles if each.device == this.interface and each.saved), None)
    mtu = nmcli.read_mtu(reach, active) if active else 0
    keys = wireguard.read_keys(plan, this, reach, readings.read_what_answers) if plan.encrypted else {}

    def add(known: Facts) -> Facts:
        state = replace(known.state, nm_version=version, profiles=profiles, underlay_addressing=addressing, keys=keys)
        return replace(known, state=state, underlay_mtu=mtu)

    return add


def _firewall(plan: Plan, this: Host, reach: Reach) -> Part:
    ports = {segment.port for segment in plan.segments}
    found = firewalld.read(reach, this.interface, this.zone, ports)
    inside = firewalld.read(reach, WIREGUARD_DEVICE, TUNNEL_ZONE, ports) if plan.encrypted else found

    def add(known: Facts) -> Facts:
        state = replace(known.state, zone=found.planned)
        rules, outer = inside.rules, found.rules if plan.encrypted else Rules()
        known = replace(known, rules=rules, outer_rules=outer)
        return replace(known, state=state, underlay_zone=found.actual, zones=found.zones)

    return add


def _virt(reach: Reach) -> Part:
    with libvirt.connection(reach) as opened:
        networks, vms = libvirt.read_networks(opened), libvirt.read_vms(opened)
    return lambda known: replace(known, state=replace(known.state, networks=networks, vms=vms))


def _netfilter(reach: Reach) -> Part:
    found = netfilter.read(reach)
    return lambda known: replace(known, netfilter=found)

"""Who is let in: the tunnel's UDP port in the underlay's firewalld zone, open to everybody or to the other hosts.

With encryption, only the encrypted tunnel's port is open in the underlay's zone, to the other hosts. The tunnel's own
device is in a zone that rejects all else, and there the VXLANs' ports are open: nothing outside gets at them.
"""

from collections.abc import Iterator

from vxlan_tui.command import command
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures.peers import Peers, of_bgp, others
from vxlan_tui.sections import BRIDGE
from vxlan_tui.state import HostState
from vxlan_tui.things import ZONE, Clear, Members, Reading, Thing, lines

SECTION = BRIDGE.number

BGP_PORT = 179

TUNNELS = ("wireguard", "tun", "ipip", "sit", "gre", "ip6gre", "ip6tnl", "vti", "vti6", "xfrm", "ppp")
"""Kinds of devices (ip-link(8)) that carry packets between few hosts, and often share their zone with a NIC."""

TUNNEL_ZONE = "block"
"""The zone that the encrypted tunnel's device is in: one of firewalld's own, which rejects what no rule lets in."""

_NOBODY = Peers()

_WHEN = ((("--permanent",), "-permanent", "after a reboot"), ((), "", "now"))


def things(plan: Plan, host: Host, state: HostState | None) -> Iterator[Thing]:
    """Return who is let in, once for each UDP port, and for BGP."""
    zone = zone_of(plan, state)
    refused = "" if plan.encrypted else _no_zone(zone, state)
    if plan.encryption is not None and plan.encryption.subnet is not None:
        yield from echo(zone, plan.encryption.subnet.version, str(plan.encryption.subnet))
    for port in dict.fromkeys(segment.port for segment in plan.segments):
        if admits_peers(plan, host, port, state):
            yield from tunnel_peers(port, zone, others(plan, host, state), refused)
        else:
            yield from opened(port, zone, refused, (_tunnel(host),) if state is None else ())
    if any(plan.flood(segment) == "evpn" for segment in plan.segments):
        yield from bgp_peers(zone, of_bgp(plan, host, state), refused)


def zone_of(plan: Plan, state: HostState | None) -> str:
    """Return the zone that the VXLANs' packets come in by."""
    return TUNNEL_ZONE if plan.encrypted else _underlay(state)


def _underlay(state: HostState | None) -> str:
    return state.zone.name if state and state.zone else ZONE


def outside(plan: Plan, host: Host, state: HostState | None) -> Iterator[Thing]:
    """Return that the encrypted tunnel's packets are let in from the other hosts; nothing where there is no such."""
    if plan.encryption is None or not plan.encrypted:
        return
    zone = _underlay(state)
    peers = Peers(tuple(str(peer.vtep) for peer in plan.peers(host)), host.vtep.version)
    why = "The encrypted tunnel's packets come in there from the other hosts, and nobody else's."
    shared = (
        f"the underlay is in the firewalld zone {zone}, which is to be the encrypted tunnel's alone: give it another"
    )
    refused = shared if zone == TUNNEL_ZONE else _no_zone(zone, state)
    yield from _peers("firewall-wireguard", "peers", (plan.encryption.port, "udp"), zone, peers, why, refused)


def admits_peers(plan: Plan, host: Host, port: int, state: HostState | None) -> bool:
    """Return whether a UDP port is open to the other hosts alone.

    So it is where the plan says so of all segments on it, and where the underlay is a tunnel: an open port in its zone
    would be open on the NICs of that zone as well.
    """
    link = state.links.get(host.interface) if state else None
    return plan.admits_peers(port) or plan.encrypted or (link is not None and link.kind in TUNNELS)


def opened(port: int, zone: str, refused: str = "", clear: tuple[Clear, ...] = ()) -> Iterator[Thing]:
    """Return as things that a UDP port is open in a zone to everybody: after a reboot, and now."""
    for words, kind, when in _WHEN:
        asked = ("firewall-cmd", *words, f"--zone={zone}")
        yield Thing(
            f"bridge.firewall{kind}",
            SECTION,
            f"{port}/udp",
            f"Open UDP port {port} in the firewalld zone {zone}, {when}",
            "The other hosts' tunnel packets come in there.",
            f"port{kind}.{zone}.{port}",
            Reading((*asked, f"--query-port={port}/udp"), "yes"),
            "yes",
            make=(command(*asked, f"--add-port={port}/udp"),),
            delete=(command(*asked, f"--remove-port={port}/udp"),),
            clear=clear if kind else (),
            refused=refused,
            with_next=bool(kind),
            back_title=f"UDP port {port} in the firewalld zone {zone}, open or not {when} as before",
        )


def tunnel_peers(port: int, zone: str, peers: Peers = _NOBODY, refused: str = "") -> Iterator[Thing]:
    """Return as things that the other hosts' tunnel packets are let in, and nobody else's."""
    why = "The other hosts' tunnel packets come in there, and nobody else's."
    return _peers("firewall", "peers", (port, "udp"), zone, peers, why, refused)


def bgp_peers(zone: str, peers: Peers = _NOBODY, refused: str = "") -> Iterator[Thing]:
    """Return as things that BGP is let in from the hosts that this one has a session with."""
    why = "FRR's BGP sessions with the other hosts come in there."
    return _peers("firewall-bgp", "bgp", (BGP_PORT, "tcp"), zone, peers, why, refused)


def echo(zone: str, version: int, subnet: str = "") -> Iterator[Thing]:
    """Return as things that pings are let in from the encrypted tunnel's subnet: the checks ask by them."""
    protocol = "icmp" if version == 4 else "ipv6-icmp"
    told = f'protocol value="{protocol}" accept'
    what = ("pings from the encrypted tunnel in,", "pings", "The checks see by them whether the tunnel stands.")
    source = (subnet,) if subnet else ()
    yield from _rules("firewall-ping", f"icmp.{zone}.{version}", zone, told, Peers(source, version), what, "")


def _peers(
    step: str, record: str, port: tuple[int, str], zone: str, peers: Peers, why: str, refused: str
) -> Iterator[Thing]:
    number, protocol = port
    told = f'port port="{number}" protocol="{protocol}" accept'
    what = (f"the other hosts in at {protocol.upper()} port {number}", f"{number}/{protocol}", why)
    yield from _rules(step, f"{record}.{zone}.{number}", zone, told, peers, what, refused)


def _rules(
    step: str, record: str, zone: str, told: str, peers: Peers, what: tuple[str, str, str], refused: str
) -> Iterator[Thing]:
    title, subject, why = what
    kind, _, rest = record.partition(".")
    rules = lines(f'rule family="ipv{peers.version}" source address="{peer}" {told}' for peer in peers.addresses)
    for words, suffix, when in _WHEN:
        asked = ("firewall-cmd", *words, f"--zone={zone}")
        yield Thing(
            f"bridge.{step}{suffix}",
            SECTION,
            subject,
            f"Let {title} in the firewalld zone {zone}, {when}",
            why,
            f"{kind}{suffix}.{rest}",
            Reading((*asked, "--list-rich-rules"), f'rule family="ipv[46]" source address="[^"]*" {told}'),
            rules,
            members=Members(asked, "--add-rich-rule=", "--remove-rich-rule=", stays=None),
            refused=refused,
            with_next=bool(suffix),
            back_title=f"{subject} in the firewalld zone {zone}, who is let in {when} as before",
        )


def _tunnel(host: Host) -> Clear:
    """What an exported script, which cannot choose by the host, needs clear to open the port to everybody."""
    kinds = Reading(("ip", "-d", "-o", "link", "show", "dev", host.interface), rf" ({'|'.join(TUNNELS)}) ")
    words = f'{host.interface} is a tunnel and shares its firewalld zone: write admit = "peers" in the plan ({{}})'
    return Clear(kinds, "", words)


def _no_zone(zone: str, state: HostState | None) -> str:
    if state is None or (state.zone and state.zone.exists):
        return ""
    return f"there is no firewalld zone {zone}" if state.zone else ""

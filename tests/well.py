"""Hosts that are well, as the checks see them, for any plan; and what changes with a fault. No host is needed."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests import as_planned, three_hosts
from vxlan_tui import checks
from vxlan_tui.checks import Finding, Status
from vxlan_tui.checks.evidence import (
    Echo,
    Evidence,
    Facts,
    Frames,
    Gone,
    Heard,
    Inside,
    Packet,
    Path,
    Replies,
    Sized,
    There,
)
from vxlan_tui.checks.flood import ANY_MAC, wanted
from vxlan_tui.facts.daemons import NAMES, Daemon, State
from vxlan_tui.facts.evpn import Evpn
from vxlan_tui.facts.firewalld import Rules, Zones
from vxlan_tui.facts.netfilter import Netfilter
from vxlan_tui.plan import WIREGUARD_DEVICE, Host, Plan, Segment, Vm
from vxlan_tui.procedures import bridge, ethernet, profiles, things
from vxlan_tui.procedures.firewall import TUNNEL_ZONE, admits_peers, outside, tunnel_peers
from vxlan_tui.procedures.peers import others
from vxlan_tui.state import (
    BridgeLink,
    BridgePort,
    FdbEntry,
    HostState,
    Link,
    Network,
    Nic,
    Profile,
    Route,
    VmState,
    VxlanLink,
    Zone,
)

NO_AGENT = Inside(error="no guest agent answers in the VM")
FULL = 1450
"""Bytes of a full-size frame, from an underlay of 1500 over IPv4."""


def mac_of(plan: Plan, vm: Vm) -> str:
    """Return the MAC address of a VM's NIC."""
    return vm.mac or f"52:54:00:00:00:{plan.vms.index(vm):02x}"


def mtu(plan: Plan) -> int:
    """Return what the plan leaves inside the tunnel, from an underlay of 1500."""
    return plan.mtu_inside(1500, plan.segments[0])


# --- The host ---------------------------------------------------------------------------------------------------------


def state(plan: Plan, host: Host) -> HostState:
    """Return a host that is as its plan wants it."""
    links = [_underlay(plan, host), *_tunnel(plan, host)]
    rows = [_profile(ethernet.wanted(host, host.ethernet), host.interface)] if host.ethernet else []
    for segment in plan.segments:
        links += _segment(plan, host, segment)
        rows += [_profile(bridge.wanted_bridge(segment, str(mtu(plan))), segment.bridge)]
        rows += [_profile(bridge.wanted_vxlan(plan, host, segment, str(mtu(plan))), segment.vxlan)]
    ports = frozenset(each.port for each in plan.segments if not admits_peers(plan, host, each.port, None))
    given = host.ethernet
    addressing = [str(given.address), str(given.gateway), *map(str, given.dns), *given.dns_search] if given else []
    return HostState(
        nm_version=(1, 52),
        underlay_mtu=1500,
        links={link.name: link for link in links},
        profiles=tuple(rows),
        underlay_addressing=frozenset(addressing),
        zone=Zone("public", ports, ports),
        networks={each.network: Network(each.network, each.bridge, "bridge", True, True) for each in plan.segments},
        vms=_vms(plan, host),
        keys={each.name: three_hosts.key(place) for place, each in enumerate(plan.hosts)} if plan.encrypted else {},
    )


def _underlay(plan: Plan, host: Host) -> Link:
    return Link(host.interface, "", True, True, addresses=(f"{host.vtep}/{24 if host.vtep.version == 4 else 64}",))


def _tunnel(plan: Plan, host: Host) -> list[Link]:
    if not plan.encrypted:
        return []
    address = f"{plan.tunnel_address(host)}/24"
    return [Link(WIREGUARD_DEVICE, "wireguard", True, True, plan.tunnel_mtu(1500), addresses=(address,))]


def _profile(wanted_: profiles.Wanted, device: str) -> Profile:
    return Profile(
        f"uuid-{wanted_.name}", wanted_.name, wanted_.type, device, activated=True, settings=wanted_.expected
    )


def _segment(plan: Plan, host: Host, segment: Segment) -> list[Link]:
    own, remote = str(plan.tunnel_address(host)), str(plan.remote(host, segment) or "")
    tunnel = VxlanLink(segment.vni, segment.port, own, remote, host.interface if segment.group else "")
    port = BridgePort("forwarding", designated="8000.a")
    size = mtu(plan)
    taps = (f"vnet{plan.vms.index(vm)}" for vm in plan.vms_of(host) if vm.network == segment.network)
    bridge_ = BridgeLink(forward_delay=15.0, id="8000.a")
    return [
        Link(segment.bridge, "bridge", True, True, size, bridge=bridge_),
        Link(segment.vxlan, "vxlan", True, True, size, controller=segment.bridge, vxlan=tunnel, port=port),
        *(Link(tap, "tun", True, True, size, controller=segment.bridge, port=port) for tap in taps),
    ]


def _vms(plan: Plan, host: Host) -> dict[str, VmState]:
    nics: dict[str, list[Nic]] = {}
    for vm in plan.vms_of(host):
        tap = f"vnet{plan.vms.index(vm)}"
        nics.setdefault(vm.name, []).append(
            Nic(mac_of(plan, vm), "network", vm.network, vm.network, tap, mtu=mtu(plan))
        )
    return {
        name: VmState(name, "running", nics=tuple(replace(nic, device="") for nic in live), live_nics=tuple(live))
        for name, live in nics.items()
    }


def facts(plan: Plan, host: Host) -> Facts:
    """Return what is read of a host that is well."""
    known = state(plan, host)
    device = WIREGUARD_DEVICE if plan.encrypted else host.interface
    peers, ports = plan.peers(host), known.zone.runtime if known.zone else frozenset[int]()
    where = TUNNEL_ZONE if plan.encrypted else "public"
    return Facts(
        state=known,
        tables={
            segment.vxlan: tuple(FdbEntry(ANY_MAC, address, permanent=True) for address in wanted(plan, host, segment))
            for segment in plan.segments
        },
        routes={peer.name: Route(device, "") for peer in peers},
        underlay_zone=known.zone,
        outer_rules=_outer(plan, host),
        zones=Zones(
            {device: TUNNEL_ZONE, host.interface: "public"} if plan.encrypted else {}, "public", {where: ports}
        ),
        rules=_rules(plan, host),
        netfilter=Netfilter(),
        handshakes={str(plan.tunnel_address(peer)): 60.0 for peer in peers} if plan.encrypted else None,
        evpn=Evpn({str(peer.vtep): "Established" for peer in plan.bgp_peers(host)}),
        driver="virtio_net",
        outputs=as_planned.outputs(things(plan, host, known)),
    )


def _outer(plan: Plan, host: Host) -> Rules:
    rules = frozenset(line for row in outside(plan, host, HostState()) for line in row.wants.splitlines())
    return Rules(rules, rules)


def _rules(plan: Plan, host: Host) -> Rules:
    peers = others(plan, host, HostState())
    ports = (each.port for each in plan.segments if admits_peers(plan, host, each.port, None))
    rows = [next(iter(tunnel_peers(port, "public", peers))) for port in ports]
    rules = frozenset(line for row in rows for line in row.wants.splitlines())
    return Rules(rules, rules)


# --- The network ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """Answers that are there already, the same of every host and on every bridge."""

    path_: Path = field(default_factory=Path)  # type: ignore[arg-type]
    replies_: Replies = field(default_factory=Replies)
    heard_: Heard = field(default_factory=Heard)
    frames_: Frames = field(default_factory=Frames)
    inside_: Inside = NO_AGENT

    def path(self, host: str) -> Path:
        """Of every host the same."""
        return self.path_

    def replies(self, bridge: str) -> Replies:
        """On every bridge the same."""
        return self.replies_

    def frames(self, bridge: str) -> Frames:
        """On every bridge the same."""
        return self.frames_

    def heard(self) -> Heard:
        """What is there."""
        return self.heard_

    def inside(self, vm: str, address: str) -> Inside:
        """In every VM the same."""
        return self.inside_


def arrives(size: int = 1500, whole: int = 0) -> Path:
    """Return a way on which all arrives: packets of `whole` bytes in one piece, of `size` perhaps not."""
    return Path(Echo(True, 0.001), Sized(whole or size, Echo(True)), Sized(size, Echo(True)))


def answers(plan: Plan, host: Host) -> Known:
    """Return what the network answers where all is well."""
    macs = {str(vm.address): mac_of(plan, vm) for vm in plan.vms if vm.address}
    sources = (str(plan.tunnel_address(peer)) for peer in plan.peers(host))
    packets = frozenset(Packet(source, each.port, each.vni) for source in sources for each in plan.segments)
    full = mtu(plan)
    path = arrives(full + (1500 - FULL if plan.tunnel_address(host).version == 4 else 70))
    outside = Echo(True, 0.001) if plan.encrypted else None
    return Known(
        replace(path, outside=outside),
        Replies(macs),
        Heard(packets, seconds=0.1),
        Frames(full, dict.fromkeys(macs, full)),
    )


# --- What the checks say ----------------------------------------------------------------------------------------------


def there(plan: Plan, host: Host, known: Facts) -> There:
    """Return what is read of another host, judged as it would itself."""
    return checks.there(plan, {host.name: known})[host.name]


def findings(
    plan: Plan, host: Host, known: Facts, asked: Known | None = None, others: dict[str, There] | None = None
) -> list[Finding]:
    """Return what the checks say of a host."""
    evidence = Evidence(known, asked or answers(plan, host), others or {})
    return list(checks.findings(checks.checks_of(plan, host), evidence))


def causes(found: list[Finding], status: Status) -> list[str]:
    """Return the causes of that status."""
    return [finding.cause for finding in found if finding.status is status]


def told(found: list[Finding]) -> str:
    """Return what is not well, for a person who reads a failed test."""
    rows = (each for each in found if each.status is not Status.PASS)
    return "\n".join(f"{each.status} {each.id} {each.subject}: {each.cause} {each.evidence}" for each in rows)


# --- Faults -----------------------------------------------------------------------------------------------------------

Change = Callable[[Facts], Facts]


def nothing(facts_: Facts) -> Facts:
    """Leave a host as it is."""
    return facts_


def several(*changes: Change) -> Change:
    """Change one thing after the other."""

    def change(facts_: Facts) -> Facts:
        for each in changes:
            facts_ = each(facts_)
        return facts_

    return change


def fact(**changes: Any) -> Change:
    """Change what was read."""
    return lambda facts_: replace(facts_, **changes)


def of_state(**changes: Any) -> Change:
    """Change the host's state."""
    return lambda facts_: replace(facts_, state=replace(facts_.state, **changes))


def link(name: str, **changes: Any) -> Change:
    """Change a device."""

    def change(facts_: Facts) -> Facts:
        links = {**facts_.state.links, name: replace(facts_.state.links[name], **changes)}
        return replace(facts_, state=replace(facts_.state, links=links))

    return change


def no_link(*names: str) -> Change:
    """Take devices away."""

    def change(facts_: Facts) -> Facts:
        links = {name: each for name, each in facts_.state.links.items() if name not in names}
        return replace(facts_, state=replace(facts_.state, links=links))

    return change


def tunnel(name: str, **changes: Any) -> Change:
    """Change what a VXLAN device is."""
    return lambda facts_: link(name, vxlan=replace(facts_.state.links[name].vxlan or VxlanLink(0, 0), **changes))(
        facts_
    )


def settings(name: str, **changes: str) -> Change:
    """Change a profile's settings; `__` stands for a dot."""

    def change(facts_: Facts) -> Facts:
        keys = {key.replace("__", "."): value for key, value in changes.items()}
        changed = tuple(
            replace(each, settings={**each.settings, **keys}) if each.name == name else each
            for each in facts_.state.profiles
        )
        return replace(facts_, state=replace(facts_.state, profiles=changed))

    return change


def renamed(name: str) -> Change:
    """Give a profile another name."""
    return lambda facts_: replace(
        facts_,
        state=replace(
            facts_.state,
            profiles=tuple(
                replace(each, name="other") if each.name == name else each for each in facts_.state.profiles
            ),
        ),
    )


def shows(of: str, old: str, new: str) -> Change:
    """What the commands that match show holds another text."""
    return lambda facts_: replace(facts_, outputs=as_planned.instead(facts_.outputs, of, old, new))


def shows_nothing(of: str) -> Change:
    """The commands that match find nothing."""
    return lambda facts_: replace(facts_, outputs=as_planned.gone(facts_.outputs, of))


def network(name: str, **changes: Any) -> Change:
    """Change a libvirt network."""

    def change(facts_: Facts) -> Facts:
        networks = {**facts_.state.networks, name: replace(facts_.state.networks[name], **changes)}
        return replace(facts_, state=replace(facts_.state, networks=networks))

    return change


def vm(name: str, **changes: Any) -> Change:
    """Change a VM."""

    def change(facts_: Facts) -> Facts:
        vms = {**facts_.state.vms, name: replace(facts_.state.vms[name], **changes)}
        return replace(facts_, state=replace(facts_.state, vms=vms))

    return change


def nic(name: str, *, live: bool = True, stored: bool = False, **changes: Any) -> Change:
    """Change a VM's NIC, as it runs or as it is stored."""

    def change(facts_: Facts) -> Facts:
        found = facts_.state.vms[name]
        nics = tuple(replace(each, **changes) for each in found.nics) if stored else found.nics
        live_nics = tuple(replace(each, **changes) for each in found.live_nics) if live else found.live_nics
        return vm(name, nics=nics, live_nics=live_nics)(facts_)

    return change


def zone(**changes: Any) -> Change:
    """Change the underlay's zone."""
    changed = replace(Zone("public", frozenset({8472}), frozenset({8472})), **changes)
    closed = [of for of, ports in ((r"cmd --zone", changed.runtime), ("--permanent", changed.permanent)) if not ports]
    unseen = several(*(shows_nothing(f"{of}.* --query-port=8472/udp") for of in closed))
    return lambda facts_: replace(unseen(facts_), state=replace(facts_.state, zone=changed), underlay_zone=changed)


def gone(part: str, daemon: State = State.ABSENT, *, late: bool = False) -> Change:
    """A part cannot be read."""
    start = f"systemctl enable --now {'libvirtd' if part == 'virt' else NAMES[part]}"
    return fact(gone={part: Gone("no answer", Daemon(daemon, "ps"), late, start)})

"""EVPN: FRR on every host tells the others by BGP which segments it has, and behind which host an address is.

FRR may be in use: what it has stays. Lines are added by vtysh, those that name hosts under a peer group of our own,
and saved; undo takes away what was not there.
"""

from collections.abc import Iterator

from vxlan_tui.command import Command, command
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures.peers import of_bgp
from vxlan_tui.sections import BRIDGE
from vxlan_tui.state import HostState
from vxlan_tui.things import Clear, Members, Reading, Thing, lines

SECTION = BRIDGE.number

PROGRAMS = ("vtysh",)

GROUP = "vxlan-tui"
"""The peer group that the other hosts are in."""

DAEMONS = "/etc/frr/daemons"
CONFIGURATION = "/etc/frr/frr.conf"

ROUTER = "evpn.router-"
"""How the name of the record of FRR's BGP router begins; the autonomous system follows."""

RUNNING = (
    "vtysh",
    "-c",
    "show running-config bgpd | include "
    "^router bgp|peer-group|remote-as|update-source|activate|route-reflector-client|advertise-all-vni",
)
"""Prints lines of what is asked for below and no others, as they are recorded: the rest has passwords in it."""

_ROUTERS = "^router bgp [0-9]+$"
_GROUP_LINES = f"^ +neighbor {GROUP} (peer-group|remote-as|update-source|activate|route-reflector-client).*"
_PEER_LINES = f"^ neighbor [^ ]+ peer-group {GROUP}$"
_VNIS = "  advertise-all-vni"
_OURS = "|".join((_GROUP_LINES, _PEER_LINES, f"^{_VNIS}"))
"""What of FRR's configuration is ours: lines that an admin adds, also to the peer group, stay as they are.

That the group is not activated for IPv4 is not among them: FRR says so only where neighbours are by default. Where they
are not, a second line `activate` tells of one that is.
"""

_SAVE = command("vtysh", "-c", "write memory")
_EVPN = ("-c", "address-family l2vpn evpn")
_RESTART = (command("systemctl", "restart", "frr"),)

_DIFFER = (
    f"FRR's running configuration is not what {CONFIGURATION} says: "
    "save it (vtysh -w), or go back to the file (systemctl restart frr)"
)
_NO_MATTER = "|".join(
    (
        "([!#].*)?|(Building|Current) configuration.*|end|exit.*",
        "(frr|hostname|domainname|log|service|line|vrf) .*|(no )?ip(v6)? forwarding",
        f"router bgp [0-9]+|bgp router-id .*|address-family .*|(.* )?{GROUP}( .*)?|advertise-all-vni",
    )
)
"""Lines that differ without harm: headings, what follows the host, and ours, which a run that was cut off has left."""

UNSAVED = (
    f"plain() {{ sed 's/^ *//; s/ *$//' | grep -vxE '{_NO_MATTER}' | sort -u; }}; "
    "running=$(vtysh -c 'show running-config' 2>/dev/null) || exit 0; "
    f'[[ $(echo "$running" | plain) == "$(plain <{CONFIGURATION})" ]] || echo "{_DIFFER}"'
)
"""In shell: says that FRR runs something else than it has saved. Nothing where it does not run."""

_NOT_SAVED = Clear(Reading(("bash", "-c", UNSAVED)), "", _DIFFER)
"""A restart would lose what FRR runs and has not saved, routes too; saving it would overwrite the edits of its file."""


def is_used(plan: Plan) -> bool:
    """Return whether a segment of the plan is told by BGP."""
    return any(segment.control == "evpn" for segment in plan.segments)


def things(plan: Plan, host: Host, state: HostState | None) -> Iterator[Thing]:
    """Return what FRR is to be and to have on this host; nothing where no segment wants it."""
    if plan.evpn is None or not is_used(plan):
        return
    asn, own = plan.evpn.asn, plan.tunnel_address(host)
    peers = [f" neighbor {peer} peer-group {GROUP}" for peer in of_bgp(plan, host, state).addresses]
    yield from (daemons(), enabled(), running())
    yield router(asn, str(own))
    yield group(asn, str(own), plan.is_reflector(host))
    yield _neighbours(asn, lines(peers))
    yield vnis(asn)
    yield _saved([*_group(asn, str(own), plan.is_reflector(host)), *peers, _VNIS])


def of_record(subject: str) -> Iterator[Thing]:
    """Return the thing that a record is about."""
    what, _, asn = subject.partition("-")
    rows = (daemons(), enabled(), running(), *((router(int(asn)), group(int(asn)), vnis(int(asn))) if asn else ()))
    yield from (row for row in rows if row.record == f"evpn.{what}{'-' if asn else ''}{asn}")


def daemons() -> Thing:
    """Return as a thing that FRR is to start its BGP daemon."""
    return Thing(
        "evpn.daemons",
        SECTION,
        "bgpd",
        "Have FRR start its BGP daemon",
        "BGP tells the hosts of each other's segments and addresses (EVPN).",
        "evpn.daemons",
        Reading(("cat", DAEMONS), "^bgpd=.*"),
        "bgpd=yes",
        make=(command("sed", "-i", "$ a bgpd=yes", DAEMONS),),
        change=(_set_bgpd("yes"),),
        delete=(command("sed", "-i", "/^bgpd=/d", DAEMONS),),
        restore_when={"bgpd=no": (_set_bgpd("no"),)},
        partial=True,
        back_title="FRR's BGP daemon, to be started or not as before",
    )


def _set_bgpd(to: str) -> Command:
    return command("sed", "-i", f"s/^bgpd=.*/bgpd={to}/", DAEMONS)


def enabled() -> Thing:
    """Return as a thing that FRR starts at boot."""
    return Thing(
        "evpn.enabled",
        SECTION,
        "frr",
        "Start FRR at boot",
        "Without it, the host is alone in its segments after a boot.",
        "evpn.enabled",
        Reading(("systemctl", "is-enabled", "frr"), "^enabled"),
        "enabled",
        make=(command("systemctl", "enable", "frr"),),
        delete=(command("systemctl", "disable", "frr"),),
        back_title="FRR, started at boot or not as before",
    )


def running() -> Thing:
    """Return as a thing that FRR runs with its BGP daemon."""
    return Thing(
        "evpn.running",
        SECTION,
        "frr",
        "Start FRR with its BGP daemon",
        "It starts a daemon that is new in its list when it is restarted: what it routes already stops for a moment.",
        "evpn.running",
        Reading(("vtysh", "-c", "show daemons"), "zebra|bgpd"),
        "bgpd\nzebra",
        make=_RESTART,
        change=_RESTART,
        change_clear=(_NOT_SAVED,),
        delete=(command("systemctl", "stop", "frr"),),
        restore=_RESTART,
        back_clear=(_NOT_SAVED,),
        last=True,
        back_title="FRR, running or not as before",
    )


def _configure(asn: int, *more: str) -> tuple[str, ...]:
    return ("vtysh", "-c", "configure terminal", "-c", f"router bgp {asn}", *more)


def router(asn: int, identifier: str = "") -> Thing:
    """Return as a thing that FRR is a BGP router of this autonomous system; another one stands in the way."""
    instance = Reading(RUNNING, _ROUTERS)
    other = Clear(instance, f"router bgp {asn}", f"FRR speaks BGP for another autonomous system than {asn}: {{}}")
    remove = command("vtysh", "-c", "configure terminal", "-c", f"no router bgp {asn}")
    return Thing(
        "evpn.router",
        SECTION,
        f"AS {asn}",
        f"Make FRR a BGP router of the autonomous system {asn}",
        "All hosts of the plan are of one system.",
        f"{ROUTER}{asn}",
        instance,
        f"router bgp {asn}",
        make=(command(*_configure(asn, "-c", f"bgp router-id {identifier}")),),
        clear=(other,),
        delete=(remove, _SAVE),
        back_clear=(_NOT_SAVED,),
        partial=True,
        back_title=f"FRR's BGP router of the autonomous system {asn}, there or not as before",
    )


def _group(asn: int, own: str, reflector: bool) -> list[str]:
    words = ("peer-group", f"remote-as {asn}", f"update-source {own}")
    of_evpn = ("activate", *(["route-reflector-client"] if reflector else []))
    return [f" neighbor {GROUP} {word}" for word in words] + [f"  neighbor {GROUP} {word}" for word in of_evpn]


def group(asn: int, own: str = "", reflector: bool = False) -> Thing:
    """Return as a thing the peer group of the other hosts: for EVPN alone, so that no other route leaks by it."""
    told = _group(asn, own, reflector)
    top = [line.strip() for line in told if not line.startswith("  ")]
    reflect = f"{'' if reflector else 'no '}neighbor {GROUP} route-reflector-client"
    families = ("address-family ipv4 unicast", f"no neighbor {GROUP} activate", "exit-address-family")
    evpn = ("address-family l2vpn evpn", f"neighbor {GROUP} activate", reflect)
    words = [word for line in (*top, *families, *evpn) for word in ("-c", line)]
    make = (command(*_configure(asn, *words)),)
    return Thing(
        "evpn.group",
        SECTION,
        f"AS {asn}",
        "Treat the other hosts alike: EVPN, and nothing else",
        "A peer group holds what is said of all of them; what FRR has besides stays as it is.",
        f"evpn.group-{asn}",
        Reading(RUNNING, _GROUP_LINES),
        lines(told),
        make=make,
        change=make,
        delete=(command(*_configure(asn, "-c", f"no neighbor {GROUP} peer-group")), _SAVE),
        back_clear=(_NOT_SAVED,),
        goes_with=f"{ROUTER}{asn}",
        within=f"router bgp {asn}",
        partial=True,
        back_title="The other hosts in FRR, as before",
    )


def _neighbours(asn: int, peers: str) -> Thing:
    return Thing(
        "evpn.peers",
        SECTION,
        f"AS {asn}",
        "Name the hosts to have a BGP session with",
        "Every other host of the plan, or its route reflectors.",
        "",
        Reading(RUNNING, _PEER_LINES),
        peers,
        members=Members(_configure(asn), "-c", "-cno"),
    )


def vnis(asn: int) -> Thing:
    """Return as a thing that FRR tells of every VXLAN of this host."""
    told = _VNIS.strip()
    return Thing(
        "evpn.vnis",
        SECTION,
        f"AS {asn}",
        "Tell the other hosts of this host's segments",
        "FRR then fills the VXLANs' flood lists and their addresses.",
        f"evpn.vnis-{asn}",
        Reading(RUNNING, f"^{_VNIS}"),
        _VNIS,
        make=(command(*_configure(asn, *_EVPN, "-c", told)),),
        delete=(command(*_configure(asn, *_EVPN, "-c", f"no {told}")), _SAVE),
        back_clear=(_NOT_SAVED,),
        goes_with=f"{ROUTER}{asn}",
        within=f"router bgp {asn}",
        partial=True,
        back_title="What FRR tells of this host's segments, as before",
    )


def _saved(told: list[str]) -> Thing:
    """Return as a thing that FRR has saved all of it."""
    return Thing(
        "evpn.save",
        SECTION,
        "frr",
        "Save FRR's configuration",
        "FRR starts with what is saved.",
        "",
        Reading(("cat", CONFIGURATION), _OURS),
        lines(told),
        make=(_SAVE,),
        change=(_SAVE,),
        change_clear=(_NOT_SAVED,),
    )

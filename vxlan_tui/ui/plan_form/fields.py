"""The fields of the plan's form: for each key of the plan file a label and the help that goes with it.

What is needed rarely is folded away, a line a table, as long as it is as usual.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from vxlan_tui.plan import DEFAULT_PORT, DEFAULT_SHUTDOWN_TIMEOUT, WIREGUARD_PORT, with_default_names
from vxlan_tui.ui.plan_form.draft import Draft

AS_IT_IS, FIXED, DHCP = "as it is", "fixed address", "DHCP"


@dataclass(frozen=True)
class Spec:
    """A field. `kind` is text or choice; `default` is shown in an empty field, `usual` is what may be folded away."""

    key: str
    label: str
    help: str
    kind: str = "text"
    default: str = ""
    usual: str = ""


@dataclass(frozen=True)
class Heading:
    """A line between fields."""

    text: str


@dataclass(frozen=True)
class Act:
    """Something to do to the form: `action` is the pane's, with the row that it is about."""

    text: str
    action: str
    row: int = 0


Item = Spec | Heading | Act

NAMED = 3
"""So many of the folded fields are named on their line."""


def items(draft: Draft) -> Iterator[Item]:
    """Give the form for a draft: this host first, then the others, the segments and the VMs."""
    order = sorted(range(len(draft.hosts)), key=lambda index: index != draft.here)
    if len(draft.hosts) > 1:
        yield Spec("here", "this machine is", "Which of the plan's hosts this machine is.", "choice")
    for index in order:
        yield from _host(draft, index)
    yield Act("Add a host", "add_host")
    for index, row in enumerate(draft.rows("segments")):
        yield from _segment(draft, index, row)
    yield Act("Add a segment (another VNI)", "add_segment")
    if draft.hosts:
        yield Heading("Between the hosts")
        yield from _encryption(draft)
    yield Heading("VMs" if draft.rows("vms") else "VMs: none chosen yet")
    for index, row in enumerate(draft.rows("vms")):
        yield from _vm(draft, index, row)
    yield Act("Choose VMs", "pick_vms")
    yield Act("Add a VM of another host", "add_vm")


def _folded(draft: Draft, table: str, row: int, specs: Iterable[Spec]) -> Iterator[Item]:
    """Give what is rarely needed of a table: what is not as usual, and a line that opens and closes the rest."""
    fields, is_open = list(specs), f"{table}[{row}]" in draft.unfolded
    hidden = [spec for spec in fields if not is_open and draft.get(spec.key) == spec.usual]
    hidden = [spec for spec in hidden if spec.key not in draft.unfolded]
    yield from (spec for spec in fields if spec not in hidden)
    if hidden or is_open:
        labels = ", ".join(spec.label.strip() for spec in hidden[:NAMED]) + (" ..." if len(hidden) > NAMED else "")
        yield Act("Less" if is_open else f"More: {labels}", f"more_{table}", row)


def _host(draft: Draft, index: int) -> Iterator[Item]:
    here = index == draft.here
    at = f"hosts[{index}]"
    yield Heading("This host" if here else "The other host" if len(draft.hosts) == 2 else f"Host {index + 1}")
    yield Spec(f"{at}.name", "name", "The host's name, as `hostname` says it there.", default="needed")
    fixed = draft.get(f"{at}.ethernet.address").partition("/")[0]
    vtep = Spec(f"{at}.vtep", "VTEP address", _VTEP, default=fixed or "needed")
    ssh = Spec(f"{at}.ssh", "SSH", _SSH, default="none: worked on there")
    if not here:
        yield from (vtep, ssh)
    where = "The interface whose network reaches the other hosts (the underlay)."
    yield Spec(f"{at}.interface", "interface", where, "choice" if here else "text", "needed")
    yield Spec(f"{at}.ethernet", "Ethernet", _ETHERNET, "choice")
    if draft.get(f"{at}.ethernet"):
        yield from _ethernet(f"{at}.ethernet", draft.get(f"{at}.ethernet.method") == "auto")
    if here:
        yield vtep
    zone = "The firewalld zone to open the port in. Empty: the zone that the interface is in."
    rare = [Spec(f"{at}.zone", "firewalld zone", zone, default="that of the interface")]
    rare += [ssh] if here else []
    if draft.get("encryption.method") == "wireguard":
        rare.append(Spec(f"{at}.public_key", "public key", _PUBLIC_KEY, default="exchanged over SSH"))
    yield from _folded(draft, "hosts", index, rare)
    if len(draft.hosts) > 2 and not here:
        yield Act(f"Remove host {index + 1}", "remove_host", index)


_VTEP = "The address that the tunnel starts from; on that interface."

_SSH = "How this console reaches it: root@host, or a name of ~/.ssh/config. Empty: it is worked on from itself."

_PUBLIC_KEY = "The host's WireGuard public key; needed where no SSH exchanges the keys."

_ETHERNET = (
    "As it is: the interface works already, and nothing changes it. Otherwise this plan sets it up (section 10.2). "
    "Left and Right choose."
)


def _ethernet(at: str, dhcp: bool) -> Iterator[Item]:
    yield Spec(f"{at}.profile", "  profile", "The name of the NetworkManager connection profile.", default="needed")
    if not dhcp:
        yield Spec(f"{at}.address", "  address", 'With its prefix, as in "198.51.100.2/24".', default="needed")
        yield Spec(f"{at}.gateway", "  gateway", "The router of that subnet; empty for none.", default="none")
    yield Spec(f"{at}.dns", "  DNS servers", "Addresses, separated by commas; empty for none.", default="none")
    yield Spec(f"{at}.dns_search", "  DNS search", "Domains, separated by commas; empty for none.", default="none")


def _segment(draft: Draft, index: int, row: dict[str, Any]) -> Iterator[Item]:
    at = f"segments[{index}]"
    yield Heading(f"Segment {index + 1}: one layer-2 network, the same on every host")
    yield Spec(f"{at}.vni", "VNI", "The VXLAN's number, 0 to 16777215; the same on every host.", default="needed")
    yield Spec(
        f"{at}.bridge", "bridge", "The bridge that joins the VXLAN and the VMs, as in bridge0.", default="needed"
    )
    found = finding_of(draft, at)
    yield Spec(f"{at}.control", "hosts found by", FINDING.get(found, FINDING[""]), "choice")
    if found == "group":
        group = "The multicast group, which the network between the hosts carries to all of them."
        yield Spec(f"{at}.group", "  group", group, default="needed")
    if found == "evpn":
        asn = "The BGP autonomous system, the same on every host; 64512 to 65534 are for private use."
        yield Spec("evpn.asn", "  BGP system", asn, default="needed")
        reflectors = "Hosts that all others have a session with, by name; empty: each has one with each."
        yield Spec("evpn.reflectors", "  reflectors", reflectors, default="none")
    yield from _folded(draft, "segments", index, _rare_of_segment(at, row))
    if index:
        yield Act(f"Remove segment {index + 1}", "remove_segment", index)


MANY = 50
"""From so many hosts on, a list of the plan's addresses is worth a second look.

A packet leaves for each other host with every broadcast, and with every frame to an address not learned yet. At 1.3 µs
each, 100 of them a second to 75 hosts took one percent of a processor (tests/bench/broadcast_cost.py). The list that
BGP fills costs as much, but tells addresses ahead; a multicast group takes one packet.
"""

FINDING = {
    "": f"The plan's addresses. Nothing else has to run: take it for fewer than {MANY} hosts that seldom change.",
    "group": "A multicast group. Take it where the network between the hosts carries multicast.",
    "evpn": f"EVPN: FRR on each host tells the others by BGP. Take it from {MANY} hosts on, or where BGP runs already.",
}
"""When to take which way for the hosts of a segment to find each other."""


def finding_of(draft: Draft, at: str) -> str:
    """Return how the hosts of a segment find each other: a key of FINDING."""
    is_group = draft.get(f"{at}.group") or f"{at}.group" in draft.unfolded
    return draft.get(f"{at}.control") or ("group" if is_group else "")


def _rare_of_segment(at: str, row: dict[str, Any]) -> Iterator[Spec]:
    named = with_default_names(row)
    vxlan, network = (str(named.get(key, "")) for key in ("vxlan", "network"))
    admit = "Who may send to the UDP port: the other hosts of the plan alone, or anybody. Left and Right choose."
    yield Spec(f"{at}.admit", "let in", admit, "choice", usual="peers")
    yield Spec(f"{at}.vxlan", "VXLAN device", "The tunnel's device; at most 15 characters.", default=vxlan)
    yield Spec(f"{at}.network", "libvirt network", "The network that VMs name.", default=network)
    port = f"UDP port of the tunnel. {DEFAULT_PORT} is NetworkManager's default; IANA's is 4789."
    yield Spec(f"{at}.port", "UDP port", port, default=str(DEFAULT_PORT))
    mtu = "Bytes that fit into a packet inside. Empty: what the network between the hosts leaves."
    yield Spec(f"{at}.mtu", "MTU", mtu, default="what is left inside the tunnel")
    stp = "The spanning tree protocol. On, it holds each VM that starts back for 30 s; needed against loops alone."
    yield Spec(f"{at}.stp", "STP", stp, "choice")


ENCRYPTION = {
    "": "A VXLAN does not encrypt, and Verify warns of it. Left and Right choose.",
    "wireguard": "The VXLAN runs inside a WireGuard tunnel. Take it where the way between the hosts is not your own.",
    "none": "In the clear, and meant so: Verify does not warn. For a way that is your own, or encrypted otherwise.",
}
"""When to take which encryption."""


def _encryption(draft: Draft) -> Iterator[Item]:
    method = draft.get("encryption.method")
    yield Spec("encryption", "encryption", ENCRYPTION.get(method, ENCRYPTION[""]), "choice")
    if method == "wireguard":
        subnet = "Addresses inside the encrypted tunnel, one a host; apart from all that is in use."
        yield Spec("encryption.subnet", "  subnet", subnet, default="needed")
        port = "The UDP port of the encrypted tunnel."
        yield Spec("encryption.port", "  UDP port", port, default=str(WIREGUARD_PORT))


def _vm(draft: Draft, index: int, row: dict[str, Any]) -> Iterator[Item]:
    at = f"vms[{index}]"
    here = row.get("host") == draft.get(f"hosts[{draft.here}].name")
    if not here:
        yield Spec(
            f"{at}.host", f"VM {index + 1} on host", "The host that the VM runs on. Left and Right choose.", "choice"
        )
    yield Spec(
        f"{at}.name", "  its name" if not here else f"VM {index + 1}", "The VM's name, as `virsh list --all` says it."
    )
    if len(draft.rows("segments")) > 1:
        yield Spec(
            f"{at}.network", "  network", "The network that it is connected to. Left and Right choose.", "choice"
        )
    asked = "The VM's IPv4 address inside the segment, which the ARP check asks for; empty for no check."
    yield Spec(f"{at}.address", "  its address", asked, default="not known")
    yield from _folded(draft, "vms", index, _rare_of_vm(at))
    yield Act(f"Remove VM {index + 1}", "remove_vm", index)


def _rare_of_vm(at: str) -> Iterator[Spec]:
    mac = "Which of its NICs, by MAC address; empty where it has one alone."
    yield Spec(f"{at}.mac", "  MAC", mac, default="its only NIC")
    move = "How a running VM gets to the network: as it runs where libvirt can, or shut down and started."
    yield Spec(f"{at}.move", "  moved", move, "choice")
    waits = "Seconds that a running VM has to power off, where it is restarted."
    yield Spec(f"{at}.shutdown_timeout", "  time to stop", waits, default=str(DEFAULT_SHUTDOWN_TIMEOUT))
    words = "Options for virt-install, where the VM does not exist yet; empty for a VM that exists."
    yield Spec(f"{at}.install", "  install with", words, default="it exists already")

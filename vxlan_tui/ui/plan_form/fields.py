"""The fields of the plan's form: for each key of the plan file a label and the help that goes with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vxlan_tui.ui.plan_form.draft import Draft

AS_IT_IS, FIXED, DHCP = "as it is", "fixed address", "DHCP"


@dataclass(frozen=True)
class Spec:
    """A field. `kind` is text or choice; `default` is shown in an empty field."""

    key: str
    label: str
    help: str
    kind: str = "text"
    default: str = ""


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


def items(draft: Draft) -> Iterator[Item]:
    """Give the form for a draft: this host first, then the others, the segments and the VMs."""
    order = sorted(range(len(draft.hosts)), key=lambda index: index != draft.here)
    if len(draft.hosts) > 1:
        yield Spec("here", "this machine is", "Which of the plan's hosts this machine is.", "choice")
    for index in order:
        yield from _host(draft, index)
    yield Act("Add a host", "add_host")
    for index, row in enumerate(draft.rows("segments")):
        yield from _segment(index, row)
    yield Act("Add a segment (another VNI)", "add_segment")
    yield Heading("VMs" if draft.rows("vms") else "VMs: none chosen yet")
    for index, row in enumerate(draft.rows("vms")):
        yield from _vm(draft, index, row)
    yield Act("Choose VMs of this host", "pick_vms")
    yield Act("Add a VM of another host", "add_vm")


def _host(draft: Draft, index: int) -> Iterator[Item]:
    here = index == draft.here
    at = f"hosts[{index}]"
    yield Heading("This host" if here else "The other host" if len(draft.hosts) == 2 else f"Host {index + 1}")
    yield Spec(f"{at}.name", "name", "The host's name, as `hostname` says it there.", default="needed")
    where = "The interface whose network reaches the other hosts (the underlay)."
    yield Spec(f"{at}.interface", "interface", where, "choice" if here else "text", "needed")
    yield Spec(f"{at}.ethernet", "Ethernet", _ETHERNET, "choice")
    if draft.get(f"{at}.ethernet"):
        yield from _ethernet(f"{at}.ethernet", draft.get(f"{at}.ethernet.method") == "auto")
    fixed = draft.get(f"{at}.ethernet.address").partition("/")[0]
    yield Spec(f"{at}.vtep", "VTEP address", _VTEP, default=fixed or "needed")
    zone = "The firewalld zone to open the port in. Empty: the zone that the interface is in."
    yield Spec(f"{at}.zone", "firewalld zone", zone, default="that of the interface")
    if len(draft.hosts) > 2 and not here:
        yield Act(f"Remove host {index + 1}", "remove_host", index)


_VTEP = "The address that the tunnel starts from; on that interface."

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


def _segment(index: int, row: dict[str, Any]) -> Iterator[Item]:
    at = f"segments[{index}]"
    vxlan = row.get("vxlan") or f"vxlan{row.get('vni', '')}"
    yield Heading(f"Segment {index + 1}: one layer-2 network, the same on every host")
    yield Spec(f"{at}.vni", "VNI", "The VXLAN's number, 0 to 16777215; the same on every host.", default="needed")
    yield Spec(
        f"{at}.bridge", "bridge", "The bridge that joins the VXLAN and the VMs, as in bridge0.", default="needed"
    )
    yield Spec(f"{at}.vxlan", "VXLAN device", "The tunnel's device; at most 15 characters.", default=str(vxlan))
    yield Spec(f"{at}.network", "libvirt network", "The network that VMs name.", default=f"{vxlan}-bridge")
    port = "UDP port of the tunnel. 8472 is NetworkManager's default; IANA's is 4789."
    yield Spec(f"{at}.port", "UDP port", port, default="8472")
    group = "A multicast group in place of the other host's address; needed with more than two hosts."
    yield Spec(f"{at}.group", "multicast group", group, default="none: the other host's address")
    if index:
        yield Act(f"Remove segment {index + 1}", "remove_segment", index)


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
    mac = "Which of its NICs, by MAC address; empty where it has one alone."
    yield Spec(f"{at}.mac", "  MAC", mac, default="its only NIC")
    asked = "The VM's IPv4 address inside the segment, which the ARP check asks for; empty for no check."
    yield Spec(f"{at}.address", "  its address", asked, default="not known")
    if here:
        words = "Options for virt-install, where the VM does not exist yet; empty for a VM that exists."
        yield Spec(f"{at}.install", "  install with", words, default="it exists already")
    yield Act(f"Remove VM {index + 1}", "remove_vm", index)

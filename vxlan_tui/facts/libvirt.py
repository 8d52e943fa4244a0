"""libvirt's networks and VMs, through libvirt-python: one connection, no command per question."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import libvirt

from vxlan_tui.reach import Reach
from vxlan_tui.state import Network, Nic, VmState

T = TypeVar("T")


class LibvirtUnavailable(Exception):  # noqa: N818 (it is what is so)
    """libvirt does not answer; its own words."""


@contextmanager
def connection(reach: Reach) -> Iterator[Any]:
    """Give a read-write connection to a host's libvirt; raises LibvirtUnavailable, Unreachable."""
    _silence()
    uri = reach.libvirt_uri
    try:
        opened = libvirt.open(uri)
    except libvirt.libvirtError as error:
        raise LibvirtUnavailable(str(error)) from error
    try:
        yield opened
    except libvirt.libvirtError as error:
        raise LibvirtUnavailable(str(error)) from error
    finally:
        opened.close()


def _silence() -> None:
    """Keep libvirt from writing its errors to the terminal: they come as exceptions."""
    libvirt.registerErrorHandler(lambda context, error: None, None)


def read_networks(opened: Any) -> dict[str, Network]:
    """Give all networks, active or not, by name."""
    rows = (_existing(_network, row) for row in opened.listAllNetworks())
    return {row.name: row for row in rows if row is not None}


def read_vms(opened: Any) -> dict[str, VmState]:
    """Give all VMs, running or not, by name."""
    rows = (_existing(_vm, row) for row in opened.listAllDomains())
    return {row.name: row for row in rows if row is not None}


def read_network(opened: Any, name: str) -> Network | None:
    """Give a network, None where there is none of that name."""
    return _existing(lambda asked: _network(opened.networkLookupByName(asked)), name)


def read_vm(opened: Any, name: str) -> VmState | None:
    """Give a VM, None where there is none of that name."""
    return _existing(lambda asked: _vm(opened.lookupByName(asked)), name)


def _existing(read: Callable[[Any], T], row: Any) -> T | None:
    """Give what `read` gives, or None where it has gone between the listing and the look."""
    try:
        return read(row)
    except libvirt.libvirtError as error:
        if error.get_error_code() in (libvirt.VIR_ERR_NO_NETWORK, libvirt.VIR_ERR_NO_DOMAIN):
            return None
        raise


def _network(row: Any) -> Network:
    bridge, forward = parse_network(row.XMLDesc())
    persistent = bool(row.isPersistent())
    autostart = bool(row.autostart()) if persistent else False
    return Network(row.name(), bridge, forward, bool(row.isActive()), autostart, persistent)


def parse_network(xml: str) -> tuple[str, str]:
    """Give the bridge and the forward mode of a network's XML; empty where there is none."""
    root = ET.fromstring(xml)  # noqa: S314 (libvirt's own output)
    return _attribute(root.find("bridge"), "name"), _attribute(root.find("forward"), "mode")


def _vm(row: Any) -> VmState:
    flags = libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE
    persistent = bool(row.isPersistent())
    state = STATES.get(row.state()[0], "in an unknown state")
    stored = parse_nics(row.XMLDesc(flags)) if persistent else ()
    running = row.XMLDesc() if row.isActive() else ""
    return VmState(row.name(), state, persistent, stored, parse_nics(running), parse_agent(running))


STATES = {
    libvirt.VIR_DOMAIN_NOSTATE: "without a state",
    libvirt.VIR_DOMAIN_RUNNING: "running",
    libvirt.VIR_DOMAIN_BLOCKED: "running",
    libvirt.VIR_DOMAIN_PAUSED: "paused",
    libvirt.VIR_DOMAIN_SHUTDOWN: "shutting down",
    libvirt.VIR_DOMAIN_SHUTOFF: "shut off",
    libvirt.VIR_DOMAIN_CRASHED: "crashed",
    libvirt.VIR_DOMAIN_PMSUSPENDED: "suspended",
}


def parse_agent(xml: str) -> str:
    """Give the state of the guest agent's channel in a running VM's XML; empty where it has none."""
    channels = ET.fromstring(xml).iterfind("devices/channel/target") if xml else ()  # noqa: S314 (libvirt's own)
    return next((each.get("state", "") for each in channels if each.get("name") == AGENT_CHANNEL), "")


AGENT_CHANNEL = "org.qemu.guest_agent.0"


def parse_nics(xml: str) -> tuple[Nic, ...]:
    """Give the network interfaces of a VM's XML, in its order."""
    return tuple(_nic(block) for block in _NIC.findall(xml))


# The text as libvirt prints it, not parsed and written again: a script's awk takes out the same.
_NIC = re.compile(r"^    <interface .*?^    </interface>\n", re.DOTALL | re.MULTILINE)


def _nic(block: str) -> Nic:
    element = ET.fromstring(block)  # noqa: S314 (libvirt's own output)
    kind = element.get("type", "")
    source = element.find("source")
    name = (
        next((source.attrib[key] for key in ("network", "bridge", "dev") if key in source.attrib), "")
        if source is not None
        else ""
    )
    return Nic(
        mac=_attribute(element.find("mac"), "address"),
        type=kind,
        source=name,
        network=_attribute(source, "network"),
        device=_attribute(element.find("target"), "dev"),
        xml=block,
        mtu=int(_attribute(element.find("mtu"), "size") or 0),
        link_down=_attribute(element.find("link"), "state") == "down",
    )


def _attribute(element: ET.Element | None, name: str) -> str:
    return element.get(name, "") if element is not None else ""

"""The sections of the chapter, in their order: the one table that everything reads."""

from typing import NamedTuple


class Section(NamedTuple):
    """A section: its name in `--only`, its number in the chapter, what it is called, and what it takes of a host.

    `parts` of the state decide its things (net: NetworkManager and the kernel, firewall, virt: libvirt); the first is
    the one that has to answer for them to be read at all.
    """

    name: str
    number: str
    title: str
    parts: tuple[str, ...]
    programs: tuple[str, ...]


ETHERNET = Section("ethernet", "10.2", "Ethernet", ("net",), ("nmcli", "ip", "busctl"))

BRIDGE = Section("bridge", "10.3", "Bridge and VXLAN", ("net", "firewall"), ("nmcli", "ip", "firewall-cmd", "busctl"))

NETWORK = Section("network", "10.4", "libvirt network", ("virt",), ("virsh",))

VMS = Section("vms", "10.5", "Virtual machines", ("virt", "net"), ("virsh", "virt-xml", "timeout", "bash", "grep"))

TABLE = (ETHERNET, BRIDGE, NETWORK, VMS)

SECTIONS = tuple(section.name for section in TABLE)

BY_NAME = {section.name: section for section in TABLE}

BY_NUMBER = {section.number: section for section in TABLE}

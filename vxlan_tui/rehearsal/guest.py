"""The small real VM that a rehearsal runs in place of each VM of the plan.

It boots the root directory's own kernel, takes its address from the kernel's command line, asks by ARP for
the other VMs of its segment about once a second, and says on its console who answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from xml.etree.ElementTree import Element, SubElement, tostring

from vxlan_tui.plan import Plan, Vm

OLD_NETWORK = "rehearsal-old"
"""The isolated libvirt network that the VMs start on; the plan moves them away from it."""

MEMORY = 128
"""MiB for each VM."""

TRANSLATED = 64
"""MiB for each VM in which QEMU keeps translated code; left to itself, it takes up to a GiB in time."""

OLD_NETWORK_XML = f"""<network>
  <name>{OLD_NETWORK}</name>
  <forward mode='open'/>
  <bridge name='rehearsal0' stp='off' delay='0'/>
  <dns enable='no'/>
  <ip address='169.254.255.1' netmask='255.255.255.252'/>
</network>
"""
"""Mode open spares libvirt the firewall's rules and asks for an address; without DNS there is no dnsmasq."""

QUICK_BOOT = ("cryptomgr.notests", "noreplace-smp", "apparmor=0", "selinux=0", "audit=0")
"""Words of the kernel's command line that spare an emulated boot a tenth of its work."""

INITRAMFS = "/var/lib/libvirt/boot/rehearsal.img"


@dataclass(frozen=True)
class Nic:
    """A NIC of a guest: its own address, and the addresses that it asks for."""

    mac: str | None
    address: IPv4Address
    asks: tuple[IPv4Address, ...]

    @property
    def kernel_word(self) -> str:
        """What the kernel's command line says of it."""
        return "rehearsal=" + ",".join(str(address) for address in (self.address, *self.asks))


@dataclass(frozen=True)
class Guest:
    """A VM of a host, in the rehearsal's own small form."""

    host: str
    name: str
    number: int
    nics: tuple[Nic, ...]

    @property
    def console(self) -> str:
        """The file on its host with all that it ever wrote on its serial console."""
        return f"/var/log/libvirt/qemu/rehearsal-{self.number}.console"


def guests_of(plan: Plan) -> tuple[Guest, ...]:
    """Give a guest for each VM of the plan that the plan itself does not install."""
    addresses = _addresses(plan.vms)
    by_name: dict[tuple[str, str], list[Nic]] = {}
    for vm, address in zip(plan.vms, addresses, strict=True):
        if vm.install is None:
            pairs = zip(plan.vms, addresses, strict=True)
            asks = tuple(its for other, its in pairs if other.network == vm.network and other is not vm)
            by_name.setdefault((vm.host, vm.name), []).append(Nic(vm.mac, address, asks))
    return tuple(Guest(host, name, number, tuple(nics)) for number, ((host, name), nics) in enumerate(by_name.items()))


def _addresses(vms: Sequence[Vm]) -> list[IPv4Address]:
    """Give each VM's address, as the plan says, else one of the documentation's that nobody has."""
    taken = {vm.address for vm in vms}
    free = (address for address in IPv4Network("192.0.2.0/24").hosts() if address not in taken)
    return [vm.address or next(free) for vm in vms]


def domain_xml(guest: Guest, kernel: str) -> str:
    """Give the definition of a guest that boots `kernel`, a path on its host."""
    domain = Element("domain", type="qemu")
    _text(domain, "name", guest.name)
    _text(domain, "memory", str(MEMORY), unit="MiB")
    _text(domain, "vcpu", "1")
    os = SubElement(domain, "os")
    _text(os, "type", "hvm")
    _text(os, "kernel", kernel)
    _text(os, "initrd", INITRAMFS)
    _text(os, "cmdline", _command_line(guest))
    features = SubElement(domain, "features")
    SubElement(features, "acpi")
    _text(SubElement(features, "tcg"), "tb-cache", str(TRANSLATED), unit="MiB")
    SubElement(domain, "cpu", mode="maximum")
    _devices(SubElement(domain, "devices"), guest)
    return tostring(domain, encoding="unicode")


def _command_line(guest: Guest) -> str:
    words = ("console=ttyS0", "quiet", "net.ifnames=0", "mitigations=off", "nokaslr", "panic=-1")
    return " ".join([*words, *QUICK_BOOT, *(nic.kernel_word for nic in guest.nics)])


def _devices(devices: Element, guest: Guest) -> None:
    SubElement(devices, "controller", type="usb", model="none")
    for nic in guest.nics:
        interface = SubElement(devices, "interface", type="network")
        if nic.mac is not None:
            SubElement(interface, "mac", address=nic.mac)
        SubElement(interface, "source", network=OLD_NETWORK)
        SubElement(interface, "model", type="virtio")
    serial = SubElement(devices, "serial", type="pty")
    SubElement(serial, "log", file=guest.console, append="on")
    SubElement(devices, "memballoon", model="none")


def _text(parent: Element, tag: str, text: str, **attributes: str) -> None:
    SubElement(parent, tag, attributes).text = text

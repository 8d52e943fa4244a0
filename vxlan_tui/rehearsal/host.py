"""A rehearsal host: a sandbox with the daemons of a KVM host in it, and small VMs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

from vxlan_tui.plan import Host as PlannedHost
from vxlan_tui.rehearsal import ssh
from vxlan_tui.rehearsal.daemons import Daemons
from vxlan_tui.rehearsal.guest import INITRAMFS, OLD_NETWORK, OLD_NETWORK_XML, Guest, domain_xml
from vxlan_tui.rehearsal.network import Link
from vxlan_tui.rehearsal.sandbox import RehearsalError, Sandbox, Setup
from vxlan_tui.rehearsal.ssh import PORT, login

PLAN = "/root/plan.toml"
"""Where the plan's file is, inside."""

PACKAGE = "/usr/local/lib/vxlan-tui"

NETWORKMANAGER = """\
[main]
no-auto-default=*
[ifupdown]
managed=true
[keyfile]
unmanaged-devices=none
[device-rehearsal]
match-device=interface-name:{interface}
managed=1
"""

QEMU = """\
security_driver = "none"
namespaces = []
cgroup_controllers = []
remember_owner = 0
"""

BOOTED = "rehearsal: up"
"""What a small VM writes on its console when it has booted."""

LAUNCHER = """\
#!{python}
import sys
sys.path.insert(0, "{package}")
from vxlan_tui.__main__ import main
sys.exit(main())
"""

REMOVE = (
    "/etc/libvirt/qemu/autostart/*",  # the machine's own VMs are not to start a second time
    "/var/lib/NetworkManager/secret_key",  # two hosts with one key would give themselves one address
    "/var/lib/libvirt/network/*.status",
    "/etc/libvirt/qemu.conf",
)

UNDEFINE = ("virsh", "undefine", "--nvram", "--managed-save", "--snapshots-metadata", "--checkpoints-metadata")


@dataclass(frozen=True)
class Common:
    """What the hosts of a rehearsal have in common.

    `python` is the interpreter inside, and `keep` are directories of the machine that it takes. `underlay_up`: every
    underlay interface has its address from the start, with `dual_stack` one of each family. `program_everywhere`: not
    on the first host alone.
    """

    links: Sequence[Link]
    keys: ssh.Keys
    plan_text: str | None
    root: Path
    python: str
    keep: Sequence[Path]
    underlay_up: bool
    dual_stack: bool
    program_everywhere: bool


def setup(link: Link, common: Common) -> Setup:
    """Give what a host's sandbox starts from."""
    name = link.host.name
    files = {
        "/etc/hostname": (f"{name}\n", 0o644),
        "/etc/machine-id": (f"{uuid4().hex}\n", 0o444),
        "/etc/NetworkManager/conf.d/zz-rehearsal.conf": (
            NETWORKMANAGER.format(interface=link.host.interface),
            0o644,
        ),
        "/etc/libvirt/qemu.conf": (QEMU, 0o600),
        **dict(ssh.files(link, common.links, common.keys)),
    }
    if common.program_everywhere or link == common.links[0]:
        files["/usr/local/bin/vxlan-tui"] = (LAUNCHER.format(python=common.python, package=PACKAGE), 0o755)
    if common.plan_text is not None:
        files[PLAN] = (common.plan_text, 0o600)
    if common.underlay_up or link.host.ethernet is None:
        files["/etc/NetworkManager/system-connections/uplink.nmconnection"] = (
            _uplink(link, common.dual_stack),
            0o600,
        )
    return Setup(name, common.root, common.keep, ssh.COVER, REMOVE, ssh.users(link.host), files)


def _uplink(link: Link, dual_stack: bool) -> str:
    """Give the profile of an interface that has its address already, as whoever installed the host left it."""
    lines = ["[connection]", "id=uplink", f"uuid={uuid4()}", "type=ethernet"]
    lines += [f"interface-name={link.host.interface}", "autoconnect-priority=100"]
    lines += [f"zone={link.host.zone}"] if link.host.zone is not None else []
    for number, (address, gateway) in enumerate(link.addresses):
        lines.append(f"[ipv{address.version}]")
        up = number == 0 or dual_stack
        lines += ["method=manual", f"address1={address},{gateway}"] if up else ["method=disabled"]
    return "\n".join([*lines, ""])


class Host(Sandbox):
    """A clone of a machine, with NetworkManager, firewalld and libvirt running in it."""

    def __init__(self, link: Link, common: Common, python: str) -> None:
        super().__init__(setup(link, common), python)
        self.planned: PlannedHost = link.host
        self.port = link.port
        self.daemons = Daemons(self)
        self.guests: tuple[Guest, ...] = ()
        self.inner_python = common.python

    @property
    def name(self) -> str:
        """The host's name in the plan."""
        return self.planned.name

    def define_guests(self, guests: Sequence[Guest], kernel_version: str, running: bool) -> None:
        """Define this host's small VMs on their isolated network, and start them if asked."""
        self.guests = tuple(guest for guest in guests if guest.host == self.name)
        if not self.guests:
            return
        kernel = self._put_kernel(kernel_version)
        self.run(["virsh", "net-define", "/dev/stdin"], input=OLD_NETWORK_XML)
        self.run(["virsh", "net-autostart", OLD_NETWORK])
        self.run(["virsh", "net-start", OLD_NETWORK])
        for guest in self.guests:
            self.run([*UNDEFINE, "--domain", guest.name], check=False)  # a clone may have one of that name
            self.run(["virsh", "define", "/dev/stdin"], input=domain_xml(guest, kernel))
            if running:
                self.run(["virsh", "start", "--domain", guest.name])
        for guest in self.guests if running else ():  # before that, a VM would not notice `virsh shutdown`
            self.daemons.until(f"the VM {guest.name} has booted", partial(self._has_booted, guest))

    def open_ssh_port(self) -> None:
        """Open the port that the host's `ssh` says in the firewall, where it is not the one that is open already."""
        port = login(self.planned).port
        if port != PORT:
            zone = [f"--zone={self.planned.zone}"] if self.planned.zone is not None else []
            for scope in ([], ["--permanent"]):
                self.run(["firewall-cmd", *scope, *zone, f"--add-port={port}/tcp"])

    def _has_booted(self, guest: Guest) -> bool:
        return BOOTED in self.console(guest.name)

    def _put_kernel(self, version: str) -> str:
        builder = f"{PACKAGE}/vxlan_tui/rehearsal/initramfs.py"
        self.run([self.inner_python, "-I", builder, version, INITRAMFS])
        kernel = f"{Path(INITRAMFS).parent}/vmlinuz"
        self.run(["cp", kernel_path(version, self.has), kernel])
        return kernel

    def console(self, vm: str) -> str:
        """Give all that a small VM has written on its console; empty while it never ran."""
        guests = {guest.name: guest for guest in self.guests}
        return self.run(["cat", "--", guests[vm].console], check=False).stdout


def kernel_path(version: str, exists: Callable[[str], bool]) -> str:
    """Give the path of a kernel, as Debian or as Fedora keep it."""
    for path in (f"/boot/vmlinuz-{version}", f"/lib/modules/{version}/vmlinuz"):
        if exists(path):
            return path
    raise RehearsalError(f"there is no kernel {version}")

"""The host itself: its name, its distribution, and which programs it has."""

import shlex
import socket
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vxlan_tui.facts import iproute
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures.packages import PACKAGES
from vxlan_tui.reach import CommandFailed, Local, Reach
from vxlan_tui.sections import BY_NAME


@dataclass(frozen=True)
class Missing:
    """Something that a run needs and this host lacks, and the command that mends it."""

    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.what.rstrip('.')}.\n    To mend it: {self.fix}" if self.fix else self.what


def programs(sections: Iterable[str], installs_vms: bool) -> tuple[str, ...]:
    """Name the programs that the commands of these sections need."""
    names = [name for section in sections for name in BY_NAME[section].programs]
    return tuple(dict.fromkeys([*names, *(("virt-install",) if installs_vms else ())]))


def missing_programs(reach: Reach, names: Iterable[str]) -> list[Missing]:
    """Say which of these programs the host lacks, and how to install them on its distribution."""
    asked = tuple(names)
    found = reach.find(asked)
    absent = [name for name in asked if name not in found]
    if not absent:
        return []
    dnf = uses_dnf(reach)
    packages = {name: PACKAGES[name][0 if dnf else 1] for name in absent}
    by_package = {package: [n for n in absent if packages[n] == package] for package in packages.values()}
    return [
        Missing(f"{', '.join(names)}: not installed", _install(package, dnf)) for package, names in by_package.items()
    ]


def find(program: str) -> str | None:
    """Give the path of a program of the machine that this runs on, or None."""
    return Local().find([program]).get(program)


def this_program() -> list[str]:
    """Give the words that start this program once more, wherever that is done from."""
    started = Path(sys.argv[0])
    return [str(started.resolve())] if started.name == "vxlan-tui" else [sys.executable, "-m", "vxlan_tui"]


def _install(package: str, dnf: bool) -> str:
    return f"{'dnf' if dnf else 'apt-get'} install -y {package}"


def release(reach: Reach) -> Mapping[str, str]:
    """Give what the host says of its distribution (os-release(5)); nothing where it says nothing."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        if text := reach.read_file(path):
            return parse_release(text)
    return {}


def parse_release(text: str) -> dict[str, str]:
    """Read the assignments of os-release(5), which are those of a shell."""
    pairs = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
    return {key.strip(): "".join(shlex.split(value)) for key, equals, value in pairs if equals}


def uses_dnf(reach: Reach) -> bool:
    """Whether the host's distribution is of the Red Hat family."""
    told = release(reach)
    if not told:
        return bool(reach.find(["dnf"]))
    family = f"{told.get('ID', '')} {told.get('ID_LIKE', '')}".split()
    return bool({"rhel", "fedora", "centos"} & set(family))


def not_root(reach: Reach) -> list[Missing]:
    """Say so where what runs there is not root's."""
    if reach.is_root:
        return []
    return [Missing("This changes the host, and you are not root", "run the same command with sudo")]


def daemon(part: str, words: str, reach: Reach | None = None) -> Missing:
    """Say that the daemon behind a part of the facts does not answer, in its tool's words."""
    names = {"net": "NetworkManager", "firewall": "firewalld", "virt": "libvirt"}
    unit = _libvirt_units(reach or Local()) if part == "virt" else names[part]
    return Missing(f"{names[part]} does not answer: {words.strip()}", f"systemctl enable --now {unit}")


def _libvirt_units(reach: Reach) -> str:
    """Newer systems split libvirtd; there its parts are started by their sockets (libvirt, daemons)."""
    if reach.find(["virtqemud"]) and uses_dnf(reach):
        return "virtqemud.socket virtnetworkd.socket virtstoraged.socket"
    return "libvirtd"


def hosts_of_this_machine(plan: Plan, reach: Reach) -> list[Host]:
    """Return the hosts of the plan that this machine can be: by its name, else by an address that it has.

    A short name can be that of several (kvm1.ber.example.com, kvm1.fra.example.com): the one of exactly this name goes
    before, then those whose address this machine has. Where there is more than one, nothing tells them apart.
    """
    full = socket.gethostname()
    by_name = [host for host in plan.hosts if full in _names(host.name) or host.name in _names(full)]
    exactly = [host for host in by_name if host.name == full]
    if exactly or len(by_name) == 1:
        return exactly or by_name
    addresses = _addresses(reach)
    return [host for host in by_name or plan.hosts if str(host.vtep) in addresses] or by_name


def _names(name: str) -> tuple[str, str]:
    """Return a host's name as it is, and short."""
    return name, name.partition(".")[0]


def _addresses(reach: Reach) -> set[str]:
    try:
        links = iproute.read_links(reach).values()
    except (CommandFailed, ValueError):
        return set()
    return {address.partition("/")[0] for link in links for address in link.addresses}

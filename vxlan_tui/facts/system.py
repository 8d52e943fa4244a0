"""The machine itself: its name, its distribution, and which programs it has."""

import os
import platform
import shutil
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures.packages import PACKAGES
from vxlan_tui.procedures.sections import BY_NAME
from vxlan_tui.state import Link

SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Directories that programs are looked for in beside PATH: a plain user's PATH lacks the sbin ones."""


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


def missing_programs(names: Iterable[str]) -> list[Missing]:
    """Say which of these programs are not here, and how to install them on this distribution."""
    absent = [name for name in names if find(name) is None]
    packages = {name: PACKAGES[name][0 if uses_dnf() else 1] for name in absent}
    by_package = {package: [n for n in absent if packages[n] == package] for package in packages.values()}
    return [Missing(f"{', '.join(names)}: not installed", install(package)) for package, names in by_package.items()]


def find(program: str) -> str | None:
    """Give a program's path, or None."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:{SEARCHED}")


def this_program() -> list[str]:
    """Give the words that start this program once more, wherever that is done from."""
    started = Path(sys.argv[0])
    return [str(started.resolve())] if started.name == "vxlan-tui" else [sys.executable, "-m", "vxlan_tui"]


def install(package: str) -> str:
    """Give the command that installs a package on this distribution."""
    return f"{'dnf' if uses_dnf() else 'apt-get'} install -y {package}"


def uses_dnf() -> bool:
    """Whether this distribution is of the Red Hat family (os-release(5))."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return find("dnf") is not None
    family = f"{release.get('ID', '')} {release.get('ID_LIKE', '')}".split()
    return bool({"rhel", "fedora", "centos"} & set(family))


def not_root() -> list[Missing]:
    """Say so where this process is not root's."""
    if os.geteuid() == 0:
        return []
    return [Missing("This changes the host, and you are not root", "run the same command with sudo")]


def daemon(part: str, words: str) -> Missing:
    """Say that the daemon behind a part of the facts does not answer, in its tool's words."""
    names = {"net": "NetworkManager", "firewall": "firewalld", "virt": "libvirt"}
    units = {"net": "NetworkManager", "firewall": "firewalld", "virt": _libvirt_units()}
    return Missing(f"{names[part]} does not answer: {words.strip()}", f"systemctl enable --now {units[part]}")


def _libvirt_units() -> str:
    """Newer systems split libvirtd; there its parts are started by their sockets (libvirt, daemons)."""
    if find("virtqemud") and uses_dnf():
        return "virtqemud.socket virtnetworkd.socket virtstoraged.socket"
    return "libvirtd"


def hosts_of_this_machine(plan: Plan, links: Iterable[Link]) -> list[Host]:
    """Give the hosts of the plan that this machine can be: by its name, else by an address that it has."""
    names = (socket.gethostname(), socket.gethostname().partition(".")[0])
    by_name = [host for host in plan.hosts if host.name in names or host.name.partition(".")[0] == names[0]]
    if by_name:
        return by_name
    addresses = {address.partition("/")[0] for link in links for address in link.addresses}
    return [host for host in plan.hosts if str(host.vtep) in addresses]

"""What a rehearsal needs of the machine, and the package that brings each."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vxlan_tui.plan import Plan
from vxlan_tui.procedures.packages import PACKAGES
from vxlan_tui.rehearsal.guest import guests_of
from vxlan_tui.rehearsal.sandbox import RehearsalError, children_in
from vxlan_tui.rehearsal.ssh import login

PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")

MACHINE = ("ip", "nsenter", "setpriv", "unshare", "pivot_root", "ssh-keygen")
"""Programs of the machine itself."""

ROOT = (
    "ip",
    "dbus-daemon",
    "busctl",
    "NetworkManager",
    "nmcli",
    "nm-online",
    "firewalld",
    "firewall-cmd",
    "libvirtd|virtqemud",
    "virtlogd",
    "virsh",
    "virt-xml",
    "bash",
    "ssh",
    "sshd",
)
"""Programs of the root directory that the hosts are cloned from."""

GUEST = ("qemu-system-x86_64|/usr/libexec/qemu-kvm", "mount", "insmod", "modprobe", "ldd", "arping")
"""Programs that a small VM is made of."""

MODULES = {
    "pydantic": "pydantic",
    "jinja2": "jinja2",
    "libvirt": "libvirt",
    "sh": "sh",
    "textual": "textual",
    "tomlkit": "tomlkit",
}
"""Python modules that vxlan-tui itself needs in another distribution's root, and their packages' suffix."""


@dataclass(frozen=True)
class Need:
    """One missing thing: what it is, and how to come by it."""

    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.what} ({self.mend})"


class NeedsUnmetError(RehearsalError):
    """A rehearsal cannot start on this machine; `needs` holds all that is missing."""

    def __init__(self, needs: tuple[Need, ...]) -> None:
        self.needs = needs
        super().__init__("a rehearsal cannot start here; missing:\n" + "\n".join(f"  {need}" for need in needs))


def missing(plan: Plan, root: Path) -> tuple[Need, ...]:
    """Give everything that a rehearsal of `plan` lacks, cloned from `root`."""
    return tuple(dict.fromkeys(_missing(plan, root)))


def _missing(plan: Plan, root: Path) -> Iterator[Need]:
    yield from _programs(MACHINE, Path("/"))
    yield from _rights()
    if root.is_dir():
        yield from _in_root(plan, root)
    else:
        yield Need(f"a directory {root}", "--root takes a distribution's root directory, as mmdebstrap makes one")


def _in_root(plan: Plan, root: Path) -> Iterator[Need]:
    yield from _programs(ROOT, root)
    if any(host.ethernet is not None and host.ethernet.method == "auto" for host in plan.hosts):
        yield from _programs(("dnsmasq",), root)
    if any(segment.control == "evpn" for segment in plan.segments):
        yield from _programs(("vtysh",), root)
    if any(login(host).user != "root" for host in plan.hosts):
        yield from _programs(("sudo",), root)
    if guests_of(plan):
        yield from _programs(GUEST, root)
        if os.uname().machine != "x86_64":
            yield Need("an x86-64 machine for the small VMs", "leave [[vms]] out of the plan")
        if newest_kernel(root) is None:
            yield Need(
                "a kernel with its modules for the small VMs", _packages("linux-image-cloud-amd64", "kernel-core")
            )
    if root != Path("/"):
        yield from _python_modules(root)


def _programs(programs: Iterable[str], root: Path) -> Iterator[Need]:
    inside = f" in {root}" if root != Path("/") else ""
    for names in programs:
        if not any(_has(root, name) for name in names.split("|")):
            fedora, debian = PACKAGES[names]
            yield Need(f"{' or '.join(names.split('|'))}{inside}", _packages(debian, fedora))


def _has(root: Path, name: str) -> bool:
    paths = [name] if name.startswith("/") else [f"{directory}/{name}" for directory in PATH]
    return any(os.path.lexists(root / path.lstrip("/")) for path in paths)


def _packages(debian: str, fedora: str) -> str:
    return f"Debian: apt-get install {debian}; Fedora, RHEL: dnf install {fedora}"


def newest_kernel(root: Path) -> str | None:
    """Give the version of the newest kernel in `root` that has its modules beside it, or None."""
    modules = root / "usr/lib/modules"
    versions = [path.parent.name for path in modules.glob("*/modules.dep")]
    bootable = [
        version
        for version in versions
        if (root / f"boot/vmlinuz-{version}").exists() or (modules / version / "vmlinuz").exists()
    ]
    return max(bootable, key=_version_key, default=None)


def _version_key(version: str) -> list[int]:
    return [int(number) for number in "".join(c if c.isdigit() else " " for c in version).split()]


def _python_modules(root: Path) -> Iterator[Need]:
    if not _has(root, "python3"):
        yield Need(f"python3 in {root}", _packages("python3", "python3"))
        return
    program = "import importlib.util, sys; print(*[m for m in sys.argv[1:] if importlib.util.find_spec(m) is None])"
    argv = ["chroot", str(root), "/usr/bin/python3", "-I", "-c", program, *MODULES]
    said = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    for module in said.split():
        package = f"python3-{MODULES[module]}"
        yield Need(f"the Python module {module} in {root}", _packages(package, package))


def _rights() -> Iterator[Need]:
    if os.geteuid() != 0:
        yield Need("root's rights", "run it with sudo")
        return
    if "overlay" not in Path("/proc/filesystems").read_text() and not _succeeds("modprobe", "overlay"):
        yield Need("overlayfs in the kernel", "modprobe overlay")
    if shutil.which("unshare") and not _may_unshare():
        yield Need("the right to make namespaces and mounts", "in a container: start it with --privileged")
    if not Path("/dev/net/tun").exists():
        yield Need("/dev/net/tun", "modprobe tun; in a container: start it with --privileged")


def _may_unshare() -> bool:
    try:
        with children_in(None):
            return _succeeds("unshare", "--mount", "--net", "--uts", "--ipc", "mount", "-t", "tmpfs", "tmpfs", "/run")
    except OSError:
        return False


def _succeeds(*argv: str) -> bool:
    try:
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0
    except OSError:
        return False

"""The first process of a sandbox: it builds the root directory, moves into it, and then reaps.

It runs as a file of its own, on the standard library alone, as process 1 of its PID namespace. It reads one
line of JSON from standard input and answers with one line: `ready`, or what went wrong. Everything that it
mounts lives in its own mount namespace and in memory, so it is gone when the process is.
"""

import grp
import json
import os
import pwd
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypedDict

WORK = Path("/run")
"""Covered by a tmpfs in this namespace alone; nothing of the machine's own is needed there."""

NEW = WORK / "root"

DEVICES = {
    "null": (1, 3),
    "zero": (1, 5),
    "full": (1, 7),
    "random": (1, 8),
    "urandom": (1, 9),
    "tty": (5, 0),
    "net/tun": (10, 200),
}
"""No /dev/kvm: a guest on nested KVM can hang, and virt-install would choose it by itself."""

ON_DISK = {"zfs", "bcachefs", "nfs", "nfs4", "cifs", "9p", "virtiofs"}
"""File systems that hold a machine's own files although they are not on a block device of its own."""


class Spec(TypedDict):
    """What a sandbox is to be."""

    hostname: str
    root: str
    keep: list[str]
    package: str
    cover: dict[str, int]
    remove: list[str]
    users: list[str]
    files: dict[str, tuple[str, int]]


def main() -> None:
    """Become the sandbox's first process."""
    line = sys.stdin.readline()
    if not line:
        sys.exit(1)
    spec: Spec = json.loads(line)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    try:
        _build(spec)
        _enter()
        _furnish(spec)
    except (OSError, subprocess.CalledProcessError) as error:
        print(_words(error), flush=True)  # noqa: T201 (the answer)
        sys.exit(1)
    print("ready", flush=True)  # noqa: T201 (the answer)
    _reap()


def _words(error: Exception) -> str:
    said = error.stderr.strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
    return " ".join(said.split()) or repr(error)


def _call(*argv: str | Path) -> None:
    subprocess.run([str(word) for word in argv], check=True, capture_output=True, text=True)


def _mount(*argv: str | Path) -> None:
    _call("mount", *argv)


def _build(spec: Spec) -> None:
    disks = _disks() if spec["root"] == "/" else []
    _mount("-t", "tmpfs", "-o", "mode=755", "rehearsal", WORK)
    NEW.mkdir()
    _overlay(Path(spec["root"]), Path("/"))
    for disk in disks:
        _overlay_or_read_only(disk)
    _kernel_mounts()
    _devices()
    for path in map(Path, spec["keep"]):
        if not _inside(path).exists():
            _overlay(path, path)
    _overlay(Path(spec["package"]), Path("/usr/local/lib/vxlan-tui/vxlan_tui"))


def _inside(path: Path) -> Path:
    return NEW / path.relative_to("/")


def _overlay(lower: Path, target: Path) -> None:
    """Show `lower` at `target` of the new root; what is written there stays in memory."""
    layer = Path(tempfile.mkdtemp(dir=WORK))
    for part in ("lower", "upper", "work"):
        (layer / part).mkdir()
    _mount("--bind", lower, layer / "lower")
    (layer / "upper").chmod(stat.S_IMODE(lower.stat().st_mode))
    os.chown(layer / "upper", lower.stat().st_uid, lower.stat().st_gid)
    _inside(target).mkdir(parents=True, exist_ok=True)
    layers = f"lowerdir={layer}/lower,upperdir={layer}/upper,workdir={layer}/work"
    _mount("-t", "overlay", "-o", layers, "overlay", _inside(target))


def _overlay_or_read_only(disk: Path) -> None:
    try:
        _overlay(disk, disk)
    except subprocess.CalledProcessError:  # overlayfs refuses some lower file systems, FAT for one
        _mount("--bind", "-o", "ro", disk, _inside(disk))


def _disks() -> list[Path]:
    """Give the mount points, below the root, of file systems that hold the machine's own files."""
    on_disk = ON_DISK | _block_file_systems()
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        where = Path(fields.split()[4].encode().decode("unicode_escape"))
        if rest.split()[0] in on_disk and where != Path("/") and where.is_dir() and not _is_ours(where):
            found.append(where)
    return list(dict.fromkeys(found))


def _block_file_systems() -> set[str]:
    lines = Path("/proc/filesystems").read_text().splitlines()
    return {line.strip() for line in lines if not line.startswith("nodev")} - {"squashfs"}


def _is_ours(where: Path) -> bool:
    return any(where.is_relative_to(top) for top in ("/proc", "/sys", "/dev", "/run", "/tmp"))  # noqa: S108


def _kernel_mounts() -> None:
    """Mount /proc, /sys, /run and /tmp: of the machine's settings, only the network's own can be written."""
    _mount("-t", "proc", "proc", NEW / "proc")
    _mount("-t", "sysfs", "sysfs", NEW / "sys")
    for path in ("sys", "sys/net", "irq", "bus", "fs"):
        if (NEW / "proc" / path).is_dir():
            _mount("--bind", NEW / "proc" / path, NEW / "proc" / path)
    for path in ("sys", "irq", "bus", "fs"):
        if (NEW / "proc" / path).is_dir():
            _mount("-o", "remount,bind,ro", NEW / "proc" / path)
    devices = NEW / "sys/devices/virtual/net"
    _mount("--bind", devices, devices)
    _mount("-o", "remount,bind,ro", NEW / "sys")
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", NEW / "run")
    _mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", NEW / "tmp")


def _devices() -> None:
    dev = NEW / "dev"
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", dev)
    for name in ("net", "pts", "shm"):
        (dev / name).mkdir()
    os.umask(0)
    for name, numbers in DEVICES.items():
        os.mknod(dev / name, stat.S_IFCHR | 0o666, os.makedev(*numbers))
    os.umask(0o022)
    for name, to in {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}.items():
        (dev / name).symlink_to(f"/proc/self/fd{to}")
    (dev / "ptmx").symlink_to("pts/ptmx")
    _mount("-t", "devpts", "-o", "newinstance,ptmxmode=666,mode=620,gid=5", "devpts", dev / "pts")
    _mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", dev / "shm")
    if (NEW / "proc/sysrq-trigger").exists():
        _mount("--bind", dev / "null", NEW / "proc/sysrq-trigger")


def _enter() -> None:
    """Make the new root the only one: the machine's mounts are out of reach afterwards."""
    old = NEW / "run/.old"
    old.mkdir()
    os.chdir(NEW)
    _call("pivot_root", ".", "run/.old")
    os.chdir("/")
    _call("umount", "-l", "/run/.old")
    Path("/run/.old").rmdir()


def _furnish(spec: Spec) -> None:
    socket.sethostname(spec["hostname"][:64])
    for covered, mode in spec["cover"].items():
        Path(covered).mkdir(parents=True, exist_ok=True)
        _mount("-t", "tmpfs", "-o", f"mode={mode:o}", "tmpfs", covered)
    for pattern in spec["remove"]:
        for found in Path("/").glob(pattern.lstrip("/")):
            found.unlink()
    for name in spec["users"]:
        _let_log_in(name)
    for name, (text, mode) in spec["files"].items():
        path = Path(name)
        _make_directory(path.parent)
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(mode)
        _give_to_owner_of(path.parent, path)
    _call("ip", "link", "set", "lo", "up")


def _make_directory(path: Path) -> None:
    """Make a directory, and those above it; each belongs to whom the one above it belongs."""
    if not path.exists():
        _make_directory(path.parent)
        path.mkdir()
        _give_to_owner_of(path.parent, path)


def _give_to_owner_of(other: Path, path: Path) -> None:
    status = other.stat()
    os.chown(path, status.st_uid, status.st_gid)


def _let_log_in(name: str) -> None:
    """Have a user of that name, who has no password and is not locked, so that sshd lets a key in."""
    shadow = Path("/etc/shadow")
    try:
        pwd.getpwnam(name)
    except KeyError:
        number = _free_number()
        home = Path("/home", name)
        _append(Path("/etc/passwd"), f"{name}:x:{number}:{number}::{home}:/bin/bash")
        _append(Path("/etc/group"), f"{name}:x:{number}:")
        _append(shadow, f"{name}:*:19000:0:99999:7:::")
        home.mkdir(parents=True, exist_ok=True)
        os.chown(home, number, number)
    else:
        shadow.write_text(re.sub(rf"^({re.escape(name)}:)!", r"\1*", shadow.read_text(), flags=re.MULTILINE))


def _free_number() -> int:
    taken = {user.pw_uid for user in pwd.getpwall()} | {group.gr_gid for group in grp.getgrall()}
    return next(number for number in range(1000, 60000) if number not in taken)


def _append(path: Path, line: str) -> None:
    lines = [*path.read_text().splitlines(), line, ""]
    path.write_text("\n".join(lines))


def _reap() -> None:
    """Reap orphans for ever: libvirt waits for its dead VMs to be gone."""
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        signal.sigwait({signal.SIGCHLD})


if __name__ == "__main__":
    main()

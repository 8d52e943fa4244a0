"""Builds the small guest's initramfs from the binaries and the kernel of the root directory it runs in.

It runs inside a rehearsal host, as a file of its own on the standard library alone, so that it finds the
host's programs, libraries and modules at their own paths: `initramfs.py VERSION TARGET`.
"""

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

PROGRAMS = ("bash", "mount", "insmod", "ip", "arping", "cat", "sleep")
MODULES = ("button", "evdev", "virtio_pci", "virtio_net")
"""`button` and `evdev` let the guest see `virsh shutdown`."""

INIT = Path(__file__).with_name("guest-init.sh")


def main(version: str, target: Path) -> None:
    """Write the initramfs for kernel `version` to `target`."""
    programs = [_path(name) for name in PROGRAMS]
    libraries = [library for program in programs for library in _libraries(program)]
    modules = _modules(version)
    entries = {f"bin/{Path(program).name}": Path(program).read_bytes() for program in programs}
    entries |= {path.lstrip("/"): Path(path).read_bytes() for path in (*libraries, *modules)}
    entries["modules"] = "".join(f"{path}\n" for path in modules).encode()
    entries["init"] = INIT.read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(archive(entries, ("dev", "proc", "sys")))


def _path(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        sys.exit(f"{program}: not found")
    return found


def _modules(version: str) -> list[str]:
    """Give the files of the modules to insert, in that order; what is built in needs none."""
    argv = ("modprobe", "--set-version", version, "--show-depends", "--all", *MODULES)
    return list(dict.fromkeys(re.findall(r"^insmod (\S+)", _output(*argv), re.MULTILINE)))


def _libraries(program: str) -> list[str]:
    return re.findall(r"(/\S+) \(0x", _output("ldd", program))


def _output(*argv: str) -> str:
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout


def archive(files: dict[str, bytes], directories: tuple[str, ...] = ()) -> bytes:
    """Give a cpio archive (newc) with these files, all of them executable, and their directories."""
    parents = {str(parent) for name in files for parent in Path(name).parents if str(parent) != "."}
    parts = [_entry(name, b"", stat.S_IFDIR | 0o755) for name in sorted(parents | set(directories))]
    parts += [_entry(name, content, stat.S_IFREG | 0o755) for name, content in files.items()]
    return b"".join([*parts, _entry("TRAILER!!!", b"", 0)])


def _entry(name: str, content: bytes, mode: int) -> bytes:
    numbers = (0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
    header = b"070701" + b"".join(b"%08X" % number for number in numbers)
    return _padded(header + name.encode() + b"\0") + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

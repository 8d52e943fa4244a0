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
MODULES = ("virtio_pci", "virtio_net", "button", "evdev")
"""`button` and `evdev` let the guest see `virsh shutdown`."""

INIT = r"""#!/bin/bash
# rehearsal=OWN,PEER,PEER is there once for each NIC, in their order.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module; do insmod "$module"; done < /modules
for event in /sys/class/input/event*; do
    [[ $(< "$event/device/name") == 'Power Button' ]] || continue
    cat "/dev/input/${event##*/}" | { read -r -N 1 _; echo 'rehearsal: off'; echo o > /proc/sysrq-trigger; } &
done
ip link set lo up
nics=()
for word in $(< /proc/cmdline); do
    [[ $word == rehearsal=* ]] || continue
    nic=eth${#nics[@]}
    nics+=("${word#*=}")
    own=${nics[-1]%%,*}
    ip link set "$nic" up
    ip addr add "$own/24" dev "$nic"
    echo "rehearsal: $nic has $own and $(< "/sys/class/net/$nic/address")"
done
echo 'rehearsal: up'
while :; do
    for index in "${!nics[@]}"; do
        IFS=, read -r own peers <<< "${nics[index]}"
        for peer in ${peers//,/ }; do
            said=$(arping -c 1 -w 1 -s "$own" -I "eth$index" "$peer" 2>&1)
            [[ $said =~ Unicast\ reply[^$'\n']* ]] && said=${BASH_REMATCH[0]} || said='no answer'
            echo "rehearsal: eth$index asks who has $peer: $said"
        done
    done
    sleep 1
done
"""


def main(version: str, target: Path) -> None:
    """Write the initramfs for kernel `version` to `target`."""
    modules = _modules(version)
    files = {_path(program): 0o755 for program in PROGRAMS}
    libraries = {library for program in files for library in _libraries(program)}
    entries = {f"bin/{Path(program).name}": Path(program).read_bytes() for program in files}
    entries |= {path.lstrip("/"): Path(path).read_bytes() for path in (*libraries, *modules)}
    entries["modules"] = "".join(f"{path}\n" for path in modules).encode()
    entries["init"] = INIT.encode()
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

"""`make dist`: the wheel, the source, and one archive that installs on a host without any network."""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""What the distributions run: Debian 12; RHEL 10, and RHEL 9 beside its own 3.9; Debian 13; Fedora."""

MACHINES = ("x86_64", "aarch64")

OURS = Path(__file__).parent
ROOT = OURS.parent

FROM_THE_DISTRIBUTION = "libvirt-python"
"""It is compiled against the host's own libvirt."""


def main() -> None:
    """Make all three below dist, and say what they are."""
    target = Path(sys.argv[1] if sys.argv[1:] else ROOT / "dist").resolve()
    os.environ["SOURCE_DATE_EPOCH"] = str(_epoch())
    target.mkdir(exist_ok=True)
    for old in target.glob("vxlan?tui-*"):
        old.unlink()
    _run("-m", "hatchling", "build", "-d", str(target))
    (wheel,) = target.glob("*.whl")
    version = wheel.name.split("-")[1]
    with tempfile.TemporaryDirectory() as scratch:
        content = Path(scratch) / f"vxlan-tui-{version}"
        _fill(content, wheel)
        _pack(content, target / f"vxlan-tui-{version}-offline.tar.gz")
    for made in sorted(target.glob("vxlan?tui-*")):
        sys.stdout.write(f"{made}  {made.stat().st_size / 1e6:.1f} MB\n")


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def _epoch() -> int:
    """Return when the last commit was made, so that the same commit gives the same files."""
    argv = ["git", "log", "-1", "--format=%ct"]
    return int(subprocess.run(argv, check=True, cwd=ROOT, capture_output=True, text=True).stdout)


def _fill(content: Path, wheel: Path) -> None:
    wheels = content / "wheels"
    wheels.mkdir(parents=True)
    (wheels / wheel.name).write_bytes(wheel.read_bytes())
    for python in PYTHONS:
        for machine in MACHINES:
            _download(wheels, python, machine, _requirements())
    (wheels / "requirements.txt").write_text("".join(f"{line}\n" for line in _pinned(wheels)))
    _download(wheels, PYTHONS[0], MACHINES[0], ["pip"])  # which installs them, and is not installed
    for file in (OURS / "install", OURS / "README", ROOT / "LICENSE"):
        shutil.copy(file, content)
    sums = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(content)}\n" for file in _files(content)
    ]
    (content / "SHA256SUMS").write_text("".join(sums))


def _files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def _requirements() -> list[str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        needed = tomllib.load(file)["project"]["dependencies"]
    return [each for each in needed if not each.startswith(FROM_THE_DISTRIBUTION)]


def _download(wheels: Path, python: str, machine: str, what: Iterable[str]) -> None:
    """Fetch wheels, and those that they need, in the versions that the tests last passed with."""
    options = ["--quiet", "--disable-pip-version-check", "--only-binary=:all:", "--implementation", "cp"]
    options += ["--python-version", python, "--platform", f"manylinux_2_17_{machine}"]
    options += ["--platform", f"manylinux2014_{machine}", "-c", "requirements.lock", "-d", str(wheels)]
    _run("-m", "pip", "download", *options, *what)


def _pinned(wheels: Path) -> list[str]:
    return sorted({"==".join(file.name.split("-")[:2]) for file in wheels.glob("*.whl")})


def _pack(content: Path, archive: Path) -> None:
    """Pack a directory as root's, with the commit's time."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mtime = int(os.environ["SOURCE_DATE_EPOCH"])
        member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
        return member

    with (
        archive.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for file in _files(content):
            tar.add(file, file.relative_to(content.parent), filter=plain)


if __name__ == "__main__":
    main()

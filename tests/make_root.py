"""Builds root directories of distributions: Debian 13's, which the tests clone hosts of a second generation from.

`python tests/make_root.py` prints its path. Each is kept under the cache directory and made anew only when the list of
its packages changes.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

PACKAGES = (
    *("ca-certificates", "dbus", "iproute2", "iputils-arping", "iputils-ping", "kmod", "procps", "systemd-sysv"),
    *("network-manager", "firewalld", "dnsmasq-base", "frr", "nftables", "openssh-client", "openssh-server", "sudo"),
    *("libvirt-daemon-system", "libvirt-clients", "qemu-system-x86", "virtinst", "linux-image-cloud-amd64"),
    *("python3-jinja2", "python3-libvirt", "python3-pydantic", "python3-sh", "python3-textual", "python3-tomlkit"),
)


def cache_directory() -> Path:
    """Give the directory that roots are kept in."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vxlan-tui"


def debian13_root(cache: Path) -> Path:
    """Give a Debian 13 root directory below `cache`, made with mmdebstrap (about 45 s) if it is not there."""
    return debian_root("trixie", PACKAGES, cache)


def debian_root(suite: str, packages: Sequence[str], cache: Path) -> Path:
    """Give a root directory of a Debian release with these packages, below `cache`; made if it is not there."""
    cache.mkdir(parents=True, exist_ok=True)
    root = cache / f"{suite}-{hashlib.sha256(' '.join(packages).encode()).hexdigest()[:12]}"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            _make(suite, packages, root)
    return root


def _make(suite: str, packages: Sequence[str], root: Path) -> None:
    new = Path(tempfile.mkdtemp(prefix="new-", dir=root.parent))
    try:
        options = ["--quiet", "--variant=minbase", f"--include={','.join(packages)}"]
        subprocess.run(["mmdebstrap", *options, suite, str(new)], check=True)
        new.chmod(0o755)
        new.rename(root)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


if __name__ == "__main__":
    print(debian13_root(cache_directory()))  # noqa: T201

"""Builds the Debian 13 root directory that the tests clone hosts of a second generation from.

`python tests/make_root.py` prints its path. It is kept under the cache directory and made anew only when
the list of packages changes.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

PACKAGES = (
    *("ca-certificates", "dbus", "iproute2", "iputils-arping", "iputils-ping", "kmod", "procps", "systemd-sysv"),
    *("network-manager", "firewalld", "dnsmasq-base"),
    *("libvirt-daemon-system", "libvirt-clients", "qemu-system-x86", "virtinst", "linux-image-cloud-amd64"),
    *("python3-jinja2", "python3-libvirt", "python3-pydantic", "python3-sh", "python3-textual", "python3-tomlkit"),
)


def cache_directory() -> Path:
    """Give the directory that roots are kept in."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vxlan-tui"


def debian13_root(cache: Path) -> Path:
    """Give a Debian 13 root directory below `cache`, made with mmdebstrap (about 45 s) if it is not there."""
    cache.mkdir(parents=True, exist_ok=True)
    root = cache / f"debian13-{hashlib.sha256(' '.join(PACKAGES).encode()).hexdigest()[:12]}"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            _make(root)
    return root


def _make(root: Path) -> None:
    new = Path(tempfile.mkdtemp(prefix="new-", dir=root.parent))
    try:
        options = ["--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
        subprocess.run(["mmdebstrap", *options, "trixie", str(new)], check=True)
        new.chmod(0o755)
        new.rename(root)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


if __name__ == "__main__":
    print(debian13_root(cache_directory()))  # noqa: T201

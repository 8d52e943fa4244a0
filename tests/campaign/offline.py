"""The archive that installs without a network: on Debian 12 and 13, in a root that has no network at all."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.campaign import Campaign, Figure, say
from tests.campaign._suite import ROOT
from tests.make_root import cache_directory, debian_root

SUITES = {"bookworm": "Debian 12", "trixie": "Debian 13"}
PACKAGES = ("python3", "python3-libvirt")
TRIED = Path(__file__).with_suffix(".sh")

# In namespaces of its own, over a root that it cannot write to. There is no network but a loopback device that is down.
_ENTER = r"""
mount --make-rprivate /
mount -t tmpfs tmpfs "$2"; mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
mount -t proc proc "$2/root/proc"; mount --rbind /dev "$2/root/dev"
tar -xzf "$3" -C "$2/root/root"
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec chroot "$2/root" env -i HOME=/root LC_ALL=C.UTF-8 PATH="$PATH" bash -c "cd /root/vxlan-tui-* && exec bash -s"
"""


def run() -> Iterator[Figure]:
    """Make the archive, and try it."""
    with TemporaryDirectory() as directory:
        subprocess.run([sys.executable, ".packaging/dist.py", directory], cwd=ROOT, check=True, capture_output=True)
        (archive,) = Path(directory).glob("*-offline.tar.gz")
        for suite, name in SUITES.items():
            figure = Figure(f"{name}, no network: the archive", remark=f"{archive.stat().st_size / 1e6:.1f} MB")
            for verdict, seconds, words in tried(debian_root(suite, PACKAGES, cache_directory()), archive):
                figure.add(words, [] if verdict == "right" else [verdict], None)
                if words == "it installs":
                    figure.remark += f"; installed in {seconds:.0f} s"
            yield figure


def tried(root: Path, archive: Path) -> Iterator[tuple[str, float, str]]:
    """Try an archive in a copy of a root directory, and give each verdict, its seconds and what was tried."""
    with TemporaryDirectory() as over:
        argv = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "bash", "-euc", _ENTER, "enter"]
        done = subprocess.run(
            [*argv, root, over, archive],
            input=TRIED.read_text(),
            text=True,
            capture_output=True,
            check=True,
            timeout=600,
        )
    for line in done.stdout.splitlines():
        verdict, _, rest = line.partition(" ")
        if verdict in ("right", "WRONG"):
            seconds, _, words = rest.partition(" ")
            yield verdict, float(seconds), words
        else:
            say(f"      {line}")


CAMPAIGN = Campaign("the archive installs and starts on hosts without a network", run)

"""`export` of a plan of 1,000 VMs: against an empty Python program, and its growth from 500 VMs to 1,000."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.interleaved import ratios, seconds, told
from vxlan_tui.rehearsal import SAMPLE

PROGRAM = Path(sys.executable).with_name("vxlan-tui")
VM = '\n[[vms]]\nhost = "host-a"\nname = "bench {0}"\nnetwork = "vxlan10-bridge"\n'


def main() -> None:
    """Print the ratios, and the seconds as they were here."""
    with tempfile.TemporaryDirectory() as directory:
        small, large = (_plan(Path(directory), vms) for vms in (500, 1000))
        empty = [sys.executable, "-c", "pass"]
        found = ratios(lambda: _export(small), lambda: subprocess.run(empty, check=True), runs=5)
        sys.stdout.write(told("export of 500 VMs / python -c pass", found, 50) + "\n")
        grown = ratios(lambda: _export(large), lambda: _export(small), runs=7)
        sys.stdout.write(told("export of 1,000 VMs / of 500 VMs", grown, 2) + "\n")
        sys.stdout.write(f"export of 1,000 VMs took {seconds(lambda: _export(large)):.2f} s here\n")


def _plan(directory: Path, vms: int) -> Path:
    path = directory / f"{vms}.toml"
    path.write_text(SAMPLE.read_text() + "".join(VM.format(number) for number in range(vms)))
    return path


def _export(path: Path) -> None:
    subprocess.run([PROGRAM, "export", path, "--host", "host-a"], check=True, capture_output=True)


if __name__ == "__main__":
    main()

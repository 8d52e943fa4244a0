"""`vxlan-tui --version` against an empty Python program: at most 3 times its time."""

import subprocess
import sys
from pathlib import Path

from tests.bench.interleaved import ratios, told

PROGRAM = Path(sys.executable).with_name("vxlan-tui")


def main() -> None:
    """Print the ratio."""
    found = ratios(
        lambda: subprocess.run([PROGRAM, "--version"], check=True, capture_output=True),
        lambda: subprocess.run([sys.executable, "-c", "pass"], check=True, capture_output=True),
        runs=25,
    )
    sys.stdout.write(told("--version / python -c pass", found, 3) + "\n")


if __name__ == "__main__":
    main()

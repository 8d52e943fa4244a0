"""The program's entry."""

import os
import sys


def main() -> int:
    """Run the verb that the arguments name, and give the exit status."""
    # Closed by whoever started us. pathlib takes as long to import as all the rest.
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
    if sys.argv[1:] == ["--version"]:
        from vxlan_tui import __version__  # noqa: PLC0415 (asked for alone, it is all that is read)

        sys.stdout.write(f"vxlan-tui {__version__}\n")
        return 0
    from vxlan_tui.cli import run  # noqa: PLC0415

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

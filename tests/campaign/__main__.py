"""Run campaigns, all or the named ones, and print their figures as a table in Markdown."""

import argparse
import os
import platform
import sys
import time

from tests.campaign import Figure, campaigns, figures, table
from tests.processes import end_held, let_signals_reach_children


def main() -> int:
    """Return 1 where a figure is not as it has to be, else 0."""
    known = campaigns()
    about = "\n".join(f"  {name:10} {campaign.about}" for name, campaign in known.items())
    parser = argparse.ArgumentParser(
        prog="tests.campaign", description=__doc__, epilog=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="CAMPAIGN", help="default: all of them")
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in known]
    if unknown:
        parser.error(f"there is no campaign {', '.join(unknown)}; there are {', '.join(known)}")
    let_signals_reach_children()
    rows: list[tuple[str, Figure]] = []
    try:
        for name in asked.names or known:
            rows += [(name, figure) for figure in figures(name, known[name])]
            end_held()
    finally:
        end_held()
        sys.stdout.write(f"As run on {time.strftime('%Y-%m-%d')}, {_machine()}:\n\n{table(rows)}")
    return 0 if rows and all(figure.well for _, figure in rows) else 1


def _machine() -> str:
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return f"{system}, kernel {platform.release()}, {os.cpu_count()} cores"


if __name__ == "__main__":
    sys.exit(main())

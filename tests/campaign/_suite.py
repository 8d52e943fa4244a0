"""Tests of the suite as a campaign: run alone, one after another, counted."""

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from tests.campaign import Figure
from tests.processes import held

ROOT = Path(__file__).parents[2]

EVERY_CASE = ("-m", "")
"""Options by which the cases run too that `make test` leaves out (tests/cases.py)."""


def suite(what: str, files: Sequence[str], *options: str, python: str = sys.executable) -> Figure:
    """Run test modules, and give what passed of them; what is skipped is not counted, and said."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        argv = [python, "-m", "pytest", "-n", "0", f"--junitxml={report}", *options, *files]
        held(subprocess.Popen(argv, cwd=ROOT, stdout=sys.stderr)).wait()
        cases = list(ET.parse(report).iter("testcase"))  # noqa: S314 (pytest has just written it)
    figure = Figure(what)
    for case in cases:
        if case.find("skipped") is None:
            wrong = [_first_line(each) for each in case if each.tag in ("failure", "error")]
            figure.add(str(case.get("name")), wrong, float(case.get("time", 0)))
    skipped = len(cases) - figure.of
    figure.remark = f"{skipped} skipped" if skipped else ""
    return figure


def _first_line(failure: ET.Element) -> str:
    return (failure.get("message") or failure.tag).splitlines()[0]

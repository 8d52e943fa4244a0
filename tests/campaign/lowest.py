"""The lowest versions of the dependencies that pyproject.toml allows: the tests that build no hosts pass with them."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from typing import Any

from tests.campaign import Campaign, Figure
from tests.campaign._suite import ROOT, suite

WITHOUT_PICTURES = "--ignore=tests/test_ui_pictures.py"
"""Each version of Textual puts the same picture together of other pieces."""

ENVIRONMENT = ROOT / ".cache" / "lowest"


def run() -> Iterator[Figure]:
    """Make a virtual environment with them, and run the tests in it."""
    lowest = pinned()
    subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
    python = str(ENVIRONMENT / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *lowest, *tools()], cwd=ROOT, check=True, stdout=sys.stderr)
    subprocess.run([*pip, "--no-deps", "--editable", "."], cwd=ROOT, check=True, stdout=sys.stderr)
    figure = suite("tests without hosts", ["tests"], "--without-hosts", WITHOUT_PICTURES, python=python)
    figure.remark = f"with {', '.join(lowest)}; {figure.remark}"
    yield figure


def pinned() -> list[str]:
    """Return the running dependencies, each in its lowest version."""
    return [re.sub(r">=", "==", each) for each in _project()["dependencies"]]


def tools() -> list[str]:
    """Return what the tests run with, in the versions of the day."""
    return [each for each in _project()["optional-dependencies"]["dev"] if not each.startswith(("mypy", "ruff"))]


def _project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return dict(tomllib.load(file)["project"])


CAMPAIGN = Campaign("the lowest versions of the dependencies will do", run)

"""Pictures of the wizard's screens as files to look at, and whether a screen still looks like its picture."""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui_stage import text_of
from vxlan_tui.ui.app import Wizard

PICTURES = Path(__file__).with_name("pictures")

_PLACE = re.compile(r"/tmp/pictures-\w{4}")  # noqa: S108 (the same length in every run: the banner shows it)


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory whose name is as long in every run."""
    made = Path("/tmp") / f"pictures-{secrets.token_hex(2)}"  # noqa: S108
    made.mkdir(mode=0o700)
    yield made
    shutil.rmtree(made)


def picture_of(app: Wizard) -> str:
    """Give what is on screen as SVG, without a font of the network and with names that do not change."""
    svg = app.export_screenshot(title="vxlan-tui").replace("<svg ", '<svg xml:space="preserve" ', 1)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return _PLACE.sub("/tmp/pictures-0000", re.sub(r"terminal-\d+-", "t-", svg))  # noqa: S108


def looks_so(app: Wizard, name: str) -> bool:
    """Whether a screen is as in its picture."""
    file = PICTURES / f"{name}.svg"
    return file.exists() and file.read_text() == f"{picture_of(app)}\n"


def looks_as_before(app: Wizard, name: str) -> None:
    """Hold a screen to its picture; run with UPDATE_PICTURES=1 to take them anew, and look at the difference."""
    file = PICTURES / f"{name}.svg"
    if os.environ.get("UPDATE_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        file.write_text(f"{picture_of(app)}\n")
    assert file.exists(), f"{name}: there is no picture yet; UPDATE_PICTURES=1 takes it"
    if not looks_so(app, name):
        pytest.fail(f"{name} does not look as it did:\n{text_of(app)}")  # a comparison of such texts takes minutes

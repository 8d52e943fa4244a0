"""The first frame needs no more than Textual: tests/bench/first_frame.py measures what that is worth."""

import subprocess
import sys

import pytest

from vxlan_tui import cli

TO_THE_FIRST_FRAME = """
import sys
from vxlan_tui.ui import app
from vxlan_tui.ui.terminal_style import TerminalStyle

app.Wizard._begin = lambda self: self.exit(0)  # what it does after the first frame
app.wizard(None, None, TerminalStyle()).run(headless=True)
print(*sys.modules)
"""


def test_the_first_frame_waits_for_no_library_but_textual() -> None:
    said = subprocess.run([sys.executable, "-c", TO_THE_FIRST_FRAME], capture_output=True, text=True, check=True).stdout
    loaded = set(said.split())
    assert {"textual", "vxlan_tui.ui.screens.hosts"} < loaded
    later = {"pydantic", "jinja2", "libvirt", "sh", "tomlkit", "vxlan_tui.plan", "vxlan_tui.checks", "vxlan_tui.reach"}
    assert not later & loaded


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--ascii"],
        ["--plan", "a.toml"],
        ["--host", "host-a", "--plan", "a.toml", "--ascii"],
        ["--plan", "a", "--plan", "b"],
    ],
)
def test_what_opens_the_wizard_is_taken_without_argparse_as_argparse_takes_it(arguments: list[str]) -> None:
    found = cli._without_verb(arguments)
    assert found is not None
    assert vars(found) == vars(cli.command_line().parse_args(arguments))


@pytest.mark.parametrize(
    "arguments",
    [["--plan"], ["--plan", "--ascii"], ["--plan=a"], ["apply", "a"], ["--help"], ["--ascii", "--bad"], ["a"]],
)
def test_all_else_is_left_to_argparse_with_its_words(arguments: list[str]) -> None:
    assert cli._without_verb(arguments) is None

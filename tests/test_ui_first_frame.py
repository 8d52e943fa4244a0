"""The first frame needs no more than Textual: tests/bench/first_frame.py measures what that is worth."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vxlan_tui import cli
from vxlan_tui.__main__ import main
from vxlan_tui.rehearsal import SAMPLE

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


def test_several_hosts_are_named_behind_one_option_or_each_behind_its_own() -> None:
    """Behind PLAN; before it, each has an option of its own, as it could not be told from PLAN."""
    parser = cli.command_line()
    for words in ("--host a b --yes", "--host a --yes --host b", "--yes --host a b"):
        found = parser.parse_args(cli._each_host(["apply", "plan.toml", *words.split()]))
        assert (found.plan, found.host, found.yes) == (Path("plan.toml"), ["a", "b"], True)
    for left in (["apply", "--host", "a", "plan.toml"], ["export", "plan.toml", "--host", "a", "b"], ["log", "a", "b"]):
        assert cli._each_host(left) == left


@pytest.mark.parametrize("verb", [["apply", str(SAMPLE), "--host", "host-a"], []])
def test_a_closed_input_is_no_terminal(
    verb: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["vxlan-tui", *verb])
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert main() == 2
    assert "terminal" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["--plan"], ["--plan", "--ascii"], ["--plan=a"], ["apply", "a"], ["--help"], ["--ascii", "--bad"], ["a"]],
)
def test_all_else_is_left_to_argparse_with_its_words(arguments: list[str]) -> None:
    assert cli._without_verb(arguments) is None

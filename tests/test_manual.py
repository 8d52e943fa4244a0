"""The manual pages and the completion, as a wheel brings them: read by the real tools, and typed into real shells."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.tmux import Terminal, terminal
from vxlan_tui.cli import command_line
from vxlan_tui.plan.reference import tables

ROOT = Path(__file__).parents[1]
PAGES = ("man/man1/vxlan-tui.1", "man/man5/vxlan-tui-plan.5")


def need(*programs: str) -> None:
    """Skip a test where a program is missing, except in CI, where it fails."""
    lacking = [program for program in programs if shutil.which(program) is None]
    if lacking:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"missing: {', '.join(lacking)}")


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel puts below /usr/local/share."""
    made = tmp_path_factory.mktemp("wheel")
    argv = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(made)]
    subprocess.run(argv, check=True, cwd=ROOT, capture_output=True)
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(made)
    (found,) = made.glob("*.data/data/share")
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_read_without_a_warning(share: Path, page: str) -> None:
    """By man-db with groff, and by mandoc."""
    need("groff", "man", "mandoc")
    for argv in (
        ["groff", "-ww", "-man", "-z"],
        ["mandoc", "-T", "lint", "-W", "warning"],
        ["man", "--warnings", "-l"],
    ):
        done = subprocess.run([*argv, share / page], capture_output=True, text=True, check=False)
        told = done.stderr if argv[0] == "man" else done.stdout + done.stderr
        assert (done.returncode, told) == (0, ""), argv


def rendered(page: Path) -> str:
    """Return a page as a wide terminal shows it, each paragraph on a line."""
    need("man")
    environment = {**os.environ, "MANWIDTH": "1000", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": "", "PAGER": "cat"}
    done = subprocess.run(["man", "-l", page], capture_output=True, text=True, check=True, env=environment)
    return done.stdout.replace("\N{HYPHEN}", "-")


def test_the_command_s_page_has_every_verb_and_every_option_with_the_words_of_the_help(share: Path) -> None:
    lines = [line.strip() for line in rendered(share / PAGES[0]).splitlines()]
    parsers = next(action.choices for action in command_line()._actions if action.dest == "verb" or action.choices)
    assert parsers
    for name, parser in dict(parsers).items():
        assert name in lines
        assert any(line.startswith(f"vxlan-tui {name} ") for line in lines)
        for option in (option for action in parser._actions for option in action.option_strings[-1:]):
            assert option == "--help" or any(line.startswith(option) for line in lines), option
    assert any(line.startswith("--only SECTION[,SECTION…]") for line in lines)


def test_the_plan_s_page_has_every_key_with_its_meaning(share: Path) -> None:
    page = rendered(share / PAGES[1])
    for table in tables():
        assert table.header in page
        for key in table.keys:
            assert f"{key.name} — {key.takes}" in page
            assert key.meaning in page


SHELLS = {
    "bash": "bash --norc -i",
    "zsh": "zsh -f -i",
    "fish": "fish --no-config -i",
}

SOURCES = {
    "bash": "PS1='$ '; source /usr/share/bash-completion/bash_completion; "
    "source {share}/bash-completion/completions/vxlan-tui",
    "zsh": "PS1='$ '; fpath=({share}/zsh/site-functions $fpath); autoload -U compinit; compinit -u -D",
    "fish": "source {share}/fish/vendor_completions.d/vxlan-tui.fish",
}


@contextmanager
def shell(name: str, share: Path, directory: Path) -> Iterator[Terminal]:
    """Open an interactive shell that knows the completion, in a directory."""
    need(name, "tmux")
    (directory / "rc").write_text(f"{SOURCES[name].format(share=share)}\n")
    command = f"cd {directory}; env HOME={directory} {SHELLS[name]}"
    with terminal(f"completion-{name}", (100, 30), command) as opened:
        opened.type("source ./rc; echo rea''dy")
        opened.press("Enter")
        opened.sees("\nready")
        opened.press("C-l")
        yield opened


@pytest.mark.parametrize("name", SHELLS)
def test_a_shell_completes_verbs_options_choices_and_files(name: str, share: Path, tmp_path: Path) -> None:
    """Typed and seen, as a person does it."""
    (tmp_path / "segment.toml").touch()
    with shell(name, share, tmp_path) as opened:
        for typed, completed in (
            ("vxlan-tui ver", "vxlan-tui verify"),
            ("--js", "vxlan-tui verify --json"),
            ("seg", "vxlan-tui verify --json segment.toml"),
        ):
            opened.type(typed)
            opened.press("Tab")
            opened.sees(completed, 10)
        opened.press("C-c")
        opened.type("vxlan-tui export --format un")
        opened.press("Tab")
        opened.sees("vxlan-tui export --format undo", 10)
        opened.press("C-c")
        opened.type("vxlan-tui ")
        opened.press("Tab", "Tab")
        for verb in ("apply", "verify", "undo", "export", "log", "rehearse"):
            opened.sees(verb, 10)

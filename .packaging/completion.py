"""The completion of the command line for bash, zsh and fish, made from the parser."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import shtab

SHELLS = {
    "bash": "share/bash-completion/completions/vxlan-tui",
    "zsh": "share/zsh/site-functions/_vxlan-tui",
    "fish": "share/fish/vendor_completions.d/vxlan-tui.fish",
}
"""Where each shell looks for it, below /usr or /usr/local."""


def completion(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return what a shell reads; what is a path on the command line is completed as one."""
    for each in _parsers(parser):
        for action in each._actions:
            if action.type is Path:
                action.complete = shtab.DIRECTORY if action.metavar == "DIR" else shtab.FILE  # type: ignore[attr-defined]
    return shtab.complete(parser, shell)


def _parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.values()

"""Where the person sits: an SSH session or the console, inside a terminal multiplexer or not.

sudo takes these variables out of the environment, so the processes that started us are asked as well.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_MULTIPLEXERS = ("tmux", "screen")


@dataclass(frozen=True)
class Login:
    """How the person came in. `server_address` is the address of the host that an SSH session goes to."""

    ssh: bool = False
    server_address: str = ""
    client_address: str = ""
    multiplexer: bool = False


def login() -> Login:
    """Tell by this process's environment and by those of the processes that started it."""
    found = Login()
    for name, environment in _lineage():
        found = _with(found, name, environment)
        if found.ssh and found.multiplexer:
            break
    return found


def _with(found: Login, name: str, environment: Mapping[str, str]) -> Login:
    multiplexer = found.multiplexer or name.startswith(_MULTIPLEXERS) or bool({"TMUX", "STY"} & set(environment))
    words = environment.get("SSH_CONNECTION", "").split()
    if found.ssh or len(words) != 4:
        return Login(found.ssh, found.server_address, found.client_address, multiplexer)
    return Login(True, words[2], words[0], multiplexer)


def _lineage() -> Iterator[tuple[str, Mapping[str, str]]]:
    yield "", os.environ
    process = os.getppid()
    for _ in range(32):
        try:
            here = Path(f"/proc/{process}")
            name, parent = _stat(here)
            yield name, _environment(here)
        except (OSError, ValueError, IndexError):
            return
        if parent <= 1:
            return
        process = parent


def _stat(process: Path) -> tuple[str, int]:
    text = (process / "stat").read_text()
    return text[text.index("(") + 1 : text.rindex(")")], int(text.rpartition(")")[2].split()[1])


def _environment(process: Path) -> dict[str, str]:
    pairs = (part.partition("=") for part in (process / "environ").read_text(errors="replace").split("\0"))
    return {key: value for key, _, value in pairs}

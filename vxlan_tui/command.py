"""A command: what is executed, and the exact text of it for a root shell.

argv is executed as it is, never by a shell. The text is for people and scripts: pasted into a root shell,
it does the same.
"""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

DEFAULT_TIMEOUT = 120.0
"""Seconds. nmcli itself gives up on an activation after 90 (nmcli(1), --wait)."""


@dataclass(frozen=True)
class Command:
    """One program call.

    `timeout` is in seconds. `waits` marks a command that only waits for something and may be cut off at any
    moment without harm. `on_failure` says in words what a failure means, by exit status.
    """

    argv: tuple[str, ...]
    stdin: str = ""
    timeout: float = DEFAULT_TIMEOUT
    waits: bool = False
    on_failure: tuple[tuple[int, str], ...] = ()

    @property
    def text(self) -> str:
        """The text for a root shell; standard input as a here-document that nothing expands in."""
        line = shlex.join(self.argv)
        if not self.stdin:
            return line
        body = self.stdin if self.stdin.endswith("\n") else f"{self.stdin}\n"
        end = here_document_end(body)
        return f"{line} <<'{end}'\n{body}{end}"

    @property
    def printed(self) -> str:
        """The text as it is printed before it runs: `# ` and the text, as the chapter prints it."""
        return f"# {self.text}"


def here_document_end(body: str) -> str:
    """Give a delimiter that is no line of `body`."""
    lines = set(body.splitlines())
    return next(end for end in _delimiters() if end not in lines)


def _delimiters() -> Iterable[str]:
    yield "EOF"
    number = 1
    while True:
        yield f"EOF_{number}"
        number += 1


def command(*argv: str) -> Command:
    """Make a Command of these words, with nothing on its standard input."""
    return Command(argv)

"""The wizard's first frame against that of a Textual application of one widget: at most 1.15 times its time."""

import os
import pty
import select
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from tests.bench.interleaved import ratios, told

ONE_WIDGET = """
from textual.app import App
from textual.widgets import Static
class One(App):
    def compose(self):
        yield Static("one widget")
One().run()
"""


def until_shown(argv: list[str], words: bytes) -> None:
    """Run a program on a terminal until it has drawn these words, and end it."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (40, 120))
    environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its modules compiled
    child = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True)
    said = b""
    try:
        while words not in said:
            if not select.select([master], [], [], 30)[0]:
                raise RuntimeError(f"{argv} has not drawn {words!r}: {said[-500:]!r}")
            said += os.read(master, 65536)
    finally:
        child.kill()
        child.wait()
        os.close(master)
        os.close(slave)


def main() -> None:
    """Print the ratio."""
    with tempfile.TemporaryDirectory() as directory:
        plan = str(Path(directory) / "new.toml")
        found = ratios(
            lambda: until_shown([sys.executable, "-m", "vxlan_tui", "--plan", plan], b"Quit"),
            lambda: until_shown([sys.executable, "-c", ONE_WIDGET], b"one widget"),
            runs=25,
        )
    sys.stdout.write(told("first frame / that of one widget", found, 1.15) + "\n")


if __name__ == "__main__":
    main()

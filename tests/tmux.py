"""A terminal that a test types into and reads, as a person does: tmux."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Terminal:
    """One window of a tmux server of its own."""

    def __init__(self, server: str) -> None:
        self._server = server

    def _tmux(self, *argv: str) -> str:
        command = ("tmux", "-f", "/dev/null", "-L", self._server, *argv)
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        for key in keys:
            self._tmux("send-keys", key)
            time.sleep(0.15)

    def type(self, text: str) -> None:
        """Type a text, and wait until it is on screen: a key that follows would be taken for what shows it."""
        before = self.text
        self._tmux("send-keys", "-l", "--", text)
        self._settles(before)

    @property
    def text(self) -> str:
        """What is on screen."""
        return self._tmux("capture-pane", "-p")

    def sees(self, words: str, seconds: float = 60) -> str:
        """Wait until these words are on screen; gives the screen."""
        deadline = time.monotonic() + seconds
        while True:
            text = self.text
            if words in text:
                return text
            assert time.monotonic() < deadline, f"{words!r} did not come; on screen:\n{text}"
            time.sleep(0.2)

    def until(self, words: str, *keys: str, times: int = 40) -> None:
        """Press keys until these words are on screen."""
        for _ in range(times):
            before = self.text
            if words in before:
                return
            self.press(*keys)
            self._settles(before)
        raise AssertionError(f"{words!r} did not come; on screen:\n{self.text}")

    def _settles(self, before: str, seconds: float = 4) -> None:
        """Wait until the screen has changed, and then until it stays as it is, on a busy machine too."""
        deadline = time.monotonic() + seconds
        seen = [before]
        while time.monotonic() < deadline:
            time.sleep(0.1)
            seen.append(self.text)
            if seen[-1] != before and len(set(seen[-4:])) == 1:
                return

    def resize(self, columns: int, rows: int) -> None:
        """Change the window's size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))


@contextmanager
def terminal(name: str, size: tuple[int, int], command: str) -> Iterator[Terminal]:
    """Run a shell command in a terminal of that size; it ends with the terminal."""
    opened = Terminal(f"vxlan-tui-{name}")
    opened._tmux("new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), command)
    try:
        yield opened
    finally:
        subprocess.run(("tmux", "-L", opened._server, "kill-server"), check=False, capture_output=True, timeout=20)

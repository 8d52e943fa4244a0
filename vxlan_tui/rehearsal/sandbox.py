"""A sandbox: namespaces of its own over a copy of a root directory that cannot reach the original.

Nothing of it has a name outside and nothing of it is on a disk, so the kernel takes it down with its first
process. That process dies with the thread that made the sandbox, however that ends.
"""

import ctypes
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from vxlan_tui.exits import CannotStart

CLONE_NEWPID = 0x20000000

NOT_NEEDED = "-sys_time,-sys_boot,-sys_rawio,-sys_module,-mknod"
"""Capabilities that would reach beyond the namespaces: the clock, kernel modules, raw disks."""

PACKAGE = Path(__file__).parent.parent

_libc = ctypes.CDLL(None, use_errno=True)


class RehearsalError(CannotStart):
    """A rehearsal that could not be started; the text is for the person."""


class CommandFailed(subprocess.CalledProcessError):
    """A command that failed in a sandbox, with its own words."""

    def __str__(self) -> str:
        return f"{super().__str__()} {self.stderr}".strip()


@dataclass
class Setup:
    """What a sandbox starts from.

    `cover` holds directories that are empty inside, with their mode. `users` can log in by a key. `files` are written
    inside before anything runs: text and mode by path; each belongs to whom its directory belongs.
    """

    hostname: str
    root: Path = Path("/")
    keep: Sequence[Path] = ()
    cover: Mapping[str, int] = field(default_factory=dict)
    remove: Sequence[str] = ()
    users: Sequence[str] = ()
    files: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def as_line(self) -> str:
        """Give the line that the first process reads."""
        spec = {
            "hostname": self.hostname,
            "root": str(self.root),
            "keep": [str(path) for path in self.keep],
            "package": str(PACKAGE),
            "cover": dict(self.cover),
            "remove": list(self.remove),
            "users": list(self.users),
            "files": dict(self.files),
        }
        return json.dumps(spec) + "\n"


class Sandbox:
    """Namespaces (mounts, network, processes, host name, IPC) with a first process, and commands in them."""

    def __init__(self, setup: Setup, python: str) -> None:
        self._children: list[subprocess.Popen[Any]] = []
        self._lock = Lock()
        flags = ("--mount", "--net", "--uts", "--ipc", "--propagation", "private")
        init = (python, "-I", str(Path(__file__).with_name("init.py")))
        argv = ("setpriv", "--pdeathsig", "KILL", "--", "unshare", *flags, "--", *init)
        with children_in(None):
            self._init = subprocess.Popen(
                _absolute(argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
            )
        assert self._init.stdin is not None  # noqa: S101 (a pipe was asked for)
        self._init.stdin.write(setup.as_line())
        self._init.stdin.flush()
        self.hostname = setup.hostname

    @property
    def pid(self) -> int:
        """The first process, as this process sees it."""
        return self._init.pid

    def check_alive(self) -> None:
        """Raise RehearsalError where the sandbox is gone, as while a rehearsal is being interrupted."""
        if self._init.poll() is not None:
            raise RehearsalError(f"{self.hostname}: the sandbox is gone")

    def wait_until_up(self) -> None:
        """Wait for the root directory to stand; raises RehearsalError."""
        assert self._init.stdout is not None  # noqa: S101 (a pipe was asked for)
        answer = self._init.stdout.readline().strip()
        if answer != "ready":
            said = f"{answer} {self._init.stdout.read()}".strip()
            raise RehearsalError(f"{self.hostname}: the sandbox could not be built: {said}")

    def popen(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str = "/root",
        **options: Any,
    ) -> subprocess.Popen[Any]:
        """Start a command inside; the process is the command itself, so a signal to it reaches it.

        `env` comes on top of a clean environment. Without stdio options it has this process's own.
        """
        self.check_alive()
        namespaces = ("--mount", "--net", "--uts", "--ipc", f"--wd=/proc/{self.pid}/root{cwd}")
        enter = ("nsenter", "--target", str(self.pid), *namespaces, "--")
        drop = ("setpriv", "--bounding-set", NOT_NEEDED, "--")
        pid_namespace = os.open(f"/proc/{self.pid}/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        try:
            with children_in(pid_namespace):
                child: subprocess.Popen[Any] = subprocess.Popen(
                    [*_absolute(drop), *_absolute(enter), *argv],
                    env={**_clean_environment(), **(env or {})},
                    **options,
                )
        finally:
            os.close(pid_namespace)
        with self._lock:
            self._children = [other for other in self._children if other.returncode is None] + [child]
        return child

    def run(
        self,
        argv: Sequence[str],
        *,
        input: str | None = None,
        timeout: float = 60,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        cwd: str = "/root",
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside and give what it said.

        `timeout` is in seconds. Raises CommandFailed (unless `check` is False) and TimeoutExpired.
        """
        pipe = subprocess.PIPE
        options = {"stdout": pipe, "stderr": pipe, "text": True, "errors": "replace"}
        source = subprocess.DEVNULL if input is None else pipe
        child = self.popen(argv, env=env, cwd=cwd, stdin=source, start_new_session=True, **options)
        try:
            out, err = child.communicate(input, timeout)
        except BaseException:
            child.kill()
            child.wait()
            raise
        if check and child.returncode:
            raise CommandFailed(child.returncode, list(argv), out, err)
        return subprocess.CompletedProcess(list(argv), child.returncode, out, err)

    def has(self, path: str) -> bool:
        """Say whether a file or directory is there, inside."""
        return Path(f"/proc/{self.pid}/root{path}").exists()

    def close(self) -> None:
        """Take the sandbox down, with all that runs in it."""
        self._init.kill()
        for child in self._children:  # the namespace ends only when the last of these is reaped
            child.wait()
        self._init.wait()
        for pipe in (self._init.stdin, self._init.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def children_in(pid_namespace: int | None) -> Iterator[None]:
    """Let the processes that this thread makes meanwhile be born in that PID namespace, or in a new one.

    So they are children of this process as well: it can signal them and wait for them by itself.
    """
    own = os.open("/proc/thread-self/ns/pid_for_children", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _check(_libc.unshare(CLONE_NEWPID) if pid_namespace is None else _libc.setns(pid_namespace, CLONE_NEWPID))
        try:
            yield
        finally:
            _check(_libc.setns(own, CLONE_NEWPID))
    finally:
        os.close(own)


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _absolute(argv: Sequence[str]) -> list[str]:
    return [shutil.which(argv[0]) or argv[0], *argv[1:]]


def _clean_environment() -> dict[str, str]:
    kept = {key: os.environ[key] for key in ("TERM", "COLORTERM", "LANG", "LC_ALL") if key in os.environ}
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {"PATH": path, "HOME": "/root", "USER": "root", "LOGNAME": "root", "SHELL": "/bin/bash", **kept}

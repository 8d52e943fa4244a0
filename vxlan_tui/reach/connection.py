"""One connection to a host that everything shares: an ssh of ours whose own session is a bash that waits for requests.

It ends with us, however we end: its standard input is a pipe from this process, and what runs over it ends, or ends
by itself, as that is closed. The sockets lie in a directory of this process, which a small child removes after us.
"""

import os
import secrets
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from vxlan_tui.reach import refusals
from vxlan_tui.reach.local import environment, find
from vxlan_tui.reach.outcome import Unreachable
from vxlan_tui.reach.shell import FUNCTIONS, Shell, call, quoted

CONNECT_TIMEOUT = 15
"""Seconds for the other side to answer at all."""

LOGIN_TIMEOUT = 30.0
"""Seconds for the whole login, where nobody is asked anything."""

ASKING_TIMEOUT = 180.0
"""The same where a person may have to type a password."""

SHELLS = 4
"""So many requests run at once. With the lock, the live sources and libvirt, sshd's MaxSessions of 10 is not passed."""

LIVENESS = ("-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=2")
"""A host that answers nothing for 45 s counts as gone; as long as nothing happens, this is all that is sent."""

_QUIET = ("-T", "-o", "LogLevel=ERROR", "-o", "ClearAllForwardings=yes", "-o", "ForwardAgent=no", "-o", "ForwardX11=no")

_OURS = (*_QUIET, "-o", "RemoteCommand=none", "-o", "PermitLocalCommand=no", "-o", f"ConnectTimeout={CONNECT_TIMEOUT}")

# Read and run one line, whatever the login shell: these words mean the same to sh, bash, zsh, csh and fish.
_BASH = "/bin/bash --norc -c 'IFS= read -r line && eval \"$line\"'"
_SUDO = f"sudo -n -- {_BASH}"


class Connection:
    """A shared connection. `ask` lets ssh ask on the terminal for a password or about a host key."""

    def __init__(self, destination: str, where: str, ask: bool = False) -> None:
        self.destination = destination
        self.where = where
        self.ask = ask
        self.root = True
        """Whether the login is root's own; else everything goes through sudo."""
        self.client = self.server = ""
        """The two ends' addresses, as the other side sees them."""
        self._ssh = ""
        self._socket = ""
        self._nonce = secrets.token_hex(12)
        self._changed = threading.Condition()
        self._idle: list[Shell] = []
        self._made = 0
        self._limit = SHELLS
        self._main: Shell | None = None
        self._why = ""

    def open(self) -> None:
        """Log in; raises Unreachable."""
        ssh = find("ssh")
        if ssh is None:
            raise Unreachable(self.where, "there is no ssh on this machine", "install openssh-client(s) here")
        self._ssh = ssh
        self._socket = str(_directory() / secrets.token_hex(4))
        batch = ("-o", f"BatchMode={'no' if self.ask else 'yes'}")
        shared = ("-o", "ControlMaster=yes", "-o", f"ControlPath={self._socket}", "-o", "ControlPersist=no")
        argv = [ssh, *_OURS, *batch, *LIVENESS, *shared, "--", self.destination, f"exec {_BASH}"]
        self._main = self._started(_deaf(argv) if self.ask else argv, self._refused, new_session=not self.ask)
        try:
            self._log_in(self._main)
        except BaseException:
            self._main.close(0)
            raise
        self._made = 1
        self._give_back(self._main)

    @property
    def process(self) -> int:
        """The process on the other side that ends at once as the connection does."""
        return self._main.process if self._main is not None else 0

    @property
    def broken(self) -> bool:
        """Whether it was open, and has ended from the other side, or on the way."""
        return self._main is not None and not self._main.usable

    def give_up(self) -> None:
        """End an attempt to log in at once; fit to be called from a signal handler."""
        if self._main is not None:
            self._main.kill()

    def _log_in(self, main: Shell) -> None:
        deadline = time.monotonic() + (ASKING_TIMEOUT if self.ask else LOGIN_TIMEOUT)
        main.send(_hello(self._nonce))
        for _ in main.until_mark(deadline):
            continue  # what the other side's start-up files print is nobody's business
        user, *ends = main.line(deadline).split()
        self.root = user == "0"
        if len(ends) == 4:
            self.client, self.server = ends[0], ends[2]
        if not self.root:
            for _ in main.until_mark(deadline):
                continue
            if said := main.line(deadline).strip():
                raise refusals.asks_for_password(self.where, self.destination, said)
        main.send(_served(self._nonce))
        main.begin(deadline)

    def _started(self, argv: list[str], lost: Callable[[str], Unreachable], new_session: bool = True) -> Shell:
        errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (the shell closes it)
        child = subprocess.Popen(
            argv,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=new_session,
            env=environment(os.environ),
        )
        return Shell(child, self._nonce, errors, lost)

    def _refused(self, said: str) -> Unreachable:
        if self._made:
            return self._broke(said)
        return refusals.refused(self.where, self.destination, said)

    def _broke(self, said: str) -> Unreachable:
        words = said.strip().splitlines()
        self._why = self._why or (words[-1].rstrip(".") if words else "nothing came from the other side any more")
        return Unreachable(
            self.where,
            f"{self._why}. What ran there may have ended or not",
            "when the host can be reached again, run the same again: it looks first",
            broken=True,
        )

    def session(self, *more: str) -> list[str]:
        """Give the words that start a further session over this connection, and never another connection."""
        # Without the shared connection ssh would open one of its own: the false proxy sees to it that it cannot.
        alone = ("-F", "none", "-o", "ControlMaster=no", "-o", "ProxyCommand=false", "-o", "BatchMode=yes")
        return [self._ssh, *alone, *_QUIET, "-S", self._socket, "--", "shared", *more]

    def shell(self, signs_of_life: float = 0) -> Shell:
        """Start another bash; with `signs_of_life` it ends when none has come for so many seconds."""
        if self._main is None or not self._main.usable:
            raise self._broke("")
        made = self._started(self.session(f"exec {_BASH if self.root else _SUDO}"), self._session_lost)
        try:
            made.send(_served(self._nonce, signs_of_life))
            made.begin(time.monotonic() + LOGIN_TIMEOUT)
        except BaseException:
            made.close(0)
            raise
        return made

    def _session_lost(self, said: str) -> Unreachable:
        if self._main is None:
            return self._broke(said)
        return self._main.gone() if self._main.ended(1.0) else refusals.refused(self.where, self.destination, said)

    @contextmanager
    def borrowed(self, cut_off: bool = False) -> Iterator[Shell]:
        """Give a bash for one request; with `cut_off` one whose input may be ended without ending everything."""
        shell = self._take(cut_off)
        try:
            yield shell
        finally:
            self._give_back(shell)

    def _take(self, cut_off: bool) -> Shell:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._fit(cut_off) or self._made < self._limit)
                if fit := self._fit(cut_off):
                    self._idle.remove(fit[0])
                    return fit[0]
                self._made += 1
            try:
                return self.shell()
            except Unreachable as refusal:
                self._drop()
                if refusal.broken or self._made <= cut_off:
                    raise
                self._limit = self._made  # its sshd allows no more: what is there is waited for
            except BaseException:
                self._drop()
                raise

    def _fit(self, cut_off: bool) -> list[Shell]:
        return [shell for shell in self._idle if not (cut_off and shell is self._main)]

    def _give_back(self, shell: Shell) -> None:
        if shell.usable:
            with self._changed:
                self._idle.append(shell)
                self._changed.notify()
            return
        if shell is not self._main:
            shell.close(0)
        self._drop()

    def _drop(self) -> None:
        with self._changed:
            self._made -= 1
            self._changed.notify()

    def answers_anew(self, seconds: float) -> None:
        """Log in once more, over a connection of its own, and out again, in these seconds; raises Unreachable.

        A host that then asks for a password is there.
        """
        alone = ("-o", "ControlMaster=no", "-o", "ControlPath=none", "-o", "BatchMode=yes")
        argv = [self._ssh, *_OURS, *alone, "--", self.destination, "exit 0"]
        try:
            done = subprocess.run(
                argv,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
                timeout=seconds,
                env=environment(os.environ),
            )
        except subprocess.TimeoutExpired:
            raise Unreachable(self.where, f"no new connection within {seconds:.0f} s") from None
        said = done.stderr.decode(errors="replace")
        if done.returncode and not (self.ask and "Permission denied" in said):
            raise refusals.refused(self.where, self.destination, said)

    def libvirt_program(self) -> Path:
        """Give a program that libvirt calls in place of ssh."""
        path = Path(f"{self._socket}.libvirt")
        with self._changed:
            if not path.exists():
                session = " ".join(quoted(word) for word in self.session())
                text = _LIBVIRT.format(session=session, root="" if self.root else _AS_ROOT)
                # By another process: a child that another thread of ours starts just then would have it open for
                # writing for a moment as well, and what is open for writing cannot be run.
                install = ("install", "-m", "700", "/dev/stdin", str(path))
                subprocess.run(install, input=text.encode(), check=True, env=environment(os.environ))
        return path

    def close(self) -> None:
        """End the connection."""
        with self._changed:
            idle, self._idle = self._idle, []
        for shell in idle:
            if shell is not self._main:
                shell.close()
        if self._main is not None:
            self._main.close()
        for left in (Path(self._socket), Path(f"{self._socket}.libvirt")) if self._socket else ():
            with suppress(OSError):
                left.unlink(missing_ok=True)


# The last word is the command for the other side's shell, as libvirt makes it.
_LIBVIRT = """\
#!/bin/sh
for command; do :; done
{root}exec {session} "$command"
"""

_AS_ROOT = """\
command="exec sudo -n -- sh -c '$(printf %s "$command" | sed "s/'/'\\\\\\\\''/g")'"
"""


def _hello(nonce: str) -> str:
    """Give the first line: who we are there, and root from then on; the line after the next is read by root."""
    mark = f"printf '\\0%s %s\\n' {nonce}"
    return (
        f'PATH=$PATH:/usr/bin:/bin; {mark} "$EUID $SSH_CONNECTION"; '
        f'if ((EUID == 0)); then IFS= read -r line && eval "$line"; '
        f"elif words=$(sudo -n -- /bin/bash -c : 2>&1); then {mark} ''; exec {_SUDO}; "
        f'else {mark} "${{words:-sudo refuses}}"; fi'
    )


def _served(nonce: str, signs_of_life: float = 0) -> str:
    beats = (signs_of_life,) if signs_of_life else ()
    return f"eval {quoted(FUNCTIONS)}; {call('serve', nonce, *beats)}"


def _deaf(argv: list[str]) -> list[str]:
    """Give the words that start a program which stays on our terminal, but leaves our interrupts to us."""
    return ["sh", "-c", "trap '' INT HUP QUIT; exec \"$@\"", "sh", *argv]


_made: dict[int, Path] = {}
_making = threading.Lock()


def _directory() -> Path:
    """Give the directory of this process's sockets; a small child removes it once this process has gone."""
    with _making:
        if os.getpid() not in _made:
            path = Path(tempfile.mkdtemp(prefix="vxlan-tui-", dir=_place()))
            _remove_after_us(path)
            _made[os.getpid()] = path
        return _made[os.getpid()]


def _place() -> str:
    """Give a directory that programs can run in, with a name that leaves room in a socket's 108 bytes."""
    places = [place for place in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/run") if len(place) < 40]  # noqa: S108
    usable = [place for place in places if os.access(place, os.W_OK)]
    runs = [place for place in usable if not os.statvfs(place).f_flag & os.ST_NOEXEC]
    return (runs or usable or places)[0]


def _remove_after_us(path: Path) -> None:
    read_end, write_end = os.pipe()
    os.set_inheritable(write_end, False)
    script = "trap '' INT HUP QUIT TERM; cat; sleep 1; rm -rf -- \"$0\""
    subprocess.Popen(
        ["sh", "-c", script, str(path)],
        stdin=read_end,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    os.close(read_end)

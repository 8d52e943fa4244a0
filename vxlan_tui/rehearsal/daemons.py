"""The daemons of a rehearsal host: started as systemd would, and asked until they answer."""

import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any

from vxlan_tui.rehearsal.sandbox import RehearsalError, Sandbox

START_TIMEOUT = 90.0
"""Seconds for a daemon to answer."""

LOGS = "/var/log/rehearsal"
"""Where the daemons' own words are, inside."""

OPTIONS = {
    "dbus-daemon": ("--system", "--nofork", "--nopidfile"),
    "NetworkManager": ("--debug",),
    "firewalld": ("--nofork", "--nopid"),
    "sshd": ("-D", "-e"),
}

SPLIT_LIBVIRT = ("virtnetworkd", "virtstoraged", "virtsecretd", "virtnodedevd", "virtnwfilterd", "virtqemud")
"""What newer systems have in place of libvirtd."""

FRR = "frr"

_FRR = """
for script in /usr/lib/frr/frrinit.sh /usr/libexec/frr/frrinit.sh; do [ ! -x "$script" ] || break; done
sed -i 's/^bgpd=no/bgpd=yes/' /etc/frr/daemons
exec "$script" "$1" >>/var/log/rehearsal/frr.log 2>&1 </dev/null
"""
"""It is where Debian, or where Fedora and RHEL, have it."""

_LIBVIRT_ANSWERS = ("virsh", "--quiet", "list")

ANSWERS = {
    "dbus-daemon": ("test", "-S", "/run/dbus/system_bus_socket"),
    "NetworkManager": ("nm-online", "-s", "-q", "-t", "30"),
    "firewalld": (
        *("busctl", "--system", "call", "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1"),
        *("org.fedoraproject.FirewallD1", "getDefaultZone"),
    ),
    "sshd": ("sh", "-c", "ss -H -l -t -n sport = :22 | grep -q ."),
    FRR: ("sh", "-c", "vtysh -c 'show daemons' | grep -qw bgpd"),
    "libvirtd": _LIBVIRT_ANSWERS,
    "virtqemud": _LIBVIRT_ANSWERS,
}
"""Commands that succeed once a daemon answers; those without one are not waited for."""

_BUS = "org.freedesktop.DBus"
ON_DBUS = {"NetworkManager": "org.freedesktop.NetworkManager", "firewalld": "org.fedoraproject.FirewallD1"}
"""The names that daemons take: one that finds its name still taken, by the one before it, ends at once."""


class Daemons:
    """The daemons of one host. A test may stop one of them and start it again."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._running: dict[str, subprocess.Popen[Any]] = {}

    def start_all(self) -> None:
        """Start all and wait until each answers; raises RehearsalError."""
        self._sandbox.run(["mkdir", "-p", "/run/dbus", "/run/sshd", LOGS, "/var/lib/libvirt/dnsmasq"])
        self.start("dbus-daemon")
        others = ("NetworkManager", "firewalld", "sshd", "virtlogd", *self._libvirt())
        for name in others:
            self._launch(name)
        for name in others:
            self._wait_for(name)

    def start(self, name: str) -> None:
        """Start a daemon, by its program's name, and wait until it answers; raises RehearsalError.

        `frr` is FRR with its bgpd: several daemons, which its own script starts.
        """
        if name == FRR:
            self._frr("start")
        else:
            self._launch(name)
        self._wait_for(name)

    def runs(self, name: str) -> bool:
        """Whether a daemon was started and has not ended."""
        daemon = self._running.get(name)
        return daemon is not None and daemon.poll() is None

    def stop(self, name: str) -> None:
        """Stop a daemon, as systemd would, and wait until it is gone."""
        if name == FRR:
            self._frr("stop")
            return
        daemon = self._running.pop(name)
        daemon.terminate()
        daemon.wait(timeout=30)
        if name in ON_DBUS:
            asked = ("busctl", "call", _BUS, "/org/freedesktop/DBus", _BUS, "NameHasOwner", "s", ON_DBUS[name])
            self.until(f"{name} is gone from D-Bus", lambda: "false" in self._sandbox.run(asked).stdout)

    def _frr(self, verb: str) -> None:
        self._sandbox.run(["sh", "-euc", _FRR, "sh", verb], timeout=START_TIMEOUT)

    def _libvirt(self) -> tuple[str, ...]:
        return ("libvirtd",) if self._is_installed("libvirtd") else tuple(filter(self._is_installed, SPLIT_LIBVIRT))

    def _is_installed(self, name: str) -> bool:
        return self._succeeds("sh", "-c", 'command -v "$1"', "sh", name)

    def _launch(self, name: str) -> None:
        into_log = ("sh", "-c", 'exec "$(command -v "$0")" "$@" >>"$LOG" 2>&1 </dev/null', name, *OPTIONS.get(name, ()))
        log = {"LOG": f"{LOGS}/{name}.log"}
        self._running[name] = self._sandbox.popen(into_log, env=log, cwd="/", start_new_session=True)

    def _wait_for(self, name: str) -> None:
        answers = ANSWERS.get(name)
        if answers is not None:
            self.until(f"{name} answers", lambda: self._succeeds(*answers))

    def _succeeds(self, *argv: str) -> bool:
        return self._sandbox.run(argv, check=False).returncode == 0

    def until(self, what: str, true: Callable[[], bool]) -> None:
        """Wait for something to come true; raises RehearsalError when it takes too long or a daemon ended."""
        deadline = time.monotonic() + START_TIMEOUT
        while not true():
            self._sandbox.check_alive()
            ended = [name for name, daemon in self._running.items() if daemon.poll() is not None]
            if ended or time.monotonic() > deadline:
                why = f"{' and '.join(ended)} ended" if ended else f"not within {START_TIMEOUT:.0f} s"
                raise RehearsalError(
                    f"{self._sandbox.hostname}: waiting until {what}: {why}\n{self._last_words(ended)}"
                )
            time.sleep(0.05)

    def _last_words(self, names: Sequence[str]) -> str:
        logs = [f"{LOGS}/{name}.log" for name in names or self._running]
        return self._sandbox.run(["tail", "-n", "5", "--", *logs], check=False).stdout

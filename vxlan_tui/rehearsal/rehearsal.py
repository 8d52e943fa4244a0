"""The whole rehearsal: hosts, the network between them, and their VMs, for as long as a with-block lasts."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self, TypeVar

from vxlan_tui.plan import Plan
from vxlan_tui.rehearsal import network, ssh
from vxlan_tui.rehearsal.guest import guests_of
from vxlan_tui.rehearsal.host import Common, Host
from vxlan_tui.rehearsal.needs import NeedsUnmetError, missing, newest_kernel
from vxlan_tui.rehearsal.sandbox import RehearsalError, Sandbox, Setup

FORWARDING = ("/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding")


AnySandbox = TypeVar("AnySandbox", bound=Sandbox)


def _say_nothing(_: str) -> None:
    return


class Rehearsal:
    """The plan's hosts on this machine, each a clone of it or of `root`; up when entered, gone when left.

    The first is the console: root there has an SSH key to all. `progress` gets a line of text for each thing that is
    ready. `underlay_up=False` leaves the interfaces that the plan has a profile for without an address;
    `dual_stack=True` gives those that have one another, of the other family.
    `program_everywhere=False` puts the program on the console alone. `vms_running` starts the small VMs.
    Enter and leave it in a thread that lives as long as it: the hosts die with that thread.
    """

    def __init__(
        self,
        plan: Plan,
        root: Path | None = None,
        progress: Callable[[str], None] = _say_nothing,
        *,
        underlay_up: bool = True,
        dual_stack: bool = False,
        program_everywhere: bool = True,
        vms_running: bool = False,
    ) -> None:
        self.plan = plan
        self.root = (root or Path("/")).resolve()
        self._underlay_up = underlay_up
        self._dual_stack = dual_stack
        self._program_everywhere = program_everywhere
        self._vms_running = vms_running
        self._progress = progress
        self._lock = Lock()
        self._sandboxes: list[Sandbox] = []
        self._router: Sandbox | None = None
        self.hosts: tuple[Host, ...] = ()

    def __enter__(self) -> Self:
        """Bring the hosts up; raises NeedsUnmetError and RehearsalError."""
        needs = missing(self.plan, self.root)
        if needs:
            raise NeedsUnmetError(needs)
        try:
            self._start()
        except (subprocess.SubprocessError, OSError) as error:
            self._stop()
            raise RehearsalError(str(error)) from error
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def __getitem__(self, name: str) -> Host:
        return {host.name: host for host in self.hosts}[name]

    @property
    def router(self) -> Sandbox:
        """What joins the hosts' subnets."""
        if self._router is None:
            raise RehearsalError("the rehearsal is not up")
        return self._router

    def pull(self, host: Host) -> None:
        """Pull the cable of a host's underlay interface out, at the router's end."""
        self.router.run(["ip", "link", "set", host.port, "down"])

    def plug(self, host: Host) -> None:
        """Plug it in again."""
        self.router.run(["ip", "link", "set", host.port, "up"])

    def console(self, vm: str) -> str:
        """Give all that the small VM of that name has written on its console."""
        return self._host_of(vm).console(vm)

    def sees_arp_reply(self, vm: str, address: str, timeout: float = 60) -> bool:
        """Say whether a running small VM gets an answer to a new ARP request for `address` in `timeout` s."""
        seen = len(self.console(vm))
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if re.search(rf"who has {re.escape(address)}: Unicast reply", self.console(vm)[seen:]):
                return True
            time.sleep(0.5)
        return False

    def _host_of(self, vm: str) -> Host:
        return next(host for host in self.hosts for guest in host.guests if guest.name == vm)

    def _say(self, text: str) -> None:
        with self._lock:
            self._progress(text)

    def _start(self) -> None:
        links = network.links(self.plan)
        router = self._router = self._add(Sandbox(Setup("router", self.root), sys.executable))
        common = self._common(links)
        self.hosts = tuple(self._add(Host(link, common, sys.executable)) for link in links)
        for sandbox in self._sandboxes:
            sandbox.wait_until_up()
        self._say(f"{len(self.hosts)} hosts and a router: their namespaces and file systems stand")
        self._connect(links, router)
        self.in_parallel(self._start_host, self.hosts)

    def _add(self, sandbox: AnySandbox) -> AnySandbox:
        self._sandboxes.append(sandbox)
        return sandbox

    def _common(self, links: Sequence[network.Link]) -> Common:
        clone = self.root == Path("/")
        return Common(
            links=links,
            keys=ssh.make_keys(self.plan.hosts),
            plan_text=self.plan.path.read_text() if self.plan.path.exists() else None,
            root=self.root,
            python=sys.executable if clone else "/usr/bin/python3",
            keep=[Path.cwd(), Path(sys.prefix), Path(sys.base_prefix)] if clone else [],
            underlay_up=self._underlay_up,
            dual_stack=self._dual_stack,
            program_everywhere=self._program_everywhere,
        )

    def _connect(self, links: tuple[network.Link, ...], router: Sandbox) -> None:
        router.run(["tee", *FORWARDING], input="1\n")
        for command in network.router_commands(links):
            router.run(command)
        for link, host in zip(links, self.hosts, strict=True):
            subprocess.run(network.cable_command(link, router.pid, host.pid), check=True)
            for command in network.port_commands(link):
                router.run(command)
        server = network.dhcp_server(links)
        if server is not None:
            router.popen(server, start_new_session=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._say("the router joins their subnets")

    def _start_host(self, host: Host) -> None:
        host.daemons.start_all()
        host.open_ssh_port()
        if any(segment.control == "evpn" for segment in self.plan.segments):
            host.daemons.start("frr")
        self._say(f"{host.name}: NetworkManager, firewalld, libvirt and sshd answer")
        host.define_guests(guests_of(self.plan), newest_kernel(self.root) or "", self._vms_running)
        if host.guests:
            self._say(f"{host.name}: VM {', '.join(guest.name for guest in host.guests)}")

    def in_parallel(self, work: Callable[[Host], None], hosts: Iterable[Host]) -> None:
        """Do `work` on several hosts at once. The first that fails, or an interrupt, ends the rehearsal."""
        with ThreadPoolExecutor(max_workers=8) as pool:
            try:
                for done in as_completed([pool.submit(work, host) for host in hosts]):
                    done.result()
            except BaseException:
                self._stop()  # so that the others end now
                raise

    def _stop(self) -> None:
        for sandbox in reversed(self._sandboxes):
            sandbox.close()
        self._sandboxes.clear()
        self._router = None
        self.hosts = ()

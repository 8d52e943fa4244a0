"""libvirt's networks, and which MAC address is which VM's, by libvirt's own events."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import libvirt

from vxlan_tui.facts.libvirt import read_network, read_networks, read_vm, read_vms
from vxlan_tui.live.source import RETRY, Source
from vxlan_tui.reach import Local, Reach, Unreachable
from vxlan_tui.state import Network, VmState


@dataclass(frozen=True)
class VmNames:
    """The VMs behind MAC addresses and behind tap devices."""

    by_mac: Mapping[str, str]
    by_device: Mapping[str, str]


Asked = tuple[str, str]
"""What is to be read: `network` or `vm` and its name, or everything."""

_ALL: Asked = ("all", "")
_NOTHING: Asked = ("nothing", "")


class Networks(Source[Network]):
    """All networks. Events come over one open connection; its loop sleeps in the kernel between them."""

    shown_by = "virsh net-list --all"

    def __init__(self, reach: Reach | None = None) -> None:
        super().__init__()
        self.names = VmNames({}, {})
        self._reach = reach or Local()
        self._asked: SimpleQueue[Asked] = SimpleQueue()
        self._vms: dict[str, VmState] = {}
        self._closed = False

    def stop(self) -> None:
        """End."""
        super().stop()
        self._asked.put(_NOTHING)

    def refresh(self) -> None:
        """Read again: libvirt sends no event when a network's autostart changes."""
        self._asked.put(_ALL)

    def _follow(self) -> None:
        _start_loop()
        while not self.stopped.is_set():
            try:
                self._connected()
            except libvirt.libvirtError as error:
                self._lose(f"libvirt does not answer: {error}")
            except Unreachable as error:
                self._lose(str(error).split("\n")[0])
            self.stopped.wait(RETRY)

    def _connected(self) -> None:
        opened = libvirt.open(self._reach.libvirt_uri)
        self._closed = False
        try:
            self._register(opened)
            asked = {_ALL}
            while not self.stopped.is_set() and not self._closed:
                if _ALL in asked:
                    self._load(opened)
                else:
                    self._load_some(opened, asked)
                asked = _taken(self._asked)
        finally:
            opened.close()
        if self._closed:
            self._lose("libvirt has closed the connection")

    def _register(self, opened: Any) -> None:
        opened.registerCloseCallback(self._on_close, None)
        opened.networkEventRegisterAny(None, libvirt.VIR_NETWORK_EVENT_ID_LIFECYCLE, self._on_event, "network")
        for event in (
            libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
            libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
            libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
        ):
            opened.domainEventRegisterAny(None, event, self._on_event, "vm")

    def _on_event(self, opened: object, thing: Any, *more: Any) -> None:
        self._asked.put((more[-1], thing.name()))

    def _on_close(self, *_: object) -> None:
        self._closed = True
        self._asked.put(_NOTHING)

    def _load(self, opened: Any) -> None:
        self._vms = read_vms(opened)
        renamed = self._rename()
        self._replace(sorted(read_networks(opened).items()))
        self._tell(renamed)

    def _load_some(self, opened: Any, asked: set[Asked]) -> None:
        """Read what had an event, and nothing else: with 1,000 networks, reading all takes half a second."""
        for name in (name for kind, name in asked if kind == "vm"):
            vm = read_vm(opened, name)
            self._vms = {**self._vms, name: vm} if vm else {k: v for k, v in self._vms.items() if k != name}
        renamed = self._rename()
        self._patch([(name, read_network(opened, name)) for kind, name in asked if kind == "network"])
        self._tell(renamed)

    def _rename(self) -> bool:
        """Take the VMs' names anew, and say whether one has changed."""
        before, self.names = self.names, _names(self._vms.values())
        return before != self.names


def _taken(queue: SimpleQueue[Asked]) -> set[Asked]:
    """Give all that is in a queue; waits until there is something."""
    taken = {queue.get()}
    while not queue.empty():
        taken.add(queue.get())
    return taken


def _names(vms: Iterable[VmState]) -> VmNames:
    nics = [(vm.name, nic) for vm in vms for nic in (*vm.nics, *vm.live_nics)]
    by_device = {nic.device: name for name, nic in nics if nic.device}
    return VmNames({nic.mac: name for name, nic in nics}, by_device)


_loop_lock = threading.Lock()
_loop: threading.Thread | None = None


def _start_loop() -> None:
    """Run libvirt's event loop in a thread; it is one for the process, and must stand before a connection opens."""
    global _loop  # noqa: PLW0603 (libvirt's event loop is the process's own)
    with _loop_lock:
        if _loop is None:
            libvirt.registerErrorHandler(lambda context, error: None, None)
            libvirt.virEventRegisterDefaultImpl()
            _loop = threading.Thread(target=_run_loop, name="libvirt events", daemon=True)
            _loop.start()


def _run_loop() -> None:
    while True:
        libvirt.virEventRunDefaultImpl()

"""libvirt's networks, and which MAC address is which VM's, by libvirt's own events."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import libvirt

from vxlan_tui.facts.libvirt import URI, read_networks, read_vms
from vxlan_tui.live.source import RETRY, Source
from vxlan_tui.state import Network


@dataclass(frozen=True)
class VmNames:
    """The VMs behind MAC addresses and behind tap devices."""

    by_mac: Mapping[str, str]
    by_device: Mapping[str, str]


class Networks(Source[Network]):
    """All networks. Events come over one open connection; its loop sleeps in the kernel between them."""

    shown_by = "virsh net-list --all"

    def __init__(self, uri: str = URI) -> None:
        super().__init__()
        self.names = VmNames({}, {})
        self._uri = uri
        self._dirty = threading.Event()
        self._closed = False

    def stop(self) -> None:
        """End."""
        super().stop()
        self._dirty.set()

    def refresh(self) -> None:
        """Read again: libvirt sends no event when a network's autostart changes."""
        self._dirty.set()

    def _follow(self) -> None:
        _start_loop()
        while not self.stopped.is_set():
            try:
                self._connected()
            except libvirt.libvirtError as error:
                self._lose(f"libvirt does not answer: {error}")
            self.stopped.wait(RETRY)

    def _connected(self) -> None:
        opened = libvirt.open(self._uri)
        self._closed = False
        try:
            self._register(opened)
            while not self.stopped.is_set() and not self._closed:
                self._dirty.clear()
                self._load(opened)
                self._dirty.wait()
        finally:
            opened.close()
        if self._closed:
            self._lose("libvirt has closed the connection")

    def _register(self, opened: Any) -> None:
        opened.registerCloseCallback(self._on_close, None)
        opened.networkEventRegisterAny(None, libvirt.VIR_NETWORK_EVENT_ID_LIFECYCLE, self._on_event, None)
        for event in (
            libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
            libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
            libvirt.VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
        ):
            opened.domainEventRegisterAny(None, event, self._on_event, None)

    def _on_event(self, *_: object) -> None:
        self._dirty.set()

    def _on_close(self, *_: object) -> None:
        self._closed = True
        self._dirty.set()

    def _load(self, opened: Any) -> None:
        before = self.names
        self.names = _names(opened)
        rows = read_networks(opened)
        self._replace(rows.items())
        self._tell(before != self.names)


def _names(opened: Any) -> VmNames:
    nics = [(vm.name, nic) for vm in read_vms(opened).values() for nic in (*vm.nics, *vm.live_nics)]
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

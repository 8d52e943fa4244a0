"""The three live panels and their sources: started when first asked for, shared by every place that shows them."""

from collections.abc import Callable
from typing import Any

from vxlan_tui.live.devices import Device
from vxlan_tui.live.fdb import Entry
from vxlan_tui.live.networks import Networks
from vxlan_tui.live.source import Source
from vxlan_tui.plan import Host, Plan
from vxlan_tui.state import Network
from vxlan_tui.ui.panels.live import LivePanel
from vxlan_tui.ui.terminal_style import TerminalStyle
from vxlan_tui.ui.widgets.columns import Column
from vxlan_tui.ui.widgets.table import Table

NAMES = ("devices", "fdb", "networks")
OURS = "plan"


MakeSource = Callable[[str, Host | None, tuple[str, ...], tuple[str, ...]], Source[Any]]
"""Makes the source of a panel of a host, for these bridges and VXLANs; it follows nothing before it is started."""


class Hub:
    """The sources. `news` is called in a source's thread, with the panel's name."""

    def __init__(self, make: MakeSource, news: Callable[[str], None], style: TerminalStyle) -> None:
        self._make = make
        self._news = news
        self._style = style
        self._sources: dict[str, Source[Any]] = {}
        self._devices: set[str] = set()
        self._networks: set[str] = set()
        self._bridges: tuple[str, ...] = ()
        self._vxlans: tuple[str, ...] = ()
        self._host: Host | None = None

    def follow(self, plan: Plan | None, host: Host | None) -> bool:
        """Follow this host, and take this plan's things for ours; gives whether a source was changed by it."""
        segments = plan.segments if plan else ()
        bridges, vxlans = tuple(s.bridge for s in segments), tuple(s.vxlan for s in segments)
        self._devices = {*bridges, *vxlans, host.interface if host else ""}
        self._networks = {segment.network for segment in segments}
        changed = (bridges, vxlans) != (self._bridges, self._vxlans)
        self._bridges, self._vxlans = bridges, vxlans
        moved = _destination(host) != _destination(self._host)
        self._host = host
        gone = NAMES if moved else ("fdb",) if changed else ()
        old = [self._sources.pop(name) for name in gone if name in self._sources]
        for source in old:
            source.stop()
        return bool(old)

    def source(self, name: str) -> Source[Any]:
        """Give a source, started if it was not."""
        if name not in self._sources:
            self._sources[name] = self._make(name, self._host, self._bridges, self._vxlans)
            self._sources[name].start(lambda: self._news(name))
        return self._sources[name]

    @property
    def _where(self) -> str:
        """The host for a title, where it is one that is reached over SSH."""
        return f" on {self._host.name}" if self._host is not None and self._host.ssh else ""

    def refresh(self) -> None:
        """Read again what the system sends no event about."""
        if "networks" in self._sources:
            self._sources["networks"].refresh()

    def stop(self) -> None:
        """End all sources."""
        for source in self._sources.values():
            source.stop()

    def panel(self, name: str) -> LivePanel:
        """Give a panel of a source."""
        source = self.source(name)
        if name == "devices":
            table = Table[Any](_DEVICES, lambda row: row.name, self._device, self._is_our_device, self._style)
            return LivePanel(f"Devices{self._where}", source, table, [name])
        if name == "fdb":
            self.source("networks")  # it knows which MAC address is which VM's
            table = Table[Any](_FDB, lambda row: row.key, self._entry, self._is_our_entry, self._style)
            return LivePanel(f"FDB{self._where}", source, table, [name, "networks"])
        table = Table[Any](_NETWORKS, lambda row: row.name, self._network, self._is_our_network, self._style)
        return LivePanel(f"Networks{self._where}", source, table, [name])

    def _is_our_device(self, row: Device) -> bool:
        return row.name in self._devices

    def _device(self, row: Device) -> tuple[str, ...]:
        state = row.state.replace("connected (externally)", "external")
        return (_ours(self._is_our_device(row)), row.name, state, row.connection, row.type)

    def _is_our_network(self, row: Network) -> bool:
        return row.name in self._networks

    def _network(self, row: Network) -> tuple[str, ...]:
        state = "active" if row.active else "inactive"
        autostart = "yes" if row.autostart else "no"
        return (_ours(self._is_our_network(row)), row.name, state, row.bridge, autostart)

    def _is_our_entry(self, row: Entry) -> bool:
        return row.kind == "flood" or self._vm(row) != ""

    def _entry(self, row: Entry) -> tuple[str, ...]:
        to = f"to {row.destination}" if row.destination else ""
        if row.kind == "flood":
            return (row.mac, row.kind, f"{to} (all unknown)".strip(), row.device)
        return (row.mac, row.kind, f"{self._vm(row)} {to}".strip(), row.device)

    def _vm(self, row: Entry) -> str:
        networks = self._sources.get("networks")
        if not isinstance(networks, Networks):
            return ""
        name = networks.names.by_mac.get(row.mac, "")
        tap = networks.names.by_device.get(row.device, "") if row.mac.startswith("fe:") else ""
        return name or (f"{tap} (its tap)" if tap else "")


def _destination(host: Host | None) -> tuple[str, str]:
    return (host.name, host.ssh or "") if host is not None else ("", "")


def _ours(is_ours: bool) -> str:
    return OURS if is_ours else ""


_DEVICES = (
    Column("", 4, 4),
    Column("DEVICE", 15, 11),
    Column("STATE", 12, 9),
    Column("CONNECTION", 20, 8),
    Column("TYPE", 8),
)
_FDB = (Column("MAC", 17, 17), Column("KIND", 9, 9), Column("VM, DESTINATION", 30, 14), Column("DEVICE", 15))
_NETWORKS = (
    Column("", 4, 4),
    Column("NAME", 20, 12),
    Column("STATE", 8, 8),
    Column("BRIDGE", 15, 7),
    Column("AUTOSTART", 9, 5),
)

"""NetworkManager's devices, by `nmcli monitor`."""

import re
import time
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from vxlan_tui.facts.nmcli import split_terse
from vxlan_tui.live.watched import Watched

_FIELDS = "DEVICE,TYPE,STATE,CONNECTION"


LONG = 0.1
"""A reading that takes more seconds is followed by a rest as long: NetworkManager has a storm of events to do with."""


@dataclass(frozen=True)
class Device:
    """A row of `nmcli device status`."""

    name: str
    type: str
    state: str
    connection: str


class Devices(Watched[Device]):
    """All devices. Each event is the occasion to read them again: the table is small, and always true."""

    shown_by = "nmcli device status"
    watches = ("nmcli", "monitor")

    def _read_all(self) -> Iterator[tuple[Hashable, Device]]:
        return (
            (device.name, device) for device in parse(self.reach.read("nmcli", "-t", "-f", _FIELDS, "device", "status"))
        )

    def _lines(self, lines: list[str]) -> None:
        told = [found.groups() for found in map(_TOLD.match, lines) if found and self._is_so(*found.groups())]
        if told:
            self._patch([(name, _told(self._rows.get(name), name, what)) for name, what in told])
        started = time.monotonic()
        self._take_all()
        took = time.monotonic() - started
        if took > LONG:
            self.stopped.wait(min(1.0, took))

    def _is_so(self, name: str, what: str) -> bool:
        """Whether the kernel agrees: NetworkManager calls every device removed as it stops."""
        return what == "created" or self.reach.read_file(f"/sys/class/net/{name}/ifindex") is None


_TOLD = re.compile(r"([^:\s]+): device (created|removed)$")


def _told(known: Device | None, name: str, what: str) -> Device | None:
    """Give what a line alone says of a device, so that it is on screen before the table is read."""
    return (known or Device(name, "", "", "")) if what == "created" else None


def parse(output: str) -> Iterator[Device]:
    """Read the terse table."""
    rows = (split_terse(line) for line in output.splitlines())
    return (Device(*row) for row in rows if len(row) == 4)

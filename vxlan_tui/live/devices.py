"""NetworkManager's devices, by `nmcli monitor`."""

import time
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from vxlan_tui.facts.nmcli import split_terse
from vxlan_tui.live.watched import Watched, output_of

_FIELDS = "DEVICE,TYPE,STATE,CONNECTION"


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
        return ((device.name, device) for device in parse(output_of("nmcli", "-t", "-f", _FIELDS, "device", "status")))

    def _lines(self, lines: list[str]) -> None:
        started = time.monotonic()
        self._take_all()
        # As long a rest as the reading took: in a storm of events, NetworkManager has other things to do.
        self.stopped.wait(min(1.0, time.monotonic() - started))


def parse(output: str) -> Iterator[Device]:
    """Read the terse table."""
    rows = (split_terse(line) for line in output.splitlines())
    return (Device(*row) for row in rows if len(row) == 4)

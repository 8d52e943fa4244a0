"""Forwarding entries, by `bridge monitor`: read once, then each event changes its own row."""

import re
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from sys import intern

from vxlan_tui.live.watched import Watched
from vxlan_tui.reach import Reach

FLOOD = "00:00:00:00:00:00"


@dataclass(frozen=True, slots=True)
class Entry:
    """A forwarding entry (bridge(8)). `kind` is flood, permanent, static or learned."""

    mac: str
    device: str
    destination: str = ""
    vlan: str = ""
    controller: str = ""
    own: bool = False
    kind: str = "learned"

    @property
    def key(self) -> Hashable:
        """What makes it this entry and no other."""
        flood = self.destination if self.mac == FLOOD else ""
        return (self.mac, self.device, self.vlan, self.own, flood)


class Fdb(Watched[Entry]):
    """The entries of these bridges and of the devices that are their ports; of everything where none are named."""

    watches = ("bridge", "monitor", "fdb", "link")

    def __init__(self, bridges: Iterable[str] = (), vxlans: Iterable[str] = (), reach: Reach | None = None) -> None:
        super().__init__(reach)
        self.bridges = tuple(bridges)
        self._devices = {*self.bridges, *vxlans}
        self._asked = bool(self.bridges)
        self.shown_by = "; ".join(f"bridge fdb show br {bridge}" for bridge in self.bridges) or "bridge fdb show"

    def _read_all(self) -> Iterator[tuple[Hashable, Entry]]:
        for bridge in self.bridges or ("",):
            yield from ((entry.key, entry) for entry in self._dump(bridge))

    def _dump(self, bridge: str) -> Iterator[Entry]:
        """Give what is there, line by line: a table of 100,000 entries is no text to hold as a whole."""
        with self.reach.stream("bridge", "fdb", "show", *(("br", bridge) if bridge else ())) as stream:
            for lines in stream.lines():
                for line in lines:
                    entry = parse(line)
                    if entry is not None:
                        yield entry

    def _lines(self, lines: list[str]) -> None:
        if any("No buffer space available" in line for line in lines):
            self._take_all()  # the kernel has dropped events: what we have is no longer true
            return
        changes = [change for line in lines for change in self._changes(line)]
        if changes:
            self._patch(changes)

    def _changes(self, line: str) -> Iterator[tuple[Hashable, Entry | None]]:
        gone = _DEVICE_GONE.match(line)
        if gone:
            yield from ((key, None) for key, row in list(self._rows.items()) if row.device == gone[1])
            return
        entry = parse(line.removeprefix("Deleted "))
        if entry is not None and self._is_ours(entry):
            yield entry.key, None if line.startswith("Deleted ") else entry

    def _is_ours(self, entry: Entry) -> bool:
        if not self._asked or entry.device in self._devices:
            return True
        if entry.controller in self.bridges:
            self._devices.add(entry.device)
            return True
        return False


_DEVICE_GONE = re.compile(r"Deleted \d+: ([^:@\s]+)[:@]")


def parse(line: str) -> Entry | None:
    """Read a line of `bridge fdb show` or `bridge monitor fdb`; None where it is none."""
    mac, _, rest = line.partition(" dev ")
    if not _MAC.fullmatch(mac):
        return None
    words = rest.split()
    values = dict(pairwise(words))
    flags = set(words[1:])
    return Entry(
        mac,
        intern(words[0]),
        intern(values.get("dst", "")),
        intern(values.get("vlan", "")),
        intern(values.get("master", "")),
        "self" in flags,
        _kind(mac, flags),
    )


_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")


def _kind(mac: str, flags: set[str]) -> str:
    if mac == FLOOD:
        return "flood"
    return "permanent" if "permanent" in flags else "static" if "static" in flags else "learned"

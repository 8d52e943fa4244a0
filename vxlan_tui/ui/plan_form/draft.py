"""A plan that is being written: a plan file's tables, whole or not yet, by key path (`hosts[0].vtep`)."""

import re
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vxlan_tui.facts.survey import Survey
    from vxlan_tui.plan import Fault, Plan

Table = dict[str, Any]

Surveys = dict[str, "Survey"]
"""What was found on hosts, by their SSH destination; this machine's is the empty one."""

HERE = ""
"""The destination of this machine."""

NUMBERS = ("vni", "port", "mtu", "asn", "shutdown_timeout")
ROWS = ("hosts", "segments", "vms")
LISTS = ("dns", "dns_search", "reflectors")


class Draft:
    """The tables, the file that they belong to, and which of the hosts this machine is.

    `typed_in` is the field that was typed in last, and `follow` the VMs that are renamed with it. `unfolded` are the
    tables whose rarely needed fields are shown, and fields that are shown though they are empty.
    """

    def __init__(self, path: Path, data: Table | None = None, here: int = 0) -> None:
        self.path = path.absolute()
        self.data: Table = data if data is not None else {"hosts": [], "segments": [], "vms": []}
        self.here = here
        self.saved: Table | None = None
        self.source = ""
        """The text that it was opened from or last saved as: a person's comments in it are kept."""
        self.edited = False
        self.typed_in = ""
        self.follow: list[tuple[Table, int]] = []
        self.unfolded: set[str] = set()

    @property
    def hosts(self) -> list[Table]:
        """The hosts' tables."""
        return self.rows("hosts")

    @property
    def peer(self) -> int:
        """The first host that is not this machine."""
        return 1 if self.here == 0 else 0

    @property
    def is_saved(self) -> bool:
        """Whether the file holds what the draft holds."""
        return self.saved == self.data

    def rows(self, key: str) -> list[Table]:
        """Give the tables under a key, made if there are none."""
        found = self.data.setdefault(key, [])
        return found if isinstance(found, list) else []

    def get(self, key: str) -> str:
        """Give a value as a form shows it; empty where there is none."""
        value: Any = self.data
        for part in _parts(key):
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return ""
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    def set(self, key: str, text: str) -> None:
        """Set a value from what was typed; an empty text takes the key away, so that its default holds."""
        *path, last = _parts(key)
        table: Any = self.data
        for part in path:
            if isinstance(table, dict) and not isinstance(table.get(part), dict | list):
                table[part] = {}  # also in place of something that should have been a table
            table = table[part]
        value = _typed(str(last), text.strip())
        if value in ("", []):
            table.pop(last, None)
        else:
            table[last] = value

    def changed(self) -> None:
        """Take note of a change other than by typing: what is typed next has its own VMs to rename."""
        self.edited = True
        self.typed_in = ""

    def check(self) -> "tuple[Plan | None, tuple[Fault, ...]]":
        """Give the plan, or None and every fault."""
        from vxlan_tui import plan  # noqa: PLC0415 (pydantic comes after the first frame)

        found, faults = plan.check(self.data)
        return found and found.read_from(self.path), tuple(faults)

    def text(self) -> str:
        """Give the text of the file that it is saved as."""
        from vxlan_tui import plan_file  # noqa: PLC0415

        return plan_file.text(self.data, self.source)

    def save(self) -> None:
        """Write the file; raises OSError, UnsafePath."""
        from vxlan_tui import plan_file  # noqa: PLC0415

        self.source = plan_file.save(self.path, self.data, self.source)
        self.saved = deepcopy(self.data)


def survey_of(draft: Draft, index: int, surveys: Surveys) -> "Survey | None":
    """Return what was found on a host of the draft, None where nobody has looked at it."""
    if index == draft.here:
        return surveys.get(HERE)
    destination = draft.get(f"hosts[{index}].ssh")
    return surveys.get(destination) if destination else None


def _parts(key: str) -> list[str | int]:
    return [int(number) if number else name for name, number in re.findall(r"([A-Za-z_]+)|\[(\d+)\]", key)]


def _typed(key: str, text: str) -> str | int | bool | list[str]:
    if key == "stp" and text:
        return text == "True"
    if key in NUMBERS and text.isascii() and text.isdigit():
        return int(text)
    if key in LISTS:
        return [word for word in re.split(r"[,\s]+", text) if word]
    return text


def opened(path: Path) -> Draft:
    """Give a plan file's draft, faults and all; raises OSError, ValueError where it is no TOML, or has no tables."""
    from vxlan_tui import toml  # noqa: PLC0415

    with path.open("rb") as file:
        source = file.read().decode()
    draft = Draft(path, toml.read(source))
    _check_rows(draft.data)
    draft.saved, draft.source = deepcopy(draft.data), source
    return draft


def _check_rows(data: Table) -> None:
    """Raise ValueError where the form would have no rows to show: under a key for them stands something else."""
    for key in ROWS:
        found = data.get(key, [])
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise ValueError(f"`{key}` has to be tables, each under [[{key}]], and is something else")


def from_survey(path: Path, survey: "Survey") -> Draft:
    """Give a new draft, filled in from what the host has."""
    return Draft(
        path, {"hosts": [_this_host(survey), _other_host(survey)], "segments": [segment([], survey)], "vms": []}
    )


def underlay(survey: "Survey") -> str:
    """Give the device that most likely is the underlay: of the default route, else the first with an address."""
    names = [link.name for link in survey.nics]
    addressed = [link.name for link in survey.nics if link.addresses]
    if survey.default_interface in names:
        return survey.default_interface
    return next(iter([*addressed, *sorted(names)]), "")


def address_of(survey: "Survey", interface: str) -> str:
    """Give a device's first address that other hosts can reach; empty where it has none."""
    link = survey.links.get(interface)
    found = [a.partition("/")[0] for a in link.addresses] if link else []
    return next((a for a in found if not a.startswith(("fe80:", "127.", "169.254."))), "")


def _this_host(survey: "Survey") -> Table:
    interface = underlay(survey)
    address = address_of(survey, interface)
    row: Table = {"name": survey.name, "interface": interface}
    return {**row, "vtep": address} if address else {**row, "ethernet": {"profile": "Example", "method": "manual"}}


def _other_host(survey: "Survey") -> Table:
    return {"interface": underlay(survey)}


def segment(others: Iterable[Table], survey: "Survey | None") -> Table:
    """Give a new segment's table, with a VNI and a bridge that nobody has yet, which lets the same hosts in."""
    from vxlan_tui.plan import DEFAULT_PORT  # noqa: PLC0415 (pydantic comes after the first frame)

    rows = list(others)
    taken = {str(row.get("bridge")) for row in rows} | (set(survey.links) if survey else set())
    vnis = {row.get("vni") for row in rows}
    vni = next(number for number in range(10, 1 << 24, 10) if number not in vnis)
    bridge = next(name for name in (f"bridge{n}" for n in range(10000)) if name not in taken)
    beside = [row for row in rows if row.get("port", DEFAULT_PORT) == DEFAULT_PORT]
    is_open = any(row.get("admit") != "peers" for row in beside)
    return {"vni": vni, "bridge": bridge, **({} if is_open else {"admit": "peers"})}

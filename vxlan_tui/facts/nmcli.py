"""NetworkManager's version, profiles, and what is in force on a device, by nmcli(1)."""

import re
from collections.abc import Iterable, Iterator

from vxlan_tui.reach import CommandFailed, Reach
from vxlan_tui.state import Profile

_LIST = ("UUID", "TYPE", "DEVICE", "STATE", "FILENAME", "NAME")
_DETAILED = ("802-3-ethernet", "bridge", "vxlan", "vlan", "bond")
"""Types whose settings are read: what the chapter sets up, and what may carry the underlay."""


def read_version(reach: Reach) -> tuple[int, ...]:
    """Give the running NetworkManager's version; raises CommandFailed where it does not run."""
    return parse_version(reach.read("nmcli", "-t", "-f", "VERSION", "general"))


def parse_version(output: str) -> tuple[int, ...]:
    """Read `1.42.4`."""
    found = re.match(r"\d+(\.\d+)*", output.strip())
    return tuple(int(part) for part in found.group().split(".")) if found else (0,)


def read_profiles(reach: Reach) -> tuple[Profile, ...]:
    """Give all connection profiles, with the settings of those that can matter to a plan."""
    profiles = parse_list(reach.read("nmcli", "-t", "-f", ",".join(_LIST), "connection", "show"))
    detailed = [profile.uuid for profile in profiles if profile.type in _DETAILED]
    settings = _read_settings(reach, detailed) if detailed else {}
    return tuple(_with_settings(profile, settings.get(profile.uuid, {})) for profile in profiles)


def _read_settings(reach: Reach, uuids: Iterable[str]) -> dict[str, dict[str, str]]:
    selectors = [word for uuid in uuids for word in ("uuid", uuid)]
    fields = "connection,ipv4,ipv6,bridge,vxlan"
    try:
        output = reach.read("nmcli", "-t", "-f", fields, "connection", "show", *selectors)
    except CommandFailed as failure:
        # 10: one of them was deleted meanwhile (nmcli(1), exit status); what is left is read the next time.
        if failure.outcome.status != _GONE:
            raise
        output = ""
    return {row["connection.uuid"]: row for row in parse_settings(output) if "connection.uuid" in row}


_GONE = 10


def _with_settings(profile: Profile, settings: dict[str, str]) -> Profile:
    name = settings.get("connection.id", profile.name)
    return Profile(profile.uuid, name, profile.type, profile.device, profile.activated, profile.saved, settings)


def read_mtu(reach: Reach, profile: Profile) -> int:
    """Give the MTU that an Ethernet profile asks for; 0 where it leaves it to the device (nmcli: auto)."""
    try:
        said = reach.read("nmcli", "-g", "802-3-ethernet.mtu", "connection", "show", "uuid", profile.uuid).strip()
    except CommandFailed:
        return 0
    return int(said) if said.isdigit() else 0


def parse_list(output: str) -> tuple[Profile, ...]:
    """Read the terse table; a row that is not of its form (a name with a line break) is passed over."""
    rows = (split_terse(line) for line in output.splitlines())
    return tuple(
        Profile(uuid, name, kind, device, state == "activated", saved=not filename.startswith("/run/"))
        for uuid, kind, device, state, filename, name in (row for row in rows if len(row) == len(_LIST))
    )


def parse_settings(output: str) -> Iterator[dict[str, str]]:
    """Read `setting.property:value` lines, a dictionary per profile.

    Old names of a property are given under its new one (1.46: controller and port-type). Of a property that
    comes twice the last counts: only an earlier value, the name, can hold a line break.
    """
    for block in re.split(r"\n\n+(?=connection\.id:)", output.strip("\n")):
        pairs = (line.partition(":") for line in block.splitlines())
        row = {key: value for key, colon, value in pairs if colon}
        for old, new in _RENAMED.items():
            row.setdefault(new, row.get(old, ""))
        yield row


_RENAMED = {"connection.master": "connection.controller", "connection.slave-type": "connection.port-type"}


def split_terse(line: str) -> list[str]:
    r"""Split a terse row at its colons; `\:` and `\\` stand for themselves."""
    return [re.sub(r"\\(.)", r"\1", field) for field in re.findall(r"(?:^|:)((?:\\.|[^:\\])*)", line)]


def read_addressing(reach: Reach, interface: str) -> frozenset[str]:
    """Give the addresses, gateways, DNS servers and search domains in force on a device."""
    try:
        return parse_addressing(reach.read("nmcli", "-t", "-f", "IP4,IP6", "device", "show", interface))
    except CommandFailed:
        return frozenset()


def parse_addressing(output: str) -> frozenset[str]:
    """Read the lines of `IP4` and `IP6`, routes aside."""
    pairs = (line.partition(":") for line in output.splitlines())
    wanted = re.compile(r"IP[46]\.(ADDRESS|GATEWAY|DNS|SEARCHES|DOMAIN)\b")
    return frozenset(value for key, _, value in pairs if value and wanted.match(key))

"""What the Ethernet and the bridge procedure share: connection profiles, wanted and found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vxlan_tui.before import Record, profile_record
from vxlan_tui.command import Command, command
from vxlan_tui.state import HostState, Profile
from vxlan_tui.steps import Change

CONTROLLER_WORDS_SINCE = (1, 46)
"""The NetworkManager that first knows `controller` and `port-type`; `master` and `slave-type` before."""

_OLD_WORDS = {
    "controller": "master",
    "port-type": "slave-type",
    "connection.controller": "connection.master",
    "connection.port-type": "connection.slave-type",
}


@dataclass(frozen=True)
class Wanted:
    """A profile that the plan asks for.

    `add` are nmcli's words that make it, `settings` the properties it must then have, by their new names.
    """

    name: str
    type: str
    interface: str
    add: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def expected(self) -> dict[str, str]:
        """All properties that are compared with an existing profile's, and recorded before it is changed."""
        always = {"connection.interface-name": self.interface, "connection.autoconnect": "yes"}
        return {**always, **self.settings}


def words(state: HostState, argv: Iterable[str]) -> tuple[str, ...]:
    """Put nmcli's words, properties and values in turn, as this host's NetworkManager knows the properties."""
    if state.nm_version >= CONTROLLER_WORDS_SINCE:
        return tuple(argv)
    return tuple(word if place % 2 else _OLD_WORDS.get(word, word) for place, word in enumerate(argv))


def found(wanted: Wanted, state: HostState) -> Profile | None:
    """Give the existing profile of that name; `conflict` tells whether it is the only one and of the right kind."""
    return next(iter(state.named(wanted.name)), None)


def differences(wanted: Wanted, state: HostState) -> tuple[Change, ...]:
    """Say what an existing profile has other than the plan; nothing where there is no profile."""
    profile = found(wanted, state)
    if profile is None:
        return ()
    pairs = ((key, _value(profile, key, state), new) for key, new in wanted.expected.items())
    return tuple(Change(f"{wanted.name}: {key}", old, new) for key, old, new in pairs if old != new)


def _value(profile: Profile, key: str, state: HostState) -> str:
    """Give a property as the plan would put it: a controller by its name, where it stands by its UUID."""
    value = profile.settings.get(key, "")
    if key == "connection.controller":
        return next((p.interface or p.name for p in state.profiles if p.uuid == value), value)
    return value.replace(", ", ",")


def modify(wanted: Wanted, state: HostState) -> Command:
    """Set what differs in an existing profile."""
    profile = found(wanted, state)
    changed = [key for key, new in wanted.expected.items() if profile and _value(profile, key, state) != new]
    return set_properties(wanted.name, state, {key: wanted.expected[key] for key in changed})


def set_properties(name: str, state: HostState, settings: Mapping[str, str]) -> Command:
    """Set properties of the profile of that name."""
    pairs = [word for key, value in settings.items() for word in (*words(state, (key,)), value)]
    return command("nmcli", "connection", "modify", "id", name, *pairs)


def add(wanted: Wanted, state: HostState) -> Command:
    """Make the profile."""
    return command("nmcli", "connection", "add", *words(state, wanted.add))


def ensure(
    wanted: Wanted, state: HostState, after_add: tuple[Command, ...] = ()
) -> tuple[tuple[Command, ...], tuple[Change, ...]]:
    """Give the commands that make the profile or set what differs in it, and what that changes."""
    if found(wanted, state) is None:
        return (add(wanted, state), *after_add), ()
    changes = differences(wanted, state)
    return ((modify(wanted, state),) if changes else ()), changes


def up(name: str) -> Command:
    """Activate the profile of that name."""
    return command("nmcli", "connection", "up", "id", name)


def down(name: str) -> Command:
    """Take the profile of that name down."""
    return command("nmcli", "connection", "down", "id", name)


def delete(name: str) -> Command:
    """Delete the profile of that name, and with it a device that exists by it."""
    return command("nmcli", "connection", "delete", "id", name)


def record(plan: str, wanted: Wanted, state: HostState) -> Record:
    """Record how the profile stands."""
    return profile_record(plan, wanted.name, wanted.type, found(wanted, state), wanted.expected)


def name_conflict(wanted: Wanted, state: HostState) -> str:
    """Say why a profile of that name cannot be ours; empty where it can."""
    same = state.named(wanted.name)
    if len(same) > 1:
        uuids = ", ".join(profile.uuid for profile in same)
        return f"{len(same)} connection profiles are named {wanted.name} ({uuids}): delete or rename all but one"
    if same and same[0].type != wanted.type:
        return f"a connection profile named {wanted.name} exists and is of type {same[0].type}, not {wanted.type}"
    if same and same[0].interface not in ("", wanted.interface):
        return f"the connection profile {wanted.name} is for the device {same[0].interface}, not {wanted.interface}"
    return ""


def device_conflict(wanted: Wanted, state: HostState) -> str:
    """Say why a virtual device of that name is somebody else's; empty where it is ours or does not exist."""
    others = [p for p in state.profiles if p.saved and p.interface == wanted.interface and p.name != wanted.name]
    if others:
        return f"the device {wanted.interface} belongs to the connection profile {others[0].name}"
    if wanted.interface not in state.links:
        return ""
    active = state.active_on(wanted.interface)
    if active is None or not active.saved:
        return f"the device {wanted.interface} exists, and no connection profile of NetworkManager's made it"
    return ""

"""What the Ethernet and the bridge procedure share: connection profiles as things.

`slave-type` and `master` are nmcli's old words for `port-type` and `controller`. Every version understands them and
prints them, so that one text serves all.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from vxlan_tui.command import Command, command
from vxlan_tui.things import MTU_PROPERTY, SETTINGS, Clear, Ours, Reading, Thing, escaped, lines

PUT_BACK = "connection.(autoconnect|master|slave-type):.*|ipv[46].*|bridge.stp:.*|vxlan.*|" + MTU_PROPERTY + ":[0-9]+"
"""What of a profile's record is put back, where it differs."""

FILES = ("nmcli", "-t", "-f", "NAME,FILENAME", "connection", "show")

_MEMORY = "/run/NetworkManager/"

COPY = "shadowed-storage="
"""What a file in memory says that stands before one on the disk."""


@dataclass(frozen=True)
class Wanted:
    """A profile that the plan asks for.

    `add` are nmcli's words that make it, `settings` the properties that it must then have; `set_new` is whether a new
    one gets them by a command of its own. A profile that is `tried` is held in memory until it is saved.
    """

    name: str
    type: str
    interface: str
    add: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    set_new: bool = False
    tried: bool = False

    @property
    def expected(self) -> dict[str, str]:
        """All properties that it must have."""
        always = {"connection.interface-name": self.interface, "connection.autoconnect": "yes"}
        return {"connection.type": self.type, **always, **self.settings}


def thing(
    step: str,
    section: str,
    title: str,
    why: str,
    wanted: Wanted,
    subject: str = "",
    touches: tuple[str, ...] = (),
) -> Thing:
    """Return a profile as a thing. A title of undo follows from whether the profile existed."""
    settings = {**wanted.settings, "connection.autoconnect": "yes"}
    shows = reading(wanted.name, settings)
    memory = ("save", "no") if wanted.tried else ()
    add = command("nmcli", "connection", "add", *memory, *wanted.add)
    change = set_properties(wanted.name, settings, wanted.tried)
    return Thing(
        step,
        section,
        subject or wanted.name,
        title,
        why,
        f"profile.{wanted.name}",
        shows,
        lines(f"{key}:{value}" for key, value in settings.items()),
        make=(add, *((change,) if wanted.set_new else ())),
        change=(change,),
        clear=(_ours(wanted),),
        delete=(delete(wanted.name),),
        settings=settings,
        kept=replace(shows, pick=PUT_BACK),
        restore=(put_back(wanted),),
        back_title=f"Connection profile {wanted.name}, as before",
        touches=touches,
        saves=_saved(f"{step.partition('.')[0]}.save", section, wanted.name) if wanted.tried else None,
    )


def reading(name: str, properties: Iterable[str]) -> Reading:
    """Return how a profile's properties show. An MTU that is left open counts as one that is not there.

    Both IP versions are shown, so that a record and a later look can be compared whatever the plan has become.
    """
    keys = tuple(properties)
    settings: dict[str, list[str]] = {"connection": []}
    if any(key.startswith("ipv") for key in keys):
        settings |= {"ipv4": [], "ipv6": []}
    for key in keys:
        setting, _, prop = key.partition(".")
        settings.setdefault(setting, []).append(prop)
    named = [f"{each}.({'|'.join(of)}):.*" for each, of in settings.items() if of and f"{each}.mtu" not in keys]
    pick = "|".join([*named, *([f"{MTU_PROPERTY}:[0-9]+"] if MTU_PROPERTY in keys else [])])
    return Reading(("nmcli", "-t", "-f", ",".join(settings), "connection", "show", "id", name), pick)


def _ours(wanted: Wanted) -> Ours:
    whose = {key: wanted.expected[key] for key in ("connection.interface-name", "connection.type")}
    asked = replace(reading(wanted.name, wanted.settings), pick="^(connection.interface-name|connection.type):.*")
    text = lines(f"{key}:{value}" for key, value in whose.items())
    named = f"connection profiles named {wanted.name} that are not the plan's, or several: {{}}"
    return Ours(asked, text, f"there are {named}; it wants {text.replace(chr(10), ', ')}")


def foreign_device(wanted: Wanted) -> Clear:
    """Return what says that a device of that name is somebody else's."""
    shown = ("nmcli", "-t", "-f", "GENERAL", "device", "show", wanted.interface)
    pick = "CONNECTION:.+|STATE:.*(external|unmanaged).*"
    words = f"the device {wanted.interface} exists, and not by the connection profile {wanted.name} ({{}})"
    return Clear(Reading(shown, pick), f"CONNECTION:{escaped(wanted.name)}", words)


def _saved(step: str, section: str, name: str) -> Thing:
    """Return as a thing that a profile, which was held in memory while it was tried, is saved."""
    unsaved = Reading(FILES, f"^{escaped(_terse(name))}:/run/")
    save = command("nmcli", "connection", "modify", "id", name, "connection.id", name)  # saves it, and changes nothing
    return Thing(
        step,
        section,
        name,
        f"Save the connection profile {name}",
        "It was held in memory, so that a boot would have taken it back.",
        "",
        unsaved,
        "",
        change=(save,),
        confirms=True,
    )


def _terse(text: str) -> str:
    """Return text as nmcli's terse mode writes it."""
    return text.replace("\\", "\\\\").replace(":", "\\:")


def in_memory(names: Iterable[str], output: str) -> dict[str, str]:
    """Return the files of these profiles, by name, that are in memory alone, from what FILES prints."""
    pairs = ((name, f"{_terse(name)}:") for name in names)
    return {
        name: re.sub(r"\\(.)", r"\1", line.removeprefix(start))
        for name, start in pairs
        for line in output.splitlines()
        if line.startswith(f"{start}{_MEMORY}")
    }


def drop(copy: str) -> tuple[Command, ...]:
    """Return the commands that drop a profile's copy in memory, so that the file on the disk counts again."""
    return command("rm", "-f", "--", copy), command("nmcli", "connection", "load", copy)


def set_properties(name: str, settings: Mapping[str, str], tried: bool = False) -> Command:
    """Return the command that sets properties of a profile; `tried` is in memory alone."""
    pairs = (word for pair in settings.items() for word in pair)
    return command("nmcli", "connection", "modify", *(("--temporary",) if tried else ()), "id", name, *pairs)


def put_back(wanted: Wanted) -> Command:
    """Return the command that gives a profile the properties of its record back."""
    memory = ("--temporary",) if wanted.tried else ()
    return command("nmcli", "connection", "modify", *memory, "id", wanted.name, SETTINGS)


def up(name: str) -> Command:
    """Return the command that activates a profile."""
    return command("nmcli", "connection", "up", "id", name)


def down(name: str) -> Command:
    """Return the command that takes a profile down."""
    return command("nmcli", "connection", "down", "id", name)


def delete(name: str) -> Command:
    """Return the command that deletes a profile, and with it a device that exists by it."""
    return command("nmcli", "connection", "delete", "id", name)

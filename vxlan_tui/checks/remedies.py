"""How faults are mended: by the procedures' own commands wherever they have some, so that there is one way only."""

import shlex
from collections.abc import Iterable

from vxlan_tui.before import Record
from vxlan_tui.checks.check import Mend
from vxlan_tui.checks.seen import NO_ANSWER
from vxlan_tui.command import Command, command
from vxlan_tui.facts import system
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures import profiles, steps
from vxlan_tui.state import HostState, Profile

_SECTIONS = {"10.2": "ethernet", "10.3": "bridge", "10.4": "network", "10.5": "vms"}


def words(text: str) -> Mend:
    """Mended by a person: no command does it."""
    return Mend(text)


def by(*commands: Command, before: Iterable[Record] = ()) -> Mend:
    """Mended by these commands on this host."""
    return Mend("\n".join(each.text for each in commands), commands, tuple(before))


def then(mend: Mend, more: Iterable[Command]) -> Mend:
    """Mended by some commands, and then these; words stay words."""
    return by(*mend.commands, *more, before=mend.before) if mend.commands else mend


def by_steps(plan: Plan, this: Host, state: HostState, asked: Iterable[tuple[str, str]], otherwise: Mend) -> Mend:
    """Mended by what the procedures would run for these steps, each named by its id and subject.

    Where one of them is in conflict with something of somebody else's, its words; where they see nothing to
    do, `otherwise`.
    """
    wanted = list(asked)
    found = [step for step in steps(plan, this, state) if (step.id, step.subject) in wanted]
    conflict = next((step.conflict for step in found if step.conflict), "")
    commands = [each for step in found for each in step.commands]
    if conflict:
        return words(conflict)
    return by(*commands, before=[record for step in found for record in step.before]) if commands else otherwise


def there(plan: Plan, host: Host, section: str) -> Mend:
    """Mended on another host of the plan, by carrying out that section there."""
    only = _SECTIONS[section]
    argv = ("vxlan-tui", "apply", plan.path.name, "--host", host.name, "--only", only)
    return Mend(shlex.join(argv), on_host=host.name)


def look_there(plan: Plan, host: Host) -> Mend:
    """Another host has to be looked at from its own side."""
    return Mend(shlex.join(("vxlan-tui", "verify", plan.path.name, "--host", host.name)), on_host=host.name)


def start_daemon(part: str, gone: str) -> Mend:
    """Mended by starting the daemon behind a part of the facts, now and at every boot; one that hangs, anew."""
    start = shlex.split(system.daemon(part, gone).fix)
    if not gone.startswith(NO_ANSWER):
        return by(Command(tuple(start)))
    units = (word.removesuffix(".socket") for word in start[3:])
    return by(command("systemctl", "restart", *units))


def autoconnect(plan: Plan, profile: Profile, state: HostState, wanted: profiles.Wanted | None) -> Mend:
    """Mended by letting a profile come up by itself."""
    change = profiles.set_properties(profile.name, state, {"connection.autoconnect": "yes"})
    return by(change, before=[profiles.record(str(plan.path), wanted, state)] if wanted else [])


def device(*words: str) -> Mend:
    """Mended by ip-link(8), for what NetworkManager does not put right."""
    return by(command("ip", "link", "set", "dev", *words))

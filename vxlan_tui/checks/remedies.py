"""How faults are mended: by the procedures' own commands wherever they have some, so that there is one way only."""

import shlex
from collections.abc import Iterable

from vxlan_tui import judge
from vxlan_tui.checks.check import Mend
from vxlan_tui.checks.evidence import Facts
from vxlan_tui.checks.finding import Finding
from vxlan_tui.command import Command, command
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures import BY_NUMBER, profiles, things
from vxlan_tui.record import Record
from vxlan_tui.state import Profile
from vxlan_tui.steps import Step


def words(text: str) -> Mend:
    """Mended by a person: no command does it."""
    return Mend(text)


def by(*commands: Command, before: Iterable[Record] = ()) -> Mend:
    """Mended by these commands on this host."""
    return Mend("\n".join(each.text for each in commands), commands, tuple(before))


def then(mend: Mend, more: Iterable[Command]) -> Mend:
    """Mended by some commands, and then these; words stay words."""
    return by(*mend.commands, *more, before=mend.before) if mend.commands else mend


def by_steps(plan: Plan, this: Host, facts: Facts, asked: Iterable[tuple[str, str]], otherwise: Mend) -> Mend:
    """Mended by what the procedures would run for these steps, each named by its id and subject.

    Where one of them is in conflict with something of somebody else's, its words; where they see nothing to
    do, or what they ask for could not be read, `otherwise`.
    """
    wanted = list(asked)
    rows = [thing for thing in things(plan, this, facts.state) if (thing.id, thing.subject) in wanted]
    if not all(argv in facts.outputs for argv in judge.readings(rows)):
        return otherwise
    found = judge.forward(rows, facts.outputs)
    conflict = next((step.conflict for step in found if step.conflict), "")
    commands = [each for step in found for each in step.commands]
    if conflict:
        return words(conflict)
    return (
        by(*commands, before=[_record(plan, step, facts) for step in found if step.commands]) if commands else otherwise
    )


def _record(plan: Plan, step: Step, facts: Facts) -> Record:
    assert step.thing is not None  # noqa: S101 (every judged step has its thing)
    return Record(step.thing.record, facts.outputs.get(step.thing.before.argv, ""), str(plan.path))


def there(plan: Plan, host: Host, section: str) -> Mend:
    """Mended on another host of the plan, by carrying out that section there."""
    only = BY_NUMBER[section].name
    return _on(host, "vxlan-tui", "apply", plan.path.name, "--host", host.name, "--only", only)


def look_there(plan: Plan, host: Host) -> Mend:
    """Another host has to be looked at from its own side."""
    return _on(host, "vxlan-tui", "verify", plan.path.name, "--host", host.name)


def _on(host: Host, *argv: str) -> Mend:
    return Mend(shlex.join(argv), (Command(argv),), on_host=host.name)


def as_there(host: Host, finding: Finding) -> Mend:
    """Mended as that host's own check says."""
    return Mend(finding.fix, finding.commands, on_host=host.name)


def autoconnect(plan: Plan, profile: Profile, facts: Facts, wanted: profiles.Wanted | None) -> Mend:
    """Mended by letting a profile come up by itself."""
    change = profiles.set_properties(profile.name, {"connection.autoconnect": "yes"})
    if wanted is None:
        return by(change)
    text = facts.outputs.get(profiles.reading(wanted.name, wanted.expected).argv, "")
    return by(change, before=[Record(f"profile.{wanted.name}", text, str(plan.path))])


def device(*words: str) -> Mend:
    """Mended by ip-link(8), for what NetworkManager does not put right."""
    return by(command("ip", "link", "set", "dev", *words))

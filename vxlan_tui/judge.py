"""Judges things by what a host shows: which commands each takes, what that changes, what stands in the way.

Pure: what the readings printed goes in, steps come out.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from vxlan_tui.command import Command
from vxlan_tui.steps import Change, Step
from vxlan_tui.things import Clear, Ours, Reading, Thing, filled, with_values

Outputs = Mapping[tuple[str, ...], str]
"""What each reading's command printed; empty where what it shows is not there."""


def readings(things: Iterable[Thing]) -> tuple[tuple[str, ...], ...]:
    """Return the commands that show how these things stand, each once."""
    return tuple(dict.fromkeys(reading.argv for thing in things for reading in thing.readings))


def shown(reading: Reading, outputs: Outputs) -> str:
    """Return what a reading shows."""
    return reading.shown(outputs.get(reading.argv, ""))


def forward(things: Iterable[Thing], outputs: Outputs) -> list[Step]:
    """Return the steps that bring things about, in their order; one without commands is done."""
    steps: list[Step] = []
    changed: set[str] = set()
    for thing in things:
        step = _forward(thing, outputs)
        if not step.conflict and with_values(thing.applies, outputs.get(thing.reading.argv, "")) in changed:
            step = replace(step, commands=step.commands or thing.change)
        changed.update([thing.record] if step.commands and thing.record else [])
        if (
            thing.confirms
            and not step.conflict
            and any(s.commands for s in steps if s.thing and s.thing.saves == thing)
        ):
            step = replace(step, commands=thing.change)  # what is only going to be held in memory is saved as well
        steps.append(step)
    return steps


def _forward(thing: Thing, outputs: Outputs) -> Step:
    if thing.members:
        thing = replace(thing, wants=thing.members.wanted(shown(thing.reading, outputs), thing.wants))
    step = Step(thing.id, thing.section, thing.subject, thing.title, thing.why, confirms=thing.confirms, thing=thing)
    if conflict := in_the_way(thing.clear, outputs) or thing.refused:
        return replace(step, conflict=conflict)
    has = shown(thing.reading, outputs)
    if has == thing.wants:
        return step
    if conflict := in_the_way(thing.change_clear, outputs):
        return replace(step, conflict=conflict)
    if not has and thing.missing:
        return replace(step, conflict=thing.missing)
    changes = differences(thing.subject, has, thing.wants) if has else ()
    commands = _commands(thing, has)
    if has and not commands:
        return replace(step, conflict=f"nothing can change this as it is: {', '.join(map(str, changes))}")
    return replace(step, commands=commands, changes=changes)


def _commands(thing: Thing, has: str) -> tuple[Command, ...]:
    if thing.members:
        return thing.members.commands(has, thing.wants)
    return thing.change if has else thing.make


def back(thing: Thing, record: str, outputs: Outputs, file: str) -> Step:
    """Return the step that brings a thing back to its record; without commands where it is as before.

    `file` is the record's file on the host.
    """
    then, now = thing.before.shown(record), shown(thing.before, outputs)
    if thing.within and thing.within not in outputs.get(thing.before.argv, "").splitlines():
        now = ""
    title = thing.back_title or f"{thing.title}: {'as before' if then else 'taken away'}"
    if thing.stays:
        return Step(thing.id, thing.section, thing.subject, title, note=thing.stays)
    step = Step(
        thing.id, thing.section, thing.subject, title, confirms=thing.confirms, thing=thing, restored=thing.record
    )
    if now == then:
        return step
    commands = _back(thing, record, file, then, now)
    if commands and (conflict := in_the_way(thing.back_clear, outputs)):
        return replace(step, conflict=conflict)
    changes = differences(thing.subject, now, then) if then and now and commands else ()
    gone = "" if now or commands else f"{thing.subject} is not there any more"
    return replace(step, commands=commands, changes=changes, note=gone or thing.back_note)


def _back(thing: Thing, record: str, file: str, then: str, now: str) -> tuple[Command, ...]:
    if thing.members:
        return thing.members.commands(now, then)
    if not then:
        return thing.delete
    commands = (*thing.restore, *thing.restore_when.get(then, ())) if now else thing.revive
    differing = _differing(then.splitlines(), now.splitlines())
    return _filled(commands, record, file, differing)


def _filled(commands: Iterable[Command], record: str, file: str, differing: Sequence[str]) -> tuple[Command, ...]:
    return tuple(command for each in commands if (command := filled(each, record, file, differing)) is not None)


def _differing(then: list[str], now: list[str]) -> list[str]:
    """Return the `key:value` lines that make then of now: those that are other ones, and a key alone that is new."""
    keys = {line.partition(":")[0] for line in then}
    new = [f"{key}:" for key, colon, _ in (line.partition(":") for line in now) if colon and key not in keys]
    return [*(line for line in then if line not in now), *new]


def applied(step: Step, thing: Thing, record: str, file: str, put_back: Container[str]) -> Step:
    """Return the step back of a thing, which runs although it is as before where it applies what is put back."""
    if step.commands or step.conflict or with_values(thing.applies, record) not in put_back:
        return step
    return replace(step, commands=_filled(thing.revive, record, file, ()), again=True)


def in_the_way(stands: Iterable[Clear | Ours], outputs: Outputs) -> str:
    """Return in words the first thing that stands in the way; empty where nothing does."""
    return next((words for each in stands if (words := each.conflict(outputs.get(each.reading.argv, "")))), "")


def differences(subject: str, has: str, wants: str) -> tuple[Change, ...]:
    """Return what differs between two texts: of `key:value` lines by their key, of others by what is left over."""
    old, new = _by_key(has), _by_key(wants)
    rows = {key: (old.get(key, ()), new.get(key, ())) for key in dict.fromkeys([*new, *old])}
    return tuple(
        Change(f"{subject}: {key}" if key else subject, *(", ".join(each) for each in _without_common(*pair)))
        for key, pair in rows.items()
        if pair[0] != pair[1]
    )


def _without_common(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[list[str], list[str]]:
    return [each for each in old if each not in new], [each for each in new if each not in old]


def _by_key(text: str) -> dict[str, tuple[str, ...]]:
    rows: dict[str, tuple[str, ...]] = {}
    for key, value in _pairs(text):
        rows[key] = (*rows.get(key, ()), value)
    return rows


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        is_key = colon and " " not in key and any(char.isalpha() for char in key)
        yield (key, value.strip()) if is_key else ("", line.strip())

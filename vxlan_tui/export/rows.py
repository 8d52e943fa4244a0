"""Things as rows of a script: `shows WHAT-IS-SO || run COMMAND`, and the way back."""

from collections.abc import Iterable, Iterator

from vxlan_tui.command import Command, here_document_end
from vxlan_tui.export.words import quoted, wrapped
from vxlan_tui.things import RECORD, VALUE, Clear, Ours, Reading, Shows, Thing

_INDENT = "    "


def forward(thing: Thing) -> Iterator[str]:
    """Return the lines that bring a thing about."""
    yield f"# {thing.title}".replace("\0zone\0", "of the interface")
    yield from (stand(each) for each in thing.clear)
    shows = wrapped(["shows", quoted(thing.wants), *_reading(thing.reading)])
    where = f"! {_where(thing.where)} ||\n{_INDENT}" if thing.where else ""
    body = list(_body(thing))
    if len(body) == 1 and "<<" not in body[0]:
        yield f"{where}{shows} ||\n{body[0]}"
        return
    yield f"{where}{shows} || {{"
    yield from body
    yield "}"


def _body(thing: Thing) -> Iterator[str]:
    if thing.record:
        yield wrapped(["keep", quoted(thing.record), *map(quoted, thing.before.argv)], _INDENT)
    if thing.missing:
        yield wrapped(["[[", "-n", "$now", "]]", "||", "die", "1", quoted(f"Stopped: {thing.missing}")], _INDENT)
    elif not thing.change or thing.make == thing.change:
        yield from runs(thing.make)
    elif thing.make[-len(thing.change) :] == thing.change:
        yield f"{_INDENT}[[ -n $now ]] ||"
        yield from runs(thing.make[: -len(thing.change)], _INDENT * 2)
        yield from runs(thing.change)
    elif not thing.make:
        yield from runs(thing.change)
    else:
        yield f"{_INDENT}if [[ -z $now ]]; then"
        yield from runs(thing.make, _INDENT * 2)
        yield f"{_INDENT}else"
        yield from runs(thing.change, _INDENT * 2)
        yield f"{_INDENT}fi"


def put_back(thing: Thing) -> Iterator[str]:
    """Return the lines that put a thing back that stood; none where nothing has to be."""
    rows = [(f"[[ $then == {quoted(then)} ]]", commands) for then, commands in thing.restore_when.items()]
    now, gone = ("", "") if thing.restore == thing.revive else ("[[ -n $now ]]", "[[ -z $now ]]")
    rows = [(now, thing.restore), *rows, *([(gone, thing.revive)] if gone else [])]
    lines = [line for when, commands in rows if commands for line in _when(when, thing, commands)]
    if thing.members:
        lines = list(members(thing, "$then"))
    if lines:
        yield from _if("stood", thing, lines)


def take_away(thing: Thing) -> Iterator[str]:
    """Return the lines that take a thing away that was not there; none where nothing has to be."""
    if thing.delete:
        clear = [f"{_INDENT}{line}" for each in thing.back_clear for line in stand(each).splitlines()]
        yield from _if("fell", thing, [*clear, *_when("", thing, thing.delete)])


def _if(helper: str, thing: Thing, lines: Iterable[str]) -> Iterator[str]:
    where = f"{_where(thing.where)} &&\n{_INDENT}" if thing.where else ""
    yield f"if {where}{wrapped([helper, quoted(thing.record), *_reading(thing.before)])}; then"
    yield from lines
    yield "fi"


def _when(when: str, thing: Thing, commands: Iterable[Command]) -> Iterator[str]:
    for command in commands:
        marks = [mark for word in command.argv for mark in VALUE.findall(word)]
        known = [f"known {quoted(thing.record)} {quoted(mark)}" for mark in dict.fromkeys(marks)]
        record = [f"record=$state/before/{quoted(thing.record)}"] if any(RECORD in w for w in command.argv) else []
        before = " && ".join([*([when] if when else []), *known, *record])
        if before:
            yield f"{_INDENT}{before} &&"
        yield from runs((command,), _INDENT * (2 if before else 1))


def stand(each: Clear | Ours) -> str:
    """Return the line that stops a script where something of somebody else's is in the way."""
    helper, text = ("ours", each.text) if isinstance(each, Ours) else ("free", each.allowed)
    words = each.words.partition(": {}")[0].partition(" ({})")[0]
    return wrapped([helper, quoted(words), quoted(text), *_reading(each.reading)])


def _where(shows: Shows) -> str:
    return wrapped(["shows", quoted(shows.text), *_reading(shows.reading)])


def _reading(reading: Reading) -> list[str]:
    return [quoted("" if reading.pick == ".+" else reading.pick), *map(quoted, reading.argv)]


def runs(commands: Iterable[Command], indent: str = _INDENT) -> Iterator[str]:
    """Return the lines that run commands, word for word as the program shows them."""
    for command in commands:
        helper = "feed" if command.stdin else "run"
        line = wrapped([helper, *map(quoted, command.argv)], indent)
        if not command.stdin:
            yield line
            continue
        end = here_document_end(command.stdin)
        yield f"{line} <<'{end}'\n{command.stdin.rstrip(chr(10))}\n{end}"


def members(thing: Thing, wants: str) -> Iterator[str]:
    """Return the line that makes one set of lines out of another, line by line."""
    assert thing.members is not None  # noqa: S101 (the caller looked)
    add, remove = (" ".join(map(quoted, words)) for words in (thing.members.add, thing.members.remove))
    yield f'{_INDENT}members "{wants}" {add} -- {remove}'

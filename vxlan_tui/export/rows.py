"""Things as rows of a script: `at RECORD COMMAND` looks at one, `shows WHAT-IS-SO || run COMMAND` brings it about."""

from collections.abc import Iterable, Iterator

from vxlan_tui.command import Command, here_document_end
from vxlan_tui.export.words import PROPERTIES, WIDTH, expanded, has_marks, quoted, wrapped
from vxlan_tui.procedures import whose
from vxlan_tui.procedures.profiles import PUT_BACK
from vxlan_tui.things import RECORD, VALUE, Clear, Members, Ours, Reading, Thing, escaped

_INDENT = "    "


def at(thing: Thing) -> str:
    """Return the line that looks at a thing."""
    if thing.missing:
        return wrapped([*map(quoted, thing.before.argv), ">/dev/null", "|| die 1", quoted(thing.missing)])
    return wrapped(["at", quoted(thing.record), *map(quoted, thing.before.argv)])


def forward(thing: Thing) -> Iterator[str]:
    """Return the lines that bring about a thing that was looked at."""
    if thing.lacking:
        yield f"[[ -n $all || -n $check && -n $todo ]] || die 1 {quoted(thing.lacking)}"
    # A thing in a state of its own, as a VM that is paused, stops the command that would change it.
    yield from (
        _stand(each) for each in thing.clear if isinstance(each, Ours) or each.reading.argv != thing.before.argv
    )
    if thing.settings:
        yield from _profile(thing)
    elif thing.members:
        yield _members(thing.members, quoted(thing.wants), thing.reading)
    elif thing.make or thing.change:
        yield from _changed(thing)


def _members(members: Members, wants: str, reading: Reading) -> str:
    pick = quoted(_pick(reading))
    return wrapped(["members", wants, pick, *map(quoted, (members.add, members.remove, *members.words))])


def _profile(thing: Thing) -> Iterator[str]:
    """A profile is made where there is none, and given the properties that it lacks."""
    pairs = [word for pair in thing.settings.items() for word in pair]
    words = thing.change[0].argv[: -len(pairs)]
    yield wrapped([f"set=({quoted(pairs[0])}", *map(quoted, pairs[1:])], end=")")
    yield wrapped(["[[ -n $all ]] || run", *map(quoted, thing.make[0].argv)])
    # What a new profile is made with has to be set only where one exists, unless that is a command of its own.
    exists = "" if thing.change[0] in thing.make else "[[ -z $all ]] || "
    yield wrapped([f'{exists}has "${{set[@]}}" || run', *map(quoted, words), '"${set[@]}"'])


def _changed(thing: Thing) -> Iterator[str]:
    shows = _shows(thing)
    change = thing.change or thing.make
    if not thing.make:
        shows = f"[[ -z $all ]] || {shows}"
    stands = [_stand(each) for each in thing.change_clear]
    if len(change) == 1 and thing.make in ((), change) and not stands:
        line = next(runs(change, ""))
        first = f"{shows} || {line}".partition("\n")[0]
        together = len(first) <= WIDTH and "\n" not in shows and not first.endswith("\\")
        yield f"{shows} || {line}" if together else f"{shows} ||\n{_INDENT}{line}"
        return
    if thing.make and change[-len(thing.make) :] != thing.make:
        yield f"{shows} ||"
        yield from _either(f"$(pick {quoted(_pick(thing.reading))})" if thing.partial else "$all", thing.make, change)
        return
    yield f"{shows} || {{"
    yield from map(_indented, stands)
    extra = change[: len(change) - len(thing.make)] if thing.make and thing.make != change else ()
    yield from (f"{_INDENT}[[ -z $all ]] || {line}" for line in runs(extra, ""))
    yield from runs(change[len(extra) :])
    yield "}"


def _either(shown: str, make: Iterable[Command], change: Iterable[Command]) -> Iterator[str]:
    """Return the lines that run one or the other, as nothing or something is shown."""
    yield f"{_INDENT}if [[ -z {shown} ]]; then {'; '.join(runs(make, ''))}; else"
    yield f"{_INDENT * 2}{'; '.join(runs(change, ''))}; fi"


def put_back(thing: Thing) -> Iterator[str]:
    """Return the lines that put a thing back that stood; none where nothing has to be."""
    if thing.members and thing.record:
        was = ["was", quoted(thing.record), quoted(_pick(thing.before)), *map(quoted, thing.before.argv)]
        again = _members(thing.members, '"$then"', thing.reading)
        yield f"{wrapped([*_lone(thing), *was])} &&\n{_INDENT}{again}"
    for then, commands in thing.restore_when.items():
        yield from _if("stood", thing, escaped(then), _when("", thing, commands))
    gone = len(thing.restore) - len(thing.revive)
    lines: list[str] = []
    if not thing.revive or thing.restore[gone:] == thing.revive:
        lines += _when("[[ -n $now ]]", thing, thing.restore[:gone])
        lines += _when("", thing, thing.revive)
    elif thing.restore:
        lines = ["\n".join(_either("$now", thing.revive, thing.restore))]
    if lines:
        yield from _if("stood", thing, _pick(thing.before), lines)


def take_away(thing: Thing) -> Iterator[str]:
    """Return the lines that take a thing away that was not there; none where nothing has to be."""
    if thing.delete:
        # With --check, what is put back before it is in the way still.
        stands = [f"[[ -n $check ]] || {_stand(each)}" for each in thing.back_clear]
        clear = [_indented(each) for each in stands]
        pick = _pick(thing.before) if thing.partial else ""
        yield from _if("fell", thing, pick, [*clear, *_when("", thing, thing.delete)])


def _if(helper: str, thing: Thing, pick: str, lines: Iterable[str]) -> Iterator[str]:
    body = list(lines)
    words = [*_lone(thing), helper, quoted(thing.record), quoted(pick), *map(quoted, thing.before.argv)]
    # Asked second: the first marks the record as seen, which is to be forgotten in any case.
    words += ["&&", f"kept {quoted(thing.goes_with)}"] if thing.goes_with else []
    words += ["&&", "shows", quoted(thing.within), quoted(f"^{escaped(thing.within)}$")] if thing.within else []
    known = [f"tells {quoted(thing.record)} {quoted(mark)}" for mark in _marks(thing.restore) if helper == "stood"]
    words += [word for each in known for word in ("&&", each)]
    if len(body) == 1:
        line = f"{wrapped(words)} && {body[0].strip()}"
        together = len(line.rpartition("\n")[2]) <= WIDTH and "\n" not in body[0]
        yield line if together else f"{wrapped(words, end=' &&')}\n{body[0]}"
        return
    yield wrapped(["if", *words], end="; then")
    yield from body
    yield "fi"


def _lone(thing: Thing) -> list[str]:
    """Return the words that ask whether no other plan uses a thing. Asked first: what it uses keeps its record."""
    port = whose.udp_port(thing.record)
    return ["lone", port, "&&"] if port else []


def _marks(commands: Iterable[Command]) -> list[str]:
    return list(dict.fromkeys(mark for each in commands for word in each.argv for mark in VALUE.findall(word)))


def _when(when: str, thing: Thing, commands: Iterable[Command]) -> Iterator[str]:
    for command in commands:
        record = [f"file=$state/before/{quoted(thing.record)}"] if any(RECORD in w for w in command.argv) else []
        before = "".join(f"{each} && " for each in (*([when] if when else []), *record))
        line = f"{_INDENT}{before}{next(runs((command,), '')).strip()}"
        split = len(line.partition("\n")[0]) > WIDTH and before
        yield f"{_INDENT}{before.rstrip()}\n{next(runs((command,), _INDENT * 2))}" if split else line


def _indented(text: str) -> str:
    return _INDENT + text.replace("\n", f"\n{_INDENT}")


def _stand(each: Clear | Ours) -> str:
    """Return the line that stops a script where something of somebody else's is in the way."""
    if isinstance(each, Ours):
        return wrapped(["ours", *map(quoted, each.text.splitlines())])
    return wrapped(["free", quoted(each.allowed), quoted(_pick(each.reading)), *map(quoted, each.reading.argv)])


def _shows(thing: Thing) -> str:
    words = ["shows", quoted(thing.wants), quoted(_pick(thing.reading))]
    # What it applies is the first thing of a script: where anything ran, that did.
    return wrapped(["{ [[ -z $todo ]] &&", *words], end="; }") if thing.applies else wrapped(words)


def _pick(reading: Reading) -> str:
    if reading.pick == PUT_BACK:
        return PROPERTIES
    return "" if reading.pick == ".+" else reading.pick


def runs(commands: Iterable[Command], indent: str = _INDENT) -> Iterator[str]:
    """Return the lines that run commands, word for word as the program shows them."""
    for command in commands:
        line = wrapped(["feed" if command.stdin else "run", *map(quoted, command.argv)], indent)
        if not command.stdin:
            yield line
            continue
        end = here_document_end(command.stdin)
        marked = has_marks(command.stdin)
        mark, text = (end, expanded(command.stdin)) if marked else (f"'{end}'", command.stdin)
        yield f"{line} <<{mark}\n{text.rstrip(chr(10))}\n{end}"

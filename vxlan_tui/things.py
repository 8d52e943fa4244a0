"""What a plan asks of a host, as rows: how a thing shows, what it must show, what makes, changes and takes it back.

A row is data. The program judges it by what the host shows (judge.py); the exported scripts hold the same rows as text,
with one comparator in bash. So nothing is decided twice, and what is shown is what runs.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from vxlan_tui.command import Command

ABSENT = (
    "no such connection profile|Device '.*' not found|Device \".*\" does not exist|Cannot find device|"
    "Device does not exist|failed to get (network|domain)|^(bash|cat|find|grep|stat): .*No such file or directory|"
    "Failed to get unit file state .*No such file|^vtysh: .*failed to connect to any daemons|Unable to access interface"
)
"""What the tools say on standard error, behind their names, of something that is not there: an extended regular
expression, in which a dot stands for a line break as well.

A file counts as not there where a tool that reads files says so: others say it of a daemon's socket. Any other failure
of a reading says nothing about the thing, and stops the run.
"""


@dataclass(frozen=True)
class Reading:
    """A command that shows how something stands, and what of its output counts.

    `pick` is an extended regular expression that grep(1) and Python understand alike: what it matches counts, a line
    each, sorted (`grep -oE | sort`).
    """

    argv: tuple[str, ...]
    pick: str = ".+"

    def shown(self, output: str) -> str:
        """Return what counts of this command's output; empty where there is nothing."""
        found = (match.group() for line in output.splitlines() for match in re.finditer(self.pick, line))
        return lines(text for text in found if text)


def lines(texts: Iterable[str]) -> str:
    """Return texts as a reading shows them: a line each, sorted by code point."""
    return "\n".join(sorted(texts))


def escaped(text: str) -> str:
    """Return an extended regular expression that matches this text alone."""
    return re.sub(r"[][(){}.*+?^$|\\]", r"\\\g<0>", text)


@dataclass(frozen=True)
class Clear:
    """What must not stand in the way: each line that the reading shows has to match `allowed` as a whole.

    `words` say what stands in the way; `{}` in them is for those lines.
    """

    reading: Reading
    allowed: str
    words: str

    def conflict(self, output: str) -> str:
        """Return in words what stands in the way, empty where nothing does."""
        shown = self.reading.shown(output).splitlines()
        others = [line for line in shown if not re.fullmatch(self.allowed, line)]
        return self.words.replace("{}", ", ".join(map(_short, others))) if others else ""


def _short(line: str) -> str:
    return line if len(line) <= _LONG else f"{line[:_LONG]} ..."


_LONG = 60
"""Characters of a line that words repeat: what it is about stands in front."""


@dataclass(frozen=True)
class Ours:
    """How a thing shows whose it is: this text exactly, or nothing. Several things of one name show more."""

    reading: Reading
    text: str
    words: str

    def conflict(self, output: str) -> str:
        """Return in words what is shown in the thing's place, empty where it is ours or not there."""
        shown = self.reading.shown(output)
        return self.words.replace("{}", ", ".join(shown.splitlines())) if shown not in ("", self.text) else ""


AT_ONCE = 500
"""How many members a command adds or takes away: all words of a command over SSH have to fit into 128 KiB."""


@dataclass(frozen=True)
class Members:
    """A thing that is a set of lines: the command that adds lines to it or takes lines away, a word each.

    `add` and `remove` are what stands before the line in its word, as `--add-rich-rule=`. `stays` are the lines that
    are somebody else's, and are not taken away on the way there; None where all that are there may be.
    """

    words: tuple[str, ...]
    add: str
    remove: str
    stays: Collection[str] | None = ()

    def wanted(self, shown: str, wants: str) -> str:
        """Return what is wanted of a set that shows this: what stays in it is right as well."""
        others = (line for line in shown.splitlines() if self.stays is None or line in self.stays)
        return lines({*wants.splitlines(), *others})

    def commands(self, shown: str, wants: str) -> tuple[Command, ...]:
        """Return the commands that make a set of one out of the other: what is new first."""
        has, new = shown.splitlines(), wants.splitlines()
        pairs = (self.add, _without(new, has)), (self.remove, _without(has, new))
        return tuple(
            Command((*self.words, *(f"{sign}{line}" for line in of[start : start + AT_ONCE])))
            for sign, of in pairs
            for start in range(0, len(of), AT_ONCE)
        )


def _without(these: list[str], those: list[str]) -> list[str]:
    others = set(those)
    return [each for each in these if each not in others]


@dataclass(frozen=True)
class Thing:
    """One thing on a host, and all that is decided about it.

    It is right where `reading` shows `wants`. Where that shows nothing, `make` makes it, or `missing` says why that
    cannot be. `lacking` says so in a script of what nothing makes by itself: the program has `refused` for that. Where
    it shows something else, `change` changes it (or `members`, line by line). It is somebody else's where one of
    `clear` says so, or where `refused`, which the program alone knows, does. `settings` are the properties of a thing
    that is a set of them.

    `record` names what is kept of it before the first change: all that `kept` prints, which is `reading` where it is
    not given. Undo takes away by `delete` what was not there, and puts back by `restore` what was; `restore_when` has
    the commands for what the record shows, and `revive` those for what was there and is not any more. Words of these
    may hold RECORD, SETTINGS or a `value` of the record.

    What `change_clear` says is in the way only where it is made or changed, as what that would lose.
    `touches` are the devices that it can interrupt. What it `confirms` was held in memory until then: it runs once
    the changes before it have been confirmed. `back_clear` is what undo needs clear, `back_title` what undo does.
    One that is put back `last` is so once what followed it has been taken away, which needs it until then.
    A thing `goes_with` another one, named by its record, without which it is not there: where that one was not there,
    neither was this, whatever its record says (NetworkManager may activate a profile as soon as it is added). One that
    is `within` a line of what is read is not there any more where that line is not. A `partial` one can be there and
    show nothing that counts. One that is held in memory until it is confirmed has what `saves` it. Where what it
    `applies`, named by its record, is changed, so is this, though it shows what it has to already; where that is put
    back, `revive` brings it into force. One `with_next` is looked at again with the next thing of its subject, which
    fails or does no harm where this one did not take effect. Where `stays` says why, undo leaves it as it is, and its
    record as well.
    """

    id: str
    section: str
    subject: str
    title: str
    why: str
    record: str
    reading: Reading
    wants: str
    make: tuple[Command, ...] = ()
    change: tuple[Command, ...] = ()
    missing: str = ""
    lacking: str = ""
    members: Members | None = None
    clear: tuple[Clear | Ours, ...] = ()
    change_clear: tuple[Clear, ...] = ()
    refused: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    kept: Reading | None = None
    delete: tuple[Command, ...] = ()
    restore: tuple[Command, ...] = ()
    revive: tuple[Command, ...] = ()
    restore_when: Mapping[str, tuple[Command, ...]] = field(default_factory=dict)
    back_clear: tuple[Clear | Ours, ...] = ()
    back_title: str = ""
    goes_with: str = ""
    within: str = ""
    applies: str = ""
    partial: bool = False
    last: bool = False
    saves: "Thing | None" = None
    touches: tuple[str, ...] = ()
    confirms: bool = False
    with_next: bool = False
    back_note: str = ""
    stays: str = ""

    @property
    def before(self) -> Reading:
        """The reading whose output is the thing's record."""
        return self.kept or self.reading

    @property
    def readings(self) -> tuple[Reading, ...]:
        """All that has to be read to judge it, on the way there and on the way back."""
        stands = (each.reading for each in (*self.clear, *self.change_clear, *self.back_clear))
        return (self.reading, self.before, *stands)


MTU_PROPERTY = "802-3-ethernet.mtu"
"""The property of a profile that holds its device's MTU; a profile need not have it."""

RECORD = "\0record\0"
"""In a word: the file of the thing's record."""

SETTINGS = "\0settings\0"
"""As a word: each `key:value` line of the record that differs from what is shown now, as two words; and each key that
is shown now and is not in the record, with an empty word."""

ZONE = "\0zone\0"
"""In a word: the firewalld zone, where only the host itself can say it."""

MTU = "\0mtu\0"
"""In a word: the MTU inside the tunnel in bytes, where only the host itself can say it."""

TUNNEL_MTU = "\0outer\0"
"""In a word: the MTU of the encrypted tunnel itself in bytes, where only the host itself can say it."""

PEER = "\0peer\0"
"""In a line: each of the other hosts' addresses, a line each, where a script lists them once."""

PAIR = re.compile(r'^ ?([^:="]+)(?::|=")(.*?)"?$')
"""A line of a record that has a key and a value: nmcli's `key:value`, or an attribute as virsh shows it."""


def value(key: str) -> str:
    """Return the mark for the value of a `key:value` line of the record."""
    return f"\0value {key}\0"


VALUE = re.compile("\0value (.*?)\0")


def filled(command: Command, record: str, file: str, differing: Iterable[str]) -> Command | None:
    """Return a command with the marks filled from a record and its file; None where the record lacks a value.

    `differing` are the lines that SETTINGS stands for.
    """
    values = _values(record)
    words: list[str] = []
    for word in command.argv:
        if word == SETTINGS:
            words += [part for line in differing for part in line.split(":", 1)]
        elif all(values.get(key) for key in VALUE.findall(word)):
            words.append(with_values(word, record).replace(RECORD, file))
        else:
            return None
    return Command(tuple(words), command.stdin, command.timeout, command.waits, command.on_failure)


def with_values(text: str, record: str) -> str:
    """Return a text with the values of a record in the place of their marks; of one that it lacks, nothing."""
    values = _values(record)
    return VALUE.sub(lambda found: values.get(found.group(1), ""), text)


def _values(record: str) -> dict[str, str]:
    return {found[1]: found[2] for line in record.splitlines() if (found := PAIR.match(line))}

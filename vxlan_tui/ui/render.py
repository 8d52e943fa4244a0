"""How things are put in words: steps, commands and their output as lines, each part with the role that it plays.

A role is what a colour may stand for: what is done (good), what comes next (next), caution, and failure (bad). The
words alone say enough.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

Part = tuple[str, str]
"""A text, and its role: empty, title, command, dim, good, next, caution or bad."""

Line = tuple[Part, ...]

CUT = ".."
"""The sign after words whose end is cut off; every terminal can show it."""

LEAST = 12
"""So many columns at least a text is broken to, however narrow the terminal is."""


@dataclass(frozen=True)
class Block:
    """A paragraph: its parts, how far it is indented, and how much further what does not fit on its first line."""

    parts: Line
    indent: int = 0
    hang: int = 0
    command: bool = False

    @property
    def text(self) -> str:
        """The text alone."""
        return "".join(text for text, _ in self.parts)


def block(text: str, role: str = "", indent: int = 0, hang: int = 0) -> Block:
    """Return a paragraph of one role."""
    return Block(((text, role),), indent, hang)


def wrapped(blocks: Iterable[Block], width: int) -> list[Line]:
    """Return the lines of paragraphs in so many columns."""
    return [line for each in blocks for line in _wrapped(each, max(LEAST, width))]


@lru_cache(8192)
def _wrapped(each: Block, width: int) -> tuple[Line, ...]:
    breaks = _command_breaks if each.command else _word_breaks
    room = max(LEAST, width - each.indent)
    hang = min(each.hang, room // 2)  # where there is no room, what does not fit still gets on
    between = {match.start() - 1 for match in _WORD.finditer(each.text)} if each.command else set()
    lines = []
    start = 0
    for number, end in enumerate([*breaks(each.text, room, hang), len(each.text)]):
        margin = " " * (each.indent + (hang if number else 0))
        cut = _slice(each.parts, start, end)
        sign: Line = ((" \\", "command"),) if end in between else ()
        lines.append(((margin, ""), *cut, *sign))
        start = end + (each.text[end : end + 1] == " ")
    return tuple(lines)


def _slice(parts: Line, start: int, end: int) -> Line:
    """Return what of the parts lies between two places of their whole text."""
    found, at = [], 0
    for text, role in parts:
        piece = text[max(0, start - at) : max(0, end - at)]
        if piece:
            found.append((piece, role))
        at += len(text)
    return tuple(found)


def _word_breaks(text: str, width: int, hang: int) -> Iterator[int]:
    """Give the places where a text is cut: at the last space that fits, else in the middle of a word."""
    start, room = 0, width
    while len(text) - start > room:
        place = text.rfind(" ", start + 1, start + room + 1)
        end = place if place > start else start + room
        yield end
        start, room = end + (text[end] == " "), width - hang


_WORD = re.compile(r"(?:[^\s'\"\\]|\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\")+")
"""A word as a shell takes it, whatever is quoted in it."""

_OPTION = re.compile(r"--?[a-z]|[a-z0-9-]+\.[a-z0-9-]+$")
"""What begins an option: a dash, or the name of one of NetworkManager's properties."""


def _command_breaks(text: str, width: int, hang: int) -> Iterator[int]:
    """Give the places where a command is cut: before an option where one is near, else between two words or in one."""
    words = [(match.start(), match.group()) for match in _WORD.finditer(text)]
    start, room = 0, width - 2
    while len(text) - start > room + 2:
        fits = [(at, word) for at, word in words if start < at <= start + room and text[at - 1] == " "]
        options = [at for at, word in fits if _OPTION.match(word) and at - start > room // 3]
        if not fits:  # one word is longer than the line: quoted, it goes on below as it is
            place = text.rfind(" ", start + 1, start + room + 1)
            end = place if place > start else start + room
            yield end
            start, room = end + (text[end] == " "), width - 2 - hang
            continue
        at = options[-1] if options else fits[-1][0]
        yield at - 1
        start, room = at, width - 2 - hang


COMMAND_HANG = 6


def command_blocks(printed: str) -> list[Block]:
    """Return a command as it is printed: `# ` and the text, and standard input as a here-document beneath."""
    first, _, rest = printed.partition("\n")
    below = [block(line, "command", 2) for line in rest.split("\n")] if rest else []
    return [*_meaning(first), Block(((first, "command"),), 0, COMMAND_HANG, command=True), *below]


_MEANINGS = (
    ("CheckpointCreate", "NetworkManager remembers all devices and profiles (a checkpoint), to go back to by itself:"),
    ("CheckpointDestroy", "Keep it: the checkpoint is not needed any more:"),
    ("CheckpointRollback", "Take it back: NetworkManager goes back to the checkpoint:"),
    ("CheckpointAdjustRollbackTimeout", "Begin the time to confirm in anew:"),
    ("--state-shutoff", "Ask the VM to shut down, and wait until it is off; it is never forced:"),
)


def _meaning(printed: str) -> list[Block]:
    """Say above a command that nobody can read what it does."""
    return [block(words, "dim") for sign, words in _MEANINGS if sign in printed]


ROLES = {
    "done": "good",
    "undone": "good",
    "OK": "good",
    "ready": "good",
    "saved": "good",
    "PASS": "good",
    "running": "next",
    "checking": "next",
    "next": "next",
    "to change": "caution",
    "conflict": "bad",
    "failed": "bad",
    "FAIL": "bad",
    "WARN": "caution",
    "WAIT": "caution",
    "stopped": "caution",
    "taken back": "caution",
    "not ready": "caution",
    "unreached": "bad",
    "no ssh": "dim",
    "missing": "bad",
    "not saved": "caution",
    "skipped": "dim",
    "SKIP": "dim",
    "as it is": "dim",
    "none": "dim",
    "to do": "next",
}


def role_of(state: str) -> str:
    """Return the role of a state's word."""
    if state in ROLES:
        return ROLES[state]
    if "failed" in state or "unreached" in state:
        return "bad"
    if "missing" in state or "mend" in state or "warn" in state:
        return "caution"
    return "next" if "/" in state else ""


def duration(seconds: float) -> str:
    """Return a time as a clock shows it: 0:07, 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


PATIENCE = 2.0
"""Seconds after which a wait is counted on screen."""


def waited(seconds: float) -> str:
    """Return for how long something is waited for; empty for no more than a moment."""
    return duration(seconds) if seconds > PATIENCE else ""


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{number} {one}" if number == 1 else f"{number} {many or one + 's'}"


def fitted(words: str, room: int) -> str:
    """Return words that fit; a sign stands where their end was cut off."""
    return words if len(words) <= room else f"{words[: max(0, room - len(CUT))]}{CUT}"


def listed(names: Iterable[str]) -> str:
    """Return names as a sentence lists them."""
    found = list(names)
    return " and ".join(filter(None, [", ".join(found[:-1]), *found[-1:]]))

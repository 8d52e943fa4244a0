"""Words of bash: quoted, and broken over lines."""

import re
from collections.abc import Iterable
from functools import lru_cache

from vxlan_tui.procedures.evpn import UNSAVED
from vxlan_tui.procedures.vms import WAIT
from vxlan_tui.things import MTU, PEER, SETTINGS, TUNNEL_MTU, VALUE, ZONE

WIDTH = 120

_VARIABLES = {ZONE: '"$zone"', MTU: '"$mtu"', TUNNEL_MTU: '"$outer"', SETTINGS: '"${settings[@]}"'}
"""What a mark stands for in a script."""

_VARIABLES |= {f"\0{name}\0": f'"${name}"' for name in ("bridge", "vxlan", "vni", "network", "name")}

_MARKS = re.compile("(\0[a-z]+\0)")

ONCE = {WAIT: "wait", UNSAVED: "unsaved"}
"""Long words, and the variable that holds each once in a script which uses it."""

_RESERVED = {"if", "then", "elif", "else", "fi", "case", "esac", "for", "select", "while", "until", "in", "do", "done"}


@lru_cache(4096)  # the scripts of many hosts consist of the same words
def quoted(text: str) -> str:
    """Return text as one word of bash, in a form that shellcheck does not take for a slip; marks as variables."""
    if text in ONCE:
        return f'"${ONCE[text]}"'
    if PEER in text:
        return f'"{_each(text)}"'
    parts = [_VARIABLES.get(part) or plain(part) for part in _MARKS.split(VALUE.sub("\0value\0", text)) if part]
    return "".join(parts) or "''"


def _each(text: str) -> str:
    """Return what makes lines of those that stand for one of each of the other hosts."""
    return f"$(each {' '.join(plain(line.replace(PEER, 'PEER')) for line in text.splitlines())})"


_VARIABLES["\0value\0"] = '"$value"'
PROPERTIES = "\0properties\0"
"""Picks the properties of a profile that are put back."""

_VARIABLES[PROPERTIES] = '"$part"'
_VARIABLES["\0record\0"] = '"$file"'
_VARIABLES[PEER] = "$(each PEER)"


def plain(text: str) -> str:
    """Return text without marks as one word of bash."""
    if re.fullmatch(r"[\w@%+=:,./-]+", text, re.ASCII) and text not in _RESERVED:
        return text
    if re.fullmatch(r"[ -~]*", text) and not re.search(r"[$`'\\]|^~", text):
        return f"'{text}'"
    return "$'" + re.sub(r"['\\]|[^\w -~]", _escaped, text) + "'"


def _escaped(found: re.Match[str]) -> str:
    char = found.group()
    if char == "\n":
        return r"\n"
    if char in "'\\":
        return f"\\{char}"
    return "".join(f"\\x{byte:02x}" for byte in char.encode(errors="surrogateescape"))


def wrapped(words: Iterable[str], indent: str = "", end: str = "") -> str:
    """Return words of bash as one command, broken behind a backslash where a line would get too long."""
    left = list(words)
    whole = f"{indent}{' '.join(left)}{end}"
    if len(whole) + 2 <= WIDTH:
        return whole
    done: list[str] = []
    line = indent
    for word in left:
        if len(line) + len(word) + len(end) + 3 > WIDTH and line.strip() and (done or " " in line.strip()):
            done.append(f"{line} \\")
            line = f"{indent}    {word}"
        else:
            line = f"{line}{' ' if line.strip() else ''}{word}"
    return "\n".join([*done, f"{line}{end}"])


def expanded(text: str) -> str:
    """Return the text of a here-document in which bash puts variables in place of marks."""
    parts = _MARKS.split(text)
    parts[::2] = (re.sub(r"[$`]|\\(?=[$`\\\n])", r"\\\g<0>", part) for part in parts[::2])
    parts[1::2] = (_VARIABLES[mark].strip('"') for mark in parts[1::2])
    return "".join(parts)


def has_marks(text: str) -> bool:
    """Return whether text holds marks."""
    return _MARKS.search(text) is not None

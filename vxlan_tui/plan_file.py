"""A plan's tables as TOML text, and that text on the disk.

What is written reads back as what was given: every value is a TOML basic string, number, truth value or list.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vxlan_tui.files import UnsafePath, write_whole

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def text(data: Mapping[str, Any]) -> str:
    """Give the TOML text of a plan's tables: `hosts`, `segments` and `vms`, in the order given."""
    return "\n".join(_document(data)).strip("\n") + "\n"


def save(path: Path, data: Mapping[str, Any]) -> None:
    """Write a plan file whole or not at all, not for everybody's eyes; raises OSError, UnsafePath.

    One that exists stays its owner's, and its group's if it was.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise UnsafePath(f"{path} is not a plain file: choose another name")
    write_whole(path, text(data), keep=True)


def _document(data: Mapping[str, Any]) -> Iterator[str]:
    yield from _pairs(data)
    for key, value in data.items():
        for row in value if _is_tables(value) else ():
            yield f"\n[[{_key(key)}]]"
            yield from _table(row, _key(key))
        if isinstance(value, dict):
            yield f"\n[{_key(key)}]"
            yield from _table(value, _key(key))


def _table(row: Mapping[str, Any], name: str) -> Iterator[str]:
    yield from _pairs(row)
    for key, value in row.items():
        if isinstance(value, dict):
            yield f"\n[{name}.{_key(key)}]"
            yield from _table(value, f"{name}.{_key(key)}")


def _pairs(row: Mapping[str, Any]) -> Iterator[str]:
    for key, value in row.items():
        if not isinstance(value, dict) and not _is_tables(value):
            yield f"{_key(key)} = {_value(value)}"


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else _string(key)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(each) for each in value)}]"
    if isinstance(value, dict):
        pairs = (f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    return str(value)


def _string(value: str) -> str:
    return f'"{"".join(_char(char) for char in value)}"'


def _char(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return f"\\u{ord(char):04x}" if char < " " or char == "\x7f" else char

"""A plan's tables as TOML text, and that text on the disk.

What is written reads back as what was given. Where it goes into a text that a person wrote, that text stays: a table
that says the same is not touched, one that says something else keeps its comments and the order of its keys, and one
that is taken out takes with it only the comments that touch it.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Item

from vxlan_tui.files import UnsafePath, write_whole

Row = Mapping[str, Any]


def text(data: Mapping[str, Any], onto: str = "") -> str:
    """Return the TOML text of a plan's tables, written into the text `onto`; a list of no tables is left out."""
    data = {key: value for key, value in data.items() if value != []}
    try:
        written = _written_into(onto, data)
        if _same(tomllib.loads(written), data):
            return written
    except (ValueError, LookupError, TypeError, RecursionError):
        pass  # no TOML, or of a form that is not known here: what a plan says goes before how it is laid out
    return _written_into("", data)


def save(path: Path, data: Mapping[str, Any], onto: str = "") -> str:
    """Write a plan file whole or not at all, and return its text; raise OSError, UnsafePath.

    A new one is its owner's alone; one that exists keeps its mode, and its owner where root writes it.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise UnsafePath(f"{path} is not a plain file: choose another name")
    written = text(data, onto)
    write_whole(path, written, keep=True)
    return written


def _written_into(onto: str, data: Mapping[str, Any]) -> str:
    start, blocks, end = _split(onto)
    here = tomllib.loads(start)
    tables = {key: _rows(value) for key, value in data.items() if _is_tables(value) and not here.get(key)}
    start = _edited(start, here, {key: value for key, value in data.items() if key not in tables})
    gone = {block.key: None for block in blocks if block.key not in tables}
    for key in (*tables, *gone):
        blocks = _with_rows(blocks, key, tables.get(key, []), isinstance(data.get(key), list))
    written = "".join(block.lead + block.body for block in blocks) + end
    return start + (written.lstrip("\r\n") if start.endswith("\n\n") or not start else written)


def _is_tables(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and all(isinstance(row, dict) for row in value))


def _rows(value: Any) -> list[Row]:
    return value if isinstance(value, list) else [value]


# --- A text taken apart -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Block:
    """A table of the text with the tables inside it, and the comments and blank lines that stand before it."""

    key: str
    lead: str
    body: str
    row: Row


_HEADER = re.compile(r"[ \t]*\[\[?[ \t]*([A-Za-z0-9_-]+)[ \t]*\]\]?[ \t]*(#.*)?\r?\n?")


def _split(onto: str) -> tuple[str, list[_Block], str]:
    """Return what stands before the tables, the tables, and the comments behind them; raise ValueError for no TOML."""
    parts = [("", "")]
    for line in _lines(onto):
        key, so_far = parts[-1]
        header = _HEADER.fullmatch(line)
        if header and _is_whole(so_far):
            parts.append((header[1], line))
        else:
            parts[-1] = (key, so_far + line)
    start, lead = _parted(parts[0][1], _LAST)
    blocks = []
    for key, part in parts[1:]:
        body, behind = _parted(part, _FIRST)
        blocks.append(_Block(key, lead, body, _rows(tomllib.loads(body)[key])[0]))
        lead = behind
    return start, blocks, lead


def _is_whole(part: str) -> bool:
    """Whether a part is TOML by itself, so that what looks like a header behind it is one and not a longer text's."""
    try:
        tomllib.loads(part)
    except ValueError:
        return False
    return True


def _lines(part: str) -> list[str]:
    """Return the lines with their ends, as TOML counts lines."""
    return re.findall(r"[^\n]*\n|[^\n]+", part)


_FIRST, _LAST = 0, -1


def _parted(part: str, blank: int) -> tuple[str, str]:
    """Part a text at the first or last blank line of the comments at its end: what is behind belongs to the next.

    Without a blank line they belong to what they touch, which is the next where there is nothing else.
    """
    lines = _lines(part)
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    blanks = [place for place in range(end, len(lines)) if not lines[place].strip()]
    cut = blanks[blank] - blank if blanks else (len(lines) if end else 0)
    return "".join(lines[:cut]), "".join(lines[cut:])


# --- Tables put into it -------------------------------------------------------------------------------------------


def _with_rows(blocks: list[_Block], key: str, rows: Sequence[Row], many: bool) -> list[_Block]:
    """Return the blocks with these tables under a key: each in its place, a new one behind the one before it."""
    old = [place for place, block in enumerate(blocks) if block.key == key]
    at = old[0] if old else len(blocks)
    result: list[list[_Block]] = [*([] if block.key == key else [block] for block in blocks), []]
    for place, row in _matched([blocks[place].row for place in old], rows):
        at = old[place] if place is not None else at
        if place is None:
            result[at].append(_new(key, row or {}, many))
        elif row is None:
            result[at].append(_taken_out(blocks[at]))
        else:
            result[at].append(replace(blocks[at], body=_edited(blocks[at].body, blocks[at].row, row, key)))
    return [block for each in result for block in each]


def _matched(old: Sequence[Row], new: Sequence[Row]) -> Iterator[tuple[int | None, Row | None]]:
    """Yield each table of the text with what becomes of it, and each new one with none, in their order."""
    before, after = (
        [tuple(str(row.get(key)) for key in ("vni", "host", "name", "mac")) for row in rows] for rows in (old, new)
    )
    for tag, start, end, first, behind in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        place = start
        for row in new[first:behind]:
            like = next((at for at in range(place, end) if tag == "equal" or _alike(old[at], row)), None)
            if like is not None:
                yield from ((gone, None) for gone in range(place, like))
                place = like + 1
            yield like, row
        yield from ((gone, None) for gone in range(place, end))


def _alike(old: Row, new: Row) -> bool:
    """Whether a table is an older form of another: at least half of what it says is in both."""
    return 2 * sum(key in new and _same(value, new[key]) for key, value in old.items()) >= len(old)


def _taken_out(block: _Block) -> _Block:
    """Return what is left of a block: the comments above it that do not touch it."""
    above = _parted(block.lead, _LAST)[0].rstrip()
    return replace(block, lead=f"{above}\n" if above else "", body="")


def _new(key: str, row: Row, many: bool) -> _Block:
    tables = tomlkit.aot() if many else _item(row)
    if isinstance(tables, tomlkit.items.AoT):
        tables.append(_item(row))
    document = tomlkit.document()
    document[key] = tables
    return _Block(key, "\n", document.as_string(), row)


def _edited(part: str, old: Row, new: Row, key: str = "") -> str:
    """Return a part of the text with what it says changed, and the rest as it was."""
    if _same(old, new):
        return part
    document = tomlkit.parse(part)
    table: Any = document[key] if key else document
    _change(table[0] if isinstance(table, list) else table, old, new)
    return document.as_string()


def _change(table: MutableMapping[str, Any], old: Row, new: Row) -> None:
    for key in old.keys() - new.keys():
        del table[key]
    for key, value in new.items():
        if isinstance(old.get(key), dict) and isinstance(value, dict):
            _change(table[key], old[key], value)
        elif key not in old or not _same(old[key], value):
            table[key] = _item(value)


def _item(value: Any) -> Item:
    """Return a value as an item of TOML; a table with the tables inside it at its end, and a blank line above each."""
    if not isinstance(value, dict):
        return tomlkit.item(value)  # type: ignore[no-any-return]
    table = tomlkit.table(is_super_table=False)  # one that has its own header, also where it holds tables alone
    for key, inner in sorted(value.items(), key=lambda pair: isinstance(pair[1], dict)):
        item = _item(inner)
        if isinstance(inner, dict):
            item.trivia.indent = "\n"
        table.append(key, item)
    return table


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of one kind, which 1, 1.0 and true are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and bool(one == other)

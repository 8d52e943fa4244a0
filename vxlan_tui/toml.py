"""TOML as Python reads it, with bounds: what a file holds must not end a program that shows or checks it."""

import re
import tomllib
from typing import Any

DEEPEST = 32
"""So many tables and lists may stand in each other; a plan has four."""

TOO_LARGE = 10**100
"""What any larger number is read as; it is none that a plan may hold, either."""

_LONG = re.compile(r"[0-9][0-9_]{4000,}")
"""A number with more digits than Python turns into one, and back into text (sys.set_int_max_str_digits)."""


def read(text: str) -> dict[str, Any]:
    """Give the tables of a text; raises ValueError, with words, for what is no TOML or nested too deep."""
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except ValueError:  # no TOML, or such a number, which does not say where it stands
        data = tomllib.loads(_LONG.sub(str(TOO_LARGE + 1), text))
    return {key: _bounded(value, DEEPEST) for key, value in data.items()}


def _bounded(value: Any, levels: int) -> Any:
    if isinstance(value, dict | list) and not levels:
        raise ValueError(_TOO_DEEP)
    if isinstance(value, dict):
        return {key: _bounded(inner, levels - 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_bounded(inner, levels - 1) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return min(max(value, -TOO_LARGE), TOO_LARGE)
    return value


_TOO_DEEP = f"tables or lists that stand more than {DEEPEST} deep in each other"

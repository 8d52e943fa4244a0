"""What the terminal can show: chosen by the environment, so that no glyph or colour comes out wrong."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class TerminalStyle:
    """`ascii`: nothing but ASCII on screen. `lines`: the terminal's font has no block characters."""

    ascii: bool = False
    plain: bool = False
    few_colours: bool = False
    no_colour: bool = False

    @property
    def cut(self) -> str:
        """The sign after a text whose end is cut off."""
        return ".." if self.plain else "…"

    def shown(self, text: str) -> str:
        """Give a text as this terminal can show it."""
        return to_ascii(text) if self.ascii else text


def chosen(environment: Mapping[str, str], force_ascii: bool = False) -> TerminalStyle:
    """Choose by TERM, NO_COLOR and the locale; `force_ascii` takes the plainest."""
    term = environment.get("TERM", "")
    locale = next((environment[k] for k in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(k)), "C")
    utf8 = "utf-8" in locale.lower() or "utf8" in locale.lower()
    ascii_only = force_ascii or not utf8
    few = term in ("linux", "vt100", "vt220", "xterm", "screen", "ansi", "dumb", "") and not environment.get(
        "COLORTERM"
    )
    return TerminalStyle(
        ascii_only, ascii_only or term in ("linux", "vt100", "vt220", "ansi"), few, bool(environment.get("NO_COLOR"))
    )


def to_ascii(text: str) -> str:
    """Give text that any terminal shows: what is not ASCII as a question mark."""
    return text.encode("ascii", "replace").decode()

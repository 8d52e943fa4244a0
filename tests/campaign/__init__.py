"""Campaigns: what takes too long for `make test`, run whole, with the figures that the README states.

A module of this package that has a CAMPAIGN is one. `python -m tests.campaign` runs them, `make campaign` as root.
"""

import importlib
import pkgutil
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field


@dataclass
class Figure:
    """A row of the table: what was tried, how many came right of how many, the seconds of each, and a remark."""

    what: str
    right: int = 0
    of: int = 0
    seconds: list[float] = field(default_factory=list)
    remark: str = ""

    def add(self, name: str, wrong: Iterable[str], seconds: float | None = None) -> None:
        """Count one that was tried, and say so; `wrong` is what is to be said against it."""
        against = list(wrong)
        self.of += 1
        self.right += not against
        if seconds is not None:
            self.seconds.append(seconds)
        took = f"{seconds:6.1f} s" if seconds is not None else " " * 8
        say(f"{'WRONG' if against else 'right'} {took}  {name}")
        for words in against:
            say(f"      {words}")

    @property
    def well(self) -> bool:
        """Whether something was tried, and all of it came right."""
        return 0 < self.of == self.right


@dataclass(frozen=True)
class Campaign:
    """Something that is tried many times over on real systems; `run` gives its figures, as they come."""

    about: str
    run: Callable[[], Iterable[Figure]]


def campaigns() -> dict[str, Campaign]:
    """Return every campaign of this package, by its module's name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    modules = {name: importlib.import_module(f"{__name__}.{name}") for name in names}
    return {name: module.CAMPAIGN for name, module in modules.items() if hasattr(module, "CAMPAIGN")}


def figures(name: str, campaign: Campaign) -> Iterator[Figure]:
    """Run a campaign, and give its figures; what breaks it off is one as well."""
    say(f"== {name}: {campaign.about}")
    began = time.monotonic()
    try:
        yield from campaign.run()
    except Exception as error:
        say(f"WRONG           it broke off: {type(error).__name__}: {error}")
        yield Figure("broke off", 0, 1, remark=type(error).__name__)
    say(f"== {name} took {time.monotonic() - began:.0f} s")


def table(rows: Iterable[tuple[str, Figure]]) -> str:
    """Return figures as a table in Markdown, each with its campaign's name."""
    lines = [
        "| campaign | what | right | seconds: median | longest | remark |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in rows:
        median, longest = (f"{of(row.seconds):.1f}" if row.seconds else "" for of in (statistics.median, max))
        lines.append(f"| {name} | {row.what} | {row.right} of {row.of} | {median} | {longest} | {row.remark} |")
    return "\n".join(lines) + "\n"


def say(words: str) -> None:
    """Tell at once, on standard error, how it goes: the table alone is on standard output."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()

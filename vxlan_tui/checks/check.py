"""A check, its verdict, and the order between checks: one fault, one failing check, and what follows is skipped."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from vxlan_tui.checks.causes import title
from vxlan_tui.checks.evidence import Evidence, Key
from vxlan_tui.checks.finding import FOLLOWS, Finding, Status
from vxlan_tui.command import Command
from vxlan_tui.record import Record
from vxlan_tui.steps import Change

NOT_YET = "not yet"


@dataclass(frozen=True)
class Mend:
    """How a fault is mended: the exact text or words, and the same as commands where it is commands.

    `on_host` names the other host that they are for.
    """

    text: str
    commands: tuple[Command, ...] = ()
    before: tuple[Record, ...] = ()
    on_host: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a check says, before it is known what it follows from.

    `command` is what was run and `title` what is so, where that is not what the check itself says. `read_on` is the
    other host that it was read on.
    """

    status: Status
    evidence: str
    cause: str = ""
    mend: Mend = Mend("")
    wait: float = 0.0
    command: str = ""
    title: str = ""
    read_on: str = ""


def good(evidence: str) -> Verdict:
    """It is well."""
    return Verdict(Status.PASS, evidence)


def bad(cause: str, evidence: str, mend: Mend) -> Verdict:
    """It is not, for this cause."""
    return Verdict(Status.FAIL, evidence, cause, mend)


def doubtful(cause: str, evidence: str, mend: Mend, wait: float = 0.0) -> Verdict:
    """It works, and yet: a warning. With `wait`, it is not ready for so many seconds more."""
    return Verdict(Status.WARN, evidence, cause, mend, wait)


def unknown(evidence: str) -> Verdict:
    """It cannot be known from here."""
    return Verdict(Status.SKIP, evidence)


def differing(changes: Iterable[Change]) -> str:
    """Say what is otherwise than planned."""
    return "; ".join(f"{each.what} is {each.old or 'not set'}, not {each.new or 'empty'}" for each in changes)


@dataclass(frozen=True)
class Check:
    """One question about the host. `title` is what is so where it passes.

    `after` names the checks whose failure alone would make this one fail. One that `asks` needs the network's answers;
    the others judge by the host's facts alone.
    """

    id: str
    section: str
    subject: str
    title: str
    command: str
    judge: Callable[[Evidence], Verdict]
    after: tuple[Key, ...] = ()
    asks: bool = False

    @property
    def key(self) -> Key:
        """Its id and its subject."""
        return self.id, self.subject

    @property
    def pending(self) -> Finding:
        """The finding that stands for it until it has run."""
        return Finding(self.id, self.section, self.subject, self.title, Status.SKIP, self.command, NOT_YET)

    def finding(self, verdict: Verdict) -> Finding:
        """Give the finding of a verdict."""
        return replace(
            self.pending,
            title=verdict.title or (title(verdict.cause, self.subject) if verdict.cause else self.title),
            status=verdict.status,
            command=verdict.command or self.command,
            evidence=verdict.evidence,
            cause=verdict.cause,
            fix=verdict.mend.text,
            commands=verdict.mend.commands,
            before=verdict.mend.before,
            on_host=verdict.mend.on_host,
            read_on=verdict.read_on,
            wait=verdict.wait,
        )


def findings(checks: Iterable[Check], evidence: Evidence) -> Iterator[Finding]:
    """Give each check's finding, in their order, each as soon as its answers are in.

    A check that does not pass, and comes after one that failed or is still waiting, follows from that one: it
    is skipped and says so. One that passes nevertheless has seen more than was hoped for, and says that.
    """
    roots: dict[Key, Finding] = {}
    for check in checks:
        root = next((roots[key] for key in check.after if key in roots), None)
        found = check.finding(check.judge(evidence))
        if root is not None and found.status is not Status.PASS:
            found = replace(check.pending, evidence=_follows_from(root), wait=root.wait)
            roots[check.key] = root
        elif found.status is Status.FAIL or found.wait:
            roots[check.key] = found
        yield found


def _follows_from(root: Finding) -> str:
    if root.wait:
        return f"not ready yet: {root.evidence}"
    return f"{FOLLOWS} {root.cause} ({root.subject})"

"""What a person wants, as the screens post it; the application turns each into a call of a controller."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from vxlan_tui.checks.finding import Finding
    from vxlan_tui.plan import Host
    from vxlan_tui.steps import Step
    from vxlan_tui.ui.model import StepsByHost


class RunRequested(Message):
    """These steps of a section are to run on these hosts, as they are shown."""

    def __init__(self, section: str, steps: "StepsByHost") -> None:
        super().__init__()
        self.section = section
        self.steps = steps


class MendRequested(Message):
    """What a host lacks is to be installed or started; no name is this machine."""

    def __init__(self, host: str, section: str, steps: "tuple[Step, ...]") -> None:
        super().__init__()
        self.host = host
        self.section = section
        self.steps = steps


class UndoRequested(Message):
    """What was done in a section is to be taken back; Finish is for all of them."""

    def __init__(self, section: str) -> None:
        super().__init__()
        self.section = section


class SkipRequested(Message):
    """A host's step is to be skipped, or taken up again."""

    def __init__(self, host: str, section: str, step: "Step") -> None:
        super().__init__()
        self.host = host
        self.section = section
        self.step = step


class HostRequested(Message):
    """The host of this name is to be marked."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class CopyRequested(Message):
    """A text is to be copied."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class CheckRequested(Message):
    """The checks are to run."""


class RemedyRequested(Message):
    """What mends a finding on a host is to run."""

    def __init__(self, host: str, finding: "Finding") -> None:
        super().__init__()
        self.host = host
        self.finding = finding


class AcceptRequested(Message):
    """What a warning tells of is meant, and the plan is to say so."""


class ScriptRequested(Message):
    """A script is to be read, copied or written: `what` says which."""

    def __init__(self, what: str, host: "Host", undo: bool) -> None:
        super().__init__()
        self.what = what
        self.host = host
        self.undo = undo


class EditRequested(Message):
    """Something of the plan's form is to be done: a row comes or goes, or VMs are picked."""

    def __init__(self, action: str, row: int, words: str) -> None:
        super().__init__()
        self.action = action
        self.row = row
        self.words = words


class PlanChanged(Message):
    """The plan is another one than it was."""


class ActionRequested(Message):
    """An action of the application, by its name."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action


class MarkChanged(Message):
    """Something else is marked, or stands differently: other keys may hold."""


class Told(Message):
    """Words for the person."""

    def __init__(self, words: str, severity: str = "information") -> None:
        super().__init__()
        self.words = words
        self.severity = severity


class Hinted(Message):
    """What the field in focus is for."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


class ListRequested(Message):
    """One of several values is to be chosen from a list of them, each with its words."""

    def __init__(self, question: str, values: Sequence[tuple[str, str]], choose: Callable[[str], None]) -> None:
        super().__init__()
        self.question = question
        self.values = values
        self.choose = choose

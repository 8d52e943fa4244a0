"""The state of the wizard beside its widgets: the draft, the looks at the hosts, and what has run."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from vxlan_tui.sections import TABLE
from vxlan_tui.ui.host_work import HostWork, state_of_all, verdict_of_all
from vxlan_tui.ui.plan_form.draft import HERE, Draft, Surveys

if TYPE_CHECKING:
    from vxlan_tui.facts.survey import Survey
    from vxlan_tui.plan import Fault, Host, Plan
    from vxlan_tui.steps import Step

SECTIONS = {
    "hosts": "Hosts",
    "plan": "Plan",
    "ethernet": "Ethernet",
    "bridge": "Bridge",
    "network": "Network",
    "vms": "VMs",
    "verify": "Verify",
    "finish": "Finish",
}
"""The sections of the way, as the list at the left names them."""

SECTION_NUMBERS = {section.name: section.number for section in TABLE}
"""The guide's numbers of what is done in steps."""

STEP_SECTIONS = tuple(SECTION_NUMBERS)

FINISH = "finish"
"""The last section, from which everything can be undone."""

EVERYTHING = "everything"
"""What runs, where it is not one section."""

StepsByHost = dict[str, "tuple[Step, ...]"]
"""Steps, by the name of the host that they are for."""


class Basis(NamedTuple):
    """What a look or the checks stand on: the plan, which of its hosts this machine is, and how much was run."""

    plan: "Plan | None"
    here: "Host | None"
    runs: int


@dataclass
class Run:
    """What runs now: in which section (or everything), how many steps of how many, and since when (monotonic).

    `followed` is the section that the run is shown in, as long as nobody opens another; empty where it stays in one.
    """

    section: str = ""
    done: int = 0
    count: int = 0
    since: float = field(default_factory=time.monotonic)
    command: str = ""
    followed: str = ""

    @property
    def seconds(self) -> int:
        """The seconds since it began."""
        return int(time.monotonic() - self.since)


@dataclass
class Model:
    """One wizard's state. `marked` names the host whose commands and output are shown.

    `advance` is the section in which the mark goes on to the next open step, once the look after a run has told which
    that is. `waits` is in how many seconds the checks run again by themselves. `taken_for` is the host that this
    machine was taken for when the plan was checked last. `form_focus` is the field of the plan's form to go to when it
    is drawn anew. `begun` is whether the plan to begin with is there: it would take the place of what is done to a plan
    before. `runs` counts what was begun.
    """

    draft: Draft
    asked_host: str | None = None
    current: str = "hosts"
    surveys: Surveys = field(default_factory=dict)
    plan: "Plan | None" = None
    faults: tuple["Fault", ...] = ()
    hosts: dict[str, HostWork] = field(default_factory=dict)
    marked: str = ""
    run: Run | None = None
    runs: int = 0
    looks_since: float | None = None
    checking: bool = False
    waits: float = 0.0
    advance: str = ""
    taken_for: "Host | None" = None
    begun: bool = False
    opened: bool = False
    form_focus: str = ""
    leaving: int = 0

    @property
    def survey(self) -> "Survey | None":
        """What was found on this machine."""
        return self.surveys.get(HERE)

    def survey_of(self, host: "Host") -> "Survey | None":
        """What was found on a host of the plan; None where it was not looked at."""
        return self.survey if host is self.here else self.surveys.get(host.ssh or "?")

    @property
    def here(self) -> "Host | None":
        """The host of the plan that this machine is."""
        hosts = self.plan.hosts if self.plan else ()
        return hosts[self.draft.here] if 0 <= self.draft.here < len(hosts) else None

    @property
    def basis(self) -> Basis:
        """What is found now stands on this; what a look or the checks that began on another one find holds no more."""
        return Basis(self.plan, self.here, self.runs)

    @property
    def worked(self) -> "list[Host]":
        """The hosts that can be worked on from here: this machine, and those with an SSH destination."""
        hosts = self.plan.hosts if self.plan else ()
        return [host for host in hosts if host is self.here or host.ssh]

    @property
    def host(self) -> "Host | None":
        """The host that is marked; this machine where none is."""
        worked = self.worked
        here = [host for host in worked if host is self.here]
        return next((host for host in worked if host.name == self.marked), next(iter([*here, *worked]), None))

    def host_beside(self, by: int) -> str:
        """Return the name of the host so many places further than the marked one."""
        names = [host.name for host in self.worked]
        return names[(names.index(self.work.name) + by) % len(names)] if names else ""

    @property
    def works(self) -> list[HostWork]:
        """What is known of each host that can be worked on from here."""
        return [self.work_of(host.name) for host in self.worked]

    @property
    def work(self) -> HostWork:
        """What is known of the host that is marked."""
        return self.work_of(self.host.name if self.host else "")

    def work_of(self, name: str) -> HostWork:
        """Return what is known of a host of the plan; without a name, of this machine, whether it is one or not."""
        name = name or (self.here.name if self.here is not None else "")
        return self.hosts.setdefault(name, HostWork(name))

    @property
    def looking(self) -> bool:
        """Whether the hosts are looked at now."""
        return self.looks_since is not None

    @property
    def look_seconds(self) -> float:
        """For how long the hosts are looked at now."""
        return time.monotonic() - self.looks_since if self.looks_since is not None else 0.0

    @property
    def running(self) -> str:
        """The section in which something runs, or everything; empty where nothing does."""
        return self.run.section if self.run else ""

    @property
    def doubts(self) -> dict[str, str]:
        """What is worth a second look in the plan, in words by the field of the form."""
        from vxlan_tui.ui.plan_form.doubts import doubts  # noqa: PLC0415 (comes after the first frame)

        return doubts(self.draft, self.surveys)

    @property
    def doubt(self) -> str:
        """What is to be thought of before something runs on the marked host; empty for nothing."""
        places = [place for place, host in enumerate(self.plan.hosts) if host is self.host] if self.plan else []
        at = ("here", *(f"hosts[{place}]." for place in places))
        return " ".join(words for key, words in self.doubts.items() if key.startswith(at))

    def check_plan(self) -> None:
        """Check the draft; what was looked at for another plan, or for another host of it, is forgotten."""
        before = self.plan
        plan, self.faults = self.draft.check()
        changed = plan != before
        self.plan = plan if changed else before
        if changed or self.here != self.taken_for:
            self.forget_looks()
        self.taken_for = self.here

    def forget_looks(self) -> None:
        """Drop what was derived from a plan that has changed since."""
        for work in self.hosts.values():
            work.steps.clear()
            work.not_ready.clear()
            work.verified = ""

    def state(self, section: str) -> str:
        """Return in a word or two how a section stands."""
        if section == self.running:
            return "running"
        if section == "hosts":
            return self._hosts_state()
        if section == "plan":
            return self._plan_state()
        return self._work_state(section) if self.plan is not None else "-"

    def _work_state(self, section: str) -> str:
        if section in SECTION_NUMBERS:
            return state_of_all(self.works, section) or ("looking" if self.looking else "to do")
        if section == "verify":
            return verdict_of_all(self.works) or "to do"
        return "done" if self.all_done and verdict_of_all(self.works).startswith("OK") else "to do"

    def _hosts_state(self) -> str:
        if self.survey is None:
            return "looking"
        if unreached := sum(bool(work.unreached) for work in self.works):
            return f"{unreached} unreached"
        surveys = [self.survey_of(host) for host in self.worked] or [self.survey]
        missing = sum(len(survey.missing) for survey in surveys if survey is not None)
        return f"{missing} missing" if missing else "ready"

    def _plan_state(self) -> str:
        if self.plan is None:
            return f"{len(self.faults)} to mend" if self.faults and self.opened else "to do"
        return "done" if self.draft.is_saved else "not saved"

    def is_done(self, section: str) -> bool:
        """Return whether nothing of a section's steps is left to do, but for what is skipped."""
        return bool(self.works) and all(work.is_done(section) for work in self.works)

    @property
    def all_done(self) -> bool:
        """Whether every step of the plan is done, or skipped."""
        return all(map(self.is_done, STEP_SECTIONS))

    @property
    def unseen(self) -> list[str]:
        """The hosts of which nothing is known yet: they were not looked at since the plan changed."""
        return [work.name for work in self.works if not (work.steps or work.not_ready or work.unreached)]

    def left(self, sections: Iterable[str] = STEP_SECTIONS) -> "StepsByHost":
        """Return the steps of these sections that would run, by host; hosts with nothing left are not in it."""
        asked = tuple(sections)
        found = {work.name: tuple(step for name in asked for step in work.left(name)) for work in self.works}
        return {name: steps for name, steps in found.items() if steps}

    def open_before(self, section: str, work: HostWork | None = None) -> list[str]:
        """Return the sections before this one that are not done on a host: their steps come first."""
        work = work or self.work
        earlier = STEP_SECTIONS[: STEP_SECTIONS.index(section)] if section in STEP_SECTIONS else ()
        return [name for name in earlier if name in work.steps and not work.is_done(name)]

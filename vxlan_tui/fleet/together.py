"""One yes or no for changes that can cut off several hosts: all of them are kept, or none.

Each host's guard asks here what it would ask a person, from its own thread. When all have, every host has to let a new
login in, and the VTEPs have to answer each other; then whoever confirms is asked, once. When all have saved what was
confirmed, all keep it. Whatever comes in between on one host, an answer that does not come in time among it, is no.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vxlan_tui.guard import Keeper, Question

TICK = 0.2
"""Seconds between two looks at the clock."""

Proof = tuple[bool, str]
"""Whether a host gave what was asked of it, and that in words."""

Prove = Callable[[str, Question], Iterable[Proof]]
"""Ask a host, by its name, for what it has to give before its change is kept."""

Say = Callable[[str, str], None]
"""Tell something of a host, by its name."""


class Together:
    """The common question. `remote` are the hosts that a new login has proven, once `prove` has gone well."""

    def __init__(
        self, names: Sequence[str], keeper: Keeper, prove: Prove, say: Say, remote: Collection[str] = ()
    ) -> None:
        self._names = tuple(names)
        self._keeper = keeper
        self._prove = prove
        self._say = say
        self._remote = frozenset(remote)
        self._changed = threading.Condition()
        self._given: dict[str, dict[str, Any]] = {}
        self._refused = ""
        self._questions: dict[str, Question] = {}
        self._agreed = False
        self.why = ""
        """In words why nothing is kept on any host, where not the person who confirms said so."""

    def of(self, name: str) -> Keeper:
        """Return the keeper of one host's change."""
        return _OfHost(self, name, self._keeper.proof)

    def leave(self, name: str) -> None:
        """A host's change has ended; where nothing was agreed on yet, that is a no to the others'."""
        self._no(f"{name} did not get so far")

    def agreed(self, name: str, saved: bool) -> bool:
        """Say whether all have saved what was confirmed, so that it stays."""
        all_saved = self._gather("saved", name, saved, self._names)
        found = all_saved is not None and all(all_saved.values())
        self._tell(name, found)
        return found

    def keep(self, name: str, question: Question) -> bool:
        """Say whether all of it is to be kept."""
        self._questions[name] = question
        questions = self._gather("question", name, question, self._names)
        if questions is None:
            self._tell(name, False)
            return False
        proofs = list(self._prove(name, question))
        for _, words in proofs:
            self._say(name, words)
        well = self._gather("proof", name, all(proven for proven, _ in proofs), self._names)
        if well is not None and not all(well.values()):
            self._no(f"{', '.join(each for each, proven in well.items() if not proven)} did not answer as it has to")
        first = self._names[0]
        if name == first and well is not None and not self._refused:
            asked = merged({each: questions[each] for each in self._names}, self._remote)
            self._gather("answer", name, self._keeper.keep(asked), (first,))
        answer = self._gather("answer", "", None, (first,))
        found = answer is not None and bool(answer[first])
        self._tell(name, found)
        return found

    def _tell(self, name: str, found: bool) -> None:
        if not found and self._refused and len(self._names) > 1:
            self.why = f"{self._refused}: nothing is kept on any host."
            if not self._refused.startswith(name):
                self._say(name, self.why)

    def _no(self, why: str) -> None:
        with self._changed:
            if not self._agreed:
                self._refused = self._refused or why
                self._changed.notify_all()

    def _gather(self, stage: str, name: str, value: Any, needed: Collection[str]) -> Mapping[str, Any] | None:
        """Give what all have brought to a stage, as one of them; None where somebody has said no, or time is over."""
        with self._changed:
            given = self._given.setdefault(stage, {})
            if name and not self._refused:
                given[name] = value
                self._changed.notify_all()
            while True:
                if len(given) == len(needed):
                    self._agreed = self._agreed or (stage == "saved" and all(given.values()))
                    return given
                if not self._refused and (why := self._over([each for each in needed if each not in given])):
                    self._refused = why
                    self._changed.notify_all()
                if self._refused:
                    return None
                self._changed.wait(TICK)

    def _over(self, awaited: Sequence[str]) -> str:
        """Say in words why nobody is waited for any more; empty as long as there is time."""
        if any(each.stopped() for each in self._questions.values()):
            return "The run was stopped"
        late = any(each.left() <= 0 for each in self._questions.values())
        return f"{', '.join(awaited)} did not get so far in time" if late else ""


class _OfHost:
    """Brings one host's question to the common one."""

    def __init__(self, together: Together, name: str, proof: bool) -> None:
        self._together = together
        self._name = name
        self.proof = proof

    def keep(self, question: Question) -> bool:
        """Say whether to keep the change."""
        return self._together.keep(self._name, question)


def merged(questions: Mapping[str, Question], remote: Collection[str]) -> Question:
    """Return one question for the changes of several hosts; nothing is proven that is not proven of each.

    A host in `remote` with nobody to ask over its underlay is proven by the login that it has let in.
    """
    proven = {name: True if each.proven is None and name in remote else each.proven for name, each in questions.items()}
    if len(questions) == 1:
        return replace(next(iter(questions.values())), proven=next(iter(proven.values())))
    all_of = tuple(questions.values())
    return Question(
        ", ".join(f"{each.subject} on {name}" for name, each in questions.items()),
        "; ".join(dict.fromkeys(each.why for each in all_of)),
        tuple(f"{name}: {line}" for name, each in questions.items() for line in each.news),
        False if False in proven.values() else None if None in proven.values() else True,
        any(each.over_ssh for name, each in questions.items() if proven[name] is None),
        lambda: min(each.left() for each in all_of),
        lambda: any(each.stopped() for each in all_of),
    )

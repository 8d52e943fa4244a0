"""What is no fault of a plan, but worth a second look: what a host does not have, and what grows with many hosts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vxlan_tui.ui.plan_form.draft import HERE, Draft, Surveys, survey_of
from vxlan_tui.ui.plan_form.fields import MANY, finding_of

if TYPE_CHECKING:
    from vxlan_tui.facts.survey import Survey

HOST = "here"
"""The field of the host that this machine is."""


def doubts(draft: Draft, surveys: Surveys) -> dict[str, str]:
    """Return words by the field that they are about; of a host, as far as it was looked at."""
    found = dict(_of_this_machine(draft, surveys.get(HERE)))
    for index in range(len(draft.hosts)):
        survey = survey_of(draft, index, surveys)
        if survey is not None:
            found |= dict(_of_host(draft, f"hosts[{index}]", survey))
    return found | dict(_of_many(draft))


def _of_many(draft: Draft) -> Iterator[tuple[str, str]]:
    """Tell what lists of so many hosts cost, and what does without."""
    number = len(draft.hosts)
    for index in range(len(draft.rows("segments")) if number >= MANY else 0):
        if not finding_of(draft, f"segments[{index}]"):
            yield (
                f"segments[{index}].control",
                f"With {number} hosts, each broadcast, and each frame to an address not learned yet, leaves as "
                f"{number - 1} packets. EVPN tells addresses ahead; a multicast group takes one packet.",
            )


def _of_this_machine(draft: Draft, survey: "Survey | None") -> Iterator[tuple[str, str]]:
    """Tell where another host of the plan bears this machine's name."""
    names = [str(row.get("name", "")) for row in draft.hosts]
    chosen = names[draft.here] if draft.here < len(names) else ""
    if survey is not None and chosen and survey.name != chosen.partition(".")[0]:
        others = [name for name in names if name.partition(".")[0] == survey.name]
        if others:
            yield HOST, f"This machine's own name is {others[0]}, which is another host of the plan."


def _of_host(draft: Draft, at: str, survey: "Survey") -> Iterator[tuple[str, str]]:
    interface, vtep, zone = (draft.get(f"{at}.{key}") for key in ("interface", "vtep", "zone"))
    link = survey.links.get(interface)
    if interface and survey.links and link is None:
        yield f"{at}.interface", f"{survey.name} has no {interface}."
    if link is not None and vtep and not draft.get(f"{at}.ethernet"):
        here = [address.partition("/")[0] for address in link.addresses]
        if vtep not in here:
            has = f"it has {', '.join(here)}" if here else "it has no address"
            yield f"{at}.vtep", f"{interface} of {survey.name} does not have it: {has}."
    if zone and survey.zones and zone not in survey.zones:
        yield f"{at}.zone", f"{survey.name} has no such zone. It has: {', '.join(survey.zones)}."

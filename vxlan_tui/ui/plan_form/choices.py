"""The fields that are chosen and not typed: what there is to choose, and what a choice changes."""

from vxlan_tui.ui.plan_form.draft import Draft, Surveys, address_of, survey_of
from vxlan_tui.ui.plan_form.fields import AS_IT_IS, DHCP, FIXED

Values = list[tuple[str, str]]


def choices_of(key: str, draft: Draft, surveys: Surveys) -> tuple[Values, str]:
    """Give a field's values with their words, and the one that it has."""
    if key == "here":
        names = [(str(n), row.get("name") or f"host {n + 1}") for n, row in enumerate(draft.hosts)]
        return names, str(draft.here)
    if key.endswith(".interface"):
        return _interfaces(key, draft, surveys), draft.get(key)
    if key.endswith(".host"):
        return [(str(row.get("name", "")), str(row.get("name", ""))) for row in draft.hosts], draft.get(key)
    if key.endswith(".network"):
        names = [(name, name) for name in networks(draft)]
        return names, draft.get(key)
    return [(words, words) for words in (AS_IT_IS, FIXED, DHCP)], _ethernet(key, draft)


def networks(draft: Draft) -> list[str]:
    """Name the libvirt networks of the draft's segments."""
    rows = draft.rows("segments")
    return [str(row.get("network") or f"{row.get('vxlan') or 'vxlan' + str(row.get('vni'))}-bridge") for row in rows]


def _interfaces(key: str, draft: Draft, surveys: Surveys) -> Values:
    survey = survey_of(draft, _row(key), surveys)
    nics = survey.nics if survey else ()
    return [(link.name, f"{link.name}  {', '.join(link.addresses) or 'no address'}") for link in nics]


def _row(key: str) -> int:
    """Return which host a key is about: 1 for `hosts[1].interface`."""
    return int(key.partition("[")[2].partition("]")[0])


def _ethernet(key: str, draft: Draft) -> str:
    if not draft.get(key):
        return AS_IT_IS
    return DHCP if draft.get(f"{key}.method") == "auto" else FIXED


def set_choice(key: str, value: str, draft: Draft, surveys: Surveys) -> None:
    """Take a choice into the draft, with what follows from it."""
    if key == "here":
        draft.here = int(value)
    elif key.endswith(".ethernet"):
        _set_ethernet(key, value, draft, surveys)
    elif key.endswith(".interface"):
        _set_interface(key, value, draft, surveys)
    else:
        draft.set(key, value)


def _set_interface(key: str, value: str, draft: Draft, surveys: Surveys) -> None:
    """The tunnel's address follows the interface, unless another one was typed."""
    vtep, survey = key.replace(".interface", ".vtep"), survey_of(draft, _row(key), surveys)
    before = address_of(survey, draft.get(key)) if survey else ""
    draft.set(key, value)
    if survey and draft.get(vtep) == before:
        draft.set(vtep, address_of(survey, value))


def _set_ethernet(key: str, value: str, draft: Draft, surveys: Surveys) -> None:
    if value == AS_IT_IS:
        draft.set(key, "")
        return
    draft.set(f"{key}.profile", draft.get(f"{key}.profile") or "Example")
    draft.set(f"{key}.method", "auto" if value == DHCP else "manual")
    if value == DHCP:
        draft.set(f"{key}.address", "")
        draft.set(f"{key}.gateway", "")
    elif not draft.get(f"{key}.address"):
        draft.set(f"{key}.address", _with_prefix(key.removesuffix(".ethernet"), draft, surveys))


def _with_prefix(host: str, draft: Draft, surveys: Surveys) -> str:
    """Return the address that a host's interface has now, with its prefix, where that is the tunnel's."""
    survey, vtep = survey_of(draft, _row(host), surveys), draft.get(f"{host}.vtep")
    link = survey.links.get(draft.get(f"{host}.interface")) if survey else None
    return next((a for a in (link.addresses if link else ()) if vtep and a.startswith(f"{vtep}/")), "")

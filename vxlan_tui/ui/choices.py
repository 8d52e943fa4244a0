"""The fields that are chosen and not typed: what there is to choose, and what a choice changes."""

from vxlan_tui.ui.draft import address_of
from vxlan_tui.ui.fields import AS_IT_IS, DHCP, FIXED
from vxlan_tui.ui.work import Work

Values = list[tuple[str, str]]


def choices_of(key: str, work: Work) -> tuple[Values, str]:
    """Give a field's values with their words, and the one that it has."""
    draft = work.draft
    if key == "here":
        names = [(str(n), row.get("name") or f"host {n + 1}") for n, row in enumerate(draft.hosts)]
        return names, str(draft.here)
    if key.endswith(".interface"):
        return _interfaces(work), draft.get(key)
    if key.endswith(".host"):
        return [(str(row.get("name", "")), str(row.get("name", ""))) for row in draft.hosts], draft.get(key)
    if key.endswith(".network"):
        names = [(name, name) for name in networks(work)]
        return names, draft.get(key)
    return [(words, words) for words in (AS_IT_IS, FIXED, DHCP)], _ethernet(key, work)


def networks(work: Work) -> list[str]:
    """Name the libvirt networks of the draft's segments."""
    rows = work.draft.rows("segments")
    return [str(row.get("network") or f"{row.get('vxlan') or 'vxlan' + str(row.get('vni'))}-bridge") for row in rows]


def _interfaces(work: Work) -> Values:
    nics = work.survey.nics if work.survey else ()
    return [(link.name, f"{link.name}  {', '.join(link.addresses) or 'no address'}") for link in nics]


def _ethernet(key: str, work: Work) -> str:
    if not work.draft.get(key):
        return AS_IT_IS
    return DHCP if work.draft.get(f"{key}.method") == "auto" else FIXED


def set_choice(key: str, value: str, work: Work) -> None:
    """Take a choice into the draft, with what follows from it."""
    draft = work.draft
    if key == "here":
        draft.here = int(value)
    elif key.endswith(".ethernet"):
        _set_ethernet(key, value, work)
    elif key.endswith(".interface"):
        _set_interface(key, value, work)
    else:
        draft.set(key, value)


def _set_interface(key: str, value: str, work: Work) -> None:
    """The tunnel's address follows the interface, unless another one was typed."""
    draft, vtep = work.draft, key.replace(".interface", ".vtep")
    before = address_of(work.survey, draft.get(key)) if work.survey else ""
    draft.set(key, value)
    if work.survey and draft.get(vtep) == before:
        draft.set(vtep, address_of(work.survey, value))


def _set_ethernet(key: str, value: str, work: Work) -> None:
    draft = work.draft
    host = key.removesuffix(".ethernet")
    if value == AS_IT_IS:
        draft.set(key, "")
        return
    draft.set(f"{key}.profile", draft.get(f"{key}.profile") or "Example")
    draft.set(f"{key}.method", "auto" if value == DHCP else "manual")
    if value == DHCP:
        draft.set(f"{key}.address", "")
        draft.set(f"{key}.gateway", "")
    elif not draft.get(f"{key}.address"):
        draft.set(f"{key}.address", _with_prefix(draft.get(f"{host}.interface"), draft.get(f"{host}.vtep"), work))


def _with_prefix(interface: str, vtep: str, work: Work) -> str:
    link = work.survey.links.get(interface) if work.survey else None
    return next((a for a in (link.addresses if link else ()) if a.startswith(f"{vtep}/") and vtep), "")

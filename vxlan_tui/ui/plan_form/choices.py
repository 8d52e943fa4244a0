"""The fields that are chosen and not typed: what there is to choose, and what a choice changes."""

from vxlan_tui.plan import with_default_names
from vxlan_tui.ui.plan_form.draft import Draft, Surveys, address_of, survey_of
from vxlan_tui.ui.plan_form.fields import AS_IT_IS, DHCP, FIXED, finding_of

Values = list[tuple[str, str]]


def choices_of(key: str, draft: Draft, surveys: Surveys) -> tuple[Values, str]:
    """Give a field's values with their words, and the one that it has."""
    last = key.rpartition(".")[2]
    if last in _FEW:
        return list(_FEW[last]), value_of(key, draft)
    own: dict[str, Values] = {
        "here": [(str(n), str(row.get("name") or f"host {n + 1}")) for n, row in enumerate(draft.hosts)],
        "interface": _interfaces(key, draft, surveys),
        "host": [(name, name) for name in (str(row.get("name", "")) for row in draft.hosts)],
        "network": [(name, name) for name in networks(draft)],
        "encryption": _ENCRYPTION,
        "control": _FINDING,
        "ethernet": [(words, words) for words in (AS_IT_IS, FIXED, DHCP)],
    }
    return own[last], value_of(key, draft)


def value_of(key: str, draft: Draft) -> str:
    """Give what a field has, be it typed or chosen."""
    last = key.rpartition(".")[2]
    if last == "here":
        return str(draft.here)
    if last == "encryption":
        return draft.get("encryption.method")
    if last == "control":
        return finding_of(draft, key.removesuffix(".control"))
    if last == "ethernet":
        return _ethernet(key, draft)
    value = draft.get(key)
    return "" if last in _FEW and value not in dict(_FEW[last]) else value


_ENCRYPTION: Values = [
    ("", "not decided: Verify warns"),
    ("wireguard", "WireGuard, made by this plan"),
    ("none", "none, and that is meant"),
]

_FINDING: Values = [
    ("", "addresses: nothing else runs"),
    ("group", "a multicast group"),
    ("evpn", "EVPN: FRR on every host"),
]

_FEW: dict[str, Values] = {
    "admit": [("peers", "the other hosts alone"), ("", "anybody")],
    "stp": [("", "off"), ("True", "on: a new port waits 30 s")],
    "move": [("", "as it runs, where libvirt can"), ("restart", "shut down and started")],
}
"""Choices that are a key of the plan each; the empty one is its default, also where that is written out."""


def networks(draft: Draft) -> list[str]:
    """Name the libvirt networks of the draft's segments."""
    return [str(with_default_names(row).get("network", "")) for row in draft.rows("segments")]


def _interfaces(key: str, draft: Draft, surveys: Surveys) -> Values:
    survey = survey_of(draft, _row(key), surveys) if key.startswith("hosts") else None
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
    draft.changed()
    if key == "here":
        draft.here = int(value)
    elif key.endswith(".ethernet"):
        _set_ethernet(key, value, draft, surveys)
    elif key.endswith(".interface"):
        _set_interface(key, value, draft, surveys)
    elif key == "encryption":
        _set_encryption(value, draft)
    elif key.endswith(".control"):
        _set_finding(key.removesuffix(".control"), value, draft)
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


def _set_encryption(method: str, draft: Draft) -> None:
    """A subnet that is in use nowhere else as a rule; without WireGuard there is none."""
    draft.set("encryption", "")
    if method:
        draft.set("encryption.method", method)
    if method == "wireguard":
        draft.set("encryption.subnet", "10.255.42.0/24")


def _set_finding(at: str, value: str, draft: Draft) -> None:
    """One way alone for the hosts to find each other, with what it needs filled in."""
    before = draft.get(f"{at}.control")
    draft.unfolded.discard(f"{at}.group")
    draft.set(f"{at}.control", "evpn" if value == "evpn" else "")
    draft.set(f"{at}.group", f"239.1.1.{_number(draft.get(f'{at}.vni')) % 256}" if value == "group" else "")
    if value == "evpn" and not draft.get("evpn"):
        draft.set("evpn.asn", "65000")
    drop_evpn(before, draft)


def drop_evpn(before: str, draft: Draft) -> None:
    """Take the table [evpn] away where the segment that was found in the way `before` was the last to be so by EVPN."""
    if before == "evpn" and all(row.get("control") != "evpn" for row in draft.rows("segments")):
        draft.set("evpn", "")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 1

"""Which steps can cut the connection that the admin came in by, in words: pure, from what the host has."""

from ipaddress import ip_interface

from vxlan_tui.state import HostState

_SESSION = "your SSH session comes in over"


def interface(name: str, state: HostState, comes_back: bool = True) -> str:
    """Say why a change to this interface's connection can cut somebody off; empty where nobody can be.

    `comes_back` is whether the interface is to be in use afterwards. Where it is not, only an SSH session over
    it makes the change dangerous: to take the interface down is what was asked for.
    """
    way, used = state.way, addresses(name, state)
    if name in way.devices:
        return f"{_SESSION} {name}"
    if way.unknown and (used or state.active_on(name)):
        return f"{name} is in use, and it is not known which interface {_SESSION}"
    if used and comes_back:
        return f"{name} is in use with {', '.join(used)}"
    return ""


def addresses(name: str, state: HostState) -> list[str]:
    """Give an interface's addresses, those aside that the kernel gives by itself."""
    link = state.links.get(name)
    return [address for address in (link.addresses if link else ()) if not ip_interface(address).is_link_local]


def over(state: HostState, *names: str) -> str:
    """Say so where the SSH session itself comes in over one of these devices; empty where it does not."""
    found = [name for name in names if name in state.way.devices]
    return f"{_SESSION} {', '.join(found)}" if found else ""


def is_session(why: str) -> bool:
    """Whether what a change can cut is an SSH session, or may be."""
    return _SESSION in why

"""Which steps can cut the connection that the admin came in by, in words: pure, from what the host has."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import ip_interface

from vxlan_tui.command import Command
from vxlan_tui.sections import ETHERNET
from vxlan_tui.state import HostState
from vxlan_tui.steps import Step

_SESSION = "your SSH session comes in over"


def marked(steps: Iterable[Step], state: HostState) -> Iterator[Step]:
    """Return the steps, those marked that can cut the admin off."""
    for step in steps:
        yield replace(step, cuts=_why(step, state)) if step.commands and not step.conflict else step


def _why(step: Step, state: HostState) -> str:
    if step.thing is None or not step.thing.touches or step.confirms:
        return ""
    if step.section != ETHERNET.number:
        return over(state, *step.thing.touches)
    name = step.thing.touches[0]
    words = {word for command in step.commands for word in command.argv[:3]}
    active = state.active_on(name)
    if "delete" in words and (active is None or active.name != step.subject):
        return ""
    return interface(name, state, comes_back=not words & {"delete", "down"})


def interface(name: str, state: HostState, comes_back: bool = True) -> str:
    """Say why a change to this interface's connection can cut somebody off; empty where nobody can be.

    `comes_back` is whether the interface is to be in use afterwards. Where it is not, only an SSH session over
    it makes the change dangerous: to take the interface down is what was asked for.
    """
    path, used = state.path, addresses(name, state)
    if name in path.devices:
        return f"{_SESSION} {name}"
    if path.unknown and (used or state.active_on(name)):
        return f"{name} is in use, and it is not known which interface {_SESSION}"
    if used and comes_back:
        return f"{name} is in use with {', '.join(used)}"
    return ""


def of_commands(commands: Iterable[Command], underlay: str, state: HostState) -> str:
    """Say why commands of nmcli's can cut somebody off, by the devices that they put something in force on.

    Empty where nobody can be. For commands that belong to no thing, as those that mend what a check has found.
    """
    devices = {device for command in commands for device in _devices(command.argv, state)}
    return (underlay in devices and interface(underlay, state)) or over(state, *sorted(devices))


def is_put_in_force(command: Command) -> bool:
    """Return whether a command of nmcli's puts a connection profile in force on a device, or out of it."""
    return any(_in_force(command.argv))


def _devices(argv: tuple[str, ...], state: HostState) -> set[str]:
    device, named = _in_force(argv)
    profiles = [each for each in state.profiles if named in (each.name, each.uuid)] if named else []
    found = {device, *(name for each in profiles for name in (each.device, each.interface))}
    return found - {""}


def _in_force(argv: tuple[str, ...]) -> tuple[str, str]:
    """Return the device, or the connection profile, that a command puts in force or out of it; both empty for none."""
    match argv:
        case ("nmcli", "device", "reapply" | "disconnect" | "connect", device, *_):
            return device, ""
        case ("nmcli", "connection", "up" | "down" | "delete", "id" | "uuid", named, *_):
            return "", named
        case _:
            return "", ""


def addresses(name: str, state: HostState) -> list[str]:
    """Give an interface's addresses, those aside that the kernel gives by itself."""
    link = state.links.get(name)
    return [address for address in (link.addresses if link else ()) if not ip_interface(address).is_link_local]


def over(state: HostState, *names: str) -> str:
    """Say so where the SSH session itself comes in over one of these devices; empty where it does not."""
    found = [name for name in names if name in state.path.devices]
    return f"{_SESSION} {', '.join(found)}" if found else ""


def is_session(why: str) -> bool:
    """Whether what a change can cut is an SSH session, or may be."""
    return _SESSION in why

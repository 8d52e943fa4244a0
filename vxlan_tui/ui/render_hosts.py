"""A host in words: whether it is reached, over what, what it lacks, and what was found there."""

from typing import TYPE_CHECKING

from vxlan_tui.ui.render import Block, Line, block, counted, role_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vxlan_tui.facts.survey import Survey
    from vxlan_tui.plan import Host

STATE_WIDTH = 13

MANY = 12
"""So many rows of a kind are named; the live panels show all."""


def host_line(host: "Host", is_here: bool, survey: "Survey | None", unreached: str) -> Line:
    """Return a host of the plan in a line."""
    state = _state(host, is_here, survey, unreached)
    over = "this machine" if is_here else f"over SSH, {host.ssh}" if host.ssh else "from itself alone"
    return ((f"{state:<{STATE_WIDTH}}", role_of(state)), (f"{host.name}  ", "title"), (over, "dim"))


def _state(host: "Host", is_here: bool, survey: "Survey | None", unreached: str) -> str:
    if not (is_here or host.ssh):
        return "no ssh"
    if unreached:
        return "unreached"
    if survey is None:
        return "looking"
    return f"{len(survey.missing)} missing" if survey.missing else "ready"


def host_blocks(host: "Host", is_here: bool, survey: "Survey | None", unreached: str) -> tuple[Block, ...]:
    """Return what is known of a host of the plan."""
    if not (is_here or host.ssh):
        words = f'The plan has no SSH destination of {host.name} (key "ssh"): work on it there, or by its script.'
        return (block(words, "dim"),)
    if unreached:
        return tuple(block(line, "bad", hang=2) for line in unreached.splitlines())
    if survey is None:
        return (block("Looking at it ..."),)
    lacks = f"It lacks {counted(len(survey.missing), 'thing')}:" if survey.missing else "Nothing is missing."
    return (block(lacks, "caution" if survey.missing else "good"), *found_blocks(survey))


def summary(survey: "Survey") -> Line:
    """Return in a line whether a host has what the commands need."""
    if survey.missing:
        return (("found      ", ""), (f"on this host, {survey.name}", ""))
    return (("ready      ", "good"), (f"this host, {survey.name}: nothing is missing", ""))


def found_blocks(survey: "Survey") -> tuple[Block, ...]:
    """Return what was found on a host."""
    return tuple(Block(((f"{label:<15}", "title"), (value, "")), 0, 15) for label, value in _rows(survey))


def _rows(survey: "Survey") -> "Iterator[tuple[str, str]]":
    yield "distribution", survey.distribution
    yield "NetworkManager", survey.networkmanager or "does not answer"
    yield "firewalld", survey.firewalld or "does not answer"
    yield "libvirt", survey.libvirt or "does not answer"
    yield "you are", _seat(survey)
    nics = {link.name for link in survey.nics}
    others = [link for link in survey.links.values() if link.name not in nics and link.name != "lo"]
    yield from _listed("interfaces", [_link(survey, link.name) for link in survey.nics])
    yield from _listed("bridges", [f"{link.name}" for link in others if link.kind == "bridge"])
    yield from _listed("VXLANs", [f"{link.name}, VNI {link.vxlan.vni}" for link in others if link.vxlan])
    networks = survey.networks.values()
    yield from _listed("networks", [f"{net.name} ({'active' if net.active else 'inactive'})" for net in networks])
    yield from _listed("VMs", [f"{vm.name} ({vm.state})" for vm in survey.vms.values()])


def _listed(label: str, values: list[str]) -> "Iterator[tuple[str, str]]":
    more = [f"and {len(values) - MANY} more"] if len(values) > MANY else []
    for number, value in enumerate([*values[:MANY], *more] or ["none"]):
        yield (label if number == 0 else ""), value


def _link(survey: "Survey", name: str) -> str:
    link = survey.links[name]
    words = [", ".join(link.addresses) or "no address"]
    words += ["default route"] if name == survey.default_interface else []
    words += ["your SSH session comes in here"] if name == survey.login_interface else []
    words += [] if link.carrier else ["no carrier"]
    return f"{name}: {'; '.join(words)}"


def _seat(survey: "Survey") -> str:
    login = survey.login
    if not login.ssh:
        return "on this machine's own terminal"
    over = f" over {survey.login_interface}" if survey.login_interface else ""
    inside = ", inside tmux or screen" if login.multiplexer else ", outside tmux and screen"
    return f"in an SSH session from {login.client_address}{over}{inside}"

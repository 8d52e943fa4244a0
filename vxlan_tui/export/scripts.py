"""The text of the scripts: pure functions of a plan and a host."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from vxlan_tui.paths import RECORDS_DIRECTORY, STATE_DIRECTORY, XML_DIRECTORY
from vxlan_tui.plan import Host, Plan, Vm, printable
from vxlan_tui.procedures import back, checkpoint, ethernet, network, vms
from vxlan_tui.procedures.back.vms import DEFAULT_SHUTDOWN_TIMEOUT
from vxlan_tui.state import HostState

_HERE = Path(__file__).parent

_PROGRAMS = (
    # program, package with dnf, package with apt-get
    ("nmcli", "NetworkManager", "network-manager"),
    ("ip", "iproute", "iproute2"),
    ("firewall-cmd", "firewalld", "firewalld"),
    ("virsh", "libvirt-client", "libvirt-clients"),
    ("flock", "util-linux", "util-linux"),
    ("timeout", "coreutils", "coreutils"),
    ("busctl", "systemd", "systemd"),
    ("sed", "sed", "sed"),
    ("grep", "grep", "grep"),
)
_VIRT_XML = ("virt-xml", "virt-install", "virtinst")
_VIRT_INSTALL = ("virt-install", "virt-install", "virtinst")


_ALWAYS = ("core", "records", "needs", "net", "way", "profiles_back", "guard")


@dataclass(frozen=True)
class _Machine:
    """A VM as the script's data give it."""

    name: str
    patience: int
    nics: tuple[str, ...]
    create: tuple[str, ...]


def script(plan: Plan, host: Host) -> str:
    """Give the script that does on `host` what `apply` does there."""
    machines = tuple(_machines(plan, host))
    creation = ["creation"] if any(machine.create for machine in machines) else []
    sections = [*(["ethernet"] if host.ethernet else []), "bridge", "network", *(["vms"] if machines else [])]
    wanted = ethernet.wanted(host, host.ethernet) if host.ethernet else None
    return _render(
        "script.sh.j2",
        plan,
        host,
        library=[*_ALWAYS, "profiles", "firewall", "virt", *_libraries(sections), *creation],
        goes_back="",
        kinds=[kind for section in sections for kind in _KINDS[section]],
        ethernet=wanted,
        vms=machines,
        xml=network.xml,
        xml_directory=XML_DIRECTORY,
        programs=_programs(machines),
    )


_KINDS = {
    "ethernet": ("ethernet.profile", "ethernet.activate"),
    "bridge": ("bridge.bridge", "bridge.vxlan", "bridge.activate", "bridge.firewall"),
    "network": ("network.define", "network.start", "network.autostart"),
    "vms": ("vm.create", "vm.network", "vm.restart"),
}


def _libraries(sections: Iterable[str]) -> Iterator[str]:
    for section in sections:
        if section == "vms":
            yield "machines"
        yield section


def _machines(plan: Plan, host: Host) -> Iterator[_Machine]:
    # On a host without VMs, the procedure says how it would create each.
    create = {step.subject: step.commands[0].argv for step in vms.steps(plan, host, HostState()) if step.commands}
    by_name: dict[str, list[Vm]] = {}
    for vm in plan.vms_of(host):
        by_name.setdefault(vm.name, []).append(vm)
    for name, rows in by_name.items():
        nics = tuple(f"network={vm.network}" + (f",mac={vm.mac}" if vm.mac else "") for vm in rows)
        yield _Machine(name, max(vm.shutdown_timeout for vm in rows), nics, create.get(name, ()))


def _programs(machines: Iterable[_Machine]) -> Iterator[tuple[str, str, str]]:
    rows = tuple(machines)
    yield from _PROGRAMS
    if rows:
        yield _VIRT_XML
    if any(machine.create for machine in rows):
        yield _VIRT_INSTALL


def _render(template: str, plan: Plan, host: Host, library: Iterable[str], **data: Any) -> str:
    return (
        _environment()
        .get_template(template)
        .render(
            plan=plan,
            host=host,
            library=[_library(name) for name in library],
            plan_path=str(plan.path),
            doing_as_json=json.dumps(f"the script of {plan.path} for {host.name}"),
            state_directory=STATE_DIRECTORY,
            records_directory=RECORDS_DIRECTORY,
            peers=checkpoint.peers(plan, host),
            where=printable(str(plan.path)),
            **data,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 (a shell script: what is not a number goes through `quote`)
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["quote"] = quoted
    return environment


def quoted(text: str) -> str:
    """Give `text` as one word of bash, in a way that shellcheck does not take for a slip, as `$` in single quotes."""
    if re.fullmatch(r"[\w@%+=:,./-]+", text, re.ASCII) and text not in _RESERVED:
        return text
    if re.fullmatch(r"[ -~]*", text) and not re.search(r"[$`'\\]|^~", text):
        return f"'{text}'"
    return "$'" + "".join(char if char.isalnum() else _escaped(char) for char in text) + "'"


_RESERVED = {"if", "then", "elif", "else", "fi", "case", "esac", "for", "select", "while", "until", "in", "do", "done"}


def _escaped(char: str) -> str:
    if char in "'\\":
        return f"\\{char}"
    if " " <= char <= "~":
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode(errors="surrogateescape"))


@cache
def _library(name: str) -> str:
    return (_HERE / "library" / f"{name}.sh").read_text()


def undo_script(plan: Plan, host: Host) -> str:
    """Give the script that does on `host` what `undo` does there."""
    return _render(
        "undo.sh.j2",
        plan,
        host,
        library=[*_ALWAYS, "firewall", "virt", "machines", "back"],
        goes_back="yes",
        kinds=_BACK,
        named=sorted(back._named(plan, host)),
        patience=_patience(plan),
        programs=_PROGRAMS,
        xml_directory=XML_DIRECTORY,
    )


_BACK = ("vm.restore", "network.restore", "bridge.firewall", "bridge.vxlan", "bridge.bridge", "ethernet.profile")


def _patience(plan: Plan) -> dict[str, int]:
    """Give how long each VM may take to shut down, where that is not the usual time."""
    longest: dict[str, int] = {}
    for vm in plan.vms:
        longest[vm.name] = max(vm.shutdown_timeout, longest.get(vm.name, 0))
    return {name: seconds for name, seconds in longest.items() if seconds != DEFAULT_SHUTDOWN_TIMEOUT}

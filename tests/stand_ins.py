"""Stand-ins for the tools, so that an exported script can be asked what it would do on any host.

A directory of answers is what the tools read on that host, as text; the same text goes through the program's own
parsers for the state that the procedures judge. What the stand-ins are not asked but told is only written down.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, cast

from vxlan_tui.before import Record
from vxlan_tui.facts import iproute, libvirt, nmcli
from vxlan_tui.facts.ssh import device_of, parse_connections
from vxlan_tui.facts.terminal import Login
from vxlan_tui.paths import STATE_DIRECTORY, XML_DIRECTORY
from vxlan_tui.reach import Reach
from vxlan_tui.state import HostState, Link, Network, VmState, Way, Zone
from vxlan_tui.steps import Step

TOOLS = ("busctl", "nmcli", "ip", "ss", "firewall-cmd", "virsh", "virt-xml", "virt-install", "install", "rm")

STAND_IN = r"""#!/bin/sh
tool=${0##*/}
cd "$ANSWERS" || exit
case "$tool $*" in
'nmcli -t -f VERSION general') exec cat version ;;
'nmcli -t -f UUID,TYPE,DEVICE,STATE,FILENAME,NAME connection show') exec cat profiles ;;
'nmcli -t -f connection,ipv4,ipv6,bridge,vxlan connection show uuid '*) exec cat settings ;;
'nmcli -t -f IP4,IP6 device show '*) exec cat addressing ;;
'ip -j -p -d address show') exec cat links ;;
'ss -H -t -n state established') exec cat connections ;;
'firewall-cmd --get-zone-of-interface='*) if [ -s zone ]; then exec cat zone; else echo no zone; exit 2; fi ;;
'firewall-cmd --get-default-zone') echo public; exit ;;
'firewall-cmd '*' --list-ports')
    [ "$1" = --permanent ] && scope=permanent zone=$2 || scope=runtime zone=$1
    [ -e "zones/$scope-${zone#--zone=}" ] || { echo "Error: INVALID_ZONE: $zone" >&2; exit 112; }
    exec cat "zones/$scope-${zone#--zone=}" ;;
'busctl --auto-start=no get-property '*) echo 'ao 0'; exit ;;
'virsh net-list --all --name') exec cat networks/all ;;
'virsh net-list --name') exec cat networks/active ;;
'virsh net-list --all --name --'*) exec cat "networks/${4#--}" ;;
'virsh net-dumpxml '*) exec cat "networks/xml-$2" ;;
'virsh list --all --name') exec cat vms/all ;;
'virsh echo '*)
    # virsh reads quotes as a shell does.
    dominfo() { cat "vms/info-$1"; }
    dumpxml() { if [ "$1" = --inactive ]; then cat "vms/stored-$3"; else cat "vms/live-$1"; fi; }
    eval "$2 $1"
    exit ;;
esac
input=.
case $tool in
install) case "$*" in -D*) input=$(cat; echo .) ;; esac ;;
rm) case "$*" in -f*) exec /bin/rm "$@" ;; esac ;;
esac
{ printf '%s\0' "$(($# + 1))" "$tool" "$@" "${input%.}"; } >>"$RECORD"
"""


@dataclass(frozen=True)
class Answers:
    """What the tools of a host answer. The default is an empty host: an interface, and nothing configured."""

    version: str = "1.42.4"
    profiles: tuple[tuple[str, str, str, str, str, str], ...] = ()
    """UUID, TYPE, DEVICE, STATE, FILENAME, NAME."""
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    addressing: tuple[str, ...] = ()
    links: tuple[Mapping[str, Any], ...] = ()
    ssh_connection: str = ""
    connections: str = ""
    """What `ss` prints of the TCP connections that are established."""
    zone: str = ""
    zones: Mapping[str, tuple[str, str | None]] = field(default_factory=lambda: {"public": ("", "")})
    """What is open in each: at runtime and permanently; None where it has no permanent configuration."""
    networks: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Which networks are active, autostart and persistent."""
    vms: Mapping[str, tuple[str, bool, bool, str, str]] = field(default_factory=dict)
    """By name: libvirt's word for the state, active, persistent, the stored and the live definition."""
    leftovers: frozenset[str] = frozenset()
    """Networks whose file was left behind."""

    def profile_rows(self) -> str:
        r"""What `nmcli -t` prints: colons and backslashes have a backslash before them."""
        rows = ((cell.replace("\\", "\\\\").replace(":", "\\:") for cell in row) for row in self.profiles)
        return "".join(":".join(row) + "\n" for row in rows)

    def setting_blocks(self) -> str:
        """What nmcli prints of several profiles' settings."""
        blocks = ("".join(f"{key}:{value}\n" for key, value in rows.items()) for rows in self.settings.values())
        return "\n".join(blocks)

    def write(self, directory: Path) -> None:
        """Write the files that the stand-ins read."""
        names = "".join(f"{name}\n" for name in self.networks)
        files = {
            "version": f"{self.version}\n",
            "profiles": self.profile_rows(),
            "settings": self.setting_blocks(),
            "addressing": "".join(f"{line}\n" for line in self.addressing),
            "links": pretty(self.links),
            "connections": self.connections,
            "zone": f"{self.zone}\n" if self.zone else "",
            "networks/all": names,
            "vms/all": "".join(f"{name}\n" for name in self.vms),
        }
        for name, (runtime, permanent) in self.zones.items():
            files[f"zones/runtime-{name}"] = f"{runtime}\n"
            if permanent is not None:
                files[f"zones/permanent-{name}"] = f"{permanent}\n"
        for key in ("active", "autostart", "persistent"):
            files[f"networks/{key}"] = "".join(f"{name}\n" for name in self.networks if name in self._list(key))
        files |= {f"networks/xml-{name}": xml for name, xml in self.networks.items()}
        for name, (state, active, persistent, stored, live) in self.vms.items():
            rows = (("Id", "7" if active else "-"), ("Name", name), ("State", state))
            info = (*rows, ("CPU(s)", "1"), ("Persistent", "yes" if persistent else "no"))
            files[f"vms/info-{name}"] = "".join(f"{key + ':':15} {value}\n" for key, value in info) + "\n"
            files[f"vms/stored-{name}"] = f"{stored}\n"
            files[f"vms/live-{name}"] = f"{live or stored}\n"
        files |= {f"xml/{name}.xml": "<network>" for name in self.leftovers}
        for file in ("zones", "networks", "vms", "xml"):
            (directory / file).mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (directory / file).write_text(text)

    def _list(self, key: str) -> frozenset[str]:
        return self.lists.get(key, frozenset())

    def state(self, interface: str, wanted_zone: str | None, recorded: Iterable[str] = ()) -> HostState:
        """Give the state that the program's own parsers make of the same answers."""
        reach = cast(Reach, _Reader(self))
        links = iproute.read_links(reach)
        name = wanted_zone or self.zone or "public"
        return HostState(
            nm_version=nmcli.read_version(reach),
            links=links,
            way=self._way(links),
            profiles=nmcli.read_profiles(reach),
            underlay_addressing=nmcli.read_addressing(reach, interface),
            zone=self._zone(name),
            zones={each: self._zone(each) for each in recorded},
            networks={name: self._network(name, xml) for name, xml in self.networks.items()},
            vms={name: self._vm(name) for name in self.vms},
            leftovers=frozenset(f"{XML_DIRECTORY}/{name}.xml" for name in self.leftovers),
        )

    def _way(self, links: Mapping[str, Link]) -> Way:
        if not self.ssh_connection:
            return Way()
        client, _, server, _ = self.ssh_connection.split()
        device = device_of(Login(True, server, client), links, parse_connections(self.connections))
        return Way(True, frozenset([device] if device else ()))

    def _zone(self, name: str) -> Zone:
        if name not in self.zones:
            return Zone(name, exists=False)
        runtime, permanent = self.zones[name]
        return Zone(name, _ports(runtime), _ports(permanent or ""))

    def _network(self, name: str, xml: str) -> Network:
        bridge, forward = libvirt.parse_network(xml)
        flags = (name in self._list(key) for key in ("active", "autostart", "persistent"))
        return Network(name, bridge, forward, *flags)

    def _vm(self, name: str) -> VmState:
        state, active, persistent, stored, live = self.vms[name]
        words = {
            "idle": "running",
            "in shutdown": "shutting down",
            "pmsuspended": "suspended",
            "no state": "without a state",
        }
        nics = (libvirt.parse_nics(stored) if persistent else (), libvirt.parse_nics(live) if active else ())
        return VmState(name, words.get(state, state), persistent, *nics)


class _Reader:
    """Stands in for the program's reach."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def read(self, *argv: str) -> str:
        match argv:
            case ("nmcli", "-t", "-f", "VERSION", "general"):
                return self._answers.version
            case ("nmcli", "-t", "-f", _, "connection", "show"):
                return self._answers.profile_rows()
            case ("nmcli", "-t", "-f", _, "connection", "show", *_):
                return self._answers.setting_blocks()
            case ("nmcli", "-t", "-f", _, "device", "show", _):
                return "".join(f"{line}\n" for line in self._answers.addressing)
            case ("ip", *_):
                return json.dumps(self._answers.links)
        raise AssertionError(argv)


def _ports(text: str) -> frozenset[int]:
    found: set[int] = set()
    for word in text.split():
        port, _, protocol = word.partition("/")
        low, _, high = port.partition("-")
        found |= set(range(int(low), int(high or low) + 1)) if protocol == "udp" else set()
    return frozenset(found)


def pretty(rows: Iterable[Mapping[str, Any]]) -> str:
    """What `ip -j -p` prints: a key a line, lists of objects opened and closed on the lines of their braces."""
    return f"{_value(list(rows), 0)}\n"


def _value(value: Any, depth: int) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[ {" + "},{".join(_object(row, depth) for row in value) + "} ]"
    if isinstance(value, list):
        return f"[ {','.join(json.dumps(each) for each in value)} ]" if value else "[ ]"
    if isinstance(value, dict):
        return "{" + _object(value, depth) + "}"
    return json.dumps(value)


def _object(row: Mapping[str, Any], depth: int) -> str:
    space = "    " * (depth + 1)
    lines = (f'{space}"{key}": {_value(value, depth + 1)}' for key, value in row.items())
    return "\n" + ",\n".join(lines) + "\n" + "    " * depth


@dataclass(frozen=True)
class Judged:
    """What there is to do about one step, as far as program and script must agree."""

    id: str
    conflict: str = ""
    commands: tuple[tuple[tuple[str, ...], str, int, bool], ...] = ()
    changes: tuple[str, ...] = ()
    records: tuple[tuple[str, str], ...] = ()
    note: str = ""
    spent: tuple[str, ...] = ()
    cuts: str = ""
    stands: frozenset[tuple[str, str]] = frozenset()


def judged_by_program(steps: Iterable[Step]) -> list[Judged]:
    """Give what the procedures found, without the steps that have nothing to do."""
    rows = (
        Judged(
            step.id,
            step.conflict,
            tuple((c.argv, c.stdin, int(c.timeout), c.waits) for c in step.commands) if not step.conflict else (),
            tuple(str(change) for change in step.changes) if step.commands and not step.conflict else (),
            tuple((record.name, record.text) for record in step.before) if step.commands else (),
            step.note if not step.conflict else "",
            step.restored if not step.conflict else (),
            step.cuts if step.commands and not step.conflict else "",
            frozenset((record.name, record.text) for record in step.stands) if not step.conflict else frozenset(),
        )
        for step in steps
    )
    return [row for row in rows if row != Judged(row.id)]


@dataclass(frozen=True)
class Told:
    """How a run of a script ended, and what it told the tools to change: argv and standard input."""

    status: int
    output: str
    errors: str
    commands: tuple[tuple[tuple[str, ...], str], ...]


JUDGE = r"""
list() { printf '%s\0' "$#" "$@"; }
plan
look_at_all
((${#missing[@]} == 0)) || exit 3
__BACK__
judge_all
for each in "${!step_kind[@]}"; do
    judge_afresh "$each"
    read -r from count <<<"${step_commands[each]}"
    [[ $count == "${#counts[@]}" ]] || exit 9
    list "${step_kind[each]}" "${step_conflict[each]}" "${step_note[each]}"
    printf '%s\0' "$count"
    for ((i = from; i < from + count; i++)); do
        list "${all_inputs[i]}" "${all_limits[i]}" "${all_waiting[i]}" "${all_words[@]:all_from[i]:all_counts[i]}"
    done
    read -r from count <<<"${step_changes[each]}"
    list "${all_changes[@]:from:count}"
    read -r from count <<<"${step_records[each]}"
    list "${all_record_names[@]:from:count}"
    list "${all_record_texts[@]:from:count}"
    read -r from count <<<"${step_spent[each]}"
    list "${all_spent[@]:from:count}"
    read -r from count <<<"${step_stands[each]}"
    list "${step_cuts[each]}" "${all_stand_names[@]:from:count}" "${all_stand_texts[@]:from:count}"
done
"""


class Bench:
    """A directory with the stand-ins on the PATH, where scripts are tried."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ssh_connection = ""
        tools = directory / "bin"
        tools.mkdir()
        (tools / "stand-in").write_text(STAND_IN)
        (tools / "stand-in").chmod(0o755)
        for tool in TOOLS:
            (tools / tool).symlink_to("stand-in")

    def judged(self, script: str, answers: Answers, records: Iterable[Record] = ()) -> list[Judged]:
        """Give what a script finds there is to do, without the steps that have nothing to do."""
        self._lay_out(answers, records)
        back = "read_records\nlook_at_all\nplan_the_way_back" if "read_records()" in script else ""
        done = self.run(script, JUDGE.replace("__BACK__", back))
        assert done.returncode == 0, done.stderr
        words = iter(self._as_on_a_host(done.stdout).split("\0"))
        return [row for row in _judged(words) if row != Judged(row.id)]

    def told(self, script: str, answers: Answers) -> Told:
        """Run a script to its end, without its second looks: what the stand-ins are told changes nothing."""
        self._lay_out(answers, ())
        (self.directory / "record").write_text("")
        done = self.run(script, "look_whether_it_worked() { :; }\nneed_root() { :; }\nmain\n")
        words = iter(self._as_on_a_host((self.directory / "record").read_text()).split("\0"))
        return Told(done.returncode, self._as_on_a_host(done.stdout), done.stderr, tuple(_told(words)))

    def _as_on_a_host(self, text: str) -> str:
        """Give text with the places of a host in place of this directory's."""
        said = text.replace(f"{self.directory}/answers/xml", XML_DIRECTORY)
        return said.replace(f"{self.directory}/state", STATE_DIRECTORY)

    def _lay_out(self, answers: Answers, records: Iterable[Record]) -> None:
        for name in ("answers", "state"):
            shutil.rmtree(self.directory / name, ignore_errors=True)
        for name in ("state", "state/before"):
            (self.directory / name).mkdir(mode=0o700)
        self.ssh_connection = answers.ssh_connection
        answers.write(self.directory / "answers")
        for record in records:
            (self.directory / "state" / "before" / record.name).write_text(record.text)

    def run(self, script: str, instead_of_main: str) -> subprocess.CompletedProcess[str]:
        """Run a script on the answers that were laid out, with something else in place of its last line."""
        body, _, last = script.rpartition("\nmain\n")
        assert last == ""
        text = body.replace(f"={STATE_DIRECTORY}", f"={self.directory}/state")
        text = text.replace(f"xml_directory={XML_DIRECTORY}", f"xml_directory={self.directory}/answers/xml")
        file = self.directory / "script"
        file.write_bytes(f"{text}\n{instead_of_main}".encode(errors="surrogateescape"))
        environment = {
            "PATH": f"{self.directory}/bin:{os.environ['PATH']}",
            "ANSWERS": str(self.directory / "answers"),
            "RECORD": str(self.directory / "record"),
            "SSH_CONNECTION": self.ssh_connection,
        }
        argv = ["bash", str(file)]
        done = subprocess.run(
            argv, env=environment, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL
        )
        # Not text=True: that would make a line feed of a carriage return.
        output, errors = (said.decode(errors="surrogateescape") for said in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(argv, done.returncode, output, errors)


def _judged(words: Iterator[str]) -> Iterator[Judged]:
    while head := _some(words):
        kind, conflict, note = head
        commands = tuple(_command(*_some(words)) for _ in range(int(next(words))))
        changes, names, texts, spent, (cuts, *stands) = (_some(words) for _ in range(5))
        if conflict:
            yield Judged(kind, conflict)
        else:
            records = tuple(zip(names, texts, strict=True)) if commands else ()
            half = len(stands) // 2
            guarded = frozenset(zip(stands[:half], stands[half:], strict=True))
            yield Judged(kind, "", commands, changes if commands else (), records, note, spent, cuts, guarded)


def _some(words: Iterator[str]) -> tuple[str, ...]:
    """Give the next words, by the count before them; none at the end."""
    return tuple(islice(words, int(next(words) or 0)))


def _command(stdin: str, limit: str, waits: str, *argv: str) -> tuple[tuple[str, ...], str, int, bool]:
    return argv, stdin, int(limit), bool(waits)


def _told(words: Iterator[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    while argv := _some(words):
        yield argv, next(words)

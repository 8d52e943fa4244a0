"""Whole machines, with a kernel and a systemd of their own: what a power cut, a boot, and too much work do to them.

They are made by a lab that is no part of this project; the environment's VXLAN_TUI_LAB names the directory of its
module `machine`, and `Machine` below is what is asked of it. What is committed is what they run.
"""

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from tests.campaign import Campaign, Figure, figures, say
from tests.campaign._suite import ROOT
from tests.processes import held

LAB = "VXLAN_TUI_LAB"


class Machine(Protocol):
    """A machine of the lab: commands reach it by a way that needs no network, as a console does."""

    name: str

    def rc(self, script: str, timeout: float = 600) -> tuple[int, str]: ...
    def run(self, script: str, check: bool = True, timeout: float = 600) -> str: ...
    def put(self, name: str, text: str) -> None: ...
    def ssh(self, *argv: str) -> list[str]: ...
    def start(self) -> None: ...
    def kill(self) -> None: ...
    def up(self) -> str: ...
    def reboot(self) -> str: ...
    def define_guest(self, name: str, ip: str, peer: str) -> None: ...
    def console(self, guest_name: str) -> str: ...


OLD, NEW, GATEWAY = "198.51.100.2", "198.51.100.12", "198.51.100.254"
NOBODY = "198.51.100.250"
"""An address that nobody has."""

CUT_AFTER = 8.0
"""Seconds after a change at which the power goes: well inside the time to confirm in."""

WATCHED = 20.0
"""Seconds for which a host is watched once it is up."""

OVER_BRIDGE = "10.10.0.1"

NM = "org.freedesktop.NetworkManager /org/freedesktop/NetworkManager org.freedesktop.NetworkManager"
CHECKPOINTS = f"busctl get-property {NM} Checkpoints"
SAVED = "cd /etc/NetworkManager/system-connections && grep -rv -e ^timestamp= . | sort"
RECORDS = "cd /var/lib/vxlan-tui/before && { grep -r . . | sort; find . -size 0 | sort; }"

_AS_NEW = """
nmcli -t -f UUID,TYPE connection show | grep -v ':loopback' | cut -d: -f1 | xargs -r nmcli connection delete
rm -rf /var/lib/vxlan-tui
nmcli connection add con-name {profile} ifname enp1s0 type ethernet ipv4.method manual ipv4.addresses {address}/24 \\
    ipv4.gateway {gateway} ipv6.method disabled
nmcli connection up {profile}
sync
"""

_HOST_A = """
[[hosts]]
name = "host-a"
interface = "enp1s0"
ssh = "root@198.51.100.2"

[hosts.ethernet]
profile = "Example"
method = "manual"
address = "{address}/24"
gateway = "{gateway}"
"""

_HOST_B = """
[[hosts]]
name = "host-b"
interface = "enp1s0"
ssh = "root@203.0.113.1"

[hosts.ethernet]
profile = "Example"
method = "manual"
address = "203.0.113.1/24"
gateway = "203.0.113.254"
"""

_SEGMENT = """
[[segments]]
vni = 10
bridge = "bridge0"
"""

_VMS = """
[[vms]]
host = "host-a"
name = "vma"
network = "vxlan10-bridge"
address = "10.20.0.1"

[[vms]]
host = "host-b"
name = "vmb"
network = "vxlan10-bridge"
address = "10.20.0.2"
"""

WHOLE = _HOST_A.format(address=OLD, gateway=GATEWAY) + _HOST_B + _SEGMENT + _VMS
APPLY = "vxlan-tui apply plan.toml --only ethernet"


def moved(gateway: str = GATEWAY) -> str:
    """Give a plan in which host-a's underlay has another address."""
    return _HOST_A.format(address=NEW, gateway=gateway) + _HOST_B + _SEGMENT


def run() -> Iterator[Figure]:
    """Start two machines, and try all of it on them."""
    directory = os.environ.get(LAB)
    if not directory:
        say(f"skipped: {LAB} does not name the directory of a lab that makes whole machines")
        return
    with TemporaryDirectory() as work, machines(directory) as (a, b):
        parts: dict[str, Callable[[], Iterable[Figure]]] = {
            "a power cut before a change is confirmed": lambda: [cut(a, CUTS, Path(work))],
            "somebody else's checkpoint after it": lambda: [somebody_elses(a, Path(work))],
            "a power cut after a change was confirmed": lambda: [confirmed(a)],
            "two hosts and their VMs, booted": lambda: set_up(a, b),
            "a power cut, and a bridge that SSH comes in over": lambda: [over_the_bridge(a, b, Path(work))],
            "a busy machine": lambda: [slow(a)],
        }
        for about, part in parts.items():
            for machine in (a, b):
                _turned_on(machine)
            yield from figures("machines", Campaign(about, part))


@contextmanager
def machines(directory: str, suite: str = "trixie") -> Iterator[tuple[Machine, Machine]]:
    """Start two machines of this release of Debian that have this project installed."""
    sys.path.insert(0, directory)
    lab: Any = importlib.import_module("machine")
    started: AbstractContextManager[Any] = lab.Machines(2, suite=suite, project=str(ROOT))
    with started as running:
        say(f"      {suite}: booted in {', '.join(f'{seconds:.0f} s' for seconds in running.booted.values())}")
        a, b = running.hosts
        yield a, b


def _turned_on(machine: Machine) -> None:
    """Turn a machine on where what broke off has left it without power."""
    try:
        machine.rc("true", 60)
    except (RuntimeError, OSError):
        machine.kill()
        machine.start()
        machine.up()


def asked(machine: Machine, question: str) -> tuple[int, str]:
    """Return the exit status and the output of a command that changes nothing.

    The lab's way to a machine that has just been turned on can fail for a while: it is asked again, up to three times.
    """
    for _ in range(2):
        try:
            return machine.rc(question, 60)
        except (RuntimeError, OSError) as error:
            say(f"      asked again, as it did not answer: {error}")
    return machine.rc(question, 60)


def tried(figure: Figure, name: str, case: Callable[[list[float]], Iterable[str]]) -> None:
    """Count a case; it is given a list for its seconds. One that breaks off went wrong, and the next is tried."""
    seconds: list[float] = []
    wrong: list[str] = []
    try:
        wrong.extend(case(seconds))
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        wrong.append(f"it broke off: {type(error).__name__}: {error}")
    figure.add(name, wrong, seconds[0] if seconds else None)


# A power cut before it is confirmed


@dataclass(frozen=True)
class Cut:
    """A change of the underlay's address over SSH, that is cut off: the profile that is in use, and what changes it."""

    name: str
    profile: str
    plan: str
    command: str
    then: str
    back: str


CUTS = (
    Cut("a profile that is changed", "Example", moved(), APPLY, f"{APPLY} --yes", "vxlan-tui undo plan.toml --yes"),
    Cut("a profile that is new", "Old", moved(), APPLY, f"{APPLY} --yes", "vxlan-tui undo plan.toml --yes"),
    *(
        Cut(
            f"a script, a profile that is {what}",
            profile,
            moved(NOBODY),
            "vxlan-tui export plan.toml | bash",
            "vxlan-tui export plan.toml | bash",
            "vxlan-tui export plan.toml --format undo | bash",
        )
        for what, profile in (("changed", "Example"), ("new", "Old"))
    ),
)


def cut(a: Machine, cuts: Iterable[Cut], work: Path) -> Figure:
    """Cut the power before a change is confirmed, of each kind."""
    figure = Figure("power cut before a new address is confirmed: up on the old one")
    for each in cuts:
        tried(figure, each.name, partial(_cut, a, each, work))
    return figure


def _cut(a: Machine, case: Cut, work: Path, seconds: list[float]) -> Iterator[str]:
    """Cut it; then the same change, by a plan that can be, is made and taken back."""
    files = _as_new(a, case.profile)
    a.put("plan.toml", case.plan)
    kept = yield from _until_power_cut(
        a, a.ssh("-tt", case.command), work, f"ip -4 -o addr show enp1s0 | grep -q {NEW}/"
    )
    seconds.append(_boot(a, f"ip -4 -o addr show enp1s0 | grep -q {OLD}/"))
    yield from _stays(a)
    yield from _same(a, {SAVED: files, RECORDS: kept})
    a.put("plan.toml", moved())
    yield from _ends_well(a, case.then)
    if _addresses(a) != [NEW]:
        yield f"after the next run: {_addresses(a)}"
    yield from _ends_well(a, case.back)
    if _addresses(a) != [OLD]:
        yield f"after undo: {_addresses(a)}"


def _as_new(a: Machine, profile: str) -> str:
    """Have a host on its old address by this profile, with no trace of a run; give what is saved."""
    a.run(_AS_NEW.format(profile=profile, address=OLD, gateway=GATEWAY))
    return a.run(SAVED)


def _same(a: Machine, was: Mapping[str, str]) -> Iterator[str]:
    """Say so where what these commands show is not what they did."""
    for command, before in was.items():
        if (now := asked(a, command)[1]) != before:
            yield f"not as before: {sorted(set(before.splitlines()) ^ set(now.splitlines()))}"


def _until_power_cut(a: Machine, argv: list[str], work: Path, changed: str) -> Generator[str, None, str]:
    """Start a run that changes host-a, agree to it, and cut the power once it has changed, before it is confirmed.

    Give what was recorded then.
    """
    told = work / "told"
    with told.open("w") as output:
        started = held(subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=output, stderr=output, text=True))
        assert started.stdin is not None
        agreed = False
        end = time.monotonic() + 300
        while a.rc(changed)[0]:
            if not agreed and "Type yes:" in told.read_text():
                started.stdin.write("yes\n")
                started.stdin.flush()
                agreed = True
            if time.monotonic() > end or (started.poll() is not None):
                raise RuntimeError(f"it did not get so far: {told.read_text()[-2000:]}")
            time.sleep(0.2)
        time.sleep(CUT_AFTER)
        if a.run(CHECKPOINTS).split()[1] == "0":
            yield f"there was no checkpoint any more when the power was cut: {told.read_text()[-1000:]}"
        kept = a.run(RECORDS)
        a.kill()
        started.kill()
        started.wait()
    return kept


def _boot(a: Machine, is_back: str) -> float:
    """Turn a machine on; give the seconds until this is so."""
    began = time.monotonic()
    a.start()
    a.up()
    end = time.monotonic() + 120
    while asked(a, is_back)[0] and time.monotonic() < end:
        time.sleep(0.5)
    return time.monotonic() - began


def _stays(a: Machine) -> Iterator[str]:
    """Say so where host-a is not on its old address, or does not stay there, or was at the other one since the boot."""
    end = time.monotonic() + WATCHED
    while time.monotonic() < end:
        if (found := _addresses(a)) != [OLD]:
            yield f"after the boot it has {found}, and not {OLD}"
            break
        time.sleep(2)
    if NEW in (seen := asked(a, "journalctl -b -o cat -u NetworkManager")[1]):
        told = [line for line in seen.splitlines() if NEW in line]
        yield f"NetworkManager had to do with {NEW} since the boot: {told}"
    if subprocess.run(a.ssh("true"), check=False, timeout=120).returncode:
        yield f"{OLD} lets nobody in"


def _addresses(a: Machine) -> list[str]:
    found = json.loads(asked(a, "ip -j -4 address show dev enp1s0")[1])
    return [info["local"] for info in found[0]["addr_info"]]


def _ends_well(a: Machine, command: str) -> Iterator[str]:
    status, told = a.rc(command)
    if status:
        yield f"{command}: exit status {status}: {told[-1500:]}"


# Checkpoints of somebody else


def somebody_elses(a: Machine, work: Path) -> Figure:
    """After a cut and a boot, somebody else makes a checkpoint, which gets the path that ours had."""
    figure = Figure("a checkpoint of somebody else after a power cut: still there after it")
    verbs = (
        "log",
        "undo plan.toml --yes --unconfirmed",
        "undo plan.toml --yes",
        "apply plan.toml --yes --only ethernet",
    )
    _as_new(a, "Old")
    a.put("plan.toml", moved())
    wrong = list(_until_power_cut(a, a.ssh("-tt", APPLY), work, f"ip -4 -o addr show enp1s0 | grep -q {NEW}/"))
    figure.add("the power cut", wrong, _boot(a, f"ip -4 -o addr show enp1s0 | grep -q {OLD}/"))
    a.run("cp -a /var/lib/vxlan-tui pending")
    row = next(line for line in reversed(a.run("cat pending/journal").splitlines()) if '"guard-checkpoint"' in line)
    ours = str(json.loads(row)["path"])
    for verb in verbs:
        tried(figure, verb, partial(_somebody_elses, a, ours, verb))
    tried(figure, "apply, once it has ended", lambda seconds: _ends_well(a, f"{APPLY} --yes"))
    return figure


def _somebody_elses(a: Machine, ours: str, verb: str, seconds: list[float]) -> Iterator[str]:
    a.run("rm -rf /var/lib/vxlan-tui; cp -a pending /var/lib/vxlan-tui")
    a.run("systemctl restart NetworkManager; nm-online -q -t 60")  # it counts anew
    while (path := a.run(f"busctl call {NM} CheckpointCreate aouu 0 300 0").split('"')[1]) != ours:
        a.run(f"busctl call {NM} CheckpointDestroy o {path}")
        if int(path.rpartition("/")[2]) > int(ours.rpartition("/")[2]):
            raise RuntimeError(f"no checkpoint gets the path {ours} again")
    began = time.monotonic()
    status, told = a.rc(f"vxlan-tui {verb}")
    seconds.append(time.monotonic() - began)
    if path not in a.run(CHECKPOINTS):
        yield f"{path} is gone: {told[-1000:]}"
    else:
        a.run(f"busctl call {NM} CheckpointDestroy o {path}")
    if _addresses(a) != [OLD]:
        yield f"exit status {status}, and the host has {_addresses(a)}: {told[-1000:]}"


# A power cut after it is confirmed


def confirmed(a: Machine) -> Figure:
    """Cut the power as soon as a run has ended well: what it made is there after the boot, and so is the way back."""
    figure = Figure("power cut right after a run has ended: as it was left")
    for name, command in (("apply", f"{APPLY} --yes"), ("a script", "vxlan-tui export plan.toml | bash")):
        tried(figure, name, partial(_confirmed, a, command))
    return figure


def _confirmed(a: Machine, command: str, seconds: list[float]) -> Iterator[str]:
    _as_new(a, "Old")
    a.put("plan.toml", moved())
    a.run("sync")
    yield from _ends_well(a, command)
    left = {each: a.run(each) for each in (SAVED, RECORDS)}
    a.kill()
    seconds.append(_boot(a, f"ip -4 -o addr show enp1s0 | grep -q {NEW}/"))
    if _addresses(a) != [NEW]:
        yield f"it came up with {_addresses(a)}"
    yield from _same(a, left)
    yield from _ends_well(a, "vxlan-tui undo plan.toml --yes")
    if _addresses(a) != [OLD]:
        yield f"after undo: {_addresses(a)}"


# Two hosts, set up whole

BOUND = 120.0
"""Seconds after a boot in which a set-up has to be well again."""


def set_up(a: Machine, b: Machine) -> Iterator[Figure]:
    """Set two hosts up with a VM each; reboot the one, and cut the other's power."""
    figure = Figure("two hosts and a VM each: `apply`, then `verify`")
    for host, address, gateway in ((a, OLD, GATEWAY), (b, "203.0.113.1", "203.0.113.254")):
        host.run(_AS_NEW.format(profile="Old", address=address, gateway=gateway))
        host.put("plan.toml", WHOLE)
    a.define_guest("vma", "10.20.0.1", "10.20.0.2")
    b.define_guest("vmb", "10.20.0.2", "10.20.0.1")
    for host in (a, b):
        tried(figure, f"apply on {host.name}", partial(_applied, host))
    for host, vm in ((a, "vma"), (b, "vmb")):
        host.run(f"virsh autostart {vm}; virsh list --name | grep -qx {vm} || virsh start {vm}")
    for host in (a, b):
        tried(figure, f"verify on {host.name}", partial(_healthy, host, 300))
    yield figure
    figure = Figure(f"after a boot: `verify` passes within {BOUND:.0f} s, and the VMs answer each other")
    b.kill()
    b.start()
    a.reboot()
    for host, how, vm in ((a, "rebooted", "vma"), (b, "cut from power", "vmb")):
        host.up()
        tried(figure, f"{host.name}, {how}", partial(_healthy, host, BOUND))
        tried(figure, f"{vm} hears the other", partial(_hears, host, vm))
    yield figure


def _applied(host: Machine, seconds: list[float]) -> Iterator[str]:
    began = time.monotonic()
    yield from _ends_well(host, "vxlan-tui apply plan.toml --yes")
    seconds.append(time.monotonic() - began)


def _healthy(host: Machine, bound: float, seconds: list[float]) -> Iterator[str]:
    """Verify until all is well; the seconds are those since now."""
    began = time.monotonic()
    while True:
        status, told = host.rc("vxlan-tui verify plan.toml")
        took = time.monotonic() - began
        if status == 0 or took > bound:
            break
    seconds.append(took)
    if status or took > bound:
        yield f"exit status {status} after {took:.0f} s: {told[-2500:]}"


def _hears(host: Machine, vm: str, seconds: list[float]) -> Iterator[str]:
    """Wait until the VM's console, as of this start of it, shows an answer of the other VM."""
    began = time.monotonic()
    while "reply from" not in host.console(vm) and time.monotonic() < began + BOUND:
        time.sleep(1)
    seconds.append(time.monotonic() - began)
    if "reply from" not in (told := host.console(vm)):
        yield f"nothing but: {told[-500:]}"


def over_the_bridge(a: Machine, b: Machine, work: Path) -> Figure:
    """Cut the power before a change of the bridge is confirmed, that the SSH session comes in over."""
    figure = Figure("power cut before a bridge without its address is confirmed: up with it")
    tried(figure, "a bridge that SSH comes in over", partial(_over_the_bridge, a, b, work))
    return figure


def _over_the_bridge(a: Machine, b: Machine, work: Path, seconds: list[float]) -> Iterator[str]:
    for host, address in ((a, OVER_BRIDGE), (b, "10.10.0.2")):
        host.run(f"nmcli connection modify bridge0 ipv4.method manual ipv4.addresses {address}/24")
        host.run("nmcli device reapply bridge0; sync")
    files = a.run(SAVED)
    has = f"ip -4 -o addr show bridge0 | grep -q {OVER_BRIDGE}/"
    argv = b.ssh("-tt", f"ssh -tt root@{OVER_BRIDGE} vxlan-tui apply plan.toml --only bridge")
    yield from _until_power_cut(a, argv, work, f"! {has}")
    seconds.append(_boot(a, has))
    end = time.monotonic() + WATCHED
    while time.monotonic() < end:
        if asked(a, has)[0]:
            yield f"it has lost the address: {asked(a, 'ip -4 -o addr show')[1]}"
            break
        time.sleep(2)
    yield from _same(a, {SAVED: files})
    status, told = b.rc(f"ssh -o ConnectTimeout=20 root@{OVER_BRIDGE} true")
    if status:
        yield f"nobody is let in over the bridge: {told}"
    for host in (a, b):
        yield from _ends_well(host, "vxlan-tui apply plan.toml --yes")
    yield from _healthy(a, BOUND, [])


# A machine that is slow

HOGS = 4


def slow(a: Machine) -> Figure:
    """Verify on a machine that has more to do than it can: a daemon that runs is never said not to run."""
    figure = Figure("verify on a busy machine: no daemon that runs is said not to run")
    hogs = a.run(
        f"for i in $(seq {HOGS}); do setsid sh -c 'while :; do :; done' >/dev/null 2>&1 & echo $!; done"
    ).split()
    for number in range(5):
        tried(figure, f"the {number + 1}. time", partial(_slow, a))
    a.run(f"kill {' '.join(hogs)}")
    return figure


def _slow(a: Machine, seconds: list[float]) -> Iterator[str]:
    began = time.monotonic()
    status, told = a.rc("vxlan-tui verify plan.toml --json")
    seconds.append(time.monotonic() - began)
    told = next((line for line in told.splitlines() if line.startswith('{"ok"')), told)
    if not told.startswith("{"):
        yield f"exit status {status}: {told[-1000:]}"
        return
    checks = json.loads(told)["checks"]
    if not any(check["status"] == "pass" for check in checks):
        yield f"nothing passed: {told[-1000:]}"
    for check in checks:
        if str(check["cause"]).endswith(("-not-running", "unreadable")):
            yield f"{check['cause']}: {check['evidence']}"


CAMPAIGN = Campaign("whole machines: power cuts, boots, and verify on a busy one", run)

"""Encryption on whole machines, whose kernel has WireGuard: that the tunnel comes up, and nothing leaves in the clear.

On the machines of tests/campaign/machines.py, of Debian 13 (NetworkManager 1.52) and Debian 12 (1.42), whose nmcli
cannot set a profile's peers.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from tests.campaign import Campaign, Figure, say
from tests.campaign.machines import LAB, Machine, machines, tried

ONLY = "VXLAN_TUI_LAB_SUITES"

SUITES = {"trixie": "Debian 13", "bookworm": "Debian 12"}

UNDERLAYS = (("198.51.100.2", "198.51.100.254"), ("203.0.113.1", "203.0.113.254"))
INSIDE = ("10.20.0.1", "10.20.0.2")

UPLINK = """
nmcli connection add con-name uplink ifname enp1s0 type ethernet ipv4.method manual ipv4.addresses {0}/24 \\
    ipv4.gateway {1} ipv6.method disabled
nmcli connection up uplink
"""

HOST = '[[hosts]]\nname = "host-{0}"\ninterface = "enp1s0"\nvtep = "{1}"\nssh = "root@{1}"\n{2}'
SEGMENT = '[[segments]]\nvni = 10\nbridge = "bridge0"\n'
ENCRYPTION = '[encryption]\nmethod = "wireguard"\nsubnet = "10.255.42.0/24"\n'

KEY, FILE = "/var/lib/vxlan-tui/wireguard.key", "/etc/NetworkManager/system-connections/wg-vxlan.nmconnection"

PROTOCOLS = """
[ -e /etc/protocols ] && exit
printf '%s\\n' 'icmp 1' 'igmp 2' 'tcp 6' 'udp 17' 'gre 47' 'esp 50' 'ah 51' 'ipv6-icmp 58' 'vrrp 112' 'sctp 132' \
    >/etc/protocols
systemctl restart firewalld
until firewall-cmd --state; do sleep 2; done
"""
"""A machine as small as the lab's for Debian 12 has no netbase, and firewalld does not start without this file."""

STATE = """
nmcli -t -f NAME,TYPE,DEVICE connection show | sort
for scope in '' --permanent; do firewall-cmd $scope --list-all-zones; done
virsh net-list --all --name | sort
ip -br link | awk '{print $1}' | sort
find /var/lib/vxlan-tui/before /var/lib/vxlan-tui/*.key -type f 2>/dev/null || :
"""

WATCH = """
rm -f /tmp/clear /tmp/sealed
timeout 60 tcpdump -lnni enp1s0 udp port 8472 or udp port 4789 >/tmp/clear 2>/dev/null &
timeout 60 tcpdump -lnni enp1s0 udp port 51820 >/tmp/sealed 2>/dev/null &
sleep 2
ip address add {own}/24 dev bridge0
ping -q -c 10 -i 0.2 -w 30 -M do -s {size} {peer}; status=$?
arping -q -U -c 3 -w 5 -I bridge0 {own}
sleep 2
ip address delete {own}/24 dev bridge0
jobs -p | xargs kill; wait
echo "ping $status, in the clear $(grep -c " IP" /tmp/clear), sealed $(grep -c " IP" /tmp/sealed)"
"""
"""Sends over the segment, full-size and broadcasts, and counts what leaves and enters by the underlay meanwhile."""

BESIDE = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.connect(("{}", 8472))
s.send(b"\\x08\\0\\0\\0\\0\\0\\x0a\\0" + b"\\xff" * 60)
try:
    s.recv(1)
except OSError as error:
    print(type(error).__name__, error.errno)
"""
"""Sends a VXLAN packet beside the tunnel, and prints how it was refused; ConnectionRefusedError would say that the
firewall lets it in."""


def plan(encryption: str = ENCRYPTION, keys: Iterable[str] = ("", "")) -> str:
    """Return the plan's text."""
    hosts = (
        HOST.format(letter, own, f'public_key = "{key}"\n' if key else "")
        for letter, (own, _), key in zip("ab", UNDERLAYS, keys, strict=True)
    )
    return "".join(hosts) + SEGMENT + encryption


def run() -> Iterator[Figure]:
    """Start two machines of each suite, and try all of it on them."""
    directory = os.environ.get(LAB)
    if not directory:
        say(f"skipped: {LAB} does not name the directory of a lab that makes whole machines")
        return
    for suite in os.environ.get(ONLY, " ".join(SUITES)).split():
        with machines(directory, suite) as (a, b):
            yield on(suite, a, b)


Case = Callable[[Machine, Machine], Iterable[str]]


def on(suite: str, a: Machine, b: Machine) -> Figure:
    """Turn encryption on, renew a key, boot, turn it off, do it by script, and take it back."""
    version = a.run("nmcli -t -f VERSION general").strip()
    figure = Figure(
        f"{SUITES[suite]}, NetworkManager {version}: encrypted by WireGuard", remark=a.run("uname -r").strip()
    )
    for host, underlay in zip((a, b), UNDERLAYS, strict=True):
        host.run(PROTOCOLS, timeout=300)
        host.run(UPLINK.format(*underlay))
    before = [host.run(STATE) for host in (a, b)]
    cases: tuple[tuple[str, Case], ...] = (
        ("in the clear first", _clear),
        ("encryption on", _on),
        ("a key renewed", _renewed),
        ("a boot", _booted),
        ("encryption off", _clear),
        ("by script", _by_script),
    )
    for name, case in (*cases, ("taken back", lambda one, two: _back(one, two, before))):
        tried(figure, name, partial(_timed, case, a, b))
    return figure


def _timed(case: Case, a: Machine, b: Machine, seconds: list[float]) -> Iterator[str]:
    began = time.monotonic()
    yield from case(a, b)
    seconds.append(time.monotonic() - began)


def _apply(a: Machine, text: str) -> None:
    a.put("plan.toml", text)
    a.run("vxlan-tui apply plan.toml --all --only bridge,network --yes")


def _unchanged(a: Machine) -> Iterator[str]:
    status, told = a.rc("vxlan-tui apply plan.toml --all --only bridge,network --check")
    if status:
        yield f"something is left to do: {told[-1500:]}"


def _clear(a: Machine, b: Machine) -> Iterator[str]:
    _apply(a, plan(""))
    yield from _unchanged(a)
    yield from _passes(a, b, sealed=False)
    for host in (a, b):
        if host.rc(f"[ ! -e {KEY} ] && [ ! -e {FILE} ] && ! ip link show dev wg-vxlan")[0]:
            yield f"{host.name} still has something of the encrypted tunnel"


def _on(a: Machine, b: Machine) -> Iterator[str]:
    _apply(a, plan())
    yield from _unchanged(a)
    yield from _stands(a, b)


def _renewed(a: Machine, b: Machine) -> Iterator[str]:
    had = _public(b)
    b.run(f"rm {KEY}")
    _apply(a, plan())
    if _public(b) == had:
        yield "the key is the old one"
    yield from _unchanged(a)
    yield from _stands(a, b)


def _booted(a: Machine, b: Machine) -> Iterator[str]:
    a.reboot()
    a.rc("for _ in $(seq 60); do ping -q -c 1 -w 1 10.255.42.2 && break; sleep 1; done")
    yield from _stands(a, b)


def _by_script(a: Machine, b: Machine) -> Iterator[str]:
    # The records are those of the same plan file: what it named is taken back first, as a script cannot do that.
    a.run("vxlan-tui undo plan.toml --all --yes")
    for host in (a, b):
        host.run(f"umask 077; wg genkey >{KEY}")
    text = plan(keys=[_public(host) for host in (a, b)])
    for host in (a, b):
        host.put("plan.toml", text)
        script = f"vxlan-tui export plan.toml --host {host.name} --force --output script.sh"
        host.run(f"{script}; bash script.sh && bash script.sh --check")
    yield from _unchanged(a)
    yield from _stands(a, b)
    for host in (a, b):
        script = f"vxlan-tui export plan.toml --host {host.name} --format undo --force --output undo.sh"
        host.run(f"{script}; bash undo.sh; rm {KEY}")


def _back(a: Machine, b: Machine, before: list[str]) -> Iterator[str]:
    _apply(a, plan())
    a.run("vxlan-tui undo plan.toml --all --yes")
    for host, was in zip((a, b), before, strict=True):
        if (now := host.run(STATE)) != was:
            yield f"{host.name} is not as before: {sorted(set(was.splitlines()) ^ set(now.splitlines()))}"


def _public(host: Machine) -> str:
    return host.run(f"wg pubkey <{KEY}").strip()


def _stands(a: Machine, b: Machine) -> Iterator[str]:
    """Say what is wrong with a tunnel that should stand, and carry all."""
    yield from _passes(a, b, sealed=True)
    if a.run("wg show wg-vxlan latest-handshakes").split()[-1:] in ([], ["0"]):
        yield "there was no handshake"
    refused = b.run(f"python3 -c '{BESIDE.format(UNDERLAYS[0][0])}'", check=False).strip()
    if refused not in ("OSError 113", "TimeoutError None"):
        yield f"a VXLAN packet beside the tunnel: {refused}"
    status, told = a.rc("vxlan-tui verify plan.toml --all")
    for _ in range(3):  # emulated machines are slow, and it says so where a daemon was
        if "Look again in" in told:
            status, told = a.rc("vxlan-tui verify plan.toml --all")
    if status:
        yield f"verify: {told[-2500:]}"
    for host in (a, b):
        # The lab's agent logs its commands: the key must not be in one of these either.
        kept = host.run(f"grep -rlF -f {KEY} /var/lib/vxlan-tui /etc /run/NetworkManager /root || :").split()
        if set(kept) != {KEY, FILE}:
            yield f"the private key of {host.name} stands in {kept}"
        if not host.rc(f"journalctl -o cat | grep -qF -f {KEY}")[0]:
            yield f"the private key of {host.name} stands in the system's journal"


def _passes(a: Machine, b: Machine, *, sealed: bool) -> Iterator[str]:
    """Say so where full-size frames do not pass, or not as they should."""
    b.run(f"ip address add {INSIDE[1]}/24 dev bridge0")
    size = (1370 if sealed else 1450) - 28
    told = a.run(WATCH.format(own=INSIDE[0], peer=INSIDE[1], size=size)).splitlines()[-1]
    b.run(f"ip address delete {INSIDE[1]}/24 dev bridge0")
    status, in_the_clear, in_tunnel = (int(part.split()[-1]) for part in told.split(", "))
    if status or bool(in_the_clear) == sealed or bool(in_tunnel) != sealed:
        yield told


CAMPAIGN = Campaign("encryption by WireGuard on whole machines", run)

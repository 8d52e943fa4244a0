"""Machines that stand in for a VM on a host's bridge, and a small VM that asks for its address by DHCP."""

import re
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.on_host import shell
from tests.over_ssh import until
from tests.processes import held
from vxlan_tui.rehearsal import Rehearsal
from vxlan_tui.rehearsal.host import Host

TAP = "vnet9"
"""Named as libvirt names the taps of its VMs, so that a stand-in is no foreign port. A host has one at a time."""


class StandIn:
    """A network namespace of a host, with a port on each of the bridges; `run` runs a script in it.

    With several bridges it is a hub between them that learns no address: a frame goes to all of them at once.
    """

    def __init__(self, host: Host, name: str, *bridges: str) -> None:
        self.host, self.name = host, name
        self._taps = [f"{TAP}{number}" for number, _ in enumerate(bridges)]
        lines = [f"ip netns add {name}"]
        inside = ["ip link set lo up", "ip link add nic type bridge stp_state 0 mcast_snooping 0", "ip link set nic up"]
        for number, (tap, bridge) in enumerate(zip(self._taps, bridges, strict=True)):
            lines += [f"ip link add {tap} type veth peer name port{number} netns {name}"]
            lines += [f"ip link set {tap} master {bridge} up"]
            inside += [f"ip link set port{number} master nic up", f"bridge link set dev port{number} learning off"]
        shell(host, "\n".join(lines))
        self.run("\n".join(inside))

    def run(self, script: str) -> str:
        """Run a shell script in it, which must succeed, and give its output."""
        return shell(self.host, f"nsenter --net=/run/netns/{self.name} bash -euc {shlex.quote(script)}")

    def popen(self, *argv: str, **options: Any) -> Any:
        """Start a program in it."""
        return self.host.popen(["nsenter", f"--net=/run/netns/{self.name}", *argv], **options)

    def gets_through(self, address: str, size: int) -> tuple[bool, str]:
        """Say whether an IPv4 packet of that size is answered whole, without being cut up; and ping's own words."""
        ping = f"ping -c 1 -W 3 -M do -s {size - 28} {address} 2>&1"
        ended = self.host.run(["nsenter", f"--net=/run/netns/{self.name}", "bash", "-c", ping], check=False)
        return ended.returncode == 0, ended.stdout

    def leave(self) -> None:
        """Take it away."""
        shell(self.host, "".join(f"ip link delete {tap}\n" for tap in self._taps) + f"ip netns delete {self.name}")


@contextmanager
def stand_in(host: Host, name: str, address: str, *bridges: str) -> Iterator[StandIn]:
    """Give a stand-in with an address and a prefix; gone afterwards."""
    made = StandIn(host, name, *bridges)
    try:
        made.run(f"ip address add {address} dev nic")
        yield made
    finally:
        made.leave()


@contextmanager
def hub_of(host: Host) -> Iterator[StandIn]:
    """Give a stand-in between the network that the small VMs start on and the plan's bridge, 192.0.2.250.

    The firewall forwards between ports of a bridge that is in one of its zones, and libvirt puts this one into none.
    """
    shell(host, "firewall-cmd --zone=trusted --change-interface=rehearsal0")
    with stand_in(host, "hub", "192.0.2.250/24", "rehearsal0", "bridge0") as hub:
        yield hub


_SERVER = (
    "dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=nic --bind-interfaces --user=root "
    "--leasefile-ro --no-ping --log-dhcp --pid-file= --log-facility=/root/dhcp.log --dhcp-range={0},{0},255.255.255.0"
)

_LEASE = r"""
read -r was _ < /proc/uptime
echo '#!/bin/bash
[ "$1" != bound ] || { ip addr add "$ip/$mask" dev "$interface"; echo "rehearsal: lease $ip"; }' > /lease
busybox chmod 755 /lease
busybox udhcpc -i "$nic" -f -q -t 20 -T 3 -s /lease
read -r now _ < /proc/uptime
echo "rehearsal: asked at $was s, has it at $now s"
"""
"""What the small VM does in the place of taking the address that it is told."""

_CLIENT = r"""
rm -rf /root/guest; mkdir /root/guest
cp /usr/local/lib/vxlan-tui/vxlan_tui/rehearsal/{initramfs.py,guest-init.sh} /root/guest; cd /root/guest
cat > lease
sed -i -e 's/^PROGRAMS = (/PROGRAMS = ("busybox", /' -e s/check=True/check=False/ initramfs.py # it may be static
sed -i -e '/ip addr add/{r lease' -e 'd}' guest-init.sh
grep -q udhcpc guest-init.sh; grep -q busybox initramfs.py
python3 -I initramfs.py "$(ls /lib/modules | sort -V | tail -n 1)" /var/lib/libvirt/boot/rehearsal.img
"""


def asks_by_dhcp(host: Host) -> None:
    """Have a host's small VMs ask for their address when they start the next time."""
    host.run(["bash", "-euc", _CLIENT], input=_LEASE)


@contextmanager
def served(server: StandIn, address: str) -> Iterator[None]:
    """Run a DHCP server in a stand-in that has one address to give; its log is /root/dhcp.log of the host."""
    shell(server.host, "rm -f /root/dhcp.log")
    child = held(server.popen(*_SERVER.format(address).split()))
    try:
        until(
            lambda: "DHCP, IP range" in server.host.run(["cat", "/root/dhcp.log"], check=False).stdout, 30, lambda: ""
        )
        yield
    finally:
        child.terminate()
        child.wait()


def said_since(rehearsal: Rehearsal, vm: str, since: int, words: str) -> str:
    """Wait until a VM's console says something (a regular expression), and give all that it said since."""
    until(
        lambda: re.search(words, rehearsal.console(vm)[since:]) is not None,
        120,
        lambda: rehearsal.console(vm)[since:][-2000:],
    )
    return rehearsal.console(vm)[since:]


EVERY = 0.05
"""Seconds between two of the frames that are sent to a VM while it is moved."""


@dataclass(frozen=True)
class Moved:
    """What a move did to frames: how many were sent, how many had no answer, and how many of those in a row."""

    sent: int
    lost: int
    in_a_row: int

    def __str__(self) -> str:
        seconds = self.in_a_row * EVERY
        return (
            f"{self.lost} of {self.sent} frames lost, {self.in_a_row} in a row: {seconds:.2f} s at one every {EVERY} s"
        )


def under_a_ping(hub: StandIn, address: str, move: Callable[[], object]) -> Moved:
    """Move a VM while it is pinged from both networks at once, and count what had no answer."""
    reached(hub, address)
    child = held(hub.popen("ping", "-n", "-i", str(EVERY), address, stdout=subprocess.PIPE, text=True))
    move()
    reached(hub, address)
    child.send_signal(signal.SIGINT)
    said, _ = child.communicate(timeout=30)
    answered = {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl=", said)}
    sent = int(re.findall(r"(\d+) packets transmitted", said)[0])
    marks = "".join("." if number in answered else "x" for number in range(1, max(answered) + 1))
    return Moved(sent, marks.count("x"), max(map(len, re.findall("x+", marks)), default=0))


def reached(by: StandIn, address: str) -> None:
    """Wait until an address answers."""
    until(lambda: by.gets_through(address, 100)[0], 120, lambda: f"{address} is silent")

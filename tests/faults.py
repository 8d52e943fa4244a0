"""Faults for `verify` to name: each injected by itself on a rehearsal's hosts, and taken back."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.on_host import PLAN, shell
from vxlan_tui.plan import Plan
from vxlan_tui.rehearsal import Rehearsal
from vxlan_tui.rehearsal.host import Host

HERE, THERE, ROUTER = "host-a", "host-b", "router"

ALWAYS = {"not-encrypted"}
"""What `verify` warns of on every host that the chapter sets up as it says."""

SYSTEMCTL = r"""#!/bin/bash
# Stands in for systemd, which a rehearsal has not: `enable --now UNIT…` starts daemons, `restart UNIT…` ends them
# first, as systemd does: one that is stopped is let go on, to end. A daemon whose name on D-Bus is still taken
# ends at once; systemd would start it again.
gone_from_dbus() {
    local bus=org.freedesktop.DBus
    until busctl call $bus /org/freedesktop/DBus $bus NameHasOwner s "$1" | grep -q false; do sleep 0.1; done
}
[ "$1" = restart ] && shift 1 || shift 2
for unit in "$@"; do
    pkill -TERM -x "${unit%.*}" && pkill -CONT -x "${unit%.*}"
    while ps -C "${unit%.*}" -o stat= | grep -q '^[^Z]'; do sleep 0.1; done
    case ${unit%.*} in
        firewalld)
            gone_from_dbus org.fedoraproject.FirewallD1
            setsid firewalld --nofork --nopid >/dev/null 2>&1 </dev/null & ;;
        NetworkManager)
            gone_from_dbus org.freedesktop.NetworkManager
            setsid NetworkManager --debug >/dev/null 2>&1 </dev/null & ;;
        libvirtd) rm -f /run/libvirtd.pid; setsid libvirtd >/dev/null 2>&1 </dev/null & ;;
        *) exit 1 ;;
    esac
done
"""

NO_STP = """
nmcli connection modify bridge0 bridge.stp no
ip link set dev bridge0 type bridge stp_state 0
for port in $(ls /sys/class/net/bridge0/brif); do
    [ "$(cat /sys/class/net/bridge0/brif/$port/state)" = 3 ] || bridge link set dev "$port" state 3
done
"""
"""Ends the 30 s that STP keeps a new port back for: a campaign has no time for them."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: how it comes about, the cause that names it, and how it is taken back.

    `inject` and `restore` are shell scripts by host. Where the remedy is commands, they are what takes the fault
    back, and `restore` puts right what is left over; where it is words, `restore` does what the words say.
    `mends` is where the commands of the remedy run; nowhere: it is words.
    """

    name: str
    cause: str
    inject: Mapping[str, str]
    mends: str = HERE
    restore: Mapping[str, str] = field(default_factory=dict)
    status: str = "fail"
    also: frozenset[str] = frozenset()

    @property
    def about(self) -> frozenset[str]:
        """What the fault is about: a host's part, by the first word of its cause (vxlan, bridge, vm, …)."""
        part = self.cause.partition("-")[0]
        return frozenset({f"{host} {part}" for host in self.inject}) | self.also

    def __str__(self) -> str:
        return self.name


def here(name: str, cause: str, inject: str, restore: str = "", **more: Any) -> Fault:
    """Make a fault of the host that is verified."""
    return Fault(name, cause, {HERE: inject}, restore={HERE: restore} if restore else {}, **more)


def there(name: str, cause: str, inject: str, restore: str = "", mends: str = THERE, **more: Any) -> Fault:
    """Make a fault of the other host."""
    return Fault(name, cause, {THERE: inject}, mends, {THERE: restore} if restore else {}, **more)


def _vxlan(changes: str, profile: str = "bridge0-vxlan10") -> str:
    again = f"nmcli connection down {profile}; nmcli connection up {profile}"
    return f"nmcli connection modify {profile} {changes}; {again}"


_OF_VXLAN = frozenset({f"{HERE} vxlan", f"{HERE} bridge"})
_OF_UNDERLAY = frozenset({f"{HERE} underlay"})
_OF_FIREWALL = frozenset({f"{HERE} firewall"})
"""What a fault is gone with, though it is about something else."""

_TAP = "$(virsh domiflist vma | awk '/vnet/{print $1}')"
FORGET = "ip route flush cache"
"""What was remembered of the path's MTU would outlast the fault by ten minutes."""

_PORT = "--remove-port=8472/udp"
_RULE = "'rule family=ipv4 source address=203.0.113.1 port port=8472 protocol=udp accept'"


def _in_internal(option: str) -> str:
    internal = f"--zone=internal {option}={_RULE}"
    return f"firewall-cmd {internal}; firewall-cmd --permanent {internal}"


_NETWORK = "virsh net-dumpxml vxlan10-bridge"

_TAP_B = "$(virsh domiflist vmb | awk '/vnet/{print $1}')"

_SPOIL = """
nft add table ip spoil
nft add chain ip spoil forward '{ type filter hook forward priority 0; }'
nft add rule ip spoil forward ip daddr 203.0.113.1 udp dport 8472 meta length gt 500 drop
"""
"""What comes of wrong checksums in large packets: they are gone, and ARP passes."""


def _nic(state: str) -> str:
    program = Path(__file__).with_name("faulty_nic.py").read_text()
    return f"python3 - {state} <<'END'\n{program}END\n"


_OFFLOAD = 'nmcli connection modify Example ethtool.feature-tx-checksum-ip-generic ""; nmcli connection up Example'

_WRONG_TCP = r"""
cat > /root/wrong_tcp.py <<'END'
import socket, time
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind(("bridge0", 0))
tcp = bytes(12) + b"\x50\x10" + bytes(2) + b"\xde\xad" + bytes(2) + bytes(200)
ip = bytes([0x45, 0, 0, 240, 0, 0, 64, 0, 64, 6, 0, 0, 192, 0, 2, 250, 192, 0, 2, 1])
while True:
    sock.send(b"\xff" * 6 + bytes.fromhex("5254000000fa") + b"\x08\x00" + ip + tcp)
    time.sleep(0.02)
END
setsid python3 /root/wrong_tcp.py >/dev/null 2>&1 </dev/null & echo $! > /run/wrong-tcp
sleep 1
"""

FAULTS = (
    # NetworkManager takes a lost carrier seriously after 6 s; as it does so, it breaks off what is activated just then.
    here(
        "underlay switched off",
        "underlay-down",
        "ip link set enp1s0 down; until nmcli -t device | grep -q ^enp1s0:.*:unavailable; do sleep 0.5; done",
    ),
    here("underlay disconnected", "underlay-down", "nmcli device disconnect enp1s0"),
    Fault(
        "underlay without carrier",
        "underlay-down",
        {ROUTER: "ip link set port0 down"},
        "",
        {ROUTER: "ip link set port0 up"},
    ),
    here(
        "address taken off",
        "underlay-address-missing",
        "ip address delete 198.51.100.2/24 dev enp1s0",
        also=_OF_UNDERLAY,
    ),
    here(
        "another address in the profile",
        "underlay-address-missing",
        "nmcli connection modify Example ipv4.addresses 198.51.100.77/24; nmcli connection up Example",
    ),
    here("no default route", "peer-unreachable", "ip route delete default", also=_OF_UNDERLAY),
    there(
        "other host's underlay off", "peer-unreachable", "ip link set enp1s0 down", "nmcli connection up Example", ""
    ),
    Fault(
        "narrow router",
        "path-mtu-too-small",
        {ROUTER: "ip link set subnet1 mtu 1400"},
        "",
        {ROUTER: "ip link set subnet1 mtu 1500", HERE: FORGET, THERE: FORGET},
    ),
    here("narrow underlay here", "path-mtu-too-small", "ip link set enp1s0 mtu 1400", FORGET, also=_OF_UNDERLAY),
    there(
        "narrow underlay there",
        "path-mtu-too-small",
        "ip link set enp1s0 mtu 1400",
        f"ip link set enp1s0 mtu 1500; {FORGET}",
        "",
    ),
    here("NetworkManager stopped", "networkmanager-not-running", "pkill -x NetworkManager; sleep 0.5"),
    here("NetworkManager hangs", "networkmanager-not-running", "pkill -STOP -x NetworkManager"),
    here("VXLAN profile deleted", "vxlan-missing", "nmcli connection delete bridge0-vxlan10", NO_STP),
    here("VXLAN profile down", "vxlan-missing", "nmcli connection down bridge0-vxlan10", NO_STP),
    here("other VNI", "vxlan-wrong-vni", _vxlan("vxlan.id 11"), NO_STP),
    here(
        "other VNI in the profile alone",
        "vxlan-wrong-vni",
        "nmcli connection modify bridge0-vxlan10 vxlan.id 11",
        NO_STP,
    ),
    here("other port", "vxlan-wrong-port", _vxlan("vxlan.destination-port 4789"), NO_STP),
    here("other local", "vxlan-wrong-local", _vxlan("vxlan.local 198.51.100.77"), NO_STP),
    here("other remote", "vxlan-wrong-remote", _vxlan("vxlan.remote 203.0.113.77"), NO_STP),
    here("VXLAN switched off", "vxlan-down", "ip link set vxlan10 down", NO_STP, also=_OF_VXLAN),
    here(
        "VXLAN out of its bridge",
        "vxlan-not-in-bridge",
        "nmcli device set vxlan10 managed no; ip link set vxlan10 nomaster",
        NO_STP + "nmcli device set vxlan10 managed yes; nmcli connection up bridge0-vxlan10" + NO_STP,
    ),
    here(
        "VXLAN profile without its bridge",
        "vxlan-not-in-bridge",
        'nmcli connection modify bridge0-vxlan10 connection.master "" connection.slave-type ""',
        NO_STP,
    ),
    here(
        "flood entry deleted",
        "flood-entry-missing",
        "bridge fdb delete 00:00:00:00:00:00 dev vxlan10 dst 203.0.113.1",
        also=_OF_VXLAN,
    ),
    here(
        "flood entry to elsewhere",
        "flood-entry-missing",
        "bridge fdb append 00:00:00:00:00:00 dev vxlan10 dst 203.0.113.77; "
        "bridge fdb delete 00:00:00:00:00:00 dev vxlan10 dst 203.0.113.1",
        "bridge fdb delete 00:00:00:00:00:00 dev vxlan10 dst 203.0.113.77",
        also=_OF_VXLAN,
    ),
    here(
        "flood entry too many",
        "flood-entry-stale",
        "bridge fdb append 00:00:00:00:00:00 dev vxlan10 dst 203.0.113.77",
        also=_OF_VXLAN,
    ),
    here("narrow bridge", "mtu-differs", "ip link set bridge0 mtu 1400", also=_OF_VXLAN),
    there(
        "narrow device of the VM there",
        "mtu-differs",
        f"ip link set {_TAP_B} mtu 1000",
        also=frozenset({f"{THERE} vm"}),
    ),
    Fault(
        "large packets spoilt on their way",
        "checksum-offload",
        {ROUTER: _SPOIL},
        HERE,
        {ROUTER: "nft delete table ip spoil", HERE: _OFFLOAD},
        also=_OF_UNDERLAY,
    ),
    Fault(
        "a NIC that computes wrong checksums",
        "checksum-offload",
        {ROUTER: _nic("faulty")},
        HERE,
        {ROUTER: _nic("sound"), HERE: _OFFLOAD},
        also=_OF_UNDERLAY,
    ),
    there(
        "TCP with wrong checksums from there",
        "checksum-offload",
        _WRONG_TCP,
        f"kill $(cat /run/wrong-tcp); {_OFFLOAD}",
        also=frozenset({f"{THERE} underlay"}),
    ),
    here("bridge deleted", "bridge-missing", "nmcli connection delete bridge0 bridge0-vxlan10", "sleep 1" + NO_STP),
    here("bridge profile down", "bridge-missing", "nmcli connection down bridge0", NO_STP, also=_OF_VXLAN),
    here("bridge switched off", "bridge-down", "ip link set bridge0 down", NO_STP),
    here("VXLAN's port blocked", "bridge-port-blocked", "bridge link set dev vxlan10 state 0", also=_OF_VXLAN),
    here(
        "forward chain drops",
        "bridge-filtered",
        "nft add table ip filter; "
        "nft add chain ip filter FORWARD '{ type filter hook forward priority 0; policy drop; }'",
        "nft delete table ip filter; sysctl -w net.bridge.bridge-nf-call-iptables=1",
    ),
    here(
        "VXLAN not flooded to",
        "bridge-filtered",
        "bridge link set dev vxlan10 bcast_flood off",
        also=_OF_VXLAN,
    ),
    here("firewall port closed", "firewall-port-closed", f"firewall-cmd {_PORT}; firewall-cmd --permanent {_PORT}"),
    here("firewall port closed for now", "firewall-port-closed", f"firewall-cmd {_PORT}"),
    here(
        "underlay in another zone",
        "firewall-port-closed",
        "nmcli connection modify Example connection.zone internal; sleep 0.5",
        "firewall-cmd --zone=internal --remove-port=8472/udp; "
        "firewall-cmd --permanent --zone=internal --remove-port=8472/udp; "
        'nmcli connection modify Example connection.zone ""; sleep 0.5',
    ),
    here(
        "other hosts let in by another zone than the underlay's",
        "firewall-port-closed",
        f"""sed -i.before 's/^name = "host-a"/&\\nzone = "internal"/; s/^vni = .*/&\\nadmit = "peers"/' {PLAN}; """
        f"{_in_internal('--add-rich-rule')}; firewall-cmd {_PORT}; firewall-cmd --permanent {_PORT}",
        f"mv {PLAN}.before {PLAN}; {_in_internal('--remove-rich-rule')}; "
        "firewall-cmd --add-port=8472/udp; firewall-cmd --permanent --add-port=8472/udp; "
        'nmcli connection modify Example connection.zone ""; sleep 0.5',
    ),
    here("firewall port not permanent", "firewall-not-permanent", f"firewall-cmd --permanent {_PORT}"),
    here(
        "firewall port open on another interface",
        "firewall-port-elsewhere",
        "ip link add other0 type veth peer name other1; "
        "until nmcli device set other0 managed no; do sleep 0.1; done; "  # it may take the address off otherwise
        "ip address add 192.0.2.199/24 dev other0; ip link set other0 up; sleep 1",
        "ip link delete other0",
        mends="",
        status="warn",
    ),
    here("firewalld stopped", "firewalld-not-running", "pkill -x firewalld; sleep 1", also=_OF_FIREWALL),
    here("firewalld hangs", "firewalld-not-running", "pkill -STOP -x firewalld", also=_OF_FIREWALL),
    there(
        "other host's firewall closed",
        "peer-firewall-rejects",
        f"firewall-cmd {_PORT}; firewall-cmd --permanent {_PORT}",
    ),
    there("no VXLAN there", "peer-no-vxlan", "nmcli connection down bridge0-vxlan10", NO_STP),
    there("other port there", "peer-no-vxlan", _vxlan("vxlan.destination-port 4789"), NO_STP),
    there("other VNI there", "peer-wrong-vni", _vxlan("vxlan.id 20") + NO_STP, NO_STP),
    here("libvirt stopped", "libvirt-not-running", "pkill -x libvirtd; sleep 1"),
    here("libvirt hangs", "libvirt-not-running", "pkill -STOP -x libvirtd"),
    here(
        "network deleted",
        "network-missing",
        "virsh net-destroy vxlan10-bridge; virsh net-undefine vxlan10-bridge",
    ),
    here("network stopped", "network-inactive", "virsh net-destroy vxlan10-bridge"),
    here("network without autostart", "network-no-autostart", "virsh net-autostart --disable vxlan10-bridge"),
    here(
        "network on another bridge",
        "network-wrong-bridge",
        f"{_NETWORK} | sed s/bridge0/bridge7/ > /root/wrong.xml; virsh net-destroy vxlan10-bridge; "
        "virsh net-define /root/wrong.xml; virsh net-start vxlan10-bridge",
        "virsh net-destroy vxlan10-bridge; virsh net-undefine vxlan10-bridge; "
        f"vxlan-tui apply {PLAN} --host {HERE} --only network --yes",
        mends="",
    ),
    here(
        "VM deleted",
        "vm-missing",
        "virsh dumpxml --inactive --security-info vma > /root/vma.xml; virsh destroy vma; virsh undefine vma",
        "virsh define /root/vma.xml; virsh start vma",
        mends="",
    ),
    here("VM off", "vm-not-running", "virsh destroy vma"),
    here("VM paused", "vm-not-running", "virsh suspend vma"),
    here(
        "VM's stored network",
        "vm-wrong-network",
        "virt-xml vma --edit --network network=rehearsal-old",
    ),
    here(
        "VM's device out of the bridge",
        "vm-not-in-bridge",
        "ip link set $(virsh domiflist vma | awk '/vnet/{print $1}') nomaster",
    ),
    here("VM's cable out", "vm-link-down", f"virsh domif-setlink vma {_TAP} down"),
    here(
        "VM's device blocked",
        "bridge-port-blocked",
        f"bridge link set dev {_TAP} state 0",
        also=frozenset({f"{HERE} vm"}),
    ),
    here(
        "VM here silent",
        "vm-no-arp-reply",
        "nft add table netdev quiet; nft add chain netdev quiet in "
        f'"{{ type filter hook ingress device {_TAP} priority 0; policy drop; }}"',
        "nft delete table netdev quiet",
        mends="",
    ),
    there("VM there silent", "vm-no-arp-reply", "virsh suspend vmb"),
    here("underlay profile not at boot", "profile-not-autoconnect", "nmcli connection modify Example autoconnect no"),
    here(
        "bridge profile not at boot",
        "profile-not-autoconnect",
        "nmcli connection modify bridge0 autoconnect no",
    ),
    here(
        "VXLAN profile not at boot",
        "profile-not-autoconnect",
        "nmcli connection modify bridge0-vxlan10 autoconnect no",
    ),
    here(
        "underlay by another profile",
        "profile-missing",
        "nmcli connection modify Example connection.id other",
        "nmcli connection delete other",
        also=_OF_UNDERLAY,
    ),
    here(
        "VXLAN made by hand",
        "profile-missing",
        "nmcli connection delete bridge0-vxlan10; while ip link show vxlan10; do sleep 0.1; done; "
        "ip link add vxlan10 type vxlan id 10 dstport 8472 local 198.51.100.2 remote 203.0.113.1; "
        "ip link set vxlan10 master bridge0 up;" + NO_STP,
        f"ip link delete dev vxlan10; vxlan-tui apply {PLAN} --host {HERE} --only bridge --yes;" + NO_STP,
        mends="",
        also=_OF_VXLAN,
    ),
    here(
        "other name server in the profile",
        "profile-differs",
        "nmcli connection modify Example ipv4.dns 198.51.100.99",
        status="warn",
    ),
    here(
        "VM that is not told the tunnel's MTU",
        "guest-mtu",
        "virt-xml vma --edit --network clearxml=no,mtu.size=; virsh destroy vma; virsh start vma; "
        "for n in $(seq 90); do arping -D -q -c 1 -w 1 -I bridge0 192.0.2.1 || break; done",
        status="warn",
    ),
    here(
        "STP keeps the port back",
        "bridge-port-waits",
        "ip link set bridge0 type bridge stp_state 1; ip link set vxlan10 down; ip link set vxlan10 up",
        NO_STP,
        mends="",
        status="warn",
    ),
)


class Verdict:
    """What `verify --json` said."""

    def __init__(self, text: str, status: int, seconds: float) -> None:
        self.answer: dict[str, Any] = json.loads(text)
        self.status = status
        self.seconds = seconds

    @property
    def checks(self) -> list[dict[str, Any]]:
        """Every check's row."""
        return list(self.answer["checks"])

    def causes(self, status: str) -> list[str]:
        """Give the causes of the checks of that status."""
        return [row["cause"] for row in self.checks if row["status"] == status]

    @property
    def alarms(self) -> list[str]:
        """Give the causes that a host without a fault must not have."""
        return [cause for cause in self.causes("fail") + self.causes("warn") if cause not in ALWAYS]

    def told(self) -> str:
        """Say what is not well, for a person who reads a failed test."""
        rows = [row for row in self.checks if row["status"] != "pass"]
        return "\n".join(
            f"{r['status']} {r['id']} {r['subject']}: {r['cause']} {r['evidence']} | {r['fix']}" for r in rows
        )


class Field:
    """A rehearsal's hosts as the chapter leaves them, on which faults come and go."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal

    def shell(self, host: str, script: str) -> None:
        """Run a script on a host, or on the router; it may fail in parts."""
        place = self.rehearsal.router if host == ROUTER else self.rehearsal[host]
        place.run(["bash", "-c", script], check=False, timeout=120)

    def set_up(self, *, stp: bool = False) -> None:
        """Apply the plan on every host, and wait until it is all well."""
        self.rehearsal.in_parallel(lambda host: _apply(host, stp), self.rehearsal.hosts)
        self.until_well(90)

    def verify(self, host: str = HERE) -> Verdict:
        """Run the program's own `verify` there."""
        started = time.monotonic()
        ended = self.rehearsal[host].run(["vxlan-tui", "verify", PLAN, "--host", host, "--json"], check=False)
        assert ended.returncode in (0, 1), ended.stdout + ended.stderr
        return Verdict(ended.stdout, ended.returncode, time.monotonic() - started)

    def until_well(self, seconds: float = 60, host: str = HERE) -> Verdict:
        """Verify until nothing fails and nothing is waited for; guests take seconds to start."""
        give_up = time.monotonic() + seconds
        while True:
            said = self.verify(host)
            if not said.alarms:
                return said
            assert time.monotonic() < give_up, f"still not well:\n{said.told()}"
            time.sleep(0.5)

    def inject(self, fault: Fault) -> None:
        """Bring a fault about."""
        for host, script in fault.inject.items():
            self.shell(host, script)

    def mend(self, row: Mapping[str, Any]) -> None:
        """Run the very text of a remedy where it says."""
        for text in row["fix_commands"]:
            agreed = f"{text} --yes" if text.startswith("vxlan-tui apply") else text
            ended = self.rehearsal[row["fix_on"]].run(["bash", "-c", agreed], check=False, timeout=180)
            assert ended.returncode in (0, 1 if "verify" in text else 0), f"{text}\n{ended.stdout}{ended.stderr}"

    def recover(self) -> None:
        """Put all right by the plan, so that a fault which was not mended spoils no other one's trial."""
        for host in self.rehearsal.hosts:
            with suppress(subprocess.SubprocessError):
                _apply(host, stp=False)
        with suppress(AssertionError, subprocess.SubprocessError):
            for row in self.verify().checks:  # what no plan puts back, such as a VM's device in its bridge
                if row["status"] == "fail":
                    self.mend(row)
            self.until_well(90)

    def restore(self, fault: Fault) -> None:
        """Do what is left to do after a remedy, or what its words say."""
        for host, script in fault.restore.items():
            self.shell(host, script)


def _apply(host: Host, stp: bool) -> None:
    host.run(["tee", "/usr/local/sbin/systemctl"], input=SYSTEMCTL)
    host.run(["chmod", "755", "/usr/local/sbin/systemctl"])
    apply = ["vxlan-tui", "apply", PLAN, "--host", host.name, "--yes"]
    host.run([*apply, "--only", "ethernet,bridge,network"], timeout=240)
    if not stp:
        shell(host, NO_STP.replace("bridge0", "bridge0"))
    host.run(apply, timeout=240)


@contextmanager
def field_of(plan: Plan, progress: Callable[[str], None] = lambda text: None, **options: Any) -> Iterator[Field]:
    """Give the plan's hosts, set up."""
    with Rehearsal(plan, progress=progress, underlay_up=False, **options) as rehearsal:
        field = Field(rehearsal)
        field.set_up()
        yield field


def trial(field: Field, fault: Fault) -> tuple[list[str], float]:
    """Inject a fault, hold the verdict to it, mend it; say what was not as it has to be, and the seconds it took."""
    field.inject(fault)
    said = field.verify()
    wrong = _judge(said, fault)
    row = next((row for row in said.checks if row["cause"] == fault.cause), None)
    try:
        if row is not None:
            field.mend(row)
            if fault.cause in ALWAYS and fault.cause in field.until_well().causes("warn"):
                wrong.append("not mended: it is still warned of")
        field.restore(fault)
        field.until_well()
    except (AssertionError, subprocess.SubprocessError) as error:
        wrong.append(f"not mended: {error}")
        field.recover()
    return [f"{fault.name}: {each}" for each in wrong], said.seconds


def separate(one: Fault, other: Fault) -> bool:
    """Whether two faults can be there at once: not where one, or its remedy, takes away what the other is about.

    NetworkManager brings back much as it starts. Of two with one cause, the second is named when the first is mended.
    """
    if one.cause == other.cause:
        return False
    restarts = "networkmanager-not-running" in (one.cause, other.cause)
    by_profiles = any("nmcli" in fault.inject.get(HERE, "") for fault in (one, other))
    if "warn" in (one.status, other.status) or (restarts and by_profiles):
        return False
    return one.about.isdisjoint(other.about)


_OF_DAEMONS = ("networkmanager-not-running", "firewalld-not-running", "libvirt-not-running")


def pair_trial(field: Field, one: Fault, other: Fault) -> tuple[list[str], float]:
    """Inject two faults, mend what is named until all is well, and say what was not as it has to be.

    Only their two causes may be named. A fault that hides behind the other is named once that one is mended.
    """
    for fault in sorted((one, other), key=lambda fault: fault.cause in _OF_DAEMONS):
        field.inject(fault)  # a daemon goes last: the other fault may need it to come about
    causes, named, wrong = {one.cause, other.cause}, set[str](), []
    longest = 0.0
    try:
        for _ in range(3):
            said = field.verify()
            longest = max(longest, said.seconds)
            failed = [row for row in said.checks if row["status"] == "fail"]
            strange = [row["cause"] for row in failed if row["cause"] not in causes]
            wrong += [f"named {', '.join(strange)}\n{said.told()}"] if strange else []
            named |= {row["cause"] for row in failed}
            for row in failed:
                field.mend(row)
            for fault in (one, other):
                if any(row["cause"] == fault.cause for row in failed):
                    field.restore(fault)
            if not failed or named == causes:
                break
        field.until_well()
    except (AssertionError, subprocess.SubprocessError) as error:
        wrong.append(f"not mended: {error}")
        field.recover()
    if named != causes:
        wrong.append(f"never named: {', '.join(causes - named)}")
    return [f"{one.name} + {other.name}: {each}" for each in wrong], longest


def _judge(said: Verdict, fault: Fault) -> list[str]:
    wrong = []
    failed = said.causes("fail")
    if fault.status == "fail" and failed != [fault.cause]:
        wrong.append(f"failed: {failed}, not {fault.cause}\n{said.told()}")
    if fault.status == "warn" and (failed or fault.cause not in said.causes("warn")):
        wrong.append(f"failed: {failed}; warned: {said.causes('warn')}\n{said.told()}")
    if said.status != (1 if fault.status == "fail" else 0) or said.answer["ok"] != (fault.status != "fail"):
        wrong.append(f"exit status {said.status}, ok {said.answer['ok']}")
    row = next((row for row in said.checks if row["cause"] == fault.cause), None)
    if row is not None and not _right_place(row, fault):
        wrong.append(f"remedy on {row['fix_on']}: {row['fix']}")
    return wrong


def _right_place(row: Mapping[str, Any], fault: Fault) -> bool:
    """Whether the remedy is commands where it has to be, and for the right host. To look there is words as well."""
    if not fault.mends:
        return not row["fix_commands"] or " verify " in row["fix"]
    return bool(row["fix_commands"]) and row["fix_on"] == fault.mends

"""Hosts that are well, set up in many ways: `verify` must not raise an alarm on any of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults import ALWAYS, HERE, NO_STP, ROUTER, THERE, Field
from tests.on_host import PLAN
from vxlan_tui.plan import Plan, load
from vxlan_tui.rehearsal import SAMPLE, Rehearsal
from vxlan_tui.rehearsal.host import Host

BRIDGE_0 = '[[segments]]\nvni = 10\nbridge = "bridge0"\n'
VMS = "".join(
    f'[[vms]]\nhost = "host-{letter}"\nname = "vm{letter}"\nnetwork = "vxlan10-bridge"\naddress = "192.0.2.{number}"\n'
    for letter, number in (("a", 1), ("b", 2))
)


def _hosts(*vteps: str, more: str = "") -> str:
    """Give hosts that use their interface as it is; `more` are lines of each."""
    rows = zip("abcdefgh", vteps, strict=False)
    return "".join(f'[[hosts]]\nname = "host-{n}"\ninterface = "enp1s0"\nvtep = "{vtep}"\n{more}' for n, vtep in rows)


APART = ("198.51.100.2", "203.0.113.1")
TOGETHER = ("198.51.100.2", "198.51.100.3")


@dataclass(frozen=True)
class Setup:
    """A way to set hosts up: the plan, and scripts by host before and after it is applied.

    `warned` may be warned of; the checks of `passes` must not be skipped.
    """

    name: str
    plan: str
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    warned: frozenset[str] = frozenset(ALWAYS)
    passes: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.name


def _both(script: str) -> dict[str, str]:
    return {HERE: script, THERE: script}


def _mtu(size: int) -> dict[str, str]:
    """Give every device on the underlay an MTU, the hosts' by their profiles."""
    router = "; ".join(f"ip link set {name} mtu {size}" for name in ("port0", "port1", "subnet0", "subnet1"))
    host = f"nmcli connection modify uplink 802-3-ethernet.mtu {size}; nmcli connection up uplink"
    return {**_both(host), ROUTER: router}


DHCP = '[hosts.ethernet]\nprofile = "Example"\nmethod = "auto"\n'
_BELOW = (
    "nmcli connection add type bridge con-name lan ifname lan0 bridge.stp no ipv4.method manual "
    "ipv4.addresses {0}/24 ipv4.gateway {1} ipv6.method disabled; "
    "nmcli connection delete uplink; "
    "nmcli connection add type ethernet con-name lan-port ifname enp1s0 slave-type bridge master lan0; "
    "nmcli connection up lan; nmcli connection up lan-port; sed -i s/enp1s0/lan0/ /root/plan.toml; sleep 1"
)
_DOCKER = """
sysctl -w net.bridge.bridge-nf-call-iptables=1
nft add table ip filter
nft add chain ip filter FORWARD '{ type filter hook forward priority 0; policy drop; }'
nft add chain ip filter DOCKER
nft add rule ip filter FORWARD oifname docker0 jump DOCKER
nft add rule ip filter FORWARD iifname bridge0 accept
"""

_OTHER = (
    "ip link add lonely type bridge stp_state 1; ip link set lonely up; "
    "ip link add other type vxlan id 77 dstport 8472 local {} remote {}; ip link set other master lonely up"
)

_AGENT = "python3 -I /root/guest_agent.py $(ls /lib/modules | sort -V | tail -n 1) {}"

SETUPS = (
    Setup("the chapter's own", SAMPLE.read_text()),
    Setup("kept Ethernet", _hosts(*APART) + BRIDGE_0),
    Setup("without STP", _hosts(*APART) + BRIDGE_0, after=_both(NO_STP)),
    Setup("DHCP", _hosts(*APART, more=DHCP) + BRIDGE_0),
    Setup("one subnet", _hosts(*TOGETHER) + BRIDGE_0),
    Setup("port 4789", _hosts(*APART) + BRIDGE_0 + "port = 4789\n"),
    Setup(
        "two segments, on two ports",
        _hosts(*APART) + BRIDGE_0 + '[[segments]]\nvni = 20\nbridge = "bridge1"\nport = 4789\n',
    ),
    Setup("two segments with VMs", _hosts(*APART) + BRIDGE_0 + '[[segments]]\nvni = 20\nbridge = "bridge1"\n' + VMS),
    Setup("multicast group", _hosts(*TOGETHER) + BRIDGE_0 + 'group = "239.1.1.10"\n' + VMS),
    Setup("three hosts in a list", _hosts(*TOGETHER, "198.51.100.4") + BRIDGE_0 + VMS),
    Setup(
        "three hosts in a list over IPv6, let in alone",
        _hosts("2001:db8:1::2", "2001:db8:1::3", "2001:db8:2::1") + BRIDGE_0 + 'admit = "peers"\n' + VMS,
    ),
    Setup(
        "meant to be in the clear", _hosts(*APART) + BRIDGE_0 + '[encryption]\nmethod = "none"\n', warned=frozenset()
    ),
    Setup("three hosts in a group", _hosts(*TOGETHER, "198.51.100.4") + BRIDGE_0 + 'group = "239.1.1.10"\n'),
    Setup("IPv6 VTEPs", _hosts("2001:db8:1::2", "2001:db8:2::1") + BRIDGE_0 + VMS),
    Setup("IPv6 group", _hosts("2001:db8:1::2", "2001:db8:1::3") + BRIDGE_0 + 'group = "ff05::1:10"\n'),
    Setup("another zone", _hosts(*APART, more='zone = "internal"\n') + BRIDGE_0),
    Setup("the zone trusted", _hosts(*APART, more='zone = "trusted"\n') + BRIDGE_0),
    Setup(
        "the underlay a bridge",
        _hosts(*APART) + BRIDGE_0,
        before={HERE: _BELOW.format(APART[0], "198.51.100.254"), THERE: _BELOW.format(APART[1], "203.0.113.254")},
    ),
    Setup("a small MTU all the way", _hosts(*APART) + BRIDGE_0 + VMS, before=_mtu(1420)),
    Setup(
        "jumbo frames",
        _hosts(*APART) + BRIDGE_0 + VMS,
        before=_mtu(9000),
    ),
    Setup(
        "guests with the tunnel's MTU",
        _hosts(*APART) + BRIDGE_0 + VMS,
        before={
            HERE: "virt-xml vma --edit --network mtu.size=1450",
            THERE: "virt-xml vmb --edit --network mtu.size=1450",
        },
    ),
    Setup(
        "a guest agent that answers",
        _hosts(*APART) + BRIDGE_0 + VMS,
        before={HERE: _AGENT.format("vma"), THERE: _AGENT.format("vmb")},
        passes=frozenset({"vm.inside"}),
    ),
    Setup(
        "no ping answered",
        _hosts(*APART) + BRIDGE_0 + VMS,
        after=_both("sysctl -w net.ipv4.icmp_echo_ignore_all=1; firewall-cmd --add-icmp-block=echo-request"),
    ),
    Setup("Docker's rules, and the bridge let through", _hosts(*APART) + BRIDGE_0, after=_both(_DOCKER)),
    Setup(
        "br_netfilter off, and all dropped",
        _hosts(*APART) + BRIDGE_0,
        after=_both(
            "sysctl -w net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0; "
            "nft add table inet f; nft add chain inet f FORWARD '{ type filter hook forward priority 0; policy drop; }'"
        ),
    ),
    Setup(
        "another VXLAN between the hosts",
        _hosts(*APART) + BRIDGE_0,
        after={HERE: _OTHER.format(*APART), THERE: _OTHER.format(*reversed(APART))},
    ),
    Setup(
        "long names",
        _hosts(*APART) + '[[segments]]\nvni = 16777215\nvxlan = "vx-abcdefghijkl"\nbridge = "br-abcdefghijkl"\n',
    ),
)


@contextmanager
def planned(setup: Setup) -> Iterator[Plan]:
    """Give a setup's plan, read from a file."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "plan.toml"
        path.write_text(setup.plan)
        yield load(path)


def _apply(host: Host) -> None:
    host.run(["vxlan-tui", "apply", PLAN, "--host", host.name, "--yes"], timeout=240)


def alarms(setup: Setup) -> tuple[list[str], float]:
    """Set hosts up, verify each of them, and give what is said against them, and the longest run in seconds."""
    with planned(setup) as plan, Rehearsal(plan, underlay_up=False) as rehearsal:
        field = Field(rehearsal)
        for host in rehearsal.hosts:
            host.run(["tee", "/root/guest_agent.py"], input=Path(__file__).with_name("guest_agent.py").read_text())
        for place, script in setup.before.items():
            field.shell(place, script)
        rehearsal.in_parallel(_apply, rehearsal.hosts)
        for place, script in setup.after.items():
            field.shell(place, script)
        said = []
        for host in rehearsal.hosts:
            field.until_well(120, host.name)
        verdicts = {host.name: field.verify(host.name) for host in rehearsal.hosts}
        for name, verdict in verdicts.items():
            wrong = [cause for cause in verdict.causes("fail") + verdict.causes("warn") if cause not in setup.warned]
            wrong += [row["id"] for row in verdict.checks if row["id"] in setup.passes and row["status"] != "pass"]
            said += [f"{name}: {', '.join(wrong)}\n{verdict.told()}"] if wrong or verdict.status else []
        return said, max(verdict.seconds for verdict in verdicts.values())

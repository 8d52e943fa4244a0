"""A plan of many hosts, each with a VM: reading it, reading it with faults all over, and looking each host up."""

import sys
from pathlib import Path

from tests.bench.interleaved import ratios, seconds, told
from vxlan_tui.plan import Plan, PlanError, parse

FILE = Path("plan.toml")
HOST = """
[[hosts]]
name = "host-{0}"
interface = "enp1s0"
ssh = "root@host-{0}.example.com"
[hosts.ethernet]
profile = "Example"
method = "manual"
address = "172.{1}.{2}.{3}/12"
gateway = "172.31.255.254"
[[vms]]
host = "host-{0}"
name = "vm"
network = "vxlan10-bridge"
"""
REST = """
[[segments]]
vni = 10
bridge = "bridge0"
[encryption]
method = "wireguard"
subnet = "10.0.0.0/16"
"""


def main() -> None:
    """Print the ratios, and the seconds as they were here."""
    half, whole = text(500), text(1000)
    bad, worse = (each.replace(b'"vxlan10-bridge"', b'"none"') for each in (half, whole))
    small, large = read(half), read(whole)
    for what, one, other in (
        ("reading", lambda: read(whole), lambda: read(half)),
        ("refusing", lambda: refuse(worse), lambda: refuse(bad)),
        ("looking up", lambda: look_up(large), lambda: look_up(small)),
    ):
        sys.stdout.write(told(f"{what} 1,000 hosts / 500", ratios(one, other, runs=7), 2.3) + "\n")
    sys.stdout.write(f"reading 1,000 hosts took {seconds(lambda: read(whole)):.2f} s here\n")
    sys.stdout.write(f"every host's list of the others took {seconds(lambda: lists(read(whole))):.2f} s with that\n")


def text(hosts: int, rest: str = REST) -> bytes:
    """Return a plan file's content; `rest` is what follows its hosts and VMs."""
    rows = (HOST.format(n, 16 + n // 62500, n // 250 % 250, n % 250 + 1) for n in range(hosts))
    return ("".join(rows) + rest).encode()


def read(raw: bytes) -> Plan:
    """Read a plan."""
    return parse(raw, FILE)


def refuse(raw: bytes) -> None:
    """Read a plan that has to be refused."""
    try:
        parse(raw, FILE)
    except PlanError as error:
        str(error)
        return
    raise AssertionError


def look_up(plan: Plan) -> None:
    """Ask each thing of each host once that does not name all the others."""
    for host in plan.hosts:
        (vm,) = plan.vms_of(plan.host(host.name))
        plan.segment_of(vm.network)
        plan.tunnel_address(host)


def lists(plan: Plan) -> None:
    """Ask for each host's list of the others."""
    for host in plan.hosts:
        plan.remotes(host, plan.segments[0])


if __name__ == "__main__":
    main()

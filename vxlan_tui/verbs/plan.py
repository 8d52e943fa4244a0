"""`plan`: what a plan file holds or what is wrong with it, an example of one, and a schema for editors."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from vxlan_tui import plan
from vxlan_tui.exits import DONE
from vxlan_tui.plan import Host, Plan, Segment, printable, reference


def check(path: Path) -> int:
    """Print what a plan file holds, and return the exit status; raise PlanError, which names all of its faults."""
    loaded = plan.load(path)
    sys.stdout.write("".join(f"{printable(line)}\n" for line in _told(loaded, path)))
    return DONE


def example() -> int:
    """Print an example plan, and return the exit status."""
    sys.stdout.write(reference.example())
    return DONE


def schema() -> int:
    """Print the JSON schema of a plan, and return the exit status."""
    sys.stdout.write(f"{json.dumps(reference.schema(), indent=2)}\n")
    return DONE


def _told(loaded: Plan, path: Path) -> Iterator[str]:
    """Yield the lines that tell of a plan: a line for each table."""
    yield f"{path}: in order, {_counted(loaded)}"
    for host in loaded.hosts:
        yield f"host {host.name}: {_host(loaded, host)}"
    for segment in loaded.segments:
        yield f"segment {segment.vxlan}: {_segment(loaded, segment)}"
    for vm in loaded.vms:
        address = f", {vm.address} inside the segment" if vm.address else ""
        yield f"VM {vm.name}: on {vm.host}, in {vm.network}{address}"
    if loaded.encryption is not None:
        wireguard = f"WireGuard, {loaded.encryption.subnet}, UDP port {loaded.encryption.port}"
        yield f"encryption: {wireguard if loaded.encrypted else 'none, as the plan says'}"
    yield f"digest: sha256 {loaded.digest}"


def _counted(loaded: Plan) -> str:
    counts = ((len(loaded.hosts), "host"), (len(loaded.segments), "segment"), (len(loaded.vms), "VM"))
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)


def _host(loaded: Plan, host: Host) -> str:
    tunnel = f", {loaded.tunnel_address(host)} in the encrypted tunnel" if loaded.encrypted else ""
    reached = f"reached by ssh {host.ssh}" if host.ssh else "worked on from itself alone (no ssh)"
    return f"VTEP {host.vtep} on {host.interface}{tunnel}, {reached}"


def _segment(loaded: Plan, segment: Segment) -> str:
    others = {
        "remote": "to the other host",
        "list": f"to the list of {len(loaded.hosts) - 1} other hosts",
        "group": f"to the group {segment.group}",
        "evpn": f"to whom EVPN tells, AS {loaded.evpn.asn if loaded.evpn else ''}",
    }[loaded.flood(segment)]
    where = f"VNI {segment.vni}, {segment.bridge}, network {segment.network}, UDP port {segment.port}"
    alone = loaded.encrypted or loaded.admits_peers(segment.port)
    admitted = "the other hosts alone" if alone else "everybody"
    return f"{where}, broadcasts {others}, {admitted} admitted"

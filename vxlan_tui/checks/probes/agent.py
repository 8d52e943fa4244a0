"""An ARP request from inside a VM, through its guest agent (QEMU guest agent protocol, guest-exec)."""

import json
import time
from typing import Any

import libvirt_qemu

from vxlan_tui.checks.evidence import Inside
from vxlan_tui.facts.libvirt import LibvirtUnavailable, connection
from vxlan_tui.reach import Reach

_PATIENCE = 2
"""Seconds for each answer of the agent."""


def ask(reach: Reach, vm: str, mac: str, address: str) -> Inside:
    """Have a VM of a host ask for an address by arping, on the NIC of that MAC."""
    try:
        with connection(reach) as opened:
            return _ask(opened.lookupByName(vm), mac, address)
    except LibvirtUnavailable as error:
        return Inside(error=str(error))
    except (KeyError, TypeError, ValueError) as error:
        return Inside(error=f"the guest agent's answer was not understood: {error!r}")


def _ask(domain: Any, mac: str, address: str) -> Inside:
    interfaces = _call(domain, "guest-network-get-interfaces")
    name = next((row["name"] for row in interfaces if row.get("hardware-address", "").lower() == mac), "")
    if not name:
        return Inside(error=f"the VM has no interface with the MAC address {mac}")
    arguments = ["-c", "1", "-w", "2", "-I", name, address]
    started = _call(domain, "guest-exec", {"path": "arping", "arg": arguments, "capture-output": True})
    give_up = time.monotonic() + 3.0
    while time.monotonic() < give_up:
        status = _call(domain, "guest-exec-status", {"pid": started["pid"]})
        if status.get("exited"):
            return Inside(status.get("exitcode") == 0, f"arping on {name} ended with {status.get('exitcode')}")
        time.sleep(0.1)
    return Inside(error="arping did not end inside the VM")


def _call(domain: Any, execute: str, arguments: dict[str, Any] | None = None) -> Any:
    asked = {"execute": execute, **({"arguments": arguments} if arguments else {})}
    return json.loads(libvirt_qemu.qemuAgentCommand(domain, json.dumps(asked), _PATIENCE, 0))["return"]

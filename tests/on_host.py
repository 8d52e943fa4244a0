"""What tests do on a rehearsal's hosts: run the program, and say in text what a host is configured to be."""

import json
import re
from typing import Any
from xml.etree import ElementTree

from vxlan_tui.rehearsal.host import Host

PLAN = "/root/plan.toml"
RECORDS = "ls /var/lib/vxlan-tui/before 2>/dev/null || true"
"""As a script: the names of the records that the host keeps."""

_CONFIGURATION = r"""
nmcli -t -f NAME,TYPE,DEVICE connection show | grep -v -e ^rehearsal0: -e ^vnet | sort
nmcli -g NAME connection show | grep -v -x -e rehearsal0 -e 'vnet.*' | sort | while read -r name; do
    nmcli -t -f connection,ipv4,ipv6,bridge,vxlan connection show id "$name" |
        grep -v -e '\.uuid:' -e '\.timestamp:' -e '^GENERAL' -e '^IP[46]\.'
done
virsh net-list --all | sort
virsh net-list --all --name | while read -r name; do
    [ -z "$name" ] || virsh net-dumpxml "$name" | grep -v '<uuid>'
done
virsh list --all --name | sort | while read -r name; do
    [ -z "$name" ] || { virsh domstate "$name"; virsh dumpxml --inactive --security-info "$name"; }
done
ls -A /run/vxlan-tui 2>/dev/null
ip -br link | awk '{print $1}' | sort
"""


_ZONES = r"""
call='busctl --json=short call org.fedoraproject.FirewallD1 /org/fedoraproject/FirewallD1'
for file in $(ls /usr/lib/firewalld/zones /etc/firewalld/zones | grep '[.]xml$' | sort -u); do
    echo "${file%.xml}"
    $call org.fedoraproject.FirewallD1.zone getZoneSettings2 s "${file%.xml}"
    stored=/etc/firewalld/zones/$file
    [ -e "$stored" ] || stored=/usr/lib/firewalld/zones/$file
    tr '\n' ' ' <"$stored"; echo
done
"""
"""For each zone: its name, as it is in force, and as it is stored. firewall-cmd takes five times as long to tell."""


def firewall(host: Host) -> str:
    """Give every zone of firewalld as it is in force and as it is stored, whatever the order and form of its parts."""
    lines = host.run(["bash", "-ec", _ZONES]).stdout.splitlines()
    told = []
    for name, in_force, stored in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        settings = {key: _in_order(value["data"]) for key, value in json.loads(in_force)["data"][0].items()}
        zone = ElementTree.fromstring(stored)  # noqa: S314 (firewalld's own files)
        parts = sorted(ElementTree.canonicalize(ElementTree.tostring(part), strip_text=True) for part in zone)
        told += [f"zone {name}", *(f"{key}: {settings[key]}" for key in sorted(settings)), str(zone.attrib), *parts]
    return "\n".join(told) + "\n"


def _in_order(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def configuration(host: Host) -> str:
    """Give all that the chapter can change on a host, as its own tools tell it; tap devices without their number."""
    told = host.run(["bash", "-c", _CONFIGURATION], timeout=60).stdout + firewall(host)
    return re.sub(r"(connection\.(?:master|controller)):[0-9a-f-]{36}", r"\1:UUID", re.sub(r"vnet\d+", "vnet", told))


def shell(host: Host, script: str) -> str:
    """Run a shell script on a host, which must succeed, and give its output."""
    return host.run(["bash", "-euc", script], timeout=120).stdout


def boot(host: Host) -> None:
    """Have NetworkManager start as at a boot: nothing is left of what only memory held, and no device is up."""
    host.daemons.stop("NetworkManager")
    shell(host, "ip address flush dev enp1s0; ip link set enp1s0 down; ip link delete bridge0 2>/dev/null || true")
    shell(host, "rm -rf /run/NetworkManager")
    host.daemons.start("NetworkManager")


def program(host: Host, *arguments: str, status: int | None = 0, timeout: float = 240) -> str:
    """Run vxlan-tui on a host, hold it to an exit status, and give all that it wrote."""
    ended = host.run(["vxlan-tui", *arguments], check=False, timeout=timeout)
    assert status is None or ended.returncode == status, f"{ended.returncode}\n{ended.stdout}{ended.stderr}"
    return ended.stdout + ended.stderr


def rows(host: Host, verb: str, *more: str, status: int = 0) -> list[dict[str, Any]]:
    """Run `apply` or `undo` with --yes and --json, and give its lines."""
    ended = host.run(["vxlan-tui", verb, PLAN, "--yes", "--json", *more], check=False, timeout=240)
    assert ended.returncode == status, f"{ended.returncode}\n{ended.stdout}{ended.stderr}"
    return [json.loads(line) for line in ended.stdout.splitlines()]


def states(lines: list[dict[str, Any]]) -> dict[str, str]:
    """Give each step's state, by the step's id."""
    return {line["step"]: line["state"] for line in lines if "step" in line}

"""Runs an exported script where there is no host: what its tools print is given, and its state is in a directory."""

import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from vxlan_tui.judge import Outputs
from vxlan_tui.record import Record

_ROOT = {"/var/lib/vxlan-tui": "state", "/sys/class/net/": "net/", "/etc/libvirt/qemu": "qemu"}
"""What a script reads and writes itself, and where that is in the directory of a test."""

_TOOLS = (
    "nmcli",
    "ip",
    "firewall-cmd",
    "virsh",
    "virt-xml",
    "vtysh",
    "systemctl",
    "bridge",
    "busctl",
    "logger",
    "ping",
    "ss",
)

_TOOL = """#!/bin/bash
key=$(printf '%s\\0' "${0##*/}" "$@" | sha256sum)
cd ANSWERS && key=${key%% *} && if [[ -e $key.errors ]]; then cat "$key.errors" >&2; exit 1; fi
[[ ! -e $key ]] || cat "$key"
"""


def ran(
    script: str,
    shown: Outputs,
    directory: Path,
    *arguments: str,
    fails: Mapping[tuple[str, ...], str] | None = None,
    records: tuple[Record, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Return how a script ended whose tools print what is shown; those that fail say why.

    What it would change, its tools only accept.
    """
    tools, answers = directory / "tools", directory / "answers"
    for made in (tools, answers, directory / "state/before", directory / "net/enp1s0"):
        made.mkdir(parents=True, exist_ok=True)
    (directory / "net/enp1s0/mtu").write_text("1500\n")
    for record in records:
        (directory / "state/before" / record.name).write_text(record.text)
    for name in _TOOLS:
        (tools / name).write_text(_TOOL.replace("ANSWERS", str(answers)))
        (tools / name).chmod(0o755)
    known = {("firewall-cmd", "--get-zone-of-interface=enp1s0"): "public\n", **shown}
    for argv, text in known.items():
        (answers / _key(argv)).write_text(text)
    for argv, said in (fails or {}).items():
        (answers / f"{_key(argv)}.errors").write_text(said)
    text = script.replace("PATH=", f"PATH={tools}:", 1).replace("((EUID == 0))", "true")
    for path, instead in _ROOT.items():
        text = text.replace(path, f"{directory}/{instead}")
    (directory / "script").write_text(text)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SSH_", "SUDO_"))}
    words = ["bash", str(directory / "script"), *arguments]
    return subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=60, env={**clean, **(environment or {})}
    )


def commands(output: str) -> list[str]:
    """Return the commands that a script says."""
    return [line.removeprefix("# ") for line in output.splitlines() if line.startswith("# ")]


def _key(argv: tuple[str, ...]) -> str:
    return hashlib.sha256("".join(f"{word}\0" for word in argv).encode()).hexdigest()

"""The whole way as a person goes it: keys alone, on real hosts, from an empty plan to a green verification."""

import os
import shlex
import shutil
import sys
import time
from pathlib import Path

import pytest

from tests.cases import few
from tests.tmux import Terminal, terminal

pytestmark = pytest.mark.usefixtures("sandbox")

ROOT = Path(__file__).parent.parent

BEFORE = """
vxlan-tui export /root/plan.toml --host host-b | ssh host-b bash -s
nmcli connection delete uplink
clear
"""
"""The other host as the plan wants it, and an interface here that nobody has configured."""

AFTER = """
nmcli -t -f NAME,DEVICE connection show --active
bridge fdb show dev vxlan10 | grep -F 00:00:00:00:00:00
firewall-cmd --list-rich-rules
virsh net-list
virsh domiflist vma | grep -F vxlan10-bridge
ip -br link show master bridge0
for try in $(seq 30); do arping -D -c 2 -I bridge0 192.0.2.2 | grep 'Received [1-9]' && break; sleep 2; done
ls -l new.toml
echo ALL-SHOWN; sleep 600
"""


def _rehearsed(term: str) -> str:
    inside = f"{BEFORE} cd /root && vxlan-tui --plan new.toml; echo STATUS $?; clear; {AFTER}"
    words = (sys.executable, "-m", "vxlan_tui", "rehearse", "--", "bash", "-c", inside)
    return f"cd {shlex.quote(str(ROOT))}; export TERM={term} LC_ALL=C.UTF-8; {shlex.join(words)}; sleep 60"


def _fill(screen: Terminal, hint: str, text: str) -> None:
    """Go down to the field that this hint tells of, and type."""
    screen.until(hint, "Down")
    screen.type(text)


def _write_the_plan(screen: Terminal) -> None:
    screen.press("F8")
    screen.sees("With its prefix")
    screen.type("198.51.100.2/24")
    _fill(screen, "The router of that subnet", "198.51.100.254")
    _fill(screen, "The host's name", "host-b")
    _fill(screen, "The address that the tunnel starts from", "203.0.113.1")
    screen.until("Enter: Choose VMs", "Down")
    screen.press("Enter")
    screen.sees("now on rehearsal-old")
    screen.press("Space", "Enter")
    screen.sees("which the ARP check")
    screen.type("192.0.2.1")
    screen.until("Enter: Add a VM of another host", "Down")
    screen.press("Enter")
    screen.sees("its name")
    screen.type("vmb")
    _fill(screen, "which the ARP check", "192.0.2.2")
    screen.press("C-s")
    screen.sees("Saved:")


def _run_section(screen: Terminal, number: int, title: str) -> None:
    screen.press("F8")
    screen.sees(title)
    screen.sees("a Run section")
    screen.press("a")
    screen.sees("Enter Go on to", 120)


@pytest.mark.parametrize(
    "on",
    few([("linux", (80, 24)), ("xterm-256color", (120, 40))], ("linux", (80, 24))),
    ids=["80x24 on a console", "120x40 in full colour"],
)
def test_keys_alone_lead_from_an_empty_plan_to_a_green_verification(on: tuple[str, tuple[int, int]]) -> None:
    term, size = on
    if not shutil.which("tmux"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("missing: tmux")
    with terminal(f"e2e-{os.getpid()}-{size[0]}", size, _rehearsed(term)) as screen:
        screen.sees("Enter Go on to Plan", 180)
        _write_the_plan(screen)
        for number, title in enumerate(("Ethernet (10.2", "VXLAN (10.3", "network (10.4", "VMs (10.5"), 3):
            _run_section(screen, number, title)
        screen.press("F8")
        _verify(screen)
        screen.press("F8")
        screen.sees("Script for this host, host-a")
        screen.press("C-q")
        _holds(screen)


def _verify(screen: Terminal) -> None:
    """The VM takes a while to boot, and the bridge to forward: look again, as one is told."""
    deadline = time.monotonic() + 180
    while "Result: OK" not in screen.sees("Result:", 60):
        assert time.monotonic() < deadline, screen.text
        time.sleep(3)
        screen.press("a")
        time.sleep(1)


def _holds(screen: Terminal) -> None:
    """What the tools themselves say of the host."""
    screen.resize(140, 60)
    text = screen.sees("ALL-SHOWN", 120)
    for words in (
        "bridge0-vxlan10:vxlan10",
        "Example:enp1s0",
        "00:00:00:00:00:00 dst 203.0.113.1 self permanent",
        'source address="203.0.113.1" port port="8472" protocol="udp" accept',
        "vxlan10-bridge   active   yes",
        "vnet",
        "Received ",
        "-rw-------",
    ):
        assert words in text, text

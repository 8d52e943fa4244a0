"""A run that is killed at any moment does no harm: the next one reaches the same state, and undo the first one.

Each changing command of the chapter is replaced by one that also kills the run (SIGKILL): before it does its
work, while it does it, or after it. The tools themselves are the real ones.
"""

from collections.abc import Iterator

import pytest

from tests.cases import few
from tests.on_host import PLAN, configuration, rows, shell
from vxlan_tui.plan import Plan
from vxlan_tui.rehearsal import Rehearsal
from vxlan_tui.rehearsal.host import Host

COMMANDS = 15
"""Changing commands that the sample plan takes on a host with nothing of it and its VM off."""

BACK = 9
"""Changing commands that undo takes from there, where the VM is off again."""

# Reads are let through. The kill goes to the parent: the run that started the command.
_KILLER = r"""#!/bin/bash
shopt -s extglob
name=${0##*/}
case " $name $* " in
    *" nmcli connection "@(add|modify|up|down|delete)" "*|*" firewall-cmd "*--@(add|remove)-*) ;;
    *" virsh net-"@(define|start|autostart|destroy|undefine)*|*" virsh "@(start|shutdown|update-device)*) ;;
    *" virt-xml "*) ;;
    *) exec "/usr/bin/$name" "$@" ;;
esac
count=$(( $(cat /root/count) + 1 )); echo "$count" > /root/count
[ "$count" = "$(cat /root/kill-at)" ] || exec "/usr/bin/$name" "$@"
case $(cat /root/kill-when) in
    before) kill -KILL "$PPID" ;;
    during) "/usr/bin/$name" "$@" & kill -KILL "$PPID"; wait ;;
    after) "/usr/bin/$name" "$@"; kill -KILL "$PPID" ;;
esac
"""


@pytest.fixture(scope="module")
def host(sandbox: None, sample_plan: Plan) -> Iterator[Host]:
    """The sample plan's first host, with tools that can kill."""
    with Rehearsal(sample_plan, underlay_up=False) as rehearsal:
        killer = rehearsal["host-a"]
        killer.run(["tee", "/root/killer"], input=_KILLER)
        tools = "nmcli firewall-cmd virsh virt-xml"
        shell(killer, f"for t in {tools}; do install -m 755 /root/killer /usr/local/sbin/$t; done")
        yield killer


def _arm(host: Host, number: int, when: str) -> None:
    shell(host, f"echo 0 > /root/count; echo {number} > /root/kill-at; echo {when} > /root/kill-when")


def _take_back(host: Host) -> None:
    """Undo, with a VM whose guest need not be waited for."""
    _arm(host, 0, "never")
    shell(host, "virsh destroy vma 2>/dev/null || true")
    assert rows(host, "undo")[-1] == {"result": "changed"}


@pytest.fixture(scope="module")
def undisturbed(host: Host) -> tuple[str, str]:
    """The host's configuration before, and after a run that nothing disturbs."""
    _arm(host, 0, "never")
    before = configuration(host)
    rows(host, "apply")
    assert int(shell(host, "cat /root/count")) == COMMANDS
    after = configuration(host)
    _take_back(host)
    assert int(shell(host, "cat /root/count")) == BACK
    assert configuration(host) == before
    return before, after


MOMENTS = [(number, when) for number in range(1, COMMANDS + 1) for when in ("before", "during", "after")]


@pytest.mark.parametrize("moment", few(MOMENTS, (5, "during")), ids=str)
def test_a_run_that_was_killed_is_finished_by_the_next(
    host: Host, undisturbed: tuple[str, str], moment: tuple[int, str]
) -> None:
    """The same final state, nothing left behind, and undo still knows what was before the first of the two."""
    before, after = undisturbed
    _arm(host, *moment)
    killed = host.run(["vxlan-tui", "apply", PLAN, "--yes"], check=False)
    assert killed.returncode in (-9, 137), killed.stdout + killed.stderr
    rows(host, "apply")
    assert configuration(host) == after
    _take_back(host)
    assert configuration(host) == before


@pytest.mark.parametrize("number", few(range(1, BACK + 1), 7))
def test_an_undo_that_was_killed_is_finished_by_the_next(host: Host, undisturbed: tuple[str, str], number: int) -> None:
    """What was before is known until all of it stands again."""
    before, _ = undisturbed
    _arm(host, 0, "never")
    rows(host, "apply")
    shell(host, "virsh destroy vma")
    _arm(host, number, "during")
    killed = host.run(["vxlan-tui", "undo", PLAN, "--yes"], check=False)
    assert killed.returncode in (-9, 137), killed.stdout + killed.stderr
    rows(host, "undo")
    assert configuration(host) == before
    assert rows(host, "undo")[-1] == {"result": "unchanged"}

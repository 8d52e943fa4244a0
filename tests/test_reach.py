"""A host that is reached here, and one over SSH: the same calls give the same (tests/reach_on_host.py)."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Any

import pytest

from tests.on_host import shell
from tests.over_ssh import until
from tests.processes import held
from vxlan_tui.plan import Plan
from vxlan_tui.reach.shell import FUNCTIONS
from vxlan_tui.rehearsal import Rehearsal
from vxlan_tui.rehearsal.host import Host

ROOT = Path(__file__).parents[1]
HERE, THERE = "here", "root@host-b"


@pytest.fixture(scope="module")
def rehearsal(sandbox: None, sample_plan: Plan) -> Iterator[Rehearsal]:
    """Two hosts, the first of which reaches the second, which has no program."""
    with Rehearsal(sample_plan, program_everywhere=False) as made:
        yield made


def _argv(console: Host, name: str, destination: str) -> tuple[list[str], dict[str, Any]]:
    argv = [console.inner_python, "-m", "tests.reach_on_host", name, destination]
    return argv, {"env": {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}, "cwd": str(ROOT)}


def _said(rehearsal: Rehearsal, name: str, destination: str) -> str:
    console = rehearsal["host-a"]
    argv, options = _argv(console, name, destination)
    ended = console.run(argv, check=False, timeout=180, **options)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.parametrize("destination", [HERE, THERE])
@pytest.mark.parametrize(
    "name", ["reads", "runs", "files", "full_disk", "locks", "journals", "knows", "follows", "many"]
)
def test_a_call_gives_the_same_here_and_over_ssh(rehearsal: Rehearsal, name: str, destination: str) -> None:
    _said(rehearsal, name, destination)


def test_why_a_host_cannot_be_reached_is_told_in_words(rehearsal: Rehearsal) -> None:
    assert "nobody@host-b" in _said(rehearsal, "told", "nobody@host-b")
    assert "no-such-host" in _said(rehearsal, "told", "root@no-such-host")
    second = rehearsal["host-b"]
    second.daemons.stop("sshd")
    try:
        assert "the host answers, but no sshd does" in _said(rehearsal, "told", THERE)
    finally:
        second.daemons.start("sshd")


@pytest.mark.parametrize("destination", [HERE, THERE])
def test_a_run_that_is_killed_lets_what_changes_the_host_end_and_leaves_nothing_on_another_host(
    rehearsal: Rehearsal, destination: str
) -> None:
    """The lock is held as long as the command that changes the host is at work."""
    console = rehearsal["host-a"]
    host = console if destination == HERE else rehearsal["host-b"]
    shell(host, "rm -f /root/go /root/changed")
    argv, options = _argv(console, "holds", destination)
    run = held(console.popen(argv, stdout=PIPE, stderr=STDOUT, text=True, **options))
    assert run.stdout is not None
    said = {run.stdout.readline().strip() for _ in range(3)}
    assert said == {"streaming", "waiting", "changing"}
    run.kill()
    run.wait(10)
    locked = ["flock", "-n", "/var/lib/vxlan-tui/lock", "true"]
    assert host.run(locked, check=False).returncode == 1
    shell(host, "touch /root/go")
    until(lambda: host.run(locked, check=False).returncode == 0, 30, lambda: shell(host, "ps -eo pid,args"))
    assert shell(host, "cat /root/changed") == "whole\n"
    if destination == THERE:
        left = "ps -eo args | grep -E '^sleep 900[12]' || :"
        until(lambda: not shell(host, left), 60, lambda: shell(host, "ps -eo pid,ppid,pgid,stat,args"))


_LEAVES_ITS_COMMAND = "sleep 9003 & echo $!; trap exit TERM; wait"
"""Stands in for timeout(1) where it is ended in the very moment in which it starts its command."""


def test_what_is_cut_off_on_another_host_ends_even_where_timeout_leaves_it_alone() -> None:
    argv = ["bash", "-c", f"{FUNCTIONS}\nuntil_cut_off setsid sh -c '{_LEAVES_ITS_COMMAND}'"]
    bash = held(subprocess.Popen(argv, stdin=PIPE, stdout=PIPE, text=True))
    assert bash.stdin is not None and bash.stdout is not None
    left = Path("/proc") / bash.stdout.readline().strip()
    bash.stdin.close()
    until(lambda: not left.exists(), 10, (left / "status").read_text)

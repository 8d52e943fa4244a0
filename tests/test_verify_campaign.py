"""`verify` on real hosts: each fault named by its cause alone and mended by its remedy; no alarm where all is well."""

import signal
import time
from collections.abc import Iterator
from itertools import product

import pytest

from tests import plain_user
from tests.cases import few
from tests.faults import ALWAYS, FAULTS, HERE, THERE, Field, field_of, pair_trial, trial
from tests.on_host import PLAN, shell
from tests.processes import end_held, held
from vxlan_tui.plan import Plan

pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.fixture(scope="module")
def ground(sample_plan: Plan, sandbox: None) -> Iterator[Field]:
    """The sample plan's hosts, set up, with their VMs running."""
    with field_of(sample_plan) as field:
        yield field


@pytest.mark.parametrize("host", [HERE, THERE])
def test_a_host_that_is_well_has_no_alarm_on_either_side(ground: Field, host: str) -> None:
    said = ground.until_well(host=host)
    assert (said.status, said.answer["ok"], said.answer["host"]) == (0, True, host)
    assert set(said.causes("warn")) == ALWAYS
    assert {row["section"] for row in said.checks} == {"10.2", "10.3", "10.4", "10.5"}


def test_verify_changes_nothing_and_waits_for_no_lock(ground: Field) -> None:
    host = ground.rehearsal[HERE]
    look = (
        "ls -lR --time-style=full-iso /var/lib/vxlan-tui; ip -d link | grep -v -e timer -e qdisc; nmcli connection show"
    )
    before = shell(host, look)
    held(host.popen(["flock", "/var/lib/vxlan-tui/lock", "sleep", "60"]))
    assert ground.verify().status == 0
    end_held()
    assert shell(host, look) == before


def test_the_table_is_for_people(ground: Field) -> None:
    ended = ground.rehearsal[HERE].run(["vxlan-tui", "verify", PLAN])
    lines = ended.stdout.splitlines()
    assert "10.5  OK    vmb on host-b answers ARP by the tunnel" in lines
    assert all(len(line) <= 80 or line.lstrip().startswith("# ") for line in lines)


BY_NAME = {fault.name: fault for fault in FAULTS}

ON_HOSTS = (
    "underlay switched off",
    "narrow router",
    "other VNI",
    "large packets spoilt on their way",
    "firewall port closed",
    "network stopped",
    "VM's device out of the bridge",
    "VM there silent",
)
"""Faults of every part of a host and of the way between two; the campaign of faults has all of them."""


@pytest.mark.parametrize("name", ON_HOSTS)
def test_a_fault_is_named_and_mended(ground: Field, name: str) -> None:
    wrong, _ = trial(ground, BY_NAME[name])
    assert wrong == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("flood entry deleted", "VM paused"),
        ("VXLAN's port blocked", "other host's firewall closed"),
    ],
)
def test_two_faults_are_named_and_mended(ground: Field, one: str, other: str) -> None:
    wrong, _ = pair_trial(ground, BY_NAME[one], BY_NAME[other])
    assert wrong == []


def test_daemons_that_hang_are_named(ground: Field) -> None:
    shell(ground.rehearsal[HERE], "for name in NetworkManager firewalld libvirtd; do pkill -STOP -x $name; done")
    said = ground.verify()
    failed = [row for row in said.checks if row["status"] == "fail"]
    for row in failed:
        ground.mend(row)
    assert [row["cause"] for row in failed] == [
        "networkmanager-not-running",
        "firewalld-not-running",
        "libvirt-not-running",
    ]
    assert all(row["fix"].startswith("systemctl restart ") for row in failed)
    ground.until_well()


SLOW = [("nmcli", 6, {"NetworkManager"}), ("busctl", 6, {"firewalld"}), ("nmcli", 0.7, set())]


@pytest.mark.parametrize("case", few(SLOW, SLOW[1], SLOW[2]), ids=lambda case: f"{case[0]} by {case[1]} s")
def test_slow_is_not_taken_for_dead(ground: Field, case: tuple[str, float, set[str]]) -> None:
    """As on a busy core: an answer that takes long is waited for, and told as slow where even that is not enough."""
    tool, waits, slow = case
    host = ground.rehearsal[HERE]
    path = f"/usr/local/sbin/{tool}"
    host.run(["tee", path], input=f'#!/bin/sh\nsleep {waits}\nexec /usr/bin/{tool} "$@"\n')
    shell(host, f"chmod 755 {path}")
    try:
        said = ground.verify()
    finally:
        shell(host, f"rm {path}")
    assert said.causes("fail") == [], said.told()
    assert {row["subject"] for row in said.checks if row["cause"] == "slow-answer"} == slow, said.told()
    assert all(row["wait"] for row in said.checks if row["cause"] == "slow-answer")


BROKEN = list(product(("nft", "arping", "ip"), ("exit 3", "echo nonsense", "exec sleep 60")))


@pytest.mark.parametrize("broken", few(BROKEN, ("arping", "echo nonsense"), ("ip", "exit 3")), ids=": ".join)
def test_a_tool_that_is_out_of_order_ends_in_words(ground: Field, broken: tuple[str, str]) -> None:
    """Without nft or arping some checks are not known; without ip nothing is."""
    tool, does = broken
    status = 3 if tool == "ip" else 0
    host = ground.rehearsal[HERE]
    shell(host, f"printf '#!/bin/sh\n{does}\n' > /usr/local/sbin/{tool}; chmod 755 /usr/local/sbin/{tool}")
    try:
        ended = host.run(["vxlan-tui", "verify", PLAN], check=False)
    finally:
        shell(host, f"rm /usr/local/sbin/{tool}")
    assert ended.returncode == status, ended.stdout + ended.stderr
    assert ("  skip  " in ended.stdout) if status == 0 else ("host-a cannot be read" in ended.stderr)
    assert "Traceback" not in ended.stderr


def test_a_reader_that_goes_away_ends_it_without_a_word(ground: Field) -> None:
    ended = ground.rehearsal[HERE].run(["bash", "-c", f"vxlan-tui verify {PLAN} | head -n 1"])
    assert (ended.stdout, ended.stderr) == ("10.2  OK    NetworkManager is running\n", "")


def test_an_interrupt_ends_it_at_once(ground: Field) -> None:
    child = held(ground.rehearsal[HERE].popen(["vxlan-tui", "verify", PLAN, "--json"], stdout=-3, stderr=-3))
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=5) in (130, -signal.SIGINT)


def test_without_root_it_says_so(ground: Field) -> None:
    asked = ["setpriv", "--reuid=65534", "--clear-groups", "vxlan-tui", "verify", "/opt/plan.toml"]
    host = ground.rehearsal[HERE]
    shell(host, f"install -m 644 {PLAN} /opt/plan.toml")
    plain_user.may_start_program(host)
    ended = host.run(asked, check=False, cwd="/")
    assert ended.returncode == 3
    assert "root" in ended.stderr and "sudo" in ended.stderr


def test_a_plan_that_is_refused_is_no_failed_check(ground: Field) -> None:
    host = ground.rehearsal[HERE]
    assert host.run(["vxlan-tui", "verify", "/etc/hostname"], check=False).returncode == 2
    assert host.run(["vxlan-tui", "verify", PLAN, "--host", "host-z"], check=False).returncode == 2

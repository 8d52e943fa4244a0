"""`verify` on real hosts: each fault named by its cause alone and mended by its remedy; no alarm where all is well."""

import signal
import time
from collections.abc import Iterator

import pytest

from tests.faults import ALWAYS, FAULTS, HERE, THERE, Fault, Field, field_of, pair_trial, trial
from tests.on_host import PLAN, shell
from tests.setups import SETUPS, Setup, alarms
from vxlan_tui.plan import Plan

pytestmark = pytest.mark.usefixtures("sandbox")

BROKEN, HEALTHY = 10.0, 3.0
"""Seconds that `verify` may take on a host that is broken, and on one that is well."""


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


def test_a_host_that_is_well_is_verified_within_three_seconds(ground: Field) -> None:
    assert min(ground.verify().seconds for _ in range(3)) <= HEALTHY


def test_verify_changes_nothing_and_waits_for_no_lock(ground: Field) -> None:
    host = ground.rehearsal[HERE]
    look = (
        "ls -lR --time-style=full-iso /var/lib/vxlan-tui; ip -d link | grep -v -e timer -e qdisc; nmcli connection show"
    )
    before = shell(host, look)
    holder = host.popen(["flock", "/var/lib/vxlan-tui/lock", "sleep", "60"])
    try:
        assert ground.verify().status == 0
    finally:
        holder.kill()
        holder.wait()
    assert shell(host, look) == before


def test_the_table_is_for_people(ground: Field) -> None:
    ended = ground.rehearsal[HERE].run(["vxlan-tui", "verify", PLAN])
    lines = ended.stdout.splitlines()
    assert "10.5  OK    vmb on host-b answers ARP by the tunnel" in lines
    assert all(len(line) <= 80 or line.lstrip().startswith("# ") for line in lines)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.quick], ids=str)
def test_a_fault_is_named_and_mended(ground: Field, fault: Fault) -> None:
    wrong, seconds = trial(ground, fault)
    assert wrong == []
    assert seconds <= BROKEN


BY_NAME = {fault.name: fault for fault in FAULTS}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("firewall port not permanent", "network without autostart"),
        ("flood entry deleted", "VM paused"),
        ("VXLAN's port blocked", "other host's firewall closed"),
    ],
)
def test_two_faults_are_named_and_mended(ground: Field, one: str, other: str) -> None:
    wrong, seconds = pair_trial(ground, BY_NAME[one], BY_NAME[other])
    assert wrong == []
    assert seconds <= BROKEN


def test_daemons_that_hang_are_named_within_ten_seconds(ground: Field) -> None:
    host = ground.rehearsal[HERE]
    pids = shell(host, "pgrep -n -x libvirtd; pgrep -n -x NetworkManager").split()
    shell(host, f"kill -STOP {' '.join(pids)}")
    try:
        said = ground.verify()
    finally:
        shell(host, f"kill -CONT {' '.join(pids)}")
    assert said.causes("fail") == ["networkmanager-not-running", "libvirt-not-running"]
    assert said.seconds <= BROKEN
    ground.until_well()


def test_an_interrupt_ends_it_at_once(ground: Field) -> None:
    child = ground.rehearsal[HERE].popen(["vxlan-tui", "verify", PLAN, "--json"], stdout=-3, stderr=-3)
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=5) in (130, -signal.SIGINT)


def test_without_root_it_says_so(ground: Field) -> None:
    asked = ["setpriv", "--reuid=65534", "--clear-groups", "vxlan-tui", "verify", "/opt/plan.toml"]
    host = ground.rehearsal[HERE]
    shell(host, f"install -m 644 {PLAN} /opt/plan.toml")
    ended = host.run(asked, check=False, cwd="/")
    assert ended.returncode == 3
    assert "root" in ended.stderr and "sudo" in ended.stderr


def test_a_plan_that_is_refused_is_no_failed_check(ground: Field) -> None:
    host = ground.rehearsal[HERE]
    assert host.run(["vxlan-tui", "verify", "/etc/hostname"], check=False).returncode == 2
    assert host.run(["vxlan-tui", "verify", PLAN, "--host", "host-z"], check=False).returncode == 2


@pytest.mark.parametrize("setup", [setup for setup in SETUPS if setup.quick], ids=str)
def test_a_set_up_that_is_well_has_no_alarm(setup: Setup) -> None:
    said, _ = alarms(setup)
    assert said == []

"""Three real hosts and one console: whatever cuts a run over all of them short, each is as before, or is finished."""

import time

import pytest

from tests.cases import campaign
from tests.on_host import PLAN, configuration, program, rows, shell
from tests.over_ssh import Session, until
from tests.processes import held
from tests.test_fleet_on_hosts import _MOMENT, ALL, KEEP, Fleet, by_host, fleet, shared, wrong_gateway
from tests.test_ssh import no_checkpoint
from tests.test_ui_on_hosts import pilot_on
from tests.test_ui_signals import Seat
from vxlan_tui.rehearsal.host import Host

__all__ = ["fleet", "shared"]

pytestmark = campaign

UP = "connection up id Example"
"""What puts in force what can cut a host off."""


def wait_at(host: Host, command: str, *tools: str) -> None:
    """Let these tools of a host stop after this command, until they are let go."""
    host.run(["tee", "/root/killer"], input=_MOMENT)
    shell(host, f"rm -f /root/kill-*; echo '{command}' > /root/kill-at; mkdir -p /usr/local/sbin")
    shell(host, f"for tool in {' '.join(tools)}; do install -m 755 /root/killer /usr/local/sbin/$tool; done")


def came_to(host: Host) -> None:
    """Wait until the host has come to that command."""
    until(lambda: host.has("/root/kill-now"), 120, lambda: "it did not get so far")


def go_on(host: Host) -> None:
    """Let the tools go."""
    shell(host, "rm -f /usr/local/sbin/*; touch /root/kill-done")


def kill_program(console: Host) -> None:
    """Kill what holds the console's lock."""
    shell(console, "kill -KILL $(sed 's/.*\"pid\": \\([0-9]*\\).*/\\1/' /var/lib/vxlan-tui/lock)")


def all_let_go(fleet: Fleet) -> None:
    """Wait until every host has taken back by itself what nobody confirmed, and is at its address again."""
    for host in fleet.hosts:
        until(lambda host=host: no_checkpoint(host), KEEP + 15, lambda: "a checkpoint is still there")  # type: ignore[misc]
        assert "Example" not in shell(host, "nmcli -g GENERAL.CONNECTION device show enp1s0"), host.name


def is_complete(fleet: Fleet) -> None:
    """Nothing is left to do on any host, and undo restores each to the byte."""
    assert by_host(rows(fleet.console, "apply", *ALL)) == dict.fromkeys(fleet.before, "unchanged")
    assert by_host(rows(fleet.console, "undo", "--all")) == dict.fromkeys(fleet.before, "changed")
    assert fleet.configurations() == fleet.before


def test_a_console_whose_cable_is_pulled_cuts_nobody_off_and_the_same_command_completes(fleet: Fleet) -> None:
    """No host can be told anything then: each takes back by itself, in its own time, what nobody confirmed."""
    wait_at(fleet.third, UP, "nmcli")
    run = held(fleet.console.popen(["vxlan-tui", "apply", PLAN, "--yes", *ALL], stdout=-1, stderr=-2, text=True))
    came_to(fleet.third)
    fleet.rehearsal.pull(fleet.console)
    try:
        go_on(fleet.third)
        all_let_go(fleet)
        for host in (fleet.second, fleet.third):
            assert configuration(host) == fleet.before[host.name]
    finally:
        fleet.rehearsal.plug(fleet.console)
    told = run.communicate(timeout=180)[0]
    assert run.returncode in (1, 4), told
    until(lambda: fleet.configurations() == fleet.before, 30, lambda: told)
    assert by_host(rows(fleet.console, "apply", *ALL)) == dict.fromkeys(fleet.before, "changed")
    is_complete(fleet)


BACK = {
    "a bridge is gone": "connection delete id bridge0",
    "what can cut it off is on its way back": "connection up uuid",
}


@pytest.mark.parametrize("phase", BACK)
def test_an_undo_of_all_hosts_whose_console_dies_is_finished_by_the_next(fleet: Fleet, phase: str) -> None:
    """What was before is known on each host until all of it stands there again."""
    rows(fleet.console, "apply", *ALL)
    wait_at(fleet.third, BACK[phase], "nmcli")
    run = held(fleet.console.popen(["vxlan-tui", "undo", PLAN, "--all", "--yes"]))
    came_to(fleet.third)
    kill_program(fleet.console)
    run.wait(30)
    go_on(fleet.third)
    for host in fleet.hosts:
        until(lambda host=host: no_checkpoint(host), KEEP + 15, lambda: "a checkpoint is still there")  # type: ignore[misc]
    assert by_host(rows(fleet.console, "undo", "--all"))["host-c"] == "changed"
    assert fleet.configurations() == fleet.before
    assert by_host(rows(fleet.console, "undo", "--all")) == dict.fromkeys(fleet.before, "unchanged")


def test_a_wizard_that_is_killed_in_the_middle_of_all_hosts_tells_at_its_next_start_and_completes(
    fleet: Fleet,
) -> None:
    """The next one says what became of what nobody confirmed, and asks for all of them anew."""
    wait_at(fleet.third, UP, "nmcli")
    seat = Seat(fleet.console, "--host", "host-a")

    def asked() -> bool:
        """Ask for everything, as soon as every host was looked at."""
        seat.press("A")
        time.sleep(1)
        return b"Run them, then verify" in seat.said

    until(asked, 60, lambda: repr(seat.said[-2000:]))
    seat.press("\r")
    came_to(fleet.third)
    kill_program(fleet.console)
    seat.child.wait(30)
    go_on(fleet.third)
    all_let_go(fleet)
    pilot_on(fleet.console, "go_on_with_all_hosts")
    is_complete(fleet)


def test_the_wizard_says_which_of_three_hosts_did_not_answer_and_leaves_all_as_they_were(fleet: Fleet) -> None:
    """Nobody is asked whether to keep what cuts a host off."""
    wrong_gateway(fleet.console, "host-b")
    pilot_on(fleet.console, "wrong_gateway_on_one", KEEP)
    assert fleet.configurations() == fleet.before


def test_a_person_at_the_terminal_is_asked_once_for_all_hosts_and_yes_keeps_it_on_all(fleet: Fleet) -> None:
    """The session comes from another host, to an address that the console keeps."""
    shell(fleet.console, "ip address add 192.0.2.99/32 dev lo")
    session = Session(fleet.console, "192.0.2.99", f"vxlan-tui apply {PLAN} {' '.join(ALL)}", KEEP)
    try:
        session.wait_for("Type yes:")
        session.type("yes\n")
        session.wait_for("Keep this configuration?")
        session.type("yes\n")
        assert session.ended(120) == 0, session.seen
    finally:
        shell(fleet.console, "ip address del 192.0.2.99/32 dev lo")
    assert session.seen.count("Type yes to keep it") == 1, session.seen
    for name in ("host-b", "host-c"):
        assert f"{name} answers a new SSH connection." in session.seen
    for host in fleet.hosts:
        assert "Example" in shell(host, "nmcli -g GENERAL.CONNECTION device show enp1s0")
        assert "It was confirmed, and is kept" in program(fleet.console, "log", PLAN, "--host", host.name)
    is_complete(fleet)

"""An exported script that changes the interface which somebody comes in over: proved, or taken back."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.on_host import PLAN, configuration, program, shell
from tests.over_ssh import KEEP, Session, answers, until
from tests.processes import held
from tests.test_guard import checkpoints, stand_in
from tests.test_ssh import CUTS, NEW, OLD, Net, hosts, mend, nobody_changes
from vxlan_tui import export, plan
from vxlan_tui.rehearsal import SAMPLE
from vxlan_tui.rehearsal.host import Host

TEXT = SAMPLE.read_text().partition("[[vms]]")[0]
SILENT = TEXT.replace("198.51.100.254", "198.51.100.250")
"""A plan with a gateway that nobody is."""

SCRIPT = "/root/script"


@pytest.fixture(scope="module")
def net(sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Net]:
    """A host at another address than the plan's, which another one can log in to."""
    with hosts(tmp_path_factory.mktemp("script")) as net:
        shell(net.host, "rm /usr/local/sbin/nmcli")
        yield net


@pytest.fixture
def host(net: Net) -> Iterator[Host]:
    """The host; each test leaves it as it was."""
    yield net.host
    shell(net.host, "rm -f /usr/local/sbin/* /root/asks")
    until(lambda: checkpoints(net.host) == [], KEEP + 15, lambda: "a checkpoint is still there")
    program(net.host, "undo", PLAN, "--yes")
    assert configuration(net.host) == net.before
    assert records(net.host) == ""


def records(host: Host) -> str:
    """Give the names of the records of what stood before."""
    return shell(host, "ls /var/lib/vxlan-tui/before 2>/dev/null || true")


def put(host: Host, text: str = TEXT, form: str = "script") -> None:
    """Put a plan's script on the host."""
    of = plan.parse(text.encode(), Path(PLAN))
    make = export.undo_script if form == "undo" else export.script
    host.run(["tee", SCRIPT], input=make(of, of.host("host-a")))


def start(host: Host, text: str = TEXT, form: str = "script", **environment: str) -> subprocess.Popen[Any]:
    """Start a plan's script."""
    put(host, text, form)
    told: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    environment = {"VXLAN_TUI_KEEP_SECONDS": str(KEEP), **environment}
    return held(host.popen(["bash", SCRIPT], env=environment, **told))


def run(host: Host, text: str = TEXT, form: str = "script", status: int = 0, **environment: str) -> str:
    """Run a plan's script, and give all that it says."""
    started = start(host, text, form, **environment)
    told = str(started.communicate(timeout=120)[0])
    assert started.returncode == status, told
    return told


def test_the_gateways_answer_confirms_it_and_a_second_run_has_nothing_to_guard(host: Host) -> None:
    """The checkpoint is made before and ended after by commands that are said like any other."""
    told = run(host)
    order = (
        "CheckpointCreate aouu 0 6 6",
        "con-name Example",
        "up id Example",
        "-I enp1s0 198",
        "CheckpointDestroy o /",
    )
    places = [told.index(words) for words in (*order, "add type bridge")]
    assert places == sorted(places)
    assert f"This can cut you off: enp1s0 is in use with {OLD}/24." in told
    assert checkpoints(host) == []
    assert f"{NEW}/24" in shell(host, "ip -4 address show enp1s0")
    assert "# " not in run(host)


def test_where_nobody_answers_it_is_taken_back_with_exit_status_4(host: Host, net: Net) -> None:
    """Nothing after it runs, and no record is left of it; also where a profile existed that was not active."""
    for prepare in ("true", "nmcli connection add con-name Example ifname enp1s0 type ethernet autoconnect no"):
        shell(host, prepare)
        stands = configuration(host)
        told = run(host, SILENT, status=4)
        assert "Nobody who was asked answers" in told
        assert f"It was taken back. As before, enp1s0 has {OLD}/24." in told
        assert "CheckpointRollback o /" in told
        assert "bridge" not in told.partition("Nobody who")[2]
        assert configuration(host) == stands
        assert (records(host), checkpoints(host)) == ("", [])
    shell(host, "nmcli connection delete Example")


def test_a_step_that_fails_is_taken_back_with_what_was_done_before_it(host: Host, net: Net) -> None:
    stand_in(host, "nmcli", '[ "$*" != "connection up id Example" ] || { "$real" "$@"; exit 4; }')
    told = run(host, status=4)
    assert "ended with exit status 4" in told
    assert "It is taken back" in told
    assert configuration(host) == net.before


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_takes_it_back(host: Host, net: Net, number: int) -> None:
    """Once the command that runs has ended; exit status 130."""
    stand_in(host, "nmcli", '[ "$*" != "connection up id Example" ] || { touch /root/asks; sleep 1; }')
    started = start(host)
    until(lambda: host.has("/root/asks"), 30, lambda: "it did not get so far")
    started.send_signal(number)
    told = started.communicate(timeout=60)[0]
    assert started.returncode == 130, told
    assert "It was taken back" in told
    assert configuration(host) == net.before


@pytest.mark.parametrize("command", ["connection add", "connection up", "-I enp1s0"])
def test_a_script_that_is_killed_is_taken_back_by_networkmanager(host: Host, net: Net, command: str) -> None:
    """Within the time, with nobody's help; and the next run of the script reaches its end."""
    for tool in ("nmcli", "ping"):
        stand_in(host, tool, f'[[ "$*" != *"{command}"* ]] || {{ "$real" "$@"; touch /root/asks; sleep 3; exit 0; }}')
    started = start(host)
    until(lambda: host.has("/root/asks"), 30, lambda: "it did not get so far")
    started.kill()
    started.wait()
    shell(host, "rm -f /usr/local/sbin/*")
    assert len(checkpoints(host)) == 1
    until(lambda: checkpoints(host) == [], KEEP + 10, lambda: "a checkpoint is still there")
    until(lambda: f"{OLD}/24" in shell(host, "ip -4 address show enp1s0"), 10, lambda: "the address is not back")
    assert configuration(host) == net.before
    assert "It is kept" in run(host)


def test_networkmanager_restarted_in_the_middle_loses_its_checkpoint_and_nothing_else(host: Host) -> None:
    """What is in force then and proved is kept."""
    stand_in(host, "ping", "touch /root/asks; while [ -e /root/asks ]; do sleep 0.1; done")
    started = start(host)
    until(lambda: host.has("/root/asks"), 30, lambda: "it did not get so far")
    host.daemons.stop("NetworkManager")
    host.daemons.start("NetworkManager")
    shell(host, "rm /root/asks")
    told = started.communicate(timeout=60)[0]
    assert started.returncode == 0, told
    assert "It is kept" in told
    assert f"{NEW}/24" in shell(host, "ip -4 address show enp1s0")


def test_undo_by_a_script_is_guarded_as_well(host: Host) -> None:
    """Where the old gateway's answer does not come, what was undone is there again."""
    run(host)
    stands = configuration(host)
    kept = records(host)
    stand_in(host, "ping", "exit 1")
    stand_in(host, "ip", '[[ " $* " != *" neigh "* ]] || exit 0')
    told = run(host, form="undo", status=4)
    assert f"As before, enp1s0 has {NEW}/24" in told
    assert "Example" in shell(host, "nmcli -g NAME connection show --active")
    assert "underlay.enp1s0" in records(host)
    shell(host, "rm /usr/local/sbin/*")
    run(host)
    assert (configuration(host), records(host)) == (stands, kept)
    assert "It is kept" in run(host, form="undo")


def test_without_a_checkpoint_nothing_is_changed_unless_that_is_asked_for(host: Host, net: Net) -> None:
    """Then the script itself takes it back."""
    stand_in(
        host, "busctl", '[[ " $* " != *" CheckpointCreate "* ]] || { echo "Call failed: Not authorized"; exit 1; }'
    )
    told = run(host, status=3)
    assert "NetworkManager gives no checkpoint (Call failed: Not authorized)" in told
    assert "VXLAN_TUI_WITHOUT_CHECKPOINT=yes" in told
    assert configuration(host) == net.before
    assert "It was taken back" in run(host, SILENT, status=4, VXLAN_TUI_WITHOUT_CHECKPOINT="yes")
    assert configuration(host) == net.before
    assert "It is kept" in run(host, VXLAN_TUI_WITHOUT_CHECKPOINT="yes")


def test_over_ssh_a_script_that_cuts_its_own_session_is_taken_back_and_the_session_goes_on(
    net: Net, host: Host
) -> None:
    """The session's own address goes away, nobody answers at the new one, and the old one is back."""
    put(host, SILENT)
    session = Session(net.client, OLD, f"bash {SCRIPT}")
    assert session.ended() == 4, session.seen
    assert "This can cut you off: your SSH session comes in over enp1s0." in session.seen
    assert f"As before, enp1s0 has {OLD}/24" in session.seen
    assert configuration(host) == net.before


@pytest.mark.parametrize("cut", ["sshd is killed", "the program is killed", "the link is pulled"])
def test_over_ssh_a_script_whose_session_is_cut_leaves_the_host_as_it_was(net: Net, host: Host, cut: str) -> None:
    """It takes the change back itself, or, killed outright, NetworkManager does."""
    put(host)
    stand_in(host, "nmcli", '[ "$*" != "connection up id Example" ] || { touch /root/asks; sleep 1; }')
    session = Session(net.client, OLD, f"bash {SCRIPT}")
    until(lambda: host.has("/root/asks"), 30, lambda: session.seen)
    try:
        CUTS[cut](net)
        until(lambda: checkpoints(host) == [], KEEP + 15, lambda: "a checkpoint is still there")
    finally:
        mend(net)
        shell(host, "pgrep -x sshd >/dev/null || /usr/sbin/sshd -f /root/sshd_config")
    until(lambda: nobody_changes(host), 60, lambda: shell(host, "cat /var/lib/vxlan-tui/lock"))
    until(lambda: answers(net.client, OLD), KEEP + 15, lambda: shell(host, "ip address; nmcli connection"))
    session.close()
    assert configuration(host) == net.before


def test_over_ssh_and_sudo_the_way_in_is_found_where_the_environment_does_not_tell(net: Net, host: Host) -> None:
    """Also for a session that ends with the address that it came to: a good change is kept all the same."""
    put(host)
    session = Session(net.client, OLD, f"env -u SSH_CONNECTION bash {SCRIPT} >/root/told 2>&1; true")
    until(lambda: "\nDone" in shell(host, "cat /root/told || true"), 60, lambda: shell(host, "cat /root/told"))
    session.close()
    assert "your SSH session comes in over enp1s0" in shell(host, "cat /root/told")
    assert f"{NEW}/24" in shell(host, "ip -4 address show enp1s0")

"""A change that can cut the admin off: proved or taken back, whatever fails, and whatever boots."""

import subprocess
from collections.abc import Iterator
from itertools import product

import pytest

from tests.cases import few
from tests.fresh import Fresh
from tests.on_host import PLAN, RECORDS, boot, configuration, program, rows, shell, states
from tests.over_ssh import until
from tests.processes import held
from vxlan_tui import plan
from vxlan_tui.rehearsal import SAMPLE, Rehearsal
from vxlan_tui.rehearsal.host import Host

OLD = "198.51.100.3"
NM = "org.freedesktop.NetworkManager /org/freedesktop/NetworkManager org.freedesktop.NetworkManager"
STEPS = ("--only", "ethernet,bridge")
IN_MEMORY = "nmcli -t -f FILENAME,NAME connection show | grep ^/run/ | grep -v :lo$ || true"


@pytest.fixture(scope="module")
def fresh(sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fresh]:
    """A host without VMs, at another address than the plan's."""
    path = tmp_path_factory.mktemp("guard") / "plan.toml"
    path.write_text(SAMPLE.read_text().partition("[[vms]]")[0])
    with Rehearsal(plan.load(path), underlay_up=False) as running:
        host = running["host-a"]
        shell(
            host,
            f"nmcli connection add con-name Old ifname enp1s0 type ethernet ipv4.method manual ipv4.addresses {OLD}/24"
            " ipv4.gateway 198.51.100.254 ipv6.method disabled; nmcli connection up Old",
        )
        yield Fresh(host)


@pytest.fixture
def before(fresh: Fresh) -> str:
    """Its configuration before anything."""
    return fresh.configuration


@pytest.fixture
def host(fresh: Fresh) -> Iterator[Host]:
    """The host; each test leaves it as it was."""
    yield fresh.host
    fresh.again()


def checkpoints(host: Host) -> list[str]:
    """Give the paths of NetworkManager's checkpoints."""
    return shell(host, f"busctl get-property {NM} Checkpoints").replace('"', "").split()[2:]


def profiles(host: Host) -> str:
    """Give what NetworkManager would bring up after a boot, byte for byte; of whatever only memory holds, nothing."""
    return shell(host, "cd /etc/NetworkManager/system-connections; grep -rv -e ^timestamp= . | sort")


def stand_in(host: Host, tool: str, script: str) -> None:
    """Put a script in front of a tool; `$real` is the tool."""
    text = f'#!/bin/bash\nreal=/usr/bin/{tool}\n{script}\nexec "$real" "$@"\n'
    host.run(["tee", f"/usr/local/sbin/{tool}"], input=text)
    shell(host, f"chmod 755 /usr/local/sbin/{tool}")


_NEW_IN_FORCE = "ip -4 address show enp1s0 | grep -q 198.51.100.2/24"


def unconfirmed(host: Host) -> subprocess.Popen[str]:
    """Start `apply`, and leave it where the new configuration is in force, and nobody has confirmed it."""
    wait = "touch /root/asks; while [ -e /root/asks ]; do sleep 0.1; done; exit 1"
    stand_in(host, "ping", f"{_NEW_IN_FORCE} && {{ {wait}; }}")
    argv = ["vxlan-tui", "apply", PLAN, "--yes", *STEPS]
    started = held(host.popen(argv, stdout=subprocess.PIPE, text=True))
    until(lambda: host.has("/root/asks"), 60, lambda: "it did not get so far")
    return started


def cut_power(host: Host, run: subprocess.Popen[str]) -> None:
    """Let everything end at once, with all that only memory held, and the host boot."""
    run.kill()
    run.wait()
    shell(host, "pkill -KILL -x NetworkManager || true; rm -rf /usr/local/sbin/* /root/asks")
    shell(host, "cp /proc/sys/kernel/random/uuid boot_id; mount --bind boot_id /proc/sys/kernel/random/boot_id")
    boot(host)


def silence_the_gateway(host: Host) -> None:
    """Let the plan name a gateway that nobody is."""
    shell(host, "sed -i 's/^gateway = .198.51.100.254./gateway = \"198.51.100.250\"/' plan.toml")


def test_with_yes_the_gateways_answer_confirms_and_the_commands_are_told(host: Host) -> None:
    """The checkpoint is made before, and ended after, by commands like any other."""
    lines = rows(host, "apply", *STEPS)
    assert lines[-1] == {"result": "changed"}
    steps = [line["step"] for line in lines[:5]]
    assert steps == ["guard.begin", "ethernet.profile", "ethernet.activate", "ethernet.save", "guard.end"]
    assert "CheckpointCreate aouu 0 60 6" in lines[0]["commands"][0]
    assert lines[4]["commands"][0] == "ping -q -c 1 -w 10 -I enp1s0 198.51.100.254"
    assert "CheckpointDestroy o /org/freedesktop" in lines[4]["commands"][1]
    assert checkpoints(host) == []
    assert rows(host, "apply", *STEPS)[-1] == {"result": "unchanged"}
    told = program(host, "log")
    assert all(command in told for line in lines[:-1] for command in line["commands"])


def test_with_yes_and_no_answer_it_is_rolled_back_with_exit_status_4(host: Host, before: str) -> None:
    """Nothing after it runs, and no record is left of what was taken back."""
    silence_the_gateway(host)
    lines = rows(host, "apply", *STEPS, status=4)
    assert lines[-1] == {"result": "rolled-back"}
    assert states(lines)["ethernet.activate"] == "failed"
    assert states(lines)["bridge.bridge"] == "skipped"
    assert "CheckpointRollback" in " ".join(next(line["commands"] for line in lines if line["step"] == "guard.end"))
    assert configuration(host) == before
    assert checkpoints(host) == []
    assert shell(host, RECORDS) == ""
    assert "The last run: The change of enp1s0" in program(host, "apply", PLAN, "--yes", *STEPS, status=4)


def test_what_networkmanager_does_not_take_back_this_run_does(host: Host) -> None:
    """A profile that existed and was not active has its settings back, though NetworkManager did not watch it."""
    shell(host, "nmcli connection add con-name Example ifname enp1s0 type ethernet autoconnect no ipv4.dns 192.0.2.53")
    stands, files = configuration(host), profiles(host)
    silence_the_gateway(host)
    rows(host, "apply", *STEPS, status=4)
    assert configuration(host) == stands
    assert profiles(host) == files


def test_a_step_that_fails_is_rolled_back_with_what_was_done_before_it(host: Host, before: str) -> None:
    stand_in(host, "nmcli", '[ "$*" != "connection up id Example" ] || { "$real" "$@"; exit 4; }')
    lines = rows(host, "apply", *STEPS, status=4)
    failed = next(line for line in lines if line.get("step") == "ethernet.activate")
    assert "ended with exit status 4" in failed["detail"]
    assert configuration(host) == before


def test_undo_of_an_interface_in_use_is_guarded_as_well(host: Host) -> None:
    """The old gateway's answer confirms it; where it does not come, what was undone is there again."""
    rows(host, "apply", "--only", "ethernet")
    stands = configuration(host)
    stand_in(host, "ping", "exit 1")
    stand_in(host, "ip", '[[ " $* " != *" neigh "* ]] || exit 0')
    assert rows(host, "undo", status=4)[-1] == {"result": "rolled-back"}
    assert configuration(host) == stands
    shell(host, "rm /usr/local/sbin/*")
    assert states(rows(host, "undo"))["guard.end"] == "changed"


def test_a_checkpoint_of_somebody_else_is_named_and_left_alone(host: Host, before: str) -> None:
    """Nothing is changed, and the words say how long it lasts and what ends it."""
    shell(host, f"busctl call {NM} CheckpointCreate aouu 0 300 0")
    (path,) = checkpoints(host)
    told = program(host, "apply", PLAN, "--yes", *STEPS, status=3)
    assert f"a checkpoint that is not ours ({path})" in told
    assert f"CheckpointDestroy o {path}" in told
    assert checkpoints(host) == [path]
    assert configuration(host) == before
    shell(host, f"busctl call {NM} CheckpointDestroy o {path}")


def test_without_a_checkpoint_nothing_is_changed(host: Host, before: str) -> None:
    """An admin's own policy may forbid it: then the words say from where to do it."""
    stand_in(host, "busctl", '[[ " $* " != *" CheckpointCreate "* ]] || { echo "Call failed: denied" >&2; exit 1; }')
    told = program(host, "apply", PLAN, "--yes", *STEPS, status=3)
    assert "NetworkManager gives no checkpoint (Call failed: denied)" in told
    assert "Run this from the host's console" in told
    assert configuration(host) == before
    assert shell(host, RECORDS) == ""


def test_networkmanager_restarted_in_the_middle_loses_its_checkpoint_and_nothing_else(host: Host, before: str) -> None:
    """It comes back with the new configuration and no memory of the old one; this run has it."""
    started = unconfirmed(host)
    host.daemons.stop("NetworkManager")
    host.daemons.start("NetworkManager")
    shell(host, "rm /root/asks")
    told, _ = started.communicate(timeout=60)
    assert started.returncode == 4, told
    assert "taken back" in told
    assert checkpoints(host) == []
    assert configuration(host) == before


def test_a_journal_that_cannot_be_written_on_takes_the_change_back(host: Host, before: str) -> None:
    """What is not in the journal was not confirmed. A limit on the file's size stands for a disk that is full."""
    limit = 'prlimit --fsize="$(stat -c %s /var/lib/vxlan-tui/journal)" --pid "$PPID"'
    stand_in(host, "nmcli", f'[ "$*" != "connection up id Example" ] || {limit}')
    told = program(host, "apply", PLAN, "--yes", *STEPS, status=1)
    assert "File too large" in told
    assert "CheckpointRollback" in told
    assert configuration(host) == before
    shell(host, "rm /usr/local/sbin/nmcli")
    assert "taken back" in program(host, "undo", PLAN, "--yes")
    assert shell(host, RECORDS) == ""


def test_a_full_disk_stops_the_run_between_two_commands_and_the_next_goes_on(host: Host) -> None:
    """With words; and where there is no room from the beginning, nothing runs."""
    shell(host, "mkdir -p /var/lib/vxlan-tui; mount -t tmpfs -o size=80k,mode=700 tmpfs /var/lib/vxlan-tui")
    stand_in(host, "nmcli", '[ "$*" != "connection up id Example" ] || cat /dev/zero > /var/lib/vxlan-tui/fill')
    assert "No space left on device" in program(host, "apply", PLAN, "--yes", *STEPS, status=1)
    shell(host, "cat /dev/zero >> /var/lib/vxlan-tui/journal || true")
    assert "No space left on device" in program(host, "apply", PLAN, "--yes", *STEPS, status=3)
    shell(host, "rm /var/lib/vxlan-tui/fill /usr/local/sbin/nmcli")
    assert rows(host, "apply", *STEPS)[-1] == {"result": "changed"}


def test_a_state_directory_that_cannot_be_written_is_said_before_anything_is_changed(host: Host) -> None:
    shell(host, "mkdir -p /var/lib/vxlan-tui; mount -t tmpfs -o ro,mode=700 tmpfs /var/lib/vxlan-tui")
    told = program(host, "apply", PLAN, "--yes", *STEPS, status=3)
    assert "the state directory cannot be used" in told
    assert "Read-only file system" in told
    assert "# nmcli" not in told


# A power cut

MADE = {
    "a new profile": "true",
    "the profile that is active": "sed -i 's/^profile = .*/profile = \"Old\"/' plan.toml",
    "a profile that is not active": "nmcli connection add con-name Example ifname enp1s0 type ethernet autoconnect no",
}


@pytest.mark.parametrize("made", few(MADE, "the profile that is active"))
def test_a_boot_before_it_is_confirmed_brings_up_what_was_confirmed_last(host: Host, made: str) -> None:
    """No file that a boot reads has changed; so it is after that boot, and the next start says so."""
    shell(host, MADE[made])
    stands, files = configuration(host), profiles(host)
    run = unconfirmed(host)
    assert profiles(host) == files
    cut_power(host, run)
    until(lambda: f"{OLD}/24" in shell(host, "ip -4 address show enp1s0"), 30, lambda: shell(host, "ip address"))
    told = program(host, "undo", PLAN, "--yes", "--unconfirmed", status=4)
    assert "the boot since then had done so" in told
    assert profiles(host) == files
    assert configuration(host) == stands
    assert shell(host, RECORDS) == ""


def test_a_checkpoint_of_another_boot_is_somebody_elses_though_it_has_the_same_path(host: Host) -> None:
    """NetworkManager gives its paths again after a start."""
    run = unconfirmed(host)
    (path,) = checkpoints(host)
    cut_power(host, run)
    for _ in range(int(path.rpartition("/")[2])):
        shell(
            host,
            "for p in $(busctl get-property " + NM + " Checkpoints | tr -d '\"' | cut -d' ' -f3-); do "
            f'busctl call {NM} CheckpointDestroy o "$p"; done; busctl call {NM} CheckpointCreate aouu 0 300 0',
        )
    assert checkpoints(host) == [path]
    program(host, "undo", PLAN, "--yes", "--unconfirmed", status=4)
    assert checkpoints(host) == [path]


@pytest.mark.parametrize("made", few(MADE, "the profile that is active"))
def test_what_was_taken_back_is_as_before_after_the_next_boot_too(host: Host, made: str) -> None:
    """Whatever NetworkManager's rollback leaves in memory or in a file."""
    shell(host, MADE[made])
    files = profiles(host)
    silence_the_gateway(host)
    rows(host, "apply", *STEPS, status=4)
    assert profiles(host) == files
    assert shell(host, IN_MEMORY) == ""


@pytest.mark.parametrize("made", few(MADE, "a profile that is not active"))
def test_what_is_kept_is_there_after_the_next_boot(host: Host, made: str) -> None:
    """Once it is confirmed, it is saved."""
    shell(host, MADE[made])
    assert rows(host, "apply", *STEPS)[-1] == {"result": "changed"}
    assert shell(host, IN_MEMORY) == ""
    assert "address1=198.51.100.2/24" in profiles(host)


def test_undo_of_a_profile_that_was_changed_brings_it_into_force_again(host: Host, before: str) -> None:
    """The profile in use is the same before and after: its address is not, and has to be there without a boot."""
    shell(host, MADE["the profile that is active"])
    rows(host, "apply", *STEPS)
    assert f"{OLD}/24" not in shell(host, "ip -4 address show enp1s0")
    assert states(rows(host, "undo"))["ethernet.activate"] == "changed"
    assert f"{OLD}/24" in shell(host, "ip -4 address show enp1s0")
    assert configuration(host) == before


# Killed at any moment

_KILLER = """[[ " $* " =~ \\ (CheckpointCreate|CheckpointDestroy|add|modify|up|-I)\\  ]] || exec "$real" "$@"
[[ ${0##*/} != ping ]] || ip -4 address show enp1s0 | grep -q 198.51.100.2/24 || exec "$real" "$@"
count=$(( $(cat /root/count) + 1 )); echo "$count" > /root/count
[ "$count" = "$(cat /root/kill-at)" ] || exec "$real" "$@"
case $(cat /root/kill-when) in
    before) kill -KILL "$PPID" ;;
    during) "$real" "$@" & kill -KILL "$PPID"; wait ;;
    after) "$real" "$@"; kill -KILL "$PPID" ;;
esac
exit 1"""

GUARDED = ("CheckpointCreate", "add", "modify", "up", "ping", "save", "CheckpointDestroy")
"""The commands of a guarded change, in their order."""


MOMENTS = list(product(GUARDED, ("before", "during", "after")))
A_FEW = (("up", "during"), ("CheckpointDestroy", "before"))


@pytest.mark.parametrize("moment", few(MOMENTS, *A_FEW), ids=" ".join)
def test_a_guarded_change_that_was_killed_is_taken_back_or_kept_and_never_half(
    host: Host, before: str, moment: tuple[str, str]
) -> None:
    """The next start finishes it and says so, undo comes out right, and the same run after it reaches its end."""
    command, when = moment
    for tool in ("nmcli", "busctl", "ping"):
        stand_in(host, tool, _KILLER)
    number = GUARDED.index(command) + 1
    shell(host, f"echo 0 > /root/count; echo {number} > /root/kill-at; echo {when} > /root/kill-when")
    killed = host.run(["vxlan-tui", "apply", PLAN, "--yes", "--only", "ethernet"], check=False)
    assert killed.returncode in (-9, 137), killed.stdout + killed.stderr
    shell(host, "rm /usr/local/sbin/*")
    told = program(host, "undo", PLAN, "--yes", "--unconfirmed", status=0 if command == "CheckpointDestroy" else 4)
    assert "was cut off" in told
    assert checkpoints(host) == []
    if command != "CheckpointDestroy":
        assert "before it was confirmed, so it was taken back" in told
        assert configuration(host) == before
    else:
        assert "after it was confirmed: it was kept" in told
    assert rows(host, "apply", "--only", "ethernet")[-1]["result"] in ("changed", "unchanged")
    rows(host, "undo")
    assert shell(host, RECORDS) == ""

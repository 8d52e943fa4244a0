"""Exported scripts on real hosts, in the place of `apply` and `undo`."""

import re
from collections.abc import Iterator
from itertools import product

import pytest

from tests.cases import campaign, few
from tests.fresh import Fresh
from tests.on_host import PLAN, configuration, program, rows, shell, states
from tests.test_apply import CHAPTER, CONFLICTS, DIFFERENT, PLANNED, UP
from vxlan_tui.plan import Plan
from vxlan_tui.rehearsal import SAMPLE, Rehearsal
from vxlan_tui.rehearsal.host import Host

# A guest that obeys at once: these tests are not about how long guests take.
OBEDIENT = r"""#!/bin/bash
[[ $1 != shutdown ]] || exec /usr/bin/virsh destroy "$2"
exec /usr/bin/virsh "$@"
"""


@pytest.fixture(scope="module")
def fresh(sandbox: None, sample_plan: Plan) -> Iterator[Fresh]:
    """The sample plan's first host, which all tests share."""
    with Rehearsal(sample_plan, underlay_up=False) as rehearsal:
        yield Fresh(rehearsal["host-a"])


@pytest.fixture
def host(fresh: Fresh) -> Iterator[Host]:
    """A host with nothing of the plan on it, its VM off, and scripts for it."""
    fresh.host.run(["tee", "/usr/local/sbin/virsh"], input=OBEDIENT)
    shell(fresh.host, "chmod 755 /usr/local/sbin/virsh")
    for form in ("script", "undo"):
        program(
            fresh.host, "export", PLAN, "--host", "host-a", "--format", form, "--force", "--output", f"/root/{form}.sh"
        )
    yield fresh.host
    fresh.again()


def _export(host: Host, form: str) -> None:
    program(host, "export", PLAN, "--host", "host-a", "--format", form, "--force", "--output", f"/root/{form}.sh")


def _script(host: Host, form: str = "script", *arguments: str, status: int = 0) -> str:
    ended = host.run(["bash", f"/root/{form}.sh", *arguments], check=False, timeout=240)
    assert ended.returncode == status, f"{ended.returncode}\n{ended.stdout}{ended.stderr}"
    return ended.stdout + ended.stderr


def _program(host: Host, verb: str) -> str:
    return program(host, verb, PLAN, "--yes")


def _commands(output: str) -> list[str]:
    """Give the commands of an output that change the host, without those that only ask or guard."""
    return [line for line in output.splitlines() if re.match(r"# (nmcli|firewall-cmd|virsh|virt-xml) ", line)]


def test_a_script_says_first_what_it_would_run_and_then_runs_what_apply_runs(host: Host) -> None:
    """`--check` changes nothing; the commands are apply's, word for word; done twice, nothing happens."""
    before = configuration(host)
    told = _commands(_script(host, "script", "--check", status=1))
    assert configuration(host) == before
    ran = _commands(_script(host))
    # Profiles may come up by themselves before the script looks, and what is tried in memory is saved at the end.
    certain = [line for line in told if " connection up " not in line and " connection down " not in line]
    assert certain == [line for line in ran if line in certain]
    after = configuration(host)
    again = rows(host, "apply")
    assert again[-1] == {"result": "unchanged"}
    assert _commands(_script(host)) == []
    assert _script(host, "script", "--check") == ""
    assert configuration(host) == after


WAYS = list(product(("program", "script"), repeat=2))


@pytest.mark.parametrize("way", few(WAYS, ("program", "script")), ids="-".join)
def test_either_takes_back_what_either_did(host: Host, way: tuple[str, str]) -> None:
    """All four ways end where it began, and leave no record."""
    there, back = way
    before = configuration(host)
    shell(host, "virsh start vma")
    running = configuration(host)
    _script(host) if there == "script" else _program(host, "apply")
    assert configuration(host) not in (before, running)
    _script(host, "undo") if back == "script" else _program(host, "undo")
    assert configuration(host) == running
    assert shell(host, "ls -A /var/lib/vxlan-tui/before") == ""


@pytest.mark.parametrize("difference", few(DIFFERENT, "another remote"))
def test_what_differs_is_changed_by_a_script_and_put_back_by_its_way_back(host: Host, difference: str) -> None:
    command, _ = DIFFERENT[difference]
    profile = command.split()[3]
    activate = f"nmcli --wait 5 connection up {profile} || nmcli connection down {profile}"
    shell(host, f"{CHAPTER}{PLANNED}{UP}{command}\nnmcli connection down {profile}; {activate}; sleep 1")
    before = configuration(host)
    _script(host)
    assert set(states(rows(host, "apply")).values()) == {"done"}
    _script(host, "undo")
    assert configuration(host) == before


@pytest.mark.parametrize("back", few(["script", "program"], "script"))
def test_the_address_that_the_profile_in_use_had_is_in_force_again(host: Host, back: str) -> None:
    """The profile in use is the same before and after a script; what it says has changed."""
    old = "ipv4.method manual ipv4.addresses 198.51.100.77/24 ipv4.gateway 198.51.100.254"
    shell(host, f"nmcli connection add con-name Example ifname enp1s0 type ethernet {old}; nmcli connection up Example")
    before = configuration(host)
    _script(host)
    assert "198.51.100.77" not in shell(host, "ip -4 address show enp1s0")
    _script(host, "undo") if back == "script" else _program(host, "undo")
    assert "198.51.100.77" in shell(host, "ip -4 address show enp1s0")
    assert configuration(host) == before


@campaign
@pytest.mark.parametrize("by", ["script", "program"])
def test_a_profile_in_use_that_becomes_dhcp_is_tried_before_it_is_saved(host: Host, by: str) -> None:
    """Nobody gives addresses here: the one that it had would go on answering, until the next boot cuts the host off."""
    old = "ipv4.method manual ipv4.addresses 198.51.100.2/24 ipv4.gateway 198.51.100.254 ipv4.dhcp-timeout 5"
    shell(host, f"nmcli connection add con-name Example ifname enp1s0 type ethernet {old}; nmcli connection up Example")
    text = SAMPLE.read_text()
    own = text.partition("[hosts.ethernet]\n")[2].partition("\n[[hosts]]")[0]
    dhcp = 'profile = "Example"\nmethod = "auto"\n'
    text = text.replace(own, dhcp, 1).replace("[hosts.ethernet]", 'vtep = "198.51.100.2"\n\n[hosts.ethernet]', 1)
    host.run(["tee", PLAN], input=text)
    before = configuration(host)
    if by == "script":
        _export(host, "script")
        ended = host.run(["bash", "/root/script.sh"], check=False, timeout=120)
    else:
        ended = host.run(["vxlan-tui", "apply", PLAN, "--yes"], check=False, timeout=120)
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert "# nmcli connection up id Example" in ended.stdout
    # A profile that goes down and comes up again is in force twice for a moment.
    twice = "nmcli -g NAME connection show --active | sort | uniq -d | grep -q ."
    shell(host, f"for _ in $(seq 100); do {twice} || exit 0; sleep 0.1; done")
    assert configuration(host) == before
    assert "method=manual" in shell(host, "cat /etc/NetworkManager/system-connections/Example.nmconnection")


ON_A_BRIDGE = """
virsh dumpxml --inactive --security-info vma >/root/vma.xml
sed -i "s/type='network'/type='bridge'/; s/source network='rehearsal-old'/source bridge='rehearsal0'/" /root/vma.xml
virsh define /root/vma.xml
"""
MOVES = list(product(("running", "off"), ("program", "script")))


@campaign
@pytest.mark.parametrize("case", MOVES, ids="-".join)
def test_a_vm_that_is_on_a_bridge_and_no_network_is_moved_and_put_back(host: Host, case: tuple[str, str]) -> None:
    """Stopped or running. A script has a running one restarted by hand on the way back, and says so."""
    power, by = case
    shell(host, f"{ON_A_BRIDGE}{'virsh start vma' if power == 'running' else ''}")
    before = configuration(host)
    _script(host) if by == "script" else _program(host, "apply")
    assert "vxlan10-bridge" in shell(host, "virsh domiflist vma; virsh domiflist --inactive vma")
    assert shell(host, "virsh domiflist vma; virsh domiflist --inactive vma").count("vxlan10-bridge") == 2
    assert "vnet" in shell(host, "ip -br link show master bridge0")
    assert rows(host, "apply")[-1] == {"result": "unchanged"}
    assert _script(host, "script", "--check") == ""
    if case == ("running", "script"):
        assert "the record live.only.vma has no network" in _script(host, "undo", status=1)
        shell(host, "virsh destroy vma; virsh start vma")
    _script(host, "undo") if by == "script" else _program(host, "undo")
    assert configuration(host) == before
    assert shell(host, "ls -A /var/lib/vxlan-tui/before") == ""


@campaign
@pytest.mark.parametrize("by", ["program", "script"])
def test_a_move_that_was_cut_off_half_way_is_finished_by_the_next_run(host: Host, by: str) -> None:
    """The VM is where it is to be, with its cable out: there, and on the way back."""
    half = "virt-xml vma --edit --update --no-define --network network={},link.state=down"
    shell(host, "virsh start vma")
    before = configuration(host)
    forms = {"apply": "script", "undo": "undo"}
    for verb, network in (("apply", "vxlan10-bridge"), ("undo", "rehearsal-old")):
        _program(host, "apply")
        shell(host, half.format(network))
        assert '"down"' in shell(host, _LINK)
        assert "link.state=up" in (_program(host, verb) if by == "program" else _script(host, forms[verb]))
        assert '"down"' not in shell(host, _LINK)
    assert configuration(host) == before


_LINK = "virsh dumpxml --xpath '//interface/link/@state' vma"


# What only the program knows: a script meets it when NetworkManager or libvirt refuses, and stops there.
BY_THE_PROGRAM = (
    "a bridge by another profile that is not active",
    "a VNI and port in a profile",
)


TO_THE_SCRIPT = [name for name in CONFLICTS if name not in BY_THE_PROGRAM]


@pytest.mark.parametrize("conflict", few(TO_THE_SCRIPT, "a network on another bridge"))
def test_what_is_somebody_elses_stops_a_script_before_it_is_touched(host: Host, conflict: str) -> None:
    """What had been done before it stays, and its way back takes that back."""
    shell(host, CONFLICTS[conflict][0])
    before = configuration(host)
    assert "Stopped in" in _script(host, status=1)
    _script(host, "undo")
    assert configuration(host) == before


def test_a_change_that_nobody_answers_over_is_taken_back(host: Host) -> None:
    """Exit status 4, and the interface as before: on the profile that it was on."""
    old = "ipv4.method manual ipv4.addresses 198.51.100.77/24 ipv4.gateway 198.51.100.254"
    shell(host, f"nmcli connection add con-name old ifname enp1s0 type ethernet {old}; nmcli connection up old")
    shell(host, f"sed -i 's/198.51.100.254/198.51.100.99/' {PLAN}")
    _export(host, "script")
    before = configuration(host)
    ended = host.run(["env", "VXLAN_TUI_KEEP_SECONDS=8", "bash", "/root/script.sh"], check=False, timeout=120)
    assert ended.returncode == 4, ended.stdout + ended.stderr
    assert configuration(host) == before
    assert "Example" not in shell(host, "ls /etc/NetworkManager/system-connections")


def test_a_script_and_the_program_do_not_run_at_once(host: Host) -> None:
    """The script is told who holds the lock, and changes nothing."""
    before = configuration(host)
    shell(host, "mkdir -p /var/lib/vxlan-tui; chmod 700 /var/lib/vxlan-tui")
    ended = host.run(["flock", "/var/lib/vxlan-tui/lock", "bash", "/root/script.sh"], check=False)
    assert ended.returncode == 3
    assert configuration(host) == before


KILLER = r"""#!/bin/bash
name=${0##*/}
case " $name $* " in
    *" nmcli connection "@(add|modify|up|down|delete)" "*|*" firewall-cmd "*-port=*|*" virt-xml "*) ;;
    *) exec "/usr/bin/$name" "$@" ;;
esac
echo x >>/root/count
[ "$(wc -l </root/count)" = "$(cat /root/kill-at)" ] || exec "/usr/bin/$name" "$@"
"/usr/bin/$name" "$@"
kill -KILL "$PPID"
"""

TOOLS = "nmcli firewall-cmd virt-xml"


@pytest.mark.parametrize("number", few([2, 4, 5, 8, 10], 5))
def test_a_script_that_was_killed_is_finished_by_the_next(host: Host, number: int) -> None:
    """The same final state, and the way back still knows what was before the first of the two."""
    before = configuration(host)
    host.run(["tee", "/root/killer"], input=KILLER.replace("#!/bin/bash", "#!/bin/bash\nshopt -s extglob"))
    shell(host, f"for t in {TOOLS}; do install -m 755 /root/killer /usr/local/sbin/$t; done")
    shell(host, f": >/root/count; echo {number} >/root/kill-at")
    host.run(["env", "VXLAN_TUI_KEEP_SECONDS=5", "bash", "/root/script.sh"], check=False, timeout=120)
    shell(host, f"for t in {TOOLS}; do rm /usr/local/sbin/$t; done")
    host.daemons.until("NetworkManager has taken back what nobody confirmed", lambda: _checkpoints(host) == "ao 0")
    _script(host)
    assert set(states(rows(host, "apply")).values()) == {"done"}
    _script(host, "undo")
    assert configuration(host) == before


def _checkpoints(host: Host) -> str:
    bus = "org.freedesktop.NetworkManager"
    return shell(host, f"busctl get-property {bus} /org/freedesktop/NetworkManager {bus} Checkpoints").strip()

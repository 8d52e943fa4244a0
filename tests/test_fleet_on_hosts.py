"""Three real hosts set up, changed and taken back from one of them, over SSH; the others have no vxlan-tui."""

import json
from collections.abc import Iterator

import pytest

from tests import over_ssh
from tests.cases import campaign, few
from tests.on_host import PLAN, RECORDS, configuration, program, rows, shell
from tests.over_ssh import until
from tests.processes import held
from tests.test_apply import _slow, _wait_for
from tests.test_ssh import no_checkpoint
from tests.test_ui_on_hosts import pilot_on
from vxlan_tui import plan as plans
from vxlan_tui.rehearsal import Rehearsal
from vxlan_tui.rehearsal.host import Host

HOST = """
[[hosts]]
name = "host-{letter}"
interface = "enp1s0"
ssh = "root@host-{letter}"

[hosts.ethernet]
profile = "Example"
method = "manual"
address = "{address}/24"
gateway = "{gateway}"
"""
SEGMENT = '\n[[segments]]\nvni = 10\nbridge = "bridge0"\nadmit = "peers"\n'
ADDRESSES = (("198.51.100.2", "198.51.100.254"), ("203.0.113.1", "203.0.113.254"), ("203.0.113.2", "203.0.113.254"))
TEXT = "".join(
    HOST.format(letter=letter, address=address, gateway=gateway)
    for letter, (address, gateway) in zip("abc", ADDRESSES, strict=True)
)

KEEP = 20
"""Seconds to confirm in."""

ALL = ("--all", "--only", "ethernet,bridge,network")


_LAUNCHER = f"""#!/bin/sh
export VXLAN_TUI_KEEP_SECONDS={KEEP}
exec /usr/local/bin/vxlan-tui.real "$@"
"""


class Fleet:
    """The hosts, and what they were before."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal
        self.hosts = rehearsal.hosts
        self.console, self.second, self.third = rehearsal.hosts
        self.before = self.configurations()
        shell(self.console, f"cp {PLAN} /root/good.toml")

    def configurations(self) -> dict[str, str]:
        """Give what each host is configured to be."""
        return {host.name: configuration(host) for host in self.hosts}

    def again(self) -> None:
        """Take everything back."""
        shell(self.console, f"cp /root/good.toml {PLAN}")
        for host in self.hosts:
            shell(host, "rm -rf /usr/local/sbin/* /root/slow /root/kill*")
        if self.configurations() == self.before and not any(shell(host, RECORDS) for host in self.hosts):
            return
        told = program(self.console, "undo", PLAN, "--all", "--yes", status=None)
        until(lambda: self.configurations() == self.before, 60, lambda: told)


@pytest.fixture(scope="module")
def shared(sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Three hosts in two subnets: the console alone in one of them."""
    path = tmp_path_factory.mktemp("fleet") / "plan.toml"
    path.write_text(TEXT + SEGMENT)
    with Rehearsal(plans.load(path), program_everywhere=False) as made:
        made.hosts[0].run(["tee", "/root/launcher"], input=_LAUNCHER)
        shell(made.hosts[0], "cd /usr/local/bin; mv vxlan-tui vxlan-tui.real; install -m 755 /root/launcher vxlan-tui")
        yield Fleet(made)


@pytest.fixture
def fleet(shared: Fleet) -> Iterator[Fleet]:
    """The hosts; each test leaves them as they were."""
    yield shared
    shared.again()


def by_host(lines: list[dict[str, object]]) -> dict[str, str]:
    """Give each host's last word."""
    return {str(line["host"]): str(line["result"]) for line in lines if "result" in line}


def test_all_hosts_are_set_up_and_taken_back_from_one_console(fleet: Fleet) -> None:
    """Nothing is left to do then; after undo every host is as it was, and none but the console has the program."""
    assert by_host(rows(fleet.console, "apply", *ALL)) == dict.fromkeys(fleet.before, "changed")
    for host in fleet.hosts:
        assert "vxlan10" in shell(host, "bridge link")
        assert "Example" in shell(host, "nmcli -g GENERAL.CONNECTION device show enp1s0")
    assert by_host(rows(fleet.console, "apply", *ALL)) == dict.fromkeys(fleet.before, "unchanged")
    assert program(fleet.console, "apply", PLAN, "--all", "--check", "--only", "bridge")
    assert "nmcli connection add" in program(fleet.console, "log", PLAN, "--host", "host-c")
    assert by_host(rows(fleet.console, "undo", "--all")) == dict.fromkeys(fleet.before, "changed")
    assert fleet.configurations() == fleet.before
    for host in (fleet.second, fleet.third):
        assert shell(host, "type -P vxlan-tui || echo none") == "none\n"


def wrong_gateway(host: Host, name: str) -> None:
    """Let the console's plan name a gateway for a host that nobody is."""
    edit = f'/name = "{name}"/,/gateway/ s/^gateway = .*/gateway = "203.0.113.250"/'
    shell(host, f"sed -i '{edit}' {PLAN}; grep -q 113.250 {PLAN}")


def test_a_wrong_gateway_on_one_host_leaves_all_of_them_as_they_were(fleet: Fleet) -> None:
    """The console is in another subnet, so that host is cut off: it comes back by itself, the others by the run."""
    wrong_gateway(fleet.console, "host-b")
    lines = rows(fleet.console, "apply", *ALL, status=4)
    assert by_host(lines) == dict.fromkeys(fleet.before, "rolled-back")
    assert fleet.configurations() == fleet.before
    assert not any(line.get("section") == "10.3" and line["state"] != "skipped" for line in lines)


def test_something_in_the_way_on_one_host_keeps_all_of_them_from_being_changed(fleet: Fleet) -> None:
    """It is told of that host, and why nothing ran, of the others."""
    shell(fleet.third, "ip link add bridge0 type bridge; ip link set bridge0 up; sleep 1")
    try:
        found = fleet.configurations()
        lines = rows(fleet.console, "apply", *ALL, status=1)
        assert fleet.configurations() == found
    finally:
        shell(fleet.third, "ip link delete bridge0")
    assert by_host(lines) == {"host-a": "unchanged", "host-b": "unchanged", "host-c": "failed"}
    assert any("host-c: the device bridge0 exists" in str(line.get("detail")) for line in lines)


def test_a_host_without_a_daemon_and_one_that_lets_nobody_in_keep_all_of_them_from_being_changed(
    fleet: Fleet,
) -> None:
    """Each is named with what mends it."""
    fleet.second.daemons.stop("firewalld")
    try:
        told = program(fleet.console, "apply", PLAN, "--yes", *ALL, status=3)
    finally:
        fleet.second.daemons.start("firewalld")
    assert "nothing was changed on any host" in told
    assert "host-b:     To mend it: systemctl enable --now firewalld" in told
    fleet.third.daemons.stop("sshd")
    try:
        told = program(fleet.console, "apply", PLAN, "--yes", *ALL, status=3)
    finally:
        fleet.third.daemons.start("sshd")
    assert "host-c: host-c cannot be reached: the host answers, but no sshd does" in told
    assert fleet.configurations() == fleet.before


@campaign
def test_of_two_consoles_one_works_and_the_other_is_told_where_and_by_whom(fleet: Fleet) -> None:
    """Nothing is half done, and nobody waits for ever."""
    shell(fleet.third, _slow("nmcli"))
    first = held(fleet.console.popen(["vxlan-tui", "apply", PLAN, "--yes", "--host", "host-b", "--host", "host-c"]))
    _wait_for(fleet.third, "test -e /root/slow")
    told = program(fleet.console, "apply", PLAN, "--yes", "--all", status=3)
    assert "nothing was changed on any host" in told
    assert "host-b: this host is being changed by `vxlan-tui apply /root/plan.toml` (process" in told
    assert "from root@host-a)" in told
    told = program(fleet.console, "undo", PLAN, "--yes", "--host", "host-a", "--host", "host-c", status=3)
    assert "host-c: this host is being changed by" in told
    shell(fleet.third, "rm /usr/local/sbin/nmcli")
    assert first.wait(120) == 0
    assert by_host(rows(fleet.console, "apply", *ALL)) == {
        "host-a": "changed",
        "host-b": "unchanged",
        "host-c": "unchanged",
    }


@campaign
def test_the_wizard_asks_once_whether_to_keep_what_can_cut_three_hosts_off(fleet: Fleet) -> None:
    """And verifies all of them from both ends."""
    pilot_on(fleet.console, "keep_on_all_hosts")
    for host in fleet.hosts:
        assert "Example" in shell(host, "nmcli -g GENERAL.CONNECTION device show enp1s0")
        assert "vxlan10" in shell(host, "bridge link")
        assert "It was confirmed, and is kept" in shell(host, "cat /var/lib/vxlan-tui/journal")


# After one of these commands on the last host, the console dies.
PHASES = {
    "what can cut it off is in force": "connection up id Example",
    "what was confirmed is being saved": "connection modify id Example connection.id",
    "the bridge is being made": "connection add type bridge",
    "the list of the others is being written": "dispatcher.d/90-vxlan-tui-vxlan10",
    "the others are being let in": "--add-rich-rule=",
    "the libvirt network is being started": "net-start",
}

LIST = "bridge fdb show dev vxlan10 | grep -c '^00:00:00:00:00:00 dst '"
LET_IN = "for when in '' --permanent; do firewall-cmd $when --list-rich-rules | grep -c 8472; done"

_MOMENT = """#!/bin/bash
name=${0##*/}
/usr/bin/$name "$@"
status=$?
[[ "$*" != *"$(cat /root/kill-at)"* ]] || { touch /root/kill-now; until [ -e /root/kill-done ]; do sleep 0.05; done; }
exit $status
"""


@pytest.mark.parametrize("phase", few(PHASES, "what can cut it off is in force"))
def test_a_console_that_dies_leaves_every_host_to_itself_and_the_same_command_goes_on(fleet: Fleet, phase: str) -> None:
    """What was not confirmed is taken back by each host, and undo restores what was before the first run."""
    fleet.third.run(["tee", "/root/killer"], input=_MOMENT)
    shell(fleet.third, f"echo '{PHASES[phase]}' > /root/kill-at; mkdir -p /usr/local/sbin")
    shell(
        fleet.third,
        "for tool in nmcli virsh firewall-cmd install; do install -m 755 /root/killer /usr/local/sbin/$tool; done",
    )
    run = held(fleet.console.popen(["vxlan-tui", "apply", PLAN, "--yes", *ALL]))
    until(lambda: fleet.third.has("/root/kill-now"), 120, lambda: "it did not get so far")
    shell(fleet.console, "kill -KILL $(sed 's/.*\"pid\": \\([0-9]*\\).*/\\1/' /var/lib/vxlan-tui/lock)")
    run.wait(30)
    shell(fleet.third, "touch /root/kill-done; rm -f /usr/local/sbin/*")
    for host in fleet.hosts:
        until(lambda host=host: no_checkpoint(host), KEEP + 15, lambda: "a checkpoint is still there")  # type: ignore[misc]
    assert by_host(rows(fleet.console, "apply", *ALL))["host-c"] == "changed"
    assert by_host(rows(fleet.console, "apply", *ALL)) == dict.fromkeys(fleet.before, "unchanged")
    for host in fleet.hosts:
        assert shell(host, f"{LIST}; {LET_IN}").split() == ["2", "2", "2"]
    assert by_host(rows(fleet.console, "undo", "--all")) == dict.fromkeys(fleet.before, "changed")
    assert fleet.configurations() == fleet.before


@campaign
def test_a_host_whose_sshd_ends_in_the_middle_is_told_of_as_such_and_the_others_come_to_their_sections_end(
    fleet: Fleet,
) -> None:
    """Neither failed nor done is said of it; the same command goes on when it can be reached again."""
    fleet.third.run(["tee", "/root/killer"], input=_MOMENT)
    shell(
        fleet.third,
        "echo 'connection add type bridge' > /root/kill-at; install -m 755 /root/killer /usr/local/sbin/nmcli",
    )
    run = held(fleet.console.popen(["vxlan-tui", "apply", PLAN, "--yes", "--json", *ALL], stdout=-1, text=True))
    until(lambda: fleet.third.has("/root/kill-now"), 120, lambda: "it did not get so far")
    shell(fleet.third, "pkill -KILL -x sshd; touch /root/kill-done; rm -f /usr/local/sbin/*")
    assert run.stdout is not None
    lines = [json.loads(line) for line in run.stdout]
    assert run.wait(120) == 1
    assert by_host(lines)["host-c"] == "unreachable"
    assert not [line for line in lines if line["host"] == "host-c" and line.get("state") == "failed"]
    mine = [line for line in lines if line["host"] == "host-b" and line.get("section") == "10.3"]
    assert all(line["state"] == "changed" for line in mine)
    over_ssh.start_sshd(fleet.third)
    assert by_host(rows(fleet.console, "apply", *ALL))["host-c"] == "changed"
    assert by_host(rows(fleet.console, "apply", *ALL)) == dict.fromkeys(fleet.before, "unchanged")

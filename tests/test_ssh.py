"""Whatever becomes of the admin's ssh session while the interface under it is changed: the host stays reachable.

A real sshd on one host, a real ssh from the other, and a plan that changes the address that the session goes to.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from tests import over_ssh, plain_user
from tests.cases import campaign, few
from tests.on_host import PLAN, configuration, program, rows, shell
from tests.over_ssh import KEEP, Session, answers, until
from vxlan_tui import plan
from vxlan_tui.rehearsal import SAMPLE, Rehearsal
from vxlan_tui.rehearsal.host import Host

OLD, NEW = "198.51.100.3", "198.51.100.2"

APPLY = f"vxlan-tui apply {PLAN} --only ethernet,bridge"

_UP = """
nmcli connection add con-name {name} ifname enp1s0 type ethernet ipv4.method manual ipv4.addresses {address}/24 \
    ipv4.gateway {gateway} ipv6.method disabled
nmcli connection up {name}
"""

# Before, while or after a profile is activated, something happens: `/root/moment` says that it is the moment.
_NMCLI = """#!/bin/bash
case "$(cat /root/when) $*" in
    "before connection up id Example") touch /root/moment; until [ -e /root/go ]; do sleep 0.05; done ;;
    "during connection up id Example") touch /root/moment ;;
    "after connection up id Example") /usr/bin/nmcli "$@"; status=$?; touch /root/moment; exit $status ;;
esac
exec /usr/bin/nmcli "$@"
"""


@dataclass(frozen=True)
class Net:
    """The host that is changed, its configuration before, the host that the admin sits at, and what joins them."""

    host: Host
    client: Host
    rehearsal: Rehearsal
    before: str


@contextmanager
def hosts(directory: Path) -> Iterator[Net]:
    """Two hosts without VMs: host-a at another address than the plan's, and host-b, the console."""
    path = directory / "plan.toml"
    text, _, host_b = SAMPLE.read_text().partition("[[vms]]")[0].rpartition("[[hosts]]")
    head, mark, host_a = text.partition("[[hosts]]")
    host_b, other, segments = host_b.partition("[[segments]]")
    path.write_text("".join((head, mark, host_b, mark, host_a, other, segments)))
    with Rehearsal(plan.load(path), underlay_up=False) as running:
        client, host = running.hosts
        shell(host, _UP.format(name="Old", address=OLD, gateway="198.51.100.254"))
        shell(client, _UP.format(name="Other", address="203.0.113.1", gateway="203.0.113.254"))
        host.run(["tee", "/usr/local/sbin/nmcli"], input=_NMCLI)
        shell(host, "chmod 755 /usr/local/sbin/nmcli; echo never > /root/when")
        yield Net(host, client, running, configuration(host))


def tidy(net: Net) -> None:
    """Leave the host as it was."""
    shell(net.host, "rm -f /root/moment /root/go; echo never > /root/when; ip address flush dev lo to 198.51.100.0/24")
    over_ssh.start_sshd(net.host)
    over = program(net.host, "undo", PLAN, "--yes", status=None)
    until(lambda: f"{OLD}/24" in shell(net.host, "ip -4 address show enp1s0"), 30, lambda: over)


@pytest.fixture(scope="module")
def shared(sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Net]:
    """The hosts, for all tests."""
    with hosts(tmp_path_factory.mktemp("ssh")) as net:
        yield net


@pytest.fixture
def net(shared: Net) -> Iterator[Net]:
    """The hosts; each test leaves them as they were."""
    yield shared
    tidy(shared)


def begin(client: Host, address: str = OLD, keep: int = KEEP, user: str = "root") -> Session:
    """Log in, start `apply`, and agree to it."""
    session = Session(client, address, APPLY, keep, user)
    session.wait_for("Type yes:")
    session.type("yes\n")
    return session


def no_checkpoint(host: Host) -> bool:
    """Whether NetworkManager holds no checkpoint."""
    asked = "busctl get-property org.freedesktop.NetworkManager /org/freedesktop/NetworkManager"
    return shell(host, f"{asked} org.freedesktop.NetworkManager Checkpoints").strip() == "ao 0"


def drop(net: Net) -> None:
    """Nothing of the session gets through any more."""
    shell(net.client, f"ip route add blackhole {OLD}")


def pull(net: Net) -> None:
    """The host's cable is pulled out at the other end."""
    net.rehearsal.pull(net.host)


def kill_sshd(net: Net) -> None:
    """The server's end of the session dies: SIGHUP for what runs in it."""
    shell(net.host, "pkill -KILL -x sshd")


def kill_program(net: Net) -> None:
    """The program is killed outright."""
    shell(net.host, """kill -KILL "$(sed 's/.*"pid": \\([0-9]*\\).*/\\1/' /var/lib/vxlan-tui/lock)" """)


def nobody_changes(host: Host) -> bool:
    """Whether the run that was cut has ended, and holds the lock no longer."""
    return host.run(["flock", "-n", "/var/lib/vxlan-tui/lock", "true"], check=False).returncode == 0


def mend(net: Net) -> None:
    """What was cut outside of the host works again."""
    shell(net.client, f"ip route del blackhole {OLD} 2>/dev/null || true")
    net.rehearsal.plug(net.host)


CUTS: dict[str, Callable[[Net], None]] = {
    "the network drops it": drop,
    "the link is pulled": pull,
    "sshd is killed": kill_sshd,
    "the program is killed": kill_program,
}


def survive(net: Net, cut: str, when: str, user: str = "root") -> None:
    """Let `apply` in a session be cut, and hold the host to what it has to be then."""
    host, client = net.host, net.client
    shell(host, f"echo {when} > /root/when")
    session = begin(client, user=user)
    until(lambda: host.has("/root/moment"), 30, lambda: session.seen)
    try:
        CUTS[cut](net)
        shell(host, "touch /root/go")
        if cut == "the link is pulled":
            until(lambda: no_checkpoint(host), KEEP + 15, lambda: "a checkpoint is still there")
    finally:
        mend(net)
    until(lambda: answers(client, OLD), KEEP + 15, lambda: shell(host, "ip address; nmcli connection"))
    until(lambda: no_checkpoint(host), KEEP + 15, lambda: "a checkpoint is still there")
    session.close()
    until(lambda: nobody_changes(host), 120, lambda: shell(host, "cat /var/lib/vxlan-tui/lock"))
    told = program(host, "undo", PLAN, "--yes")
    assert "taken back" in told, told
    assert configuration(host) == net.before
    assert shell(host, "ls /var/lib/vxlan-tui/before") == ""
    assert "taken back" in program(host, "log")


MOMENTS = list(product(CUTS, ("before", "during", "after")))
A_FEW = (("the link is pulled", "during"), ("the program is killed", "after"))


@pytest.mark.parametrize("moment", few(MOMENTS, *A_FEW), ids=" ".join)
def test_a_session_that_is_cut_leaves_the_host_at_its_old_address_and_the_next_start_tells(
    net: Net, moment: tuple[str, str]
) -> None:
    """Within the time to confirm in, whoever is still alive, with every profile as before."""
    survive(net, *moment)


@pytest.mark.parametrize("cut", few(CUTS, "sshd is killed"))
def test_a_session_of_somebody_who_is_not_root_is_survived_as_well(net: Net, cut: str) -> None:
    """With sudo between the session and the program, which has a terminal of its own for it."""
    plain_user.add(net.host)
    plain_user.let(net.host, plain_user.FREE, "Defaults use_pty")
    survive(net, cut, "during", "admin")


def test_an_address_that_changes_under_the_session_comes_back_and_the_session_goes_on(net: Net) -> None:
    """Nobody can answer; the old address is back within the time, and the same terminal says so."""
    session = begin(net.client)
    until(lambda: not answers(net.client, OLD), 20, lambda: session.seen)
    until(lambda: answers(net.client, OLD), KEEP + 5, lambda: session.seen)
    assert session.ended() == 4
    assert "No answer" in session.seen
    assert f"As before, enp1s0 has {OLD}/24" in session.seen
    assert configuration(net.host) == net.before


_BRIDGE = """
nmcli connection add type bridge con-name bridge0 ifname bridge0 bridge.stp no ipv6.method disabled \
    ipv4.method manual ipv4.addresses 192.0.2.9/24
nmcli connection up bridge0
"""


def test_a_bridge_that_the_session_comes_in_over_loses_its_address_in_memory_alone_and_has_it_back(net: Net) -> None:
    """A boot in the meantime would have brought it back as well."""
    files = "cd /etc/NetworkManager/system-connections; grep -rv -e ^timestamp= . | sort"
    shell(net.host, _BRIDGE)
    try:
        before, stored = configuration(net.host), shell(net.host, files)
        net.rehearsal.router.run(["ip", "route", "replace", "192.0.2.9", "via", OLD])
        session = Session(net.client, "192.0.2.9", f"vxlan-tui apply {PLAN} --only bridge")
        session.wait_for("Type yes:")
        assert "your SSH session comes in over bridge0" in session.seen
        session.type("yes\n")
        until(lambda: not answers(net.client, "192.0.2.9"), 30, lambda: session.seen)
        assert "vxlan10" in shell(net.host, "ip -br link")
        assert shell(net.host, files) == stored
        until(lambda: answers(net.client, "192.0.2.9"), KEEP + 15, lambda: session.seen)
        assert session.ended() == 4, session.seen
        assert configuration(net.host) == before
        assert shell(net.host, files) == stored
    finally:
        shell(net.host, "nmcli connection delete bridge0")


def stays(net: Net) -> Session:
    """Begin in a session that outlives the change: it goes to the new address, which the host has on lo as well."""
    shell(net.host, f"ip address add {NEW}/24 dev lo")
    session = begin(net.client, NEW, keep=30)
    session.wait_for("Keep this configuration?")
    return session


def test_a_change_that_is_confirmed_is_kept(net: Net) -> None:
    """The question says who answers; yes is yes."""
    session = stays(net)
    assert "The gateway 198.51.100.254 answers" in session.seen
    session.type("yes\n")
    assert session.ended() == 0
    assert f"{NEW}/24" in shell(net.host, "ip -4 address show enp1s0")
    assert no_checkpoint(net.host)
    assert rows(net.host, "apply", "--only", "ethernet,bridge")[-1] == {"result": "unchanged"}


@pytest.mark.parametrize("answer", few(["no\n", "\n", "yes please\n", "\x04", "\x03"], "\n"))
def test_any_other_answer_is_no(net: Net, answer: str) -> None:
    """A word that is not yes, an empty line, the end of the input, an interrupt."""
    session = stays(net)
    session.type(answer)
    assert session.ended() == (130 if answer == "\x03" else 4), session.seen
    assert "taken back" in session.seen
    assert f"{OLD}/24" in shell(net.host, "ip -4 address show enp1s0")
    assert no_checkpoint(net.host)


# The wizard


def open_wizard(net: Net, address: str, keep: int = KEEP) -> Session:
    """Log in, open the wizard, go to the Ethernet section and run it."""
    screen = "stty rows 40 cols 110; vxlan-tui --plan /root/plan.toml --host host-a"
    session = Session(net.client, address, screen, keep)
    session.wait_for("F8 Next")
    session.wait_for("this machine")
    session.type("3")
    session.wait_for("your SSH session comes in over enp1s0" if address == OLD else "enp1s0 is in use")
    session.wait_for("CheckpointCreate")
    session.type("a")
    return session


def survive_in_wizard(net: Net, cut: str, when: str) -> None:
    """The same for the wizard: what it changes cuts its own session, and then that happens as well."""
    host, client = net.host, net.client
    shell(host, f"echo {when} > /root/when")
    session = open_wizard(net, OLD)
    until(lambda: host.has("/root/moment"), 30, lambda: session.seen)
    try:
        CUTS[cut](net)
        shell(host, "touch /root/go")
        if cut == "the link is pulled":
            until(lambda: no_checkpoint(host), KEEP + 15, lambda: "a checkpoint is still there")
    finally:
        mend(net)
    until(lambda: answers(client, OLD), KEEP + 15, lambda: shell(host, "ip address; nmcli connection"))
    until(lambda: no_checkpoint(host), KEEP + 15, lambda: "a checkpoint is still there")
    session.close()
    over_ssh.start_sshd(host)
    until(lambda: "vxlan-tui --plan" not in shell(host, "ps -eo args"), KEEP + 15, lambda: shell(host, "ps -eo args"))
    until(lambda: nobody_changes(host), 120, lambda: shell(host, "cat /var/lib/vxlan-tui/lock"))
    again = Session(client, OLD, "stty rows 40 cols 110; vxlan-tui --plan /root/plan.toml --host host-a")
    again.wait_for("t was taken")  # begins a sentence or ends one, and the line may end here
    again.type("\x11")
    again.ended()
    assert configuration(host) == net.before
    assert shell(host, "ls /var/lib/vxlan-tui/before") == ""


@pytest.mark.parametrize("cut", few(CUTS, "the network drops it"))
def test_the_wizard_in_a_session_that_is_cut_brings_the_host_back_and_the_next_one_tells(net: Net, cut: str) -> None:
    survive_in_wizard(net, cut, "after")


@campaign
def test_the_wizard_keeps_what_is_confirmed(net: Net) -> None:
    """In a session that outlives the change."""
    shell(net.host, f"ip address add {NEW}/24 dev lo")
    session = open_wizard(net, NEW, keep=30)
    session.wait_for("Keep this configuration?")
    time.sleep(1)
    session.type("k")
    until(lambda: no_checkpoint(net.host), 20, lambda: session.seen)
    assert f"{NEW}/24" in shell(net.host, "ip -4 address show enp1s0")
    assert "It was confirmed" in program(net.host, "log")
    session.type("\x11")
    session.close()

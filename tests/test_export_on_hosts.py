"""Exported scripts on real hosts: beside `apply` and `undo` on a host that is the same, and in their place."""

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.on_host import PLAN, configuration, program, rows, shell
from tests.processes import held
from tests.test_apply import CHAPTER, CONFLICTS, DIFFERENT
from vxlan_tui import export, plan
from vxlan_tui.plan import Plan
from vxlan_tui.rehearsal import SAMPLE, Rehearsal
from vxlan_tui.rehearsal.host import Host

pytestmark = pytest.mark.usefixtures("sandbox")

# A guest that obeys at once: these tests are not about how long guests take.
OBEDIENT = r"""#!/bin/bash
[[ $1 != shutdown ]] || exec /usr/bin/virsh destroy "$2"
exec /usr/bin/virsh "$@"
"""

SCRIPT = "/root/script"


def _obedient(host: Host) -> Host:
    host.run(["tee", "/usr/local/sbin/virsh"], input=OBEDIENT)
    shell(host, "chmod 755 /usr/local/sbin/virsh")
    return host


@pytest.fixture(scope="module")
def twins(sample_plan: Plan) -> Iterator[tuple[Host, Host]]:
    """Two hosts that are the same."""
    with Rehearsal(sample_plan) as one, Rehearsal(sample_plan) as other:
        yield _obedient(one["host-a"]), _obedient(other["host-a"])


@pytest.fixture
def pair(twins: tuple[Host, Host]) -> Iterator[tuple[Host, Host]]:
    """Two hosts with nothing of the plan: one for the program, one for the scripts."""
    yield twins
    for host in twins:
        shell(host, EMPTIED)


EMPTIED = """
for id in $(nmcli -g UUID,TYPE connection show | sed -n '/:loopback$/d; s/:.*//p'); do
    nmcli connection delete uuid "$id" || true
done
firewall-cmd --remove-port=4789/udp
for vm in $(virsh list --name --uuid | cut -d' ' -f1); do virsh destroy "$vm"; done
virsh undefine 7d3e3d4c-6f6b-4a1e-8a52-4f3f3c2b1a00 || true
rm -f /var/lib/vxlan-tui/before/*
"""


@pytest.fixture
def host(sample_plan: Plan) -> Iterator[Host]:
    """A host with nothing of the plan on it and its VM off."""
    with Rehearsal(sample_plan) as rehearsal:
        yield _obedient(rehearsal["host-a"])


def _plan(text: str) -> Plan:
    return plan.parse(text.encode(), Path(PLAN))


def _put_script(host: Host, of: Plan, form: str = "script") -> None:
    make = export.undo_script if form == "undo" else export.script
    host.run(["tee", SCRIPT], input=make(of, of.host("host-a")))


def _run_script(host: Host, of: Plan, form: str = "script", status: int = 0) -> subprocess.CompletedProcess[str]:
    _put_script(host, of, form)
    done = host.run(["bash", SCRIPT], check=False, timeout=240)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def _commands(output: str) -> list[str]:
    """Give the commands of an output, with their here-documents; without those that guard a connection."""
    found = re.findall(r"^# .*\n(?:(?<=<<'EOF'\n)(?:.*\n)*?EOF\n)?", output, re.MULTILINE)
    return [_alike(text) for text in found if not re.match(r"# (busctl|systemd-run|systemctl|ping) ", text)]


def _records(host: Host) -> dict[str, str]:
    """Give the records by name."""
    names = shell(host, "ls -A /var/lib/vxlan-tui/before").splitlines()
    return {name: host.run(["cat", f"/var/lib/vxlan-tui/before/{name}"]).stdout for name in names}


def _on_both(pair: tuple[Host, Host], text: str) -> list[str]:
    """Carry a plan out on both hosts, hold them to be the same after it, and give the commands that ran."""
    by_program, by_script = pair
    by_program.run(["tee", PLAN], input=text)
    ran = _commands(program(by_program, "apply", PLAN, "--yes"))
    assert _commands(_run_script(by_script, _plan(text)).stdout) == ran
    assert _alike(configuration(by_script)) == _alike(configuration(by_program))
    assert _alike(str(_records(by_script))) == _alike(str(_records(by_program)))
    return ran


def _alike(text: str) -> str:
    """Give text without what each host makes up for itself."""
    without_macs = re.sub(r"([0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b", "MAC", text)
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", without_macs)


def _take_back_crosswise(pair: tuple[Host, Host], text: str) -> None:
    """Take back with the script what the program did, and with the program what the script did."""
    by_program, by_script = pair
    ran = _commands(_run_script(by_program, _plan(text), "undo").stdout)
    by_script.run(["tee", PLAN], input=text)
    assert _commands(program(by_script, "undo", PLAN, "--yes")) == ran
    assert _records(by_script) == _records(by_program) == {}


def test_from_nothing_through_every_edit_of_the_plan_a_script_does_what_apply_does(pair: tuple[Host, Host]) -> None:
    """The same commands, configuration and records each time; nothing twice; and each takes back what the other did."""
    before = [configuration(host) for host in pair]
    text = SAMPLE.read_text()
    assert len(_on_both(pair, text)) == 15
    assert _on_both(pair, text) == []
    for edited in (
        text.replace("vni = 10", "vni = 11"),
        text.replace("vni = 10", "vni = 11\nport = 4789"),
        text.replace("vni = 10", "vni = 10\nport = 4789") + '[[segments]]\nvni = 20\nbridge = "bridge1"\n',
    ):
        assert _on_both(pair, edited) != []
    for host in pair:
        shell(
            host,
            "nmcli connection delete bridge0-vxlan10; firewall-cmd --remove-port=4789/udp; "
            "virsh net-destroy vxlan20-bridge; virsh net-undefine vxlan20-bridge; mkdir -p /run/vxlan-tui; "
            "echo half >/run/vxlan-tui/vxlan10-bridge.xml; virt-xml vma --edit --network network=rehearsal-old",
        )
    assert _on_both(pair, edited) != []
    assert _on_both(pair, edited) == []
    _take_back_crosswise(pair, edited)
    assert [configuration(host) for host in pair] == before


DIFFERENCES = {
    "a VXLAN of other values": ("another VNI", "another remote", "another port", "no autoconnect"),
    "addresses": ("a bridge with an address", "another address"),
    "another bridge, and DHCP": ("in another bridge", "DHCP"),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_what_differs_is_changed_and_put_back_by_a_script_as_by_the_program(pair: tuple[Host, Host], name: str) -> None:
    """Also where the kernel cannot change a device in place."""
    commands = [DIFFERENT[each][0] for each in DIFFERENCES[name]]
    text = SAMPLE.read_text()
    for host in pair:
        shell(host, "\n".join((CHAPTER, *commands)))
        for profile in dict.fromkeys(command.split()[3] for command in commands):
            up = f"nmcli --wait 5 connection up {profile} || nmcli connection down {profile}"
            shell(host, f"nmcli connection down {profile}; {up}; sleep 1")
    before = [configuration(host) for host in pair]
    assert any(" connection modify id " in command for command in _on_both(pair, text))
    _take_back_crosswise(pair, text)
    assert [configuration(host) for host in pair] == before


TWO_NICS = """
<domain type='qemu'>
  <name>it's "two"</name>
  <uuid>7d3e3d4c-6f6b-4a1e-8a52-4f3f3c2b1a00</uuid>
  <memory unit='MiB'>64</memory>
  <os><type>hvm</type></os>
  <devices>
    <interface type='network'><mac address='52:54:00:aa:00:01'/><source network='rehearsal-old'/></interface>
    <interface type='network'><mac address='52:54:00:aa:00:02'/><source network='rehearsal-old'/></interface>
  </devices>
</domain>
"""

AS_IT_IS = """
[[hosts]]
name = "host-a"
interface = "enp1s0"
vtep = "198.51.100.2"

[[hosts]]
name = "host-b"
interface = "enp1s0"
vtep = "203.0.113.1"

[[segments]]
vni = 10
bridge = "bridge0"
port = 4789

[[vms]]
host = "host-a"
name = '''it's "two"'''
network = "vxlan10-bridge"
mac = "52:54:00:aa:00:02"
"""


def test_what_the_plan_leaves_alone_a_script_leaves_alone(pair: tuple[Host, Host]) -> None:
    """An interface that is used as it is, a VM's other NIC, a port that was open at runtime; and a VM that ran runs."""
    for host in pair:
        shell(
            host,
            "nmcli connection add con-name uplink ifname enp1s0 type ethernet ipv4.method manual "
            "ipv4.addresses 198.51.100.2/24; nmcli connection up uplink; firewall-cmd --add-port=4789/udp",
        )
        host.run(["virsh", "define", "/dev/stdin"], input=TWO_NICS)
        shell(host, """virsh start "it's \\"two\\"" """)
    before = [configuration(host) for host in pair]
    ran = _on_both(pair, AS_IT_IS)
    nics = shell(pair[1], """virsh domiflist "it's \\"two\\"" """)
    assert re.findall(r"(rehearsal-old|vxlan10-bridge) .*:(0[12])", nics) == [
        ("rehearsal-old", "01"),
        ("vxlan10-bridge", "02"),
    ]
    assert any("virsh shutdown" in command for command in ran)
    assert not any("uplink" in command for command in ran)
    _take_back_crosswise(pair, AS_IT_IS)
    assert [configuration(host) for host in pair] == before


IN_THE_WAY = {
    "ports, profiles, a VNI, a network, NICs": (
        "a bridge with other ports",
        "two profiles of one name",
        "a VNI and port in use",
        "a network on another bridge",
        "a VM with two NICs",
    ),
    "devices of others, a port, no VM": (
        "a bridge that NetworkManager did not make",
        "a VNI and port in a profile",
        "an underlay interface in a bridge",
        "no such VM",
    ),
}


@pytest.mark.parametrize("name", IN_THE_WAY)
def test_all_that_is_in_the_way_is_said_before_a_script_changes_anything(host: Host, name: str) -> None:
    """In the program's words; exit status 1."""
    for each in IN_THE_WAY[name]:
        shell(host, CONFLICTS[each][0])
    before = configuration(host)
    lines = rows(host, "apply", status=1)
    details = [line["detail"] for line in lines if line.get("state") == "failed"]
    done = _run_script(host, _plan(SAMPLE.read_text()), status=1)
    said = re.findall(r"^      (.*)$", done.stderr, re.MULTILINE)
    assert said == details
    assert _commands(done.stdout) == []
    assert configuration(host) == before


def _started(host: Host, **options: Any) -> subprocess.Popen[Any]:
    pipe: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return held(host.popen(["bash", SCRIPT], **pipe, **options))


def _read_until(started: subprocess.Popen[Any], command: int) -> None:
    """Read a script's output until it has said so many commands."""
    assert started.stdout is not None
    for line in started.stdout:
        command -= line.startswith("# ")
        if not command:
            return
    raise AssertionError("it ended before")


def test_a_script_that_was_killed_at_any_command_is_finished_by_the_next_run(host: Host) -> None:
    """By a script or by the program; and undo still knows what was before the first."""
    of = _plan(SAMPLE.read_text())
    before = configuration(host)
    _run_script(host, of)
    after = configuration(host)
    _run_script(host, of, "undo")
    assert configuration(host) == before
    for number in (3, 8, 14):
        _put_script(host, of)
        started = _started(host)
        _read_until(started, number)
        started.kill()
        started.wait()
        if number % 2:
            rows(host, "apply")
        else:
            _run_script(host, of)
        assert configuration(host) == after
        _put_script(host, of, "undo")
        started = _started(host)
        _read_until(started, number // 2 + 1)
        started.kill()
        started.wait()
        _run_script(host, of, "undo")
        assert configuration(host) == before
        assert _records(host) == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_lets_the_command_of_a_script_end_and_stops(host: Host, number: signal.Signals) -> None:
    """Exit status 130; the lock is held until then, and says by whom; the next run goes on."""
    of = _plan(SAMPLE.read_text())
    slow = (
        "cat >/usr/local/sbin/nmcli <<'END'\n#!/bin/bash\n"
        '[[ " $* " != *" add "* ]] || while [[ -e $0 ]]; do sleep 0.1; done\nexec /usr/bin/nmcli "$@"\nEND\n'
        "chmod 755 /usr/local/sbin/nmcli"
    )
    shell(host, slow)
    _put_script(host, of)
    started = _started(host)
    _read_until(started, 1)
    started.send_signal(number)
    refused = program(host, "apply", PLAN, "--yes", status=3)
    assert re.search(rf"by `the script of {PLAN} for host-a` \(process \d+, since \d\d:\d\d:\d\d\)", refused)
    second = host.run(["bash", SCRIPT], check=False)
    assert second.returncode == 3
    assert "This host is being changed by `the script of" in second.stderr
    shell(host, "rm /usr/local/sbin/nmcli")
    output = started.communicate(timeout=30)[0]
    assert started.returncode == 130, output
    assert f"Stopped by {number.name}, between commands" in output
    assert "successfully added" in output
    assert "Example" in shell(host, "nmcli -g NAME connection show")
    assert len(_commands(_run_script(host, of).stdout)) == 14


def test_a_script_does_not_force_a_vm_off_and_can_be_stopped_while_it_waits(host: Host) -> None:
    """The words say what can be done; the VM goes on running."""
    text = SAMPLE.read_text().replace('address = "192.0.2.1"\n', "shutdown_timeout = 2\n")
    shell(
        host,
        "virsh start vma; printf '#!/bin/sh\\n[ $1 = shutdown ] || exec /usr/bin/virsh \"$@\"\\n' "
        ">/usr/local/sbin/virsh",
    )
    stuck = _run_script(host, _plan(text), status=1)
    assert "It was not forced off" in stuck.stderr
    assert "Stopped in 10.5, " in stuck.stderr
    assert "` ended with exit status 124." in stuck.stderr
    _put_script(host, _plan(text.replace("timeout = 2", "timeout = 600")))
    started = _started(host)
    _read_until(started, 2)
    started.send_signal(signal.SIGINT)
    assert "Stopped by SIGINT" in started.communicate(timeout=20)[0]
    assert started.returncode == 130
    assert shell(host, "virsh domstate vma").strip() == "running"


def test_all_that_a_script_lacks_is_said_at_once_with_what_mends_it(host: Host) -> None:
    """Exit status 3, before anything is changed: programs, daemons, being root."""
    of = _plan(SAMPLE.read_text())
    before = configuration(host)
    _put_script(host, of)
    shell(host, f"chmod 711 /root; chmod 644 {SCRIPT}")
    plain = host.run(["setpriv", "--reuid", "65534", "--clear-groups", "bash", SCRIPT], check=False)
    assert plain.returncode == 3
    assert "you are not root" in plain.stderr
    host.daemons.stop("firewalld")
    host.daemons.stop("libvirtd")
    stopped = _run_script(host, of, status=3)
    assert "firewalld does not answer. To mend it: systemctl enable --now firewalld" in stopped.stderr
    assert "libvirt does not answer. To mend it: systemctl enable --now libvirtd" in stopped.stderr
    for daemon in ("firewalld", "libvirtd"):
        host.daemons.start(daemon)
    shell(host, "mv /usr/bin/virt-xml /usr/bin/flock /root/")
    lacking = _run_script(host, of, status=3)
    assert "virt-xml: not installed. To mend it: " in lacking.stderr
    assert "flock: not installed. To mend it: " in lacking.stderr
    shell(host, "mv /root/virt-xml /root/flock /usr/bin/")
    assert configuration(host) == before

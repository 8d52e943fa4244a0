"""The directory for Ansible: as text, and by a real ansible-playbook that reaches rehearsal hosts by SSH."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests import three_hosts
from tests.on_host import configuration, program, rows
from vxlan_tui import export
from vxlan_tui import plan as plans
from vxlan_tui.export.ansible import inventory, variables
from vxlan_tui.plan import Host, Plan
from vxlan_tui.rehearsal import Rehearsal

ADDRESSED: dict[str, dict[str, object]] = {
    "root@host-a.example.com": {"ansible_host": "host-a.example.com", "ansible_user": "root"},
    "an-alias": {"ansible_host": "an-alias"},
    "ssh://ops@host-a:2222": {"ansible_host": "host-a", "ansible_user": "ops", "ansible_port": 2222},
    "ssh://host-a": {"ansible_host": "host-a"},
    "root@2001:db8::1": {"ansible_host": "2001:db8::1", "ansible_user": "root"},
}


@pytest.mark.parametrize("ssh", ADDRESSED)
def test_a_host_is_reached_as_its_ssh_says(ssh: str) -> None:
    """OpenSSH's own settings fill in what that leaves open; root needs no sudo."""
    host = Host.model_validate({"name": "a", "interface": "e", "vtep": "192.0.2.1", "ssh": ssh})
    assert variables(host) == {**ADDRESSED[ssh], "ansible_become": not ssh.startswith("root@")}


def test_the_directory_is_whole_and_replaces_nothing_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two scripts a host, readable by their owner alone, beside the inventory and the plays."""
    path, out = tmp_path / "p.toml", tmp_path / "out"
    path.write_text(three_hosts.text())
    from vxlan_tui.cli import run  # noqa: PLC0415

    words = ["export", str(path), "--format", "ansible", "--output", str(out)]
    assert run(words) == 0
    names = {str(file.relative_to(out)) for file in out.rglob("*.*")}
    scripts = {f"{play}/host-{letter}.sh" for letter in "abc" for play in ("site", "undo")}
    assert names == {"inventory.yml", "site.yml", "undo.yml", *scripts}
    assert {file.stat().st_mode & 0o777 for file in out.glob("*/*")} == {0o700}
    assert run(words) == 2
    assert "is not empty" in capsys.readouterr().err
    assert run([*words, "--force"]) == 0
    assert run(words[:-2]) == 2


def _ansible(rehearsal: Rehearsal, play: str, *more: str) -> dict[str, dict[str, int]]:
    """Run a play on the first host, which reaches all by SSH, and give each host's figures of the recap."""
    environment = "ANSIBLE_HOST_KEY_CHECKING=False ANSIBLE_NOCOLOR=1 ANSIBLE_DEPRECATION_WARNINGS=False"
    words = " ".join(("ansible-playbook", "-i", "inventory.yml", f"{play}.yml", *more))
    ran = rehearsal.hosts[0].run(["bash", "-c", f"cd /root/out && {environment} {words}"], check=False, timeout=240)
    recap = ran.stdout.partition("PLAY RECAP")[2]
    assert recap, ran.stdout + ran.stderr
    rows_ = re.findall(r"^(\S+) +: (.*)$", recap, re.MULTILINE)
    return {name: {k: int(v) for k, v in (p.split("=") for p in figures.split())} for name, figures in rows_}


def _told(recap: dict[str, dict[str, int]], key: str) -> list[int]:
    return [figures[key] for _, figures in sorted(recap.items())]


@pytest.mark.skipif(not shutil.which("ansible-playbook"), reason="there is no ansible-playbook here")
def test_ansible_playbook_does_what_apply_does(sandbox: None, tmp_path: Path) -> None:
    """--check tells and changes nothing, --limit is one host's, what is right is left alone, undo takes all back."""
    path = tmp_path / "plan.toml"
    path.write_text(three_hosts.text(2, 'admit = "peers"\n'))
    with Rehearsal(plans.load(path)) as rehearsal:
        hosts, console = rehearsal.hosts, rehearsal.hosts[0]
        before = {host.name: configuration(host) for host in hosts}
        program(console, "export", "/root/plan.toml", "--format", "ansible", "--output", "/root/out")
        assert _told(_ansible(rehearsal, "site", "--check"), "changed") == [1, 1]
        assert {host.name: configuration(host) for host in hosts} == before
        assert _told(_ansible(rehearsal, "site", "--limit", "host-b"), "changed") == [1]
        assert _told(_ansible(rehearsal, "site", "-e", "serial=1"), "changed") == [1, 0]
        assert [rows(host, "apply")[-1] for host in hosts] == [{"result": "unchanged"}] * 2
        hosts[1].run(["nmcli", "connection", "modify", "bridge0-vxlan10", "connection.interface-name", "other0"])
        assert _told(_ansible(rehearsal, "site"), "failed") == [0, 1]
        hosts[1].run(["nmcli", "connection", "modify", "bridge0-vxlan10", "connection.interface-name", "vxlan10"])
        assert _told(_ansible(rehearsal, "undo"), "changed") == [1, 1]
        assert {host.name: configuration(host) for host in hosts} == before


@pytest.fixture
def hostile() -> Plan:
    """A plan with names that mean something to Mermaid."""
    return three_hosts.plan(2, '\n[[vms]]\nhost = "host-a"\nname = \'v"]<b>\'\nnetwork = "vxlan10-bridge"\n')


def test_a_map_says_who_is_where_and_no_name_breaks_it(hostile: Plan) -> None:
    """What is no plain character stands as an entity code."""
    told = export.map_of(hostile)
    assert '"v#34;#93;#60;b#62;"' in told
    assert [line for line in told.splitlines() if re.search(r"===", line)] == ["    h0s0 === s0", "    h1s0 === s0"]
    for host in hostile.hosts:
        assert f'["{host.name}<br>enp1s0 {host.vtep}"]' in told


def test_the_inventory_is_yaml(hostile: Plan) -> None:
    """Each value is JSON, which YAML takes as it is."""
    values = [line.partition(": ")[2] for line in inventory(hostile).splitlines() if ": " in line and "#" not in line]
    assert [json.loads(value) for value in values] == ["host-a", "root", False, "host-b", "root", False]

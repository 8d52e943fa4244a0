"""What may stand in a plan, as the schema, the example and the verb tell it."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from vxlan_tui import plan
from vxlan_tui.cli import run
from vxlan_tui.plan import reference
from vxlan_tui.rehearsal import SAMPLE

EXAMPLE = reference.example()
WRITTEN_OUT = tomllib.loads(re.sub(r"(?m)^#(?=\[|[a-z_]+ = )", "", EXAMPLE))
"""The example with everything in it that may be left out."""
TABLES = {table.path: table for table in reference.tables()}
KEYS = [f"{path}.{key.name}" for path, table in TABLES.items() for key in table.keys]
VALIDATOR = Draft202012Validator(reference.schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)


def row(data: dict[str, Any], path: str) -> dict[str, Any]:
    """Give the first table at a path."""
    for part in path.split("."):
        data = data[part][0] if isinstance(data[part], list) else data[part]
    return data


def test_the_example_is_a_plan_and_has_every_key_that_a_plan_may_have() -> None:
    assert plan.parse(EXAMPLE.encode(), Path("plan.toml")).host("host-b").ssh == "root@host-b.example.com"
    for path, table in TABLES.items():
        assert row(WRITTEN_OUT, path).keys() >= {key.name for key in table.keys}, path
    assert max(map(len, EXAMPLE.splitlines())) <= 102


@pytest.mark.parametrize("path", [key for key in KEYS if not key.startswith(("evpn.", "encryption."))])
def test_each_key_of_the_example_may_be_written_as_it_stands_there(path: str) -> None:
    table, _, key = path.rpartition(".")
    data = tomllib.loads(EXAMPLE)
    row(data, table)[key] = row(WRITTEN_OUT, table)[key]
    data["evpn"] = WRITTEN_OUT["evpn"]
    if key != "group":
        data["encryption"] = WRITTEN_OUT["encryption"]
    assert plan.check(data)[1] == []
    assert [error.message for error in VALIDATOR.iter_errors(data)] == []


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in KEYS
        if next(key.needed for key in TABLES[path.rpartition(".")[0]].keys if key.name == path.rpartition(".")[2])
    ],
)
def test_a_key_that_is_said_to_be_needed_is_missed_by_the_plan_and_by_the_schema(path: str) -> None:
    table, _, key = path.rpartition(".")
    data = tomllib.loads(EXAMPLE)
    data.update({name: WRITTEN_OUT[name] for name in ("evpn", "encryption")})
    del row(data, table)[key]
    assert any(fault.key.endswith(f".{key}") and fault.found == "nothing" for fault in plan.check(data)[1])
    assert any(error.message == f"'{key}' is a required property" for error in VALIDATOR.iter_errors(data))


def test_the_schema_itself_is_one_and_admits_the_sample() -> None:
    Draft202012Validator.check_schema(reference.schema())
    assert VALIDATOR.is_valid(tomllib.loads(SAMPLE.read_text()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("vni = 10", "vni = 16777216"),
        ("vni = 10", 'vni = "10"'),
        ('bridge = "bridge0"', 'bridge = "a;b"'),
        ('bridge = "bridge0"', 'bridge = "bridge0"\nvid = 5'),
        ('admit = "peers"', 'admit = "all"'),
        ('vtep = "203.0.113.1"', 'vtep = "203.0.113.256"'),
        ('address = "198.51.100.2/24"', 'address = "198.51.100.2"'),
        ("[[segments]]", "[segments]"),
        ("#[evpn]", "[evpn]\nasn = 0"),
    ],
)
def test_an_editor_marks_what_the_plan_refuses(old: str, new: str) -> None:
    data = tomllib.loads(EXAMPLE.replace(old, new, 1))
    assert plan.check(data)[1]
    assert not VALIDATOR.is_valid(data)


def test_the_verb_prints_the_schema_and_an_example_that_it_finds_in_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == reference.schema()
    assert run(["plan", "--example"]) == 0
    path = tmp_path / "plan.toml"
    path.write_text(capsys.readouterr().out)
    assert run(["plan", str(path)]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{path}: in order, 2 hosts, 1 segment, 2 VMs\n")
    assert "VNI 10, bridge0, network vxlan10-bridge, UDP port 8472, broadcasts to the other host" in told
    assert plan.load(path).digest in told


@pytest.mark.parametrize(("port", "told"), [("", "everybody admitted"), ("port = 4789\n", "the other hosts alone")])
def test_a_port_that_one_of_its_segments_opens_to_everybody_is_told_as_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], port: str, told: str
) -> None:
    path = tmp_path / "plan.toml"
    plain = SAMPLE.read_text().replace('admit = "peers"\n', "")
    path.write_text(f'{plain}\n[[segments]]\nvni = 30\nbridge = "bridge30"\nadmit = "peers"\n{port}')
    assert run(["plan", str(path)]) == 0
    (said,) = (line for line in capsys.readouterr().out.splitlines() if "VNI 30" in line)
    assert told in said


def test_the_verb_tells_the_lists_evpn_and_the_encryption(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    third = '[[hosts]]\nname = "host-c"\ninterface = "eth0"\nvtep = "192.0.2.7"\n'
    more = '[[segments]]\nvni = 20\nbridge = "bridge1"\ncontrol = "evpn"\n[evpn]\nasn = 65000\n'
    encryption = '[encryption]\nmethod = "wireguard"\nsubnet = "10.255.42.0/24"\n'
    path = tmp_path / "plan.toml"
    path.write_text(SAMPLE.read_text() + third + more + encryption)
    assert run(["plan", str(path)]) == 0
    told = capsys.readouterr().out
    for words in (
        "host host-c: VTEP 192.0.2.7 on eth0, 10.255.42.3 in the encrypted tunnel, worked on from itself alone",
        "broadcasts to the list of 2 other hosts",
        "broadcasts to whom EVPN tells, AS 65000",
        "encryption: WireGuard, 10.255.42.0/24, UDP port 51820",
    ):
        assert words in told


def test_the_verb_refuses_a_plan_with_all_its_faults_and_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(EXAMPLE.replace("vni = 10", "vni = -1").replace("enp1s0", "a b", 1))
    assert run(["plan", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    for words in ('hosts[0].interface: found "a b"', "segments[0].vni: found -1; allowed: 0 to 16777215"):
        assert f"{path}: {words}" in captured.err
    for wrong in (["plan"], ["plan", "--schema", str(path)], ["plan", "--schema", "--example"]):
        with pytest.raises(SystemExit) as left:
            run(wrong)
        assert left.value.code == 2

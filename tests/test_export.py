"""Exported scripts: they decide as the program does, run the same commands, and are plain bash."""

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.situations import HOSTILE, hostile_plans, hosts_near, records_near
from tests.stand_ins import Answers, Bench, judged_by_program
from vxlan_tui import export, plan
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures import back, steps

EMPTY = Answers(links=({"ifname": "lo"}, {"ifname": "enp1s0"}, {"ifname": "dev"}, {"ifname": "e@1"}))
"""A host that has its interface, and nothing else."""

EXPORTS: dict[str, Callable[[Plan, Host], str]] = {"script": export.script, "undo": export.undo_script}

MANUAL = """\
[hosts.ethernet]
profile = '''My $(reboot) 'profile' "x" `id`'''
method = "manual"
address = "198.51.100.2/24"
gateway = "198.51.100.254"
dns = ["198.51.100.200"]
dns_search = ["example.com", "$(reboot).example"]
"""
DHCP = 'vtep = "198.51.100.2"\n[hosts.ethernet]\nprofile = "Example"\nmethod = "auto"\n'
AS_IT_IS = 'vtep = "198.51.100.2"\nzone = "trusted"\n'
SEGMENT = '[[segments]]\nvni = 10\nbridge = "bridge0"\n'
TWO_SEGMENTS = SEGMENT + '[[segments]]\nvni = 20\nbridge = "bridge1"\nport = 4789\n'
VM = "[[vms]]\nhost = 'host-a'\nname = '''{}'''\nnetwork = 'vxlan10-bridge'\n"
INSTALLED = "".join(f"{VM.format(name)}install = '''--import {shlex.quote(name)}'''\n" for name in HOSTILE)


def read(first_host: str, *more: str, path: str = "/root/plan.toml") -> Plan:
    """Give a plan of two hosts, with what the first one has beside its interface."""
    host_a = f'[[hosts]]\nname = "host-a"\ninterface = "enp1s0"\n{first_host}'
    host_b = '[[hosts]]\nname = "host-b"\ninterface = "enp1s0"\nvtep = "198.51.100.3"\n'
    return plan.parse("".join((host_a, host_b, *more)).encode(), Path(path))


PLANS = {
    "everything, under hostile names": read(MANUAL, SEGMENT, INSTALLED, path="/root/it's $(reboot)\n`id`.toml"),
    "DHCP and no VMs": read(DHCP, SEGMENT),
    "an interface as it is, two segments, VMs": read(AS_IT_IS, TWO_SEGMENTS, VM.format("a"), VM.format("b")),
    "a multicast group": read(AS_IT_IS, SEGMENT + 'group = "239.1.1.10"\n'),
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Where scripts are tried with stand-ins for the tools."""
    return Bench(tmp_path_factory.mktemp("bench"))


# --- What they decide and run -------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.data())
def test_on_any_host_a_script_finds_the_same_to_do_as_apply(bench: Bench, data: st.DataObject) -> None:
    """Nothing there, half of it, differing, somebody else's: the same conflicts, commands, changes and records."""
    plan = data.draw(hostile_plans())
    host = plan.hosts[0]
    answers = data.draw(hosts_near(plan, host))
    found = steps(plan, host, answers.state(host.interface, host.zone))
    assert bench.judged(export.script(plan, host), answers) == judged_by_program(found)


@settings(max_examples=40)
@given(st.data())
def test_on_any_host_an_undo_script_finds_the_same_to_do_as_undo(bench: Bench, data: st.DataObject) -> None:
    """From the same records, on a host in any state."""
    plan = data.draw(hostile_plans())
    host = plan.hosts[0]
    answers = data.draw(hosts_near(plan, host))
    records = sorted(data.draw(records_near(plan, host)), key=lambda record: record.name)
    zones = [record.subject.rpartition(".")[0] for record in records if record.kind == "port"]
    found = back.steps(plan, host, records, answers.state(host.interface, host.zone, zones))
    assert bench.judged(export.undo_script(plan, host), answers, records) == judged_by_program(found)


@settings(max_examples=25)
@given(hostile_plans())
def test_a_script_runs_what_it_prints_and_that_is_what_apply_would_run(bench: Bench, plan: Plan) -> None:
    """Each argument arrives as the plan has it, and nothing else runs; in a conflict nothing runs at all."""
    host = plan.hosts[0]
    found = steps(plan, host, EMPTY.state(host.interface, host.zone))
    told = bench.told(export.script(plan, host), EMPTY)
    if any(step.conflict for step in found):
        assert (told.status, told.commands) == (1, ()), told.errors
        assert all(step.conflict in told.errors for step in found)
        return
    commands = [command for step in found for command in step.commands]
    assert told.status == 0, told.errors
    assert list(told.commands) == [(command.argv, command.stdin) for command in commands]
    assert _printed(told.output) == "".join(f"{command.printed}\n" for command in commands)


def _printed(output: str) -> str:
    """Give the commands of a script's output, with their here-documents."""
    return "".join(re.findall(r"^# .*\n(?:(?<=<<'EOF'\n)(?:.*\n)*?EOF\n)?", output, re.MULTILINE))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=20))
@settings(max_examples=20)
def test_arguments_are_quoted_for_people_as_the_program_quotes_them(bench: Bench, texts: list[str]) -> None:
    """Pasted into a root shell, the printed text is one argument again."""
    words = " ".join(shlex.quote(text) for text in texts)
    print_each = f'for each in {words}; do quote "$each"; printf "%s\\0" "$quoted"; done\n'
    said = bench.run(export.script(PLANS["DHCP and no VMs"], PLANS["DHCP and no VMs"].hosts[0]), print_each).stdout
    assert said == "".join(f"{shlex.quote(text)}\0" for text in texts)


# --- That they are plain bash -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shellcheck() -> None:
    """Say that a test needs shellcheck: skipped where it is not installed, except in CI, where it fails."""
    if not shutil.which("shellcheck"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("missing: shellcheck")


@pytest.mark.parametrize("form", EXPORTS)
@pytest.mark.parametrize("name", PLANS)
def test_shellcheck_has_nothing_to_say(shellcheck: None, tmp_path: Path, name: str, form: str) -> None:
    """With no exclusion, neither on its command line nor in the script."""
    text = EXPORTS[form](PLANS[name], PLANS[name].hosts[0])
    (tmp_path / "script").write_text(text, errors="surrogateescape")
    done = subprocess.run(["shellcheck", "--norc", tmp_path / "script"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert "shellcheck" not in text


@pytest.mark.parametrize("form", EXPORTS)
@pytest.mark.parametrize("name", PLANS)
def test_a_script_holds_nothing_that_it_does_not_need(name: str, form: str) -> None:
    """An admin reads it before running it as root: every function is called, and nothing is evaluated."""
    text = EXPORTS[form](PLANS[name], PLANS[name].hosts[0])
    functions = re.findall(r"^(\w+)\(\) \{$", text, re.MULTILINE)
    calls = re.sub(r"^\w+\(\) \{$|^ *#.*$", "", text, flags=re.MULTILINE)
    assert [each for each in functions if not re.search(rf"\b{each}\b", calls)] == []
    assert not re.search(r"^[^#]*\beval\b", text, re.MULTILINE)
    assert max(len(line) for line in text.partition("# --- ")[2].splitlines()) <= 120


@settings(max_examples=25)
@given(hostile_plans())
def test_bash_can_read_every_script_of_every_host(plan: Plan) -> None:
    """Whatever names a plan admits."""
    for make in EXPORTS.values():
        for host in plan.hosts:
            done = subprocess.run(["bash", "-n"], input=make(plan, host), capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, "")


def test_a_script_grows_by_the_same_for_every_vm_and_so_does_the_work_to_make_it() -> None:
    """Of a thousand VMs none costs more than the first."""
    sizes, calls = zip(*(_cost(number) for number in (100, 200, 400)), strict=True)
    assert sizes[2] - sizes[1] == 2 * (sizes[1] - sizes[0])
    assert calls[2] - calls[1] <= 2.1 * (calls[1] - calls[0])


def _cost(vms: int) -> tuple[int, int]:
    """Give a script's lines, and the calls of Python functions that it takes."""
    of = read(AS_IT_IS, SEGMENT, "".join(VM.format(f"vm {number}") for number in range(vms)))
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        text = export.script(of, of.hosts[0])
    finally:
        sys.setprofile(None)
    return text.count("\n"), calls


# --- The verb -----------------------------------------------------------------------------------------------------


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """A plan in a file."""
    path = tmp_path / "plan.toml"
    host_a = f'[[hosts]]\nname = "host-a"\ninterface = "enp1s0"\n{MANUAL}'
    host_b = '[[hosts]]\nname = "host-b"\ninterface = "enp1s0"\nvtep = "198.51.100.3"\n'
    path.write_text(host_a + host_b + SEGMENT)
    return path


def run_export(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the verb."""
    argv = [sys.executable, "-m", "vxlan_tui", "export", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, env={**os.environ, **environment}, check=False)


def test_any_host_is_exported_on_any_machine_without_a_tool_of_it(plan_file: Path) -> None:
    """With --host, nothing of this machine is asked."""
    loaded = plan.load(plan_file)
    for host in loaded.hosts:
        for form, make in EXPORTS.items():
            done = run_export(plan_file, "--host", host.name, "--format", form, PATH="/nonexistent")
            assert (done.returncode, done.stdout, done.stderr) == (0, make(loaded, host), "")


def test_the_output_file_is_roots_alone_can_be_run_and_replaces_another_only_when_told_so(
    plan_file: Path, tmp_path: Path
) -> None:
    """It may hold what the plan gives virt-install."""
    output = tmp_path / "script"
    output.write_text("old")
    output.chmod(0o644)
    refused = run_export(plan_file, "--host", "host-b", "--output", output)
    assert (refused.returncode, output.read_text()) == (2, "old")
    assert f"{output} exists: name another file, or replace it with --force" in refused.stderr
    assert run_export(plan_file, "--host", "host-b", "--output", output, "--force").returncode == 0
    assert stat.S_IMODE(output.stat().st_mode) == 0o700
    assert output.read_text() == run_export(plan_file, "--host", "host-b").stdout


def test_an_output_that_is_no_file_is_written_to_and_stays(plan_file: Path, tmp_path: Path) -> None:
    """Such as /dev/stdout: root could replace it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reader:
        assert run_export(plan_file, "--host", "host-b", "--output", pipe).returncode == 0
        assert reader.communicate()[0] == run_export(plan_file, "--host", "host-b").stdout
    assert pipe.is_fifo()


def test_a_full_disk_under_the_output_is_said_in_words(plan_file: Path) -> None:
    """Whatever the verb; and Python says nothing more as it ends."""
    with Path("/dev/full").open("w") as full:
        argv = [sys.executable, "-m", "vxlan_tui", "export", str(plan_file), "--host", "host-a"]
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "vxlan-tui: [Errno 28] No space left on device\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--host", "host-c"), "allowed: host-a, host-b"),
        (("--host", "host-a", "--output", "/nonexistent/script"), "cannot be written (No such file or directory)"),
        (("--host", "host-a", "--output", "/"), "cannot be written (Is a directory)"),
    ],
)
def test_what_cannot_be_is_refused_in_words(plan_file: Path, arguments: tuple[str, ...], words: str) -> None:
    """Wrong usage, and no traceback."""
    done = run_export(plan_file, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr

"""Every command of the README does what is said of it there, with the README's own plan."""

import os
import re
import shlex
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.on_host import PLAN, configuration
from vxlan_tui.plan import parse
from vxlan_tui.rehearsal import Rehearsal

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()

ELSEWHERE = {
    "make dist": ("tests/campaign/offline.py", ".packaging/dist.py"),
    "apt-get install python3-libvirt": ("tests/campaign/offline.py", '"python3-libvirt"'),
    "tar -xzf vxlan-tui-<version>-offline.tar.gz": ("tests/campaign/offline.py", "tar -xzf"),
    "vxlan-tui-<version>/install": ("tests/campaign/offline.sh", "./install"),
    "vxlan-tui --plan plan.toml": ("tests/test_ui_end_to_end.py", "vxlan-tui --plan new.toml"),
    "vxlan-tui rehearse plan.toml": ("tests/test_rehearsal.py", '"rehearse", str(plan_file)'),
    "journalctl -t vxlan-tui": ("tests/test_audit.py", "journalctl -t {audit.TAG}"),
}
"""Commands that need no network, a screen or a journal, with the file and the words that run them."""

SAID = {
    "vxlan-tui plan plan.toml": "host-b",
    "vxlan-tui apply plan.toml --all --check": "host-b",
    "vxlan-tui apply plan.toml --all": "host-b",
    "vxlan-tui verify plan.toml --all": "ARP",
    "vxlan-tui undo plan.toml --all": "host-b",
    "vxlan-tui log": "nmcli",
    "vxlan-tui log plan.toml --host host-b": "nmcli",
    "vxlan-tui export plan.toml --format map": "host-a",
}
"""What is to be found in the output of each."""


def commands() -> list[str]:
    """Give the commands of the README, in their order: its indented lines, without their comments."""
    text = re.sub(r"^```.*?^```", "", README, flags=re.DOTALL | re.MULTILINE)
    lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    inline = re.findall(r"`(vxlan-tui (?:log|plan) [^`]*)`", text)
    return [line.partition("#")[0].strip() for line in lines] + inline


@pytest.fixture(scope="module")
def rehearsal(sandbox: None) -> Iterator[Rehearsal]:
    """The hosts of the README's plan; the first one alone has the program."""
    blocks = re.findall(r"^```toml\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
    with Rehearsal(parse(blocks[0].encode(), Path(PLAN)), program_everywhere=False) as made:
        made["host-a"].run(["tee", PLAN], input=blocks[0])
        yield made


def test_every_command_that_is_run_elsewhere_is_run_there() -> None:
    for command, (file, words) in ELSEWHERE.items():
        assert command in commands()
        assert words in (ROOT / file).read_text(), command


def test_the_first_command_opens_a_rehearsal() -> None:
    """With a command of its own in the wizard's place, so that it ends."""
    assert "make run" in commands()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    argv = ["make", "-s", "run", "ARGS=-- sh -c 'hostname; cat /root/plan.toml'"]
    ended = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=True)
    assert "host-a\n" in ended.stdout
    assert "[[segments]]" in ended.stdout


def test_every_other_command_of_the_readme_runs_as_written_and_in_its_order(rehearsal: Rehearsal) -> None:
    """From one console, on both hosts; afterwards they are as before."""
    before = [configuration(host) for host in rehearsal.hosts]
    ran = []
    for command in commands():
        if command in ELSEWHERE or command.startswith("make run"):
            continue
        said = _run(rehearsal, command)
        assert SAID.get(command, "") in said, said
        ran.append(command)
    assert set(SAID) <= set(ran)
    assert [configuration(host) for host in rehearsal.hosts] == before
    for script in ("host-b.sh", "undo.sh", *(f"plays/{name}" for name in ("site.yml", "undo.yml"))):
        assert rehearsal["host-a"].has(f"/root/{script}"), script


def _run(rehearsal: Rehearsal, command: str) -> str:
    """Run a command on the console, in a terminal; what is checked is checked again until the VM has booted."""
    script = f"script -qec {shlex.quote(command)} /dev/null" if re.search("(apply|undo) .*--all$", command) else command
    if command.startswith("vxlan-tui verify"):
        script = f"for try in $(seq 20); do {command} && exit; sleep 3; done; exit 1"
    ended = rehearsal["host-a"].run(["bash", "-c", f"cd /root; {script}"], input="yes\n", check=False, timeout=300)
    assert ended.returncode == (1 if command.endswith("--check") else 0), f"{command}\n{ended.stdout}{ended.stderr}"
    return textwrap.dedent(ended.stdout)

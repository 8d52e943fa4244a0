"""The verb `rehearse`: hosts for as long as a command on the first of them runs."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from vxlan_tui.paths import REHEARSAL
from vxlan_tui.plan import load
from vxlan_tui.rehearsal.host import PLAN, Host
from vxlan_tui.rehearsal.rehearsal import Rehearsal

SAMPLE = Path(__file__).with_name("sample.toml")
"""The plan of a rehearsal that is given none."""

BANNER = """\
This is a REHEARSAL on {host}, a clone: nothing that you do here reaches your machine.
You have a key to the other hosts ({others}). The plan is {plan}; try:

    vxlan-tui apply plan.toml
    vxlan-tui verify plan.toml
    ssh {other} nmcli connection

`exit` ends the rehearsal and takes everything down.

"""


def rehearse(plan_path: Path | None, root: Path | None, command: list[str]) -> int:
    """Run `command` on the console of a rehearsal, on this terminal, and give its exit status.

    Without a plan it takes the sample; without a command it opens the wizard. Progress goes to standard
    error. Raises PlanError, NeedsUnmetError and RehearsalError; an interrupt ends it from anywhere.
    """
    plan = load(plan_path or SAMPLE)
    with _ending_on_signals(), Rehearsal(plan, root, _tell, program_everywhere=False) as rehearsal:
        here = str(Path.cwd()) if command and root is None else "/root"
        status = _run_in_foreground(rehearsal.hosts[0], command or _default_command(rehearsal), here)
    _tell("the hosts are gone, with every file that was written on them; nothing of this machine was changed")
    return status


def _tell(text: str) -> None:
    print(f"rehearsal: {text}", file=sys.stderr, flush=True)  # noqa: T201 (progress of a verb)


def _default_command(rehearsal: Rehearsal) -> list[str]:
    """Give what runs without a command: the wizard, or a shell where it cannot be shown."""
    host = rehearsal.hosts[0]
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if on_terminal and _has_textual(host):
        return ["vxlan-tui", "--plan", PLAN]
    others = [other.name for other in rehearsal.hosts[1:]]
    banner = BANNER.format(host=host.name, plan=PLAN, others=", ".join(others), other=others[0])
    prompt = r"PS1='REHEARSAL \h:\w\$ '"
    host.run(["tee", "/root/.rehearsal"], input=f"{prompt}\ncat <<'END'\n{banner}END\n")
    return ["bash", "--rcfile", "/root/.rehearsal", "-i"]


def _has_textual(host: Host) -> bool:
    """Whether the wizard's library is there: another distribution's root may lack it."""
    return host.run([host.inner_python, "-c", "import textual"], check=False).returncode == 0


def _run_in_foreground(host: Host, command: list[str], where: str) -> int:
    """Run a command on this terminal. Ctrl-C is the command's there, as under sudo, and ends nothing else."""
    before = signal.getsignal(signal.SIGINT)
    if sys.stdin.isatty():
        signal.signal(signal.SIGINT, lambda *_: None)
    try:
        returned = host.popen(command, env=_screen(host), cwd=where if host.has(where) else "/root").wait()
    finally:
        signal.signal(signal.SIGINT, before)
    return returned if returned >= 0 else 128 - returned


def _screen(host: Host) -> dict[str, str]:
    """Give what programs on this terminal should know: what it can show, and that this is a rehearsal."""
    kept = {key: os.environ[key] for key in ("NO_COLOR", "LC_CTYPE", "TERM_PROGRAM") if key in os.environ}
    return {**kept, REHEARSAL: host.name}


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Leave by the front door on SIGTERM and SIGHUP; SIGINT does so by itself."""
    handled = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, _end) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _: FrameType | None) -> NoReturn:
    sys.exit(128 + number)

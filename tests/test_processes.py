"""What the tests start can be signalled wherever the tests themselves run, and does not outlive its test."""

import subprocess
import sys
from pathlib import Path

from tests import processes

_IGNORED = "next(int(l.split()[1], 16) for l in open('/proc/self/status') if l.startswith('SigIgn')) & 0b111"
"""The mask of SIGHUP, SIGINT and SIGQUIT that a Python process ignores, as Python."""

_PARENT = f"""
import subprocess, sys
from tests.processes import let_signals_reach_children
let_signals_reach_children()
subprocess.run([sys.executable, "-c", "print({_IGNORED})"], check=True)
import os, signal
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    os.kill(os.getpid(), number)
print("alive")
"""


def test_under_nohup_or_in_the_background_children_can_be_signalled_and_this_process_still_cannot() -> None:
    argv = ["env", "--ignore-signal=HUP,INT,QUIT", sys.executable]
    root = Path(__file__).parents[1]
    without = subprocess.run([*argv, "-c", f"print({_IGNORED})"], check=True, capture_output=True, text=True)
    assert without.stdout == "7\n"
    done = subprocess.run([*argv, "-c", _PARENT], check=True, capture_output=True, text=True, cwd=root)
    assert done.stdout == "0\nalive\n"


def test_the_tests_themselves_start_children_with_the_default_dispositions() -> None:
    argv = [sys.executable, "-c", f"print({_IGNORED})"]
    assert subprocess.run(argv, check=True, capture_output=True, text=True).stdout == "0\n"


def test_what_is_held_is_ended() -> None:
    child = processes.held(subprocess.Popen(["sleep", "3600"]))
    processes.end_held()
    assert child.returncode == -9

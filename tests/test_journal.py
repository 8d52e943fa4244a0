"""The journal tells the truth, also after a crash in the middle of a line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vxlan_tui import journal
from vxlan_tui.audit import person
from vxlan_tui.command import command
from vxlan_tui.journal import Journal
from vxlan_tui.reach import Local, Outcome
from vxlan_tui.runs import as_text, runs

RUN = command("nmcli", "connection", "up", "id", "bridge0")


def write_two(path: Path) -> None:
    """Write a command that ended and one that did not."""
    opened = Journal(Local(), path)
    first = opened.write("command", step="bridge.activate", text=RUN.text)
    opened.ended(first, Outcome(RUN, 4, 1.5, "Error: no carrier\n"))
    opened.write("command", step="bridge.firewall", text="firewall-cmd --list-all")


def test_commands_are_told_with_their_end_and_one_that_was_cut_off_without(tmp_path: Path) -> None:
    """Time, step, text, exit status and seconds."""
    write_two(tmp_path / "journal")
    first, second = journal.ran(Local(), tmp_path / "journal")
    assert (first.step, first.text, first.status, first.seconds) == ("bridge.activate", RUN.text, 4, 1.5)
    assert (second.step, second.status, second.seconds) == ("bridge.firewall", None, None)


def test_a_journal_that_is_not_there_tells_nothing(tmp_path: Path) -> None:
    """Nothing has run on this host."""
    assert journal.ran(Local(), tmp_path / "journal") == []


def test_the_journal_is_roots_alone_and_never_a_link(tmp_path: Path) -> None:
    """It holds what a host is made of."""
    write_two(tmp_path / "journal")
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o600
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        Journal(Local(), tmp_path / "link")


@given(cut=st.integers(0, 10_000), text=st.text())
def test_a_crash_at_any_byte_loses_the_torn_line_alone(
    tmp_path_factory: pytest.TempPathFactory, cut: int, text: str
) -> None:
    """What was whole stays, and what is written after it is whole too."""
    path = tmp_path_factory.mktemp("journal") / "journal"
    write_two(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: cut % (len(whole) + 1)])
    kept = path.read_bytes().count(b"\n")
    opened = Journal(Local(), path)
    opened.write("command", step="next", text=text)
    rows = list(journal.events(Local(), path))
    assert len(rows) in (kept + 1, kept + 2)  # a line that lacks nothing but its end is whole once that is there
    assert rows[-1]["text"] == text


def test_runs_are_told_with_who_did_what_for_which_plan_and_how_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    for verb, status in (("apply", 0), ("undo", 1), ("undo", None)):
        opened = Journal(Local(), path)
        opened.write("run", verb=verb, plan="/root/plan.toml", host="host-a")
        opened.ended(opened.write("command", step="bridge.bridge", text=RUN.text), Outcome(RUN, status or 0, 1.5, ""))
        if status is not None:
            opened.write("run-ended", verb=verb, status=status)
    Journal(Local(), path).write("run", verb="apply", plan="/root/plan.toml", host="host-a")  # nothing was left to do
    found = runs(journal.events(Local(), path))
    who = person().seen_from(Local())
    assert [run.told for run in found] == [
        f"apply, by {who}, on host-a, for /root/plan.toml: done",
        f"undo, by {who}, on host-a, for /root/plan.toml: failed",
        f"undo, by {who}, on host-a, for /root/plan.toml: cut off, or under way",
    ]
    lines = as_text(found).splitlines()
    assert lines[0].endswith(found[0].told)
    assert lines[1].endswith("bridge.bridge  exit status 0, 1.5 s")
    assert lines[2] == f"# {RUN.text}"


def test_a_run_of_the_wizard_ended_as_its_steps_did(tmp_path: Path) -> None:
    opened = Journal(Local(), tmp_path / "journal")
    opened.write("run", verb="wizard forward", plan="", host="host-a")
    opened.ended(opened.write("command", step="bridge.bridge", text=RUN.text), Outcome(RUN, 4, 1.5, "Error"))
    opened.write("step-ended", step="bridge.bridge", state="failed", detail="Error")
    opened.write("run-ended", verb="wizard")
    (run,) = runs(journal.events(Local(), tmp_path / "journal"))
    assert run.result == "failed"

"""Files that the program writes: for their owner alone, whole or not at all, and never where others can reach."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from vxlan_tui import lock, plan_file
from vxlan_tui.cli import run
from vxlan_tui.files import NotWritten, UnsafePath, private_directory, write_whole
from vxlan_tui.journal import Journal, events
from vxlan_tui.reach import Local
from vxlan_tui.rehearsal import SAMPLE


def mode(path: Path) -> int:
    """Give a file's permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_written_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    state = private_directory(tmp_path / "state")
    before = os.umask(0)
    try:
        Journal(Local(), state / "journal").write("run")
        plan_file.save(tmp_path / "plan.toml", {"hosts": [{"name": "a"}]})
        with lock.held(Local(), str(state / "lock"), "a test", print):
            pass
        assert run(["export", str(SAMPLE), "--host", "host-a", "--output", str(tmp_path / "a.sh")]) == 0
    finally:
        os.umask(before)
    assert mode(state) == 0o700
    files = [state / "journal", state / "lock", tmp_path / "plan.toml"]
    assert [mode(path) for path in files] == [0o600] * 3
    assert mode(tmp_path / "a.sh") == 0o700


def test_a_journal_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text("")
    path.chmod(0o644)
    Journal(Local(), path).write("run")
    assert mode(path) == 0o600


@pytest.mark.parametrize("name", ["journal", "lock"])
def test_a_link_in_place_of_a_file_is_not_followed(tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / name).symlink_to(victim)
    with pytest.raises((OSError, lock.NoLock)):
        if name == "journal":
            Journal(Local(), tmp_path / name)
        else:
            with lock.held(Local(), str(tmp_path / name), "a test", print):
                pass
    assert victim.read_text() == "untouched"


def test_a_link_is_replaced_or_refused_and_what_it_points_to_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    victim, link = tmp_path / "victim", tmp_path / "link"
    victim.write_text("untouched")
    link.symlink_to(victim)
    with pytest.raises(UnsafePath):
        plan_file.save(link, {"hosts": []})
    assert run(["export", str(SAMPLE), "--host", "host-a", "--output", str(link)]) == 2
    assert "is a link" in capsys.readouterr().err
    write_whole(link, "new")
    assert (victim.read_text(), link.read_text(), link.is_symlink()) == ("untouched", "new", False)


def test_a_directory_that_others_can_write_is_refused_with_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(UnsafePath, match="others can write to the directory"):
        write_whole(shared / "plan.toml", "new")
    assert run(["export", str(SAMPLE), "--host", "host-a", "--output", str(shared / "a.sh")]) == 2
    assert "others can write to the directory" in capsys.readouterr().err
    assert list(shared.iterdir()) == []
    with pytest.raises(UnsafePath, match="can be written by others"):
        private_directory(shared)


def test_in_a_directory_like_tmp_a_new_name_is_taken_and_anothers_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """There others can put a file or a link first, and take away none of ours."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    export = ["export", str(SAMPLE), "--host", "host-a", "--output"]
    assert run([*export, str(shared / "a.sh")]) == 0
    assert run([*export, str(shared / "a.sh"), "--force"]) == 0
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (shared / "link").symlink_to(victim)
    (shared / "nowhere").symlink_to(tmp_path / "nothing")
    for name in ("link", "nowhere"):
        with pytest.raises(UnsafePath, match="not yours"):
            write_whole(shared / name, "new")
    if os.geteuid() == 0:
        (shared / "anothers").write_text("a trap")
        os.chown(shared / "anothers", 65534, 65534)
        assert run([*export, str(shared / "anothers"), "--force"]) == 2
        assert "is there already and not yours" in capsys.readouterr().err
        os.chown(shared, 65534, 65534)
        with pytest.raises(UnsafePath, match="others can write to the directory"):
            write_whole(shared / "in-anothers-directory", "new")
    assert victim.read_text() == "untouched"
    assert not (tmp_path / "nothing").exists()
    assert {path.name for path in shared.iterdir()} <= {"a.sh", "link", "nowhere", "anothers"}


def test_a_name_in_tmp_that_somebody_takes_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o1777)
    sync = os.fsync

    def quicker(descriptor: int) -> None:
        if not (tmp_path / "plan.toml").exists():
            (tmp_path / "plan.toml").write_text("quicker")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", quicker)
    with pytest.raises(NotWritten, match="File exists"):
        write_whole(tmp_path / "plan.toml", "new")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["quicker"]


def test_a_state_directory_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "state").symlink_to(tmp_path / "real")
    with pytest.raises(UnsafePath, match="is not a directory"):
        private_directory(tmp_path / "state")


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file away needs root")
def test_a_file_that_somebody_has_written_through_sudo_in_a_directory_of_theirs_is_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a plan that the wizard has saved is read by the verbs that need no root."""
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    for directory in (theirs, ours):
        directory.mkdir()
    os.chown(theirs, 1234, 1235)
    monkeypatch.setenv("SUDO_UID", "1234")
    for directory in (theirs, ours):
        for name in ("plan.toml", "script.sh"):
            write_whole(directory / name, "new", keep=name == "plan.toml")
            write_whole(directory / name, "newer", keep=name == "plan.toml")
    owners = {(path.parent.name, path.stat().st_uid, path.stat().st_gid) for path in tmp_path.glob("*/*")}
    assert owners == {("theirs", 1234, 1235), ("ours", 0, 0)}


def test_a_file_on_a_full_disk_keeps_its_old_content_and_nothing_lies_about(tmp_path: Path) -> None:
    """A file system of 64 KiB; in a mount namespace of its own."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    script = """
import sys
from pathlib import Path
from vxlan_tui.files import write_whole
path = Path(sys.argv[1]) / "plan.toml"
write_whole(path, "old")
try:
    write_whole(path, "new" * 100_000)
except OSError as error:
    print(error.strerror, path.read_text(), [each.name for each in path.parent.iterdir()])
"""
    mount = f'mount -t tmpfs -o size=64k,mode=700 tmpfs "$1" && exec "{sys.executable}" -c "$2" "$1"'
    unshare = ["unshare", "--mount", "sh", "-c", mount, "sh", str(tmp_path), script]
    done = subprocess.run(unshare, capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent)
    assert done.stdout == "No space left on device old ['plan.toml']\n", done.stderr


def test_a_journal_line_that_a_crash_cut_off_anywhere_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    Journal(Local(), path).write("run", verb="apply")
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole + whole[:length])
        Journal(Local(), path).write("run", verb="undo")
        verbs = [row["verb"] for row in events(Local(), path)]
        assert verbs in (["apply", "undo"], ["apply", "apply", "undo"])


@pytest.mark.parametrize("place", ["/proc", "/no/such/directory"])
def test_what_cannot_be_written_is_told_by_its_own_name_without_a_number(place: str) -> None:
    with pytest.raises(OSError, match=rf"^{place}/plan.toml cannot be written: No such file or directory$"):
        write_whole(Path(place) / "plan.toml", "text")


@pytest.mark.parametrize(
    "arguments", [("plan", "--schema"), ("plan", "--example"), ("export", str(SAMPLE), "--format", "map")]
)
def test_a_reader_that_goes_before_the_end_is_no_failure(arguments: tuple[str, ...]) -> None:
    program = (sys.executable, "-m", "vxlan_tui", *arguments)
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(program, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_verb_whose_reader_has_gone_goes_on_to_its_own_exit_status() -> None:
    program = """
import sys
from vxlan_tui.verbs.while_read import while_read
with while_read():
    for number in range(3):
        sys.stdout.write("a row\\n" * 20000)
        sys.stdout.flush()
sys.exit(1)
"""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run((sys.executable, "-c", program), stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")

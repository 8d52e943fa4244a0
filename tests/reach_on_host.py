"""What a rehearsal's first host does to the second over SSH, and to itself: the same, by the same calls.

Run as a program with the name of a function and a destination, of which `here` is the host itself.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from vxlan_tui import lock
from vxlan_tui.command import Command
from vxlan_tui.facts import checkpoints, libvirt, netfilter, ssh, survey
from vxlan_tui.facts import host as facts
from vxlan_tui.journal import Journal, ran
from vxlan_tui.live.devices import Devices
from vxlan_tui.plan import load
from vxlan_tui.reach import CommandFailed, Interrupted, Local, ProgramMissing, Reach, Ssh, Unreachable

STATE = "/var/lib/vxlan-tui"
AWKWARD = ("two words", "it's", "$HOME `id`", "", "line\nbreak\ttab", "\\x41", "grüße", "*", "-n", "'")
MEET = 'mkdir -p /run/meet; touch /run/meet/$0; until [ "$(ls /run/meet | wc -l)" = 6 ]; do sleep 0.1; done'
"""Ends once six of its kind are there at the same time."""

SHOW = 'for word; do printf "%s\\0" "$word" | od -An -tx1 | tr -d " \\n"; echo; done'


def reads(reach: Reach) -> None:
    """What a command prints comes whole, words go as they are, and how it ended is told."""
    shown = reach.read("sh", "-c", SHOW, "sh", *AWKWARD).splitlines()
    assert [bytes.fromhex(row).rstrip(b"\0").decode() for row in shown] == list(AWKWARD)
    assert reach.read("sh", "-c", "echo $LC_ALL; pwd; id -u").split() == ["C.UTF-8", "/", "0"]
    outputs = reach.read_all(
        [("echo", "one"), ("sh", "-c", "echo out; echo why >&2; exit 255"), ("no-such-program",), ("cat", "/dev/null")]
    )
    assert [(each.status, each.text) for each in outputs] == [(0, "one\n"), (255, "out\n"), (127, ""), (0, "")]
    assert outputs[1].errors.strip() == "why"
    assert reach.read("head", "-c", "300000", "/dev/zero") == "\0" * 300_000
    assert reach.read("seq", "200000").splitlines()[-1] == "200000"
    try:
        reach.read("no-such-program")
    except ProgramMissing as missing:
        assert "no such program" in str(missing)
    else:
        raise AssertionError
    try:
        reach.read("sh", "-c", "echo because >&2; exit 3")
    except CommandFailed as failure:
        assert (failure.outcome.status, failure.outcome.words.strip()) == (3, "because")
    else:
        raise AssertionError
    try:
        reach.read("sleep", "60", timeout=0.5)
    except CommandFailed as failure:
        assert failure.outcome.timed_out
    else:
        raise AssertionError
    assert sorted(reach.find(["ip", "bash", "no-such-program"])) == ["bash", "ip"]
    assert all(each.ok for each in reach.read_all([("sh", "-c", MEET, str(number)) for number in range(6)], 30))


def runs(reach: Reach) -> None:
    """Lines come as they are printed; standard input is given; a command that only waits can be cut off."""
    lines: list[str] = []
    told = reach.run(Command(("sh", "-c", "cat; echo why >&2; exit 7"), stdin="a\nb'$x\n"), lines.append)
    assert (told.status, sorted(lines)) == (7, ["a", "b'$x", "why"])
    assert "why" in told.error
    big = "x" * 300_000
    assert reach.run(Command(("wc", "-c"), stdin=big), lines.append).ok
    assert lines[-1].strip() == "300000"
    when: list[float] = []
    reach.run(Command(("sh", "-c", "echo now; sleep 1; echo then")), lambda line: when.append(time.monotonic()))
    assert when[1] - when[0] > 0.8
    slow = reach.run(Command(("sh", "-c", "trap '' TERM; sleep 60 & wait; sleep 60"), timeout=0.5))
    assert slow.timed_out
    assert not slow.ok
    assert "did not end within 0.5 s" in slow.error
    waits = Command(("sh", "-c", "echo on; exec sleep 61"), waits=True)
    assert reach.run(waits, lambda line: reach.interrupts.stop(signal.SIGTERM)).status == 143
    try:
        reach.run(Command(("touch", "/root/never")))
    except Interrupted:
        assert reach.read_file("/root/never") is None
    assert reach.uninterrupted().run(Command(("touch", "/root/once"))).ok
    reach.interrupts.asked = 0
    changes = Command(("sh", "-c", "echo on; sleep 1; echo whole"))  # it is let end
    assert reach.run(changes, lambda line: reach.interrupts.stop(signal.SIGINT)).words == "on\nwhole\n"
    reach.interrupts.asked = 0
    assert "sleep 6" not in reach.read("ps", "-eo", "args")


def files(reach: Reach) -> None:
    """Files are written whole, for root alone, and never through a link."""
    reach.read("rm", "-rf", "/root/state", "/root/elsewhere")
    reach.private_directory("/root/state")
    reach.private_directory("/root/state")
    assert reach.read("stat", "-c", "%a", "/root/state").strip() == "700"
    text = "no end, and\n'quotes' $x \\ grüße \udcff"
    reach.read("ln", "-s", "/root/elsewhere", "/root/state/file")
    reach.write_file("/root/state/file", text)
    assert reach.read_file("/root/state/file") == text
    assert reach.read_file("/root/elsewhere") is None
    assert reach.read("stat", "-c", "%a %F", "/root/state/file").strip() == "600 regular file"
    reach.append("/root/state/log", "one\n")
    reach.append("/root/state/log", "two\n")
    assert reach.read_file("/root/state/log") == "one\ntwo\n"
    assert reach.names("/root/state") == ("file", "log")
    assert reach.names("/root/nowhere") == ()
    assert reach.read_file("/root/nowhere") is None
    reach.read("ln", "-s", "/root/elsewhere", "/root/state/link")
    reach.read("chmod", "777", "/root/state")
    _refused(lambda: reach.append("/root/state/link", "x"))
    _refused(lambda: reach.write_file("/root/state/file", "x"))
    _refused(lambda: reach.private_directory("/root/state"))
    _refused(lambda: reach.private_directory("/root/state/link"))
    _refused(lambda: reach.write_file("/root/nowhere/file", "x"))
    reach.remove("/root/state/file")
    reach.remove("/root/state/file")
    assert reach.names("/root/state") == ("link", "log")
    reach.read("rm", "-rf", "/root/state")


def full_disk(reach: Reach) -> None:
    """A full disk is told of, and leaves the old file as it was."""
    reach.read("sh", "-c", "mkdir -p /root/small; mount -t tmpfs -o size=64k,mode=700 tmpfs /root/small")
    reach.write_file("/root/small/file", "old")
    _refused(lambda: reach.write_file("/root/small/file", "x" * 100_000))
    _refused(lambda: reach.append("/root/small/log", "x" * 100_000))
    assert reach.read_file("/root/small/file") == "old"
    assert set(reach.names("/root/small")) <= {"file", "log"}
    reach.read("umount", "/root/small")


def locks(reach: Reach) -> None:
    """One run at a time; the other is told by whom, and what changes the host holds the lock as well."""
    reach.private_directory(STATE)
    path, said = f"{STATE}/lock", [""]
    with lock.held(reach, path, "a test", said.append):
        try:
            with lock.held(reach, path, "another", said.append):
                raise AssertionError
        except lock.Locked as locked:
            assert "`a test` (process" in str(locked)
            assert reach.is_local or ", from root@host-a)" in str(locked)
        assert reach.run(Command(("sh", "-c", "readlink /proc/self/fd/*"))).words.count(path) == 1
        assert path not in reach.run(Command(("sh", "-c", "readlink /proc/self/fd/*"), waits=True)).words
    with lock.held(reach, path, "another", said.append):
        assert said == [""]


def journals(reach: Reach) -> None:
    """The journal is whole lines on the host; a torn one is closed."""
    reach.private_directory(STATE)
    path = f"{STATE}/journal-of-a-test"
    book = Journal(reach, path)
    number = book.write("command", step="a", text="ip link")
    book.ended(number, reach.run(Command(("sh", "-c", "exit 4"))))
    reach.append(path, '{"event": "com')
    Journal(reach, path).write("command", step="b", text="grüße")
    assert [(row.step, row.text, row.status) for row in ran(reach, path)] == [("a", "ip link", 4), ("b", "grüße", None)]
    reach.remove(path)


def knows(reach: Reach) -> None:
    """The facts of the host, its libvirt's among them, and what the session there depends on."""
    plan = load(Path("/root/plan.toml"))
    host = plan.hosts[0 if reach.is_local else 1]
    state, failures = facts.read(plan, host, reach)
    assert not failures
    assert "enp1s0" in state.links
    assert state.zone is not None
    assert list(state.vms) == ["vma" if reach.is_local else "vmb"]
    found = survey.survey(reach)
    assert found.name == host.name
    assert found.missing == ()
    assert found.distribution.startswith("Debian")
    assert found.default_interface == "enp1s0"
    assert reach.login().ssh is not reach.is_local
    assert ssh.read_path(reach, state.links).devices == (set() if reach.is_local else {"enp1s0"})
    assert netfilter.read(reach).chains
    assert checkpoints.read_checkpoints(reach) == ()
    assert checkpoints.since_boot(reach) > 0
    with libvirt.connection(reach) as opened:
        assert opened.lookupByName(next(iter(state.vms))).info()


def follows(reach: Reach) -> None:
    """A live source tells of what happens there; as it is stopped, so is its command."""
    news = threading.Event()
    devices = Devices(reach)
    devices.start(news.set)
    try:
        _until(lambda: devices.holds("enp1s0"))
        reach.read("ip", "link", "add", "seen", "type", "bridge")
        _until(lambda: devices.holds("seen"))
        reach.read("ip", "link", "delete", "seen")
        _until(lambda: not devices.holds("seen"))
    finally:
        devices.stop()
    _until(lambda: "nmcli monitor" not in reach.read("ps", "-eo", "args"))


def many(reach: Reach) -> None:
    """More threads than there are sessions wait for each other."""
    failures: list[BaseException] = []

    def ask(number: int) -> None:
        try:
            for _ in range(5):
                assert reach.read("echo", str(number)) == f"{number}\n"
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=ask, args=[number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def told(reach: Reach) -> None:
    """Say in words why the host cannot be reached."""
    try:
        reach.read("true")
    except Unreachable as unreachable:
        sys.stdout.write(f"{unreachable}\n")
    else:
        sys.stdout.write("reached\n")


def holds(reach: Reach) -> None:
    """Hold the lock with a long command, a stream and a wait under way, until something ends all of it."""
    reach.private_directory(STATE)

    def follow() -> None:
        with reach.stream("sh", "-c", "echo streaming; exec sleep 9001") as stream:
            for _ in stream.lines():
                _say("streaming")

    def wait() -> None:
        reach.run(Command(("sh", "-c", "echo waiting; exec sleep 9002"), waits=True, timeout=9002), _say)

    with lock.held(reach, f"{STATE}/lock", "vxlan-tui apply a-test", _say):
        for work in (follow, wait):
            threading.Thread(target=work, daemon=True).start()
        change = "echo changing; while [ ! -e /root/go ]; do sleep 0.1; done; echo late; echo whole > /root/changed"
        try:
            _say(reach.run(Command(("sh", "-c", change)), _say).error)
        except Unreachable as unreachable:
            _say(f"unreachable: {json.dumps(str(unreachable))}")


def _refused(write: Callable[[], object]) -> None:
    try:
        write()
    except OSError as error:
        assert str(error).strip()
    else:
        raise AssertionError


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


if __name__ == "__main__":
    os.environ["PATH"] = f"/usr/bin:{os.environ['PATH']}"
    with Local() if sys.argv[2] == "here" else Ssh(sys.argv[2]) as made:
        globals()[sys.argv[1]](made)

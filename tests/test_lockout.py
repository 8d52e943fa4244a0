"""Which steps can cut the admin off, judged from what the host has; and what the journal tells of them later."""

from dataclasses import replace

import pytest

from vxlan_tui import guard, journal, judge, last_run
from vxlan_tui.command import Command
from vxlan_tui.facts.checkpoints import Checkpoint, parse
from vxlan_tui.facts.neighbours import parse_neighbour
from vxlan_tui.facts.ssh import device_of, parse_connections
from vxlan_tui.plan import Plan
from vxlan_tui.procedures import checkpoint, lockout, things
from vxlan_tui.reach import Login
from vxlan_tui.state import AdminPath, HostState, Link, Profile, Zone
from vxlan_tui.steps import Step

HERE = Login(True, "198.51.100.3", "203.0.113.1")
LINKS = {"lo": Link("lo"), "enp1s0": Link("enp1s0", addresses=("198.51.100.3/24", "fe80::1/64"))}
CONNECTIONS = [("198.51.100.3", "203.0.113.1")]


def test_the_session_comes_in_over_the_device_with_its_address() -> None:
    assert device_of(HERE, LINKS, CONNECTIONS) == "enp1s0"


def test_a_session_that_a_multiplexer_remembers_and_that_has_ended_is_not_known() -> None:
    assert device_of(HERE, LINKS, []) == ""


def test_a_link_local_session_names_its_device() -> None:
    here = Login(True, "fe80::1%enp1s0", "fe80::2%enp1s0")
    assert device_of(here, LINKS, [("fe80::1", "fe80::2")]) == "enp1s0"


def test_connections_are_read_in_all_the_forms_that_ss_writes() -> None:
    output = "0 0 [::ffff:198.51.100.2]:22 [::ffff:198.51.100.254]:4711\n0 0 [fe80::1%enp1s0]:22 [fe80::2]:33\nodd\n"
    assert parse_connections(output) == [("198.51.100.2", "198.51.100.254"), ("fe80::1", "fe80::2")]


IDLE = HostState(links={"enp1s0": Link("enp1s0", addresses=("fe80::1/64",))}, zone=Zone("public"))
USED = replace(IDLE, links=LINKS)
OVER = replace(USED, path=AdminPath(True, frozenset(["enp1s0.7", "enp1s0"])))


@pytest.mark.parametrize(
    ("state", "comes_back", "words"),
    [
        (IDLE, True, ""),
        (USED, True, "enp1s0 is in use with 198.51.100.3/24"),
        (USED, False, ""),
        (OVER, True, "your SSH session comes in over enp1s0"),
        (OVER, False, "your SSH session comes in over enp1s0"),
        (replace(USED, path=AdminPath(True)), False, "not known which interface your SSH session comes in over"),
        (replace(IDLE, path=AdminPath(True)), True, ""),
        (replace(USED, path=AdminPath(True, frozenset(["enp2s0"]))), False, ""),
    ],
)
def test_a_change_is_dangerous_where_somebody_can_be_cut_off(state: HostState, comes_back: bool, words: str) -> None:
    found = lockout.interface("enp1s0", state, comes_back)
    assert (words in found) if words else found == ""


UPLINK = Profile("u-1", "uplink", "802-3-ethernet", "enp1s0", activated=True)
BRIDGE = Profile("u-2", "bridge0", "bridge", "bridge0", activated=True)


@pytest.mark.parametrize(
    ("argv", "state", "words"),
    [
        ("nmcli connection up id uplink", USED, "enp1s0 is in use with 198.51.100.3/24"),
        ("nmcli connection down uuid u-1", OVER, "your SSH session comes in over enp1s0"),
        ("nmcli connection modify id uplink connection.autoconnect yes", USED, ""),
        ("nmcli connection up id bridge0", OVER, ""),
        ("nmcli device reapply bridge0", replace(USED, path=AdminPath(True, frozenset(["bridge0"]))), "over bridge0"),
        ("ip link set dev enp1s0 up", OVER, ""),
    ],
)
def test_a_remedy_is_dangerous_where_its_profile_is_that_of_the_underlay_or_of_the_session(
    argv: str, state: HostState, words: str
) -> None:
    command = Command(tuple(argv.split()))
    found = lockout.of_commands([command], "enp1s0", replace(state, profiles=(UPLINK, BRIDGE)))
    assert (words in found) if words else found == ""


def marked(plan: Plan, state: HostState, *sections: str) -> list[Step]:
    """Return the steps of the first host, which has nothing of the plan."""
    host = plan.hosts[0]
    return list(lockout.marked(judge.forward(things(plan, host, state, sections), {}), state))


def test_the_steps_of_an_interface_in_use_are_guarded_together_with_what_saves_them_and_the_rest_alone(
    sample_plan: Plan,
) -> None:
    found = marked(sample_plan, USED, "ethernet", "bridge")
    regions = [[step.id for step in region] for region in guard.regions(found)]
    assert regions[0] == ["ethernet.profile", "ethernet.activate", "ethernet.save"]
    assert all(len(region) == 1 for region in regions[1:])
    shown = guard.preview(next(guard.regions(found)), 60)
    assert shown[0].commands[0].text.endswith("CheckpointCreate aouu 0 60 6")
    assert not any(step.cuts for step in marked(sample_plan, IDLE, "ethernet", "bridge"))


def test_a_bridge_that_the_session_comes_in_over_is_guarded_too_and_held_in_memory_until_then(
    sample_plan: Plan,
) -> None:
    state = replace(IDLE, path=AdminPath(True, frozenset(["bridge0", "vxlan10"])))
    regions = [[step.id for step in region] for region in guard.regions(marked(sample_plan, state, "bridge"))]
    assert regions == [
        ["bridge.bridge", "bridge.vxlan", "bridge.activate", "bridge.activate", "bridge.save", "bridge.save"],
        ["bridge.firewall-permanent"],
        ["bridge.firewall"],
    ]
    made = [text for step in marked(sample_plan, state, "bridge")[:2] for text in step.commands[0].argv[:5]]
    assert made == ["nmcli", "connection", "add", "save", "no"] * 2


@pytest.mark.parametrize(("told", "seconds"), [("", 60), ("8", 8), ("1", 5), ("9999", 600), ("soon", 60), ("-3", 60)])
def test_the_time_to_confirm_in_is_bounded(monkeypatch: pytest.MonkeyPatch, told: str, seconds: int) -> None:
    monkeypatch.setenv("VXLAN_TUI_KEEP_SECONDS", told)
    assert guard.seconds() == seconds


def test_what_busctl_and_ip_say_is_read() -> None:
    path = "/org/freedesktop/NetworkManager/Checkpoint/1"
    assert checkpoint.path_of(f'o "{path}"\n') == path
    assert checkpoint.path_of("Call failed: Not authorized\n") == ""
    row = '{"type":"a{sv}","data":[{"Created":{"type":"x","data":4389519},"RollbackTimeout":{"type":"u","data":8}}]}'
    assert parse(path, row, 4394.519) == Checkpoint(path, 4389.519, 8, 3)
    assert parse_neighbour('[{"dst":"192.0.2.1","confirmed":0,"state":["REACHABLE"]}]')
    assert not parse_neighbour('[{"dst":"192.0.2.1","confirmed":99,"state":["REACHABLE"]}]')
    assert not parse_neighbour('[{"dst":"192.0.2.1","state":["FAILED"]}]')
    assert not parse_neighbour("")


RUN = {"event": "run", "n": 1, "time": "t0", "verb": "apply", "plan": "/p.toml", "host": "host-a"}
GUARD = {"event": "guard", "n": 2, "time": "t1", "subject": "enp1s0", "seconds": 60, "stands": [], "new": []}
KEPT = {"event": "guard-ended", "n": 9, "guard": 2, "how": "kept", "words": "It was kept."}
TAKEN = {"event": "guard-ended", "n": 9, "guard": 2, "how": "taken-back", "words": "It was taken back."}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([RUN, GUARD, KEPT], ""),
        ([RUN, GUARD, TAKEN], "The change of enp1s0 begun t1: It was taken back."),
        ([RUN, GUARD], "takes it back by itself 60 s after it began"),
        ([RUN, GUARD, {"event": "guard-keeping", "n": 3, "guard": 2}], "was confirmed"),
    ],
)
def test_the_next_start_knows_what_became_of_it(rows: list[dict[str, object]], words: str) -> None:
    found = last_run.last_of(rows)
    assert found is not None
    assert words in found.guarded
    assert bool(found.guarded) is bool(words)


def test_a_checkpoint_belongs_to_its_change() -> None:
    rows = [GUARD, {"event": "guard-checkpoint", "n": 3, "guard": 2, "path": "/c/1"}, {**GUARD, "n": 5}]
    assert [each.checkpoint for each in journal.guarded(rows)] == ["/c/1", ""]

"""The encrypted tunnel as functions: a plan and what the tools show of a host in, the commands that it takes out.

The two commands that touch the private key are run here, on files of the test's own.
"""

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import as_planned, three_hosts
from vxlan_tui import judge, plan, readings
from vxlan_tui.facts.wireguard import read_keys
from vxlan_tui.judge import Outputs
from vxlan_tui.paths import STATE_DIRECTORY, WIREGUARD_KEY
from vxlan_tui.plan import Plan
from vxlan_tui.procedures import former, things, wireguard
from vxlan_tui.reach import Local, Output
from vxlan_tui.record import Record
from vxlan_tui.rehearsal import SAMPLE
from vxlan_tui.state import HostState, Link, Profile, Zone
from vxlan_tui.steps import Need, Step
from vxlan_tui.things import ABSENT, Thing
from vxlan_tui.ui.controllers.matching import matched

FILE = Path("/root/plan.toml")
OWN, OTHER = three_hosts.key(0), three_hosts.key(1)
STATE = HostState(links={"enp1s0": Link("enp1s0")}, zone=Zone("public"))
TOLD = replace(STATE, keys={"host-a": OWN, "host-b": OTHER})


def read(keys: int = 0, more: str = "", old: str = "", new: str = "") -> Plan:
    """Return the sample plan with encryption and the public keys of so many hosts, a change and an addition."""
    text = three_hosts.encrypted(SAMPLE.read_text().replace(old, new), keys)
    return plan.parse((text + more).encode(), FILE)


ENCRYPTED = read()


def rows(of: Plan = ENCRYPTED, state: HostState | None = TOLD) -> list[Thing]:
    """Return the first host's things of the bridge's section."""
    return things(of, of.hosts[0], state, ["bridge"])


def row(name: str, of: Plan = ENCRYPTED, state: HostState | None = TOLD) -> Thing:
    """Return one of them."""
    return next(each for each in rows(of, state) if each.id == name)


def taken(found: list[Thing], shown: Outputs) -> list[Step]:
    """Return the steps that take something, or are in conflict."""
    return [step for step in judge.forward(found, shown) if step.need is not Need.DONE]


def conflicts(found: list[Thing], shown: Outputs) -> list[str]:
    """Return why steps would not run."""
    return [step.conflict for step in judge.forward(found, shown) if step.conflict]


def test_a_new_host_takes_the_tunnel_first_and_the_vxlan_inside_it() -> None:
    """The VXLAN's port is open in the tunnel's own zone alone, and the tunnel's to the other host alone."""
    steps = judge.forward(rows(), {})
    commands = [command for step in steps for command in step.commands]
    texts = [command.text for command in commands]
    assert [step.id for step in steps if step.commands][:6] == [
        "bridge.key",
        "bridge.wireguard",
        "bridge.wireguard-up",
        "bridge.wireguard-peers",
        "bridge.firewall-wireguard-permanent",
        "bridge.firewall-wireguard",
    ]
    admitted = [text for text in texts if "--add-rich-rule" in text and "--permanent" not in text]
    assert [re.sub(r"^firewall-cmd --zone=(\w+) .*address=\"(\S*)\" (\w+).*=\"(\d+|icmp)\".*", r"\1 \2 \4", text)
            for text in (re.sub(r' protocol="udp"', "", each) for each in admitted)] == [
        "public 203.0.113.1 51820",
        "block 10.255.42.0/24 icmp",
        "block 10.255.42.2 8472",
    ]  # fmt: skip
    vxlan = next(text for text in texts if "type vxlan" in text)
    assert "local 10.255.42.1 remote 10.255.42.2 802-3-ethernet.mtu 1370" in vxlan
    assert not any("--add-port" in text for text in texts)


def test_the_profile_has_all_but_the_private_key_which_the_host_itself_adds() -> None:
    write = row("bridge.wireguard").make[0]
    assert write.stdin == (
        "[wireguard]\nlisten-port=51820\nmtu=1420\npeer-routes=false\n"
        f"[connection]\nid=wg-vxlan\nuuid={wireguard.UUID}\ntype=wireguard\ninterface-name=wg-vxlan\nzone=block\n"
        "[ipv4]\naddress1=10.255.42.1/24\nmethod=manual\n[ipv6]\nmethod=disabled\n"
        f"[wireguard-peer.{OTHER}]\nendpoint=203.0.113.1:51820\nallowed-ips=10.255.42.2/32;\npersistent-keepalive=25\n"
    )
    assert "private-key=$key" in write.argv[2]


def test_over_ipv6_an_endpoint_stands_in_brackets() -> None:
    of = plan.parse(three_hosts.encrypted(three_hosts.text(2, network="2001:db8::")).encode(), FILE)
    assert "endpoint=[2001:db8::3]:51820\n" in row("bridge.wireguard", of).make[0].stdin


# Whose keys are known


def test_a_key_that_is_nowhere_to_be_had_is_a_conflict_that_says_what_mends_it() -> None:
    alone = replace(STATE, keys={"host-a": OWN})
    (words,) = conflicts(rows(state=alone), {})
    assert words.startswith("the WireGuard public key of host-b is not known here: carry the plan out on all hosts")
    assert OWN in words
    assert conflicts(rows(read(2), STATE), {}) == []


def test_a_key_that_is_going_to_be_made_stands_in_words_and_takes_the_run_no_conflict() -> None:
    """As in a preview: the key pairs are made once that was agreed to."""
    before = replace(STATE, keys={"host-a": "", "host-b": ""})
    found = rows(state=before)
    assert conflicts(found, {}) == []
    (write, *_) = next(step.commands for step in judge.forward(found, {}) if step.id == "bridge.wireguard")
    assert "[wireguard-peer.<public key of host-b, made first>]" in write.text
    assert re.search(wireguard.PENDING, write.text)


def test_what_was_shown_before_the_keys_were_made_is_what_runs_with_them() -> None:
    """And nothing else: not with another address, and not what was shown with a key already."""
    shown, now = (judge.forward(rows(state=replace(STATE, keys=keys)), {}) for keys in ({"host-b": ""}, TOLD.keys))
    assert matched(shown, now)[1] == []
    elsewhere = read(old="203.0.113.1/24", new="203.0.113.2/24")
    assert next(step.id for step, _ in matched(shown, judge.forward(rows(elsewhere), {}))[1]) == "bridge.wireguard"
    other = judge.forward(rows(state=replace(TOLD, keys={"host-a": OWN, "host-b": three_hosts.key(5)})), {})
    assert [step.id for step, _ in matched(now, other)[1]] == ["bridge.wireguard"]


def test_another_key_in_the_plan_than_the_hosts_own_is_a_conflict_with_both_ways_out() -> None:
    found = rows(read(2), TOLD)
    shown = {**as_planned.outputs(found), wireguard.PUBLIC_KEY: f"{three_hosts.key(9)}\n"}
    (words,) = conflicts(found, shown)
    assert three_hosts.key(9) in words
    assert WIREGUARD_KEY in words
    assert conflicts(found, {**shown, wireguard.PUBLIC_KEY: f"{OWN}\n"}) == []


@pytest.mark.parametrize("twins", [("host-b", "host-c"), ("host-a", "host-c")], ids=["two others", "the host itself"])
def test_two_hosts_with_one_key_pair_are_a_conflict_that_names_both_and_the_file(twins: tuple[str, str]) -> None:
    """One that was cloned from the other: WireGuard would have one peer only, and leave out itself without a word."""
    of = plan.parse(three_hosts.encrypted(three_hosts.text(3), keys=0).encode(), FILE)
    keys = {each.name: three_hosts.key(place) for place, each in enumerate(of.hosts)}
    assert conflicts(rows(of, replace(STATE, keys=keys)), {}) == []
    cloned = replace(STATE, keys={**keys, twins[1]: keys[twins[0]]})
    (words,) = conflicts(rows(of, cloned), {})
    assert words.startswith(f"{twins[0]} and {twins[1]} have the same WireGuard key pair")
    assert f"remove {WIREGUARD_KEY} on all of them but one" in words
    written = rows(read(1), replace(STATE, keys={"host-b": OWN}))
    assert conflicts(written, {})[0].startswith("host-a and host-b have the same")


@pytest.mark.parametrize("words", ["it is in FIPS mode, which has no WireGuard", "its kernel 5.4 has no module x"])
def test_a_host_that_has_no_wireguard_is_told_of_before_anything_is_made(words: str) -> None:
    found = rows()
    stopped = judge.forward(found, {wireguard.SUPPORT: f"{words}\n"})
    (key, profile) = (step for step in stopped if step.conflict)
    assert (key.id, profile.id) == ("bridge.key", "bridge.wireguard")
    assert key.conflict == profile.conflict == f"this host cannot encrypt by WireGuard: {words}"


def test_a_profile_or_device_of_somebody_elses_is_a_conflict() -> None:
    found, shown = rows(), as_planned.outputs(rows())
    listed = next(argv for argv in shown if "UUID,NAME" in argv)
    (words,) = conflicts(found, {**shown, listed: "1d8e0000-0000-0000-0000-000000000000:wg-vxlan\n"})
    assert words.startswith("there is a connection profile wg-vxlan that is not the plan's")
    assert conflicts(found, {**shown, listed: f"{wireguard.UUID}:wg-vxlan\n1d8e:wg0\n"}) == []
    device = ("nmcli", "-t", "-f", "GENERAL", "device", "show", "wg-vxlan")
    assert conflicts(found, {**shown, device: "GENERAL.CONNECTION:mine\n"})
    mine = Profile("1d8e", "mine", "wireguard", settings={"connection.interface-name": "wg-vxlan"})
    (words,) = conflicts(rows(state=replace(TOLD, profiles=(mine,))), shown)
    assert words == "the device wg-vxlan belongs to the connection profile mine"


def test_an_underlay_in_the_tunnels_zone_is_refused() -> None:
    words = conflicts(rows(state=replace(TOLD, zone=Zone("block"))), {})
    assert all(each.startswith("the underlay is in the firewalld zone block") for each in words)
    assert words


# What changes


def test_a_renewed_key_is_told_old_and_new_and_takes_no_more_than_a_reapply() -> None:
    """Of the other host: here its key is another one, in the profile and in the kernel."""
    found, shown = rows(), as_planned.outputs(rows())
    new = rows(state=replace(TOLD, keys={"host-a": OWN, "host-b": three_hosts.key(7)}))
    steps = taken(new, shown)
    assert [step.id for step in steps] == ["bridge.wireguard", "bridge.wireguard-peers"]
    told = "\n".join(map(str, steps[0].changes))
    assert f"wireguard-peer.{OTHER}.endpoint: 203.0.113.1:51820 -> nothing" in told
    assert f"wireguard-peer.{three_hosts.key(7)}.endpoint: nothing -> 203.0.113.1:51820" in told
    assert not any("connection down" in each.text for step in steps for each in step.commands)
    own = taken(rows(state=replace(TOLD, keys={"host-a": three_hosts.key(8), "host-b": OTHER})), shown)
    assert [f"wg-vxlan: public-key: {OWN} -> {three_hosts.key(8)}"] == list(map(str, own[0].changes))
    assert taken(found, shown) == []


def test_keys_that_were_taken_for_each_others_are_seen() -> None:
    """Each key has its address: three hosts, two of which had theirs swapped in the plan."""
    text = three_hosts.encrypted(three_hosts.text(3))
    swapped = text.replace(three_hosts.key(1), "x").replace(three_hosts.key(2), OTHER).replace("x", three_hosts.key(2))
    right, wrong = (plan.parse(each.encode(), FILE) for each in (text, swapped))
    shown = as_planned.outputs(things(wrong, wrong.hosts[0], STATE, ["bridge"]))
    steps = taken(things(right, right.hosts[0], STATE, ["bridge"]), shown)
    assert [step.id for step in steps] == ["bridge.wireguard", "bridge.wireguard-peers"]


CLEAR = plan.parse(SAMPLE.read_bytes(), FILE)


def records(of: Plan) -> list[Record]:
    """Return the records of a plan that was carried out where nothing was."""
    return [Record(each.record, "", str(FILE)) for each in rows(of) if each.record]


def test_encryption_that_is_turned_on_moves_the_vxlan_into_the_tunnel_and_closes_its_port_outside() -> None:
    shown = as_planned.outputs(rows(CLEAR, STATE))
    steps = taken(rows(), shown)
    changed = {step.id: list(map(str, step.changes)) for step in steps if step.changes}
    assert "vxlan10: vxlan.local: 198.51.100.2 -> 10.255.42.1" in changed["bridge.vxlan"]
    left = former.find(ENCRYPTED, ENCRYPTED.hosts[0], records(CLEAR), TOLD)
    assert {record.name for _, record in left.last} == {"port.public.8472", "port-permanent.public.8472"}
    closed = former.steps(
        left.last, {**shown, left.last[0][0].reading.argv: "yes", left.last[1][0].reading.argv: "yes"}
    )
    assert {c.argv[-1] for step in closed for c in step.commands} == {"--remove-port=8472/udp"}


def test_encryption_that_is_turned_off_goes_once_the_vxlan_runs_outside_and_takes_the_key_along() -> None:
    """In the section of the bridge, and the device with its profile."""
    shown = as_planned.outputs(rows())
    left = former.find(CLEAR, CLEAR.hosts[0], records(ENCRYPTED), STATE, ["bridge"])
    assert left.first == ()
    commands = [command.text for step in former.steps(left.last, shown) for command in step.commands]
    wg = [text for text in commands if "firewall-cmd" not in text]
    assert wg == [
        f"nmcli connection load {wireguard.FILE}",
        f"nmcli connection delete uuid {wireguard.UUID}",
        f"rm -f {WIREGUARD_KEY}",
    ]
    closed = {text.split("--zone=")[1].split()[0] for text in commands if "--remove-rich-rule" in text}
    assert closed == {"public", "block"}


# The private key


def run(argv: tuple[str, ...], directory: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command on files in a directory instead of the host's."""
    places = {WIREGUARD_KEY: directory / "key", STATE_DIRECTORY: directory, wireguard.FILE: directory / "profile"}
    script = argv[2]
    for place, instead in places.items():
        script = script.replace(place, str(instead))
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["bash", "-c", script], input=stdin, capture_output=True, text=True, check=False, env=environment
    )


def test_a_key_pair_is_made_once_for_root_alone_and_printed_by_nothing(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("")  # as a full disk leaves it
    make = row("bridge.key").make[0].argv
    made = run(make, tmp_path)
    private = (tmp_path / "key").read_text()
    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
    assert len(private) == 45
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    run(make, tmp_path)
    assert (tmp_path / "key").read_text() == private
    public = run(wireguard.PUBLIC_KEY, tmp_path).stdout.strip()
    assert re.fullmatch(wireguard.ANY_KEY, public)
    assert public != private.strip()


@pytest.mark.parametrize(("holds", "is_told"), [("no key\n", True), ("", False), (f"{OWN}\n", False)])
def test_a_file_without_a_key_is_said_to_be_that_and_an_empty_one_is_made_anew(
    tmp_path: Path, holds: str, is_told: bool
) -> None:
    """Not that NetworkManager does not answer; an empty one is what a power cut may leave."""
    (tmp_path / "key").write_text(holds)
    pair = row("bridge.key")
    no_key = next(each.reading.argv for each in pair.clear if "holds no" in each.words)
    shown = run(no_key, tmp_path)
    assert (shown.returncode, shown.stdout) == (0, f"{tmp_path / 'key'}\n" if is_told else "")
    (key, *_) = judge.forward([pair], {no_key: shown.stdout.replace(str(tmp_path / "key"), WIREGUARD_KEY)})
    words = f"the file {WIREGUARD_KEY} holds no WireGuard key: remove it, and a new pair is made"
    assert key.conflict == (words if is_told else "")
    has = subprocess.run(
        [str(tmp_path / "key") if each == WIREGUARD_KEY else each for each in pair.reading.argv],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert bool(has) == bool(holds)


@pytest.mark.parametrize("holds", ["no key\n", ""])
def test_a_file_without_a_key_keeps_nothing_else_from_being_read(tmp_path: Path, holds: str) -> None:
    (tmp_path / "key").write_text(holds)
    public = run(wireguard.PUBLIC_KEY, tmp_path)
    host: Any = SimpleNamespace(
        read_all=lambda asked, timeout: [Output(public.returncode, public.stdout, public.stderr)]
    )
    assert readings.read(host, [wireguard.PUBLIC_KEY]) == {wireguard.PUBLIC_KEY: ""}


def test_the_profile_is_written_with_the_key_and_shown_with_the_public_one(tmp_path: Path) -> None:
    """What is written is what is wanted."""
    run(row("bridge.key").make[0].argv, tmp_path)
    public = run(wireguard.PUBLIC_KEY, tmp_path).stdout.strip()
    thing = row("bridge.wireguard", state=replace(STATE, keys={"host-a": public, "host-b": OTHER}))
    written = run(thing.make[0].argv, tmp_path, thing.make[0].stdin)
    assert (written.returncode, written.stdout, written.stderr) == (0, "", "")
    text = (tmp_path / "profile").read_text()
    private = (tmp_path / "key").read_text()
    assert text == thing.make[0].stdin.replace("[wireguard]\n", f"[wireguard]\nprivate-key={private}")
    assert (tmp_path / "profile").stat().st_mode & 0o777 == 0o600
    shown = run(wireguard.PROFILE, tmp_path)
    assert shown.returncode == 0
    assert private.strip() not in shown.stdout
    assert thing.reading.shown(shown.stdout) == thing.wants


def test_without_a_key_no_profile_is_written(tmp_path: Path) -> None:
    thing = row("bridge.wireguard")
    written = run(thing.make[0].argv, tmp_path, thing.make[0].stdin)
    assert written.returncode != 0
    assert not (tmp_path / "profile").exists()


def test_what_is_not_there_shows_as_nothing(tmp_path: Path) -> None:
    for argv in (wireguard.PROFILE, wireguard.PUBLIC_KEY):
        shown = run(argv, tmp_path)
        assert shown.stdout == ""
        assert re.search(ABSENT, f"bash: {shown.stderr}", re.DOTALL)


SECRET = three_hosts.key(77)


@given(
    st.sampled_from(["private-key", "preshared-key", "wep-key0", "psk-key"]),
    st.sampled_from(["", " ", "\t"]),
    st.sampled_from(["", " ", "  "]),
)
def test_no_way_of_writing_a_secret_in_a_keyfile_is_shown(
    tmp_path_factory: pytest.TempPathFactory, name: str, before: str, behind: str
) -> None:
    """Whoever has written it: spaces around the sign of equality are allowed."""
    directory = tmp_path_factory.mktemp("keyfile")
    text = (
        f"[wireguard]\nlisten-port=1\n{before}{name}{behind}={behind}{SECRET}\n[wireguard-peer.{OTHER}]\nendpoint=x\n"
    )
    (directory / "profile").write_text(text)
    shown = run(wireguard.PROFILE, directory).stdout
    assert SECRET not in shown
    assert f"wireguard-peer.{OTHER}.endpoint:x" in shown


def test_no_command_of_the_plan_asks_wg_for_what_can_print_a_private_key() -> None:
    """`wg show DEVICE`, its dump, and showconf can; so can nmcli with --show-secrets."""
    found = rows()
    words = [" ".join(argv) for argv in judge.readings(found)]
    words += [c.text for each in found for c in (*each.make, *each.change, *each.delete)]
    assert not [each for each in words if re.search("dump|showconf|show-secrets|private-key$", each)]


def test_the_keys_that_a_host_knows_are_its_own_and_those_in_its_profile() -> None:
    shown: Outputs = {wireguard.PUBLIC_KEY: f"{OWN}\n", wireguard.PROFILE: f"{row('bridge.wireguard').wants}\n"}
    this = ENCRYPTED.hosts[0]
    assert read_keys(ENCRYPTED, this, Local(), lambda reach, asked: shown) == {"host-a": OWN, "host-b": OTHER}
    assert read_keys(ENCRYPTED, this, Local(), lambda reach, asked: {}) == {}


def test_a_host_that_tells_more_than_its_key_is_stopped_with_words_and_nothing_of_it_is_taken() -> None:
    told = f"{OWN}\n[ipv4]\ndns=192.0.2.66\n"
    (words,) = conflicts(rows(), {**as_planned.outputs(rows()), wireguard.PUBLIC_KEY: told})
    assert words.startswith("this host tells a WireGuard public key that is none: [ipv4], dns=192.0.2.66. ")
    shown: Outputs = {
        wireguard.PUBLIC_KEY: told,
        wireguard.PROFILE: f"wireguard-peer.{OTHER}]\n[ipv4.allowed-ips:10.255.42.2/32;\n",
    }
    assert read_keys(ENCRYPTED, ENCRYPTED.hosts[0], Local(), lambda reach, asked: shown) == {}

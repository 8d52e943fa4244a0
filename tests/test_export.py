"""Exported scripts on paper: short enough to read, the program's rows as text, and data that stays data."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import three_hosts
from vxlan_tui import export, plan
from vxlan_tui.cli import run
from vxlan_tui.export.words import quoted
from vxlan_tui.plan import Plan
from vxlan_tui.procedures import things
from vxlan_tui.rehearsal import SAMPLE
from vxlan_tui.state import HostState, Zone

CHAPTER = SAMPLE.read_text()
SEGMENT = '\n[[segments]]\nvni = {0}\nbridge = "br{0}"\n'
VM = '\n[[vms]]\nhost = "host-a"\nname = "vm{0}"\nnetwork = "vxlan10-bridge"\n'
PEERS = 'admit = "peers"\n'
KNOWN = HostState(zone=Zone("public"))
FORMS = {"script": export.script, "undo": export.undo_script}


def _plan(text: str) -> Plan:
    return plan.parse(text.encode(), Path("/root/plan.toml"))


def _of(text: str, form: str = "script") -> str:
    found = _plan(text)
    return FORMS[form](found, found.host("host-a"))


def _lines(text: str, form: str = "script") -> int:
    return len(_of(text, form).splitlines())


@pytest.mark.parametrize("form", FORMS)
def test_a_script_can_be_attached_to_a_change_request(form: str) -> None:
    """150 lines for a host of the chapter, 20 for another segment, 8 for another VM; 120 columns but for a value."""
    one = _lines(CHAPTER, form)
    assert one <= 150
    two, three = (_lines(CHAPTER + "".join(SEGMENT.format(n) for n in more), form) for more in ((20,), (20, 30)))
    assert two - one <= 20
    assert three - two <= 20
    first, second = (_lines(CHAPTER + "".join(VM.format(n) for n in more), form) for more in ((1,), (1, 2)))
    assert first - one <= 8
    assert second - first <= 8
    longer = [line for line in _of(CHAPTER, form).splitlines() if len(line) > 120]
    assert all(len(max(re.split(r"(?<!\S)['$]|' ", line), key=len)) > 80 for line in longer), longer


def test_the_helpers_are_at_most_45_lines() -> None:
    text = _of(CHAPTER)
    helpers = text[text.index("\ndie() {") : text.index("\n[[ ${1-} != --help")]
    assert len(helpers.strip().splitlines()) <= 45


def test_its_head_says_how_to_read_it_and_what_it_was_made_from() -> None:
    head = _of(CHAPTER).partition("\nset ")[0]
    assert "Sets host-a up" in head
    assert "from /root/plan.toml" in head
    assert _plan(CHAPTER).digest[:16] in head
    assert [number for number in ("10.2", "10.3", "10.4", "10.5") if f"# --- {number} " in _of(CHAPTER)] == [
        "10.2",
        "10.3",
        "10.4",
        "10.5",
    ]


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30))
def test_any_text_is_one_word_of_bash_and_stays_what_it_is(text: str) -> None:
    """Quotes, line breaks, what bash would expand: nothing of it is more than text."""
    shown = subprocess.run(["bash", "-c", f"printf %s {quoted(text)}"], capture_output=True, check=True)
    assert shown.stdout.decode() == text


HOSTILE = (
    "$(reboot)",
    "`id`",
    "it's",
    'a "b" c',
    "a'b\"c\\d",
    "${HOME}",
    "*",
    "a;b|c&d",
    "!!",
    "#no",
    "%s%n",
    "\u00e9\u4e2d",
    "<a&b>",
    "EOF",
    "a  b",
)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", FORMS)
def test_hostile_names_make_a_script_that_shellcheck_has_nothing_against(name: str, form: str, tmp_path: Path) -> None:
    found = _plan(CHAPTER.replace('"Example"', _toml(name), 1).replace('"vma"', _toml(f"v{name}")))
    text = FORMS[form](found, found.host("host-a"))
    (tmp_path / "script").write_text(text)
    checked = subprocess.run(["bash", "-n", tmp_path / "script"], capture_output=True, text=True, check=False)
    assert checked.stderr == ""
    if shutil.which("shellcheck"):
        checked = subprocess.run(["shellcheck", tmp_path / "script"], capture_output=True, text=True, check=False)
        assert checked.stdout == ""


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@pytest.mark.parametrize("more", ["", PEERS, three_hosts.EVPN], ids=["list", "peers", "evpn"])
@pytest.mark.parametrize("form", FORMS)
def test_shellcheck_has_nothing_against_a_script_of_many_hosts(more: str, form: str, tmp_path: Path) -> None:
    """Also where no connection of the host's own is made."""
    found = three_hosts.plan(4, more)
    (tmp_path / "script").write_text(FORMS[form](found, found.hosts[0]))
    if shutil.which("shellcheck"):
        checked = subprocess.run(["shellcheck", tmp_path / "script"], capture_output=True, text=True, check=False)
        assert checked.stdout == ""


def test_the_other_hosts_are_listed_once_and_each_thing_names_them_all() -> None:
    """What bash makes of the list is what the program wants: the file by its digest, the entries and the rules."""
    found = three_hosts.plan(4, PEERS)
    text = export.script(found, found.hosts[0])
    assert text.count(str(found.hosts[1].vtep)) == 1
    made = {row.id: row for row in things(found, found.hosts[0], KNOWN, ["bridge"])}
    shows = re.findall(r'"(\$\(each .*?\))" ', text)
    part = text[text.index("feed install") :].partition("\n")[2].partition("\nEOF\n")[0]
    helper, peers = text[text.index("each() {") :].partition("\n}\n")[0], re.search(r"^peers=.*$", text, re.MULTILINE)
    assert peers
    for bash, wants in (
        (f"cat <<EOF\n{part}\nEOF", made["bridge.flood-script"].make[0].stdin.rstrip("\n")),
        (f'echo "{shows[0]}"', made["bridge.flood"].wants),
        (f'echo "{shows[1]}"', made["bridge.firewall"].wants),
    ):
        ran = ["bash", "-c", f"{helper}\n}}\n{peers.group()}\n{bash}"]
        assert subprocess.run(ran, capture_output=True, text=True, check=True).stdout.rstrip("\n") == wants
    assert made["bridge.flood-script"].wants in text


def test_a_script_refuses_what_it_does_not_know_and_explains_itself(tmp_path: Path) -> None:
    (tmp_path / "script").write_text(_of(CHAPTER))
    wrong = subprocess.run(["bash", tmp_path / "script", "--dry-run"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, "[--check | --help]" in wrong.stderr) == (2, True)
    told = subprocess.run(["bash", tmp_path / "script", "--help"], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout.startswith("Sets host-a up")) == (0, True)


def test_export_needs_no_root_and_writes_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    out = tmp_path / "host-a.sh"
    assert run(["export", str(SAMPLE), "--host", "host-a", "--output", str(out)]) == 0
    assert out.stat().st_mode & 0o777 == 0o700
    assert run(["export", str(SAMPLE), "--host", "host-a", "--output", str(out)]) == 2


def test_a_script_that_has_no_way_to_the_other_hosts_keys_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It cannot exchange them; the map and the way back need none."""
    encrypted = tmp_path / "plan.toml"
    encrypted.write_text(three_hosts.encrypted(CHAPTER, keys=1))
    for form, status in (("script", 2), ("ansible", 2), ("undo", 0), ("map", 0)):
        assert run(["export", str(encrypted), "--host", "host-a", "--format", form]) == status, form
    assert capsys.readouterr().err.count("write `public_key` into the plan for host-b (") == 2


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("segments", [1, 2])
def test_a_script_with_encryption_holds_no_private_key_and_passes_shellcheck(
    form: str, segments: int, tmp_path: Path
) -> None:
    more = "".join(SEGMENT.format(number) for number in range(20, 19 + segments))
    text = _of(three_hosts.encrypted(CHAPTER + more), form)
    assert "private-key=" in text
    assert not re.search(r"private-key=[A-Za-z0-9+/]", text)
    (tmp_path / "script").write_text(text)
    if shutil.which("shellcheck"):
        checked = subprocess.run(["shellcheck", tmp_path / "script"], capture_output=True, text=True, check=False)
        assert checked.stdout == ""


def test_an_encrypted_tunnels_profile_in_a_script_is_the_programs_but_for_what_the_host_says() -> None:
    """The MTU that the underlay leaves, which the script asks for."""
    text, found = three_hosts.encrypted(CHAPTER), _plan(three_hosts.encrypted(CHAPTER))
    state = HostState(zone=Zone("public"))
    rows = {row.id: row for row in things(found, found.hosts[0], state, ["bridge"])}
    body = rows["bridge.wireguard"].make[0].stdin
    assert "mtu=1420\n" in body
    assert body.replace("mtu=1420", "mtu=$outer") in _of(text)
    assert "outer=$(($(cat /sys/class/net/enp1s0/mtu) - 80))" in _of(text)


def test_a_file_that_exists_is_replaced_only_where_that_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "host-a.sh"
    file.write_text("mine")
    words = ["export", str(SAMPLE), "--host", "host-a", "--output", str(file)]
    assert run(words) == 2
    assert file.read_text() == "mine"
    assert run([*words, "--force"]) == 0
    assert file.read_text().startswith("#!/usr/bin/env bash")


@pytest.mark.parametrize("form", FORMS)
def test_a_script_of_a_plan_in_ascii_is_ascii(form: str) -> None:
    assert _of(CHAPTER, form).isascii()

"""The plan's writer: what it writes reads back as what was given."""

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vxlan_tui import plan_file
from vxlan_tui.files import UnsafePath
from vxlan_tui.rehearsal import SAMPLE

texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = texts | st.integers(-(2**63), 2**63 - 1) | st.booleans()
values = scalars | st.lists(scalars, max_size=3)
inner = st.dictionaries(texts, values, max_size=3)
tables = st.dictionaries(texts | st.sampled_from(["name", "vni", "host"]), values | inner, max_size=4)
some = st.lists(tables, min_size=1, max_size=3)
plans = st.fixed_dictionaries(
    {}, optional={"hosts": some, "segments": some, "vms": some, "evpn": tables, "colour": scalars}
)


@given(plans, plans)
def test_any_plan_reads_back_as_it_was_also_where_it_takes_another_ones_place(
    data: dict[str, Any], other: dict[str, Any]
) -> None:
    written = plan_file.text(data)
    assert tomllib.loads(written) == data
    assert tomllib.loads(plan_file.text(data, plan_file.text(other))) == data
    assert plan_file.text(data, written) == written


@given(
    plans, st.text() | st.sampled_from(["[[hosts]]", "hosts = [\n{}\n]", "[hosts]\na.b = 1", '["hosts"]', "[hosts.a]"])
)
def test_whatever_text_a_plan_is_written_into_it_reads_back_as_it_was(data: dict[str, Any], onto: str) -> None:
    assert tomllib.loads(plan_file.text(data, onto)) == data


def test_a_list_of_no_tables_is_left_out() -> None:
    assert plan_file.text({"hosts": [{"name": "a"}], "vms": []}) == '[[hosts]]\nname = "a"\n'


BY_HAND = """\
# The office's segment. Ask Jo before you change it.

# In rack 7.
[[hosts]]   # the first
name = 'host-a'  # as in DNS
interface    = "enp1s0"
# zone = "public"

[hosts.ethernet]
profile = "Example"
method = "manual"
address = "198.51.100.2/24"
dns = [
  "198.51.100.200",  # the old one
  "198.51.100.201",
]
text = \"""
[[hosts]]
# no comment
\"""

# In rack 8.
[[hosts]]
name = "host-b"
vtep = "203.0.113.1"
interface = "enp1s0"

# --- Segments ---

# Where the printers are.
[[segments]]
vni = 10  # as on the switch
bridge = "bridge0"

# That is all.
"""


def test_a_plan_that_is_as_it_was_is_not_touched() -> None:
    assert plan_file.text(tomllib.loads(BY_HAND), BY_HAND) == BY_HAND


def test_what_is_changed_in_a_plan_leaves_the_rest_as_a_person_wrote_it() -> None:
    """A value, a new key, another name, a host added behind the last, a table of another kind."""
    data = tomllib.loads(BY_HAND)
    data["segments"][0]["vni"] = 20
    data["hosts"][0]["zone"] = "public"
    data["hosts"][1]["name"] = "host-z"
    data["hosts"].append({"name": "host-c", "interface": "eth0", "ethernet": {"profile": "E", "method": "auto"}})
    data["evpn"] = {"asn": 65000}
    new = '[[hosts]]\nname = "host-c"\ninterface = "eth0"\n\n[hosts.ethernet]\nprofile = "E"\nmethod = "auto"\n'
    expected = (
        BY_HAND.replace("vni = 10  #", "vni = 20  #")
        .replace('# zone = "public"\n', '# zone = "public"\nzone = "public"\n')
        .replace("host-b", "host-z")
        .replace("\n# --- Segments", f"\n{new}\n# --- Segments")
        .replace("\n# That is all", "\n[evpn]\nasn = 65000\n\n# That is all")
    )
    assert plan_file.text(data, BY_HAND) == expected


def test_a_host_that_is_taken_out_takes_its_own_comments_along_and_no_others() -> None:
    data = tomllib.loads(BY_HAND)
    del data["hosts"][0]
    first = BY_HAND.index("# In rack 7."), BY_HAND.index("# In rack 8.")
    assert plan_file.text(data, BY_HAND) == BY_HAND[: first[0]] + BY_HAND[first[1] :]
    data = tomllib.loads(BY_HAND)
    data["segments"] = []
    end = BY_HAND.index("\n# Where the printers"), BY_HAND.index("\n# That is all")
    assert plan_file.text(data, BY_HAND) == BY_HAND[: end[0]] + BY_HAND[end[1] :]


def test_a_value_of_another_kind_is_a_change() -> None:
    """Python holds 1 and true for equal, TOML does not."""
    assert (
        plan_file.text({"segments": [{"stp": True}]}, "[[segments]]\nstp = 1 # on\n")
        == "[[segments]]\nstp = true # on\n"
    )


def test_the_sample_is_saved_as_it_is() -> None:
    assert plan_file.text(tomllib.loads(SAMPLE.read_text()), SAMPLE.read_text()) == SAMPLE.read_text()


def test_a_plan_is_not_written_through_a_link(tmp_path: Path) -> None:
    link = tmp_path / "plan.toml"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafePath):
        plan_file.save(link, {})
    assert not (tmp_path / "elsewhere").exists()


def test_a_new_plan_is_its_owners_alone_and_an_old_one_keeps_its_mode_and_owner(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    plan_file.save(path, {"vms": []})
    assert path.stat().st_mode & 0o777 == 0o600
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
    before = path.stat()
    for mode, kept in ((0o400, 0o400), (0o640, 0o640), (0o644, 0o644), (0o666, 0o664)):
        path.chmod(mode)
        plan_file.save(path, {"hosts": [{"name": oct(mode)}]})
        assert path.stat().st_mode & 0o777 == kept
        assert oct(mode) in path.read_text()
    assert (path.stat().st_uid, path.stat().st_gid) == (before.st_uid, before.st_gid)

"""The plan's writer: what it writes reads back as what was given."""

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
tables = st.dictionaries(texts, values | inner, max_size=4)


@given(st.fixed_dictionaries({key: st.lists(tables, max_size=3) for key in ("hosts", "segments", "vms")}))
def test_any_plan_reads_back_as_it_was(data: dict[str, Any]) -> None:
    assert tomllib.loads(plan_file.text(data)) == data


def test_the_sample_reads_back_as_it_was() -> None:
    data = tomllib.loads(SAMPLE.read_text())
    assert tomllib.loads(plan_file.text(data)) == data


def test_a_plan_is_not_written_through_a_link(tmp_path: Path) -> None:
    link = tmp_path / "plan.toml"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafePath):
        plan_file.save(link, {})
    assert not (tmp_path / "elsewhere").exists()


def test_a_new_plan_is_its_owners_alone_and_an_old_one_keeps_its_group(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    plan_file.save(path, {"vms": []})
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    plan_file.save(path, {"vms": []})
    assert path.stat().st_mode & 0o777 == 0o640

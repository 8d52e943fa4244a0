"""What `verify` prints: a table for people, one JSON object for programs."""

import json
import re
import sys

import pytest

from tests import well
from tests.test_checks import HEALTHY, NO_NETWORK, PLAN, SILENT, STP, THIS
from tests.well import Change, Known, link, several, zone
from vxlan_tui import checks
from vxlan_tui.checks import Finding
from vxlan_tui.state import BridgePort
from vxlan_tui.verbs import verify
from vxlan_tui.verbs.table import Table, matrix_lines


def _findings(change: Change, asked: Known = HEALTHY) -> list[Finding]:
    return well.findings(PLAN, THIS, change(well.facts(PLAN, THIS)), asked)


def test_json_is_one_object_with_a_row_a_check() -> None:
    answer = verify.as_object("host-a", _findings(zone(permanent=frozenset())))
    assert (answer["ok"], answer["host"]) == (False, "host-a")
    rows = json.loads(json.dumps(answer))["checks"]
    keys = {"id", "section", "status", "command", "evidence", "cause", "fix"}
    assert all(keys <= row.keys() and row["status"] in ("pass", "warn", "fail", "skip") for row in rows)
    assert all((row["cause"] == "") == (row["status"] in ("pass", "skip")) for row in rows)
    assert all(row["section"] in ("10.2", "10.3", "10.4", "10.5") and row["command"] for row in rows)


def test_the_table_fits_80_columns_and_says_all_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    waits = several(STP, link("vxlan10", port=BridgePort("learning", 4.0)))
    found = _findings(several(zone(permanent=frozenset()), waits), SILENT)
    table = Table(sys.stdout)
    for finding in found:
        table.row(finding)
    table.end("host-a", found)
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 or line.lstrip().startswith("# ") for line in lines)
    assert any(
        line.startswith("10.3  FAIL  The firewall lets 8472/udp in until the next reboot only") for line in lines
    )
    assert any("firewall-not-permanent: " in line for line in lines)
    assert any(line.strip() == "# firewall-cmd --permanent --zone=public --add-port=8472/udp" for line in lines)
    assert any(line.startswith("10.3  WAIT  STP still keeps vxlan10 back") for line in lines)
    assert "Look again in 4 s" in "\n".join(lines)


def test_a_command_in_the_table_can_be_pasted_with_its_here_document(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(sys.stdout)
    missing = next(each for each in _findings(NO_NETWORK) if each.cause == "network-missing")
    table.row(missing)
    pasted = capsys.readouterr().out.partition("To mend it, run:\n")[2]
    assert re.sub(r"^ +# ", "", pasted, flags=re.MULTILINE) == f"{missing.fix}\n"


def test_with_several_hosts_each_line_bears_a_name_and_who_reaches_whom_is_a_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = _findings(zone(permanent=frozenset()))
    table = Table(sys.stdout, "host-a")
    for finding in found:
        table.row(finding)
    table.end("host-a", found)
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("host-a:") for line in lines)
    assert all(len(line) <= 80 or "# " in line for line in lines)
    cells = checks.matrix(PLAN, {"host-a": found, "host-b": [checks.not_reached(PLAN.host("host-b"), "refused")]})
    assert matrix_lines(["host-a", "host-b"], cells)[1:] == [
        "           1   2",
        "1 host-a   -  ok",
        "2 host-b   ?   -",
        "ok: full-size frames get there, and the VMs there answer",
        "?: it is not known",
    ]

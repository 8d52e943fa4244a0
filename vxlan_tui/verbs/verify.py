"""`verify`: the checks, as a table for people or as JSON for programs. It changes nothing and takes no lock."""

import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from vxlan_tui import checks, exits, plan
from vxlan_tui.checks import Finding
from vxlan_tui.exits import CannotStart
from vxlan_tui.plan import Host, Plan
from vxlan_tui.reach import Reach, Unreachable
from vxlan_tui.verbs.common import Which, chosen
from vxlan_tui.verbs.reaches import Reaches, no_way
from vxlan_tui.verbs.table import Table, matrix_lines


def verify(path: Path, which: Which, *, as_json: bool = False) -> int:
    """Run the checks on these hosts, on this machine, or on every host; print what they say, and give the exit status.

    Other hosts that the plan's `ssh` reaches are read as well, so that what is wrong there is named there.
    """
    loaded = plan.load(path)
    hosts = chosen(loaded, which)
    with Reaches(loaded) as reaches:
        run = partial(_several, loaded, hosts) if len(hosts) > 1 else partial(_one, loaded, hosts[0])
        found = run(reaches, as_json)
    return exits.DONE if all(checks.healthy(each) for each in found.values()) else exits.FAILED


def _one(loaded: Plan, host: Host, reaches: Reaches, as_json: bool) -> dict[str, list[Finding]]:
    reach = reaches.to_one(host)
    peers = {peer.name: other for peer in loaded.peers(host) if (other := reaches.to(peer)) is not None}
    table = Table(sys.stdout)
    try:
        if missing := checks.missing(loaded, host, reach):
            raise CannotStart(f"{host.name} cannot be checked:\n" + "\n".join(str(each) for each in missing))
        found = checks.run(loaded, host, reach, (lambda finding: None) if as_json else table.row, peers)
    except (checks.Unreadable, Unreachable) as error:
        raise CannotStart(f"{host.name} cannot be read: {error}") from error
    if as_json:
        _print_json(host.name, found)
    else:
        table.end(host.name, found)
    return {host.name: found}


def _several(loaded: Plan, hosts: Sequence[Host], reaches: Reaches, as_json: bool) -> dict[str, list[Finding]]:
    reached: dict[str, Reach] = {}
    found: dict[str, list[Finding]] = {}
    for host in hosts:
        reach = reaches.to(host)
        if reach is None:
            found[host.name] = [checks.not_reached(host, no_way(host))]
        else:
            reached[host.name] = reach
    tables = {host.name: Table(sys.stdout, host.name) for host in hosts}
    found |= checks.run_all(loaded, reached, lambda name, finding: None if as_json else tables[name].row(finding))
    for host in hosts:
        if as_json:
            _print_json(host.name, found[host.name])
            continue
        if host.name not in reached:
            tables[host.name].row(found[host.name][0])
        tables[host.name].end(host.name, found[host.name])
    if not as_json:
        names = [host.name for host in hosts]
        sys.stdout.write("\n".join(["", *matrix_lines(names, checks.matrix(loaded, found, names))]) + "\n")
    return found


def _print_json(host: str, found: list[Finding]) -> None:
    sys.stdout.write(f"{json.dumps(as_object(host, found))}\n")
    sys.stdout.flush()


def as_object(host: str, found: list[Finding]) -> dict[str, object]:
    """Give what `--json` prints."""
    rows = [
        {
            "id": finding.id,
            "section": finding.section,
            "subject": finding.subject,
            "title": finding.title,
            "status": finding.status.value,
            "command": finding.command,
            "evidence": finding.evidence,
            "cause": finding.cause,
            "fix": finding.fix,
            "fix_commands": [command.text for command in finding.commands],
            "fix_on": finding.on_host or host if finding.fix else "",
            "wait": finding.wait,
        }
        for finding in found
    ]
    return {"ok": checks.healthy(found), "host": host, "checks": rows}

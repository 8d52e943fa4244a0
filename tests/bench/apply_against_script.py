"""`apply` of a whole host without VMs against its exported script under bash: at most 1.10 times its wall time.

Each run has a sandboxed host of its own that has nothing of the plan; the two take turns.
"""

import sys

from tests.bench.interleaved import ratios, told
from tests.on_host import PLAN
from vxlan_tui import export
from vxlan_tui.plan import load
from vxlan_tui.rehearsal import SAMPLE, Rehearsal
from vxlan_tui.rehearsal.host import Host

RUNS = 7


def main() -> None:
    """Print the ratio."""
    plan = load(SAMPLE).model_copy(update={"vms": ()})
    script = export.script(plan, plan.host("host-a"))
    with Rehearsal(plan, underlay_up=False) as rehearsal:
        host = rehearsal["host-a"]
        host.run(["sed", "-i", "/^.*vms/,$d", PLAN])
        found = ratios(lambda: _apply(host), lambda: _script(host, script), RUNS, between=lambda: _undo(host))
    sys.stdout.write(told("apply / exported script", found, 1.10) + "\n")


def _apply(host: Host) -> None:
    host.run(["vxlan-tui", "apply", PLAN, "--yes"])


def _script(host: Host, script: str) -> None:
    host.run(["bash", "-s"], input=script)


def _undo(host: Host) -> None:
    host.run(["vxlan-tui", "undo", PLAN, "--yes"])


if __name__ == "__main__":
    main()

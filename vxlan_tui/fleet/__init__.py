"""Several sessions in step: one run over the hosts of a plan. One host is a fleet of one.

    with fleet.opened(run, wanted) as members:
        fleet.hold_to_recovered(fleet.recover(members))
        fleet.look(members, lambda session: session.forward())
        fleet.run(members, keeper)

All are looked at first, side by side. What can cut a host off runs on all of them, each under a checkpoint of its own,
and is kept by all or by none (`together`). The rest runs side by side; where a host stops, the others end their
section.
"""

from vxlan_tui.fleet import keys
from vxlan_tui.fleet.member import Member, NotStarted, Report, Run, Wanted, is_begun, one_run, opened
from vxlan_tui.fleet.run import hold_to_recovered, look, recover, run
from vxlan_tui.fleet.side_by_side import STOPS, side_by_side
from vxlan_tui.fleet.together import Together

__all__ = [
    "STOPS",
    "Member",
    "NotStarted",
    "Report",
    "Run",
    "Together",
    "Wanted",
    "hold_to_recovered",
    "is_begun",
    "keys",
    "look",
    "one_run",
    "opened",
    "recover",
    "run",
    "side_by_side",
]

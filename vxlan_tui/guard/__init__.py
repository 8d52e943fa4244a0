"""A change that can cut the admin off: made so that it takes itself back unless it is confirmed.

Around it stands a NetworkManager checkpoint. After it somebody, or the gateway's answer, confirms that the host
can still be reached; any doubt is no. What NetworkManager does not take back, because it knows only the profiles
that were active, this run takes back from the journal; and where this run is killed, the next one does.
"""

from vxlan_tui.guard.change import recover
from vxlan_tui.guard.question import NOBODY, SECONDS_VARIABLE, Ended, Keeper, Question, seconds
from vxlan_tui.guard.regions import begin_step, check_foreign, end_step, is_guarded, preview, regions
from vxlan_tui.guard.run import STATE_OF, Guard

__all__ = [
    "NOBODY",
    "SECONDS_VARIABLE",
    "STATE_OF",
    "Ended",
    "Guard",
    "Keeper",
    "Question",
    "begin_step",
    "check_foreign",
    "end_step",
    "is_guarded",
    "preview",
    "recover",
    "regions",
    "seconds",
]

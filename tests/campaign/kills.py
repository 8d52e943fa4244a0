"""A run or a script that is killed at any of its commands, and finished by the next one."""

from collections.abc import Iterator

from tests.campaign import Campaign, Figure
from tests.campaign._suite import EVERY_CASE, suite


def run() -> Iterator[Figure]:
    """Kill the program, the exported script, and a rehearsal."""
    yield suite("apply and undo killed at each command", ["tests/test_kill.py"], *EVERY_CASE)
    killed = ("-k", "killed", *EVERY_CASE)
    yield suite("a script killed, and taken back or finished", ["tests/test_export_on_hosts.py"], *killed)
    yield suite("a guarded change killed, and taken back or kept", ["tests/test_guard.py"], *killed)
    yield suite("a rehearsal killed: nothing of it is left", ["tests/test_rehearsal.py"], *killed)


CAMPAIGN = Campaign("a run that is killed at any moment does no harm", run)

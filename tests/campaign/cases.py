"""Every case on hosts that `make test` leaves out, but for those that the campaigns of kills and cuts have."""

from collections.abc import Iterator

from tests.campaign import Campaign, Figure
from tests.campaign._suite import suite

ELSEWHERE = ("test_kill.py", "test_ssh.py", "test_fleet_on_hosts.py", "test_fleet_cut_short.py")


def run() -> Iterator[Figure]:
    """Run them."""
    ignored = [f"--ignore=tests/{name}" for name in ELSEWHERE]
    yield suite("cases that make test leaves out", ["tests"], "-m", "campaign", "-k", "not killed", *ignored)


CAMPAIGN = Campaign("what make test tries with a few cases holds for all of them", run)

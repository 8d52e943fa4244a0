"""Sessions, links and consoles that are cut while a host, or three, are being changed."""

from collections.abc import Iterator

from tests.campaign import Campaign, Figure
from tests.campaign._suite import EVERY_CASE, suite


def run() -> Iterator[Figure]:
    """Cut the session to one host, and the console of three."""
    yield suite("a session to a host that is cut", ["tests/test_ssh.py"], *EVERY_CASE)
    fleet = ["tests/test_fleet_on_hosts.py", "tests/test_fleet_cut_short.py"]
    yield suite("a console of three hosts that is cut", fleet, *EVERY_CASE)


CAMPAIGN = Campaign("a session that is cut at any moment leaves every host where it can be reached", run)

"""Fixtures that several modules of tests share."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import processes
from tests.make_root import cache_directory, debian13_root
from vxlan_tui.plan import Plan, load
from vxlan_tui.rehearsal import SAMPLE
from vxlan_tui.rehearsal.needs import missing

# No test depends on how fast this machine is just now.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests be chosen that build no hosts."""
    parser.addoption("--without-hosts", action="store_true", help="skip the tests that build sandboxed hosts")


def pytest_configure(config: pytest.Config) -> None:
    """Let signals reach what tests start; not where this process only starts workers, which are to inherit all."""
    if not config.getoption("numprocesses", None):
        processes.let_signals_reach_children()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what builds hosts: it takes longest, and what is quick fills up the end for every worker."""
    items.sort(key=lambda item: "sandbox" not in getattr(item, "fixturenames", ()))


@pytest.fixture(autouse=True)
def nothing_outlives_its_test() -> Iterator[None]:
    """Kill at each test's end what it started and holds."""
    yield
    processes.end_held()


@pytest.fixture(scope="session")
def sample_plan() -> Plan:
    """The plan that ships with the program: host-a and host-b in two subnets, with a VM each."""
    return load(SAMPLE)


@pytest.fixture(scope="session")
def sandbox(request: pytest.FixtureRequest, sample_plan: Plan) -> None:
    """Say that a test builds sandboxed hosts: skipped where this machine cannot, except in CI, where it fails."""
    if request.config.getoption("--without-hosts"):
        pytest.skip("it builds sandboxed hosts")
    _need("\n".join(str(need) for need in missing(sample_plan, Path("/"))))


@pytest.fixture(scope="session")
def debian13(sandbox: None) -> Path:
    """A Debian 13 root directory to clone hosts from (NetworkManager 1.52, libvirt 11.3, firewalld 2.3)."""
    _need("" if shutil.which("mmdebstrap") else "mmdebstrap")
    return debian13_root(cache_directory())


def _need(lacking: str) -> None:
    if lacking and os.environ.get("CI"):
        pytest.fail(f"missing: {lacking}")
    if lacking:
        pytest.skip(f"missing: {lacking}")

"""Which cases `make test` runs on hosts: a few of many. `make campaign` runs them all (tests/campaign/cases.py)."""

from collections.abc import Iterable
from typing import Any

import pytest

campaign = pytest.mark.campaign
"""Marks what only a campaign runs: the decision behind it is tested purely, or beside it in a like case."""


def few(cases: Iterable[Any], *chosen: Any) -> list[Any]:
    """Return the cases for `parametrize`; those that are not chosen run in a campaign alone."""
    found = list(cases)
    strange = [each for each in chosen if each not in found]
    assert not strange, f"there is no case {strange}"
    return [each if each in chosen else pytest.param(each, marks=campaign) for each in found]

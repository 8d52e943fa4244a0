"""The plan file, read."""

from pathlib import Path

from vxlan_tui import toml
from vxlan_tui.plan.check import check
from vxlan_tui.plan.fault import Fault, PlanError
from vxlan_tui.plan.model import Plan

MAX_PLAN_BYTES = 8 * 1024 * 1024


def load(path: Path) -> Plan:
    """Read and check a plan file; raises PlanError, which holds all of its faults."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_PLAN_BYTES + 1)
    except OSError as error:
        raise PlanError(path, [Fault("", error.strerror or "no such file", "a readable plan file")]) from error
    if len(raw) > MAX_PLAN_BYTES:
        raise PlanError(path, [Fault("", "a larger file", f"at most {MAX_PLAN_BYTES} bytes")])
    return parse(raw, path)


def parse(raw: bytes, path: Path) -> Plan:
    """Check a plan file's content; raises PlanError, which holds all of its faults."""
    try:
        data = toml.read(raw.decode())
    except UnicodeDecodeError as error:
        raise PlanError(path, [Fault("", f"byte {error.start} that is not UTF-8", "UTF-8 text")]) from error
    except ValueError as error:
        raise PlanError(path, [Fault("", f"text that is not TOML ({error})", "a TOML file")]) from error
    plan, faults = check(data)
    if plan is None:
        raise PlanError(path, faults)
    return plan.read_from(path)

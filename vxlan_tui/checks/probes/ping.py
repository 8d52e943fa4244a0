"""ICMP echo requests of any size, by ping(8): whether a host answers, and what the path lets through."""

import re

from vxlan_tui.checks.evidence import Echo
from vxlan_tui.plan import IpAddress
from vxlan_tui.reach import Output

HEADERS = {4: 28, 6: 48}
"""Bytes of the IP and ICMP headers."""

PATIENCE = 2
"""Seconds for an answer; the request is sent once more meanwhile."""


def command(source: IpAddress, target: IpAddress, size: int = 0, whole: bool = True) -> tuple[str, ...]:
    """Return the command that asks with packets of `size` bytes, IP header included, or with small ones."""
    sized = ("-M", "do" if whole else "dont", "-s", str(size - HEADERS[target.version])) if size else ()
    return ("ping", "-n", "-c", "1", "-w", str(PATIENCE), "-i", "0.5", *sized, "-I", str(source), str(target))


def parse(output: Output, source: IpAddress) -> Echo:
    """Read what ping gave."""
    text = f"{output.text}\n{output.errors}"
    if replied := re.search(r"bytes from .* time[=<]([0-9.]+) ms", text):
        return Echo(True, float(replied[1]) / 1000)
    mtu = re.search(r"\bmtu ?[=:] ?([0-9]+)", text)
    most = int(mtu[1]) if mtu else 0
    if reported := re.search(r"^From ([0-9a-fA-F.:]+)(?:%\S+)?:? icmp_seq=[0-9]+ (.+)$", text, re.MULTILINE):
        return Echo(False, by=reported[1], error=reported[2], mtu=most)
    if local := re.search(r"local error: (.+)$", text, re.MULTILINE):
        return Echo(False, by=str(source), error=local[1], mtu=most)
    return Echo(False, error=_words(output))


def _words(output: Output) -> str:
    said = output.errors.strip().splitlines()
    return said[-1].removeprefix("ping: ") if said else "no answer"

"""The daemons behind the facts: whether each answers, and where it does not, whether it is dead or slow."""

import shlex
from functools import partial

from vxlan_tui.checks import remedies
from vxlan_tui.checks.check import Check, Mend, Verdict, bad, doubtful, good
from vxlan_tui.checks.evidence import Evidence, Gone, Key
from vxlan_tui.command import Command, command
from vxlan_tui.facts import firewalld
from vxlan_tui.facts.daemons import NAMES, State

NETWORKMANAGER: Key = ("host.networkmanager", NAMES["net"])
FIREWALLD: Key = ("host.firewalld", NAMES["firewall"])
LIBVIRT: Key = ("host.libvirt", NAMES["virt"])

VIRSH = ("virsh", "-c", "qemu:///system")
"""libvirt is asked by its own library; what is shown of it are the commands that do the same."""

_KEYS = {"net": NETWORKMANAGER, "firewall": FIREWALLD, "virt": LIBVIRT}
_COMMANDS = {
    "net": "nmcli -t -f VERSION general",
    "firewall": shlex.join(firewalld.DEFAULT_ZONE),
    "virt": shlex.join((*VIRSH, "list", "--all")),
}

LONG = 3.0
"""Seconds after which an answer is worth a word."""

AGAIN = 10.0
"""Seconds after which a daemon that was too slow is asked again."""


def check(part: str, section: str) -> Check:
    """Return the check of the daemon behind a part of the facts."""
    name = NAMES[part]
    return Check(_KEYS[part][0], section, name, f"{name} is running", _COMMANDS[part], partial(_judge, part))


def _judge(part: str, evidence: Evidence) -> Verdict:
    gone = evidence.facts.gone.get(part)
    if gone is not None:
        return _not_read(part, gone)
    seconds = evidence.facts.seconds.get(part, 0.0)
    late = f", but only after {seconds:.0f} s" if seconds > LONG else ""
    version = ".".join(str(number) for number in evidence.state.nm_version) if part == "net" else ""
    return good(f"{f'version {version}' if version else 'it answers'}{late}")


def _not_read(part: str, gone: Gone) -> Verdict:
    """Judge a daemon by its own evidence; that it did not answer in time says nothing about it."""
    cause = f"{NAMES[part].lower()}-not-running"
    if gone.daemon.state is State.ABSENT:
        start = remedies.by(Command(tuple(shlex.split(gone.start))))
        return bad(cause, f"{gone.daemon.words}; {gone.words}", start)
    if gone.daemon.state is State.STOPPED:
        return bad(cause, f"{gone.daemon.words}; {gone.words}", _restart(gone))
    if gone.late:
        again = remedies.words(f"look again; where it stays so: `{_restart(gone).text}`")
        return doubtful("slow-answer", f"{gone.words}; {gone.daemon.words}", again, AGAIN)
    shows = f"{gone.words}; it is not known to be dead ({gone.daemon.words or 'nothing is known of it'})"
    return bad("unreadable", shows, remedies.words(f"find out why `{_COMMANDS[part]}` fails"))


def _restart(gone: Gone) -> Mend:
    units = (word.removesuffix(".socket") for word in shlex.split(gone.start)[3:])
    return remedies.by(command("systemctl", "restart", *units))

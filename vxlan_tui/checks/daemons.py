"""The daemons behind the facts: whether each answers, and where it does not, whether it is dead or slow."""

import shlex
from functools import partial

from vxlan_tui.checks import remedies
from vxlan_tui.checks.check import Check, Key, Mend, Verdict, bad, doubtful, good
from vxlan_tui.checks.seen import Gone, Seen
from vxlan_tui.command import Command, command
from vxlan_tui.facts import system
from vxlan_tui.facts.daemons import NAMES, State

NETWORKMANAGER: Key = ("host.networkmanager", NAMES["net"])
FIREWALLD: Key = ("host.firewalld", NAMES["firewall"])
LIBVIRT: Key = ("host.libvirt", NAMES["virt"])

_KEYS = {"net": NETWORKMANAGER, "firewall": FIREWALLD, "virt": LIBVIRT}
_COMMANDS = {"net": "nmcli -t -f VERSION general", "firewall": "firewall-cmd --state", "virt": "virsh version"}

LONG = 3.0
"""Seconds after which an answer is worth a word."""

AGAIN = 10.0
"""Seconds after which a daemon that was too slow is asked again."""


def check(part: str, section: str) -> Check:
    """Return the check of the daemon behind a part of the facts."""
    return Check(
        *_KEYS[part][:1], section, NAMES[part], f"{NAMES[part]} is running", _COMMANDS[part], partial(_judge, part)
    )


def _judge(part: str, seen: Seen) -> Verdict:
    gone = seen.facts.gone.get(part)
    if gone is not None:
        return _not_read(part, gone)
    seconds = seen.facts.seconds.get(part, 0.0)
    late = f", but only after {seconds:.0f} s" if seconds > LONG else ""
    version = ".".join(str(number) for number in seen.state.nm_version) if part == "net" else ""
    return good(f"{f'version {version}' if version else 'it answers'}{late}")


def _not_read(part: str, gone: Gone) -> Verdict:
    """Judge a daemon by its own evidence; that it did not answer in time says nothing about it."""
    name, cause = NAMES[part], f"{NAMES[part].lower()}-not-running"
    if gone.daemon.state is State.ABSENT:
        return bad(cause, f"{name} does not run: {gone.daemon.words}. {gone.words}", _start(part))
    if gone.daemon.state is State.STOPPED:
        return bad(cause, f"{name} stands still: {gone.daemon.words}. {gone.words}", _restart(part))
    if gone.late:
        again = remedies.words(f"look again; where it stays so: `{_restart(part).text}`")
        return doubtful("slow-answer", f"{name} is slow: {gone.words}; {gone.daemon.words}", again, AGAIN)
    what = f"{name} could not be asked, though it is not known to be dead ({gone.daemon.words}). {gone.words}"
    return bad("unreadable", what, remedies.words(f"find out why `{_COMMANDS[part]}` fails"))


def _start(part: str) -> Mend:
    """Mended by starting it, now and at every boot."""
    return remedies.by(Command(tuple(shlex.split(system.daemon(part, "").fix))))


def _restart(part: str) -> Mend:
    units = (word.removesuffix(".socket") for word in shlex.split(system.daemon(part, "").fix)[3:])
    return remedies.by(command("systemctl", "restart", *units))

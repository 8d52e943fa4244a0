"""What ssh says when it cannot log in, in words that tell what is so and what mends it."""

import os
import re
import shlex

from vxlan_tui.reach.outcome import Unreachable

_ONCE = "run `{ssh}` once"

_KNOWN = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|host key for \S+ has changed",
        "it shows another host key than the one that is known: it was installed anew, or somebody stands in its place",
        "find out which; if the new key is right, `{forget}`, then " + _ONCE,
    ),
    (
        r"Host key verification failed|host key is known for",
        "its host key is not known here",
        _ONCE + ", compare the fingerprint with the host's own (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` "
        "there), and say yes",
    ),
    (
        r"Permission denied|Too many authentication failures|No more authentication methods",
        "it refuses the login",
        "`{sudo}ssh-copy-id {destination}` gives it {whose} key, `ssh-add` unlocks a key for the agent; then `{ssh}` "
        "has to log in without asking",
    ),
    (
        r"Could not resolve hostname|Name or service not known|Temporary failure in name resolution",
        "its name is not known: {words}",
        "correct the host's `ssh` in the plan, or add the name to DNS, /etc/hosts or {home}/.ssh/config",
    ),
    (
        r"timed out|No route to host|Network is unreachable|Host is down",
        "nothing answers there: {words}",
        "see whether the host is up, and whether its address and the way to it are right: `{ssh}`",
    ),
    (
        r"Connection refused",
        "the host answers, but no sshd does: {words}",
        "on the host: `systemctl enable --now sshd` (ssh on Debian), and let the firewall admit it",
    ),
    (
        r"Session open refused|administratively prohibited",
        "its sshd allows too few sessions in one connection",
        "set MaxSessions to 10 or more in its sshd_config (10 is the default)",
    ),
    (
        r"bash: (command )?not found|bash: No such file|not found: bash|exec: bash",
        "there is no bash on it",
        "install bash there",
    ),
)


def refused(where: str, destination: str, said: str) -> Unreachable:
    """Give what ssh's last words before it gave up mean."""
    words = _last(said)
    for pattern, why, fix in _KNOWN:
        if re.search(pattern, said):
            return Unreachable(where, why.format(words=words), _filled(fix, destination, said))
    why = f"it, or ssh, says: {words}" if words else "ssh ended without a word"
    return Unreachable(where, why, _filled("see what `{ssh}` says", destination, said))


def asks_for_password(where: str, destination: str, said: str) -> Unreachable:
    """Give what sudo's refusal on the other host means."""
    user = user_of(destination) or "the user"
    if "not found" in said:
        why, fix = f"{user} is not root there, and there is no sudo", "log in as root, or install sudo there"
    else:
        why = f"{user} is not root there, and sudo does not go without asking: {_last(said)}"
        fix = f"there, as root: `echo '{user} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/vxlan-tui`, or log in as root"
    return Unreachable(where, why, fix)


def user_of(destination: str) -> str:
    """Give the user that a destination names; empty where it leaves that to ssh's configuration."""
    return destination.removeprefix("ssh://").rpartition("@")[0]


def host_of(destination: str) -> str:
    """Give a destination's host or alias, with its port as known_hosts has it (sshd(8))."""
    host = destination.removeprefix("ssh://").rpartition("@")[2]
    if destination.startswith("ssh://"):
        name, colon, port = host.rstrip("/").rpartition(":")
        if colon and port.isdigit():
            name = name.removeprefix("[").removesuffix("]")
            return f"[{name}]:{port}" if port != "22" else name
    return host.rstrip("/")


def _filled(text: str, destination: str, said: str) -> str:
    told = re.search(r"^\s*(ssh-keygen .*-R .*?)\s*$", said, re.MULTILINE)
    forget = told.group(1) if told else shlex.join(["ssh-keygen", "-R", host_of(destination)])
    # Behind sudo ssh is root's: it has root's keys, configuration and known hosts, and the agent of whoever logged in.
    behind_sudo = bool(os.environ.get("SUDO_USER"))
    sudo = "sudo " if behind_sudo else ""
    return text.format(
        ssh=sudo + shlex.join(["ssh", destination]),
        forget=sudo + forget,
        destination=shlex.quote(destination),
        sudo=sudo,
        whose="root's" if behind_sudo else "your",
        home="/root" if behind_sudo else "~",
    )


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip(" @\t")]
    return lines[-1] if lines else ""

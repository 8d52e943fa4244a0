"""SSH between the hosts: as an admin finds it who has keys to all of them, with keys made for this rehearsal alone."""

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from vxlan_tui.plan import Host, IpAddress
from vxlan_tui.rehearsal.network import Link

ADMIN = "admin"
"""A user of every host who is not root, and has sudo without a password."""

COVER = {"/etc/ssh": 0o755, "/root/.ssh": 0o700}
"""Directories that hold the machine's own keys: a clone gets empty ones."""

PORT = 22

_SSHD = """\
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /etc/ssh/authorized/%u
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PrintMotd no
PrintLastLog no
AcceptEnv LANG LC_*
Subsystem sftp internal-sftp
"""

_SUDO = "{user} ALL=(ALL:ALL) NOPASSWD: ALL\n"

_MAKE_KEYS = """
mount -t tmpfs -o mode=700 tmpfs /run
cd /run
for name; do
    ssh-keygen -q -t ed25519 -N '' -C "$name" -f key
    cat key
    printf '\\0'
    cat key.pub
    printf '\\0'
    rm key key.pub
done
"""
"""In a mount namespace of its own: no private key is ever on a disk."""


@dataclass(frozen=True)
class Key:
    """A key pair, as OpenSSH writes it."""

    private: str
    public: str


@dataclass(frozen=True)
class Login:
    """Where the console logs in on a host: the parts of an OpenSSH destination."""

    user: str
    host: str
    port: int


@dataclass(frozen=True)
class Keys:
    """The console's own key, and the key of each host by its name."""

    console: Key
    hosts: dict[str, Key]


def make_keys(hosts: Sequence[Host]) -> Keys:
    """Make the key pairs of a rehearsal; raises CalledProcessError."""
    names = [host.name for host in hosts]
    argv = ("unshare", "--mount", "--propagation", "private", "sh", "-euc", _MAKE_KEYS, "sh", "rehearsal", *names)
    told = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split("\0")
    pairs = [Key(private, public) for private, public in zip(told[::2], told[1::2], strict=False)]
    return Keys(pairs[0], dict(zip(names, pairs[1:], strict=True)))


def login(host: Host) -> Login:
    """Give where a host is logged in to: as its `ssh` says, else as root by the host's name."""
    destination = host.ssh or host.name
    if destination.startswith("ssh://"):
        parts = urlsplit(destination)
        return Login(parts.username or "root", parts.hostname or host.name, parts.port or PORT)
    user, _, name = destination.rpartition("@")
    return Login(user or "root", name, PORT)


def users(host: Host) -> tuple[str, ...]:
    """Give the users that the console's key opens on a host."""
    return tuple(dict.fromkeys(("root", ADMIN, login(host).user)))


def _hosts_file(links: Sequence[Link]) -> str:
    lines = [f"{link.address.ip} {' '.join(_names(link.host))}" for link in links]
    return "\n".join(["127.0.0.1 localhost", "::1 localhost", *lines, ""])


def _names(host: Host) -> tuple[str, ...]:
    named = login(host).host
    return (host.name,) if _as_address(named) else tuple(dict.fromkeys((host.name, named)))


def _as_address(text: str) -> IpAddress | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def files(own: Link, links: Sequence[Link], keys: Keys) -> Iterator[tuple[str, tuple[str, int]]]:
    """Give a host's files for SSH: path, text and mode. The first host is the console, with a key to all."""
    key = keys.hosts[own.host.name]
    yield "/etc/hosts", (_hosts_file(links), 0o644)
    yield "/etc/ssh/ssh_host_ed25519_key", (key.private, 0o600)
    yield "/etc/ssh/ssh_host_ed25519_key.pub", (key.public, 0o644)
    yield "/etc/ssh/sshd_config", (_sshd_config(own.host), 0o644)
    yield "/etc/ssh/ssh_config", (_ssh_config(links), 0o644)
    yield "/etc/sudoers.d/rehearsal", ("".join(_SUDO.format(user=user) for user in users(own.host)), 0o440)
    for user in users(own.host):
        yield f"/etc/ssh/authorized/{user}", (keys.console.public, 0o644)
    if own == links[0]:
        for home in ("/root", f"/home/{ADMIN}"):
            yield f"{home}/.ssh/id_ed25519", (keys.console.private, 0o600)
            yield f"{home}/.ssh/id_ed25519.pub", (keys.console.public, 0o644)
            yield f"{home}/.ssh/known_hosts", ("".join(_known(links, keys)), 0o644)


def _sshd_config(host: Host) -> str:
    ports = dict.fromkeys((PORT, login(host).port))
    return "".join(f"Port {port}\n" for port in ports) + _SSHD


def _ssh_config(links: Iterable[Link]) -> str:
    """Lead an address that a plan's `ssh` says, and that no interface here has, to the host that is meant."""
    meant = ((_as_address(login(link.host).host), link) for link in links)
    return "".join(
        f"Host {address}\n    HostName {link.address.ip}\n    HostKeyAlias {link.host.name}\n"
        for address, link in meant
        if address is not None and address != link.address.ip
    )


def _known(links: Iterable[Link], keys: Keys) -> Iterator[str]:
    """Give the lines of known_hosts. ssh looks for a name in lower case, and for a port of its own in brackets."""
    for link in links:
        port = login(link.host).port
        names = (*map(str.lower, _names(link.host)), str(link.address.ip))
        others = (f"[{name}]:{port}" for name in names if port != PORT)
        yield f"{','.join((*names, *others))} {keys.hosts[link.host.name].public}"

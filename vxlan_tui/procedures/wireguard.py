"""The encrypted tunnel that the VXLANs run in: a key pair, a connection profile with the other hosts, and its device.

The private key is made on its host and stays there, in a file of root's. NetworkManager wants it in the profile, and
nmcli cannot set a profile's peers before version 1.56: so the profile is written as a keyfile, by a command that adds
the key on the host itself. What shows the profile has the public key in place of the private one. No command, output
or record ever holds the private key.
"""

from collections.abc import Iterator, Mapping

from vxlan_tui.command import Command, command
from vxlan_tui.paths import STATE_DIRECTORY, WIREGUARD_KEY
from vxlan_tui.plan import WIREGUARD_DEVICE, Encryption, Host, Plan
from vxlan_tui.plan.values import KEY_PATTERN, IpAddress
from vxlan_tui.procedures import profiles
from vxlan_tui.procedures.firewall import TUNNEL_ZONE
from vxlan_tui.procedures.profiles import Wanted
from vxlan_tui.sections import BRIDGE
from vxlan_tui.state import HostState
from vxlan_tui.things import TUNNEL_MTU, Clear, Reading, Thing, escaped, lines

SECTION = BRIDGE.number

PROGRAMS = ("wg",)

KEEPALIVE = 25
"""Seconds between two packets to a host that nothing else is sent to: firewalls on the way forget a silent one."""

FILE = f"/etc/NetworkManager/system-connections/{WIREGUARD_DEVICE}.nmconnection"

UUID = "7b9f0c52-3d5e-5c41-9a5b-6f1d0a4e8c27"
"""The profile's own, the same on every host: a profile of the same name with another one is somebody else's."""

KEY_RECORD, RECORD_NAME, DEVICE_RECORD = (f"{kind}.{WIREGUARD_DEVICE}" for kind in ("key", "wireguard", "tunnel"))

PUBLIC_KEY = ("bash", "-c", f"wg pubkey <{WIREGUARD_KEY} 2>/dev/null")
"""Prints this host's public key; nothing where the file holds no key."""

_NO_KEY = (
    "bash",
    "-c",
    f"[[ ! -s {WIREGUARD_KEY} ]] || wg pubkey <{WIREGUARD_KEY} &>/dev/null || echo {WIREGUARD_KEY}",
)
"""Prints the name of the file where it is not empty, and holds no key."""

PROFILE = (
    "bash",
    "-c",
    'while IFS= read -r line; do case $line in "["*) group=${line:1:-1} ;; '
    'private-key=*) echo "public-key:$(echo "${line#*=}" | wg pubkey)" ;; *key*) ;; '
    f'*=*) echo "$group.${{line/=/:}}" ;; esac; done <{FILE}',
)
"""Prints the profile, a property a line, with the public key in place of the private one, and no other secret.

Through a pipe: what bash is given behind `<<<` it may write to a file for a moment.
"""

IN_FORCE = (
    "bash",
    "-c",
    f"for what in public-key listen-port allowed-ips; do wg show {WIREGUARD_DEVICE} $what || exit; done",
)
"""Prints what the kernel has: neither `wg show` alone nor its `dump` is asked, as they can print the private key."""

_MAKE_KEY = (
    f"umask 077; [[ -s {WIREGUARD_KEY} ]] || {{ wg genkey >{WIREGUARD_KEY}.new && sync {WIREGUARD_KEY}.new && "
    f"mv -T {WIREGUARD_KEY}.new {WIREGUARD_KEY} && sync {STATE_DIRECTORY}; }} && chown root {WIREGUARD_KEY} && "
    f"chmod 600 {WIREGUARD_KEY}"
)
"""A key that is there stays the one that it is. A new one is on the disk before anybody is told its public key."""

_WRITE = (
    f"set -o pipefail; umask 077; key=$(<{WIREGUARD_KEY}) && "
    f'{{ read -r group; echo "$group"; echo "private-key=$key"; cat; }} | install -m 600 /dev/stdin {FILE}'
)
"""Adds the key to the first group, which is [wireguard]: NetworkManager forgets the peers that stand before that."""

SUPPORT = (
    "bash",
    "-c",
    "[[ $(cat /proc/sys/crypto/fips_enabled 2>/dev/null) != 1 ]] || echo it is in FIPS mode, which has no WireGuard; "
    "[[ -d /sys/module/wireguard ]] || modprobe -nq wireguard || echo its kernel $(uname -r) has no module wireguard",
)
"""Prints in words why the host's kernel has no WireGuard; nothing where it has."""

_LOAD = command("nmcli", "connection", "load", FILE)
"""Before all that takes the profile into force: a run that was cut off may have written what nobody has read yet."""

_TAKE_OVER = (
    f"nmcli device reapply {WIREGUARD_DEVICE} && [[ $(wg show {WIREGUARD_DEVICE} public-key) == "
    f"$(wg pubkey <{WIREGUARD_KEY}) ]] || nmcli connection up uuid {UUID}"
)
"""A reapply changes the peers without an interruption. It leaves the host's own key as it is, and says nothing of that;
what else it cannot change, and a device that is down, it refuses.
"""


def is_used(plan: Plan, sections: tuple[str, ...]) -> bool:
    """Return whether carrying out these sections of the plan takes the encrypted tunnel."""
    return plan.encrypted and BRIDGE.name in sections


def unknown_keys(plan: Plan) -> str:
    """Return in words which public keys the plan lacks, where only the plan can tell them; empty for none."""
    lacking = [host.name for host in plan.hosts if host.public_key is None] if plan.encrypted else []
    if not lacking:
        return ""
    return (
        f"a script cannot exchange WireGuard keys: write `public_key` into the plan for {', '.join(lacking)} (on a "
        f"host whose key pair is there, `wg pubkey <{WIREGUARD_KEY}` prints it), or use `vxlan-tui apply --all`"
    )


def pending(name: str) -> str:
    """Return what stands in the place of the public key of a host whose key pair the run makes first."""
    return f"<public key of {name}, made first>"


KEY_PAIR = "bridge.key"
"""The step that makes a host's key pair."""

PENDING = r"<public key of [^,<>]+, made first>"
"""Matches what stands in place of a key (a regular expression)."""

ANY_KEY = KEY_PATTERN
"""Matches a key (a regular expression)."""


def things(plan: Plan, host: Host, state: HostState | None) -> Iterator[Thing]:
    """Return what the encrypted tunnel is made of on this host; nothing where the plan wants none."""
    encryption = plan.encryption
    if encryption is None or not plan.encrypted:
        return
    known = _known(plan, state)
    keys = {each.name: known.get(each.name) or pending(each.name) for each in plan.hosts}
    mtu = str(plan.tunnel_mtu(state.underlay_mtu)) if state else TUNNEL_MTU
    allowed = {keys[peer.name]: _alone(plan.tunnel_address(peer)) for peer in plan.peers(host)}
    yield key_pair()
    yield profile(
        _groups(plan, encryption, host, keys, mtu),
        keys[host.name],
        _another_key(host),
        _taken(state) or one_pair_of_two(known) or not_known(plan, host, state),
    )
    address = str(encryption.address(plan.hosts.index(host)))
    yield device(address, mtu)
    yield _in_force([keys[host.name], str(encryption.port), *(f"{key}\t{of}" for key, of in allowed.items())])


def _known(plan: Plan, state: HostState | None) -> dict[str, str]:
    """Return the public keys that are known, by host: the plan's before those that hosts have told."""
    told = state.keys if state else dict.fromkeys((host.name for host in plan.hosts), "")
    return {**told, **{host.name: host.public_key for host in plan.hosts if host.public_key is not None}}


def not_known(plan: Plan, host: Host, state: HostState | None) -> str:
    """Return in words which other hosts' public keys this host cannot know; empty where it knows all."""
    known = _known(plan, state)
    lacking = [peer.name for peer in plan.peers(host) if peer.name not in known]
    if not lacking:
        return ""
    own = known.get(host.name, "")
    told = f"; this host's own is {own}" if own else ""
    return (
        f"the WireGuard public key of {', '.join(lacking)} is not known here: carry the plan out on all hosts at once "
        f"(--all), or write `public_key` into the plan, as `wg pubkey <{WIREGUARD_KEY}` prints it on its host{told}"
    )


def one_pair_of_two(keys: Mapping[str, str]) -> str:
    """Return in words which hosts have one key pair, by the public keys of hosts; empty where each has its own.

    WireGuard knows a peer by its key alone: of two with one key it has the second, and never itself.
    """
    by_key: dict[str, list[str]] = {}
    for name, key in keys.items():
        by_key.setdefault(key, []).append(name)
    names = next((sorted(names) for key, names in by_key.items() if key and len(names) > 1), [])
    if not names:
        return ""
    return (
        f"{' and '.join(names)} have the same WireGuard key pair, as copies of one disk do: remove {WIREGUARD_KEY} on "
        "all of them but one, and carry the plan out on all hosts at once (--all), which makes new pairs"
    )


def _alone(address: IpAddress) -> str:
    return f"{address}/{address.max_prefixlen}"


def key_pair() -> Thing:
    """Return the key pair as a thing: a file of root's with the private key, which nothing ever prints."""
    make = (command("bash", "-c", _MAKE_KEY),)
    return Thing(
        KEY_PAIR,
        SECTION,
        WIREGUARD_DEVICE,
        "Make this host's WireGuard key pair",
        "The private key stays on this host. The others get to know the public one.",
        KEY_RECORD,
        Reading(("find", WIREGUARD_KEY, "-size", "+0", "-printf", r"%u %m\n")),
        "root 600",
        make=make,
        change=make,
        clear=(
            _support(),
            Clear(Reading(_NO_KEY), "", _NO_KEY_WORDS),
            Clear(Reading(PUBLIC_KEY), ANY_KEY, _NO_PUBLIC_KEY_WORDS),
        ),
        delete=(command("rm", "-f", WIREGUARD_KEY),),
        back_title="This host's WireGuard key pair, there or not as before",
    )


_NO_KEY_WORDS = "the file {} holds no WireGuard key: remove it, and a new pair is made"

_NO_PUBLIC_KEY_WORDS = (
    f"this host tells a WireGuard public key that is none: {{}}. `wg pubkey <{WIREGUARD_KEY}` has to print 44 "
    "characters of base64 here and nothing else: see by `type -a wg` what stands in the place of wg(8)"
)


def _support() -> Clear:
    """What says that the host's kernel has no WireGuard."""
    return Clear(Reading(SUPPORT), "", "this host cannot encrypt by WireGuard: {}")


def _another_key(host: Host) -> tuple[Clear, ...]:
    """What says that the plan has another public key for this host than the host itself."""
    if host.public_key is None:
        return ()
    words = (
        f"the plan has another public_key for {host.name} than the one of its key pair: {{}}. Write that one into the "
        f"plan, or the private key that belongs to the plan's into {WIREGUARD_KEY}"
    )
    return (Clear(Reading(PUBLIC_KEY), escaped(host.public_key), words),)


def _taken(state: HostState | None) -> str:
    """Return which profile of another name claims the device; empty where none does, or nothing is known."""
    own, saved = WIREGUARD_DEVICE, [each for each in state.profiles if each.saved] if state else []
    name = next((each.name for each in saved if each.interface == own and each.name != own), "")
    return f"the device {WIREGUARD_DEVICE} belongs to the connection profile {name}" if name else ""


Groups = Mapping[str, Mapping[str, str]]
"""A keyfile's groups, each with its keys and values; the first one is where the private key is added."""

_NOTHING: Groups = {}


def _groups(plan: Plan, encryption: Encryption, host: Host, keys: Mapping[str, str], mtu: str) -> Groups:
    address = encryption.address(plan.hosts.index(host))
    own, other = (4, 6) if address.version == 4 else (6, 4)
    return {
        # The subnet has a route by the address: one for each host would only be more of them.
        "wireguard": {"listen-port": str(encryption.port), "mtu": mtu, "peer-routes": "false"},
        "connection": {
            "id": WIREGUARD_DEVICE,
            "uuid": UUID,
            "type": "wireguard",
            "interface-name": WIREGUARD_DEVICE,
            "zone": TUNNEL_ZONE,
        },
        f"ipv{own}": {"address1": str(address), "method": "manual"},
        f"ipv{other}": {"method": "disabled"},
        **{
            f"wireguard-peer.{keys[peer.name]}": {
                "endpoint": f"{_in_brackets(peer.vtep)}:{encryption.port}",
                "allowed-ips": f"{_alone(plan.tunnel_address(peer))};",
                "persistent-keepalive": str(KEEPALIVE),
            }
            for peer in plan.peers(host)
        },
    }


def _in_brackets(address: IpAddress) -> str:
    return f"[{address}]" if address.version == 6 else str(address)


_COUNTS = (
    r"^(connection\.(autoconnect|id|interface-name|type|uuid|zone)|ipv[46]\.(address[0-9]*|method)"
    r"|wireguard\.(listen-port|mtu|peer-routes)|wireguard-peer\..*|public-key):.*"
)


def profile(groups: Groups = _NOTHING, key: str = "", clear: tuple[Clear, ...] = (), refused: str = "") -> Thing:
    """Return the connection profile as a thing."""
    text = "\n".join(
        line for group, of in groups.items() for line in (f"[{group}]", *(f"{k}={v}" for k, v in of.items()))
    )
    pairs = [f"{group}.{name}:{value}" for group, of in groups.items() for name, value in of.items()]
    make = (Command(("bash", "-c", _WRITE), stdin=f"{text}\n"), _LOAD, command("bash", "-c", _TAKE_OVER))
    named = Reading(("nmcli", "-t", "-f", "UUID,NAME", "connection", "show"), f"^[^:]*:{escaped(WIREGUARD_DEVICE)}$")
    other = Clear(named, f"{UUID}:.*", f"there is a connection profile {WIREGUARD_DEVICE} that is not the plan's: {{}}")
    return Thing(
        "bridge.wireguard",
        SECTION,
        WIREGUARD_DEVICE,
        f"Connection profile of the encrypted tunnel {WIREGUARD_DEVICE}",
        "The VXLANs' packets leave by it, encrypted. The other hosts are its peers, each by its public key.",
        RECORD_NAME,
        Reading(PROFILE, _COUNTS),
        lines([*pairs, f"public-key:{key}"]),
        make=make,
        change=make,
        clear=(_support(), other, *clear),
        refused=refused,
        delete=(_LOAD, command("nmcli", "connection", "delete", "uuid", UUID)),
        back_title=f"Connection profile {WIREGUARD_DEVICE}, there or not as before",
        touches=(WIREGUARD_DEVICE,),
    )


_NOT_OF_A_LINK = "([0-9a-d.:]|f[cd])[0-9a-f.:]*"
"""Matches an address that is none of the link alone (fe80::/10): the kernel may add such a one."""


def device(address: str = "", mtu: str = "") -> Thing:
    """Return as a thing that the tunnel's device is up, with its address and MTU."""
    up = (_LOAD, profiles.up(WIREGUARD_DEVICE))
    show = ("ip", "-d", "addr", "show", "dev", WIREGUARD_DEVICE)
    return Thing(
        "bridge.wireguard-up",
        SECTION,
        WIREGUARD_DEVICE,
        f"Activate {WIREGUARD_DEVICE}",
        "Profiles take effect when they are activated.",
        DEVICE_RECORD,
        Reading(show, f",UP| mtu [0-9]+ qdisc|inet6? {_NOT_OF_A_LINK}/[0-9]+"),
        lines((",UP", f" mtu {mtu} qdisc", f"inet{'6' if ':' in address else ''} {address}")),
        make=up,
        change=up,
        clear=(profiles.foreign_device(Wanted(WIREGUARD_DEVICE, "wireguard", WIREGUARD_DEVICE)),),
        delete=(profiles.down(WIREGUARD_DEVICE),),
        goes_with=RECORD_NAME,
        back_title=f"{WIREGUARD_DEVICE}, active or not as before",
        touches=(WIREGUARD_DEVICE,),
    )


def _in_force(told: list[str]) -> Thing:
    """Return as a thing that the kernel has the profile's key, port and peers."""
    take_over = (_LOAD, command("bash", "-c", _TAKE_OVER))
    return Thing(
        "bridge.wireguard-peers",
        SECTION,
        WIREGUARD_DEVICE,
        f"Have {WIREGUARD_DEVICE} take its key and the other hosts from the profile",
        "A host that is not among its peers, or with another key, is not let in.",
        "",
        Reading(IN_FORCE),
        lines(told),
        make=take_over,
        change=take_over,
        touches=(WIREGUARD_DEVICE,),
    )


def of_record(record_name: str) -> tuple[Thing, ...]:
    """Return the thing that a record is about."""
    return tuple(row for row in (key_pair(), profile(), device()) if row.record == record_name)

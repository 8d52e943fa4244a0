"""Plans and hosts as hypothesis draws them: hostile names that a plan admits, hosts in every state near the plan."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.sax.saxutils import quoteattr

from hypothesis import assume
from hypothesis import strategies as st

from tests.stand_ins import Answers
from vxlan_tui import plan as plans
from vxlan_tui.before import Record, network_record, nic_record, port_record, profile_record, underlay_record, vm_record
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures import bridge, ethernet
from vxlan_tui.procedures.profiles import Wanted
from vxlan_tui.state import HostState, Zone

Draw = Callable[..., Any]

HOSTILE = (
    "$(reboot).example",
    "`id`",
    "it's",
    'a "b" c',
    "a'b\"c\\d",
    "${HOME}",
    "*",
    "@",
    "x]y[z",
    "a;b|c&d",
    "!!",
    "~root",
    "#no",
    "%s%n",
    "a\u00e9\u4e2d",
    "<a&b>",
    "EOF",
    "a  b",
    "$'\\n'",
    "+1-",
    "a=b",
    "set x",
    "done",
    "~",
    "a\\",
    "{a,b}",
    "\u2019\u201c\u2014",
    "`",
    'a"',
    "vm $((1))",
)


_TEXT = st.text(st.characters(categories=("L", "N", "P", "S"), max_codepoint=0x20FF), min_size=1, max_size=12)
free_text = st.sampled_from(HOSTILE) | _TEXT.filter(lambda text: not re.match(r"[-+\d]", text) and "/" not in text)
DEVICES = ("bridge0", "vxlan9", "controller", "master", "port-type", "br.1", "v@x", "_0", "id")
INTERFACES = ("enp1s0", "dev", "e@1")
ADDRESSES = ((), ("169.254.7.7",), ("203.0.113.77",), ("203.0.113.77", "203.0.113.78"))
_HERE = "203.0.113.1 50000 203.0.113.77 22"
_BRIDGE = "203.0.113.1 50000 192.0.2.1 22"
_THERE = "0 0 [::ffff:203.0.113.77]:22 [::ffff:203.0.113.1]:50000\n"
SESSIONS = (
    *((("", ""),) * 3),
    (_HERE, f"odd\n{_THERE}"),
    (_HERE, "0 0 203.0.113.77:22 203.0.113.9:50000\n"),
    (_BRIDGE, f"{_THERE}0 0 192.0.2.1:22 203.0.113.1:50000\n"),
)
"""SSH_CONNECTION, and the TCP connections that are established."""
INSTALL = ("--memory 64", "--disk 'a b' \"$(x)\" --wait=2", "--import '--wa'")


@st.composite
def hostile_plans(draw: Draw) -> Plan:
    """Give a plan of two or three hosts whose names are as hostile as a plan admits."""
    count = draw(st.integers(2, 3))
    version = draw(st.sampled_from((4, 4, 4, 6)))
    group = ("239.1.1.10", "ff05::1:1")[version == 6] if count == 3 or draw(st.booleans()) else None
    devices = draw(st.permutations(DEVICES))
    segments = [_segment(draw, number, group, devices) for number in range(draw(st.integers(1, 2)))]
    names = enumerate(sorted(draw(st.sets(free_text, max_size=3))))
    plan, _ = plans.check(
        {
            "hosts": [_host(draw, number, version) for number in range(count)],
            "segments": segments,
            "vms": [row for number, name in names for row in _vm(draw, number, name, segments)],
        }
    )
    assume(plan is not None)
    assert plan is not None
    plan._path = Path(draw(st.sampled_from(("plan.toml", "/root/it's $(a)/plan.toml"))))
    return plan


def _host(draw: Draw, number: int, version: int) -> dict[str, Any]:
    address = f"198.51.100.{number + 2}" if version == 4 else f"2001:db8::{number + 2}"
    row: dict[str, Any] = {"name": f"host-{number}", "interface": draw(st.sampled_from(INTERFACES)), "vtep": address}
    if draw(st.booleans()):
        row["ethernet"] = _ethernet(draw, address, version)
    if draw(st.integers(0, 3)) == 0:
        row["zone"] = "trusted"
    return row


def _ethernet(draw: Draw, address: str, version: int) -> dict[str, Any]:
    row: dict[str, Any] = {"profile": draw(free_text), "method": draw(st.sampled_from(("manual", "manual", "auto")))}
    if row["method"] == "manual":
        row["address"] = f"{address}/{24 if version == 4 else 64}"
        if draw(st.booleans()):
            row["gateway"] = "198.51.100.254" if version == 4 else "2001:db8::fe"
    if draw(st.booleans()):
        row["dns"] = ["198.51.100.200", "198.51.100.201"] if version == 4 else ["2001:db8::53"]
    row["dns_search"] = [text for text in draw(st.lists(free_text, max_size=2)) if not set(text) & set(" ,;\\")]
    return row


def _segment(draw: Draw, number: int, group: str | None, devices: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"vni": 10 + number, "bridge": devices[number], "network": f"net-{number}"}
    row |= {"vxlan": devices[2 + number]} if draw(st.booleans()) else {}
    row |= {"group": group} if group else {}
    return row | {"port": draw(st.sampled_from((8472, 8472, 4789)))}


def _vm(draw: Draw, number: int, name: str, segments: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Give the rows of a VM: one, or one for each of two NICs."""
    two = draw(st.booleans())
    macs = (f"52:54:00:00:0{number}:01", f"52:54:00:00:0{number}:02")
    for mac in macs if two else (draw(st.sampled_from(("", *macs))),):
        network = draw(st.sampled_from(segments))["network"]
        row: dict[str, Any] = {"host": "host-0", "name": name, "network": network}
        row |= {"mac": mac} if mac else {}
        row |= {"shutdown_timeout": 5} if draw(st.booleans()) else {}
        row |= {"install": draw(st.sampled_from(INSTALL))} if not two and draw(st.booleans()) else {}
        yield row


# --- Hosts --------------------------------------------------------------------------------------------------------


@st.composite
def hosts_near(draw: Draw, plan: Plan, host: Host) -> Answers:
    """Give a host that has anything from nothing to all of the plan, right, differing or somebody else's."""
    version = draw(st.sampled_from(("1.42.4", "1.46.0", "1.52.1", "2.0")))
    wanted = [ethernet.wanted(host, host.ethernet)] if host.ethernet else []
    for segment in plan.segments:
        wanted += [bridge.wanted_bridge(segment), bridge.wanted_vxlan(plan, host, segment)]
    profiles = _Profiles(draw, new_words=version != "1.42.4")
    for each in wanted:
        profiles.near(each)
    profiles.foreign(plan, host)
    networks, lists = _networks(draw, plan)
    ssh_connection, connections = draw(st.sampled_from(SESSIONS))
    return Answers(
        version=version,
        profiles=tuple(draw(st.permutations(profiles.rows))),
        settings=profiles.settings,
        addressing=tuple(_addressing(draw, profiles)),
        links=tuple(_links(draw, plan, host, {device for _, _, device, _, _, _ in profiles.rows})),
        ssh_connection=ssh_connection,
        connections=connections,
        zone=draw(st.sampled_from(("", "public", "internal"))),
        zones=_zones(draw),
        networks=networks,
        lists=lists,
        vms=_vms(draw, plan, host),
        leftovers=frozenset(s.network for s in plan.segments if draw(st.integers(0, 3)) == 0),
    )


class _Profiles:
    """Connection profiles, as they are drawn."""

    def __init__(self, draw: Draw, new_words: bool) -> None:
        self.draw = draw
        self.new_words = new_words
        self.rows: list[tuple[str, str, str, str, str, str]] = []
        self.settings: dict[str, dict[str, str]] = {}

    def near(self, wanted: Wanted) -> None:
        """Draw none, one or two profiles of the name that is wanted."""
        for _ in range(self.draw(st.sampled_from((0,) * 4 + (1,) * 10 + (2,)))):
            kind = self.draw(st.sampled_from((wanted.type,) * 15 + ("bond",)))
            settings = dict(wanted.expected)
            wrong = self.draw(st.lists(st.sampled_from(sorted(settings)), max_size=2))
            for key in wrong:
                if key != "connection.interface-name" or self.draw(st.integers(0, 3)) == 0:
                    settings[key] = self.draw(st.sampled_from(("", "no", "198.51.100.9", "other", "$(x), y")))
            device = self.draw(st.sampled_from((wanted.interface,) * 4 + ("",)))
            self.add(wanted.name, kind, device, settings)

    def foreign(self, plan: Plan, host: Host) -> None:
        """Draw a profile of somebody else's, which may be in the way."""
        if self.draw(st.integers(0, 3)):
            return
        segment = self.draw(st.sampled_from(plan.segments))
        taken = {"vxlan.id": str(segment.vni), "vxlan.destination-port": str(segment.port)}
        chosen: tuple[tuple[str, str, dict[str, str]], ...] = (
            ("vxlan", "vx9", taken),
            ("bridge", segment.bridge, {}),
            ("802-3-ethernet", host.interface, {}),
        )
        kind, device, more = self.draw(st.sampled_from((*chosen, ("wifi", "wlan0", {}), ("tun", segment.vxlan, {}))))
        names = st.sampled_from(("theirs", "a:b\\c", segment.bridge))
        active = self.draw(st.booleans())
        self.add(self.draw(names), kind, device if active else "", {"connection.interface-name": device, **more})

    def add(self, name: str, kind: str, device: str, settings: Mapping[str, str]) -> None:
        """Add a profile with these settings, by the words of the host's NetworkManager."""
        uuid = str(UUID(int=len(self.rows) + 1))
        states = ("activated",) * 4 + ("activating", "deactivating")
        state = self.draw(st.sampled_from(states)) if device else ""
        places = ("/etc/NetworkManager/system-connections/a",) * 5 + ("/run/NetworkManager/system-connections/a", "")
        self.rows.append((uuid, kind, device, state, self.draw(st.sampled_from(places)), name))
        if kind in ("802-3-ethernet", "bridge", "vxlan", "vlan", "bond"):
            self.settings[uuid] = {"connection.id": name, "connection.uuid": uuid, **self._words(settings)}

    def _words(self, settings: Mapping[str, str]) -> dict[str, str]:
        words = {"connection.controller": "connection.master", "connection.port-type": "connection.slave-type"}
        found = {}
        for key, value in settings.items():
            text = value
            if key == "connection.controller" and self.draw(st.booleans()):
                text = next((u for u, s in self.settings.items() if s.get("connection.interface-name") == value), value)
            if self.new_words or key not in words:
                found[key] = text
            if key in words:
                found[words[key]] = text
        return found


def _addressing(draw: Draw, profiles: _Profiles) -> Iterable[str]:
    rows = [(key, value) for settings in profiles.settings.values() for key, value in settings.items()]
    words = {"addresses": "ADDRESS[1]", "gateway": "GATEWAY", "dns": "DNS[1]", "dns-search": "SEARCHES[1]"}
    for key, value in rows:
        version, _, what = key.partition(".")
        if version in ("ipv4", "ipv6") and what in words and draw(st.integers(0, 9)):
            yield from (f"IP{version[-1]}.{words[what]}:{each}" for each in value.split(","))
    yield "IP4.ROUTE[1]:dst = 198.51.100.0/24, nh = 0.0.0.0, mt = 100"


def _links(draw: Draw, plan: Plan, host: Host, active: set[str]) -> Iterable[dict[str, Any]]:
    yield {"ifindex": 1, "flags": ["LOOPBACK", "UP"], "ifname": "lo", "addr_info": [_address("127.0.0.1")]}
    if draw(st.integers(0, 9)):
        row = {"link": "peer0", "ifname": host.interface, "mtu": 1500, "linkinfo": {"info_kind": "veth"}}
        row |= {"addr_info": [_address(a) for a in draw(st.sampled_from(ADDRESSES))]}
        yield {**row, "master": "other0"} if draw(st.integers(0, 9)) == 0 else row
    for segment in plan.segments:
        if _likely(draw, segment.bridge in active):
            addresses = [_address("192.0.2.1"), _address("192.0.2.2")] if draw(st.integers(0, 4)) == 0 else []
            info = {"info_kind": "bridge", "info_data": {"stp_state": 1, "bridge_id": "8000.1"}}
            yield {"ifname": segment.bridge, "linkinfo": info, "addr_info": addresses}
        if _likely(draw, segment.vxlan in active):
            right = {"id": segment.vni, "port": segment.port, "link": host.interface}
            yield _vxlan(draw, segment.vxlan, segment.bridge, {**right, **_ends(plan, host, segment)})
        if draw(st.booleans()):
            kind = draw(st.sampled_from(("tun",) * 9 + ("veth",)))
            yield {"ifname": f"vnet{segment.vni}", "master": segment.bridge, "linkinfo": {"info_kind": kind}}
    if draw(st.integers(0, 4)) == 0:
        yield _vxlan(draw, "theirs", "", {"id": draw(st.sampled_from((10, 99))), "port": 8472})


def _likely(draw: Draw, likely: bool) -> bool:
    return bool(draw(st.integers(0, 9))) == likely


def _address(local: str) -> dict[str, Any]:
    return {"family": "inet", "local": local, "prefixlen": 24}


def _ends(plan: Plan, host: Host, segment: plans.Segment) -> dict[str, str]:
    six = "6" if host.vtep.version == 6 else ""
    far = "group" if segment.group else "remote"
    return {f"{far}{six}": str(plan.remote(host, segment)), f"local{six}": str(host.vtep)}


def _vxlan(draw: Draw, name: str, controller: str, data: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"port_range": {"low": 0, "high": 0}, **data}
    for key in draw(st.lists(st.sampled_from(sorted(data)), max_size=1)):
        found[key] = 4790 if isinstance(found[key], int) else "192.0.2.99"
    row: dict[str, Any] = {"ifname": name, "linkinfo": {"info_kind": "vxlan", "info_data": found}}
    if controller and draw(st.integers(0, 4)):
        row["master"] = controller
        row["linkinfo"] |= {"info_slave_kind": "bridge", "info_slave_data": {"id": "0x8001", "state": "forwarding"}}
    return row


def _zones(draw: Draw) -> dict[str, tuple[str, str | None]]:
    ports = st.sampled_from(("", "8472/udp", "53/tcp 8000-9000/udp", "8472/tcp", "4789/udp 8472/udp", "1-8471/udp"))
    zones = draw(st.sets(st.sampled_from(("trusted", "internal"))))
    found: dict[str, tuple[str, str | None]] = {name: (draw(ports), draw(ports)) for name in ("public", *sorted(zones))}
    if "internal" in found and draw(st.booleans()):
        found["internal"] = (found["internal"][0], None)
    return found


def _networks(draw: Draw, plan: Plan) -> tuple[dict[str, str], dict[str, frozenset[str]]]:
    networks = {"default": _network_xml("default", "virbr0", "nat")}
    for segment in plan.segments:
        if draw(st.integers(0, 3)):
            behind = draw(st.sampled_from((segment.bridge,) * 9 + ("virbr9", "")))
            mode = draw(st.sampled_from(("bridge",) * 9 + ("nat", "")))
            networks[segment.network] = _network_xml(segment.network, behind, mode)
    lists = {key: frozenset(n for n in networks if draw(st.integers(0, 2))) for key in ("active", "persistent")}
    return networks, {**lists, "autostart": frozenset(n for n in lists["persistent"] if draw(st.integers(0, 2)))}


def _network_xml(name: str, behind: str, mode: str) -> str:
    forward = f"  <forward dev='eth0' mode='{mode}'>\n    <interface dev='eth0'/>\n  </forward>\n" if mode else ""
    bridge_line = f"  <bridge name='{behind}' stp='on' delay='0'/>\n" if behind else ""
    return f"<network>\n  <name>{name}</name>\n{forward}{bridge_line}</network>\n"


def _vms(draw: Draw, plan: Plan, host: Host) -> dict[str, tuple[str, bool, bool, str, str]]:
    networks = ["default", *(segment.network for segment in plan.segments)]
    found = {}
    macs = {vm.name: vm.mac[:-3] for vm in plan.vms_of(host) if vm.mac}
    for name in dict.fromkeys([*(vm.name for vm in plan.vms_of(host)), "another"]):
        mac = macs.get(name, "52:54:00:00:09")
        if draw(st.integers(0, 3)):
            words = (
                "shut off",
                "running",
                "running",
                "shut off",
                "idle",
                "paused",
                "in shutdown",
                "crashed",
                "no state",
            )
            state = draw(st.sampled_from(words))
            active = state not in ("shut off", "crashed")
            nics = draw(st.lists(st.sampled_from(networks), max_size=3))
            live = nics if draw(st.booleans()) else draw(st.lists(st.sampled_from(networks), max_size=3))
            persistent = bool(draw(st.integers(0, 7)))
            stored = _domain(draw, name, mac, nics, live=False)
            found[name] = (
                state,
                active,
                persistent,
                stored,
                _domain(draw, name, mac, live, live=True) if active else "",
            )
    return found


def _domain(draw: Draw, name: str, mac: str, networks: Iterable[str], live: bool) -> str:
    nics = "".join(_nic(draw, f"{mac}:0{number + 1}", network, live) for number, network in enumerate(networks))
    head = (
        f"<domain type='qemu'>\n  <name>{quoteattr(name)[1:-1]}</name>\n  <description>Id: 9\nState: x</description>\n"
    )
    return f"{head}  <devices>\n    <emulator>/usr/bin/qemu</emulator>\n{nics}  </devices>\n</domain>\n"


def _nic(draw: Draw, mac: str, network: str, live: bool) -> str:
    kind = draw(st.sampled_from(("network", "network", "bridge", "user", "direct")))
    source = {
        "network": f"      <source network='{network}'/>\n",
        "bridge": f"      <source network='{network}' portid='1' bridge='br7'/>\n"
        if live
        else "      <source bridge='br7'/>\n",
        "user": "",
        "direct": "      <source dev='eth7' mode='bridge'/>\n",
    }[kind]
    target = f"      <target dev='vnet{mac[-1]}'/>\n" if live else ""
    address = f"      <mac address='{mac}'/>\n"
    return f"    <interface type='{kind}'>\n{address}{source}{target}      <model type='virtio'/>\n    </interface>\n"


# --- What stood before --------------------------------------------------------------------------------------------


@st.composite
def records_near(draw: Draw, plan: Plan, host: Host) -> tuple[Record, ...]:
    """Give records of what stood before, as a run with another look at such a host has left them."""
    path = draw(st.sampled_from((str(plan.path), str(plan.path), "other.toml")))
    before: HostState = draw(hosts_near(plan, host)).state(host.interface, host.zone)
    wanted = [ethernet.wanted(host, host.ethernet)] if host.ethernet else []
    wanted += [bridge.wanted_bridge(segment) for segment in plan.segments]
    wanted += [bridge.wanted_vxlan(plan, host, segment) for segment in plan.segments]
    found = [profile_record(path, w.name, w.type, next(iter(before.named(w.name)), None), w.expected) for w in wanted]
    # The plan may have had another profile before it was edited.
    found += [profile_record(path, p.name, p.type, p, _KEYS) for p in before.profiles if p.type == "802-3-ethernet"]
    found += [underlay_record(path, host.interface, before.active_on(host.interface))]
    zones = ("public", "trusted", "gone")
    found += [
        port_record(path, Zone(draw(st.sampled_from(zones)), *_opened(draw)), draw(st.sampled_from((8472, 4789, 99))))
        for _ in range(draw(st.integers(0, 2)))
    ]
    found += [network_record(path, s.network, before.networks.get(s.network)) for s in plan.segments]
    for name in ("another", *(vm.name for vm in plan.vms_of(host))):
        vm = before.vms.get(name)
        found += [vm_record(path, name, vm), *(nic_record(name, nic) for nic in (vm.nics if vm else ()))]
    return tuple({r.name: r for r in found if draw(st.integers(0, 3))}.values())


_KEYS = ("connection.interface-name", "connection.autoconnect", "ipv4.method")


def _opened(draw: Draw) -> tuple[frozenset[int], frozenset[int]]:
    ports = st.frozensets(st.sampled_from((8472, 4789, 99)))
    return draw(ports), draw(ports)

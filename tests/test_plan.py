"""The plan file: what it gives, and what it refuses, in words that say where, what was found and what is allowed."""

import string
import subprocess
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vxlan_tui import plan
from vxlan_tui.plan import Encryption, Evpn, Host, Plan, PlanError, Segment, Vm
from vxlan_tui.rehearsal import SAMPLE

FILE = Path("plan.toml")

TWO_HOSTS = """
[[hosts]]
name = "host-a"
interface = "enp1s0"
vtep = "198.51.100.2"
[[hosts]]
name = "host-b"
interface = "enp2s0"
vtep = "203.0.113.1"
"""
SEGMENT = '[[segments]]\nvni = 10\nbridge = "bridge0"\n'


def read(text: str) -> Plan:
    """Give the plan of this text."""
    return plan.parse(text.encode(), FILE)


def faults(text: str) -> list[str]:
    """Give what is refused in this text; it must be refused."""
    with pytest.raises(PlanError) as refused:
        read(text)
    return [str(fault) for fault in refused.value.faults]


def test_one_file_gives_each_host_its_own_view() -> None:
    """Local and remote follow from the host and its peer; names have the chapter's defaults."""
    read_plan = read(TWO_HOSTS + SEGMENT)
    host_a, host_b = read_plan.hosts
    (segment,) = read_plan.segments
    assert (str(host_a.vtep), str(read_plan.remote(host_a, segment))) == ("198.51.100.2", "203.0.113.1")
    assert (str(host_b.vtep), str(read_plan.remote(host_b, segment))) == ("203.0.113.1", "198.51.100.2")
    assert (segment.vxlan, segment.network, segment.port) == ("vxlan10", "vxlan10-bridge", 8472)
    assert segment.vxlan_profile == "bridge0-vxlan10"


def test_the_vtep_is_the_ethernet_address_where_it_is_left_out() -> None:
    """The sample plan does so."""
    assert [str(host.vtep) for host in plan.load(SAMPLE).hosts] == ["198.51.100.2", "203.0.113.1"]


THIRD = '[[hosts]]\nname = "host-c"\ninterface = "eth0"\nvtep = "192.0.2.7"\n'
EVPN = "[evpn]\nasn = 65000\n"
ENCRYPTION = '[encryption]\nmethod = "wireguard"\nsubnet = "10.255.42.0/24"\n'

VIEWS = {
    "two hosts have each other's address": ("", SEGMENT, "remote", {"host-a": "203.0.113.1", "host-b": "198.51.100.2"}),
    "more have the list of all others": (
        THIRD,
        SEGMENT,
        "list",
        {
            "host-a": "203.0.113.1 192.0.2.7",
            "host-b": "198.51.100.2 192.0.2.7",
            "host-c": "198.51.100.2 203.0.113.1",
        },
    ),
    "a group takes the place of the list": (
        THIRD,
        SEGMENT + 'group = "239.1.1.10"\n',
        "group",
        dict.fromkeys(("host-a", "host-b", "host-c"), "239.1.1.10"),
    ),
    "with EVPN nobody is named": (
        THIRD,
        SEGMENT + 'control = "evpn"\n' + EVPN,
        "evpn",
        dict.fromkeys(("host-a", "host-b", "host-c"), ""),
    ),
    "with encryption they are the addresses inside it": (
        THIRD,
        SEGMENT + ENCRYPTION,
        "list",
        {"host-a": "10.255.42.2 10.255.42.3", "host-b": "10.255.42.1 10.255.42.3", "host-c": "10.255.42.1 10.255.42.2"},
    ),
}


@pytest.mark.parametrize("case", VIEWS)
def test_where_a_host_sends_what_every_host_is_to_get(case: str) -> None:
    more, segment, flood, remotes = VIEWS[case]
    found = read(TWO_HOSTS + more + segment)
    (of,) = found.segments
    assert found.flood(of) == flood
    assert {host.name: " ".join(map(str, found.remotes(host, of))) for host in found.hosts} == remotes
    one = {host.name: str(found.remote(host, of)) for host in found.hosts}
    assert one == (remotes if flood in ("remote", "group") else dict.fromkeys(remotes, "None"))


SIZES = {
    "plain over IPv4": ("", "", 1450),
    "plain over IPv6": ("six", "", 1430),
    "encrypted, IPv4 inside": ("", ENCRYPTION, 1370),
    "encrypted over IPv6, IPv4 inside": ("six", ENCRYPTION, 1370),
    "encrypted, IPv6 inside": ("", ENCRYPTION.replace("10.255.42.0/24", "fd42::/64"), 1350),
}


@pytest.mark.parametrize("case", SIZES)
def test_what_an_underlay_of_1500_bytes_leaves_inside(case: str) -> None:
    """A segment's own MTU goes before it."""
    family, encryption, inside = SIZES[case]
    hosts = TWO_HOSTS.replace("198.51.100.2", "2001:db8::2").replace("203.0.113.1", "2001:db8::1")
    found = read((hosts if family else TWO_HOSTS) + SEGMENT + SEGMENT_20 + "mtu = 1300\n" + encryption)
    assert [found.mtu_inside(1500, segment) for segment in found.segments] == [inside, 1300]
    assert found.mtu_inside(9000) == inside + 7500


SEGMENT_20 = '[[segments]]\nvni = 20\nbridge = "bridge1"\n'


def test_with_reflectors_their_clients_have_sessions_with_them_alone() -> None:
    segment = SEGMENT + 'control = "evpn"\n'
    found = read(TWO_HOSTS + THIRD + segment + EVPN + 'reflectors = ["host-b"]\n')
    names = {host.name: [peer.name for peer in found.bgp_peers(host)] for host in found.hosts}
    assert names == {"host-a": ["host-b"], "host-b": ["host-a", "host-c"], "host-c": ["host-b"]}
    assert [host.name for host in found.hosts if found.is_reflector(host)] == ["host-b"]
    mesh = read(TWO_HOSTS + THIRD + segment + EVPN)
    assert [len(mesh.bgp_peers(host)) for host in mesh.hosts] == [2, 2, 2]


def test_encryption_that_the_admin_does_without_is_not_encryption() -> None:
    """And it is told from a plan that does not speak of it."""
    without, silent, encrypted = (
        read(TWO_HOSTS + SEGMENT + more) for more in ('[encryption]\nmethod = "none"\n', "", ENCRYPTION)
    )
    assert [(each.encrypted, each.clear_by_choice) for each in (without, silent, encrypted)] == [
        (False, True),
        (False, False),
        (True, False),
    ]
    assert str(without.tunnel_address(without.hosts[0])) == "198.51.100.2"


def test_the_digest_is_of_what_is_asked_for_and_not_of_how_it_is_written() -> None:
    one = read(TWO_HOSTS + SEGMENT)
    assert one.digest == read(f"# A comment.\n{TWO_HOSTS}\n{SEGMENT}port = 8472\nvxlan = 'vxlan10'\n").digest
    assert (
        len({one.digest, read(TWO_HOSTS + SEGMENT + "stp = true\n").digest, read(TWO_HOSTS + SEGMENT_20).digest}) == 3
    )


def test_a_plan_copied_with_other_tables_derives_from_those() -> None:
    """What was looked up before does not stick."""
    loaded = plan.load(SAMPLE)
    assert loaded.vms_of(loaded.hosts[0])
    without = loaded.model_copy(update={"vms": (), "hosts": loaded.hosts[::-1]})
    assert without.vms_of(loaded.hosts[0]) == ()
    assert without.host("host-a") is loaded.hosts[0]
    assert without.remotes(loaded.hosts[0], loaded.segments[0]) == (loaded.hosts[1].vtep,)


DESTINATIONS = {
    "root@host-a.example.com": ("root", "host-a.example.com", "22"),
    "an_alias": (None, "an_alias", "22"),
    "admin@2001:db8::1": ("admin", "2001:db8::1", "22"),
    "ssh://root@host-a:2222": ("root", "host-a", "2222"),
    "ssh://198.51.100.2": (None, "198.51.100.2", "22"),
}


@pytest.mark.parametrize("destination", DESTINATIONS)
def test_an_ssh_destination_is_what_ssh_itself_takes_it_for(destination: str) -> None:
    found = read(TWO_HOSTS.replace('"enp1s0"', f'"enp1s0"\nssh = "{destination}"') + SEGMENT)
    assert found.hosts[0].ssh == destination
    told = subprocess.run(["ssh", "-F", "none", "-G", destination], check=True, text=True, capture_output=True).stdout
    settings = dict(line.split(" ", 1) for line in told.splitlines() if " " in line)
    user, name, port = DESTINATIONS[destination]
    assert (settings["hostname"], settings["port"]) == (name, port)
    assert user in (None, settings["user"])


@given(
    st.text(max_size=20)
    | st.tuples(st.sampled_from(["", "ssh://", "-", "a@", "ssh://a@", "[::1]"]), st.text(max_size=8)).map("".join)
    | st.from_regex(r"(ssh://)?([a-z-]@)?[a-z:.%\[\]-]{1,6}(:[0-9]{1,6})?", fullmatch=True)
)
def test_no_ssh_destination_is_admitted_that_is_an_option_or_more_than_one_word(text: str) -> None:
    rows = [{"name": n, "interface": "eth0", "vtep": f"192.0.2.{i}"} for i, n in enumerate(("a", "b"), 1)]
    found, _ = plan.check({"hosts": [{**rows[0], "ssh": text}, rows[1]], "segments": [{"vni": 1, "bridge": "b0"}]})
    if found is not None:
        assert set(text) <= set(string.ascii_letters + string.digits + "._-+@:/")
        assert not any(part.startswith("-") for part in text.removeprefix("ssh://").split("@"))
        assert 1 <= len(text) < 400


REFUSED = {
    "unknown key": ("colour = 1", "colour: found an unknown key; allowed: hosts, segments, vms, evpn, encryption"),
    "unknown key in a table": (SEGMENT + "vid = 5", "segments[0].vid: found an unknown key; allowed: vni, vxlan"),
    "VNI out of range": (SEGMENT.replace("10", "16777216"), "segments[0].vni: found 16777216; allowed: 0 to 16777215"),
    "negative VNI": (SEGMENT.replace("10", "-1"), "segments[0].vni: found -1"),
    "a VNI that is text": (SEGMENT.replace("10", '"10"'), 'segments[0].vni: found "10"; allowed: a whole number'),
    "a VNI that is true": (SEGMENT.replace("10", "true"), "segments[0].vni: found true; allowed: a whole number"),
    "port out of range": (SEGMENT + "port = 65536", "segments[0].port: found 65536; allowed: 1 to 65535"),
    "a long interface name": (SEGMENT + 'vxlan = "a123456789012345"', "allowed: 1 to 15 letters"),
    "a slash": (SEGMENT + 'vxlan = "a/b"', 'segments[0].vxlan: found "a/b"'),
    "a command": (SEGMENT + 'vxlan = "a;reboot"', 'segments[0].vxlan: found "a;reboot"'),
    "a substitution": (SEGMENT + 'network = "$(reboot)"', 'segments[0].network: found "$(reboot)"'),
    "a quote": (SEGMENT + 'network = "a\'b"', "segments[0].network"),
    "a leading dash": (SEGMENT + 'network = "-a"', 'segments[0].network: found "-a"'),
    "a line break": (SEGMENT + 'network = "a\\nb"', 'segments[0].network: found "a\\nb"'),
    "a group that is none": (SEGMENT + 'group = "198.51.100.9"', "allowed: a multicast group"),
    "a group of another family": (SEGMENT + 'group = "ff05::1"', "group: found ff05::1; allowed: an IPv4 group"),
    "a group and EVPN": (
        SEGMENT + 'group = "239.1.1.10"\ncontrol = "evpn"\n' + EVPN,
        'segments[0].control: found "evpn"; allowed: nothing, where the segment has a group',
    ),
    "another control plane": (SEGMENT + 'control = "ospf"', "allowed: 'evpn'"),
    "EVPN without its table": (SEGMENT + 'control = "evpn"', "evpn: found nothing; allowed: a table [evpn] with asn"),
    "a VNI that FRR does not know": (
        SEGMENT.replace("10", "0") + 'control = "evpn"\n' + EVPN,
        "segments[0].vni: found 0",
    ),
    "no ASN": (SEGMENT + "[evpn]\n", "evpn.asn: found nothing"),
    "ASN 0": (SEGMENT + "[evpn]\nasn = 0\n", "evpn.asn: found 0; allowed: 1 to 4294967295"),
    "ASN as text": (SEGMENT + '[evpn]\nasn = "65000"\n', 'evpn.asn: found "65000"; allowed: a whole number'),
    "an unknown reflector": (
        SEGMENT + EVPN + 'reflectors = ["host-a", "host-c"]',
        'evpn.reflectors[1]: found "host-c"; allowed: a host of the plan (host-a, host-b)',
    ),
    "a reflector twice": (
        SEGMENT + EVPN + 'reflectors = ["host-a", "host-a"]',
        'evpn.reflectors[1]: found "host-a", as evpn.reflectors[0] has',
    ),
    "an unknown key of EVPN": (SEGMENT + EVPN + "as = 1", "evpn.as: found an unknown key; allowed: asn, reflectors"),
    "EVPN that is text": ('evpn = "x"', "evpn: found text; allowed: one table, under [evpn]"),
    "EVPN many times": (SEGMENT + "[[evpn]]\nasn = 1", "evpn: found a list; allowed: one table, under [evpn]"),
    "everybody else": (SEGMENT + 'admit = "all"', "segments[0].admit: found \"all\"; allowed: 'any' or 'peers'"),
    "an MTU that is too small": (SEGMENT + "mtu = 67", "segments[0].mtu: found 67; allowed: 68 to 65535 bytes"),
    "STP that is a number": (SEGMENT + "stp = 1", "segments[0].stp: found 1; allowed: true or false"),
    "STP that is text": (SEGMENT + 'stp = "no"', 'segments[0].stp: found "no"; allowed: true or false'),
    "a move that is none": (
        SEGMENT + '[[vms]]\nhost = "host-a"\nname = "v"\nnetwork = "vxlan10-bridge"\nmove = "cold"',
        "vms[0].move: found \"cold\"; allowed: 'live' or 'restart'",
    ),
    "another encryption": (SEGMENT + '[encryption]\nmethod = "rot13"', "allowed: 'wireguard' or 'none'"),
    "encryption without a method": (SEGMENT + "[encryption]\n", "encryption.method: found nothing"),
    "encryption without a subnet": (
        SEGMENT + '[encryption]\nmethod = "wireguard"',
        'encryption.subnet: found nothing; allowed: a subnet with its prefix, as in "10.255.42.0/24"',
    ),
    "no encryption, yet a subnet": (
        SEGMENT + ENCRYPTION.replace("wireguard", "none"),
        "encryption.subnet: found 10.255.42.0/24; allowed: nothing, where method is",
    ),
    "no encryption, yet a port": (
        SEGMENT + '[encryption]\nmethod = "none"\nport = 51820',
        "encryption.port: found 51820; allowed: nothing, where method is",
    ),
    "a subnet with host bits": (
        SEGMENT + ENCRYPTION.replace(".0/", ".1/"),
        'encryption.subnet: found "10.255.42.1/24"; allowed: a subnet\'s own address, as in 10.255.42.0/24',
    ),
    "a subnet that nobody routes": (
        SEGMENT + ENCRYPTION.replace("10.255.42", "127.0.0"),
        "allowed: a subnet of unicast",
    ),
    "a subnet with too few addresses": (
        SEGMENT + THIRD + ENCRYPTION.replace("/24", "/30"),
        "encryption.subnet: found 10.255.42.0/30; allowed: a subnet with an address for each of the 3 hosts",
    ),
    "a subnet that a VTEP is in": (
        SEGMENT + ENCRYPTION.replace("10.255.42.0", "203.0.113.0"),
        "allowed: a subnet apart from the underlay's: hosts[1].vtep (203.0.113.1) is part of it",
    ),
    "one port for both tunnels": (
        SEGMENT + "port = 51820\n" + ENCRYPTION,
        "segments[0].port: found 51820; allowed: another port than the encrypted tunnel's",
    ),
    "a group inside the encryption": (
        SEGMENT + 'group = "239.1.1.10"\n' + ENCRYPTION,
        "segments[0].group: found 239.1.1.10; allowed: nothing, with [encryption]",
    ),
    "a bridge named as the encrypted tunnel": (
        SEGMENT.replace("bridge0", "wg-vxlan") + ENCRYPTION,
        "allowed: another name than the encrypted tunnel's device",
    ),
    "EVPN between IPv6 addresses": (
        SEGMENT + 'control = "evpn"\n' + EVPN + ENCRYPTION.replace("10.255.42.0", "fd42::"),
        'segments[0].control: found "evpn"; allowed: a list or a group',
    ),
    "a bridge named as the interface": (SEGMENT.replace("bridge0", "enp1s0"), "allowed: another name"),
    "a VXLAN named as the bridge": (SEGMENT + 'vxlan = "bridge0"', 'segments[0].vxlan: found "bridge0"'),
    "a second segment of the same VNI": (SEGMENT + SEGMENT, "segments[1].vni: found 10, as segments[0] has"),
    "a second segment on the same bridge": (
        SEGMENT + SEGMENT.replace("10", "20"),
        'segments[1].bridge: found "bridge0", as segments[0] has',
    ),
    "a VM on an unknown host": (
        SEGMENT + '[[vms]]\nhost = "c"\nname = "v"\nnetwork = "vxlan10-bridge"',
        'vms[0].host: found "c"; allowed: a host of the plan (host-a, host-b)',
    ),
    "a VM on an unknown network": (
        SEGMENT + '[[vms]]\nhost = "host-a"\nname = "v"\nnetwork = "x"',
        'vms[0].network: found "x"; allowed: a segment\'s network of the plan (vxlan10-bridge)',
    ),
    "a VM that is a number": (
        SEGMENT + '[[vms]]\nhost = "host-a"\nname = "12"\nnetwork = "vxlan10-bridge"',
        "virsh would take it for another VM's",
    ),
    "a VM that virsh reads as a number": (
        SEGMENT + '[[vms]]\nhost = "host-a"\nname = "+1"\nnetwork = "vxlan10-bridge"',
        "virsh would take it for another VM's",
    ),
    "a VM that virt-xml reads as a number": (
        SEGMENT + '[[vms]]\nhost = "host-a"\nname = "1_0"\nnetwork = "vxlan10-bridge"',
        "virsh would take it for another VM's",
    ),
    "install options that name the VM": (
        SEGMENT + '[[vms]]\nhost = "host-a"\nname = "v"\nnetwork = "vxlan10-bridge"\ninstall = "--name x"',
        "vms[0].install: found --name",
    ),
    "install options with an open quote": (
        SEGMENT + '[[vms]]\nhost = "host-a"\nname = "v"\nnetwork = "vxlan10-bridge"\ninstall = "--disk \'x"',
        "allowed: options with their quotes closed",
    ),
    "the same VM twice without a mac": (
        SEGMENT + 2 * '[[vms]]\nhost = "host-a"\nname = "v"\nnetwork = "vxlan10-bridge"\n',
        "vms[1].mac: found nothing; allowed: which NIC",
    ),
    "no segment": ("", "segments: found 0 tables; allowed: 1 or more"),
    "a list that is text": ('segments = "x"', "segments: found text; allowed: tables, each under [[segments]]"),
    "text that is not TOML": ("= 5", "found text that is not TOML"),
    "a bridge and a VXLAN that give another pair's profile": (
        SEGMENT.replace("bridge0", "br")
        + 'vxlan = "dmz-vx1"\n'
        + SEGMENT_20.replace("bridge1", "br-dmz")
        + 'vxlan = "vx1"\n',
        'segments[1].vxlan: found "vx1"; allowed: a name with which its profile (<bridge>-<vxlan>) is not br-dmz-vx1, '
        "as segments[0]'s is",
    ),
    "the encrypted tunnel's name as a VXLAN's profile": (
        SEGMENT.replace("bridge0", "wg") + 'vxlan = "vxlan"\n' + ENCRYPTION,
        'segments[0].vxlan: found "vxlan"; allowed: a name with which its profile (<bridge>-<vxlan>) is not wg-vxlan',
    ),
    "the encrypted tunnel's name as an underlay": (
        THIRD.replace("eth0", "wg-vxlan") + SEGMENT + ENCRYPTION,
        'hosts[2].interface: found "wg-vxlan"; allowed: another name than the encrypted',
    ),
    "the encrypted tunnel's name as an underlay's profile": (
        THIRD + '[hosts.ethernet]\nprofile = "wg-vxlan"\nmethod = "auto"\n' + SEGMENT + ENCRYPTION,
        'hosts[2].ethernet.profile: found "wg-vxlan"; allowed: another name than the encrypted',
    ),
    "a DNS server of another family beside DHCP": (
        THIRD + '[hosts.ethernet]\nprofile = "E"\nmethod = "auto"\ndns = ["192.0.2.1", "2001:db8::53"]\n' + SEGMENT,
        "hosts[2].ethernet.dns[1]: found 2001:db8::53; allowed: an IPv4 address, as the host's VTEP",
    ),
    "a link-local VTEP": (
        THIRD.replace("192.0.2.7", "fe80::1") + SEGMENT,
        "hosts[2].vtep: found fe80::1; allowed: an address that other links can reach, not a link-local one",
    ),
    "lists in lists without end": (f"x = {'[' * 3000}", "found text that is not TOML (tables or lists that stand more"),
    "a number of thousands of digits": (
        f"{SEGMENT}mtu = {'9' * 5000}",
        "segments[0].mtu: found a very large number; allowed: 68 to 65535",
    ),
    "a hexadecimal number of thousands of digits": (
        f"{SEGMENT}port = 0x{'f' * 5000}",
        "segments[0].port: found a very large number; allowed: 1 to 65535",
    ),
    "thousands of digits where text belongs": (
        f"{SEGMENT}network = {'9' * 5000}",
        "segments[0].network: found a very large number; allowed: 1 to 64 letters",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_with_place_finding_and_what_is_allowed(case: str) -> None:
    """One fault each, named by its key's path."""
    text, words = REFUSED[case]
    text = text if case == "text that is not TOML" else (text + TWO_HOSTS if "=" in text[:12] else TWO_HOSTS + text)
    assert any(words in fault for fault in faults(text)), faults(text)


@pytest.mark.parametrize(
    "text",
    [
        SEGMENT + 'admit = "peers"\n' + SEGMENT_20,
        SEGMENT.replace("bridge0", "wg-vxlan"),
        THIRD + '[hosts.ethernet]\nprofile = "E"\nmethod = "auto"\ndns = ["192.0.2.1"]\n' + SEGMENT,
    ],
)
def test_what_only_looks_like_a_contradiction_is_no_fault(text: str) -> None:
    assert read(TWO_HOSTS + text).segments


HOSTS_REFUSED = {
    "local equal to remote": ('vtep = "203.0.113.1"', 'vtep = "198.51.100.2"', "hosts[1].vtep: found 198.51.100.2, as"),
    "mixed families": ('vtep = "203.0.113.1"', 'vtep = "2001:db8::1"', "allowed: an IPv4 address, as the first host's"),
    "the same host twice": ('"host-b"', '"host-a"', 'hosts[1].name: found "host-a", as hosts[0] has'),
    "no VTEP": ('vtep = "203.0.113.1"', "", "hosts[1].vtep: found nothing"),
    "a multicast VTEP": ('vtep = "203.0.113.1"', 'vtep = "239.1.1.1"', "allowed: a unicast address"),
    "the same machine twice": (
        'interface = "',
        'ssh = "root@example.com"\ninterface = "',
        'hosts[1].ssh: found "root@example.com", as hosts[0] has; allowed: another destination',
    ),
    "the same key twice": (
        'interface = "',
        'public_key = "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw="\ninterface = "',
        "hosts[1].public_key: found",
    ),
    "a key that is too short": ('vtep = "203.0.113.1"', 'public_key = "c2hvcnQ="', "allowed: a WireGuard public key"),
    "a key that is none": ('vtep = "203.0.113.1"', f'public_key = "{"A" * 43}="', "allowed: a WireGuard public key"),
    "a key with loose bits": ('vtep = "203.0.113.1"', f'public_key = "{"B" * 43}="', "allowed: a WireGuard public key"),
    "a destination that is an option": ('vtep = "203.0.113.1"', 'ssh = "-oProxyCommand=x"', "allowed: an OpenSSH"),
    "a destination with an option in it": ('vtep = "203.0.113.1"', 'ssh = "root@-x"', "allowed: an OpenSSH"),
    "a destination with a space": ('vtep = "203.0.113.1"', 'ssh = "host -v"', "allowed: an OpenSSH"),
    "a destination with a port and no scheme": ('vtep = "203.0.113.1"', 'ssh = "host:22"', "allowed: an OpenSSH"),
    "a destination with too large a port": ('vtep = "203.0.113.1"', 'ssh = "ssh://host:65536"', "allowed: an OpenSSH"),
    "a zone with a space": ('vtep = "203.0.113.1"', 'vtep = "203.0.113.1"\nzone = "a b"', "hosts[1].zone"),
}


@pytest.mark.parametrize("case", HOSTS_REFUSED)
def test_hosts_that_cannot_be_peers_are_refused(case: str) -> None:
    """Each in its own words."""
    old, new, words = HOSTS_REFUSED[case]
    found = faults(TWO_HOSTS.replace(old, new) + SEGMENT)
    assert any(words in fault for fault in found), found


ETHERNET = """
[hosts.ethernet]
profile = "Example"
method = "manual"
address = "198.51.100.2/24"
gateway = "198.51.100.254"
"""

ETHERNET_REFUSED = {
    "a gateway of another family": ('"198.51.100.254"', '"2001:db8::1"', "ethernet.gateway: found 2001:db8::1"),
    "a gateway outside of the subnet": (
        '"198.51.100.254"',
        '"198.51.101.254"',
        "ethernet.gateway: found 198.51.101.254; allowed: a host's address in the interface's subnet 198.51.100.0/24",
    ),
    "a gateway that is the broadcast address": ('"198.51.100.254"', '"198.51.100.255"', "allowed: a host's address in"),
    "an address without a prefix": ("/24", "", "allowed: an address with its prefix"),
    "the subnet's own address": (".2/24", ".0/24", "allowed: a host's address"),
    "DHCP with an address": ('"manual"', '"auto"', 'allowed: nothing, where method is "auto"'),
    "another method": ('"manual"', '"static"', "allowed: 'manual' or 'auto'"),
    "a profile with a slash": ('"Example"', '"a/b"', 'ethernet.profile: found "a/b"; allowed: 1 to 200'),
    "a profile that no record can be named after": ('"Example"', f'"{"a" * 201}"', "allowed: 1 to 200"),
    "a profile named as the bridge's": ('"Example"', '"bridge0"', "ethernet.profile"),
}


@pytest.mark.parametrize("case", ETHERNET_REFUSED)
def test_ethernet_settings_that_contradict_each_other_are_refused(case: str) -> None:
    """The host's own connection is at stake."""
    old, new, words = ETHERNET_REFUSED[case]
    text = TWO_HOSTS.replace('vtep = "198.51.100.2"\n', 'vtep = "198.51.100.2"\n' + ETHERNET.replace(old, new))
    found = faults(text + SEGMENT)
    assert any(words in fault for fault in found), found


@pytest.mark.parametrize(
    ("address", "gateway"),
    [("2001:db8::2/64", "fe80::1"), ("198.51.100.2/32", "203.0.113.254"), ("198.51.100.2/31", "198.51.100.3")],
)
def test_a_gateway_may_be_link_local_or_beside_an_address_that_stands_alone(address: str, gateway: str) -> None:
    """As routers announce themselves over IPv6, and as hosting providers set up their machines."""
    data = tomllib.loads(TWO_HOSTS + SEGMENT)
    data["hosts"][0]["ethernet"] = {"profile": "E", "method": "manual", "address": address, "gateway": gateway}
    data["hosts"][0]["vtep"] = address.partition("/")[0]
    data["hosts"][1]["vtep"] = "2001:db8::1" if ":" in address else "203.0.113.1"
    assert plan.check(data)[1] == []


def test_all_faults_of_a_file_are_named_at_once() -> None:
    """An admin mends a file in one go, also where a table has faults of its own and clashes with another."""
    text = TWO_HOSTS.replace("enp2s0", "x;y") + SEGMENT + "port = 0\n" + SEGMENT + "[[vms]]\nhost = 5\n"
    found = "\n".join(faults(text + '[evpn]\nreflectors = ["host-c"]\n[encryption]\nmethod = 1\n'))
    tables = ("hosts[1].interface", "segments[0].port", "segments[1].vni", "vms[0].host", "vms[0].name")
    for key in (*tables, "evpn.asn", "evpn.reflectors[0]", "encryption.method"):
        assert f"{key}: " in found


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Not there, a directory, not UTF-8, or endless."""
    for path in (tmp_path / "none.toml", tmp_path, Path("/dev/zero")):
        with pytest.raises(PlanError, match=str(path)):
            plan.load(path)
    (tmp_path / "latin1.toml").write_bytes(b"name = '\xe9'")
    with pytest.raises(PlanError, match="not UTF-8"):
        plan.load(tmp_path / "latin1.toml")


def test_values_that_only_look_dangerous_are_admitted_as_data() -> None:
    """A search domain, a profile name and a VM name reach commands as one argument each."""
    text = TWO_HOSTS.replace(
        'vtep = "198.51.100.2"\n',
        ETHERNET.replace('"Example"', "\"My $(reboot) 'profile'\"") + 'dns_search = ["$(reboot).example"]\n',
    )
    vm = '[[vms]]\nhost = "host-a"\nname = "web \\"1\\"; rm -rf /tmp"\nnetwork = "vxlan10-bridge"\n'
    with pytest.raises(PlanError, match="no slash"):
        read(text + SEGMENT + vm)
    admitted = read(text + SEGMENT + vm.replace(" /tmp", ""))
    assert admitted.vms[0].name == 'web "1"; rm -rf'
    assert admitted.hosts[0].ethernet is not None
    assert admitted.hosts[0].ethernet.dns_search == ("$(reboot).example",)


toml_values = st.recursive(
    st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text() | st.datetimes() | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = [*Plan.model_fields, *Host.model_fields, *Segment.model_fields, *Vm.model_fields, *Evpn.model_fields]
KEYS += [*Encryption.model_fields, "vtep"]
tables = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=6), toml_values, max_size=6)


@given(st.dictionaries(st.sampled_from(KEYS), st.lists(tables, max_size=3) | toml_values, max_size=5))
def test_whatever_a_file_holds_it_gives_a_plan_or_faults(data: dict[str, object]) -> None:
    """Never a traceback; each fault is one printable line."""
    found, faults_of_it = plan.check(data)
    assert (found is None) == bool(faults_of_it)
    assert all(str(fault).isprintable() for fault in faults_of_it)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="surrogatepass")))
def test_whatever_bytes_a_file_holds_it_gives_a_plan_or_faults(raw: bytes) -> None:
    """Never a traceback."""
    with pytest.raises(PlanError):
        plan.parse(raw, FILE)


@given(st.text(alphabet=string.printable + "é\u202e\x00", max_size=20))
def test_no_interface_name_is_admitted_that_the_kernel_or_a_tool_would_misread(name: str) -> None:
    """What is admitted is short, and of harmless characters alone."""
    row = {"vni": 1, "bridge": name}
    hosts = [{"name": n, "interface": "eth0", "vtep": f"192.0.2.{i}"} for i, n in enumerate(("a", "b"), 1)]
    found, _ = plan.check({"hosts": hosts, "segments": [row]})
    if found is not None:
        assert 1 <= len(name) <= 15
        assert set(name) <= set(string.ascii_letters + string.digits + "_.@+-")
        assert not name.startswith(("-", "."))

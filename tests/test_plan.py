"""The plan file: what it gives, and what it refuses, in words that say where, what was found and what is allowed."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vxlan_tui import plan
from vxlan_tui.plan import Plan, PlanError
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


def test_a_multicast_group_takes_the_place_of_the_other_host() -> None:
    """And with one, more than two hosts can be members."""
    third = '[[hosts]]\nname = "host-c"\ninterface = "eth0"\nvtep = "192.0.2.7"\n'
    grouped = read(TWO_HOSTS + third + SEGMENT + 'group = "239.1.1.10"\n')
    assert {str(grouped.remote(host, grouped.segments[0])) for host in grouped.hosts} == {"239.1.1.10"}
    assert any("segments[0].group" in fault for fault in faults(TWO_HOSTS + third + SEGMENT))


REFUSED = {
    "unknown key": ("colour = 1", "colour: found an unknown key; allowed: hosts, segments, vms"),
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
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_with_place_finding_and_what_is_allowed(case: str) -> None:
    """One fault each, named by its key's path."""
    text, words = REFUSED[case]
    text = text if case == "text that is not TOML" else (text + TWO_HOSTS if "=" in text[:12] else TWO_HOSTS + text)
    assert any(words in fault for fault in faults(text)), faults(text)


HOSTS_REFUSED = {
    "local equal to remote": ('vtep = "203.0.113.1"', 'vtep = "198.51.100.2"', "hosts[1].vtep: found 198.51.100.2, as"),
    "mixed families": ('vtep = "203.0.113.1"', 'vtep = "2001:db8::1"', "allowed: an IPv4 address, as the first host's"),
    "the same host twice": ('"host-b"', '"host-a"', 'hosts[1].name: found "host-a", as hosts[0] has'),
    "no VTEP": ('vtep = "203.0.113.1"', "", "hosts[1].vtep: found nothing"),
    "a multicast VTEP": ('vtep = "203.0.113.1"', 'vtep = "239.1.1.1"', "allowed: a unicast address"),
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


def test_all_faults_of_a_file_are_named_at_once() -> None:
    """An admin mends a file in one go, also where a table has faults of its own and clashes with another."""
    text = TWO_HOSTS.replace("enp2s0", "x;y") + SEGMENT + "port = 0\n" + SEGMENT + "[[vms]]\nhost = 5\n"
    found = "\n".join(faults(text))
    for key in ("hosts[1].interface", "segments[0].port", "segments[1].vni", "vms[0].host", "vms[0].name"):
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
KEYS = ["hosts", "segments", "vms", "name", "interface", "vtep", "ethernet", "vni", "bridge", "network", "host", "mac"]
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

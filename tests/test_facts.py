"""What the tools say is read as it is: texts captured from real hosts of two generations."""

from pathlib import Path

import pytest

from vxlan_tui.facts import iproute, libvirt, nmcli
from vxlan_tui.state import VxlanLink

CAPTURED = Path(__file__).parent / "captured"
GENERATIONS = {"debian12": (1, 42), "debian13": (1, 52)}


def captured(generation: str, name: str) -> str:
    """Give a captured text."""
    return (CAPTURED / generation / f"{name}.txt").read_text()


@pytest.mark.parametrize("generation", GENERATIONS)
def test_controller_and_port_type_are_found_under_either_name(generation: str) -> None:
    """NetworkManager called them master and slave-type before 1.46."""
    (row,) = nmcli.parse_settings(captured(generation, "nmcli-vxlan"))
    assert row["connection.controller"] == "bridge0"
    assert row["connection.port-type"] == "bridge"
    assert row["vxlan.id"] == "10"
    assert row["vxlan.destination-port"] == "8472"


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_running_version_decides_the_words(generation: str) -> None:
    """The first two numbers are enough to know."""
    words = captured(generation, "nmcli-version").split()[-1]
    assert nmcli.parse_version(words)[:2] == GENERATIONS[generation]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_vxlan_and_its_place_in_the_bridge_are_read_from_the_kernel(generation: str) -> None:
    """VNI, port, local and remote, the controller, and how far STP is."""
    link = iproute.parse_links(captured(generation, "ip-address"))["vxlan10"]
    assert link.vxlan == VxlanLink(10, 8472, "198.51.100.2", "203.0.113.1")
    assert link.controller == "bridge0"
    assert link.port is not None
    assert link.port.state in ("listening", "learning", "forwarding")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_nic_is_taken_from_a_vms_definition_letter_by_letter(generation: str) -> None:
    """The record that undo restores from has to be what libvirt said."""
    xml = captured(generation, "virsh-dumpxml-inactive")
    (nic,) = libvirt.parse_nics(xml)
    assert nic.network
    assert nic.xml in xml
    assert nic.xml.startswith("    <interface type='network'>\n")
    assert nic.xml.endswith("    </interface>\n")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_running_vms_nic_names_its_network_whatever_its_type_says(generation: str) -> None:
    """Libvirt says type bridge of a running NIC on a network with forward mode bridge."""
    (nic,) = libvirt.parse_nics(captured(generation, "virsh-dumpxml"))
    assert nic.network == "vxlan10-bridge"
    assert nic.device.startswith("vnet")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_networks_bridge_and_forward_mode_are_read(generation: str) -> None:
    """Both decide whether a network of the name is ours."""
    assert libvirt.parse_network(captured(generation, "virsh-net-dumpxml")) == ("bridge0", "bridge")


def test_a_group_of_a_multicast_vxlan_is_its_remote() -> None:
    """The kernel reports it as group and the interface it is joined on as link (captured, IPv6)."""
    text = (
        '[{"ifname":"vxlan10","flags":["UP"],"linkinfo":{"info_kind":"vxlan","info_data":{"id":10,'
        '"group6":"ff05::100","local6":"2001:db8::2","link":"enp1s0","port":8472}},"addr_info":[]}]'
    )
    link = iproute.parse_links(text)["vxlan10"]
    assert link.vxlan == VxlanLink(10, 8472, "2001:db8::2", "ff05::100", "enp1s0")


def test_names_with_colons_backslashes_and_line_breaks_stay_names() -> None:
    r"""`\:` and `\\` in a terse table; of a profile named to look like properties the real ones count."""
    line = r'407d97eb:802-3-ethernet:enp1s0:activated:/etc/Ex\:am.nmconnection:Ex\:am\\ple "x"'
    (profile,) = nmcli.parse_list(line)
    assert profile.name == r'Ex:am\ple "x"'
    assert profile.activated
    assert profile.saved
    forged = "connection.id:a\nvxlan.id:99\nconnection.uuid:u\nvxlan.id:10\n"
    (row,) = nmcli.parse_settings(forged)
    assert row["vxlan.id"] == "10"


def test_what_is_in_force_on_an_interface_is_read_for_both_families() -> None:
    """Addresses, gateway, DNS servers and search domains, routes aside (captured, IPv6)."""
    text = (
        "IP4.GATEWAY:\nIP6.ADDRESS[1]:2001:db8::2/64\nIP6.GATEWAY:2001:db8::1\n"
        "IP6.ROUTE[1]:dst = 2001:db8::/64, nh = ::, mt = 100\nIP6.DNS[1]:2001:db8::53\nIP6.SEARCHES[1]:$(x).c\n"
    )
    wanted = {"2001:db8::2/64", "2001:db8::1", "2001:db8::53", "$(x).c"}
    assert nmcli.parse_addressing(text) == wanted

"""What a network device does with checksums: its driver, and the packets whose checksum was wrong."""

import re

from vxlan_tui.reach import Output

BAD_CHECKSUMS = ("nstat", "-asz", "UdpInCsumErrors", "Udp6InCsumErrors")


def driver(device: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the commands that name a device's driver: ethtool's, and one for a host without ethtool."""
    return ("ethtool", "-i", device), ("readlink", f"/sys/class/net/{device}/device/driver")


def parse_driver(by_ethtool: Output, by_link: Output) -> str:
    """Return the driver; empty for a device without one, as a VLAN."""
    found = re.search(r"^driver: *(\S+)", by_ethtool.text, re.MULTILINE)
    return found[1] if found else by_link.text.strip().rpartition("/")[2]


def parse_bad_checksums(output: str) -> int:
    """Return how many UDP packets the kernel has dropped for their checksum (nstat(8))."""
    return sum(int(number) for number in re.findall(r"^Udp6?InCsumErrors +([0-9]+)", output, re.MULTILINE))

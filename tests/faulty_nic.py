"""A NIC of host-a that computes the checksums of large packets wrong: run inside the router, with `faulty` or `sound`.

A checksum that is left to the NIC begins as the sum of what the kernel knows: addresses, protocol and length. Such a
one gets another start here, and the router finishes it, as its port has no offload. One that host-a's kernel has
computed itself is not touched: so the remedy helps.
"""

import array
import fcntl
import socket
import struct
import subprocess
import sys

PORT = b"port1"
ENDS = ("198.51.100.2", "203.0.113.1")
LARGE = range(500, 1500)

SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17

RULES = """
table ip nic {
    set begun { typeof udp length . udp checksum; elements = { ELEMENTS } }
    chain forward {
        type filter hook forward priority 0;
        udp dport 8472 udp length . udp checksum @begun @th,48,16 set 0xdead
    }
}
"""


def main(state: str) -> None:
    """Make the NIC what is asked for."""
    _offload(on=state == "sound")
    begun = ", ".join(f"{size} . {_begun(size)}" for size in LARGE)
    rules = "delete table ip nic" if state == "sound" else RULES.replace("ELEMENTS", begun)
    subprocess.run(["nft", "-f", "-"], text=True, check=True, input=rules)


def _begun(size: int) -> int:
    """Give the sum that the kernel leaves to the NIC for a UDP packet of that length."""
    words = struct.unpack("!4H", b"".join(map(socket.inet_aton, ENDS)))
    total: int = sum(words) + socket.IPPROTO_UDP + size
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def _offload(*, on: bool) -> None:
    value = array.array("B", struct.pack("II", ETHTOOL_STXCSUM, on))
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, struct.pack("16sP", PORT, value.buffer_info()[0]))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""How large the frames are that a segment's guests put into the tunnel (RFC 7348, section 4.3)."""

from collections.abc import Iterator
from dataclasses import dataclass

from vxlan_tui.plan import Plan, Segment
from vxlan_tui.state import HostState, Nic

ETHERNET_MTU = 1500
"""What a guest uses that nobody tells otherwise."""


@dataclass(frozen=True)
class Guest:
    """A VM on a segment's network, with the MTU of its NIC there, and the device behind that while it runs."""

    vm: str
    mac: str
    mtu: int
    device: str = ""


def joins(nic: Nic | None, segment: Segment) -> bool:
    """Whether a NIC is in the segment: by its network, or by the bridge itself.

    libvirt forgets the network's name where a running VM's interface was changed (virsh domif-setlink).
    """
    return nic is not None and (nic.network == segment.network or (nic.type, nic.source) == ("bridge", segment.bridge))


def guests(segment: Segment, state: HostState) -> Iterator[Guest]:
    """Give the NICs of this host's VMs that are in a segment, the running ones as they run."""
    for vm in state.vms.values():
        for nic in vm.live_nics or vm.nics:
            if joins(nic, segment):
                yield Guest(vm.name, nic.mac, nic.mtu or ETHERNET_MTU, nic.device)


def segment_bytes(segment: Segment, state: HostState) -> int:
    """Give the largest IP packet that a segment's guests put into the tunnel."""
    link = state.links.get(segment.vxlan)
    most = max((guest.mtu for guest in guests(segment, state)), default=ETHERNET_MTU)
    return min(most, link.mtu) if link else most


def frame_bytes(plan: Plan, state: HostState) -> int:
    """Give the largest IP packet that any segment's guests put into a tunnel of this host."""
    return max(segment_bytes(segment, state) for segment in plan.segments)

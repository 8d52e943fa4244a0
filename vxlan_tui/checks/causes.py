"""The causes that are named, each with what is then so: the title of a check that did not pass. `{}` is its subject."""

from collections.abc import Mapping

CAUSES: Mapping[str, str] = {
    # The daemons
    "networkmanager-not-running": "NetworkManager does not run",
    "firewalld-not-running": "firewalld does not run",
    "libvirt-not-running": "libvirt does not run",
    "slow-answer": "{} is slow to answer",
    "unreadable": "{} cannot be asked",
    "host-not-reached": "{} cannot be reached over SSH",
    # The underlay
    "underlay-down": "{} is down",
    "underlay-address-missing": "No device has the address {}",
    "profile-not-autoconnect": "{} does not come up by itself after a reboot",
    "profile-missing": "{} has no connection profile, and is gone after a reboot",
    "profile-differs": "The connection profile of {} is not the plan's",
    "peer-unreachable": "{} cannot be reached",
    "path-mtu-too-small": "Full-size frames do not get to {}",
    # The tunnel
    "bridge-missing": "There is no bridge {}",
    "bridge-down": "The bridge {} is switched off",
    "bridge-port-waits": "STP still keeps {} back",
    "bridge-port-blocked": "{} is kept from forwarding",
    "bridge-filtered": "Something drops frames that pass {}",
    "vxlan-missing": "There is no VXLAN {}",
    "vxlan-wrong-vni": "{} has another VNI",
    "vxlan-wrong-port": "{} has another UDP port",
    "vxlan-wrong-local": "{} sends from another address",
    "vxlan-wrong-remote": "{} sends to another address",
    "vxlan-wrong-parent": "{} is bound to another device",
    "vxlan-down": "{} is switched off",
    "vxlan-not-in-bridge": "{} is not in its bridge",
    "mtu-differs": "The MTU of {} is not the same everywhere",
    "flood-entry-missing": "{} does not send broadcasts to every host",
    "flood-entry-stale": "{} sends broadcasts to hosts that are not in the plan",
    "evpn-not-running": "FRR's bgpd does not run",
    "evpn-no-session": "There is no BGP session with {}",
    "firewall-port-closed": "The firewall keeps {} out",
    "firewall-not-permanent": "The firewall lets {} in until the next reboot only",
    "firewall-port-elsewhere": "{} is open on interfaces that the plan does not use",
    # The other end
    "peer-no-vxlan": "{} is not taken by a VXLAN",
    "peer-firewall-rejects": "{} is rejected",
    "peer-wrong-vni": "{} has another VNI there",
    "not-encrypted": "What leaves from {} by the tunnel is not encrypted",
    "encryption-down": "The encrypted tunnel to {} is down",
    "sent-in-clear": "What belongs into the encrypted tunnel is sent in the clear from {}",
    "checksum-offload": "Large packets to or from {} are spoilt on their way",
    # libvirt's networks and the VMs
    "network-missing": "There is no libvirt network {}",
    "network-inactive": "The libvirt network {} is not active",
    "network-no-autostart": "The libvirt network {} does not start with libvirt",
    "network-wrong-bridge": "The libvirt network {} is not the plan's",
    "vm-missing": "There is no VM {}",
    "vm-not-running": "The VM {} does not run",
    "vm-wrong-network": "{} is on another network",
    "vm-not-in-bridge": "{} is not in the bridge",
    "vm-link-down": "The cable of {} is pulled out",
    "vm-no-arp-reply": "{}: no answer to ARP",
    "guest-mtu": "VMs on {} send larger frames than the tunnel takes",
}


def title(cause: str, subject: str) -> str:
    """Return what is so, in words."""
    return CAUSES[cause].format(subject)

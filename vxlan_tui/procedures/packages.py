"""Which package brings a program: the one table that everything reads."""

PACKAGES = {
    # program: (with dnf, with apt-get)
    "nmcli": ("NetworkManager", "network-manager"),
    "firewall-cmd": ("firewalld", "firewalld"),
    "ip": ("iproute", "iproute2"),
    "bridge": ("iproute", "iproute2"),
    "busctl": ("systemd", "systemd"),
    "ping": ("iputils", "iputils-ping"),
    "virsh": ("libvirt-client", "libvirt-clients"),
    "virt-xml": ("virt-install", "virtinst"),
    "virt-install": ("virt-install", "virtinst"),
    "timeout": ("coreutils", "coreutils"),
    "install": ("coreutils", "coreutils"),
    "grep": ("grep", "grep"),
    "bash": ("bash", "bash"),
    "vtysh": ("frr", "frr"),
    "ethtool": ("ethtool", "ethtool"),
    "wg": ("wireguard-tools", "wireguard-tools"),
    "ssh": ("openssh-clients", "openssh-client"),
}

ALWAYS_THERE = ("bash", "busctl", "grep", "install", "timeout")
"""Programs of packages that every host of these distributions has."""

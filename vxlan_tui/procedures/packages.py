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
    # What a rehearsal takes besides; of names with a bar between them, one will do.
    "nsenter": ("util-linux", "util-linux"),
    "setpriv": ("util-linux", "util-linux"),
    "unshare": ("util-linux", "util-linux"),
    "pivot_root": ("util-linux", "util-linux"),
    "ssh-keygen": ("openssh", "openssh-client"),
    "dbus-daemon": ("dbus-daemon", "dbus-daemon"),
    "NetworkManager": ("NetworkManager", "network-manager"),
    "nm-online": ("NetworkManager", "network-manager"),
    "firewalld": ("firewalld", "firewalld"),
    "libvirtd|virtqemud": ("libvirt-daemon-kvm", "libvirt-daemon-system"),
    "virtlogd": ("libvirt-daemon-log", "libvirt-daemon-system"),
    "sshd": ("openssh-server", "openssh-server"),
    "qemu-system-x86_64|/usr/libexec/qemu-kvm": ("qemu-kvm", "qemu-system-x86"),
    "mount": ("util-linux", "mount"),
    "insmod": ("kmod", "kmod"),
    "modprobe": ("kmod", "kmod"),
    "ldd": ("glibc-common", "libc-bin"),
    "arping": ("iputils", "iputils-arping"),
    "dnsmasq": ("dnsmasq", "dnsmasq-base"),
    "sudo": ("sudo", "sudo"),
}

ALWAYS_THERE = ("bash", "busctl", "grep", "install", "timeout")
"""Programs of packages that every host of these distributions has."""

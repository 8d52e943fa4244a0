"""One rehearsal for a whole module: what a test did to a host is taken away again behind it."""

import difflib

from tests.on_host import configuration, firewall, shell
from tests.over_ssh import until
from vxlan_tui.rehearsal.host import Host

_REMEMBER = r"""
rm -rf /root/fresh; mkdir /root/fresh; cd /root/fresh
nmcli -g UUID connection show > uuids
nmcli -g UUID connection show --active > active
cp -a /etc/NetworkManager/system-connections profiles
ip -br link | sed 's/[ @].*//' > links
cp -a /etc/firewalld firewalld
virsh net-list --all --name > networks
virsh list --all --name > vms
virsh list --name > running
mkdir xml; grep . vms | while read -r name; do virsh dumpxml --inactive --security-info "$name" > "xml/$name"; done
cp /root/plan.toml plan.toml
"""

_TRACES = r"""
NM="org.freedesktop.NetworkManager /org/freedesktop/NetworkManager org.freedesktop.NetworkManager"
rm -rf /usr/local/sbin/* /root/slow /root/moment
umount /var/lib/vxlan-tui 2>/dev/null; umount /proc/sys/kernel/random/boot_id 2>/dev/null
for path in $(busctl get-property $NM Checkpoints | tr -d '"' | cut -d' ' -f3-); do
    busctl call $NM CheckpointDestroy o "$path"
done
cp /root/fresh/plan.toml /root/plan.toml
rm -rf /var/lib/vxlan-tui
"""
"""Takes away what is of a test alone, and no part of what the host is configured to be."""

_AGAIN = r"""
cd /root/fresh
virsh list --name | grep . | grep -vxFf running | while read -r name; do virsh destroy "$name"; done
virsh list --all --name | grep . | grep -vxFf vms | while read -r name; do virsh undefine "$name"; done
for name in xml/*; do virsh define "$name"; done
virsh net-list --name | grep . | grep -vxFf networks | while read -r name; do virsh net-destroy "$name"; done
virsh net-list --all --name | grep . | grep -vxFf networks | while read -r name; do virsh net-undefine "$name"; done
nmcli -g UUID connection show | grep -vxFf uuids | xargs -r nmcli connection delete uuid || true
ip -br link | sed 's/[ @].*//' | grep -vxFf links | while read -r name; do ip link delete "$name" 2>/dev/null; done
if ! diff -r profiles /etc/NetworkManager/system-connections ||
    ls /run/NetworkManager/system-connections | grep -v ^lo; then
    rm -rf /etc/NetworkManager/system-connections /run/NetworkManager/system-connections/*
    cp -a profiles /etc/NetworkManager/system-connections; nmcli connection reload
fi
now=$(nmcli -g UUID connection show --active)
[ "$(grep enp1s0 -c <(nmcli -g NAME,DEVICE connection show --active))" = 1 ] || ip address flush dev enp1s0
grep -vxF "$now" active | while read -r uuid; do nmcli connection up uuid "$uuid"; done
"""


_FIREWALL = "rm -rf /etc/firewalld; cp -a /root/fresh/firewalld /etc/firewalld; firewall-cmd --reload"


class Fresh:
    """A host that can be made again what it was when this was made; with daemons that run."""

    def __init__(self, host: Host) -> None:
        self.host = host
        shell(host, _REMEMBER)
        self.configuration, self.firewall = configuration(host), firewall(host)

    def again(self) -> None:
        """Take away all that is there more than at first, and put back all that is not."""
        self.host.run(["bash", "-c", _TRACES], timeout=60)
        if configuration(self.host) == self.configuration:
            return
        self.host.run(["bash", "-c", _AGAIN], check=False, timeout=120)
        if firewall(self.host) != self.firewall:
            shell(self.host, _FIREWALL)
        until(lambda: configuration(self.host) == self.configuration, 60, self._difference)

    def _difference(self) -> str:
        now = configuration(self.host).splitlines()
        return "\n".join(difflib.unified_diff(self.configuration.splitlines(), now, "at first", "now", lineterm=""))

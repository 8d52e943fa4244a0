"""A small VM with a guest agent, for one test: stands in for qemu-ga, and answers what `verify` asks.

Run inside a rehearsal's host: it builds the VM's initramfs anew with the agent in it, and gives the VM a channel.
    guest_agent.py KERNEL_VERSION VM
"""

import subprocess
import sys
import tempfile
from pathlib import Path

REHEARSAL = Path("/usr/local/lib/vxlan-tui/vxlan_tui/rehearsal")

TARGET = Path("/var/lib/libvirt/boot/rehearsal.img")

AGENT = r"""
agent() {
    say() { echo "{\"return\": $1}" >&3; }
    while sleep 1; do
        exec 3>&- # one may have it open at a time
        exec 3<>"$(echo /dev/vport*p1)" || continue
        while read -r line <&3; do
            case $line in
                *guest-sync*) [[ $line =~ \"id\":\ *([0-9]+) ]] && say "${BASH_REMATCH[1]}" ;;
                *guest-network-get-interfaces*)
                    say "[{\"name\": \"eth0\", \"hardware-address\": \"$(< /sys/class/net/eth0/address)\"}]"
                    ;;
                *guest-exec-status*) say "{\"exited\": true, \"exitcode\": $code}" ;;
                *guest-exec*)
                    [[ $line =~ \"([0-9.]+)\"\] ]]
                    arping -c 1 -w 2 -I eth0 "${BASH_REMATCH[1]}" > /dev/null
                    code=$?
                    say '{"pid": 7}'
                    ;;
            esac
        done
    done
}
agent &
"""

CHANNEL = "unix,target.type=virtio,target.name=org.qemu.guest_agent.0"


def main(version: str, vm: str) -> None:
    """Build, and add the channel."""
    ours = Path(tempfile.mkdtemp())
    builder = (REHEARSAL / "initramfs.py").read_text()
    init = (REHEARSAL / "guest-init.sh").read_text()
    (ours / "initramfs.py").write_text(builder.replace("MODULES = (", 'MODULES = ("virtio_console", '))
    (ours / "guest-init.sh").write_text(init.replace("echo 'rehearsal: up'", f"{AGENT}\necho 'rehearsal: up'"))
    subprocess.run([sys.executable, "-I", ours / "initramfs.py", version, TARGET], check=True)
    subprocess.run(["virt-xml", vm, "--add-device", "--channel", CHANNEL], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Encryption on two rehearsal hosts, over SSH from the first: keys, profile, firewall, and the way back.

A sandbox shares this machine's kernel, which need not have WireGuard. So all but the first test have a stand-in for it:
NetworkManager loads the real profile, and a bridge with its address, MTU and zone takes the place of the one that
it would make. Packets do not pass it. What passes the real tunnel is shown on whole machines (tests/campaign).
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import three_hosts
from tests.cases import campaign
from tests.on_host import PLAN, configuration, program, rows, shell, states
from tests.over_ssh import Session
from tests.test_ui_on_hosts import pilot_on
from vxlan_tui import export
from vxlan_tui import plan as plans
from vxlan_tui.paths import RECORDS_DIRECTORY, STATE_DIRECTORY, WIREGUARD_KEY
from vxlan_tui.procedures.wireguard import FILE, UUID
from vxlan_tui.rehearsal import Rehearsal
from vxlan_tui.rehearsal.host import Host

CLEAR = three_hosts.text(2)
ENCRYPTED = three_hosts.encrypted(CLEAR, keys=0)
ALL = ("--all", "--only", "bridge,network")

NMCLI = f"""#!/bin/bash
# Stands in for a kernel with WireGuard.
nmcli=/usr/bin/nmcli
case "$*" in
    "connection up id wg-vxlan" | "connection up uuid {UUID}" | "device reapply wg-vxlan")
        zone=$($nmcli -g connection.zone connection show uuid {UUID}) || exit
        ip link show dev wg-vxlan >/dev/null 2>&1 || ip link add wg-vxlan type bridge
        ip address flush dev wg-vxlan
        ip address add "$($nmcli -g ipv4.addresses connection show uuid {UUID})" dev wg-vxlan
        ip link set wg-vxlan mtu "$($nmcli -g wireguard.mtu connection show uuid {UUID})" up
        firewall-cmd -q --zone="$zone" --change-interface=wg-vxlan
        cp {FILE} /run/in-force
        ;;
    "connection down id wg-vxlan" | "connection delete uuid {UUID}")
        rm -f /run/in-force
        ip link delete wg-vxlan
        firewall-cmd -q --zone=block --remove-interface=wg-vxlan
        [[ $2 == down ]] || exec $nmcli "$@"
        ;;
    "-t -f GENERAL device show wg-vxlan")
        ip link show dev wg-vxlan >/dev/null 2>&1 || exec $nmcli "$@"
        echo GENERAL.CONNECTION:wg-vxlan
        ;;
    *) exec $nmcli "$@" ;;
esac
"""
WG = """#!/bin/bash
[[ $1 == show ]] || exec /usr/bin/wg "$@"
[[ -e /run/in-force ]] || { echo "Unable to access interface: No such device" >&2 && exit 1; }
case $3 in
    public-key) sed -n s/^private-key=//p /run/in-force | /usr/bin/wg pubkey ;;
    listen-port) sed -n s/^listen-port=//p /run/in-force ;;
    allowed-ips) sed -nE 's/^.wireguard-peer\\.(.*)]/\\1/p; s/^allowed-ips=(.*);/\\1/p' /run/in-force | paste - - ;;
esac
"""
SETTINGS = f"""
manager=(busctl --json=short call org.freedesktop.NetworkManager)
of=org.freedesktop.NetworkManager.Settings
path=$("${{manager[@]}}" /org/freedesktop/NetworkManager/Settings $of GetConnectionByUuid s {UUID} | cut -d'"' -f8)
"${{manager[@]}}" "$path" $of.Connection GetSettings
"""
"""Prints what NetworkManager has of the profile: nmcli shows no peers before 1.56."""
UNMANAGED = "[device-wireguard]\nmatch-device=interface-name:wg-vxlan\nmanaged=0\n"


def _write(host: Host, path: str, text: str, mode: str) -> None:
    host.run(["install", "-m", mode, "/dev/stdin", path], input=text)


def _stand_in(host: Host) -> None:
    for name, text in (("nmcli", NMCLI), ("wg", WG), ("modprobe", "#!/bin/sh\n")):
        _write(host, f"/usr/local/sbin/{name}", text, "755")
    _write(host, "/etc/NetworkManager/conf.d/zzz-wireguard.conf", UNMANAGED, "644")
    shell(host, "/usr/bin/nmcli general reload conf")


@pytest.fixture(scope="module")
def without(sandbox: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """Two hosts on this machine's kernel as it is; each test leaves them as they were."""
    path = tmp_path_factory.mktemp("wireguard") / "plan.toml"
    path.write_text(ENCRYPTED)
    with Rehearsal(plans.load(path)) as hosts:
        yield hosts


@pytest.fixture
def rehearsal(without: Rehearsal) -> Iterator[Rehearsal]:
    """Two hosts with the stand-in."""
    without.in_parallel(_stand_in, without.hosts)
    yield without
    for host in without.hosts:
        shell(host, f"rm -rf /usr/local/sbin/* {STATE_DIRECTORY}")
    _edit(without.hosts[0], ENCRYPTED)


def _public(host: Host) -> str:
    return shell(host, f"/usr/bin/wg pubkey <{WIREGUARD_KEY}").strip()


def _edit(host: Host, text: str) -> None:
    host.run(["tee", PLAN], input=text)


def _changed(told: list[dict[str, str]]) -> set[tuple[str, str]]:
    """Return the steps that changed something, with their hosts."""
    return {(each["host"], each["step"]) for each in told if each.get("state") == "changed"}


def test_a_kernel_without_wireguard_is_told_of_before_anything_is_changed(without: Rehearsal) -> None:
    console = without.hosts[0]
    if Path("/sys/module/wireguard").exists():
        pytest.skip("this machine's kernel has WireGuard")
    before = [configuration(host) for host in without.hosts]
    for more, status in ((("--check",), 1), (("--yes",), 1)):
        told = program(console, "apply", PLAN, *ALL, *more, status=status)
        assert "cannot encrypt by WireGuard: its kernel" in told
    assert [configuration(host) for host in without.hosts] == before
    for host in without.hosts:
        shell(host, f"[ ! -e {WIREGUARD_KEY} ]; [ ! -e {FILE} ]")


def test_no_key_pair_is_made_before_somebody_has_agreed_nor_where_something_is_in_the_way(rehearsal: Rehearsal) -> None:
    console, other = rehearsal.hosts
    session = Session(console, "198.51.100.2", f"vxlan-tui apply {PLAN} {' '.join(ALL)}")
    session.wait_for("Type yes:")
    assert "<public key of host-b, made first>" in session.seen
    session.type("no\n")
    assert session.ended(60) == 3, session.seen
    assert "nothing was changed" in session.seen
    shell(other, "ip link add else0 type vxlan id 10 dstport 8472 local 198.51.100.3")
    assert "else0" in program(console, "apply", PLAN, *ALL, "--yes", status=1)
    shell(other, "ip link delete else0")
    for host in rehearsal.hosts:
        shell(host, f'[ ! -e {WIREGUARD_KEY} ]; [ -z "$(ls {RECORDS_DIRECTORY})" ]')


def test_encryption_goes_on_is_renewed_goes_off_and_is_taken_back(rehearsal: Rehearsal) -> None:
    console, other = rehearsal.hosts
    before = [configuration(host) for host in rehearsal.hosts]
    said = program(console, "apply", PLAN, *ALL, "--check", status=1)
    assert "<public key of host-b, made first>" in said
    shell(console, f"[ ! -e {WIREGUARD_KEY} ]")
    alone = _agreed(console, "--host host-a --only bridge", status=1)
    assert "Run this command on this host (host-a)?" in alone
    assert "the WireGuard public key of host-b is not known here" in alone
    assert f"this host's own is {_public(console)}" in alone

    said += alone + _agreed(console, " ".join(ALL))
    for host, peer, address in ((console, other, "198.51.100.3"), (other, console, "198.51.100.2")):
        assert f"[wireguard-peer.{_public(peer)}]\nendpoint={address}:51820\n" in shell(host, f"cat {FILE}")
        assert shell(host, "nmcli -g connection.type,wireguard.listen-port connection show wg-vxlan").split() == [
            "wireguard",
            "51820",
        ]
        assert f'"public-key":{{"type":"s","data":"{_public(peer)}"}}' in shell(host, SETTINGS)
        assert "8472" not in shell(host, "firewall-cmd --zone=public --list-all")
        assert f'"{address}" port port="51820"' in shell(host, "firewall-cmd --zone=public --list-rich-rules")
        assert "8472" in shell(host, "firewall-cmd --permanent --zone=block --list-rich-rules")
        assert shell(host, "firewall-cmd --get-zone-of-interface=wg-vxlan").strip() == "block"
        _holds_no_private_key(host, said + program(host, "log", PLAN))
    assert "local 10.255.42.1" in shell(console, "ip -d link show vxlan10")
    assert rows(console, "apply", *ALL)[-1]["result"] == "unchanged"

    had = _public(other)
    shell(other, f"rm {WIREGUARD_KEY}")
    renewed = rows(console, "apply", *ALL)
    told = [(each["host"], each["step"]) for each in renewed if "step" in each]
    assert told.count(("host-b", "bridge.key")) == 1
    assert _changed(renewed) == {
        ("host-a", "bridge.wireguard"),
        ("host-a", "bridge.wireguard-peers"),
        ("host-b", "bridge.key"),
        ("host-b", "bridge.wireguard"),
        ("host-b", "bridge.wireguard-peers"),
    }
    assert _public(other) != had
    assert _public(other) in shell(console, f"cat {FILE}")

    _edit(console, CLEAR)
    rows(console, "apply", *ALL)
    for host in rehearsal.hosts:
        shell(host, f"[ ! -e {WIREGUARD_KEY} ]; [ ! -e {FILE} ]; ! ip link show dev wg-vxlan 2>/dev/null")
        assert shell(host, "firewall-cmd --zone=block --list-rich-rules").strip() == ""
        public = shell(host, "firewall-cmd --zone=public --list-rich-rules; firewall-cmd --zone=public --list-ports")
        assert public.split() == ["8472/udp"]
    assert "local 198.51.100.2" in shell(console, "ip -d link show vxlan10")

    rows(console, "undo", "--all")
    assert [configuration(host) for host in rehearsal.hosts] == before
    for host in rehearsal.hosts:
        shell(host, f'[ ! -e {WIREGUARD_KEY} ]; [ ! -e {FILE} ]; [ -z "$(ls {RECORDS_DIRECTORY})" ]')


def _agreed(console: Host, words: str, status: int = 0) -> str:
    """Agree to what `apply` shows, once, and return all that it said."""
    session = Session(console, "198.51.100.2", f"vxlan-tui apply {PLAN} {words}")
    session.wait_for("Type yes:")
    session.type("yes\n")
    assert session.ended(240) == status, session.seen
    assert session.seen.count("Type yes:") == 1, session.seen
    return session.seen


@campaign
def test_the_wizard_encrypts_all_hosts_in_one_run(rehearsal: Rehearsal) -> None:
    console, other = rehearsal.hosts
    pilot_on(console, "encrypted")
    for host, peer in ((console, other), (other, console)):
        assert f"[wireguard-peer.{_public(peer)}]" in shell(host, f"cat {FILE}")
    assert rows(console, "apply", *ALL)[-1]["result"] == "unchanged"
    rows(console, "undo", "--all")
    for host in rehearsal.hosts:
        shell(host, f"[ ! -e {WIREGUARD_KEY} ]; [ ! -e {FILE} ]")


def _holds_no_private_key(host: Host, said: str) -> None:
    """Neither what was said nor what is kept; a process list does not hold it either, as no command has it."""
    private = shell(host, f"cat {WIREGUARD_KEY}").strip()
    assert private not in said
    kept = shell(host, f"grep -rlF -e '{private}' {STATE_DIRECTORY} /etc/NetworkManager /run/NetworkManager || :")
    assert set(kept.split()) == {WIREGUARD_KEY, FILE}
    assert shell(host, f"stat -c '%a %U' {WIREGUARD_KEY} {FILE}").split() == ["600", "root", "600", "root"]
    assert private not in shell(host, "nmcli connection show wg-vxlan")


@campaign
def test_a_script_does_and_undoes_the_same_with_the_plans_public_keys(rehearsal: Rehearsal) -> None:
    console, other = rehearsal.hosts
    before = configuration(console)
    made = f"umask 077; mkdir -p {STATE_DIRECTORY}; wg genkey >/root/kept; cp /root/kept {WIREGUARD_KEY}"
    for host in rehearsal.hosts:
        shell(host, made)
    keys = {three_hosts.key(0): _public(console), three_hosts.key(1): _public(other)}
    text = re.sub("|".join(map(re.escape, keys)), lambda found: keys[found[0]], three_hosts.encrypted(CLEAR))
    _edit(console, text)
    planned = plans.parse(text.encode(), Path(PLAN))
    script = export.script(planned, planned.host("host-a"))
    ran = console.run(["bash", "-s"], input=script, timeout=120).stdout
    assert shell(console, "cat /root/kept").strip() not in ran
    assert console.run(["bash", "-s", "--", "--check"], input=script).stdout == ""
    assert rows(console, "apply", "--host", "host-a", "--only", "bridge,network")[-1] == {"result": "unchanged"}
    undo = export.undo_script(planned, planned.host("host-a"))
    console.run(["bash", "-s"], input=undo, timeout=120)
    assert configuration(console) == before
    shell(console, f"[ ! -e {FILE} ]; [ -e {WIREGUARD_KEY} ]")  # it was there before
    shell(console, f"rm {WIREGUARD_KEY}")
    stopped = console.run(["bash", "-s"], input=script, check=False, timeout=120)
    assert stopped.returncode == 1
    assert "in the way of wireguard.wg-vxlan: " in stopped.stderr
    assert states(rows(console, "undo"))["bridge.key"] == "changed"
    shell(console, f"[ ! -e {WIREGUARD_KEY} ]")

"""What the tools and the packets say: their text and their bytes in, evidence out."""

import json
import struct
from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_network
from pathlib import Path as File

import pytest

from vxlan_tui import readings
from vxlan_tui.checks.evidence import Echo, Rejection, Replies
from vxlan_tui.checks.probes import arping, frames, listening, ping, script
from vxlan_tui.checks.scripts import frames as sending
from vxlan_tui.checks.scripts import listen
from vxlan_tui.facts import daemons, evpn, iproute, ipsec, offload, wireguard
from vxlan_tui.facts.daemons import State
from vxlan_tui.facts.evpn import Evpn
from vxlan_tui.facts.ipsec import Policy
from vxlan_tui.plan import load
from vxlan_tui.reach import CommandFailed, Local, Output
from vxlan_tui.rehearsal import SAMPLE
from vxlan_tui.state import Route

PLAN = load(SAMPLE)
PEER = "203.0.113.1"
OWN = ip_address("198.51.100.2")


def _said(text: str, errors: str = "", status: int = 0) -> Output:
    return Output(status, text, errors)


def test_a_vxlans_own_table_is_read(captured: Callable[[str], str]) -> None:
    entries = iproute.parse_fdb(captured("bridge-fdb-vxlan"))
    assert [(each.mac, each.permanent) for each in entries if each.permanent] == [("00:00:00:00:00:00", True)]
    assert {each.destination for each in entries} == {PEER}


def test_a_route_is_read(captured: Callable[[str], str]) -> None:
    assert iproute.parse_route(captured("ip-route-get")) == Route("enp1s0", "198.51.100.254")


def test_stp_is_read(captured: Callable[[str], str]) -> None:
    links = iproute.parse_links(captured("ip-link"))
    port, controller = links["vxlan10"].port, links["bridge0"].bridge
    assert port is not None and controller is not None
    assert (port.state, port.flood, port.isolated, port.designated) == ("forwarding", True, False, controller.id)
    assert controller.forward_delay == 15.0


@pytest.fixture(params=["debian12", "debian13"])
def captured(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """What the tools said on a real host, by the name of the capture."""
    directory = File(__file__).parent / "captured" / request.param
    return lambda name: (directory / f"{name}.txt").read_text()


TEMPLATE = """
\tdir {} priority 0 ptype main
\ttmpl src 198.51.100.2 dst 203.0.113.1
\t\tproto esp reqid 1 mode transport
"""
VTEPS = ip_network("198.51.100.2/32"), ip_network("203.0.113.1/32")


@pytest.mark.parametrize(
    ("more", "template", "policies"),
    [
        ("", TEMPLATE.format("out"), [Policy(*VTEPS)]),
        ("proto udp", TEMPLATE.format("out"), [Policy(*VTEPS)]),
        ("proto udp dport 8472", TEMPLATE.format("out"), [Policy(*VTEPS, 8472)]),
        ("proto tcp dport 22", TEMPLATE.format("out"), []),
        ("proto tcp", TEMPLATE.format("out"), []),
        ("proto udp sport 5 dport 8472", TEMPLATE.format("out"), []),
        ("", TEMPLATE.format("in"), []),
        ("", f"{TEMPLATE.format('out')}\t\tlevel use\n", []),
    ],
)
def test_an_ipsec_policy_is_one_that_encrypts_udp_packets_that_leave(
    more: str, template: str, policies: list[Policy]
) -> None:
    other = f"src 10.0.0.0/8 dst 10.1.0.0/16 {TEMPLATE.format('out')}"
    text = f"src 198.51.100.2/32 dst 203.0.113.1/32 {more} {template}{other}"
    assert list(ipsec.parse_policies(text)) == [*policies, Policy(ip_network("10.0.0.0/8"), ip_network("10.1.0.0/16"))]


@pytest.mark.parametrize(
    ("status", "listed", "state"),
    [
        (0, "  812 Ssl\n", State.RUNS),
        (0, "  812 Tsl\n", State.STOPPED),
        (0, "  812 Tsl\n  900 Ssl\n", State.RUNS),
        (0, "  812 Zs\n", State.ABSENT),
        (1, "", State.ABSENT),
    ],
)
def test_a_daemon_is_judged_by_its_process(status: int, listed: str, state: State) -> None:
    assert daemons.by_process(_said(listed, status=status)).state is state


def test_a_daemon_whose_process_cannot_be_listed_is_not_called_dead() -> None:
    assert daemons.by_process(_said("", "ps: no such program on this host", 127)).state is State.UNKNOWN


def test_bgps_sessions_are_read() -> None:
    peers = {PEER: {"state": "Active"}, "203.0.113.2": {"state": "Established"}}
    assert evpn.parse_summary(_said(json.dumps({"peers": peers}))).sessions == {
        PEER: "Active",
        "203.0.113.2": "Established",
    }


@pytest.mark.parametrize(
    "output",
    [
        _said("", "Exiting: failed to connect to any daemons.", 1),
        _said("bgpd is not running\n"),
        _said("", "vtysh: no such program on this host", 127),
        _said("", "", 1),
    ],
)
def test_a_bgpd_that_does_not_run_is_an_error_in_words(output: Output) -> None:
    found = evpn.parse_summary(output)
    assert found.error and found != Evpn()


def test_wireguards_handshakes_are_read_by_address() -> None:
    addresses = "KEYA=\t10.255.42.2/32\nKEYB=\t10.255.42.3/32 2001:db8::3/128\nKEYC=\t(none)\n"
    times = "KEYA=\t1700000000\nKEYB=\t1700000050\nKEYC=\t0\n"
    found = wireguard.parse_handshakes(_said(addresses), _said(times), _said("1700000100\n"))
    assert found == {"10.255.42.2": 100.0, "10.255.42.3": 50.0, "2001:db8::3": 50.0}
    assert wireguard.parse_handshakes(_said("", "wg: no such program", 127), _said(""), _said("1")) is None


def test_a_driver_is_read_with_ethtool_and_without() -> None:
    assert offload.parse_driver(_said("driver: vmxnet3\nversion: 1.7\n"), _said("")) == "vmxnet3"
    assert (
        offload.parse_driver(_said("", "", 127), _said("../../../../bus/virtio/drivers/virtio_net\n")) == "virtio_net"
    )
    assert offload.parse_driver(_said("", "", 127), _said("", "", 1)) == ""
    assert offload.parse_bad_checksums("#kernel\nUdpInCsumErrors   7  0.0\nUdp6InCsumErrors  2  0.0\n") == 9


# --- ping and arping --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "errors", "echo"),
    [
        ("64 bytes from 203.0.113.1: icmp_seq=1 ttl=63 time=0.087 ms\n", "", Echo(True, 0.000087)),
        ("64 bytes from 2001:db8::1: icmp_seq=2 ttl=63 time<1 ms\n", "", Echo(True, 0.001)),
        ("5 packets transmitted, 0 received, 100% packet loss\n", "", Echo(False, error="no answer")),
        (
            "From 198.51.100.254 icmp_seq=1 Frag needed and DF set (mtu = 1400)\n",
            "",
            Echo(False, by="198.51.100.254", error="Frag needed and DF set (mtu = 1400)", mtu=1400),
        ),
        (
            "From 2001:db8::fe icmp_seq=1 Packet too big: mtu=1400\n",
            "",
            Echo(False, by="2001:db8::fe", error="Packet too big: mtu=1400", mtu=1400),
        ),
        (
            "",
            "ping: local error: message too long, mtu=1438\n",
            Echo(False, by=str(OWN), error="message too long, mtu=1438", mtu=1438),
        ),
        (
            "",
            "ping: local error: Message too long, mtu: 1438\n",
            Echo(False, by=str(OWN), error="Message too long, mtu: 1438", mtu=1438),
        ),
        (
            "From 198.51.100.2 icmp_seq=1 Destination Host Unreachable\n",
            "",
            Echo(False, by="198.51.100.2", error="Destination Host Unreachable"),
        ),
        ("", "ping: connect: Network is unreachable\n", Echo(False, error="connect: Network is unreachable")),
    ],
)
def test_what_ping_says_is_read(text: str, errors: str, echo: Echo) -> None:
    assert ping.parse(_said(text, errors), OWN) == echo


@pytest.mark.parametrize(("target", "payload"), [(PEER, "1472"), ("2001:db8::2", "1452")])
def test_a_packet_has_the_size_that_is_asked_for_with_its_headers(target: str, payload: str) -> None:
    argv = ping.command(OWN, ip_address(target), 1500)
    assert argv[argv.index("-s") + 1] == payload
    assert argv[argv.index("-M") + 1] == "do"
    assert "-s" not in ping.command(OWN, ip_address(target))


REPLIED = "Unicast reply from 192.0.2.2 [52:54:00:C6:7E:CF]  46.897ms\nSent 1 probes (1 broadcast(s))\n"
UNANSWERED = "Sent 2 probes (2 broadcast(s))\nReceived 0 response(s)\n"


def test_what_arping_says_is_read() -> None:
    found = arping.parse({"192.0.2.2": _said(REPLIED, status=1), "192.0.2.3": _said(UNANSWERED)})
    assert found == Replies({"192.0.2.2": "52:54:00:c6:7e:cf"})


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (_said("", "arping: no such program on this host", 127), "apt-get install iputils-arping"),
        (_said("", "arping: invalid option -- 'D'\nUsage: arping [-0aAbdD]", 1), "of iputils is not"),
        (_said("", "arping: Interface bridge0 is down\n", 2), "is down"),
    ],
)
def test_an_arping_that_cannot_ask_is_no_silence(output: Output, words: str) -> None:
    assert words in arping.parse({"192.0.2.2": output}).error


# --- What comes in ----------------------------------------------------------------------------------------------------


def _ipv4(source: str, protocol: int, body: bytes) -> bytes:
    head = bytes([0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0])
    return head + ip_address(source).packed + OWN.packed + body


def _ipv6(to: str, protocol: int, body: bytes) -> bytes:
    return bytes([0x60, 0, 0, 0, 0, 0, protocol, 64]) + bytes(16) + ip_address(to).packed + body


UDP = bytes([0xC0, 0, 0x21, 0x18, 0, 0, 0, 0])
VXLAN = UDP + bytes([8, 0, 0, 0, 0, 0, 10, 0]) + bytes(14)


def test_a_vxlan_packet_is_read_and_any_other_passed_over() -> None:
    assert listen.packet(4, _ipv4(PEER, 17, VXLAN), PEER) == [(PEER, 8472, 10)]
    assert listen.packet(6, VXLAN, "2001:db8::2") == [("2001:db8::2", 8472, 10)]
    assert listen.packet(4, _ipv4(PEER, 17, bytes(40)), PEER) == []


@pytest.mark.parametrize("version", [4, 6])
def test_a_packet_that_is_cut_off_anywhere_is_no_error(version: int) -> None:
    whole = _ipv4(PEER, 17, VXLAN) if version == 4 else VXLAN
    about = bytes([3, 13, 0, 0, 0, 0, 0, 0]) + _ipv4(PEER, 17, VXLAN)
    for cut in range(len(whole)):
        listen.packet(version, whole[:cut], PEER)
    for cut in range(len(about) + 20):
        listen.error(version, (_ipv4(PEER, 1, about) if version == 4 else about)[:cut], PEER)


@pytest.mark.parametrize(("code", "answer"), [(3, "refused"), (13, "rejected"), (10, "rejected")])
def test_an_error_about_a_packet_of_ours_is_read(code: int, answer: str) -> None:
    about = bytearray(_ipv4(str(OWN), 17, UDP))
    about[16:20] = ip_address(PEER).packed
    rows = listen.error(
        4, _ipv4("198.51.100.254", 1, bytes([3, code, 0, 0, 0, 0, 0, 0]) + bytes(about)), "198.51.100.254"
    )
    printed = {"packets": [], "errors": rows, "seconds": 1.0, "error": ""}
    heard = listening.parse(_said(json.dumps(printed)))
    assert heard.rejections == {Rejection("198.51.100.254", PEER, 8472, answer)}
    assert listening.about(heard, (PEER,), 8472) is not None
    assert listening.about(heard, (PEER,), 4789) is None


def test_an_ipv6_error_about_a_packet_of_ours_is_read() -> None:
    message = bytes([1, 4, 0, 0, 0, 0, 0, 0]) + _ipv6("2001:db8::2", 17, UDP)
    assert listen.error(6, message, "2001:db8::2") == [("2001:db8::2", "2001:db8::2", 8472, 1, 4)]


@pytest.mark.parametrize(
    ("kind", "code", "answer"),
    [(3, 3, "refused"), (1, 4, "refused"), (3, 1, ""), (1, 3, ""), (3, 13, "rejected"), (1, 1, "rejected")],
)
def test_icmp_errors_have_their_meaning(kind: int, code: int, answer: str) -> None:
    assert listening.meaning(kind, code) == answer


def test_listening_ends_when_all_has_been_heard_and_not_before_an_answer_could_come() -> None:
    asked = listening.asked(PLAN, PLAN.hosts[0])
    heard = {(PEER, 8472, 10)}
    assert not listen.ended(asked, heard, 0.5)
    assert listen.ended(asked, heard, listen.PATIENCE)
    assert not listen.ended(asked, set(), listening.EARLY)
    assert listen.ended(asked, set(), listening.LONG + 0.1)


# --- Full-size frames -------------------------------------------------------------------------------------------------


def test_a_request_is_padded_to_its_size_and_only_a_reply_to_us_counts() -> None:
    own, other = bytes.fromhex("525400000001"), bytes.fromhex("525400000002")
    asked = sending.question(own, "192.0.2.2", 1450)
    assert len(asked) == 1450 + 14
    assert sending.answer(asked, own) == []
    reply = own + other + asked[12:20] + b"\x00\x02" + other + ip_address("192.0.2.2").packed + own + bytes(4)
    assert sending.answer(reply, own) == ["192.0.2.2"]
    assert sending.answer(b"\xff" * 6 + reply[6:], own) == []
    assert sending.answer(reply[:30], own) == []


def _tcp(version: int, *, right: bool) -> bytes:
    """A frame with a TCP segment whose checksum is right, or not."""
    segment = bytearray(struct.pack("!HHIIBBHHH", 1, 2, 3, 4, 0x50, 0x10, 100, 0, 0) + b"some text")
    ends = ip_address("192.0.2.1" if version == 4 else "2001:db8::1").packed * 2
    value = sending.total(ends + struct.pack("!II", 6, len(segment)) + segment) ^ 0xFFFF
    segment[16:18] = struct.pack("!H", value ^ (0 if right else 0x0101))
    if version == 4:
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, 6, 0) + ends
        return bytes(12) + b"\x08\x00" + head + segment
    return bytes(12) + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(segment), 6, 64) + ends + segment


@pytest.mark.parametrize("version", [4, 6])
def test_a_tcp_checksum_is_told_right_from_wrong(version: int) -> None:
    assert sending.total(sending.pseudo(_tcp(version, right=True))) == 0xFFFF
    assert sending.total(sending.pseudo(_tcp(version, right=False))) != 0xFFFF
    padded = _tcp(version, right=True) + bytes(10)
    assert sending.total(sending.pseudo(padded)) == 0xFFFF
    assert all(sending.pseudo(padded[:cut]) == b"" for cut in range(len(padded) - 10))


def test_what_the_programs_print_is_read_and_what_they_cannot_do_is_words() -> None:
    printed = {"answers": [["192.0.2.2", 1450]], "tcp": [["52:54:00:00:00:02", 3, 4]], "error": ""}
    found = frames.parse(_said(json.dumps(printed)), 1450)
    assert (found.full, found.answered, found.tcp["52:54:00:00:00:02"].wrong) == (1450, {"192.0.2.2": 1450}, 3)
    missing = _said("", "python3: no such program on host-b", 127)
    assert "python3" in frames.parse(missing, 1450).error and "python3" in listening.parse(missing).error
    assert frames.parse(_said("", "Traceback\nPermissionError: not permitted\n", 1), 1450).error.endswith(
        "not permitted"
    )


def test_a_program_runs_here_by_its_file_and_elsewhere_by_its_text() -> None:
    here = listening.command(PLAN, PLAN.hosts[0])
    elsewhere = listening.command(PLAN, PLAN.hosts[0], is_local=False)
    assert File(here[2]).read_text(encoding="utf-8") == elsewhere[3]
    assert json.loads(here[-1]) == json.loads(elsewhere[-1])
    assert script.shown(here).startswith("python3 -IS /")


@pytest.mark.parametrize(("program", "is_told"), [("vtysh", True), ("virsh", False)])
def test_that_no_daemon_answers_tells_something_of_frr_alone(program: str, is_told: bool) -> None:
    """FRR's configuration is not there while it does not run; whether a VM is there nobody knows without libvirt."""
    argv = (program, "show")
    assert readings.read_what_answers(_Without(), [argv]) == ({argv: ""} if is_told else {})


class _Without(Local):
    """A host whose daemons do not answer, or where a command ends in another way."""

    ends = ("Exiting:\nfailed to connect to any daemons.", 1)

    def read_all(self, commands: Iterable[tuple[str, ...]], timeout: float = 0.0) -> list[Output]:
        """Return what each command says then."""
        return [_said("", *self.ends) for _ in commands]


@pytest.mark.parametrize(("status", "ended"), [(124, "did not end within 30 s"), (137, "did not end"), (143, "143")])
def test_a_reading_that_was_stopped_does_not_tell_that_nothing_is_there(status: int, ended: str) -> None:
    """Who has no words and is no `no`: else a profile would be made a second time, on a host that is only busy."""
    host, argv = _Without(), ("nmcli", "connection", "show", "id", "bridge0")
    host.ends = ("", 1)
    assert readings.read(host, [argv]) == {argv: ""}
    host.ends = ("", status)
    assert readings.read_what_answers(host, [argv]) == {}
    with pytest.raises(CommandFailed, match=f"`nmcli connection show id bridge0` .*{ended}"):
        readings.read(host, [argv])

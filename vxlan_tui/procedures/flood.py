"""How a VXLAN finds more than one other host without a multicast group: the kernel's flood list, or what BGP tells it.

NetworkManager knows neither flood lists nor a bridge port's learning. A dispatcher script of its own, one a VXLAN,
sets them whenever the device comes up; it is kept beside the profile, so that it holds without this program.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

from vxlan_tui.command import Command, command
from vxlan_tui.plan import Host, Plan, Segment
from vxlan_tui.procedures.peers import others
from vxlan_tui.sections import BRIDGE
from vxlan_tui.state import HostState
from vxlan_tui.things import Reading, Thing, lines

SECTION = BRIDGE.number

DIRECTORY = "/etc/NetworkManager/dispatcher.d"

ALL = "00:00:00:00:00:00"
"""The address of a flood entry: broadcasts, and frames to unknown addresses (bridge(8), fdb)."""


def kept(plan: Plan, host: Host, segment: Segment, state: HostState | None) -> Iterator[Thing]:
    """Return what NetworkManager is to do whenever the VXLAN comes up; nothing where the profile says it all."""
    match plan.flood(segment):
        case "list":
            body = text(segment.vxlan, plan.others(host))
            yield script(segment.vxlan, body, text(segment.vxlan, others(plan, host, state).addresses))
        case "evpn":
            body = text(segment.vxlan)
            yield script(segment.vxlan, body, body)


def in_force(plan: Plan, host: Host, segment: Segment, state: HostState | None) -> Iterator[Thing]:
    """Return what the kernel is to have by it."""
    match plan.flood(segment):
        case "list":
            yield entries(segment.vxlan, others(plan, host, state).addresses)
        case "evpn":
            yield not_learning(segment.vxlan)


def file(vxlan: str) -> str:
    """Return the dispatcher script of a VXLAN."""
    return f"{DIRECTORY}/90-vxlan-tui-{vxlan}"


def text(vxlan: str, peers: Iterable[str] | None = None) -> str:
    """Return a dispatcher script; one without peers keeps the bridge from learning what BGP tells."""
    learns = peers is not None
    what = f"Keeps the list of the other hosts that {vxlan} sends broadcasts and frames to unknown addresses to."
    words = what if learns else f"Keeps the bridge from learning behind which host an address is: BGP tells {vxlan}."
    return _template().render(vxlan=vxlan, learns=learns, words=words, peers=lines(peers or ()))


@cache
def _template() -> Template:
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 (a shell script; names of interfaces and addresses need no quoting)
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(Path(__file__).with_name("flood.sh.j2").read_text())


def script(vxlan: str, body: str = "", told: str = "") -> Thing:
    """Return the dispatcher script as a thing: root's, to be executed, and of exactly this text.

    `told` is the text with a mark in place of the other hosts, where a script lists them.
    """
    name = file(vxlan)
    make = (Command(("install", "-m", "755", "/dev/stdin", name), stdin=told),)
    # One that NetworkManager would pass over, as another's or not to be executed, counts as not there.
    runs = ("find", name, "-user", "root", "-perm", "755", "-exec", "sha256sum", "{}", "+")
    return Thing(
        "bridge.flood-script",
        SECTION,
        vxlan,
        f"Have NetworkManager set up {vxlan} further whenever it comes up",
        "A connection profile cannot say it all. NetworkManager runs what lies there, also after a boot.",
        f"flood.{vxlan}",
        Reading(runs, "^[0-9a-f]{64}"),
        hashlib.sha256(body.encode()).hexdigest(),
        make=make,
        change=make,
        delete=(command("rm", "-f", name),),
        back_title=f"{name}, there or not as before",
    )


def entries(vxlan: str, peers: Iterable[str]) -> Thing:
    """Return as a thing that the kernel has each of these hosts in the VXLAN's flood list, and no other."""
    listed = Reading(("bridge", "fdb", "show", "dev", vxlan), f"^{ALL} dst [^ ]+")
    fill = (command(file(vxlan), vxlan, "up"),)
    return Thing(
        "bridge.flood",
        SECTION,
        vxlan,
        f"List the other hosts in {vxlan}",
        "Broadcasts, and frames to addresses not learned yet, go to each host of the list.",
        "",
        listed,
        lines(f"{ALL} dst {peer}" for peer in peers),
        make=fill,
        change=fill,
    )


def not_learning(vxlan: str) -> Thing:
    """Return as a thing that the bridge does not learn from the VXLAN, where BGP tells what is behind it."""
    off = (command(file(vxlan), vxlan, "up"),)
    return Thing(
        "bridge.learning",
        SECTION,
        vxlan,
        f"Keep the bridge from learning what BGP tells of {vxlan}",
        "An address that it learned by itself would outlive the VM's move to another host.",
        "",
        Reading(("bridge", "-d", "link", "show", "dev", vxlan), " learning (on|off)"),
        " learning off",
        make=off,
        change=off,
    )

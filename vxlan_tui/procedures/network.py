"""Section 10.4: the libvirt network on top of the bridge."""

from collections.abc import Iterable, Iterator
from functools import cache

from jinja2 import Environment, StrictUndefined

from vxlan_tui.command import Command, command
from vxlan_tui.plan import Plan
from vxlan_tui.procedures import virsh
from vxlan_tui.sections import NETWORK
from vxlan_tui.things import Clear, Reading, Thing, escaped

SECTION = NETWORK.number

# No <mtu>: libvirt refuses it for a network with forward mode bridge.
_NETWORK = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True).from_string(
    '<network><name>{{ name }}</name><forward mode="bridge"/><bridge name="{{ bridge }}"/></network>\n'
)


def things(plan: Plan) -> Iterator[Thing]:
    """Return what every segment's libvirt network is made of."""
    for segment in plan.segments:
        yield definition(segment.network, segment.bridge)
        yield active(segment.network)
        yield autostart(segment.network)


@cache
def xml(name: str, bridge: str) -> str:
    """Return a network's XML (libvirt, network XML format: forward mode bridge)."""
    return _NETWORK.render(name=name, bridge=bridge)


def _info(name: str, pick: str) -> Reading:
    return Reading(("virsh", "net-info", name), pick)


def users(name: str, put_back: Iterable[str] = ()) -> Clear:
    """Return what says that VMs use the network, other than those that this undo puts back."""
    files = "|".join(escaped(f"/etc/libvirt/qemu/{vm}.xml") for vm in put_back)
    asked = ("grep", "-rlF", "-e", f"<source network='{_xml(name)}'", "/etc/libvirt/qemu")
    return Clear(Reading(asked), files, f"VMs that this undo does not put back use {name}: {{}}")


def definition(name: str, bridge: str = "") -> Thing:
    """Return the network's definition as a thing."""
    make = (Command(("virsh", "net-define", "/dev/stdin"), stdin=xml(name, bridge)),)
    other = Clear(
        Reading(("virsh", "net-dumpxml", name), "<(forward mode|bridge name)='[^']*"),
        f"<(forward mode='bridge|bridge name='{escaped(_xml(bridge))})",
        f"a libvirt network {name} exists that is not the plan's: it has {{}}",
    )
    return Thing(
        "network.define",
        SECTION,
        name,
        f"Define the libvirt network {name} on {bridge}",
        "VMs name the network, and libvirt adds their devices to the bridge when they start.",
        f"network.{name}",
        _info(name, "Persistent: +[a-z]+"),
        virsh.line("Persistent", "yes"),
        make=make,
        change=make,
        clear=(other,),
        delete=(command("virsh", "net-undefine", name),),
        restore_when={virsh.line("Persistent", "no"): (command("virsh", "net-undefine", name),)},
        back_clear=(users(name),),
        with_next=True,
        back_title=f"libvirt network {name}, as before",
    )


def active(name: str) -> Thing:
    """Return as a thing that the network is active."""
    start, stop = command("virsh", "net-start", name), command("virsh", "net-destroy", name)
    return Thing(
        "network.start",
        SECTION,
        name,
        f"Start the libvirt network {name}",
        "A VM can only start on a network that is active.",
        f"network.{name}",
        _info(name, "Active: +yes"),
        virsh.line("Active", "yes"),
        make=(start,),
        delete=(stop,),
        partial=True,
        with_next=True,
        revive=(start,),
        back_title=f"libvirt network {name}, active or not as before",
    )


def autostart(name: str) -> Thing:
    """Return as a thing that the network starts whenever libvirt starts."""
    on, off = command("virsh", "net-autostart", name), command("virsh", "net-autostart", name, "--disable")
    return Thing(
        "network.autostart",
        SECTION,
        name,
        f"Start {name} whenever libvirt starts",
        "Otherwise its VMs stay off after a reboot.",
        f"network.{name}",
        _info(name, "Autostart: +yes"),
        virsh.line("Autostart", "yes"),
        make=(on,),
        delete=(off,),
        goes_with=f"network.{name}",
        partial=True,
        back_title=f"{name} starts with libvirt or not, as before",
    )


_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&apos;"), ('"', "&quot;"))


def _xml(text: str) -> str:
    """Return text as libvirt writes it into an attribute."""
    for char, entity in _ENTITIES:
        text = text.replace(char, entity)
    return text

"""What a host's profiles and VXLAN devices have other than the plan, by the settings that the procedures want."""

from vxlan_tui.plan import Host, Plan, Segment
from vxlan_tui.procedures.profiles import Wanted
from vxlan_tui.state import HostState, Profile, VxlanLink
from vxlan_tui.steps import Change
from vxlan_tui.things import MTU_PROPERTY


def found(wanted: Wanted, state: HostState) -> Profile | None:
    """Return the existing profile of that name."""
    return next(iter(state.named(wanted.name)), None)


def of_profile(wanted: Wanted, state: HostState) -> tuple[Change, ...]:
    """Return what an existing profile has other than the plan; nothing where there is no profile."""
    profile = found(wanted, state)
    if profile is None:
        return ()
    keys = [key for key in wanted.expected if key not in ("connection.type", MTU_PROPERTY)]
    pairs = ((key, _value(profile, key, state), wanted.expected[key]) for key in keys)
    return tuple(Change(f"{wanted.name}: {key}", old, new) for key, old, new in pairs if old != new)


def _value(profile: Profile, key: str, state: HostState) -> str:
    """Return a property as the plan would put it: a controller by its name, where it stands by its UUID."""
    value = profile.settings.get(key, "")
    if key == "connection.master":
        return next((p.interface or p.name for p in state.profiles if p.uuid == value), value)
    return value.replace(", ", ",")


def of_device(plan: Plan, host: Host, segment: Segment, state: HostState) -> tuple[Change, ...]:
    """Return what the kernel's VXLAN device has other than the plan; nothing where there is no device."""
    link = state.links.get(segment.vxlan)
    if link is None or link.vxlan is None:
        return ()
    has, new = link.vxlan, _planned(plan, host, segment, link.vxlan)
    names = {"vni": "VNI", "port": "UDP port", "local": "local", "remote": "remote", "parent": "parent"}
    pairs = ((what, str(getattr(has, key)), str(getattr(new, key))) for key, what in names.items())
    return tuple(Change(f"{segment.vxlan}: {what}", old, new) for what, old, new in pairs if old != new)


def _planned(plan: Plan, host: Host, segment: Segment, has: VxlanLink) -> VxlanLink:
    parent = host.interface if segment.group else has.parent
    remote = str(plan.remote(host, segment) or "")
    return VxlanLink(segment.vni, segment.port, str(plan.tunnel_address(host)), remote, parent)

"""Sections 10.2 and 10.3 taken back: connection profiles."""

from collections.abc import Iterable
from dataclasses import replace

from vxlan_tui.before import Record, profile_record, underlay_record
from vxlan_tui.command import Command, command
from vxlan_tui.procedures import bridge, cuts, ethernet, profiles
from vxlan_tui.state import HostState, Profile
from vxlan_tui.steps import Change, Step

ETHERNET = "802-3-ethernet"


def virtual_steps(records: Iterable[Record], state: HostState, restored: list[Record]) -> list[Step]:
    """Give the steps for VXLANs, then for bridges: a port leaves before its controller."""
    found = [(record, _one(record, state)) for record in records]
    by_type = {kind: [pair for pair in found if _type(pair) == kind] for kind in ("vxlan", "bridge")}
    return [
        *(_virtual("bridge.vxlan", record, profile, state, "") for record, profile in by_type["vxlan"]),
        *(
            _virtual(
                "bridge.bridge",
                record,
                profile,
                state,
                _bridge_users(profile, state, restored),
                _active_ports(profile, by_type["vxlan"]),
            )
            for record, profile in by_type["bridge"]
        ),
    ]


def _active_ports(profile: Profile | None, vxlans: Iterable[tuple[Record, Profile | None]]) -> tuple[str, ...]:
    """Name the VXLAN profiles that were active as the bridge's ports and stay."""
    names = (profile.interface, profile.uuid) if profile else ()
    return tuple(
        record.subject
        for record, found in vxlans
        if found is not None
        and record.says("existed")
        and record.says("active")
        and record.settings.get("connection.controller") in names
    )


def _type(pair: tuple[Record, Profile | None]) -> str:
    return pair[0].fields.get("type", "")


def _one(record: Record, state: HostState) -> Profile | None:
    return next(iter(state.named(record.subject)), None)


def _bridge_users(profile: Profile | None, state: HostState, restored: list[Record]) -> str:
    """Name the running VMs whose devices are ports of the bridge and stay so."""
    if profile is None:
        return ""
    ports = {link.name for link in state.ports_of(profile.interface)}
    names = {record.subject for record in restored}
    users = [
        vm.name for vm in state.vms.values() if vm.name not in names and any(n.device in ports for n in vm.live_nics)
    ]
    return f"VMs that this undo does not put back are on {profile.interface}: {', '.join(users)}" if users else ""


def _virtual(
    step_id: str,
    record: Record,
    profile: Profile | None,
    state: HostState,
    users: str,
    ports: tuple[str, ...] = (),
) -> Step:
    name = record.subject
    existed = record.says("existed")
    title = f"Put the connection profile {name} back as it was" if existed else f"Delete the connection profile {name}"
    step = Step(step_id, bridge.SECTION, name, title, restored=(record.name,))
    if profile is None:
        return replace(step, note=f"there is no connection profile {name} any more") if existed else step
    if len(state.named(name)) > 1:
        return replace(step, conflict=f"several connection profiles are named {name}: which one is ours is not known")
    if not existed:
        return _guarded(replace(step, commands=(profiles.delete(name),), conflict=users), record, profile, state)
    changes = _setting_changes(record, profile)
    commands = (*_edit(name, state, changes, record), *_power(record, profile, bool(changes), ports))
    return _guarded(replace(step, commands=commands, changes=changes), record, profile, state)


def _guarded(step: Step, record: Record, profile: Profile, state: HostState) -> Step:
    """Mark a step that changes what the admin's own session comes in over."""
    why = cuts.over(state, profile.interface) if step.commands else ""
    now = profile_record(record.fields.get("plan", ""), profile.name, profile.type, profile, record.settings)
    return replace(step, cuts=why, stands=(now,) if why else ())


def _setting_changes(record: Record, profile: Profile) -> tuple[Change, ...]:
    pairs = ((key, profile.settings.get(key, ""), old) for key, old in record.settings.items())
    return tuple(Change(f"{record.subject}: {key}", now, old) for key, now, old in pairs if now != old)


def _edit(name: str, state: HostState, changes: Iterable[Change], record: Record) -> tuple[Command, ...]:
    keys = [change.what.removeprefix(f"{name}: ") for change in changes]
    return (profiles.set_properties(name, state, {key: record.settings[key] for key in keys}),) if keys else ()


def _power(record: Record, profile: Profile, edited: bool, ports: tuple[str, ...]) -> tuple[Command, ...]:
    """A device that exists by its profile is made anew: the kernel cannot change all of it in place.

    Its ports, which go down with it, do not come back by themselves (NetworkManager 1.52).
    """
    name, active = record.subject, bool(profile.device)
    if not record.says("active"):
        return (profiles.down(name),) if active else ()
    if active and not edited:
        return ()
    return (*((profiles.down(name),) if active else ()), *(profiles.up(each) for each in (name, *ports)))


def underlay_step(underlay: Record, records: Iterable[Record], state: HostState) -> Step:
    """Give the step that puts the underlay interface back on the profile that was active, then deletes ours."""
    mine = [record for record in records if record.fields.get("type") == ETHERNET]
    found = [(record, profile) for record in mine if (profile := _one(record, state)) is not None]
    kept = [(record, profile) for record, profile in found if record.says("existed")]
    differing = [(record, _setting_changes(record, profile)) for record, profile in kept]
    changes = tuple(change for _, of_one in differing for change in of_one)
    edits = [edit for record, of_one in differing for edit in _edit(record.subject, state, of_one, record)]
    deletes = [profiles.delete(record.subject) for record, _ in found if not record.says("existed")]
    activate = _reactivate(underlay, state, kept, edited=bool(edits))
    interface = underlay.subject
    commands = (*edits, *activate, *deletes)
    why = cuts.interface(interface, state, comes_back="up" in (w for c in activate for w in c.argv)) if commands else ""
    return Step(
        "ethernet.profile",
        ethernet.SECTION,
        interface,
        f"Put {interface} back as it was",
        commands=commands,
        changes=changes,
        restored=(*(record.name for record in mine), underlay.name),
        cuts=why,
        stands=_stands(underlay, found, state) if why else (),
    )


def _stands(underlay: Record, found: Iterable[tuple[Record, Profile]], state: HostState) -> tuple[Record, ...]:
    """Record how the underlay stands now, so that the undo itself can be rolled back."""
    plan, name = underlay.fields.get("plan", ""), underlay.subject
    rows = (profile_record(plan, record.subject, ETHERNET, profile, record.settings) for record, profile in found)
    return (underlay_record(plan, name, state.active_on(name)), *rows)


def _reactivate(
    underlay: Record, state: HostState, kept: Iterable[tuple[Record, Profile]], edited: bool
) -> tuple[Command, ...]:
    """Activate the profile that was active; where none was, take down one that existed and was not active."""
    uuid = underlay.fields.get("active", "")
    active = state.active_on(underlay.subject)
    if uuid in {profile.uuid for profile in state.profiles}:
        as_it_was = active is not None and active.uuid == uuid and not edited
        return () if as_it_was else (command("nmcli", "connection", "up", "uuid", uuid),)
    idle = [profile.name for _, profile in kept if not uuid and profile.device == underlay.subject]
    return tuple(profiles.down(name) for name in idle)

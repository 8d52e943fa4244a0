"""The way back: from what stood before to the commands that restore it, last thing first.

Each step looks at the host again, so that an undo that was cut off goes on where it stopped, and so that
nothing is taken back that is already gone.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from vxlan_tui.before import Record
from vxlan_tui.command import Command, command
from vxlan_tui.paths import RECORDS_DIRECTORY, XML_DIRECTORY
from vxlan_tui.plan import Host, Plan
from vxlan_tui.procedures import bridge, ethernet, network, profiles, vms
from vxlan_tui.state import HostState, Link, Network, Nic, Profile, VmState
from vxlan_tui.steps import Change, Step

DEFAULT_SHUTDOWN_TIMEOUT = 60


def steps(plan: Plan, host: Host, records: Iterable[Record], state: HostState) -> list[Step]:
    """Give the steps that take back what was done on this host for this plan, in reverse order."""
    ours = {record.name: record for record in records if _is_ours(record, plan, host)}
    nics = {record.name: record for record in records if record.kind == "nic"}
    by_kind = {kind: [r for r in ours.values() if r.kind == kind] for kind in _KINDS}
    found = [step for record in by_kind["vm"] for step in _vm(plan, record, nics, state)]
    found += [_network(record, state, by_kind["vm"]) for record in by_kind["network"]]
    found += [_port(plan, record, state) for record in by_kind["port"]]
    found += _profiles(by_kind["profile"], state, by_kind["vm"])
    found += _ethernet(by_kind["profile"], by_kind["underlay"], state)
    return found


_KINDS = ("vm", "network", "port", "profile", "underlay")


def _is_ours(record: Record, plan: Plan, host: Host) -> bool:
    """Whether the plan names the thing, or the record was made for this very plan file (which was edited since)."""
    return (
        record.fields.get("plan") == str(plan.path) or record.name in _named(plan, host) or _is_our_port(record, plan)
    )


def _named(plan: Plan, host: Host) -> set[str]:
    segments = plan.segments
    names = {f"underlay.{host.interface}"}
    names |= {f"profile.{host.ethernet.profile}"} if host.ethernet else set()
    names |= {f"profile.{name}" for segment in segments for name in (segment.bridge, segment.vxlan_profile)}
    names |= {f"network.{segment.network}" for segment in segments}
    return names | {f"vm.{vm.name}" for vm in plan.vms_of(host)}


def _is_our_port(record: Record, plan: Plan) -> bool:
    return record.kind == "port" and record.name.rpartition(".")[2] in {str(s.port) for s in plan.segments}


def _vm(plan: Plan, record: Record, nics: Mapping[str, Record], state: HostState) -> Iterator[Step]:
    name = record.subject
    own = [r for r in nics.values() if r.subject.partition(".")[2] == name]
    spent = (record.name, *(r.name for r in own))
    vm = state.vms.get(name)
    timeout = max((v.shutdown_timeout for v in plan.vms if v.name == name), default=DEFAULT_SHUTDOWN_TIMEOUT)
    step = Step("vm.restore", vms.SECTION, name, f"Put {name} back as it was", restored=spent)
    if vm is None:
        yield replace(step, note=f"there is no VM {name} any more") if record.says("existed") else step
    elif not record.says("existed"):
        yield _remove_vm(step, vm, timeout)
    else:
        yield _restore_vm(step, vm, own, record.says("running"), timeout)


def _remove_vm(step: Step, vm: VmState, timeout: int) -> Step:
    down = () if vm.off else vms.shut_down(vm.name, timeout)
    undefine = command("virsh", "undefine", vm.name, "--nvram", "--managed-save")
    note = (
        f"its disks are kept; `virsh domblklist` named them while it was defined ({vm.name} was created by this plan)"
    )
    return replace(step, title=f"Remove the VM {vm.name}", commands=(*down, undefine), note=note)


def _restore_vm(step: Step, vm: VmState, own: list[Record], ran: bool, timeout: int) -> Step:
    differing = [record for record in own if _differs(record, vm.nics)]
    edits = tuple(
        command("virsh", "update-device", vm.name, f"{RECORDS_DIRECTORY}/{record.name}", "--config")
        for record in differing
    )
    changes = tuple(Change(f"{vm.name}: NIC {_mac(record)}", "the plan's network", "as before") for record in differing)
    stale = [record for record in own if _runs_elsewhere(record, vm)]
    down = vms.shut_down(vm.name, timeout) if not vm.off and (stale or not ran) else ()
    start = (vms.start(vm.name),) if ran and (vm.off or stale) else ()
    return replace(step, commands=(*edits, *down, *start), changes=changes)


def _mac(record: Record) -> str:
    return record.subject.partition(".")[0].replace("-", ":")


def _differs(record: Record, nics: Iterable[Nic]) -> bool:
    return any(nic.mac == _mac(record) and nic.xml != record.text for nic in nics)


def _runs_elsewhere(record: Record, vm: VmState) -> bool:
    """Whether the VM runs with a NIC that is connected to something else than the record's."""
    live = next((nic for nic in vm.live_nics if nic.mac == _mac(record)), None)
    return live is not None and bool(live.source) and f"'{live.source}'" not in record.text


def _users(networks: Iterable[str], state: HostState, restored: Iterable[Record]) -> list[str]:
    """Name the VMs that use a network and are not put back by this undo."""
    names, wanted = {record.subject for record in restored}, set(networks)
    return [
        vm.name
        for vm in state.vms.values()
        if vm.name not in names and any(nic.network in wanted for nic in (*vm.nics, *vm.live_nics))
    ]


def _network(record: Record, state: HostState, restored: list[Record]) -> Step:
    name = record.subject
    found = state.networks.get(name)
    step = Step(
        "network.restore", network.SECTION, name, f"Take the libvirt network {name} back", restored=(record.name,)
    )
    users = _users([name], state, restored)
    file = f"{XML_DIRECTORY}/{name}.xml"
    leftover = (command("rm", file),) if file in state.leftovers else ()
    commands = (*leftover, *_network_commands(record, found)) if found else leftover
    if commands and users:
        return replace(step, conflict=f"VMs that this undo does not put back use {name}: {', '.join(users)}")
    return replace(step, commands=commands)


def _network_commands(record: Record, found: Network) -> Iterator[Command]:
    existed, name = record.says("existed"), found.name
    if found.autostart and existed and not record.says("autostart"):
        yield command("virsh", "net-autostart", name, "--disable")
    if found.active and not (existed and record.says("active")):
        yield command("virsh", "net-destroy", name)
    if found.persistent and not (existed and record.says("persistent")):
        yield command("virsh", "net-undefine", name)


def _port(plan: Plan, record: Record, state: HostState) -> Step:
    zone_name, _, port = record.subject.rpartition(".")
    title = f"Close UDP port {port} in the firewalld zone {zone_name}"
    step = Step("bridge.firewall", bridge.SECTION, f"{port}/udp", title)
    others = [link.name for link in _other_vxlans(plan, state) if link.vxlan and str(link.vxlan.port) == port]
    if others:
        return replace(step, note=f"left open: {', '.join(others)} uses it")
    zone = state.zones.get(zone_name)
    if zone is None:
        return replace(step, restored=(record.name,))
    scopes = (((), zone.runtime, "runtime"), (("--permanent",), zone.permanent, "permanent"))
    commands = tuple(
        command("firewall-cmd", *scope, f"--zone={zone_name}", f"--remove-port={port}/udp")
        for scope, has, key in scopes
        if int(port) in has and not record.says(key)
    )
    return replace(step, commands=commands, restored=(record.name,))


def _other_vxlans(plan: Plan, state: HostState) -> list[Link]:
    ours = {segment.vxlan for segment in plan.segments}
    return [link for link in state.links.values() if link.vxlan and link.name not in ours]


def _profiles(records: Iterable[Record], state: HostState, restored: list[Record]) -> list[Step]:
    """Bring VXLANs back before bridges: a port leaves before its controller."""
    found = [(record, _one(record, state)) for record in records]
    by_type = {kind: [pair for pair in found if _type(pair) == kind] for kind in ("vxlan", "bridge")}
    return [
        *(_virtual("bridge.vxlan", record, profile, state, "") for record, profile in by_type["vxlan"]),
        *(
            _virtual("bridge.bridge", record, profile, state, _bridge_users(profile, state, restored))
            for record, profile in by_type["bridge"]
        ),
    ]


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


def _virtual(step_id: str, record: Record, profile: Profile | None, state: HostState, users: str) -> Step:
    name = record.subject
    existed = record.says("existed")
    title = f"Put the connection profile {name} back as it was" if existed else f"Delete the connection profile {name}"
    step = Step(step_id, bridge.SECTION, name, title, restored=(record.name,))
    if profile is None:
        return replace(step, note=f"there is no connection profile {name} any more") if existed else step
    if len(state.named(name)) > 1:
        return replace(step, conflict=f"several connection profiles are named {name}: which one is ours is not known")
    if not existed:
        return replace(step, commands=(profiles.delete(name),), conflict=users)
    changes = _setting_changes(record, profile)
    edit = _edit(name, state, changes, record)
    return replace(step, commands=(*edit, *_power(record, profile, bool(changes))), changes=changes)


def _setting_changes(record: Record, profile: Profile) -> tuple[Change, ...]:
    pairs = ((key, profile.settings.get(key, ""), old) for key, old in record.settings.items())
    return tuple(Change(f"{record.subject}: {key}", now, old) for key, now, old in pairs if now != old)


def _edit(name: str, state: HostState, changes: Iterable[Change], record: Record) -> tuple[Command, ...]:
    keys = [change.what.removeprefix(f"{name}: ") for change in changes]
    return (profiles.set_properties(name, state, {key: record.settings[key] for key in keys}),) if keys else ()


def _power(record: Record, profile: Profile, edited: bool) -> tuple[Command, ...]:
    """A device that exists by its profile is made anew: the kernel cannot change all of it in place."""
    name, active = record.subject, bool(profile.device)
    if not record.says("active"):
        return (profiles.down(name),) if active else ()
    if active and not edited:
        return ()
    return (*((profiles.down(name),) if active else ()), profiles.up(name))


def _ethernet(records: Iterable[Record], underlays: Iterable[Record], state: HostState) -> list[Step]:
    """Put the underlay back on the profile that was active, before ours is deleted."""
    mine = [record for record in records if record.fields.get("type") == "802-3-ethernet"]
    return [_underlay(record, mine, state) for record in underlays]


def _underlay(underlay: Record, mine: list[Record], state: HostState) -> Step:
    interface, uuid = underlay.subject, underlay.fields.get("active", "")
    spent = (underlay.name, *(record.name for record in mine))
    step = Step("ethernet.profile", ethernet.SECTION, interface, f"Put {interface} back as it was", restored=spent)
    known = {profile.uuid for profile in state.profiles}
    active = state.active_on(interface)
    edits: list[Command] = []
    deletes: list[Command] = []
    changes: tuple[Change, ...] = ()
    for record in mine:
        profile = _one(record, state)
        if profile is None:
            continue
        if not record.says("existed"):
            deletes.append(profiles.delete(record.subject))
            continue
        changed = _setting_changes(record, profile)
        edits += _edit(record.subject, state, changed, record)
        changes += changed
    up = uuid in known and (active is None or active.uuid != uuid or bool(edits))
    back = [command("nmcli", "connection", "up", "uuid", uuid)] if up else []
    idle = [
        profiles.down(r.subject) for r in mine if not uuid and r.says("existed") and active and active.name == r.subject
    ]
    return replace(step, commands=(*edits, *back, *idle, *deletes), changes=changes)

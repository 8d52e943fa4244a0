"""What stood before: one small record per thing that a run changes, written before the first change to it.

`undo` restores from these records, and so does an exported undo script: program and script keep the same
records in the same directory, so that either takes back what the other did. A record is written once (the
first state counts) and removed when its thing is as it was. This module is pure; `record_store` is the disk.

Records are files of `key value` lines, save a NIC's, which is its XML as `virsh update-device` takes it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vxlan_tui.state import Network, Nic, Profile, VmState, Zone


@dataclass(frozen=True)
class Record:
    """A record: its file's name and text. `kind`, a dot, and what it is about make up the name."""

    name: str
    text: str

    @property
    def kind(self) -> str:
        """What it is about: underlay, profile, port, network, vm or nic."""
        return self.name.partition(".")[0]

    @property
    def subject(self) -> str:
        """The thing's own name."""
        return self.name.partition(".")[2]

    @property
    def fields(self) -> Mapping[str, str]:
        """Its lines, by key; of a repeated key the last."""
        return dict(_pairs(self.text))

    @property
    def settings(self) -> Mapping[str, str]:
        """A profile's properties as they stood."""
        rows = (value.partition(" ") for key, value in _pairs(self.text) if key == "set")
        return {key: value for key, _, value in rows}

    def says(self, key: str) -> bool:
        """Whether a yes-or-no line says yes."""
        return self.fields.get(key) == "yes"


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    rows = (line.partition(" ") for line in text.splitlines())
    return ((key, value) for key, _, value in rows)


def _record(name: str, plan: str, *pairs: tuple[str, str | bool]) -> Record:
    lines = [("plan", plan), *pairs]
    return Record(name, "".join(f"{key} {_word(value)}\n" for key, value in lines))


def _word(value: str | bool) -> str:
    return value if isinstance(value, str) else "yes" if value else "no"


def underlay_record(plan: str, interface: str, active: Profile | None) -> Record:
    """Record which profile was active on the underlay interface."""
    return _record(f"underlay.{interface}", plan, ("active", active.uuid if active and active.activated else ""))


def profile_record(plan: str, name: str, kind: str, profile: Profile | None, properties: Iterable[str]) -> Record:
    """Record that a profile of that name and type did not exist, or its properties and whether it was active."""
    pairs: list[tuple[str, str | bool]] = [("type", kind), ("existed", profile is not None)]
    if profile is not None:
        pairs.append(("active", profile.activated))
        pairs += [("set", f"{key} {profile.settings.get(key, '')}") for key in properties]
    return _record(f"profile.{name}", plan, *pairs)


def port_record(plan: str, zone: Zone, port: int) -> Record:
    """Record whether a UDP port was open in a zone, now and permanently."""
    open_now, permanent = port in zone.runtime, port in zone.permanent
    return _record(f"port.{zone.name}.{port}", plan, ("runtime", open_now), ("permanent", permanent))


def network_record(plan: str, name: str, network: Network | None) -> Record:
    """Record that a libvirt network did not exist, or how it stood."""
    pairs: list[tuple[str, str | bool]] = [("existed", network is not None)]
    if network is not None:
        pairs += [
            ("active", network.active),
            ("autostart", network.autostart),
            ("persistent", network.persistent),
        ]
    return _record(f"network.{name}", plan, *pairs)


def vm_record(plan: str, name: str, vm: VmState | None) -> Record:
    """Record that a VM did not exist, or whether it ran."""
    existed = vm is not None
    return _record(f"vm.{name}", plan, ("existed", existed), ("running", vm is not None and not vm.off))


def nic_record(vm: str, nic: Nic) -> Record:
    """Record a NIC as the VM's stored definition has it."""
    return Record(f"nic.{nic.mac.replace(':', '-')}.{vm}", nic.xml)

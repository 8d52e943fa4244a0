"""The text of the scripts: pure functions of a plan and a host, made from the same things that the program judges."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from vxlan_tui import __version__
from vxlan_tui.export import rows
from vxlan_tui.export.shape import functions
from vxlan_tui.export.words import ONCE, plain, quoted, wrapped
from vxlan_tui.paths import CONFIGURATION
from vxlan_tui.plan import Host, Plan, printable
from vxlan_tui.procedures import TABLE, Section, bridge, checkpoint, things
from vxlan_tui.procedures.packages import ALWAYS_THERE, PACKAGES
from vxlan_tui.procedures.profiles import PUT_BACK
from vxlan_tui.things import ABSENT, PEER, Thing, escaped

_HERE = Path(__file__).parent


def script(plan: Plan, host: Host, rows_: Sequence[Thing] = ()) -> str:
    """Return the script that does on `host` what `apply` does there; `rows_` are its things, where they are at hand."""
    title = f"Sets {host.name} up for the VXLAN segments of a plan."
    ending = "What the plan has dropped stays."
    return _render(plan, host, rows_ or things(plan, host, None), title, ending, ["helpers", "make"], _forward)


def undo_script(plan: Plan, host: Host, rows_: Sequence[Thing] = ()) -> str:
    """Return the script that does on `host` what `undo` does there; `rows_` are its things, where they are at hand."""
    title = f"Takes back on {host.name} what vxlan-tui, or its script, did for the VXLAN segments of a plan."
    ending = "The records say what."
    return _render(plan, host, rows_ or things(plan, host, None), title, ending, ["helpers", "back"], _back)


def _forward(plan: Plan, host: Host, section: list[Thing]) -> Iterator[str]:
    looked = ""
    for thing in section:
        if thing.id == "ethernet.profile":
            yield from _underlay_in_use(quoted(host.interface))
        if thing.confirms:
            yield _confirm(plan, host)
        if (look := rows.at(thing)) != looked:
            yield look
        looked = look
        if thing.id == "bridge.bridge":
            # sudo drops SSH_CONNECTION: whoever came by it may have come by SSH.
            yield f"[[ -z ${{SSH_CONNECTION-}}${{SUDO_USER-}} ]] || {_addresses(thing.subject)}"
        yield from rows.forward(thing)


def _back(plan: Plan, host: Host, section: list[Thing]) -> Iterator[str]:
    for thing in section:
        if thing.confirms:
            yield _confirm(plan, host)
            # What has no record was not put back, and so is not saved either.
            yield f"all=''; [[ ! -s $state/before/{quoted(f'profile.{thing.subject}')} ]] || {rows.at(thing)}"
            yield from rows.forward(thing)
        elif not thing.last:
            yield from rows.put_back(thing)
    if host.ethernet and any(thing.id == "ethernet.activate" for thing in section):
        yield from _nobody_on(host, host.ethernet.profile)
    for thing in reversed(section):
        yield from rows.take_away(thing)
    for thing in section:
        yield from rows.put_back(thing) if thing.last else ()


def _underlay_in_use(interface: str) -> Iterator[str]:
    """A port of a bridge or a bond stays one, and a change is guarded where an address is on it or on what it carries.

    The program knows both from all of the host's devices.
    """
    yield f"free '' 'master [^ ]+' ip -o link show dev {interface}"
    carries = f"ip -o link; ip -o addr show dev {interface} scope global"
    yield f"[[ $({carries}) != *@(@{interface}:| inet)* ]] || guarded=yes"


def _nobody_on(host: Host, profile: str) -> Iterator[str]:
    """Whoever came in by SSH over a connection is not cut off where undo leaves none: the program guards that."""
    underlay, profile = quoted(f"underlay.{host.interface}"), quoted(profile)
    stays = f"kept profile.{profile} && known {underlay} GENERAL.CON-UUID"
    yield f"[[ ! -e $state/before/{underlay} ]] || {{ {stays}; }} ||"
    yield f"    [[ $(nmcli -e no -g GENERAL.CONNECTION device show {quoted(host.interface)}) != {profile} ]] ||"
    session = ("ss", "-Htn", "state", "established", "src", str(host.vtep), "sport", "=", ":ssh")
    yield wrapped(["free", "''", ".+", *session], "    ")


def _addresses(bridge: str) -> str:
    """A bridge that an SSH session may come in over: the program guards that change, a script leaves it alone."""
    return wrapped(["free", "''", "'inet6? .*scope global'", "ip", "addr", "show", "dev", quoted(bridge)])


def _heading(section: Section, guarded: bool) -> str:
    return f"section={section.number}{' guarded=yes' if guarded else ''} # --- {section.number} {section.title} ---"


def _confirm(plan: Plan, host: Host) -> str:
    peers = checkpoint.peers(plan, host)
    return wrapped(["confirm", f"-{host.vtep.version}", quoted(host.interface), *map(quoted, peers)])


def _facts(plan: Plan, host: Host, rows_: Iterable[Thing], back: bool) -> Iterator[str]:
    interface = quoted(host.interface)
    names = "|".join(escaped(segment.vxlan) for segment in plan.segments)
    own = f"own={quoted(f'/: ({names})[:@]/d')} # `lone` PORT: whether no other plan's VXLAN is on it"
    if back:
        yield f"part={quoted(PUT_BACK)} seen=() differ=() {own}"
    else:
        if any(row.members for row in rows_):
            yield own
        sizes = {"mtu": plan.mtu_inside(0)} if any(segment.mtu is None for segment in plan.segments) else {}
        sizes |= {"outer": plan.tunnel_mtu(0)} if plan.encrypted else {}
        for name, less in sizes.items():
            yield f"{name}=$(($(cat /sys/class/net/{interface}/mtu) - {-less})) # less what the tunnel adds"
    if not back and _names_peers(rows_):
        first, *more = plan.others(host)
        yield wrapped([f"peers=({first}", *more], end=")")


def _zone(host: Host) -> str:
    """Return the line that says the underlay's zone, as it is by then: a change of its profile can change it."""
    if host.zone:
        return f"zone={quoted(host.zone)}"
    ask = f"firewall-cmd --get-zone-of-interface={quoted(host.interface)} 2>/dev/null"
    return f"zone=$({ask} || firewall-cmd --get-default-zone) || die 3 firewalld"


def _once(sections: Iterable[str]) -> Iterator[str]:
    """Return the lines that hold the long words which a section uses."""
    text = "\n".join(sections)
    yield from (f"{name}={plain(word)}" for word, name in ONCE.items() if quoted(word) in text)


def _names_peers(rows_: Iterable[Thing]) -> bool:
    return any(PEER in row.wants for row in rows_)


def _render(
    plan: Plan,
    host: Host,
    all_rows: Sequence[Thing],
    title: str,
    ending: str,
    helpers: list[str],
    write: Callable[[Plan, Host, list[Thing]], Iterable[str]],
) -> str:
    sections = [(each, [row for row in all_rows if row.section == each.number]) for each in TABLE]
    order = sections if write is _forward else reversed(sections)
    programs = dict.fromkeys(name for each, rows_ in sections if rows_ for name in each.programs)
    programs.update(dict.fromkeys(bridge.programs(plan)))
    texts = []
    for each, rows_ in order:
        body = list(functions(plan, host, each, lambda of: write(plan, host, of))) or list(write(plan, host, rows_))
        guarded = write is _back and bool(rows_) and rows_[0].id == "ethernet.profile"
        zone = [_zone(host)] if any('"$zone"' in line for line in body) else []
        texts += ["\n".join([_heading(each, guarded), *zone, *body])] if rows_ else []
    return (
        _environment()
        .get_template("base.sh.j2")
        .render(
            plan=str(plan.path),
            title=title,
            ending=ending,
            version=__version__,
            date=time.strftime("%Y-%m-%d"),
            where=printable(str(plan.path)),
            digest=plan.digest,
            absent=ABSENT,
            helpers=[_part(name) for name in [*helpers, *_more_helpers(host, all_rows, write is _back)]],
            facts=[*_facts(plan, host, all_rows, write is _back), *_once(texts)],
            needs=wrapped([f"{name}:{':'.join(PACKAGES[name])}" for name in programs if name not in ALWAYS_THERE]),
            sections=texts,
            back=write is _back,
            written=_written(programs),
        )
    )


def _written(programs: Iterable[str]) -> str:
    """Return where the daemons keep what the script has them keep, as bash writes several paths."""
    paths = [path for path in CONFIGURATION if path != "/etc/frr" or "vtysh" in programs]
    names = [path.removeprefix("/etc/") for path in paths if path.startswith("/etc/")]
    return " ".join([f"/etc/{{{','.join(names)}}}", *(path for path in paths if not path.startswith("/etc/"))])


def _more_helpers(host: Host, rows_: Sequence[Thing], back: bool) -> Iterator[str]:
    if not back and _names_peers(rows_):
        yield "each"
    has_members = any(row.members for row in rows_)
    if back or has_members:
        yield "lone"
    if has_members:
        yield "members"
    if host.ethernet:
        yield "guard"


@cache
def _part(name: str) -> str:
    return (_HERE / f"{name}.sh").read_text()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 (a shell script: what is not a number goes through `quote`)
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["quote"] = quoted
    return environment

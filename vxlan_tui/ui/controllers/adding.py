"""A host comes into the plan by its SSH destination, with what is found there."""

from vxlan_tui.fleet import STOPS
from vxlan_tui.plan import printable
from vxlan_tui.ui.controllers.engine import Engine
from vxlan_tui.ui.controllers.looking import Looking
from vxlan_tui.ui.controllers.shell import Shell
from vxlan_tui.ui.dialogs.type import Type
from vxlan_tui.ui.model import Model
from vxlan_tui.ui.plan_form import draft as drafts
from vxlan_tui.ui.plan_form.draft import Draft, Table

QUESTION = (
    "Another host's SSH destination, as ssh takes it (user@host, a name of ~/.ssh/config, ssh://user@host:port). "
    "Log in must go without a question, as root or with sudo:"
)


BEGUN = "root@"
"""What stands in the line already."""


class Adding:
    """Adds hosts."""

    def __init__(self, model: Model, engine: Engine, shell: Shell, looking: Looking) -> None:
        self._model = model
        self._engine = engine
        self._shell = shell
        self._looking = looking

    async def add(self) -> None:
        """Ask for a destination, look at the host there, and fill its table in."""
        model = self._model
        if model.running:
            self._shell.tell("Something runs: add a host when it has ended.", "warning")
            return
        typed = await self._shell.ask(Type(QUESTION, BEGUN, lambda line: self._known(_without_begun(line))))
        if not typed:
            return
        destination = _without_begun(typed)
        self._shell.tell(f"Looking at {destination} ...")
        try:
            found = await self._shell.in_thread(lambda: self._engine.survey(destination))
        except STOPS as error:
            self._shell.tell("\n".join(map(printable, str(error).splitlines())), "error", 30)
            return
        model.surveys[destination] = found
        row = {**drafts.from_survey(model.draft.path, found).hosts[0], "ssh": destination}
        put(model.draft, row)
        model.check_plan()
        self._shell.tell(f"{row['name']} is in the plan, with what was found there: see its fields (key 2).")
        self._shell.show()
        self._looking.look()

    def _known(self, destination: str) -> str:
        known = [row for row in self._model.draft.hosts if row.get("ssh") == destination]
        return f"{known[0].get('name', 'A host')} is in the plan by this already." if known else ""


def _without_begun(line: str) -> str:
    """Return a destination that was typed whole behind what stood in the line: `root@jo@host-b` is `jo@host-b`."""
    rest = line.removeprefix(BEGUN)
    return rest if "@" in rest or "://" in rest else line


def put(draft: Draft, row: Table) -> None:
    """Put a host's table into a draft: over the one of that name, or that has none yet, else as a further host.

    What was typed stays.
    """
    hosts = draft.hosts
    others = [place for place in range(len(hosts)) if place != draft.here]
    of_name = [place for place in others if hosts[place].get("name") == row["name"]]
    unnamed = [place for place in others if not hosts[place].get("name") and not hosts[place].get("ssh")]
    place = next(iter([*of_name, *unnamed]), None)
    if place is None:
        hosts.append(row)
    else:
        typed = hosts[place] if of_name else {}
        ethernet = {} if "vtep" in typed or "ethernet" in typed else {key: row[key] for key in row if key == "ethernet"}
        found = {key: value for key, value in row.items() if key != "ethernet"}
        hosts[place] = {**found, **ethernet, **typed, "ssh": row["ssh"]}
    draft.changed()

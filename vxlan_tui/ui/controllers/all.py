"""All controllers, made for each other."""

from vxlan_tui.ui.controllers.adding import Adding
from vxlan_tui.ui.controllers.beginning import Beginning
from vxlan_tui.ui.controllers.checking import Checking
from vxlan_tui.ui.controllers.engine import Engine
from vxlan_tui.ui.controllers.leaving import Leaving
from vxlan_tui.ui.controllers.looking import Looking
from vxlan_tui.ui.controllers.planning import Planning
from vxlan_tui.ui.controllers.running import Running
from vxlan_tui.ui.controllers.scripts import Scripts
from vxlan_tui.ui.controllers.shell import Shell
from vxlan_tui.ui.controllers.undoing import Undoing
from vxlan_tui.ui.model import Model


class Controllers:
    """Who does what."""

    def __init__(self, model: Model, engine: Engine, shell: Shell) -> None:
        self.engine = engine
        self.looking = Looking(model, engine, shell)
        self.adding = Adding(model, engine, shell, self.looking)
        self.planning = Planning(model, engine, shell, self.looking)
        self.running = Running(model, engine, shell, self.planning, self.looking)
        self.undoing = Undoing(model, engine, shell, self.running)
        self.checking = Checking(model, engine, shell, self.running)
        self.scripts = Scripts(model, engine, shell)
        self.leaving = Leaving(model, shell, self.planning, self.running)
        self.beginning = Beginning(model, engine, shell, self.planning, self.looking)

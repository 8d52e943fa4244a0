"""Help on what is on screen."""

from typing import TYPE_CHECKING

from vxlan_tui.ui.screens.ask import Read

if TYPE_CHECKING:
    from vxlan_tui.ui.app import Wizard

EVERYWHERE = """\
Everywhere
F7, F8   the section before, the next one; 1 to 8: that section
Esc      the list of sections; Up, Down, Enter there
F2 F3 F4 the live panels: devices, forwarding entries (FDB), libvirt networks
F9       the commands that ran on this host
^P       the palette: every action by its name
^S, ^O   save the plan; open or name its file
^Q       quit
Instead of the F keys, outside of fields: b n d f w l, and ? for F1."""


def show_help(app: "Wizard") -> None:
    """Show the help of the open section, and what holds everywhere."""
    if not any(isinstance(screen, Read) for screen in app.screen_stack):
        pane = app.screen_stack[0].query_one(f"#pane-{app.current}")
        text = pane.help_text() if hasattr(pane, "help_text") else ""
        app.push_screen(Read("Help", f"{text}\n\n{EVERYWHERE}"))

"""What the help says of every section."""

EVERYWHERE = """\
Everywhere
F7, F8   the section before, the next one; 1 to 8: that section
A        run everything that is left, and verify
Esc      the list of sections; Up, Down, Enter there
F2 F3 F4 the live panels: devices, forwarding entries (FDB), libvirt networks
F5       the segments as a drawing, and how far each host is
F9       what ran on this host, run by run
/        filter a list or a panel: type a part; Esc shows all again
^P       the palette: every action by its name
^S, ^O   save the plan; open or name its file
^Q       quit
Instead of the F keys, and only outside of the fields of a form, where they are
typed: b n d f w p l, and ? for F1. Numbers and A are typed there as well."""

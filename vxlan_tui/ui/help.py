"""What the help says of every section, and how a help's text becomes paragraphs for any width."""

import re

from vxlan_tui.ui.render import Block, block

EVERYWHERE = """\
Everywhere
F7, F8   the section before, the next one; 1 to 8: that section
A        run everything that is left, and verify
Esc      the list of sections; Up, Down, Enter there
F2-F4    the live panels: devices, forwarding entries (FDB), libvirt networks
F5       the segments as a drawing, and how far each host is
F9       what ran on this host, run by run
/        filter a list or a panel: type a part; Esc shows all again
^P       the palette: every action by its name
^S, ^O   save the plan; open or name its file
^Q       quit
Instead of the F keys, and only outside of the fields of a form, where they are
typed: b n d f w p l, and ? for F1. Numbers and A are typed there as well."""


_ROW = re.compile(r"\S+(?: \S+)*  +(?=\S)")
"""How a row begins: a key or a word, and two spaces or more before what it means."""


def paragraphs(text: str) -> list[Block]:
    """Return a help's text: lines that follow each other are one paragraph, and a row's words stay in their column."""
    found: list[Block] = []
    for line in text.split("\n"):
        row = _ROW.match(line)
        goes_on = bool(found and found[-1].text and line and not row) and (line[0] == " " or not found[-1].hang)
        if goes_on:
            last = found.pop()
            found.append(block(f"{last.text} {line.strip()}", hang=last.hang))
        else:
            found.append(block(line, hang=row.end() if row else 0))
    return found
